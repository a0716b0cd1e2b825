"""Why a fulfillment waits for a person, in sentences: what, which, what to do. Pure."""

from __future__ import annotations

from typing import Any

from libs.common.domain.fulfillments import Fulfillment
from libs.common.domain.outcomes import Hold
from libs.common.domain.sales import DONE, SaleOrder
from libs.common.domain.shipping import Units, delivered_units, line_name, plain


def cancelled_hold(order: SaleOrder, fulfillment: Fulfillment, beyond: Units) -> Hold:
    return Hold(
        "fulfillment_cancelled",
        f"{fulfillment.name} was cancelled in Shopify after {order.name} was delivered in Odoo: "
        f"{_told(order, beyond)} more delivered than fulfilled",
        "if the goods did not leave, return the delivery in Odoo; if they did, fulfil the order again in Shopify;"
        " then retry",
        {"fulfillment_id": fulfillment.id, "order_id": order.id, "lines": plain(beyond)},
    )


def order_cancelled_hold(order: SaleOrder, fulfillment: Fulfillment, wanted: Units) -> Hold:
    return Hold(
        "order_cancelled_in_odoo",
        f"{fulfillment.name} fulfilled {_told(order, wanted)} in Shopify, but {order.name} is cancelled in Odoo",
        "set the order back in Odoo and confirm it, or cancel the fulfilment in Shopify; then retry",
        {"fulfillment_id": fulfillment.id, "order_id": order.id, "lines": plain(wanted)},
    )


def kit_hold(order: SaleOrder, fulfillment: Fulfillment, wanted: Units) -> Hold:
    return Hold(
        "delivery_of_kit",
        f"{fulfillment.name} fulfilled {_told(order, wanted)}, which Odoo delivers as a kit of parts;"
        " its parts do not come to the kits that Odoo counts",
        "validate the delivery in Odoo by hand, then retry",
        {"fulfillment_id": fulfillment.id, "order_id": order.id, "lines": plain(wanted)},
    )


def short_hold(order: SaleOrder, fulfillment: Fulfillment, wanted: Units, short: Units) -> Hold:
    """Odoo has less open to deliver than Shopify fulfilled: each line with all its figures."""
    delivered = delivered_units(order)
    lines: dict[str, Any] = {}
    for line, missing in short.items():
        figures = {
            "to_deliver": wanted[line],
            "open": wanted[line] - missing,
            "delivered": delivered.get(line, 0 * missing),
            "missing": missing,
        }
        lines[line] = {"name": line_name(order, line), **plain(figures)}
    told = "; ".join(f"{one['to_deliver']} of {one['name']!r} against {one['open']}" for one in lines.values())
    pickings = [f"{one.name} ({one.state})" for one in order.deliveries if one.state != DONE]
    return Hold(
        "delivery_short",
        f"{fulfillment.name} fulfilled more in Shopify than {order.name} has open to deliver in Odoo: {told}",
        "look at the order's deliveries in Odoo (cancelled, waiting for another operation, in another warehouse) and"
        " deliver what is missing there, then retry",
        {"fulfillment_id": fulfillment.id, "order_id": order.id, "lines": lines, "deliveries": pickings},
    )


def _told(order: SaleOrder, units: Units) -> str:
    return ", ".join(f"{number} of {line_name(order, line)!r}" for line, number in plain(units).items())
