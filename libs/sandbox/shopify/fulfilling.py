"""Shipping: units of fulfillment orders become fulfillments, by a call in the shop or by a mutation of an app."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from libs.common.domain.fulfillments import Tracking
from libs.sandbox.shopify.afterwards import UPDATED, Hooks, OrderRoom, replaced
from libs.sandbox.shopify.derived import Document, legacy_id
from libs.sandbox.shopify.parts import all_lines, with_lines
from libs.sandbox.shopify.people import gid
from libs.sandbox.shopify.routing import (
    WORKABLE,
    fulfillment_orders,
    location_of,
    remaining,
    shipping_state,
    taken,
)

Picks = Mapping[str, Mapping[str, int] | None]
"""By fulfillment order: units of its lines, or None for all that is left of it."""
FULFILLMENT_UPDATED = "fulfillments/update"


class FulfillmentRefused(ValueError):
    """`field` and the message are those of Shopify's user error."""

    def __init__(self, message: str, field: Sequence[str] = ("fulfillment",)) -> None:
        super().__init__(message)
        self.field = list(field)


class Fulfilling(OrderRoom):
    locations: tuple[str, ...]
    """Numbers of the shop's locations; the first one ships what `ships_from` says nothing of."""
    ships_from: dict[str, str]
    """SKU → number of the location that ships it."""

    def routed(self, order: Document) -> Document:
        """The order as it comes from the checkout, with its fulfillment orders."""
        if "fulfillmentOrders" in order or order["displayFulfillmentStatus"] == "FULFILLED":
            return order
        lines = [(line, line["currentQuantity"]) for line in order["lineItems"]]
        return {**order, "fulfillmentOrders": self.to_ship(lines)}

    def to_ship(self, lines: Sequence[tuple[Document, int]]) -> list[Document]:
        """New fulfillment orders for these units."""

        def location(line: Document) -> str:
            return self.ships_from.get(line["sku"] or "", self.locations[0])

        return fulfillment_orders(lines, location, self.new_gid, self.second())

    def fulfill_order(
        self,
        order_id: str,
        lines: Mapping[str, int] | None = None,
        *,
        tracking: Tracking | None = None,
        location: str = "",
        service: str = "elsewhere",
        notify: bool = False,
    ) -> Document:
        """Ships units by line (its number or global id), or all that is left, of one location; the fulfillment.

        The location is the one that has something left, when none is named. Raises `FulfillmentRefused`.
        """
        with self.changing:
            order = self.order(order_id)
            wanted = None if lines is None else {line_gid(order, one): units for one, units in lines.items()}
            picks = _picked(order, wanted, gid("Location", location) if location else "")
            return self.fulfill(picks, [tracking] if tracking else [], service=service, notify=notify)

    def fulfill(
        self, picks: Picks, tracking: Sequence[Tracking] = (), *, service: str = "manual", notify: bool = False
    ) -> Document:
        """Ships units of fulfillment orders; the fulfillment. Raises `FulfillmentRefused` as Shopify refuses."""
        with self.changing:
            order, units = self._checked(picks)
            now, number = self.second(), len(order.get("fulfillments", ())) + 1
            changed = {one["id"]: taken(one, units[one["id"]], now) for one in _orders_of(order) if one["id"] in units}
            done = {
                "id": self.new_gid("Fulfillment"),
                "name": f"{order['name']}-F{number}",
                "status": "SUCCESS",
                "createdAt": now,
                "updatedAt": now,
                "service": service,
                "location": {"id": location_of(next(iter(changed.values())))},
                "trackingInfo": _tracking_documents(tracking),
                "fulfillmentLineItems": self._shipped_lines(order, units),
            }
            order = self._shipped(order, replaced(_orders_of(order), changed), [*order.get("fulfillments", ()), done])
            self.note("fulfillment", "create", done, order, notify=notify, service=service)
            whole = order["displayFulfillmentStatus"] == "FULFILLED"
            self.tell(
                order,
                [
                    ("fulfillments/create", done),
                    ("orders/fulfilled" if whole else "orders/partially_fulfilled", None),
                    (UPDATED, None),
                ],
            )
            return done

    def update_tracking(self, fulfillment_id: str, *tracking: Tracking, notify: bool = False) -> Document:
        """Gives a fulfillment other tracking; the fulfillment. Raises `FulfillmentRefused` for one not there."""
        with self.changing:
            order, fulfillment = self._fulfillment(fulfillment_id)
            if fulfillment["status"] == "CANCELLED":
                raise FulfillmentRefused("Fulfillment is cancelled.", ["fulfillmentId"])
            changed = {**fulfillment, "trackingInfo": _tracking_documents(tracking), "updatedAt": self.second()}
            return self._replace(order, changed, "tracking", {}, notify=notify)

    def cancel_fulfillment(self, fulfillment_id: str) -> Document:
        """Cancels one: its units are to be shipped again, in a new fulfillment order; the fulfillment."""
        with self.changing:
            order, fulfillment = self._fulfillment(fulfillment_id)
            if fulfillment["status"] == "CANCELLED":
                raise FulfillmentRefused("Fulfillment is already cancelled.", ["id"])
            changed = {**fulfillment, "status": "CANCELLED", "updatedAt": self.second()}
            known = {line["id"]: line for line in all_lines(order)}
            again = [
                (line, min(one["quantity"], line["currentQuantity"]))
                for one in fulfillment["fulfillmentLineItems"]
                for line in [known[one["lineItem"]["id"]]]
            ]
            location = legacy_id(fulfillment["location"])
            anew = fulfillment_orders(again, lambda _: location, self.new_gid, self.second())
            return self._replace(order, changed, "cancel", {"fulfillmentOrders": [*_orders_of(order), *anew]})

    def hold_fulfillment_orders(self, order_id: str, *, release: bool = False) -> Document:
        """Puts what is open of an order on hold, or lets it go again; the order."""
        with self.changing:
            order, source, target = self.order(order_id), "OPEN", "ON_HOLD"
            if release:
                source, target = target, source
            now = self.second()
            orders = [
                {**one, "status": target, "updatedAt": now} if one["status"] == source else one
                for one in _orders_of(order)
            ]
            order = self._shipped(order, orders, order.get("fulfillments", []))
            self.note("order", "release" if release else "hold", order, order)
            self.tell(order, [(UPDATED, None)])
            return order

    def _shipped(self, order: Document, orders: list[Document], fulfillments: list[Document]) -> Document:
        changes = {"fulfillmentOrders": orders, "fulfillments": fulfillments}
        return self.keep(order, {**changes, **shipping_changes({**order, **changes})})

    def _replace(
        self, order: Document, fulfillment: Document, operation: str, changes: Document, **facts: Any
    ) -> Document:
        fulfillments = replaced(order["fulfillments"], {fulfillment["id"]: fulfillment})
        order = self._shipped(order, changes.get("fulfillmentOrders", _orders_of(order)), fulfillments)
        self.note("fulfillment", operation, fulfillment, order, **facts)
        hooks: Hooks = [(FULFILLMENT_UPDATED, fulfillment), (UPDATED, None)]
        self.tell(order, hooks)
        return fulfillment

    def _fulfillment(self, fulfillment_id: str) -> tuple[Document, Document]:
        wanted = fulfillment_id if fulfillment_id.startswith("gid://") else gid("Fulfillment", fulfillment_id)
        order = self.store.owner(wanted)
        found = next((one for one in (order or {}).get("fulfillments", ()) if one["id"] == wanted), None)
        if order is None or found is None:
            raise FulfillmentRefused("Fulfillment does not exist.", ["fulfillmentId"])
        return order, found

    def _checked(self, picks: Picks) -> tuple[Document, dict[str, dict[str, int]]]:
        """The order, and units by fulfillment order and its line."""
        if not picks:
            raise FulfillmentRefused("Line items by fulfillment order can't be blank.")
        owners = {one: self.store.owner(one) for one in picks}
        found = {one: _of(owner, one) for one, owner in owners.items()}
        orders = {owner["id"]: owner for owner in owners.values() if owner is not None}
        if None in found.values() or None in owners.values():
            raise FulfillmentRefused("Fulfillment order does not exist.")
        if len(orders) > 1:
            raise FulfillmentRefused("All fulfillment orders must belong to the same order.")
        if len({location_of(one) for one in found.values() if one}) > 1:
            raise FulfillmentRefused("All fulfillment orders must be assigned to the same location.")
        units = {name: _units(one, picks[name]) for name, one in found.items() if one}
        return next(iter(orders.values())), units

    def _shipped_lines(self, order: Document, units: Mapping[str, Mapping[str, int]]) -> list[Document]:
        counts: dict[str, int] = {}
        for one in _orders_of(order):
            for line in one["lineItems"]:
                if count := units.get(one["id"], {}).get(line["id"], 0):
                    of_line = line["lineItem"]["id"]
                    counts[of_line] = counts.get(of_line, 0) + count
        return [
            {"id": self.new_gid("FulfillmentLineItem"), "lineItem": {"id": line}, "quantity": count}
            for line, count in counts.items()
        ]


