"""A store between a sandbox shop and a sandbox Odoo, with all workers and the poll, on the embedded ledger."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from libs.common.domain.rules import FulfillmentRules, StoreRules
from libs.common.ledger.cursors import MongoCursors
from libs.common.ledger.model import Hint, Record
from libs.common.ledger.repository import MongoLedger
from libs.common.stores.repository import MongoStores
from libs.sandbox.odoo.sandbox import OdooSandbox
from libs.sandbox.shopify.bench import BENCH_TAX
from libs.sandbox.shopify.drafts import Draft, Line, Person, Place
from libs.sandbox.shopify.sandbox import ShopifySandbox
from services.scheduler.odoo_poll.poller import Poller
from services.workers.bootstrap import Workers
from tests.embedded import embedded, stock_up

JANE = Person("Jane", "Doe", "Jane.Doe@Example.com", "+15550100")
HOME = Place("Jane", "Doe", "", "1 Main Street", "", "Louisville", "40202", "KY", "Kentucky", "US")
QUEUES = ["orders", "fulfillments", "deliveries"]
MUG, CAP = "BENCH-000", "BENCH-001"


def number(gid: str) -> str:
    return gid.rpartition("/")[2]


@dataclass
class Dock:
    shop: ShopifySandbox
    odoo: OdooSandbox
    ledger: MongoLedger
    stores: MongoStores
    workers: Workers
    poller: Poller

    def rules(self, **fulfillments: Any) -> None:
        store = self.stores.get("acme")
        assert store
        rules = StoreRules(missing_product="create", fulfillments=FulfillmentRules(**fulfillments))
        self.stores.save(store.model_copy(update={"rules": rules}))
        self.workers.contexts.close()

    def place(self, mugs: int = 2, caps: int = 1) -> str:
        """An order that Odoo does not know; its number."""
        lines = tuple(Line(self.shop.product(sku), n) for sku, n in ((MUG, mugs), (CAP, caps)) if n)
        placed = self.shop.place_order(Draft(lines=lines, customer=JANE, shipping_address=HOME, taxes=(BENCH_TAX,)))
        return number(placed["id"])

    def order(self, mugs: int = 2, caps: int = 1) -> str:
        """An order that is in Odoo; its number."""
        placed = self.place(mugs, caps)
        self.ledger.record_hints([Hint("acme", "order", placed, why="orders/create")])
        self.work()
        return placed

    def make_kit(self, kit: str, **parts: float) -> None:
        """Deliver a product as so much of each of these (their names with _ for -)."""
        skus = [(sku.replace("_", "-"), units) for sku, units in parts.items()]
        found = {
            sku: self.odoo.find("product.product", [("default_code", "=", sku)])[0] for sku, _ in [(kit, 1), *skus]
        }
        lines = [(0, 0, {"product_id": found[sku]["id"], "product_qty": units}) for sku, units in skus]
        template = found[kit]["product_tmpl_id"][0]
        self.odoo.add("mrp.bom", type="phantom", product_tmpl_id=template, product_qty=1, bom_line_ids=lines)

    def sale_id(self, order: str) -> int:
        record = self.record("order", order)
        assert record.target, record.held
        return record.target.id

    def pickings(self, order: str) -> list[dict[str, Any]]:
        return self.odoo.pickings(self.sale_id(order))

    def deliver(self, order: str, *units: float, **how: Any) -> int:
        """Validates the open delivery: all of it, or so much of each line in turn; its id."""
        (picking,) = [one for one in self.pickings(order) if one["state"] not in {"done", "cancel"}]
        lines = [move["sale_line_id"][0] for move in picking["moves"]]
        return self.odoo.deliver(picking["id"], dict(zip(lines, units, strict=False)) if units else None, **how)

    def poll(self) -> None:
        self.poller.round(wait=True)

    def work(self) -> None:
        """Until nothing is due."""
        while sum(self.workers.pipelines[queue].look_at("acme", []) for queue in QUEUES):
            pass

    def ship(self) -> None:
        self.poll()
        self.work()

    def announce(self, fulfillment: dict[str, Any], why: str = "fulfillments/create") -> Record:
        """As its webhook would; worked on."""
        one = number(fulfillment["id"])
        version = fulfillment["updatedAt"]
        self.ledger.record_hints([Hint("acme", "fulfillment", one, version=version, name=fulfillment["name"], why=why)])
        self.work()
        return self.record("fulfillment", one)

    def record(self, entity: str, source_id: object) -> Record:
        found = self.ledger.get(f"acme/{entity}/{source_id}")
        assert found is not None, (entity, source_id)
        return found

    def fulfillments(self, order: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.shop.order(order).get("fulfillments", [])
        return found

    def shipped(self, order: str) -> list[list[int]]:
        """Units of each fulfillment that counts, in the order of the order's lines."""
        lines = [line["id"] for line in self.shop.order(order)["lineItems"]]
        return [
            [sum(x["quantity"] for x in one["fulfillmentLineItems"] if x["lineItem"]["id"] == line) for line in lines]
            for one in self.fulfillments(order)
            if one["status"] == "SUCCESS"
        ]

    def writes(self) -> tuple[int, int]:
        return len(self.shop.journal.entries()), len(self.odoo.journal.entries())


@contextmanager
def open_dock(
    version: Any = "19", *, delivery: bool = False, kits: bool = False, locations: Sequence[str] = ("61",), **shop: Any
) -> Iterator[Dock]:
    far, near = ShopifySandbox(locations=locations, **shop), OdooSandbox(version, delivery=delivery, kits=kits)
    with far, near, embedded(far, near, QUEUES) as here:
        stock_up(far, near)
        poller = Poller(here.ledger, here.stores, here.breakers, MongoCursors(here.connection.database))
        try:
            yield Dock(far, near, here.ledger, here.stores, here.workers, poller)
        finally:
            poller.stop()
