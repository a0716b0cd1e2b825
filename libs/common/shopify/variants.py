"""The codes of every variant of a shop, page by page."""

from __future__ import annotations

from collections.abc import Iterator

from libs.common.domain.linking import Coded
from libs.common.shopify.client import ShopifyClient
from libs.common.shopify.reading import Node
from libs.common.shopify.walking import Page, walk


def variant_pages(client: ShopifyClient) -> Iterator[Page[Coded]]:
    """Every variant by id. Raises the client's failures."""
    return walk(client, "variant_codes", "productVariants", coded)


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
