"""What of an order is left to deliver and invoice once refunds have taken units off it. Pure.

A refund whose units never left (`restockType` cancel) lowers the order's quantities in Odoo when the refund is synced;
from then on the order is compared, and edited, without them. So does one of any other kind, of units that Odoo never
delivered: how many these were, the order in Odoo tells. A refund that is not in Odoo yet changes nothing here.

Units that came back stay in the order, as Odoo has them, until its quantity must be written: then Odoo would ship them
again, so they leave with what an edit took off.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from decimal import Decimal

from libs.common.domain.money import Money
from libs.common.domain.orders import LineItem, Order
from libs.common.domain.refunds import CANCEL, LEGACY_RESTOCK, RETURN, RefundLine
from libs.common.domain.sales import SaleLine, SaleOrder

#: `restockType` of units that come back.
COMES_BACK = frozenset({RETURN, LEGACY_RESTOCK})
UNFULFILLED = "unfulfilled"


def without_cancelled(order: Order, done_refunds: Collection[str], there: SaleOrder | None = None) -> Order:
    """The order less the units that these refunds took off it in Odoo, and its totals with them."""
    taken = [line for refund in order.refunds if refund.id in done_refunds for line in refund.lines]
    parts = [
        (line, _gone(order, line, [one for one in taken if one.line_id == line.id], there)) for line in order.lines
    ]
    gone = [part for _, some in parts for part in some]
    if not gone:
        return order
    subtotal = Money.sum((one.subtotal for one in gone), order.currency)
    tax = Money.sum((one.tax for one in gone), order.currency)
    return replace(
        order,
        lines=tuple(_line(line, some, [one for one in taken if one.line_id == line.id]) for line, some in parts),
        total=order.total - subtotal - (Money.zero(order.currency) if order.taxes_included else tax),
        total_tax=order.total_tax - tax,
    )


def _gone(order: Order, line: LineItem, taken: Sequence[RefundLine], there: SaleOrder | None) -> list[RefundLine]:
    """The units of a line that left the order: cancelled ones, and of the others as many as Odoo's line has less."""
    gone = [one for one in taken if one.restock_type == CANCEL]
    others = [one for one in taken if one.restock_type != CANCEL]
    known = there.lines_of(f"line_{line.id}") if there else ()
    if there is None or not known or not others:
        return gone
    left = line.sold_quantity - sum(one.quantity for one in gone)
    less = left - int(sum(one.quantity for one in known))
    refunded = sum(one.quantity for one in others)
    if _none_stayed_away(order, others, there, known) and _opens_too_much(there, known, left - refunded):
        less = refunded
    for one in others:
        units = max(0, min(less, one.quantity))
        if units:
            gone.append(_share(one, units))
        less -= units
    return gone


def _none_stayed_away(
    order: Order, refunded: Sequence[RefundLine], there: SaleOrder, known: Sequence[SaleLine]
) -> bool:
    """Whether every unit that was refunded is surely back, or was never sent: nobody keeps one."""
    shipped, back = _moved(there, known)
    if all(one.restock_type in COMES_BACK for one in refunded):
        return not shipped or back >= sum(one.quantity for one in refunded)
    return not shipped and order.fulfillment_status == UNFULFILLED


def _opens_too_much(there: SaleOrder, known: Sequence[SaleLine], wanted: int) -> bool:
    """Whether Odoo is to deliver more than what the customer is to have (`wanted`) and has not.

    Of kits nothing is said: their moves count parts.
    """
    ids = {line.id for line in known}
    moves = [move for one in there.pickings for move in one.moves if move.sale_line_id in ids]
    if any(move.bom_line_id for move in moves):
        return False
    shipped, back = _moved(there, known)
    return sum((there.units_open(line.id) for line in known), Decimal(0)) > wanted - (shipped - back)


def _moved(there: SaleOrder, known: Sequence[SaleLine]) -> tuple[Decimal, Decimal]:
    shipped = sum((there.units_shipped(line.id) for line in known), Decimal(0))
    return shipped, sum((there.units_returned(line.id) for line in known), Decimal(0))


def _share(taken: RefundLine, units: int) -> RefundLine:
    if units == taken.quantity:
        return taken
    return replace(
        taken,
        quantity=units,
        subtotal=_part(taken.subtotal, units, taken.quantity),
        tax=_part(taken.tax, units, taken.quantity),
    )


def _part(amount: Money, units: int, of: int) -> Money:
    return Money(amount.amount * units / of, amount.currency).rounded()


def _line(line: LineItem, gone: Sequence[RefundLine], taken: Sequence[RefundLine]) -> LineItem:
    if not gone:
        return line
    total = Money.sum((one.subtotal for one in gone), line.unit_price.currency)
    tax = Money.sum((one.tax for one in gone), line.unit_price.currency)
    units = sum(one.quantity for one in gone)
    back = sum(one.quantity for one in taken) - units
    return replace(line, cancelled_units=units, cancelled_total=total, cancelled_tax=tax, returned_units=back)
