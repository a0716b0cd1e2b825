"""Fulfillments and fulfillment orders: read whole, made, and given another tracking number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from libs.common.domain.fulfillments import (
    FulfilledLine,
    Fulfillment,
    FulfillmentOrder,
    FulfillmentOrderLine,
    OrderFulfillments,
    Tracking,
)
from libs.common.errors import Rejected, Transient
from libs.common.shopify.client import ShopifyClient
from libs.common.shopify.documents import document
from libs.common.shopify.nodes import Changed, all_nodes, fetch_nodes, further_page, global_id
from libs.common.shopify.reading import Node

FULFILLMENT_REFUSED = "fulfillment_refused"
TRACKING_NOT_REMOVED = "tracking_not_removed"
LINES = 100


@dataclass(frozen=True, slots=True)
class NewFulfillment:
    """What is to be marked as shipped, all of one location.

    `units` is by fulfillment order id: fulfillment order line id to a number of units.
    """

    units: Mapping[str, Mapping[str, int]]
    tracking: Tracking
    notify: bool = False


def fetch_fulfillments(client: ShopifyClient, ids: Sequence[str]) -> dict[str, Fulfillment]:
    """By id; one that is gone or not visible is absent."""

    def read(_: str, node: Node) -> Fulfillment:
        with _still(node):
            return _fulfillment(client, node, node.node("order").id())

    return fetch_nodes(client, "fulfillments_by_ids", "Fulfillment", ids, read)


def fetch_order_fulfillments(client: ShopifyClient, order_ids: Sequence[str]) -> dict[str, OrderFulfillments]:
    """What is shipped and what is left to ship, by order id; an order that is gone is absent.

    The scope `read_merchant_managed_fulfillment_orders` (or its sisters) shows fulfillment orders at all.
    """

    def read(_: str, node: Node) -> OrderFulfillments:
        with _still(node):
            return _order(client, node)

    return fetch_nodes(client, "order_fulfillments_by_ids", "Order", order_ids, read)


def create_fulfillment(client: ShopifyClient, new: NewFulfillment) -> str:
    """The id of the fulfillment. Not repeatable: after an unknown outcome read the order's fulfillments first.

    Raises Rejected (code `fulfillment_refused`) with Shopify's own words.
    """
    groups = [
        {
            "fulfillmentOrderId": global_id("FulfillmentOrder", order_id),
            "fulfillmentOrderLineItems": [
                {"id": global_id("FulfillmentOrderLineItem", line), "quantity": quantity}
                for line, quantity in lines.items()
            ],
        }
        for order_id, lines in new.units.items()
    ]
    sent: dict[str, Any] = {"lineItemsByFulfillmentOrder": groups, "notifyCustomer": new.notify}
    if new.tracking != Tracking():
        sent["trackingInfo"] = _tracking_input([new.tracking])
    answer = client.execute(document("fulfillment_create"), {"fulfillment": sent})
    payload = _accepted(answer, "fulfillmentCreate")
    return payload.node("fulfillment").id()


def update_tracking(
    client: ShopifyClient, fulfillment_id: str, tracking: Sequence[Tracking], *, notify: bool = False
) -> None:
    """Puts these in the place of all tracking that a fulfillment has; none of them takes it off. Repeatable.

    Raises Rejected (code `tracking_not_removed`) when Shopify still shows a number after it was to show none.
    """
    variables = {
        "id": global_id("Fulfillment", fulfillment_id),
        "tracking": _tracking_input(tracking),
        "notify": notify,
    }
    name = "fulfillmentTrackingInfoUpdate"
    shown = _accepted(client.execute(document("fulfillment_tracking_update"), variables), name).node("fulfillment")
    left = [one.number for one in _tracking(shown) if one.number]
    if left and not tracking:
        what = f"Shopify was told to take the tracking off fulfillment {fulfillment_id}, and still shows {left}"
        hint = "take the tracking number off the fulfilment in Shopify by hand, then retry"
        raise Rejected(what, "shopify", TRACKING_NOT_REMOVED, hint, {"numbers": left})


def _tracking_input(tracking: Sequence[Tracking]) -> dict[str, Any]:
    """What Shopify is not told of is emptied; a list of nothing says that all is to be."""
    company = next((one.company for one in tracking if one.company), "")
    if len(tracking) == 1:
        parts = {"company": company, "number": tracking[0].number, "url": tracking[0].url}
        return {name: value for name, value in parts.items() if value}
    # Links are told apart by their place: none where one of them is missing.
    urls = [one.url for one in tracking] if all(one.url for one in tracking) else []
    numbers = [one.number for one in tracking]
    return {"numbers": numbers, "urls": urls, **({"company": company} if company else {})}


def _accepted(answer: dict[str, Any], name: str) -> Node:
    payload = Node.of(answer.get(name), name)
    errors = [error.text("message") for error in payload.nodes("userErrors")]
    if errors:
        hint = "look at the order's fulfillments in Shopify, then retry"
        raise Rejected("; ".join(errors), "shopify", FULFILLMENT_REFUSED, hint, {"call": name})
    return payload


@contextmanager
def _still(node: Node) -> Iterator[None]:
    """A record that changes while its pages are read is read anew later."""
    try:
        yield
    except Changed:
        raise Transient(f"{node.record} changed while its pages were read", "shopify", "changing") from None


def _fulfillment(client: ShopifyClient, node: Node, order_id: str) -> Fulfillment:
    location = node.node_or_none("location")
    lines = _pages(client, "fulfillment_lines", "fulfillment", node, "fulfillmentLineItems", ids=False)
    return Fulfillment(
        id=node.id(),
        order_id=order_id,
        name=node.text("name"),
        status=node.text("status").lower(),
        created_at=node.moment("createdAt"),
        updated_at=node.moment("updatedAt"),
        lines=tuple(FulfilledLine(line.node("lineItem").id(), line.integer("quantity")) for line in lines),
        tracking=_tracking(node),
        location_id=location.id() if location else "",
    )


def _tracking(node: Node) -> tuple[Tracking, ...]:
    """One whose parts are all empty is none."""
    shown = (
        Tracking(one.text_or_empty("number"), one.text_or_empty("company"), one.text_or_empty("url"))
        for one in node.nodes("trackingInfo")
    )
    return tuple(one for one in shown if one != Tracking())


def _order(client: ShopifyClient, node: Node) -> OrderFulfillments:
    order_id = node.id()
    return OrderFulfillments(
        order_id=order_id,
        order_name=node.text("name"),
        fulfillment_orders=tuple(_fulfillment_order(client, one) for one in all_nodes(node, "fulfillmentOrders")),
        fulfillments=tuple(_fulfillment(client, one, order_id) for one in node.nodes("fulfillments")),
        cancelled=node.moment_or_none("cancelledAt") is not None,
    )


def _fulfillment_order(client: ShopifyClient, node: Node) -> FulfillmentOrder:
    location = node.node("assignedLocation").node_or_none("location")
    lines = _pages(client, "fulfillment_order_lines", "fulfillmentOrder", node, "lineItems")
    return FulfillmentOrder(
        id=node.id(),
        status=node.text("status").lower(),
        location_id=location.id() if location else "",
        lines=tuple(
            FulfillmentOrderLine(
                line.id(),
                line.node("lineItem").id(),
                line.integer("remainingQuantity"),
                line.integer("totalQuantity"),
            )
            for line in lines
        ),
    )


def _pages(client: ShopifyClient, name: str, root: str, node: Node, connection: str, *, ids: bool = True) -> list[Node]:
    doc = document(name)
    return all_nodes(
        node,
        connection,
        lambda cursor: further_page(client, doc, root, node, connection, lines=LINES, after=cursor),
        ids=ids,
    )
