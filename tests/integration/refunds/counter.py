"""The counter where goods come back: orders are sold, delivered and refunded, on both sides at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from libs.common.ledger.model import Hint, Record, State
from libs.sandbox.shopify.drafts import Line
from tests.integration.orders.desk import Desk


def number(document: dict[str, Any]) -> str:
    """`gid://shopify/Refund/501` is `501`."""
    return str(document["id"].rpartition("/")[2])


def money(value: Any) -> Decimal:
    return Decimal(str(value)).quantize(Decimal("0.01"))


@dataclass
class Counter:
    desk: Desk

    def rules(self, **changes: Any) -> None:
        """As far as payments, by one bank, unless told otherwise."""
        banks = self.desk.odoo.find("account.journal", [("type", "=", "bank"), ("company_id", "=", 1)])
        journals = {"bogus": banks[0]["id"], "cash": banks[0]["id"]}
        self.desk.rules(**{"until": "paid", "journals": journals, **changes})

    def sell(self, *lines: Line, deliver: bool = False, **fields: Any) -> dict[str, Any]:
        """A paid order that is in Odoo; with `deliver`, shipped on both sides."""
        placed = self.desk.place(*(lines or (self.desk.line(3),)), **fields)
        (record,) = self.desk.sync(placed)
        assert record.state is State.SYNCED, record.held
        if deliver:
            self.deliver(placed)
        return placed

    def deliver(self, placed: dict[str, Any], units: int | None = None) -> None:
        """All of it, or so many units of its only line."""
        (picking, *_) = [one for one in self.pickings(placed) if one["state"] not in {"done", "cancel"}]
        wanted = {picking["moves"][0]["product_id"][0]: float(units)} if units else None
        self.desk.odoo.deliver(picking["id"], wanted)
        self.desk.shop.fulfill_order(placed["id"], {self.line_id(placed): units} if units else None)

    def line_id(self, placed: dict[str, Any], index: int = 0) -> str:
        return number(placed["lineItems"][index])

    def refund(self, placed: dict[str, Any], units: int = 0, how: str = "return", **more: Any) -> dict[str, Any]:
        """In the shop only."""
        lines: dict[str, Any] = {self.line_id(placed): (units, how)} if units else {}
        return self.desk.shop.refund_order(placed["id"], lines, topics=(), **more)

    def announce(self, *refunds: dict[str, Any]) -> list[Record]:
        """The webhooks of refunds, and of their orders; the refunds' records once nothing is due."""
        hints = [Hint("acme", "refund", number(one), why="refunds/create") for one in refunds]
        orders = dict.fromkeys(number({"id": one["orderId"]}) for one in refunds)
        hints += [Hint("acme", "order", one, why="orders/updated") for one in orders]
        self.desk.ledger.record_hints(hints)
        self.desk.work()
        return [self.record(one) for one in refunds]

    def refunded(self, placed: dict[str, Any], units: int = 0, how: str = "return", **more: Any) -> Record:
        """In the shop, and then in Odoo: synced, or the test says why not."""
        (record,) = self.announce(self.refund(placed, units, how, **more))
        assert record.state is State.SYNCED, record.held or record
        return record

    def record(self, refund: dict[str, Any]) -> Record:
        found = self.desk.ledger.get(f"acme/refund/{number(refund)}")
        assert found
        return found

    def order(self, placed: dict[str, Any]) -> dict[str, Any]:
        record = self.desk.ledger.get(f"acme/order/{number(placed)}")
        assert record
        return self.desk.order(record)

    def pickings(self, placed: dict[str, Any]) -> list[dict[str, Any]]:
        return self.desk.odoo.pickings(self.order(placed)["id"])

    def books(self, placed: dict[str, Any]) -> list[tuple[str, str, str, Decimal, Decimal]]:
        """Invoices and credit notes of an order: kind, state, how far paid, total, what is open; oldest first."""
        found = self.desk.odoo.invoices(self.order(placed)["id"])
        names = ("move_type", "state", "payment_state")
        return [
            (*(str(one[name]) for name in names), money(one["amount_total"]), money(one["amount_residual"]))  # type: ignore[misc]
            for one in sorted(found, key=lambda one: int(one["id"]))
        ]

    def credit(self, record: Record) -> dict[str, Any]:
        assert record.target
        (found,) = [one for one in self.desk.odoo.invoices() if one["id"] == record.target.id]
        return found

    def paid_back(self) -> list[tuple[str, Decimal, bool]]:
        """Outbound payments: external id, amount, whether it is matched whole; oldest first."""
        return [
            (str(one["external_id"]), money(one["amount"]), bool(one["is_reconciled"]))
            for one in self.desk.odoo.payments()
            if one["payment_type"] == "outbound"
        ]

    def asked(self) -> list[str]:
        """Every call to Odoo since the last time, in order."""
        made = [call.operation for call in self.desk.odoo.calls.entries()]
        self.desk.odoo.calls.clear()
        return [name for name in made if not name.startswith("common.")]

    def again(self, records: Sequence[Record]) -> list[Record]:
        """Retried as a person would."""
        ids = [record.id for record in records]
        assert self.desk.ledger.retry(ids, why="test") == ids
        self.desk.work()
        return [record for record in map(self.desk.ledger.get, ids) if record]
