"""Compares what Odoo has after the last write with what Shopify has, to the cent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from libs.common.domain.outcomes import Hold
from services.workers.orders.compare import difference, hold_for, same_date
from services.workers.orders.edits import hold_for_blocked
from services.workers.orders.model import Applied


@dataclass(frozen=True, slots=True)
class Verified:
    """One order that is in Odoo: synced, or held with the difference."""

    applied: Applied
    hold: Hold | None = None


def verify(applied: Sequence[Applied]) -> list[Verified]:
    """One verdict for each order; `hold` is None when lines, total, state and date are as they should be."""
    return [Verified(item, _fault(item)) for item in applied]


def _fault(item: Applied) -> Hold | None:
    changes, order = item.changes, item.order
    if order.state == "cancel":
        return Hold(
            "order_cancelled_in_odoo",
            f"{order.name} was cancelled in Odoo, {changes.name} is open in Shopify",
            "cancel the order in Shopify, or set the Odoo order back to a quotation and retry",
            {"order_id": order.id},
        )
    if changes.edit and changes.edit.blocked:
        return hold_for_blocked(changes.edit, changes.name)
    found = dict(item.difference or {}) or difference(changes, order, item.product_ids) or {}
    if found:
        return hold_for("order_differs", changes, order, found)
    if changes.until.confirms and not order.is_confirmed:
        return Hold(
            "order_not_confirmed",
            f"{order.name} is still in state {order.state!r} after it was confirmed",
            "confirm it in Odoo and read what Odoo says, then retry",
            {"order_id": order.id, "state": order.state},
        )
    if not same_date(order, changes):
        return Hold(
            "order_date_differs",
            f"{order.name} is dated {order.date_order}, {changes.name} was placed at {changes.order.date_order}",
            "retry; if it comes back, something in Odoo changes the order date after it was confirmed",
            {"order_id": order.id},
        )
    return item.invoice_hold
