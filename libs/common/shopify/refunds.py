"""Refunds, complete: by their own ids, or of an order that is read anyway."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from libs.common.domain.orders import Side
from libs.common.domain.refunds import Adjustment, Refund, RefundLine, RefundShipping
from libs.common.errors import Transient
from libs.common.shopify.client import ShopifyClient
from libs.common.shopify.documents import document
from libs.common.shopify.nodes import Changed, all_nodes, fetch_nodes, further_page
from libs.common.shopify.reading import Node
from libs.common.shopify.transactions import currency_of, read_transaction

LINES = 100


def fetch_refunds(
    client: ShopifyClient, ids: Sequence[str], sides: Mapping[str, Side] | None = None, *, side: Side = "shop"
) -> dict[str, Refund]:
    """By id; one that is gone or not visible is absent. `sides` is by order id.

    Raises Transient for one that changes while its pages are read.
    """
    chosen = sides or {}

    def read(one: str, node: Node) -> Refund:
        order = node.node("order")
        try:
            return read_refund(client, node, order, chosen.get(order.id(), side))
        except Changed:
            raise Transient(f"refund {one} changed while its pages were read", "shopify", "changing") from None

    return fetch_nodes(client, "refunds_by_ids", "Refund", ids, read)


def read_refund(client: ShopifyClient, node: Node, order: Node, side: Side) -> Refund:
    """From `RefundFields`; `order` has `id`, `name`, `taxesIncluded` and the two currencies. May raise Changed."""
    currency = currency_of(order, side)
    duties = node.nodes("duties") if node.get("duties") is not None else ()
    returned = node.node_or_none("return")
    return Refund(
        id=node.id(),
        order_id=order.id(),
        order_name=order.text("name"),
        created_at=node.moment_or_none("createdAt") or node.moment("updatedAt"),
        updated_at=node.moment("updatedAt"),
        currency=currency,
        total=node.money("totalRefundedSet", currency, side),
        lines=tuple(_line(line, currency, side) for line in _lines(client, node)),
        shipping=tuple(_shipping(line, currency, side) for line in all_nodes(node, "refundShippingLines", ids=False)),
        adjustments=tuple(_adjustment(one, currency, side) for one in all_nodes(node, "orderAdjustments")),
        duties=tuple(duty.money("amountSet", currency, side) for duty in duties),
        transactions=tuple(
            read_transaction(one, order.id(), currency, side) for one in all_nodes(node, "transactions")
        ),
        note=node.text_or_empty("note"),
        return_id=returned.id() if returned else "",
        taxes_included=order.boolean("taxesIncluded"),
    )


def _lines(client: ShopifyClient, refund: Node) -> list[Node]:
    doc = document("refund_line_items")
    return all_nodes(
        refund,
        "refundLineItems",
        lambda cursor: further_page(client, doc, "refund", refund, "refundLineItems", lines=LINES, after=cursor),
        ids=False,
    )


def _line(line: Node, currency: str, side: Side) -> RefundLine:
    location = line.node_or_none("location")
    return RefundLine(
        line_id=line.node("lineItem").id(),
        quantity=line.integer("quantity"),
        subtotal=line.money("subtotalSet", currency, side),
        tax=line.money("totalTaxSet", currency, side),
        restock_type=line.text("restockType").lower(),
        restocked=line.boolean("restocked"),
        location_id=location.id() if location else "",
    )


def _shipping(line: Node, currency: str, side: Side) -> RefundShipping:
    of = line.node("shippingLine").text_or_empty("id")
    return RefundShipping(
        shipping_line_id=of.partition("?")[0].rpartition("/")[2],
        subtotal=line.money("subtotalAmountSet", currency, side),
        tax=line.money("taxAmountSet", currency, side),
    )


def _adjustment(one: Node, currency: str, side: Side) -> Adjustment:
    return Adjustment(
        id=one.id(),
        amount=one.money("amountSet", currency, side),
        tax=one.money("taxAmountSet", currency, side),
        reason=one.text_or_empty("reason").lower(),
    )
