"""What of an order is left to deliver and invoice once refunds have taken units off it. Pure.

A refund whose units never left (`restockType` cancel) lowers the order's quantities in Odoo when the refund is synced;
from then on the order is compared, and edited, without them. A refund that is not in Odoo yet changes nothing here.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from libs.common.domain.money import Money
from libs.common.domain.orders import LineItem, Order
from libs.common.domain.refunds import CANCEL, Refund, RefundLine


def without_cancelled(order: Order, done_refunds: Collection[str]) -> Order:
    """The order less the units that these refunds cancelled, and its totals with it."""
    refunds = [refund for refund in order.refunds if refund.id in done_refunds]
    gone = [line for refund in refunds for line in cancelled_lines(refund)]
    if not gone:
        return order
    taken = Money.sum((line.subtotal for line in gone), order.currency)
    tax = Money.sum((line.tax for line in gone), order.currency)
    return replace(
        order,
        lines=tuple(_line(line, [one for one in gone if one.line_id == line.id]) for line in order.lines),
        total=order.total - taken - (Money.zero(order.currency) if order.taxes_included else tax),
        total_tax=order.total_tax - tax,
    )


def cancelled_lines(refund: Refund) -> tuple[RefundLine, ...]:
    """The lines of a refund whose units never left."""
    return tuple(line for line in refund.lines if line.restock_type == CANCEL)


def _line(line: LineItem, gone: list[RefundLine]) -> LineItem:
    if not gone:
        return line
    total = Money.sum((one.subtotal for one in gone), line.unit_price.currency)
    return replace(line, cancelled_units=sum(one.quantity for one in gone), cancelled_total=total)
