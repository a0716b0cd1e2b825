"""Records by their ids, in as few requests as their cost allows, and further pages of their connections."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from libs.common.errors import Failure, Transient
from libs.common.shopify.client import ShopifyClient
from libs.common.shopify.documents import Document, document
from libs.common.shopify.errors import QueryTooExpensive
from libs.common.shopify.reading import Node, numeric_id

#: `nodes(ids:)` takes no more.
MAX_IDS = 250

T = TypeVar("T")


def check_ids(kind: str, ids: Iterable[str]) -> list[str]:
    """The ids once each; ValueError for one that is no number."""
    wanted = list(dict.fromkeys(ids))
    for one in wanted:
        if not (one.isascii() and one.isdigit()):
            raise ValueError(f"the id of {kind} is a number: {one!r}")
    return wanted


def fetch_nodes(  # noqa: PLR0917 - what to ask, and how to read the answer
    client: ShopifyClient,
    name: str,
    kind: str,
    ids: Sequence[str],
    read: Callable[[str, Node], T | None],
    variables: Mapping[str, Any] | None = None,
) -> dict[str, T]:
    """What `read` makes of each record of these numeric ids, by id; those that are gone or not visible are absent.

    `name` is the document that asks `nodes(ids:)`, `kind` the type in global ids (`Order`). Raises the client's
    failures; a failure of one record has its id in `details` (`order_id` for an Order).
    """
    wanted = check_ids(kind, ids)
    found: dict[str, T] = {}
    waiting = deque(wanted)
    most = MAX_IDS
    while waiting:
        size = min(len(waiting), most, _most_ids(client, name))
        batch = [waiting[i] for i in range(size)]
        try:
            nodes = first_pages(client, name, kind, batch, variables)
        except QueryTooExpensive:
            if size == 1:
                raise
            most = size // 2  # the shop reckons dearer than the declared cost
            continue
        for _ in batch:
            waiting.popleft()
        for one, node in nodes.items():
            try:
                value = read(one, node)
            except Failure as failure:
                failure.details.setdefault(f"{kind.lower()}_id", one)  # so that the caller can take this one out
                raise
            if value is not None:
                found[one] = value
    return {one: found[one] for one in wanted if one in found}


def first_pages(
    client: ShopifyClient, name: str, kind: str, ids: Sequence[str], variables: Mapping[str, Any] | None = None
) -> dict[str, Node]:
    """The records as one answer has them, by id, of those that are there and of this kind."""
    doc = document(name)
    sent = {"ids": [global_id(kind, one) for one in ids], **(variables or {})}
    answer = client.execute(doc, sent, records=len(ids)).get("nodes")
    if not isinstance(answer, list) or len(answer) != len(ids):
        raise Transient(f"{doc.name}: not one node for each id", "shopify", "graphql_partial")
    found: dict[str, Node] = {}
    for one, value in zip(ids, answer, strict=True):
        if not value:  # null: gone or not visible; an empty object: the id of something else
            continue
        node = Node.of(value, f"{kind.lower()} {one}")
        if numeric_id(node.text("id")) != one:
            raise Transient(f"{doc.name}: nodes are out of order", "shopify", "graphql_partial")
        found[one] = node
    return found


class Changed(Exception):
    """The record changed between two of its pages: read it anew."""


def all_nodes(
    record: Node, connection: str, next_page: Callable[[str], Node | None] | None = None, *, ids: bool = True
) -> list[Node]:
    """Every node of a connection of `record`.

    `next_page` gives the connection's page after a cursor, or None when the record is gone; without it a further page
    is an error. Raises Changed, or Transient when a page cannot be had or repeats nodes (told by their ids).
    """
    page = record.node(connection)
    found = list(page.nodes("nodes"))
    cursors: set[str] = set()
    while page.node("pageInfo").boolean("hasNextPage"):
        cursor = page.node("pageInfo").text_or_empty("endCursor") if next_page else ""
        if next_page is None or not cursor or cursor in cursors:
            raise _unread(record, connection)
        cursors.add(cursor)
        following = next_page(cursor)
        if following is None:
            raise Changed
        page = following
        found.extend(page.nodes("nodes"))
    if ids:
        known = [one for one in (node.text_or_empty("id") for node in found) if one]
        if len(known) != len(set(known)):
            raise _unread(record, connection)
    return found


def further_page(client: ShopifyClient, doc: Document, root: str, record: Node, connection: str, **sent: Any) -> Node:
    """A connection's page of a record asked for by its id. Raises Changed when the record is gone or was changed."""
    value = client.execute(doc, {"id": record.text("id"), **sent}).get(root)
    if value is None:
        raise Changed
    answer = Node.of(value, record.record)
    if answer.text("updatedAt") != record.text("updatedAt"):
        raise Changed
    return answer.node(connection)


def global_id(kind: str, one: str) -> str:
    return f"gid://shopify/{kind}/{one}"


def _most_ids(client: ShopifyClient, name: str) -> int:
    doc = document(name)
    return max(1, (client.highest_cost - doc.base_cost) // max(doc.cost_each, 1))


def _unread(record: Node, connection: str) -> Transient:
    message = f"{record.record}: a page of its {connection} could not be read"
    return Transient(message, "shopify", "page_unread", details={"connection": connection})
