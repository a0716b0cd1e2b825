"""Why a delivery waits for a person, in sentences: what, which, what to do. Pure."""

from __future__ import annotations

from typing import Any

from libs.common.domain.fulfillments import OPEN_STATES, Fulfillment, OrderFulfillments
from libs.common.domain.outcomes import Hold
from libs.common.domain.sales import Picking, SaleOrder
from libs.common.domain.shipping import Units, delivered_units, fulfilled_units, line_name, minus, plain


def gone_hold(order: SaleOrder, picking: Picking) -> Hold:
    return Hold(
        "order_gone",
        f"{picking.name} of {order.name} was delivered, but Shopify does not have its order any more",
        "nothing is left to tell Shopify; take the goods back in Odoo, or settle it with the customer by hand",
        {"order_id": order.id, "picking_id": picking.id},
    )


def cancelled_hold(
    order: SaleOrder, shopify: OrderFulfillments, picking: Picking, lost: Fulfillment, wanted: Units
) -> Hold:
    return Hold(
        "fulfillment_cancelled",
        f"{lost.name} of {shopify.order_name} was cancelled in Shopify, and {picking.name} in Odoo stays delivered: "
        f"{_told(order, wanted)} left in Odoo only; it is not fulfilled again by itself",
        "if the goods left, fulfil the order again in Shopify; if not, return the delivery in Odoo; then retry",
        {"fulfillment_id": lost.id, "picking_id": picking.id, "lines": plain(wanted)},
    )


def unwhole_hold(order: SaleOrder, picking: Picking, wanted: Units) -> Hold:
    return Hold(
        "units_not_whole",
        f"{picking.name} delivered {_told(order, wanted)}; Shopify counts whole units only",
        "fulfil it in Shopify by hand, or correct the delivery in Odoo, then retry",
        {"picking_id": picking.id, "lines": plain(wanted)},
    )


def short_hold(
    order: SaleOrder,
    shopify: OrderFulfillments,
    picking: Picking,
    wanted: Units,
    *,
    remaining: Units,
    location_id: str | None,
) -> Hold:
    """More was delivered than Shopify has left to fulfil: each line with all its figures."""
    delivered, fulfilled = delivered_units(order), fulfilled_units(shopify.fulfillments)
    lines: dict[str, Any] = {}
    for line, missing in minus(wanted, remaining).items():
        figures = {
            "delivered": delivered.get(line, missing),
            "fulfilled": fulfilled.get(line, 0 * missing),
            "to_fulfil": wanted[line],
            "remaining": remaining.get(line, 0 * missing),
            "missing": missing,
        }
        lines[line] = {"name": line_name(order, line), **plain(figures)}
    where = f" at location {location_id}" if location_id else ""
    told = "; ".join(f"{one['to_fulfil']} of {one['name']!r} against {one['remaining']}" for one in lines.values())
    return Hold(
        "fulfillment_short",
        f"{picking.name} delivered more than {shopify.order_name} has left to fulfil in Shopify{where}: {told}"
        + (" (the order is cancelled in Shopify)" if shopify.cancelled else ""),
        "look at the order in Shopify (units removed or refunded, a fulfilment on hold or scheduled, another location)"
        " and set it right there, or return the delivery in Odoo; then retry",
        {"picking_id": picking.id, "lines": lines, "elsewhere": _elsewhere(shopify, location_id, lines)},
    )


def _elsewhere(shopify: OrderFulfillments, location_id: str | None, lines: dict[str, Any]) -> list[str]:
    """Where Shopify has units of these lines that could not be used, and in what state."""
    return [
        f"{line.remaining_quantity} of line {line.line_id} at location {place.location_id or '?'} ({place.status})"
        for place in shopify.fulfillment_orders
        for line in place.lines
        if line.line_id in lines
        and line.remaining_quantity
        and (place.status not in OPEN_STATES or location_id not in {None, place.location_id})
    ]


def _told(order: SaleOrder, units: Units) -> str:
    return ", ".join(f"{number} of {line_name(order, line)!r}" for line, number in plain(units).items())
