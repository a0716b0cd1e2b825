"""Topic matching as RabbitMQ's documentation describes it, and the queues' names."""

from __future__ import annotations

import pytest

from libs.common.broker.routing import matches
from libs.common.broker.topology import actor_name, base_queue, dead_queue_spec, queue_spec


@pytest.mark.parametrize(
    ("pattern", "key", "expected"),
    [
        ("*.orders.*", "shopify.orders.acme", True),
        ("*.orders.acme", "shopify.orders.acme", True),
        ("*.orders.acme", "shopify.orders.other", False),
        ("*.orders.*", "shopify.refunds.acme", False),
        ("*.orders.*", "shopify.orders", False),
        ("*.orders.*", "shopify.orders.acme.more", False),
        ("#", "order.synced.acme", True),
        ("#", "", True),
        ("*", "", False),
        ("order.#", "order", True),
        ("order.#", "order.synced.acme", True),
        ("#.acme", "order.synced.acme", True),
        ("#.acme", "acme", True),
        ("order.#.acme", "order.acme", True),
        ("order.#.#.acme", "order.synced.acme", True),
        ("order.*.acme", "order.acme", False),
        ("order.synced.acme", "order.synced.acme", True),
    ],
)
def test_patterns_match_words(pattern: str, key: str, expected: bool) -> None:
    assert matches(pattern, key) is expected


def test_a_store_s_own_queue_takes_that_store_and_shares_actor_and_dead_letters() -> None:
    general, own = queue_spec("orders"), queue_spec("orders.acme")
    assert (general.pattern, own.pattern) == ("*.orders.*", "*.orders.acme")
    assert actor_name("orders") == actor_name("orders.acme") == "look_at_orders"
    assert dead_queue_spec("orders.acme") == dead_queue_spec("orders")


@pytest.mark.parametrize("name", ["", "invoices", "orders.", "orders.dead", "acme.orders"])
def test_a_queue_that_is_none_of_ours_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no such queue"):
        base_queue(name)
