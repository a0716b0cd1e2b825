"""The fixed date by which an order is to be paid: few orders have one, and it costs a request of its own."""

from __future__ import annotations

from datetime import date

from libs.common.shopify.client import ShopifyClient
from libs.common.shopify.documents import document
from libs.common.shopify.nodes import Changed, all_nodes
from libs.common.shopify.reading import Node

FIXED = "FIXED"


def read_due_date(client: ShopifyClient, order: Node) -> date | None:
    """The day of the last part (UTC); None for other terms, and where Shopify names no date.

    Raises Changed when the order is not any more what `order` was.
    """
    terms = order.node_or_none("paymentTerms")
    if terms is None or terms.text("paymentTermsType") != FIXED:
        return None
    value = client.execute(document("order_due_date"), {"id": order.text("id")}).get("order")
    if value is None:
        raise Changed
    node = Node.of(value, order.record)
    if node.text("updatedAt") != order.text("updatedAt"):
        raise Changed
    agreed = node.node_or_none("paymentTerms")
    if agreed is None:
        raise Changed
    parts = all_nodes(agreed, "paymentSchedules", ids=False)
    moments = [moment for part in parts if (moment := part.moment_or_none("dueAt"))]
    return max(moments).date() if moments else None
