"""A line that closes what rounding makes of an order that is invoiced in parts, or of which units were taken off since.

Odoo rounds the taxes of each invoice by themselves: two invoices of one order may come to a cent more or less than
the order. The line has no tax, so its price is the difference. Where the invoice has such a line already, the order's
own or one of an earlier try, that one takes the difference: two of them would cancel each other out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from libs.common.domain.money import currency_digits
from libs.common.domain.pricing import exact_parts
from libs.common.domain.sales import InvoiceLine, SaleOrder
from libs.common.odoo.cells import Cell
from services.workers.context import StoreContext
from services.workers.orders.invoices import drafts, missing_on_invoices
from services.workers.orders.model import Changes
from services.workers.orders.rounding import NAME, make_products

_PRICE = ("price_unit", "discount")
_LINE = ("id", "product_id/.id", "name", "quantity", *_PRICE, "tax_ids/.id")
NEW_FIELDS = (".id", *(f"invoice_line_ids/{name}" for name in _LINE))
CHANGED_FIELDS = (".id", "invoice_line_ids/.id", *(f"invoice_line_ids/{name}" for name in _PRICE))


@dataclass(frozen=True, slots=True)
class InvoiceRounding:
    """The line of one draft invoice, to be made or to change its price."""

    changes: Changes
    invoice_id: int
    external_id: str
    amount: Decimal
    """Without tax, in the order's currency."""
    line_id: int | None = None
    """The one to change."""


def plan_invoice_rounding(changes: Changes, order: SaleOrder) -> InvoiceRounding | None:
    """None where the invoices come to their order, and where they differ by more than the store tolerates."""
    waiting, missing = drafts(order), missing_on_invoices(changes, order)
    if not waiting or not missing or abs(missing) > changes.rounding.tolerance.amount:
        return None
    name = changes.order.external_id.replace(".order_", ".invoice_rounding_", 1)
    there = _rounding_line(order, waiting[-1])
    amount = missing + (there.subtotal if there else Decimal(0))
    return InvoiceRounding(changes, waiting[-1], f"{name}_{waiting[-1]}", amount, there.id if there else None)


def _rounding_line(order: SaleOrder, invoice_id: int) -> InvoiceLine | None:
    own = {line.id for line in order.rounding_lines}
    (invoice,) = (one for one in order.invoices if one.id == invoice_id)
    return next(
        (
            line
            for line in invoice.lines
            if own & set(line.sale_line_ids) or (line.name, line.sale_line_ids) == (NAME, ())
        ),
        None,
    )


def write_invoice_roundings(writes: Sequence[InvoiceRounding], store: StoreContext) -> Sequence[None]:
    """A call for those to make, one for those to change, one for their product when it is met for the first time.

    May be repeated.
    """
    new = [write for write in writes if write.line_id is None]
    changed = [write for write in writes if write.line_id is not None]
    make_products([write.changes for write in new], store)
    if new:
        store.odoo.update("account.move", NEW_FIELDS, [_new_row(write, store) for write in new])
    if changed:
        rows: list[list[Cell]] = [[write.invoice_id, write.line_id, *_price(write)] for write in changed]
        store.odoo.update("account.move", CHANGED_FIELDS, rows)
    return [None] * len(writes)


def _new_row(write: InvoiceRounding, store: StoreContext) -> list[Cell]:
    product = write.changes.rounding.product
    product_id = product if isinstance(product, int) else store.made[product]
    return [write.invoice_id, write.external_id, product_id, NAME, 1, *_price(write), ""]


def _price(write: InvoiceRounding) -> list[Cell]:
    digits = currency_digits(write.changes.total.currency)
    part = exact_parts(write.amount, 1, write.changes.rounding.price_digits, digits)[0]
    return [part.unit_price, part.discount]
