"""Transactions: of an order that is read anyway, or by their own ids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from libs.common.domain.orders import Side
from libs.common.domain.transactions import CHANGE, SUCCESS, Transaction
from libs.common.shopify.client import ShopifyClient
from libs.common.shopify.nodes import fetch_nodes
from libs.common.shopify.reading import Node


def read_transaction(node: Node, order_id: str, currency: str, side: Side) -> Transaction:
    amount = node.money("amountSet", currency, side)
    rounding = node.money_or_none("amountRoundingSet", currency, side) or None
    parent = node.node_or_none("parentTransaction")
    return Transaction(
        id=node.id(),
        order_id=order_id,
        kind=node.text("kind").lower(),
        status=node.text("status").lower(),
        gateway=node.text_or_empty("gateway"),
        amount=amount + rounding if rounding else amount,
        processed_at=node.moment_or_none("processedAt") or node.moment("createdAt"),
        gateway_name=node.text_or_empty("formattedGateway"),
        manual=node.boolean("manualPaymentGateway"),
        test=node.boolean("test"),
        parent_id=parent.id() if parent else "",
        rounding=rounding,
    )


def fetch_transactions(
    client: ShopifyClient, ids: Sequence[str], sides: Mapping[str, Side] | None = None, *, side: Side = "shop"
) -> dict[str, Transaction]:
    """By id; one that is gone, or that belongs to no order, is absent. `sides` is by order id."""
    chosen = sides or {}

    def read(_: str, node: Node) -> Transaction | None:
        order = node.node_or_none("order")
        if order is None:
            return None
        of_order = chosen.get(order.id(), side)
        found = read_transaction(node, order.id(), currency_of(order, of_order), of_order)
        kinds = {(one.text("kind").lower(), one.text("status").lower()) for one in order.nodes("transactions")}
        return replace(found, beside_change=(CHANGE, SUCCESS) in kinds)

    return fetch_nodes(client, "transactions_by_ids", "OrderTransaction", ids, read)


def currency_of(order: Node, side: Side) -> str:
    return order.text("currencyCode" if side == "shop" else "presentmentCurrencyCode")
