"""A line that closes what rounding makes of an order that is invoiced in parts.

Odoo rounds the taxes of each invoice by themselves: two invoices of one order may come to a cent more or less than
the order. The line has no tax, so its price is the difference; it belongs to no line of the order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from libs.common.domain.money import currency_digits
from libs.common.domain.pricing import exact_parts
from libs.common.domain.sales import SaleOrder
from libs.common.odoo.cells import Cell
from services.workers.context import StoreContext
from services.workers.orders.invoices import drafts, missing_on_invoices
from services.workers.orders.model import Changes
from services.workers.orders.rounding import NAME, make_products

_LINE = ("id", "product_id/.id", "name", "quantity", "price_unit", "discount", "tax_ids/.id")
FIELDS = (".id", *(f"invoice_line_ids/{name}" for name in _LINE))


@dataclass(frozen=True, slots=True)
class InvoiceRounding:
    """The line of one draft invoice."""

    changes: Changes
    invoice_id: int
    external_id: str
    amount: Decimal
    """Without tax, in the order's currency."""


def plan_invoice_rounding(changes: Changes, order: SaleOrder) -> InvoiceRounding | None:
    """None where the invoices come to their order, and where they differ by more than the store tolerates."""
    waiting, missing = drafts(order), missing_on_invoices(order)
    if not waiting or not missing or abs(missing) > changes.rounding.tolerance.amount:
        return None
    name = changes.order.external_id.replace(".order_", ".invoice_rounding_", 1)
    return InvoiceRounding(changes, waiting[-1], f"{name}_{waiting[-1]}", missing)


def write_invoice_roundings(writes: Sequence[InvoiceRounding], store: StoreContext) -> Sequence[None]:
    """In one call, and one for their product when it is met for the first time. May be repeated."""
    make_products([write.changes for write in writes], store)
    rows: list[list[Cell]] = []
    for write in writes:
        product = write.changes.rounding.product
        product_id = product if isinstance(product, int) else store.made[product]
        digits = currency_digits(write.changes.total.currency)
        part = exact_parts(write.amount, 1, write.changes.rounding.price_digits, digits)[0]
        rows.append([write.invoice_id, write.external_id, product_id, NAME, 1, part.unit_price, part.discount, ""])
    store.odoo.update("account.move", FIELDS, rows)
    return [None] * len(writes)
