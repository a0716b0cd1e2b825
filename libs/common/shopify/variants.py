"""The codes of every variant of a shop, page by page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from libs.common.domain.linking import Coded
from libs.common.shopify.client import ShopifyClient
from libs.common.shopify.documents import document
from libs.common.shopify.reading import Node

PAGE = 250
#: Shopify's cursors end at 25,000 objects: before that, what follows is asked for by id.
CURSOR_OBJECTS = 20_000


@dataclass(frozen=True, slots=True)
class Page:
    """`total` is how many there are in all; it stops counting at 10,000."""

    variants: tuple[Coded, ...]
    total: int


def variant_pages(client: ShopifyClient, *, page: int = PAGE) -> Iterator[Page]:
    """Every variant by id, one request for each page. Raises the client's failures."""
    doc = document("variant_codes")
    after: str | None = None
    beyond = ""
    seen, last = 0, "0"
    while True:
        sent = {"first": page, "after": after, "query": beyond or None}
        answer = Node.of(client.execute(doc, sent, records=page), "the variants")
        connection = answer.node("productVariants")
        variants = tuple(coded(node) for node in connection.nodes("nodes"))
        counted = answer.node_or_none("productVariantsCount")
        yield Page(variants, counted.integer("count") if counted else 0)
        seen += len(variants)
        last = variants[-1].id if variants else last
        info = connection.node("pageInfo")
        if not info.boolean("hasNextPage"):
            return
        after = info.text("endCursor")
        if seen >= CURSOR_OBJECTS:
            after, beyond, seen = None, f"id:>{last}", 0


def coded(node: Node) -> Coded:
    """One variant as its codes tell it."""
    product = node.node("product")
    return Coded(
        id=node.id(),
        product_id=product.id(),
        name=node.text("displayName"),
        sku=node.text_or_empty("sku"),
        barcode=node.text_or_empty("barcode"),
        changed_at=product.moment("updatedAt") if "updatedAt" in product.values else None,
    )
