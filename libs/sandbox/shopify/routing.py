"""Fulfillment orders: which location is to ship what of an order, and how much of that is left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from libs.sandbox.shopify.derived import Document
from libs.sandbox.shopify.parts import all_lines
from libs.sandbox.shopify.people import gid

NewGid = Callable[[str], str]
WORKABLE = frozenset({"OPEN", "IN_PROGRESS"})
"""States in which units can be fulfilled."""
LEFT = frozenset({"SUCCESS", "OPEN", "PENDING"})
"""States of a fulfillment whose units count as shipped."""


def fulfillment_orders(
    lines: Iterable[tuple[Document, int]], location_of: Callable[[Document], str], new_gid: NewGid, now: datetime
) -> list[Document]:
    """One for each location, of the units that need shipping."""
    by_location: dict[str, list[Document]] = {}
    for line, units in lines:
        if line["requiresShipping"] and units:
            by_location.setdefault(location_of(line), []).append(
                {
                    "id": new_gid("FulfillmentOrderLineItem"),
                    "lineItem": {"id": line["id"]},
                    "totalQuantity": units,
                    "remainingQuantity": units,
                }
            )
    return [
        {
            "id": new_gid("FulfillmentOrder"),
            "status": "OPEN",
            "createdAt": now,
            "updatedAt": now,
            "assignedLocation": {"location": {"id": gid("Location", location)}},
            "lineItems": units,
        }
        for location, units in by_location.items()
    ]


def location_of(fulfillment_order: Document) -> str:
    return str(fulfillment_order["assignedLocation"]["location"]["id"])


def remaining(fulfillment_order: Document) -> int:
    return sum(int(one["remainingQuantity"]) for one in fulfillment_order["lineItems"])


def taken(fulfillment_order: Document, units: dict[str, int], now: datetime, *, cancelled: bool = False) -> Document:
    """With fewer units left: `units` by the id of its line. `cancelled` ones are never shipped, so not in its total."""
    lines = [
        {
            **line,
            "remainingQuantity": line["remainingQuantity"] - units.get(line["id"], 0),
            "totalQuantity": line["totalQuantity"] - (units.get(line["id"], 0) if cancelled else 0),
        }
        for line in fulfillment_order["lineItems"]
    ]
    changed = {**fulfillment_order, "lineItems": lines, "updatedAt": now}
    return {**changed, "status": _status(changed, cancelled=cancelled)}


def _status(fulfillment_order: Document, *, cancelled: bool) -> str:
    if remaining(fulfillment_order):
        return str(fulfillment_order["status"]) if cancelled else "IN_PROGRESS"
    shipped = any(line["totalQuantity"] for line in fulfillment_order["lineItems"])
    return "CLOSED" if shipped or not cancelled else "CANCELLED"


def not_to_ship(orders: Sequence[Document], units: Counter[str], now: datetime) -> tuple[list[Document], Counter[str]]:
    """The fulfillment orders without these units (by line id), the newest losing first; and what none of them had."""
    missing, changed = Counter(units), []
    for one in reversed(orders):
        gone: dict[str, int] = {}
        for line in one["lineItems"]:
            of_line = line["lineItem"]["id"]
            count = min(missing[of_line], line["remainingQuantity"]) if one["status"] != "CLOSED" else 0
            if count:
                gone[line["id"]] = count
                missing[of_line] -= count
        changed.append(taken(one, gone, now, cancelled=True) if gone else one)
    return changed[::-1], +missing


def shipped_units(order: Document) -> Counter[str]:
    """Units that left, by line id."""
    shipped: Counter[str] = Counter()
    for fulfillment in order.get("fulfillments", ()):
        if fulfillment["status"] in LEFT:
            for line in fulfillment["fulfillmentLineItems"]:
                shipped[line["lineItem"]["id"]] += line["quantity"]
    return shipped


def units_left(order: Document) -> Counter[str]:
    """Units that are still to be shipped, by line id."""
    left: Counter[str] = Counter()
    for one in order.get("fulfillmentOrders", ()):
        for line in one["lineItems"]:
            left[line["lineItem"]["id"]] += line["remainingQuantity"]
    return left


def shipping_state(order: Document) -> Document:
    """`displayFulfillmentStatus`, and the lines whose number of units to ship is another now, by id."""
    left, shipped = units_left(order), shipped_units(order)
    lines = {
        line["id"]: {**line, "unfulfilledQuantity": left[line["id"]]}
        for line in all_lines(order)
        if line["requiresShipping"] and line.get("unfulfilledQuantity", line["currentQuantity"]) != left[line["id"]]
    }
    status: Any = order["displayFulfillmentStatus"]
    if shipped.total():
        status = "PARTIALLY_FULFILLED" if left.total() else "FULFILLED"
    elif left.total():
        held = all(one["status"] == "ON_HOLD" for one in order["fulfillmentOrders"] if remaining(one))
        status = "ON_HOLD" if held else "UNFULFILLED"
    elif order.get("fulfillmentOrders"):
        status = "UNFULFILLED"
    return {"displayFulfillmentStatus": status, "changedLines": lines}
