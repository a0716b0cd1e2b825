"""Which fulfillment order gives which units: what a location is to ship, and how a delivery is cut up by it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from libs.common.domain.fulfillments import OPEN_STATES, FulfillmentOrder, FulfillmentOrderLine, OrderFulfillments
from libs.common.domain.shipping import Units
from services.workers.deliveries.model import Creation


def remaining_units(shopify: OrderFulfillments, location_id: str | None) -> Units:
    """What can still be fulfilled, by line id: at this location, or anywhere."""
    units: Units = {}
    for _, line in _open_lines(shopify, location_id):
        units[line.line_id] = units.get(line.line_id, Decimal(0)) + line.remaining_quantity
    return units


def allot(shopify: OrderFulfillments, wanted: Units, location_id: str | None) -> tuple[Creation, ...]:
    """One fulfillment for each location that has part in it; `wanted` is whole and there is as much."""
    left = {line: int(number) for line, number in wanted.items()}
    by_place: dict[str, dict[str, dict[str, int]]] = {}
    lines: dict[str, dict[str, int]] = {}
    for place, line in _open_lines(shopify, location_id):
        number = min(left.get(line.line_id, 0), line.remaining_quantity)
        if number > 0:
            left[line.line_id] -= number
            by_place.setdefault(place.location_id, {}).setdefault(place.id, {})[line.id] = number
            taken = lines.setdefault(place.location_id, {})
            taken[line.line_id] = taken.get(line.line_id, 0) + number
    return tuple(Creation(place, units, lines[place]) for place, units in by_place.items())


def _open_lines(
    shopify: OrderFulfillments, location_id: str | None
) -> Iterator[tuple[FulfillmentOrder, FulfillmentOrderLine]]:
    for place in shopify.fulfillment_orders:
        if place.status in OPEN_STATES and location_id in {None, place.location_id}:
            for line in place.lines:
                yield place, line
