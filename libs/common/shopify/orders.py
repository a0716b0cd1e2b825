"""Orders, complete: in as few requests as their cost allows, with every page of every order's lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from libs.common.domain.orders import Order, Side
from libs.common.errors import Transient
from libs.common.shopify.client import ShopifyClient
from libs.common.shopify.documents import document
from libs.common.shopify.due_dates import read_due_date
from libs.common.shopify.extras import Extras, read_extras, wants_extras
from libs.common.shopify.nodes import Changed, all_nodes, fetch_nodes, first_pages, further_page
from libs.common.shopify.parse import parse_order
from libs.common.shopify.reading import Node

#: Lines of each order in the first answer; the declared cost of `orders_by_ids` counts on it.
FIRST_LINES = 12
#: Lines of a further page; the declared costs of the page documents count on them.
PAGE_SIZES = {"lineItems": 50, "shippingLines": 20}
PAGE_DOCUMENTS = {"lineItems": "order_line_items", "shippingLines": "order_shipping_lines"}
#: An order that changes between the pages is read anew this often.
MAX_READS = 4


def fetch_orders(
    client: ShopifyClient, ids: Sequence[str], sides: Mapping[str, Side] | None = None, *, side: Side = "shop"
) -> dict[str, Order]:
    """The orders of these numeric ids, by id; one that is deleted or not visible to this app is absent.

    `sides` says of single orders which money to read, `side` of all others. An order with duties, additional fees,
    edits or returns costs one request more, and so does one that is to be paid by a fixed date.

    Raises the client's failures; Rejected (code `unreadable`) naming the order and the field for an answer
    that cannot be understood; Transient for an order that changes faster than its pages can be read. A
    failure of one order has its id in `details["order_id"]`.
    """
    chosen = sides or {}
    return fetch_nodes(
        client,
        "orders_by_ids",
        "Order",
        ids,
        lambda one, node: _complete(client, one, node, chosen.get(one, side)),
        {"lines": FIRST_LINES},
    )


def _complete(client: ShopifyClient, order_id: str, first: Node, side: Side) -> Order | None:
    """The order with all its pages, all of one state; None when it was deleted meanwhile."""
    node: Node | None = first
    for _ in range(MAX_READS):
        if node is None:
            return None
        try:
            lines = _all_nodes(client, node, "lineItems")
            shipping_lines = _all_nodes(client, node, "shippingLines")
            extras = read_extras(client, node, side) if wants_extras(node) else Extras()
            due_on = read_due_date(client, node)
        except Changed:
            node = first_pages(client, "orders_by_ids", "Order", [order_id], {"lines": FIRST_LINES}).get(order_id)
            continue
        return parse_order(node, lines, shipping_lines, extras, side, due_on=due_on)
    raise Transient(f"order {order_id} keeps changing while its pages are read", "shopify", "changing")


def _all_nodes(client: ShopifyClient, order: Node, connection: str) -> list[Node]:
    doc = document(PAGE_DOCUMENTS[connection])
    return all_nodes(
        order,
        connection,
        lambda cursor: further_page(
            client, doc, "order", order, connection, lines=PAGE_SIZES[connection], after=cursor
        ),
    )
