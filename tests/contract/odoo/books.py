"""Invoices, payments and matches as the workers make them: with external ids, through `load`."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tests.contract.odoo.conftest import Lab

LINE = ("id", "product_id/.id", "name", "quantity", "price_unit", "tax_ids/.id", "sale_line_ids/id")
INVOICE_COLUMNS = [
    *("id", "move_type", "partner_id/.id", "invoice_date", "reversed_entry_id/.id"),
    *(f"invoice_line_ids/{column}" for column in LINE),
]
PAYMENT_COLUMNS = [
    *("id", "partner_id/.id", "amount", "date", "payment_type", "partner_type", "journal_id/.id", "memo"),
]
DATE = "2026-11-02"
# Quantity, unit price, tax ids with commas, external id of the order line.
Sold = tuple[str, str, str, str]


def money(value: float) -> Decimal:
    return Decimal(str(value)).quantize(Decimal("0.01"))


@dataclass
class Books:
    """A customer of its own, so that nothing of other tests is open beside what a test makes."""

    lab: Lab
    customer: int
    bank: int

    @classmethod
    def of(cls, lab: Lab) -> Books:
        columns, row = ["id", "name"], [lab.external("customer"), lab.new("customer")]
        (customer,) = lab.client.load("res.partner", columns, [row]).ids
        domain = [["type", "=", "bank"], ["company_id", "=", 1]]
        bank = lab.client.search_read("account.journal", domain, ["code"], limit=1)[0]
        return cls(lab, customer, bank["id"])

    def rows(self, external: str, lines: list[Sold], *, kind: str = "out_invoice", reverses: int = 0) -> list[Any]:
        rows: list[list[Any]] = []
        for number, (quantity, price, taxes, sold) in enumerate(lines):
            head = [external, kind, self.customer, DATE, reverses or ""] if number == 0 else [""] * 5
            line = [f"{external}_{number}", self.lab.product, f"line {number}"]
            rows.append([*head, *line, Decimal(quantity), Decimal(price), taxes, sold])
        return rows

    def invoice(self, *lines: Sold, kind: str = "out_invoice", reverses: int = 0, post: bool = True) -> int:
        rows = self.rows(self.lab.external("invoice"), list(lines), kind=kind, reverses=reverses)
        (move,) = self.lab.client.load("account.move", INVOICE_COLUMNS, rows).ids
        if post:
            self.post(move)
        return move

    def credit_note(self, *lines: Sold, of: int = 0, post: bool = True) -> int:
        return self.invoice(*lines, kind="out_refund", reverses=of, post=post)

    def post(self, *moves: int) -> None:
        self.lab.client.call("account.move", "action_post", [list(moves)], write=True)

    def pay(self, amount: str, *, kind: str = "inbound", post: bool = True) -> int:
        row: list[Any] = [
            self.lab.external("payment"),
            self.customer,
            Decimal(amount),
            DATE,
            kind,
            "customer",
            self.bank,
            "tx",
        ]
        (payment,) = self.lab.client.load("account.payment", PAYMENT_COLUMNS, [row]).ids
        if post:
            self.lab.client.call("account.payment", "action_post", [[payment]], write=True)
        return payment

    def line_of(self, *, move: int = 0, payment: int = 0) -> int:
        """The receivable line of an invoice or of a posted payment."""
        own = ["move_id", "=", move] if move else ["payment_id", "=", payment]
        domain = [own, ["account_type", "=", "asset_receivable"]]
        (line,) = self.lab.client.search_read("account.move.line", domain, ["reconciled"])
        return int(line["id"])

    def assign(self, move: int, line: int) -> None:
        self.lab.client.call("account.move", "js_assign_outstanding_line", [move, line], write=True)

    def settle(self, move: int, amount: str, *, kind: str = "inbound") -> int:
        payment = self.pay(amount, kind=kind)
        self.assign(move, self.line_of(payment=payment))
        return payment

    def read(self, move: int, *names: str) -> dict[str, Any]:
        wanted: dict[str, Any] = {
            name: {} for name in names or ("name", "state", "payment_state", "amount_total", "amount_residual")
        }
        (record,) = self.lab.client.web_read("account.move", [move], wanted)
        return record

    def standing(self, move: int) -> tuple[str, Decimal]:
        """How far it is paid, and what is left."""
        record = self.read(move)
        return record["payment_state"], money(record["amount_residual"])

    def payment(self, payment: int, *names: str) -> dict[str, Any]:
        (record,) = self.lab.client.call("account.payment", "read", [[payment], list(names)], write=False)
        return dict(record)

    def order(self, *lines: tuple[str, str, str]) -> tuple[int, str]:
        """A confirmed order of this customer, and the external id that its lines' begin with."""
        external = self.lab.external("order")
        rows = self.lab.order_rows(external, list(lines))
        rows[0][1] = self.customer
        (order,) = self.lab.client.load("sale.order", self.lab.order_columns, rows).ids
        self.lab.client.call("sale.order", "action_confirm", [[order]], write=True)
        return order, external

    def read_order(self, order: int) -> dict[str, Any]:
        names = ("qty_invoiced", "qty_to_invoice", "untaxed_amount_invoiced", "invoice_lines")
        line: dict[str, Any] = {name: {} for name in names}
        item: dict[str, Any] = {"fields": {"price_unit": {}, "quantity": {}, "sale_line_ids": {}}}
        own: dict[str, Any] = {"fields": {"account_type": {}, "reconciled": {}, "amount_residual": {}}}
        move: dict[str, Any] = {
            "move_type": {},
            "state": {},
            "amount_total": {},
            "invoice_line_ids": item,
            "line_ids": own,
        }
        totals = ("state", "invoice_status", "amount_untaxed", "amount_tax", "amount_total")
        specification: dict[str, Any] = {name: {} for name in totals}
        specification |= {"order_line": {"fields": line}, "invoice_ids": {"fields": move}}
        (record,) = self.lab.client.web_read("sale.order", [order], specification)
        return record
