"""A Shopify shop to run against: real HTTP, real GraphQL on the real schema, signed webhooks.

    with ShopifySandbox(secret="hush") as shop:
        shop.webhooks_to("http://127.0.0.1:8000/webhooks/shopify")
        shop.add_products([Product("MUG", "Mug", Decimal("12.50"))])
        order = shop.place_order(lines=(Line(shop.product("MUG"), 2),))
        assert shop.wait_delivered(5)
        shop.fulfill_order(order["id"], tracking=Tracking("1Z999", "UPS"))
        shop.refund_order(order["id"], {line_id: (1, "return")}, shipping="full")

What happens after checkout is in `paying.py`, `fulfilling.py`, `refunding.py`, `editing.py` and `returning.py`, each of
which the shop is, too; an app ships by `fulfillmentCreate`. `locations` are numbers of locations, the first of which
ships what `ships_from` (SKU to number) says nothing of.

`journal` has an entry for each order placed and changed, `calls` one for each GraphQL request (by its operation's
name) and each webhook sent (`webhook.orders/create`); `faults` makes either go wrong.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

from libs.sandbox.faults import Faults
from libs.sandbox.journal import Calls, Journal
from libs.sandbox.server import BackgroundServer
from libs.sandbox.shopify.afterwards import UPDATED
from libs.sandbox.shopify.announcing import CREATE, Announcing
from libs.sandbox.shopify.app import build_app
from libs.sandbox.shopify.catalog_commands import attach_commands
from libs.sandbox.shopify.company_resolvers import attach_companies
from libs.sandbox.shopify.customers import CustomerRoom
from libs.sandbox.shopify.derived import Document
from libs.sandbox.shopify.drafts import Draft, Product
from libs.sandbox.shopify.engine import Bucket, Engine
from libs.sandbox.shopify.location_resolvers import location_documents
from libs.sandbox.shopify.order_files import read_folder
from libs.sandbox.shopify.people import gid
from libs.sandbox.shopify.pricing import price
from libs.sandbox.shopify.resolvers import ShopFacts
from libs.sandbox.shopify.returning import Returning
from libs.sandbox.shopify.schema import VERSION
from libs.sandbox.shopify.stock import Count, StockBook
from libs.sandbox.shopify.store import FIRST_ID, ShopStore
from libs.sandbox.shopify.webhooks import RETRY_SECONDS, WebhookSender

DEFAULT_SCOPES = (
    "read_orders",
    "read_customers",
    "write_customers",
    "read_products",
    "write_products",
    "read_returns",
    "read_payment_terms",
    "read_locations",
    "write_inventory",
    "read_inventory",
    "read_merchant_managed_fulfillment_orders",
    "write_merchant_managed_fulfillment_orders",
)
LOCATION = "64700001"


class ShopifySandbox(Announcing, Returning, CustomerRoom):
    """One shop. Amounts are in `currency` unless an order says otherwise; `bucket` and `restore_rate` are points."""

    def __init__(
        self,
        shop: str = "acme.myshopify.com",
        *,
        secret: str = "sandbox-secret",
        token: str = "shpat_sandbox",
        currency: str = "USD",
        taxes_included: bool = False,
        scopes: Iterable[str] = DEFAULT_SCOPES,
        bucket: float = 2000.0,
        restore_rate: float = 100.0,
        retry_seconds: Sequence[float] = RETRY_SECONDS,
        port: int = 0,
        first_order_number: int = 1001,
        first_id: int = FIRST_ID,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        locations: Sequence[str] = (LOCATION,),
        ships_from: Mapping[str, str] | None = None,
    ) -> None:
        self.shop = shop
        self.token = token
        self.currency = currency
        self.faults = Faults()
        self.journal = Journal()
        self.calls = Calls()
        # Another shop's numbers, or another run's, are other orders to whoever keeps them by id.
        self.store = ShopStore(first_order_number, first_id)
        name = shop.partition(".")[0].title()
        self.locations = tuple(locations)
        self.ships_from = dict(ships_from or {})
        self.changing = threading.RLock()
        self.stock = StockBook(self.journal, self._tell_level, lock=self.store.lock)
        self.store.follow = self.stock.follow
        self.rest_bucket = Bucket(40.0, 2.0)
        self.facts = ShopFacts(
            shop, name, currency, taxes_included, tuple(scopes), store=self.store, commands=self, stock=self.stock
        )
        self.facts.customers = self
        self.facts.locations = location_documents(self.locations)
        self.bucket = Bucket(bucket, restore_rate)
        self.engine = Engine(self.facts, self.bucket)
        attach_commands(self.engine.schema, self.facts, self)
        attach_companies(self.engine.schema, self.facts, self)
        self.webhooks = WebhookSender(
            shop, secret, faults=self.faults, calls=self.calls, api_version=VERSION, retry_seconds=retry_seconds
        )
        self._now = now
        self.files: dict[str, tuple[bytes, str]] = {}
        self._bodies: dict[str, bytes] = {}
        self._server = BackgroundServer(build_app(self), port=port)

    @property
    def url(self) -> str:
        return self._server.url

    def start(self) -> str:
        """Serves; returns `http://127.0.0.1:port`. Stopped and started again, it keeps its port and its orders."""
        return self._server.start()

    def stop(self) -> None:
        self.webhooks.stop()
        self._server.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def add_products(self, products: Iterable[Product]) -> list[Product]:
        return self.store.add_products(products)

    def add_file(self, name: str, content: bytes, content_type: str = "image/png") -> str:
        """Serves a picture, or what is none; its address."""
        self.files[name] = (content, content_type)
        return f"{self.url}/cdn/{name}"

    def product(self, sku: str) -> Product:
        """By SKU. Raises `KeyError` when the shop does not sell it."""
        product = self.store.product_by_sku(sku)
        if product is None:
            raise KeyError(sku)
        return product

    def set_level(self, sku: str, available: int, *, location: str = "") -> str:
        """So many can be bought at a location (the first one when none is named); the item's number."""
        item = self.stock.item_of(self.product(sku).variant_id)
        self.stock.set(item, location or self.locations[0], available)
        return item

    def deactivate_location(self, number: str) -> None:
        """It stocks and ships nothing from now on. Raises `KeyError` for one that the shop does not have."""
        location = gid("Location", number)
        self.facts.locations[location] = self.facts.locations[location] | {"isActive": False}

    def level(self, sku: str, *, location: str = "") -> Count | None:
        """What there is; None where it is not stocked."""
        item = self.stock.item_of(self.product(sku).variant_id)
        with self.stock.lock:
            found = self.stock.counts.get((item, location or self.locations[0]))
            return replace(found) if found is not None else None

    def place_order(
        self,
        draft: Draft | None = None,
        *,
        topics: Sequence[str] = (CREATE,),
        in_stock: bool = False,
        **changes: Any,
    ) -> Document:
        """Prices and keeps an order and sends its webhooks; returns the order document.

        Takes a draft, or a draft's fields as keywords, or both. Topics of one call share their event id.
        Raises `ValueError` for what no checkout would let through; with `in_stock` that is more than there is as well
        (`NotEnough`), where levels are kept.
        """
        draft = replace(draft, **changes) if draft is not None else Draft(**changes)
        draft = replace(draft, currency=draft.currency or self.currency)
        if draft.customer is not None:
            draft = replace(draft, customer=self.store.known_person(draft.customer))
        order = price(
            draft, number=self.store.new_number(), now=self.second(), shop=self.shop, new_id=self.store.new_id
        )
        order = self.routed(order)
        with self.stock.lock:
            if in_stock:
                self.stock.check(order)
            self.store.put(order)
        self.journal.record("order", "create", order["id"], summary={"name": order["name"], "label": draft.label})
        self.announce(order, topics)
        return order

    def update_order(
        self, order_id: str, *, topics: Sequence[str] = (UPDATED,), updated_at: datetime | None = None, **changes: Any
    ) -> Document:
        """Changes fields of an order document by their GraphQL names and sends `orders/updated`.

        `updated_at` ticks in whole seconds, as in Shopify: two changes within one second carry the same.
        Raises `KeyError` for an unknown order or field.
        """
        gid = self.gid(order_id)
        before = self.store.order(gid)
        if before is None:
            raise KeyError(order_id)
        if unknown := changes.keys() - before.keys():
            raise KeyError(f"an order has no {', '.join(sorted(unknown))}")
        order = self.store.change(gid, changes, updated_at or max(self.second(), before["updatedAt"]))
        self._bodies.pop(gid, None)
        self.journal.record("order", "write", gid, summary={"name": order["name"], "fields": sorted(changes)})
        self.announce(order, topics)
        return order

    def load_folder(self, folder: Path, *, topics: Sequence[str] = ()) -> list[Document]:
        """Takes over the orders of a folder of `orders/create` bodies; with topics, announces them.

        The webhooks carry the files' own bytes. Raises `OrderFileError` that names the file and its fault, before
        any order is taken over.
        """
        files = read_folder(folder)
        for file in files:
            self.add_products(p for p in file.products if self.store.product(p.gid) is None)
            self.store.put(self.routed(file.order))
            if file.body is not None:
                self._bodies[file.order["id"]] = file.body
            self.journal.record("order", "create", file.order["id"], summary={"file": file.path.name})
        for file in files:
            self.announce(file.order, topics)
        return [self.order(file.order["id"]) for file in files]

    def orders(self) -> list[Document]:
        """As they are now, in the order in which they were placed."""
        return self.store.orders()

    def order(self, order_id: str) -> Document:
        """By number or global id. Raises `KeyError`."""
        found = self.store.order(self.gid(order_id))
        if found is None:
            raise KeyError(order_id)
        return found

    @staticmethod
    def gid(order_id: str) -> str:
        return order_id if order_id.startswith("gid://") else f"gid://shopify/Order/{order_id}"

    def keep(self, order: Document, changes: Document) -> Document:
        self._bodies.pop(order["id"], None)
        return self.store.change(order["id"], changes, max(self.second(), order["updatedAt"]))

    def second(self) -> datetime:
        now = self._now()
        return now - timedelta(microseconds=now.microsecond)
