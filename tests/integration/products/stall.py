"""A sandbox shop and a sandbox Odoo with the workers between them, for products."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
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
from libs.sandbox.shopify.sandbox import ShopifySandbox
from libs.sandbox.shopify.selling import Offer, offer_product
from services.scheduler.odoo_poll.poller import Poller
from services.workers.bootstrap import Ports, Workers, build, known_queues

SIZES = ("S", "M", "L")


def shirts(**more: Any) -> list[Offer]:
    """Three sizes, the largest dearer."""
    prices = {"S": "19.90", "M": "19.90", "L": "21.40"}
    return [Offer(f"SHIRT-{one}", Decimal(prices[one]), {"Size": one}, **more) for one in SIZES]


@dataclass
class Stall:
    shop: ShopifySandbox
    odoo: OdooSandbox
    ledger: MongoLedger
    stores: MongoStores
    workers: Workers
    poller: Poller

    def offer(self, title: str, offers: Sequence[Offer], **more: Any) -> str:
        """The number of a product that was added or changed."""
        return str(offer_product(self.shop, title, offers, **more)["id"].rpartition("/")[2])

    def sync(self, *ids: str, why: str = "products/update", times: int = 1) -> Record:
        """Announce Shopify's products and have the workers look; the first one's record."""
        return self.look([Hint("acme", "product", one, why=why) for one in ids], times=times)

    def look(self, hints: Sequence[Hint], *, times: int = 1) -> Record:
        for _ in range(times):
            self.ledger.record_hints(hints)
            self.workers.pipelines["products"].look_at("acme", [hint.id for hint in hints])
        return self.record(hints[0].id)

    def record(self, record_id: str) -> Record:
        found = self.ledger.get(record_id)
        assert found is not None, record_id
        return found

    def template(self, product_id: str) -> dict[str, Any]:
        """Odoo's template of a product of the shop, as `read` gives it, with `variants`."""
        (found,) = self.odoo.find("product.template", [("id", "=", self.target(product_id))], archived=True)
        return {**found, "variants": self.variants(found["id"])}

    def target(self, product_id: str) -> int:
        record = self.record(f"acme/product/{product_id}")
        assert record.target is not None, record.held
        return record.target.id

    def variants(self, template_id: int) -> list[dict[str, Any]]:
        domain = [("product_tmpl_id", "=", template_id)]
        return sorted(self.odoo.find("product.product", domain, archived=True), key=lambda one: one["id"])

    def rules(self, rules: Mapping[str, Any]) -> None:
        store = self.stores.get("acme")
        assert store is not None
        self.stores.save(store.model_copy(update={"rules": StoreRules.model_validate(rules)}))
        self.workers.contexts._known.clear()


@contextmanager
def open_stall(version: Any, rules: Mapping[str, Any], *, shop: ShopifySandbox | None = None) -> Iterator[Stall]:
    shop, odoo = shop or ShopifySandbox(bucket=1_000_000, restore_rate=1_000_000), OdooSandbox(version)
    with shop, odoo, connect("embedded", "products") as connection:
        key = Fernet.generate_key().decode()
        stores = MongoStores(connection.database, Crypto.from_keys(key))
        shopify = ShopifyConnection(
            shop=shop.shop, secret=SecretStr(shop.secret), token=SecretStr(shop.token), url=shop.url
        )
        there = OdooConnection(url=odoo.url, database=odoo.database, login=odoo.login, key=SecretStr(odoo.key))
        stores.save(Store(slug="acme", shopify=shopify, odoo=there, rules=StoreRules.model_validate(rules)))
        ledger = MongoLedger(connection.database, connection.clock)
        breakers = MongoBreakers(connection.database, connection.clock)
        budgets = MongoBudgets(connection.database, connection.clock)
        ports = Ports(ledger, budgets, breakers, stores, lambda *_: None)
        settings = WorkerSettings(ledger_url="embedded", broker_url="embedded", secret_key=SecretStr(key))
        workers = build(known_queues(), ports, settings)
        poller = Poller(ledger, stores, breakers, MongoCursors(connection.database))
        try:
            yield Stall(shop, odoo, ledger, stores, workers, poller)
        finally:
            poller.stop()
            workers.close()
