"""Compares what Odoo has after the last write with what Shopify has, to the cent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from libs.common.domain.outcomes import Hold
from services.workers.orders.compare import difference, hold_for, same_date
from services.workers.orders.edits import hold_for_blocked
from services.workers.orders.heading import heading_writes
from services.workers.orders.model import Applied
from services.workers.orders.rounding import rounded_in_books


@dataclass(frozen=True, slots=True)
class Verified:
    """One order that is in Odoo: synced, or held with the difference."""

    applied: Applied
    hold: Hold | None = None


def verify(applied: Sequence[Applied]) -> list[Verified]:
    """One verdict for each order; `hold` is None when lines, total, state and date are as they should be."""
    return [Verified(item, _fault(item)) for item in applied]


def _heading_fault(item: Applied) -> Hold | None:
    """What was written of an edit's heading and is not there: something in Odoo puts it back."""
    changes, order = item.changes, item.order
    if not changes.edit or not changes.edit.heading:
        return None
    planned = replace(changes.order, customer=replace(changes.order.customer, ref=item.customer_id or order.partner_id))
    left = sorted(heading_writes(order, planned, changes.edit.heading))
    if not left:
        return None
    return Hold(
        "order_heading_differs",
        f"{order.name} still has another {' and another '.join(left)} than {changes.name} after it was written",
        "retry; if it comes back, look for an automation in Odoo that changes it",
        {"order_id": order.id, "differs": left},
    )


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
    heading = _heading_fault(item)
    if heading:
        return heading
    found = dict(item.difference or {}) or difference(changes, order, item.product_ids) or {}
    if found and not rounded_in_books(changes, order, item.product_ids):
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
