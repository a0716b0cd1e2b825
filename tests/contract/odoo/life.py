"""A shop of the sandbox with all workers between it and the Odoo under test, for the whole life of its orders.

The workers act as a user who has the groups that the README names, and no other.
"""

from __future__ import annotations

import itertools
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from cryptography.fernet import Fernet
from pydantic import SecretStr

from libs.common.domain.rules import StoreRules, TaxMapping
from libs.common.ledger.breakers import MongoBreakers
from libs.common.ledger.budgets import MongoBudgets
from libs.common.ledger.connect import Connection, connect
from libs.common.ledger.model import Hint, Record, State
from libs.common.ledger.repository import MongoLedger
from libs.common.odoo.client import OdooClient
from libs.common.odoo.external_ids import find_external_id
from libs.common.settings import WorkerSettings
from libs.common.stores.crypto import Crypto
from libs.common.stores.model import OdooConnection, ShopifyConnection, Store
from libs.common.stores.repository import MongoStores
from libs.sandbox.shopify.drafts import Draft, Line, Person, Place, Product, Tax
from libs.sandbox.shopify.sandbox import ShopifySandbox
from services.console.demo.proof import prove
from services.console.demo.warehouse import Delivered, Warehouse
from services.workers.bootstrap import Ports, Workers, build, known_queues
from services.workers.calls import CALL_SECONDS
from tests.contract.odoo.books import Books, money
from tests.contract.odoo.conftest import Access, Lab
from tests.contract.odoo.depot import Depot

HOME = Place("Jane", "Doe", "", "1 Main Street", "", "Louisville", "40202", "KY", "Kentucky", "US")
OFFICE = Place("Jane", "Doe", "Acme", "2 River Road", "", "Louisville", "40203", "KY", "Kentucky", "US")
ON_TOP, AWKWARD, VAT = (
    Tax(name, Decimal(rate)) for name, rate in (("Sales Tax", "0.15"), ("City Tax", "0.08875"), ("VAT", "0.20"))
)
GROUPS = (
    "base.group_user",
    "sales_team.group_sale_manager",
    "base.group_partner_manager",
    "product.group_product_manager",
    "account.group_account_invoice",
    "stock.group_stock_user",
)
STOCK = 1000
SKUS = ("MUG", "CAP", "PEN")
PRICES = {"MUG": Decimal("12.50"), "CAP": Decimal("19.90"), "PEN": Decimal("1.59")}
Document = dict[str, Any]


def number(document: Document) -> str:
    """`gid://shopify/Order/501` is `501`."""
    return str(document["id"]).rpartition("/")[2]


