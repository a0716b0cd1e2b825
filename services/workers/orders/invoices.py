"""The invoice of a confirmed order: what is still to be invoiced, and whether a draft is what it should be. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from libs.common.domain.money import Money, currency_digits, round_half_up
from libs.common.domain.orders import LineItem, Order
from libs.common.domain.outcomes import Hold
from libs.common.domain.sales import INVOICE, Invoice, SaleLine, SaleOrder
from libs.common.odoo.cells import Cell, ids_cell, rounded_apart
from libs.common.odoo.fields import OdooFields
from services.workers.orders.model import Changes

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


def plan_invoice(
    order: SaleOrder, external_id: str, invoice_date: date, ref: str, credited: Mapping[int, Decimal] | None = None
) -> PlannedInvoice | None:
    """None when every unit is on an invoice already, a draft among them, or there is nothing to invoice at all.

    `credited` are units by line that are on invoices and left the order since (see `credited_units`). A line that
    closes what rounding makes of the order is nothing to invoice by itself.

    A further invoice, for units that an edit added, is numbered by how many there were before: repeated, or tried by
    two at once, it is the same one.
    """
    gone = credited or {}
    units = [
        (line, line.quantity - order.units_invoiced(line.id) + gone.get(line.id, Decimal(0))) for line in order.lines
    ]
    left = tuple((line, quantity) for line, quantity in units if quantity > 0)
    if all(line.is_rounding for line, _ in left):
        return None
    count = sum(1 for one in order.invoices if one.kind == INVOICE)
    name = external_id if not count else f"{external_id}_{count + 1}"
    return PlannedInvoice(name, order, left, invoice_date, ref)


def credited_units(source: Order, order: SaleOrder) -> dict[int, Decimal]:
    """Units by line that refunds took off the order after they were invoiced: added again, they are invoiced again.

    Credit notes tell how many, less those of units that came back, which stay in the order.
    """
    found: dict[int, Decimal] = {}
    for line in source.lines:
        known = order.lines_of(f"line_{line.id}") if line.cancelled_units else ()
        all_of_it = sum((order.units_credited(one.id) for one in known), Decimal(0))
        left = min(max(all_of_it - line.returned_units, Decimal(0)), Decimal(line.cancelled_units))
        for one in known:
            found[one.id] = min(order.units_credited(one.id), left)
            left -= found[one.id]
    return found


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


def missing_on_invoices(changes: Changes, order: SaleOrder) -> Decimal | None:
    """What the invoices of a whole order lack of what Shopify charged, 0 when they come to it.

    Units that a refund took off the order since they were invoiced stay on their invoice; its credit note has them.
    None of an order that is not invoiced whole, and where more units are invoiced than anybody has sold.
    """
    invoices = [one for one in order.invoices if one.kind == INVOICE and one.counts]
    if not invoices:
        return None
    wanted = changes.total.amount
    sold = {f"line_{line.id}": line for line in changes.source.lines}
    for key, lines in _by_key(order).items():
        over = sum((order.units_invoiced(line.id) - line.quantity for line in lines), Decimal(0))
        if over and (over < 0 or key not in sold or over > sold[key].cancelled_units):
            return None
        if over:
            wanted += _of_cancelled(sold[key], over, included=changes.taxes_included)
    return round_half_up(wanted - _total(invoices), currency_digits(order.currency))


def _by_key(order: SaleOrder) -> dict[str, list[SaleLine]]:
    """The lines of each of Shopify's, those in parts together; what only closes rounding is none of Shopify's."""
    found: dict[str, list[SaleLine]] = {}
    for line in order.lines:
        if not line.is_rounding:
            found.setdefault(line.key.partition("_part")[0] or f"odoo_{line.id}", []).append(line)
    return found


def _of_cancelled(line: LineItem, units: Decimal, *, included: bool) -> Decimal:
    """What so many of a line's cancelled units had cost, with tax."""
    zero = Money.zero(line.unit_price.currency)
    cost = (line.cancelled_total or zero) + (zero if included else line.cancelled_tax or zero)
    return cost.amount * units / line.cancelled_units


def invoiced_wrongly(changes: Changes, order: SaleOrder) -> Hold | None:
    """Whether the invoices of a whole order come to something else than the order; asked before they are posted."""
    missing = missing_on_invoices(changes, order)
    if not missing:
        return None
    invoices = [one for one in order.invoices if one.kind == INVOICE and one.counts]
    names = ", ".join(one.name or f"draft {one.id}" for one in invoices)
    invoiced = _total(invoices)
    wanted = invoiced + missing
    return Hold(
        "invoice_differs",
        f"the invoice of {order.name} ({names}) comes to {invoiced} {order.currency}, the order to {wanted}",
        "compare lines, taxes and currency of the draft invoice with the order in Odoo, correct it, then retry",
        {
            "order_id": order.id,
            "invoices": names,
            "order": str(wanted),
            "invoiced": str(invoiced),
            "difference": str(-missing),
        },
    )


def _total(invoices: Iterable[Invoice]) -> Decimal:
    return sum((one.total for one in invoices), Decimal(0))
