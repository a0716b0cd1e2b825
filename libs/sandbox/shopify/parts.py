"""The documents inside an order's document that have an id of their own, and can be asked for by it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Document = dict[str, Any]


def parts_of(order: Document) -> Iterator[Document]:
    """The order first."""
    yield order
    for name in ("customer", "shippingAddress", "billingAddress"):
        if order[name] is not None:
            yield order[name]
    yield from order["lineItems"]
    yield from order["shippingLines"]
    for name in ("transactions", "refunds", "fulfillments"):
        yield from order.get(name, ())
    for fulfillment_order in order.get("fulfillmentOrders", ()):
        yield fulfillment_order
        yield from fulfillment_order["lineItems"]
    for returned in order.get("returns", ()):
        yield returned
        for item in returned["exchangeLineItems"]:
            yield item
            yield from item["lineItems"] or ()


def all_lines(order: Document) -> list[Document]:
    """The order's lines, and those that came with exchanges: Shopify shows these in the returns alone."""
    exchanged = (
        line for r in order.get("returns", ()) for item in r["exchangeLineItems"] for line in item["lineItems"] or ()
    )
    return [*order["lineItems"], *exchanged]


def with_lines(order: Document, changed: dict[str, Document]) -> Document:
    """The fields of `order` in which lines of these ids stand, with the changed lines in their place."""

    def swap(lines: list[Document] | None) -> list[Document] | None:
        return lines and [changed.get(line["id"], line) for line in lines]

    changes: Document = {"lineItems": swap(order["lineItems"])}
    if order.get("returns"):
        changes["returns"] = [
            {**r, "exchangeLineItems": [{**i, "lineItems": swap(i["lineItems"])} for i in r["exchangeLineItems"]]}
            for r in order["returns"]
        ]
    return changes