@dataclass
class Life:
    lab: Lab
    slug: str
    shop: ShopifySandbox
    connection: Connection
    ledger: MongoLedger
    stores: MongoStores
    workers: Workers
    warehouse: Warehouse
    bank: int
    products: dict[str, int]
    basic: dict[str, Any]
    """Rules that every test has."""
    people: Iterator[int] = field(default_factory=itertools.count)

    @property
    def client(self) -> OdooClient:
        return self.lab.client

    def rules(self, **changes: Any) -> None:
        store = self.stores.get(self.slug)
        assert store
        rules = StoreRules.model_validate({**self.basic, **changes})
        if rules != store.rules:
            self.stores.save(store.model_copy(update={"rules": rules}))
            self.workers.contexts.close()

    def pricelist(self, currency: str) -> int:
        """Of this currency, which is active from then on."""
        every = {"active_test": False}
        (found,) = self.client.search_read("res.currency", [("name", "=", currency)], ["active"], context=every)
        if not found["active"]:
            self.client.update("res.currency", [".id", "active"], [[found["id"], True]], context=every)
        row = [self.lab.external("pricelist"), self.lab.new(currency), found["id"]]
        return self.client.load("product.pricelist", ["id", "name", "currency_id/.id"], [row]).ids[0]

    def line(self, sku: str = "MUG", quantity: int = 1, **fields: Any) -> Line:
        return Line(self.shop.product(f"{self.slug}-{sku}"), quantity, **fields)

    def place(self, *lines: Line, **fields: Any) -> Document:
        """An order of a customer of its own; in the shop only."""
        who = Person("Jane", "Doe", f"jane{next(self.people)}@{self.slug}.example.com")
        values: dict[str, Any] = {"customer": who, "shipping_address": HOME, "taxes": (ON_TOP,), **fields}
        return self.shop.place_order(Draft(lines=lines or (self.line(),), **values))

    def sell(self, *lines: Line, **fields: Any) -> Document:
        """An order that is in Odoo."""
        placed = self.place(*lines, **fields)
        self.synced("order", placed)
        return placed

    def hint(self, entity: str, *documents: Document, why: str = "webhook") -> None:
        self.ledger.record_hints([Hint(self.slug, entity, number(one), why=why) for one in documents])

    def work(self) -> None:
        """Until nothing is due."""
        while any(pipeline.look_at(self.slug, []) for pipeline in self.workers.pipelines.values()):
            pass

    def follow(self, entity: str, *documents: Document) -> list[Record]:
        """Announce these, and work; their records."""
        self.hint(entity, *documents)
        self.work()
        return [self.record(entity, number(one)) for one in documents]

    def synced(self, entity: str, *documents: Document) -> list[Record]:
        records = self.follow(entity, *documents)
        for record in records:
            assert record.state is State.SYNCED, record.held or record
        return records

    def record(self, entity: str, source_id: str) -> Record:
        found = self.ledger.get(f"{self.slug}/{entity}/{source_id}")
        assert found, (entity, source_id)
        return found

    def records(self, placed: Document) -> list[Record]:
        """All that is known of one order: itself, its payments, refunds, fulfillments."""
        order = self.shop.order(placed["id"])
        named = [("order", order), *(("payment", one) for one in order["transactions"])]
        named += [("refund", one) for one in order.get("refunds", ())]
        named += [("fulfillment", one) for one in order.get("fulfillments", ())]
        found = self.ledger.many([f"{self.slug}/{entity}/{number(one)}" for entity, one in named])
        return list(found.values())

    def order_id(self, placed: Document) -> int:
        record = self.record("order", number(placed))
        assert record.target, record.held
        return record.target.id

    def order(self, placed: Document) -> Document:
        """The order in Odoo with lines, invoices and pickings, these oldest first."""
        names = ("product_id", "product_uom_qty", "qty_delivered", "qty_invoiced", "price_total")
        moved = _fields("product_id", "quantity", "product_uom_qty", "state")
        picking = ("name", "state", "picking_type_code", "backorder_id", "return_id")
        invoice = ("name", "move_type", "state", "payment_state", "amount_total", "amount_residual")
        asked: Document = {name: {} for name in ("name", "state", "amount_total", "amount_tax", "invoice_status")}
        asked |= {"order_line": _fields(*names), "currency_id": _fields("name")}
        asked["partner_shipping_id"] = _fields("street", "name")
        asked["invoice_ids"] = _fields(*invoice, reversed_entry_id={}, invoice_line_ids=_fields("name", "price_total"))
        asked["picking_ids"] = _fields(*picking, partner_id={}, move_ids=moved)
        (found,) = self.client.web_read("sale.order", [self.order_id(placed)], asked)
        for name in ("invoice_ids", "picking_ids"):
            found[name].sort(key=lambda one: one["id"])
        return found

    def quantities(self, placed: Document) -> list[tuple[float, float, float]]:
        """Of each line, as it was made: ordered, delivered, invoiced."""
        lines = sorted(self.order(placed)["order_line"], key=lambda one: int(one["id"]))
        return [(one["product_uom_qty"], one["qty_delivered"], one["qty_invoiced"]) for one in lines]

    def books(self, placed: Document) -> list[tuple[str, str, str, Decimal]]:
        """Invoices and credit notes: kind, state, how far paid, total."""
        return [
            (one["move_type"], one["state"], one["payment_state"], money(one["amount_total"]))
            for one in self.order(placed)["invoice_ids"]
        ]

    def pickings(self, placed: Document) -> list[tuple[str, str, list[float]]]:
        """Deliveries and returns: kind, state, demand or what was moved."""
        return [
            (one["picking_type_code"], one["state"], sorted(_units(move) for move in one["move_ids"]))
            for one in self.order(placed)["picking_ids"]
        ]

    def payments(self, placed: Document) -> list[tuple[str, Decimal, bool]]:
        """Kind, amount, whether it is matched whole; oldest first."""
        found = self._payments(placed)
        return [(one["payment_type"], money(one["amount"]), one["is_reconciled"]) for one in found]

    def _payments(self, placed: Document) -> list[Document]:
        (partner,) = self.client.web_read(
            "sale.order", [self.order_id(placed)], {"partner_id": _fields("commercial_partner_id")}
        )
        domain = [("partner_id", "=", partner["partner_id"]["commercial_partner_id"])]
        names = ["payment_type", "amount", "is_reconciled", "write_date"]
        return self.client.search_read("account.payment", domain, names)

    def agree(self, placed: Document) -> None:
        """Both sides read anew: currency, cancelled or not, total, what is outstanding, what was shipped."""
        (proof,) = prove(self.client, [(self.shop.order(placed["id"]), self.order_id(placed))])
        assert proof.faults == []

    def written(self, placed: Document) -> Any:
        """Ids and times of the last writing of everything of an order."""
        stamp = _fields("write_date")
        asked: Document = {"write_date": {}, "order_line": stamp}
        asked["invoice_ids"] = _fields("write_date", line_ids=stamp)
        asked["picking_ids"] = _fields("write_date", move_ids=stamp)
        found = self.client.web_read("sale.order", [self.order_id(placed)], asked)
        return found, self._payments(placed)

    def repeat(self, placed: Document) -> None:
        """Everything of the order once more, as a person would have it: nothing is written."""
        before, records = self.written(placed), self.records(placed)
        ids = [record.id for record in records]
        assert self.ledger.retry(ids, why="test") == ids
        self.work()
        assert self.written(placed) == before
        assert [one.state for one in self.records(placed)] == [one.state for one in records]

    def forget(self, placed: Document) -> None:
        """As if each worker had died before it could tell the ledger: done again, there is nothing twice."""
        # Odoo 18 writes a payment anew that is posted once more, which changes nothing.
        before, rows, payments = self.counts(placed), self.written(placed)[0], self.payments(placed)
        named = [(record.entity, record.source_id) for record in self.records(placed)]
        for entity, source_id in named:
            self.connection.database["records"].delete_one({"_id": f"{self.slug}/{entity}/{source_id}"})
        self.ledger.record_hints([Hint(self.slug, entity, source_id, why="test") for entity, source_id in named])
        self.work()
        assert self.counts(placed) == before
        assert (self.written(placed)[0], self.payments(placed)) == (rows, payments)

    def counts(self, placed: Document) -> Counter[str]:
        """How many records of each kind the order has in Odoo."""
        order = self.order(placed)
        counted: Counter[str] = Counter(one["move_type"] for one in order["invoice_ids"])
        counted.update(one["picking_type_code"] for one in order["picking_ids"])
        counted.update(kind for kind, *_ in self.payments(placed))
        counted["lines"] = len(order["order_line"])
        domain = [("client_order_ref", "=", placed["name"])]
        counted["orders"] = self.client.call("sale.order", "search_count", [domain], write=False)
        return counted

    def deliver(self, placed: Document, units: int | None = None) -> tuple[Delivered, Record]:
        """In Odoo, all that is open or so many units; then told to the shop."""
        done = self.warehouse.deliver(self.order_id(placed), "1Z999AA10123456784", most_units=units)
        assert done
        self.ledger.record_hints([Hint(self.slug, "delivery", str(done.picking_id), why="poll")])
        self.work()
        record = self.record("delivery", str(done.picking_id))
        assert record.state is State.SYNCED, record.held or record
        return done, record

    def refund(self, placed: Document, units: int = 0, how: str = "return", **more: Any) -> Document:
        lines: dict[str, Any] = {number(placed["lineItems"][0]): (units, how)} if units else {}
        return self.shop.refund_order(placed["id"], lines, **more)

    def refunded(self, *refunds: Document) -> list[Record]:
        """The webhooks of refunds and of their orders; the refunds are in Odoo then."""
        self.hint("order", *({"id": one} for one in dict.fromkeys(one["orderId"] for one in refunds)))
        return self.synced("refund", *refunds)

    def stock(self, sku: str = "MUG") -> float:
        return Depot(self.lab).held(self.products[sku])[0]

    def calls(self) -> Counter[str]:
        """How often the workers called Odoo so far, by call."""
        samples = (sample for metric in CALL_SECONDS.collect() for sample in metric.samples)
        found: Counter[str] = Counter()
        for sample in samples:
            if sample.name.endswith("_count") and sample.labels["side"] == "odoo":
                found[sample.labels["call"]] += int(sample.value)
        return found


