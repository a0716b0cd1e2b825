"""Products with all their variants, by id."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from libs.common.domain.products import NO_OPTION, Image, Product, Variant
from libs.common.errors import Transient
from libs.common.shopify.client import ShopifyClient
from libs.common.shopify.documents import document
from libs.common.shopify.nodes import Changed, all_nodes, fetch_nodes, further_page, global_id
from libs.common.shopify.reading import Node

#: Variants that come with their product; most have fewer, and each asked for is charged.
FIRST_VARIANTS = 10
PAGE = 100
#: A product has no more media.
MOST_MEDIA = 250


def fetch_products(client: ShopifyClient, ids: Sequence[str]) -> dict[str, Product]:
    """By id; one that was deleted or is not visible is absent."""

    def read(_: str, node: Node) -> Product:
        try:
            return _product(client, node)
        except Changed:
            raise Transient(f"{node.record} changed while its pages were read", "shopify", "changing") from None

    return fetch_nodes(client, "products_by_ids", "Product", ids, read, {"variants": FIRST_VARIANTS})


def _product(client: ShopifyClient, node: Node) -> Product:
    pages = document("product_variants")
    variants = all_nodes(
        node,
        "variants",
        lambda cursor: further_page(client, pages, "product", node, "variants", variants=PAGE, after=cursor),
    )
    return Product(
        id=node.id(),
        title=node.text("title"),
        status=node.text("status"),
        updated_at=node.moment("updatedAt"),
        description_html=node.text("descriptionHtml"),
        vendor=node.text("vendor"),
        type=node.text("productType"),
        tags=node.texts("tags"),
        variants=tuple(_variant(one) for one in variants),
        image=_media(node.node_or_none("featuredMedia")),
    )


def _variant(node: Node) -> Variant:
    item = node.node("inventoryItem")
    cost = item.node_or_none("unitCost")
    weight = item.node("measurement").node_or_none("weight")
    options = tuple((one.text("name"), one.text("value")) for one in node.nodes("selectedOptions"))
    image = node.node_or_none("image")
    return Variant(
        id=node.id(),
        sku=node.text_or_empty("sku").strip(),
        barcode=node.text_or_empty("barcode").strip(),
        price=node.text("price"),
        options=() if options == (NO_OPTION,) else options,
        compare_at=node.text_or_empty("compareAtPrice"),
        cost=cost.text("amount") if cost else "",
        weight=weight.number("value") if weight else Decimal(0),
        weight_unit=weight.text("unit") if weight else "KILOGRAMS",
        hs_code=item.text_or_empty("harmonizedSystemCode"),
        requires_shipping=item.boolean("requiresShipping"),
        image=Image(image.text_or_empty("id"), image.text("url")) if image else None,
    )


def fetch_currency(client: ShopifyClient) -> str:
    """`USD`: in which the shop has its prices and costs."""
    answer = client.execute(document("shop_currency"), {})
    return Node.of(answer.get("shop"), "the shop").text("currencyCode")


def fetch_media(client: ShopifyClient, product_id: str) -> dict[str, str]:
    """The addresses of a product's pictures and films, with their global ids; nothing of one that is gone."""
    sent = {"id": global_id("Product", product_id), "first": MOST_MEDIA}
    answer = client.execute(document("product_media"), sent).get("product")
    if answer is None:
        return {}
    nodes = Node.of(answer, f"product {product_id}").node("media").nodes("nodes")
    return {image.url: image.id for node in nodes if (image := _media(node))}


def _media(node: Node | None) -> Image | None:
    """The picture of the first medium; a film has one as well, its preview."""
    preview = node.node_or_none("preview") if node else None
    image = preview.node_or_none("image") if preview else None
    return Image(node.text("id"), image.text("url")) if node and image else None
