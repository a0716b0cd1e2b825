"""The invoice of a confirmed order: what is still to be invoiced, and whether a draft is what it should be. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from libs.common.domain.money import currency_digits, round_half_up
from libs.common.domain.outcomes import Hold
from libs.common.domain.sales import INVOICE, Invoice, SaleLine, SaleOrder
from libs.common.odoo.cells import Cell, ids_cell, rounded_apart
from libs.common.odoo.fields import OdooFields

_FIELDS = (
    "id",
    "move_type",
    "partner_id/.id",
    "partner_shipping_id/.id",
    "invoice_date",
    "invoice_origin",
    "ref",
    "currency_id/.id",
    "invoice_payment_term_id/.id",
    "invoice_line_ids/product_id/.id",
    "invoice_line_ids/name",
    "invoice_line_ids/quantity",
    "invoice_line_ids/price_unit",
    "invoice_line_ids/discount",
    "invoice_line_ids/tax_ids/.id",
    "invoice_line_ids/sale_line_ids/.id",
)
_HEAD = sum(not name.startswith("invoice_line_ids/") for name in _FIELDS)


def invoice_fields(names: OdooFields, *, due: bool = False) -> list[str]:
    """The columns for invoices, as this server names them; with `due` for those with a date of their own."""
    apart = [f"invoice_line_ids/{names.line_tax_data}"] if names.line_tax_data else []
    return [*_FIELDS[:_HEAD], *(["invoice_date_due"] if due else []), *_FIELDS[_HEAD:], *apart]


@dataclass(frozen=True, slots=True)
class PlannedInvoice:
    """One invoice to make: for each line the units that no invoice has yet."""

    external_id: str
    order: SaleOrder
    units: tuple[tuple[SaleLine, Decimal], ...]
    invoice_date: date
    ref: str
    due_on: date | None = None
    """Where it is due on a date of its own, and by no term."""


def plan_invoice(order: SaleOrder, external_id: str, invoice_date: date, ref: str) -> PlannedInvoice | None:
    """None when every unit is on an invoice already, a draft among them, or there is nothing to invoice at all.

    A further invoice, for units that an edit added, is numbered by how many there were before: repeated, or tried by
    two at once, it is the same one.
    """
    units = [(line, line.quantity - order.units_invoiced(line.id)) for line in order.lines]
    left = tuple((line, quantity) for line, quantity in units if quantity > 0)
    if not left:
        return None
    count = sum(1 for one in order.invoices if one.kind == INVOICE)
    name = external_id if not count else f"{external_id}_{count + 1}"
    return PlannedInvoice(name, order, left, invoice_date, ref)


def invoice_rows(planned: PlannedInvoice, names: OdooFields) -> list[list[Cell]]:
    """One line a row; tied to the order's lines, so that Odoo counts them as invoiced."""
    order = planned.order
    head: list[Cell] = [
        planned.external_id,
        INVOICE,
        order.partner_invoice_id,
        order.partner_shipping_id,
        planned.invoice_date,
        order.name,
        planned.ref,
        order.currency_id,
        order.payment_term_id,
        *([planned.due_on] if planned.due_on else []),
    ]
    blank: list[Cell] = [""] * len(head)
    rows: list[list[Cell]] = []
    for line, quantity in planned.units:
        price, taxes = line.price_unit, ids_cell(line.tax_ids)
        cells: list[Cell] = [line.product_id, line.name, quantity, price, line.discount, taxes, line.id]
        # As on the order, so that the invoice comes to the same: any text of the line's own will do.
        apart = [rounded_apart(f"order_line_{line.id}")] if names.line_tax_data else []
        rows.append([*(blank if rows else head), *cells, *apart])
    return rows


def drafts(order: SaleOrder) -> list[int]:
    """Its invoices that are not posted yet."""
    return [one.id for one in order.invoices if one.kind == INVOICE and one.state == "draft"]


def missing_on_invoices(order: SaleOrder) -> Decimal | None:
    """What the invoices of a whole order lack of its total, 0 when they come to it; None of one not invoiced whole."""
    invoices = [one for one in order.invoices if one.kind == INVOICE and one.counts]
    if not invoices or any(order.units_invoiced(line.id) != line.quantity for line in order.lines):
        return None
    return round_half_up(order.total - _total(invoices), currency_digits(order.currency))


def invoiced_wrongly(order: SaleOrder) -> Hold | None:
    """Whether the invoices of a whole order come to something else than the order; asked before they are posted."""
    missing = missing_on_invoices(order)
    if not missing:
        return None
    invoices = [one for one in order.invoices if one.kind == INVOICE and one.counts]
    names = ", ".join(one.name or f"draft {one.id}" for one in invoices)
    invoiced = _total(invoices)
    return Hold(
        "invoice_differs",
        f"the invoice of {order.name} ({names}) comes to {invoiced} {order.currency}, the order to {order.total}",
        "compare lines, taxes and currency of the draft invoice with the order in Odoo, correct it, then retry",
        {
            "order_id": order.id,
            "invoices": names,
            "order": str(order.total),
            "invoiced": str(invoiced),
            "difference": str(-missing),
        },
    )


def _total(invoices: Iterable[Invoice]) -> Decimal:
    return sum((one.total for one in invoices), Decimal(0))
