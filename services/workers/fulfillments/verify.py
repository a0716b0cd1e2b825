"""Reads the orders back and compares what Odoo has delivered now with what Shopify has fulfilled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from libs.common.domain.outcomes import Hold
from libs.common.domain.sales import DONE, SaleOrder
from libs.common.domain.shipping import delivered_units, minus, plain
from libs.common.odoo.sale_orders import read_sale_orders
from services.workers.context import StoreContext
from services.workers.fulfillments.model import Applied


@dataclass(frozen=True, slots=True)
class Verified:
    """One fulfillment whose deliveries are done: synced, or held with the difference."""

    applied: Applied
    hold: Hold | None = None


def verify(applied: Sequence[Applied], store: StoreContext) -> list[Verified]:
    """One verdict for each; no call where no delivery was validated."""
    ids = [item.changes.order_id for item in applied if item.changes.pickings]
    orders = read_sale_orders(store.odoo, store.odoo_fields, ids)
    return [Verified(item, _fault(item, orders)) for item in applied]


def _fault(item: Applied, orders: Mapping[int, SaleOrder]) -> Hold | None:
    changes = item.changes
    if not changes.pickings:
        return None
    names = ", ".join(picking.name for picking in changes.pickings)
    if item.unanswered is not None:
        return Hold(
            "delivery_asks",
            f"Odoo asked {item.unanswered.get('name') or item.unanswered.get('model')!r} instead of validating {names}",
            "validate the delivery in Odoo by hand, then retry",
            {"deliveries": names, **item.unanswered},
        )
    order = orders.get(changes.order_id)
    missing = minus(changes.expected, delivered_units(order)) if order else changes.expected
    left = [one.name for one in order.deliveries if _asked(item, one.id) and one.state != DONE] if order else []
    if not missing and not left:
        return None
    return Hold(
        "delivery_differs",
        f"{names} was validated for {changes.name}, and Odoo has still not delivered all of it",
        "look at the delivery in Odoo and validate it by hand, then retry",
        {"deliveries": names, "missing": plain(missing), "not_done": left},
    )


def _asked(item: Applied, picking_id: int) -> bool:
    return any(picking.picking_id == picking_id for picking in item.changes.pickings)
