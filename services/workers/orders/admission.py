"""Which orders come to Odoo: the store's import rules. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from libs.common.domain.orders import Order
from libs.common.domain.rules import HandlingOfTestOrders, StoreRules


def left_out(order: Order, rules: StoreRules) -> str | None:
    """The rule that leaves this order out, with what it met; None for one that comes in.

    Asked only of an order that is not in Odoo yet: one that is there stays, whatever becomes of its status.
    """
    wanted = rules.orders
    if order.test and rules.test_orders is HandlingOfTestOrders.IGNORE:
        return "test_orders: ignore"
    for name, allowed, found in (
        ("financial_status", wanted.financial_status, order.financial_status),
        ("fulfillment_status", wanted.fulfillment_status, order.fulfillment_status),
        ("sources", wanted.sources, order.source_name),
    ):
        if allowed and _word(found) not in _words(allowed):
            return f"orders.{name}: {found or 'none'}"
    if _word(order.source_name) in _words(wanted.except_sources):
        return f"orders.except_sources: {order.source_name}"
    tags = _words(order.tags)
    if wanted.tags and not tags & _words(wanted.tags):
        return "orders.tags: none of them"
    unwanted = sorted(tags & _words(wanted.except_tags))
    if unwanted:
        return f"orders.except_tags: {unwanted[0]}"
    if wanted.placed_from and order.processed_at < wanted.placed_from:
        return f"orders.placed_from: placed {order.processed_at:%Y-%m-%d}"
    return None


def _words(values: Iterable[str]) -> set[str]:
    return {_word(value) for value in values}


def _word(value: str) -> str:
    """Statuses are written `PARTIALLY_PAID`, `partially_paid` or `Partially paid`, tags with any case."""
    return value.strip().lower().replace(" ", "_")