def _fields(*names: str, **nested: Any) -> Document:
    return {"fields": {**{name: {} for name in names}, **nested}}


def _units(move: Document) -> float:
    return float(move["quantity"] if move["state"] == "done" else move["product_uom_qty"])


@contextmanager
def open_life(access: Access, lab: Lab) -> Iterator[Life]:
    """Ids and names are this run's own: the Odoo may be one that outlives it."""
    slug = f"life-{uuid.uuid4().hex[:10]}"
    products = make_products(lab, slug)
    shop = ShopifySandbox(
        f"{slug}.myshopify.com",
        first_id=time.time_ns() // 1000,
        first_order_number=int(time.time()) % 10**8 * 10,
        bucket=20_000.0,
        restore_rate=1000.0,
    )
    login, password = make_user(access, lab, slug)
    bank = Books.of(lab).bank
    with shop, connect("embedded", slug) as connection:
        shop.add_products(Product(f"{slug}-{sku}", sku.title(), PRICES[sku]) for sku in SKUS)
        key = Fernet.generate_key().decode()
        stores = MongoStores(connection.database, Crypto.from_keys(key))
        basic = basic_rules(lab, bank)
        stores.save(
            Store(
                slug=slug,
                shopify=ShopifyConnection(
                    shop=shop.shop, secret=SecretStr(shop.secret), token=SecretStr(shop.token), url=shop.url
                ),
                odoo=OdooConnection.model_validate(
                    {"url": access.url, "database": access.database, "login": login, "key": password}
                ),
                rules=StoreRules.model_validate(basic),
            )
        )
        ledger = MongoLedger(connection.database, connection.clock)
        ports = Ports(
            ledger,
            MongoBudgets(connection.database, connection.clock),
            MongoBreakers(connection.database, connection.clock),
            stores,
            lambda *_: None,
        )
        settings = WorkerSettings(ledger_url="embedded", broker_url="embedded", secret_key=SecretStr(key))
        workers = build(known_queues(), ports, settings)
        warehouse = Warehouse(lab.client)
        yield Life(lab, slug, shop, connection, ledger, stores, workers, warehouse, bank, products, basic)
        workers.close()