def shipping_changes(order: Document) -> Document:
    """What follows for the order and its lines from its fulfillment orders and fulfillments."""
    state = shipping_state(order)
    lines = state.pop("changedLines")
    return {**state, **(with_lines(order, lines) if lines else {})}


def line_gid(order: Document, line_id: str) -> str:
    """The global id of a line of the order, exchanges included. Raises `KeyError`."""
    wanted = line_id if line_id.startswith("gid://") else gid("LineItem", line_id)
    if not any(line["id"] == wanted for line in all_lines(order)):
        raise KeyError(line_id)
    return wanted


def _orders_of(order: Document) -> list[Document]:
    found: list[Document] = order.get("fulfillmentOrders", [])
    return found


def _of(order: Document | None, fulfillment_order: str) -> Document | None:
    return next((one for one in _orders_of(order or {}) if one["id"] == fulfillment_order), None)


def _units(fulfillment_order: Document, wanted: Mapping[str, int] | None) -> dict[str, int]:
    number, status = legacy_id(fulfillment_order), fulfillment_order["status"]
    if status not in WORKABLE:
        raise FulfillmentRefused(f"Fulfillment order {number} has an unfulfillable status= {status.lower()}.")
    left = {line["id"]: line["remainingQuantity"] for line in fulfillment_order["lineItems"]}
    if not wanted:
        return {line: count for line, count in left.items() if count}
    for line, count in wanted.items():
        if line not in left:
            raise FulfillmentRefused("Fulfillment order line item does not exist.")
        if not 0 < count <= left[line]:
            raise FulfillmentRefused("Invalid fulfillment order line item quantity requested.")
    return dict(wanted)


