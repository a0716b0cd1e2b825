"""A ledger in memory, and the commands run against it as a user would type them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from cryptography.fernet import Fernet
from typer.testing import CliRunner, Result

from libs.common.broker.interface import Nudge
from libs.common.errors import BrokerUnavailable
from libs.common.ledger.connect import connect
from libs.common.ledger.model import Held, Hint, Record, Settlement, State, Target
from libs.common.ledger.repository import MongoLedger
from libs.common.stores.crypto import Crypto
from libs.common.stores.model import Store
from libs.common.stores.repository import MongoStores
from services.console.cli import app
from services.console.desk import Desk, desk_of

SECRETS = ("the-signing-secret", "shpat_the-token", "the-api-key")

STORE_YAML = """
slug: acme
shopify:
  shop: acme.myshopify.com
  secret: the-signing-secret
  token: shpat_the-token
odoo:
  url: https://odoo.example.com
  database: acme
  login: tandem@example.com
  key: the-api-key
"""


@dataclass
class Recorder:
    """A publisher that keeps what it is given, or is away."""

    away: bool = False
    nudges: list[Nudge] = field(default_factory=list)

    def publish_nudges(self, nudges: Sequence[Nudge]) -> list[Nudge]:
        if self.away:
            raise BrokerUnavailable("away")
        self.nudges += nudges
        return list(nudges)

    def publish_event(self, kind: str, store: str, payload: Mapping[str, Any]) -> None:
        raise AssertionError("the console tells no events")

    def close(self) -> None:
        pass


class World:
    def __init__(self, publisher: Recorder | None = None) -> None:
        self.connection = connect("embedded", "tandem")
        self.ledger = MongoLedger(self.connection.database, self.connection.clock)
        self.crypto = Crypto.from_keys(Fernet.generate_key().decode())
        self.stores = MongoStores(self.connection.database, self.crypto)
        self.publisher = publisher

    def run(self, *args: str, input: str | None = None) -> Result:  # noqa: A002 - click's name for it
        return CliRunner().invoke(app, list(args), obj=self.desk, input=input)

    def desk(self) -> AbstractContextManager[Desk]:
        return desk_of(self.connection, self.crypto, self.publisher)

    def documents(self, collection: str) -> list[dict[str, Any]]:
        return list(self.connection.database[collection].find({}))

    def add_store(self, **changes: Any) -> Store:
        odoo = {"url": "https://odoo.example.com", "database": "acme", "login": "tandem", "key": SECRETS[2]}
        shopify = {"shop": "acme.myshopify.com", "secret": SECRETS[0], "token": SECRETS[1]}
        return self.stores.save(Store.model_validate({"slug": "acme", "shopify": shopify, "odoo": odoo, **changes}))

    def settled(
        self,
        number: str,
        state: State,
        *,
        store: str = "acme",
        held: Held | None = None,
        target: Target | None = None,
        ignored: str | None = None,
    ) -> Record:
        """A record that went through a worker and ended so."""
        hint = Hint(store, "order", number, name=f"#{number}", why="orders/create", delivery_id=f"delivery-{number}")
        self.ledger.record_hints([hint])
        claim = self.ledger.claim(store, "order", [hint.id], worker="worker-1", lease_seconds=60, limit=1)
        assert claim is not None
        seq = claim.records[0].wanted.seq
        settlement = Settlement(
            hint.id, state, seq, digest="d1g3st", held=held, target=target, ignored=ignored, name=f"#{number}"
        )
        assert self.ledger.settle(claim.token, [settlement]).done == {hint.id}
        record = self.ledger.get(hint.id)
        assert record is not None
        return record

    def hold(self, number: str, *, store: str = "acme") -> Record:
        held = Held("product_missing", "'Lamp' (SKU L1) is not in Odoo", "create the product", {"sku": "L1"})
        return self.settled(number, State.HELD, store=store, held=held)
