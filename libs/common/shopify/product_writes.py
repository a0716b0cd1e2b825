"""Products written to a shop: made or changed whole, or some values of their variants."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from libs.common.domain.linking import Coded
from libs.common.domain.matching import normalise_code
from libs.common.errors import Rejected
from libs.common.shopify.client import ShopifyClient
from libs.common.shopify.documents import document
from libs.common.shopify.nodes import fetch_nodes, global_id
from libs.common.shopify.reading import Node
from libs.common.shopify.variants import coded

PRODUCT_REFUSED = "product_refused"
#: Input arrays take no more.
MOST = 250
#: Codes in one search.
CODES = 40


def set_product(client: ShopifyClient, identifier: Mapping[str, str], values: Mapping[str, Any]) -> str:
    """Makes the product of this identifier (`{"handle": …}`), or changes it (`{"id": "70"}`); its id. Repeatable.

    Raises Rejected (code `product_refused`) with Shopify's own words.
    """
    named = {name: global_id("Product", one) if name == "id" else one for name, one in identifier.items()}
    answer = client.execute(document("product_set"), {"identifier": named, "input": dict(values)})
    return _accepted(answer, "productSet").node("product").id()


def update_variants(client: ShopifyClient, product_id: str, variants: Sequence[Mapping[str, Any]]) -> None:
    """Each with its global `id`. Repeatable; 250 in one request."""
    doc = document("product_variants_bulk_update")
    for start in range(0, len(variants), MOST):
        part = [dict(one) for one in variants[start : start + MOST]]
        sent = {"productId": global_id("Product", product_id), "variants": part}
        _accepted(client.execute(doc, sent, records=len(part)), "productVariantsBulkUpdate")


def find_variants(client: ShopifyClient, skus: Collection[str], barcodes: Collection[str]) -> list[Coded]:
    """Variants of exactly these codes: a search finds what only begins so as well, in pages."""
    wanted = [("sku", one) for one in skus] + [("barcode", one) for one in barcodes]
    found: dict[str, Coded] = {}
    for start in range(0, len(wanted), CODES):
        terms = [f"{name}:{_quoted(code)}" for name, code in wanted[start : start + CODES]]
        for node in _searched(client, " OR ".join(terms)):
            one = coded(node)
            if normalise_code(one.sku) in skus or normalise_code(one.barcode) in barcodes:
                found[one.id] = one
    return list(found.values())


def _searched(client: ShopifyClient, query: str) -> Iterator[Node]:
    after: str | None = None
    while True:
        answer = Node.of(client.execute(document("variants_by_codes"), {"query": query, "after": after}), "variants")
        page = answer.node("productVariants")
        yield from page.nodes("nodes")
        if not page.node("pageInfo").boolean("hasNextPage"):
            return
        after = page.node("pageInfo").text("endCursor")


def fetch_variants(client: ShopifyClient, ids: Sequence[str]) -> dict[str, Coded]:
    """By id; one that is gone is absent."""
    return fetch_nodes(client, "variants_by_ids", "ProductVariant", ids, lambda _, node: coded(node))


def _quoted(code: str) -> str:
    escaped = code.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _accepted(answer: dict[str, Any], name: str) -> Node:
    payload = Node.of(answer.get(name), name)
    errors = [error.text("message") for error in payload.nodes("userErrors")]
    if errors:
        hint = "Shopify's own words; correct it in Odoo, then retry"
        raise Rejected("; ".join(errors), "shopify", PRODUCT_REFUSED, hint, {"call": name})
    return payload
