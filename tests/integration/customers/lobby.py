"""A store between a sandbox shop and a sandbox Odoo, its customers kept in step, on the embedded ledger."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from cryptography.fernet import Fernet
from pydantic import SecretStr

from libs.common.domain.rules import StoreRules
from libs.common.ledger.breakers import MongoBreakers
from libs.common.ledger.budgets import MongoBudgets
from libs.common.ledger.connect import connect
from libs.common.ledger.cursors import MongoCursors
from libs.common.ledger.model import Hint, Record
from libs.common.ledger.repository import MongoLedger
from libs.common.settings import WorkerSettings
from libs.common.stores.crypto import Crypto
from libs.common.stores.model import OdooConnection, ShopifyConnection, Store
from libs.common.stores.repository import MongoStores
from libs.sandbox.odoo.sandbox import OdooSandbox
from libs.sandbox.shopify.bench import BENCH_TAX, bench_catalog
from libs.sandbox.shopify.drafts import Draft, Line, Person, Place
from libs.sandbox.shopify.sandbox import ShopifySandbox
from services.scheduler.odoo_poll.poller import Poller
from services.workers.bootstrap import Ports, Workers, build

JANE = Person("Jane", "Doe", "Jane.Doe@Example.com", "+15550100", "de")
HOME = Place("Jane", "Doe", "", "1 Main Street", "", "Louisville", "40202", "KY", "Kentucky", "US")
WORK = Place("Jane", "Doe", "ACME", "2 Side Street", "Floor 3", "Louisville", "40203", "KY", "Kentucky", "US")
QUEUES = ["orders", "customers"]


def number(gid: str) -> str:
    return gid.rpartition("/")[2]


@dataclass
class Lobby:
    shop: ShopifySandbox
    odoo: OdooSandbox
    ledger: MongoLedger
    stores: MongoStores
    workers: Workers
    poller: Poller

    def rules(self, **customers: Any) -> None:
        store = self.stores.get("acme")
        assert store
        rules = StoreRules.model_validate({"missing_product": "create", "customers": customers})
        self.stores.save(store.model_copy(update={"rules": rules}))
        self.workers.contexts.close()

    def add(self, person: Person = JANE, *places: Place, **how: Any) -> str:
        return number(self.shop.add_customer(person, places, **how)["id"])

    def hint(self, *ids: str, entity: str = "customer", why: str = "customers/update", **how: Any) -> None:
        self.ledger.record_hints([Hint("acme", entity, one, why=why, **how) for one in ids])

    def sync(self, *ids: str, **how: Any) -> Record:
        """As a webhook would; worked on. The first one's record."""
        self.hint(*ids, **how)
        self.work()
        return self.record(how.get("entity", "customer"), ids[0])

    def work(self) -> None:
        while sum(pipeline.look_at("acme", []) for pipeline in self.workers.pipelines.values()):
            pass

    def poll(self) -> None:
        self.poller.round(wait=True)
        self.work()

    def record(self, entity: str, source_id: str) -> Record:
        found = self.ledger.get(f"acme/{entity}/{source_id}")
        assert found is not None, (entity, source_id)
        return found

    def contact(self, record: Record) -> dict[str, Any]:
        assert record.target, record.held or record.ignored
        (found,) = self.odoo.find("res.partner", [("id", "=", record.target.id)], archived=True)
        return found

    def below(self, record: Record) -> list[dict[str, Any]]:
        assert record.target
        return self.odoo.find("res.partner", [("parent_id", "=", record.target.id)], archived=True)

    def order(self, person: Person = JANE, place: Place = HOME) -> str:
        line = Line(self.shop.product("BENCH-000"), 1)
        draft = Draft(lines=(line,), customer=person, shipping_address=place, taxes=(BENCH_TAX,))
        return number(self.shop.place_order(draft)["id"])

    def writes(self) -> tuple[int, int]:
        return len(self.shop.journal.entries()), len(self.odoo.journal.entries())


@contextmanager
def open_lobby(version: Any = "19", **shop: Any) -> Iterator[Lobby]:
    far, near = ShopifySandbox(**shop), OdooSandbox(version)
    with far, near, connect("embedded", "customers") as connection:
        for product in bench_catalog():
            near.add_product(default_code=product.sku, barcode=product.barcode, list_price=float(product.price))
        far.add_products(bench_catalog())
        key = Fernet.generate_key().decode()
        stores = MongoStores(connection.database, Crypto.from_keys(key))
        stores.save(
            Store(
                slug="acme",
                shopify=ShopifyConnection(
                    shop=far.shop, secret=SecretStr(far.secret), token=SecretStr(far.token), url=far.url
                ),
                odoo=OdooConnection(url=near.url, database=near.database, login=near.login, key=SecretStr(near.key)),
            )
        )
        ledger = MongoLedger(connection.database, connection.clock)
        breakers = MongoBreakers(connection.database, connection.clock)
        budgets = MongoBudgets(connection.database, connection.clock)
        settings = WorkerSettings(ledger_url="embedded", broker_url="embedded", secret_key=SecretStr(key))
        workers = build(QUEUES, Ports(ledger, budgets, breakers, stores, lambda *_: None), settings)
        poller = Poller(ledger, stores, breakers, MongoCursors(connection.database))
        lobby = Lobby(far, near, ledger, stores, workers, poller)
        lobby.rules(sync="from_shopify")
        yield lobby
        poller.stop()
        workers.close()
