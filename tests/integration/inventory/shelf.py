"""A store that shows Odoo's stock in a sandbox shop, with the rooms of orders and stock and the poll, embedded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from cryptography.fernet import Fernet
from pydantic import SecretStr
from pymongo.collection import Collection

from libs.common.domain.rules import StoreRules
from libs.common.domain.rules_inventory import InventoryRules
from libs.common.ledger.breakers import MongoBreakers
from libs.common.ledger.budgets import MongoBudgets
from libs.common.ledger.connect import connect
from libs.common.ledger.cursors import MongoCursors
from libs.common.ledger.indexes import CURSORS
from libs.common.ledger.model import Hint, Link, Record, Target
from libs.common.ledger.repository import MongoLedger
from libs.common.settings import WorkerSettings
from libs.common.stores.crypto import Crypto
from libs.common.stores.model import OdooConnection, ShopifyConnection, Store
from libs.common.stores.repository import MongoStores
from libs.sandbox.odoo.models.sale_actions import action_confirm
from libs.sandbox.odoo.sandbox import OdooSandbox
from libs.sandbox.shopify.bench import BENCH_TAX, bench_catalog
from libs.sandbox.shopify.drafts import Draft, Line
from libs.sandbox.shopify.sandbox import LOCATION, ShopifySandbox
from services.scheduler.odoo_poll.poller import Poller
from services.workers.bootstrap import Ports, Workers, build
from services.workers.inventory.doubt import LASTS, TOLD, Doubt
from tests.integration.shipping.dock import HOME, JANE, number

QUEUES = ["orders", "inventory"]
MUG, CAP = "BENCH-000", "BENCH-001"
ELSEWHERE = "64700002"


@dataclass
class Shelf:
    shop: ShopifySandbox
    odoo: OdooSandbox
    ledger: MongoLedger
    stores: MongoStores
    workers: Workers
    poller: Poller
    products: dict[str, int]
    new_poller: Callable[[], Poller]
    cursors: Collection[dict[str, Any]]

    def rules(self, *locations: dict[str, Any], rules: dict[str, Any] | None = None, **inventory: Any) -> None:
        """One location that shows the first warehouse, unless told otherwise."""
        shown = locations or ({"location": LOCATION, "warehouses": [1]},)
        store = self.stores.get("acme")
        assert store
        stock = InventoryRules.model_validate({"to_shopify": True, "locations": shown, **inventory})
        changed = StoreRules.model_validate(
            {"inventory": stock, "fulfillments": {"to_shopify": False}, **(rules or {})}
        )
        self.stores.save(store.model_copy(update={"rules": changed}))
        self.workers.contexts.close()

    def variant(self, sku: str = MUG) -> str:
        return self.shop.product(sku).variant_id

    def count(self, units: float, sku: str = MUG, *, place: int | None = None) -> None:
        """Somebody counts in Odoo."""
        self.odoo.set_stock(self.products[sku], units, location_id=place)

    def confirm(self, order: int) -> None:
        """Somebody confirms a quotation in Odoo."""
        with self.odoo.registry.db.transaction():
            action_confirm(self.odoo.env(), [order])

    def available(self, sku: str = MUG, *, location: str = LOCATION) -> int | None:
        level = self.shop.level(sku, location=location)
        return level.available if level else None

    def pair(self, sku: str = MUG, *, location: str = LOCATION) -> Record:
        found = self.ledger.get(f"acme/inventory/{self.variant(sku)}-{location}")
        assert found is not None
        return found

    def hint(self, sku: str = MUG, *, location: str = LOCATION, why: str = "by hand") -> None:
        self.ledger.record_hints([Hint("acme", "inventory", f"{self.variant(sku)}-{location}", source="odoo", why=why)])

    def buy(self, units: int = 1, sku: str = MUG, *, told: bool = True) -> str:
        """A checkout in Shopify; `told`: its webhook comes."""
        draft = Draft(lines=(Line(self.shop.product(sku), units),), customer=JANE, shipping_address=HOME)
        order = number(self.shop.place_order(draft, taxes=(BENCH_TAX,), in_stock=True)["id"])
        if told:
            self.ledger.record_hints([Hint("acme", "order", order, why="orders/create")])
        return order

    def poll(self) -> None:
        self.poller.round(wait=True)

    def poll_anew(self) -> None:
        """Another scheduler takes over: all is looked at again."""
        self.poller.stop()
        self.poller = self.new_poller()
        self.poll()

    def work(self, *queues: str) -> None:
        """Until nothing is due."""
        while sum(self.workers.pipelines[queue].look_at("acme", []) for queue in queues or QUEUES):
            pass

    def a_minute_later(self, sku: str = MUG) -> None:
        """What was doubted is doubted no more, and is due again."""
        pair = self.pair(sku)
        doubt = Doubt.read(pair.told[TOLD])
        assert doubt
        past = replace(doubt, until=doubt.until - LASTS - timedelta(seconds=1))
        self.ledger.tell(pair.id, {TOLD: past.text()})
        self.ledger.retry([pair.id], why="a minute later")

    def look_once(self) -> None:
        """At what is due of stock, and not at what is due again."""
        self.workers.pipelines["inventory"].look_at("acme", [])

    def sync(self) -> None:
        self.poll()
        self.work()

    def settle(self) -> None:
        """Until both sides are quiet."""
        for _ in range(4):
            self.sync()

    def mutations(self, name: str = "InventorySetQuantities") -> int:
        return self.shop.calls.count(name)


@contextmanager
def open_shelf(version: Any = "19", *, kits: bool = False, **shop: Any) -> Iterator[Shelf]:
    far, near = ShopifySandbox(locations=(LOCATION, ELSEWHERE), **shop), OdooSandbox(version, kits=kits)
    with far, near, connect("embedded", "inventory") as connection:
        far.add_products(bench_catalog())
        products = {}
        for product in far.store.products():
            price = float(product.price)
            products[product.sku] = near.add_product(
                default_code=product.sku, barcode=product.barcode, list_price=price, storable=True
            )
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

        def new_poller() -> Poller:
            return Poller(ledger, stores, breakers, MongoCursors(connection.database))

        shelf = Shelf(
            far, near, ledger, stores, workers, new_poller(), products, new_poller, connection.database[CURSORS]
        )
        for sku in (MUG, CAP):
            link(shelf, sku)
        shelf.rules()
        yield shelf
        shelf.poller.stop()
        workers.close()


def link(shelf: Shelf, sku: str) -> None:
    """As the orders' room does when it has matched a variant."""
    target = Target("product.product", shelf.products[sku], sku)
    shelf.ledger.link("acme", [Link("variant", shelf.variant(sku), target, sku)])
