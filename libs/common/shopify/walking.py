"""Every record of a kind by id, page by page, also past where Shopify's cursors end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from libs.common.shopify.client import ShopifyClient
from libs.common.shopify.documents import document
from libs.common.shopify.reading import Node

PAGE = 250
#: Shopify's cursors end at 25,000 objects: before that, what follows is asked for by id.
CURSOR_OBJECTS = 20_000

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """`total` is how many there are in all; it stops counting at 10,000."""

    records: tuple[T, ...]
    total: int


def walk(client: ShopifyClient, name: str, connection: str, read: Callable[[Node], T]) -> Iterator[Page[T]]:
    """What `read` makes of each record, one request for each page. Raises the client's failures.

    The document `name` asks `connection`, and its count beside it (`customers`, `customersCount`), by `$first`,
    `$after` and `$query`, sorted by id.
    """
    doc = document(name)
    after: str | None = None
    beyond = ""
    seen, last = 0, "0"
    while True:
        sent = {"first": PAGE, "after": after, "query": beyond or None}
        answer = Node.of(client.execute(doc, sent, records=PAGE), connection)
        page = answer.node(connection)
        nodes = list(page.nodes("nodes"))
        counted = answer.node_or_none(f"{connection}Count")
        yield Page(tuple(read(node) for node in nodes), counted.integer("count") if counted else 0)
        seen += len(nodes)
        last = nodes[-1].id() if nodes else last
        info = page.node("pageInfo")
        if not info.boolean("hasNextPage"):
            return
        after = info.text("endCursor")
        if seen >= CURSOR_OBJECTS:
            after, beyond, seen = None, f"id:>{last}", 0
