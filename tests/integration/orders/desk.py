"""A sandbox shop and a sandbox Odoo with the workers between them, for the tests of an order's whole life."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from libs.common.domain.rules import StoreRules
from libs.common.ledger.model import Hint, Record
from libs.common.ledger.repository import MongoLedger
from libs.common.stores.repository import MongoStores
from libs.sandbox.odoo.sandbox import OdooSandbox
from libs.sandbox.shopify.bench import BENCH_TAX
from libs.sandbox.shopify.drafts import Draft, Line, Person, Place
from libs.sandbox.shopify.sandbox import ShopifySandbox
from services.workers.bootstrap import Workers

JANE = Person("Jane", "Doe", "Jane.Doe@Example.com", "+15550100")
HOME = Place("Jane", "Doe", "", "1 Main Street", "", "Louisville", "40202", "KY", "Kentucky", "US")


@dataclass
class Desk:
    shop: ShopifySandbox
    odoo: OdooSandbox
    ledger: MongoLedger
    stores: MongoStores
    workers: Workers

    def place(self, *lines: Line, **fields: Any) -> dict[str, Any]:
        values: dict[str, Any] = {"customer": JANE, "shipping_address": HOME, "taxes": (BENCH_TAX,), **fields}
        return self.shop.place_order(Draft(lines=lines or (self.line(),), **values))

    def line(self, quantity: int = 1, **fields: Any) -> Line:
        return Line(self.shop.product("BENCH-000"), quantity, **fields)

    def sync(self, *orders: dict[str, Any], why: str = "orders/create") -> list[Record]:
        """Announce and work until nothing is due; the records, in order."""
        numbers = [order["id"].rpartition("/")[2] for order in orders]
        self.ledger.record_hints([Hint("acme", "order", number, why=why) for number in numbers])
        return self.work(*numbers)

    def work(self, *numbers: str) -> list[Record]:
        while any(pipeline.look_at("acme", []) for pipeline in self.workers.pipelines.values()):
            pass
        records = [self.ledger.get(f"acme/order/{number}") for number in numbers]
        return [record for record in records if record]

    def retry(self, record: Record) -> Record:
        assert self.ledger.retry([record.id], why="test") == [record.id]
        return self.work(record.source_id)[0]

    def rules(self, **changes: Any) -> None:
        store = self.stores.get("acme")
        assert store
        self.stores.save(store.model_copy(update={"rules": StoreRules.model_validate(changes)}))
        self.workers.contexts.close()

    def order(self, record: Record) -> dict[str, Any]:
        assert record.target, record.held
        (found,) = self.odoo.orders([("id", "=", record.target.id)])
        return found

    def writes(self) -> int:
        return len(self.odoo.journal.entries())