def _picked(order: Document, wanted: Mapping[str, int] | None, location: str) -> dict[str, dict[str, int] | None]:
    """Which fulfillment orders are to give the units of these lines; of one location."""
    usable = [one for one in _orders_of(order) if one["status"] in WORKABLE and remaining(one)]
    mine = [
        one for one in usable if wanted is None or any(line["lineItem"]["id"] in wanted for line in one["lineItems"])
    ]
    location = location or (location_of(mine[0]) if mine else "")
    mine = [one for one in mine if location_of(one) == location]
    if not mine:
        raise FulfillmentRefused(f"Nothing of the order {order['name']} is left to fulfill there.")
    if wanted is None:
        return {one["id"]: None for one in mine}
    missing = dict(wanted)
    picks: dict[str, dict[str, int] | None] = {}
    for one in mine:
        units = {}
        for line in one["lineItems"]:
            count = min(missing.get(line["lineItem"]["id"], 0), line["remainingQuantity"])
            if count:
                units[line["id"]] = count
                missing[line["lineItem"]["id"]] -= count
        if units:
            picks[one["id"]] = units
    if any(missing.values()):
        raise FulfillmentRefused("Invalid fulfillment order line item quantity requested.")
    return picks


def _tracking_documents(tracking: Sequence[Tracking]) -> list[Document]:
    return [{"company": t.company or None, "number": t.number or None, "url": t.url or None} for t in tracking]
