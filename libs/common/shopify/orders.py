"""Orders, complete: in as few requests as their cost allows, with every page of every order's lines."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any

from libs.common.domain.orders import Order
from libs.common.errors import Failure, Transient
from libs.common.shopify.client import ShopifyClient
from libs.common.shopify.documents import Document, document
from libs.common.shopify.errors import QueryTooExpensive
from libs.common.shopify.parse import parse_order
from libs.common.shopify.reading import Node, numeric_id

#: Lines of each order in the first answer; the declared cost of `orders_by_ids` counts on it.
FIRST_LINES = 12
#: Lines of a further page; the declared costs of the page documents count on them.
PAGE_SIZES = {"lineItems": 50, "shippingLines": 20}
PAGE_DOCUMENTS = {"lineItems": "order_line_items", "shippingLines": "order_shipping_lines"}
#: `nodes(ids:)` takes no more.
MAX_IDS = 250
#: An order that changes between the pages is read anew this often.
MAX_READS = 4


def fetch_orders(client: ShopifyClient, ids: Sequence[str]) -> dict[str, Order]:
    """The orders of these numeric ids, by id; one that is deleted or not visible to this app is absent.

    Raises the client's failures; Rejected (code `unreadable`) naming the order and the field for an answer
    that cannot be understood; Transient for an order that changes faster than its pages can be read. A
    failure of one order has its id in `details["order_id"]`.
    """
    wanted = list(dict.fromkeys(ids))
    for order_id in wanted:
        if not (order_id.isascii() and order_id.isdigit()):
            raise ValueError(f"an order's id is a number: {order_id!r}")
    found: dict[str, Order] = {}
    waiting = deque(wanted)
    most = MAX_IDS
    while waiting:
        size = min(len(waiting), most, _most_ids(client))
        batch = [waiting[i] for i in range(size)]
        try:
            nodes = _orders_by_ids(client, batch)
        except QueryTooExpensive:
            if size == 1:
                raise
            most = size // 2  # the shop reckons dearer than the declared cost
            continue
        for _ in batch:
            waiting.popleft()
        for order_id, node in nodes.items():
            try:
                order = _complete(client, order_id, node)
            except Failure as failure:
                failure.details.setdefault("order_id", order_id)  # so that the caller can take this one out
                raise
            if order is not None:
                found[order_id] = order
    return {order_id: found[order_id] for order_id in wanted if order_id in found}


def _most_ids(client: ShopifyClient) -> int:
    doc = document("orders_by_ids")
    return max(1, (client.highest_cost - doc.base_cost) // max(doc.cost_each, 1))


def _orders_by_ids(client: ShopifyClient, ids: Sequence[str]) -> dict[str, Node]:
    """First pages, by id, of those that are there and are orders."""
    doc = document("orders_by_ids")
    variables = {"ids": [_gid(order_id) for order_id in ids], "lines": FIRST_LINES}
    answer = client.execute(doc, variables, records=len(ids)).get("nodes")
    if not isinstance(answer, list) or len(answer) != len(ids):
        raise Transient(f"{doc.name}: not one node for each id", "shopify", "graphql_partial")
    found: dict[str, Node] = {}
    for order_id, value in zip(ids, answer, strict=True):
        if not value:  # null: gone or not visible; an empty object: the id of something else
            continue
        node = Node.of(value, f"order {order_id}")
        if numeric_id(node.text("id")) != order_id:
            raise Transient(f"{doc.name}: nodes are out of order", "shopify", "graphql_partial")
        found[order_id] = node
    return found


class _Changed(Exception):
    """The order changed between two of its pages."""


def _complete(client: ShopifyClient, order_id: str, first: Node) -> Order | None:
    """The order with all its pages, all of one state; None when it was deleted meanwhile."""
    node: Node | None = first
    for _ in range(MAX_READS):
        if node is None:
            return None
        try:
            lines = _all_nodes(client, node, "lineItems")
            shipping_lines = _all_nodes(client, node, "shippingLines")
        except _Changed:
            node = _orders_by_ids(client, [order_id]).get(order_id)
            continue
        return parse_order(node, lines, shipping_lines)
    raise Transient(f"order {order_id} keeps changing while its pages are read", "shopify", "changing")


def _all_nodes(client: ShopifyClient, order: Node, connection: str) -> list[Node]:
    """Every node of a connection. Raises _Changed, or Transient when a page cannot be had or repeats."""
    page = order.node(connection)
    found = list(page.nodes("nodes"))
    cursors: set[str] = set()
    while page.node("pageInfo").boolean("hasNextPage"):
        cursor = page.node("pageInfo").text_or_empty("endCursor")
        if not cursor or cursor in cursors:
            raise _unread(order, connection)
        cursors.add(cursor)
        page = _next_page(client, order, connection, cursor)
        found.extend(page.nodes("nodes"))
    ids = [node.text_or_empty("id") for node in found]
    known = [node_id for node_id in ids if node_id]
    if len(known) != len(set(known)):
        raise _unread(order, connection)
    return found


def _next_page(client: ShopifyClient, order: Node, connection: str, cursor: str) -> Node:
    doc: Document = document(PAGE_DOCUMENTS[connection])
    variables: dict[str, Any] = {"id": order.text("id"), "lines": PAGE_SIZES[connection], "after": cursor}
    value = client.execute(doc, variables).get("order")
    if value is None:
        raise _Changed
    answer = Node.of(value, order.record)
    if answer.text("updatedAt") != order.text("updatedAt"):
        raise _Changed
    return answer.node(connection)


def _unread(order: Node, connection: str) -> Transient:
    message = f"{order.record}: a page of its {connection} could not be read"
    return Transient(message, "shopify", "page_unread", details={"connection": connection})


def _gid(order_id: str) -> str:
    return f"gid://shopify/Order/{order_id}"