def make_products(lab: Lab, slug: str) -> dict[str, int]:
    """Storable goods with a stock; without taxes of their own."""
    depot = Depot(lab)
    made = {}
    for sku in SKUS:
        made[sku] = depot.product(stock=STOCK)
        lab.client.update("product.product", [".id", "default_code"], [[made[sku], f"{slug}-{sku}"]])
    return made


def basic_rules(lab: Lab, bank: int) -> dict[str, Any]:
    taxes = [
        TaxMapping(rate=ON_TOP.rate, tax_id=lab.tax("15"), included=False),
        TaxMapping(rate=AWKWARD.rate, tax_id=lab.tax("8.875"), included=False),
        TaxMapping(rate=VAT.rate, tax_id=lab.tax("20", included=True), included=True),
    ]
    return {"until": "paid", "journals": {"bogus": bank, "gift_card": bank}, "taxes": taxes}


def make_user(access: Access, lab: Lab, slug: str, *, email: str = "tandem@example.com") -> tuple[str, str]:
    """Login and password of a user with the groups that the README names."""
    login, password = f"{slug}@example.com", uuid.uuid4().hex
    if access.sandbox is not None:
        access.sandbox.add_user(login, password, "store", email=email)
        return login, password
    found = [find_external_id(lab.client, *name.split(".")) for name in GROUPS]
    ids = [one[1] for one in found if one]
    assert len(ids) == len(GROUPS), found
    groups = "group_ids" if "group_ids" in lab.client.fields_get("res.users") else "groups_id"
    values = {"name": slug, "login": login, "email": email, "password": password, groups: [[6, 0, ids]]}
    lab.client.call("res.users", "create", [[values]], write=True)
    return login, password
