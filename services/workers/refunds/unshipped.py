"""Units that were refunded without restocking: which of them had not left, and are not to leave any more. Pure.

`restockType: no_restock` says nothing of that. Shopify's own rule is that refunded units are taken off what was shipped
first, and the rest off its fulfillment orders (`quantity - max(refunded, fulfilled)` is left to fulfil). What it came
to is read, not reckoned, where the store has anything to do with Shopify's fulfillments.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from libs.common.domain.fulfillments import OrderFulfillments
from libs.common.domain.orders import Order
from libs.common.domain.refunds import CANCEL, NO_RESTOCK, Refund
from libs.common.domain.sales import SaleOrder
from libs.common.domain.shipping import fulfilled_units

#: States of a fulfillment order of which nothing will be shipped.
OVER = frozenset({"closed", "cancelled"})


def matters(siblings: Sequence[Refund], sale: SaleOrder) -> bool:
    """Whether units of such a line are still to be delivered in Odoo."""
    lines = {line.line_id for one in siblings for line in one.lines if line.restock_type == NO_RESTOCK}
    parts = [part for line in lines for part in sale.lines_of(f"line_{line}")]
    moved = {move.sale_line_id for one in sale.deliveries if one.is_open for move in one.moves}
    return any(part.id in moved and part.quantity > part.delivered for part in parts)


def not_restocked_nor_shipped(
    line_id: str, order: Order, siblings: Sequence[Refund], shipping: OrderFulfillments | None, delivered: Decimal
) -> int:
    """Units of all the order's refunds. `delivered` in Odoo stands for shipped where `shipping` was not read."""
    refunded: dict[str, int] = {}
    for line in (line for refund in siblings for line in refund.lines if line.line_id == line_id):
        refunded[line.restock_type] = refunded.get(line.restock_type, 0) + line.quantity
    kept = refunded.get(NO_RESTOCK, 0)
    if not kept:
        return 0
    cancelled = refunded.get(CANCEL, 0)
    came_back = sum(refunded.values()) - kept - cancelled
    if shipping is None:
        return max(0, min(kept, kept + came_back - int(delivered)))
    shipped = int(fulfilled_units(shipping.fulfillments).get(line_id, 0))
    never = _sold(order, line_id) - shipped - _left(shipping, line_id)
    return max(0, min(kept, never - cancelled - max(0, came_back - shipped)))


def _sold(order: Order, line_id: str) -> int:
    return sum(line.sold_quantity for line in order.lines if line.id == line_id)


def _left(shipping: OrderFulfillments, line_id: str) -> int:
    """Units that Shopify still wants shipped."""
    return sum(
        line.remaining_quantity
        for one in shipping.fulfillment_orders
        if one.status not in OVER
        for line in one.lines
        if line.line_id == line_id
    )
