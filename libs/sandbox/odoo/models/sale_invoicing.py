"""The invoice side of orders: what is invoiced, what is still to be, and the drafts that go with a cancelled order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from libs.sandbox.odoo.database import Row
from libs.sandbox.odoo.env import Env
from libs.sandbox.odoo.model import Compute
from libs.sandbox.odoo.models.account_actions import button_cancel
from libs.sandbox.odoo.models.account_amounts import LINE as ITEM
from libs.sandbox.odoo.models.account_amounts import MOVE
from libs.sandbox.odoo.models.pricing import arithmetic_of, taxes_of
from libs.sandbox.odoo.taxes import Line, round_half_up

ORDER = "sale.order"
LINE = "sale.order.line"
QUANTITY_DIGITS = 2


def cancel_drafts(env: Env, order: Row) -> None:
    """Drafts of an order that is cancelled; what is posted stays."""
    table = env.db.tables[MOVE]
    drafts = [one for one in invoices_of(env, order) if table[one]["state"] == "draft"]
    button_cancel(env.as_superuser(), drafts)


def invoices_of(env: Env, order: Row) -> tuple[int, ...]:
    """Invoices and credit notes with lines that name the order's."""
    table = env.db.tables[ITEM]
    found = (one for line in _order_lines(env, order) for one in line.get("invoice_lines") or ())
    return tuple(dict.fromkeys(table[one]["move_id"] for one in found if one in table))


def order_status(env: Env, order: Row) -> str:
    """As its lines are: `to invoice` when one is, `invoiced` when all are, else `no`."""
    if order.get("state") != "sale":
        return "no"
    states = [line_status(env, line) for line in _order_lines(env, order) if not line.get("display_type")]
    if "to invoice" in states:
        return "to invoice"
    if states and set(states) <= {"invoiced", "upselling"}:
        return "upselling" if "upselling" in states else "invoiced"
    return "no"


def line_status(env: Env, line: Row) -> str:
    if _order(env, line).get("state") != "sale":
        return "no"
    if qty_to_invoice(env, line):
        return "to invoice"
    ordered, delivered = line.get("product_uom_qty") or 0.0, env.value(LINE, line, "qty_delivered")
    if _policy(env, line) == "order" and 0 <= ordered < delivered:
        return "upselling"
    return "invoiced" if qty_invoiced(env, line) >= ordered else "no"


def qty_invoiced(env: Env, line: Row, *, posted: bool = False) -> float:
    """Of invoices less credit notes, drafts too; with `posted` of those that are posted."""
    states = ("posted",) if posted else ("draft", "posted")
    return _rounded(
        sum(sign * (item.get("quantity") or 0) for sign, item, move in _items(env, line) if move["state"] in states)
    )


def qty_to_invoice(env: Env, line: Row) -> float:
    """Below zero when more was invoiced than is to be."""
    if _order(env, line).get("state") != "sale" or line.get("display_type"):
        return 0.0
    return _rounded(_considered(env, line) - qty_invoiced(env, line))


def amount_to_invoice(env: Env, line: Row) -> float:
    """Taxes included, of what is not on a posted invoice."""
    ordered = line.get("product_uom_qty") or 0.0
    if not ordered:
        return 0.0
    left = _considered(env, line) - qty_invoiced(env, line, posted=True)
    return _money(env, line, line.get("price_total", 0.0) / ordered * left)


def untaxed_amount_to_invoice(env: Env, line: Row) -> float:
    order = _order(env, line)
    if order.get("state") != "sale":
        return 0.0
    quantity, price = _considered(env, line), float(line.get("price_unit") or 0.0)
    taxes = taxes_of(env, line.get("tax_id" if env.version == "18" else "tax_ids") or ())
    priced = Line(price, quantity, line.get("discount") or 0.0, taxes)
    if any(tax.included for tax in taxes):
        amount = arithmetic_of(env, order).line_totals(priced).untaxed
    else:
        amount = price * (1 - priced.discount / 100.0) * quantity
    return _money(env, line, amount - _invoiced("price_subtotal")(env, line))


def _invoiced(field: str) -> Compute:
    def compute(env: Env, line: Row) -> float:
        # A note that belongs to an order line has no amount.
        amounts = [sign * (item.get(field) or 0) for sign, item, move in _items(env, line) if move["state"] == "posted"]
        return _money(env, line, sum(amounts))

    return compute


def _sum(compute: Compute) -> Compute:
    def of_lines(env: Env, order: Row) -> float:
        return arithmetic_of(env, order).round(float(sum(compute(env, line) for line in _order_lines(env, order))))

    return of_lines


def _items(env: Env, line: Row) -> Iterator[tuple[int, Row, Row]]:
    """Invoice lines with their move, and 1 for an invoice, -1 for a credit note."""
    for one in line.get("invoice_lines") or ():
        item = env.row(ITEM, one)
        move = env.row(MOVE, item["move_id"]) if item is not None else None
        if item is not None and move is not None:
            yield (-1 if move["move_type"] == "out_refund" else 1), item, move


def _considered(env: Env, line: Row) -> float:
    """The ordered quantity, or the delivered one, as the product is invoiced."""
    delivered = _policy(env, line) == "delivery"
    return float(env.value(LINE, line, "qty_delivered") if delivered else line.get("product_uom_qty") or 0.0)


def _policy(env: Env, line: Row) -> Any:
    product = env.row("product.product", line.get("product_id"))
    return env.value("product.product", product, "invoice_policy") if product is not None else "delivery"


def _order(env: Env, line: Row) -> Row:
    return env.db.tables[ORDER][line["order_id"]]


def _order_lines(env: Env, order: Row) -> list[Row]:
    return [env.db.tables[LINE][one] for one in env.children(env.fields(ORDER)["order_line"], order["id"])]


def _money(env: Env, line: Row, amount: float) -> float:
    return arithmetic_of(env, _order(env, line)).round(amount)


def _rounded(quantity: float) -> float:
    return round_half_up(float(quantity), QUANTITY_DIGITS)


OF_ORDER: dict[str, Compute] = {
    "invoice_status": order_status,
    "invoice_ids": invoices_of,
    "invoice_count": lambda env, order: len(invoices_of(env, order)),
    "amount_invoiced": _sum(_invoiced("price_total")),
    "amount_to_invoice": _sum(amount_to_invoice),
}
OF_LINE: dict[str, Compute] = {
    "invoice_status": line_status,
    "qty_invoiced": qty_invoiced,
    "qty_invoiced_posted": lambda env, line: qty_invoiced(env, line, posted=True),
    "qty_to_invoice": qty_to_invoice,
    "amount_invoiced": _invoiced("price_total"),
    "amount_to_invoice": amount_to_invoice,
    "untaxed_amount_invoiced": _invoiced("price_subtotal"),
    "untaxed_amount_to_invoice": untaxed_amount_to_invoice,
}
