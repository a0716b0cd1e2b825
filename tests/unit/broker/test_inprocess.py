"""What only the in-process twin does: bounds, fairness, waiting for quiet."""

from __future__ import annotations

import threading

import pytest

from libs.common.broker.inprocess import InProcessBroker
from libs.common.errors import BrokerUnavailable
from tests.contract.broker.rigs import Seen, nudge


def test_a_full_queue_refuses_more_and_says_which_were_taken() -> None:
    broker = InProcessBroker(capacity=2)
    sent = [nudge(number) for number in range(3)]
    assert broker.publish_nudges(sent) == sent[:2]
    with pytest.raises(BrokerUnavailable, match="full"):
        broker.publish_nudges([nudge(9)])
    assert broker.waiting("orders") == 2


def test_join_waits_for_handlers_that_run() -> None:
    broker = InProcessBroker()
    release = threading.Event()
    broker.start({"orders": lambda store, ids: assert_waited(release)}, threads=1)
    broker.publish_nudges([nudge()])
    assert broker.join(seconds=0.1) is False
    release.set()
    assert broker.join(seconds=10) is True
    broker.close()


def assert_waited(release: threading.Event) -> None:
    assert release.wait(10)


def test_a_full_queue_does_not_starve_another() -> None:
    broker = InProcessBroker()
    broker.declare(["orders.acme"])
    broker.publish_nudges([nudge(number, store="other") for number in range(50)])
    broker.publish_nudges([nudge(99)])
    order: list[str] = []
    broker.start(
        {"orders": lambda store, ids: order.append("general"), "orders.acme": lambda s, i: order.append("own")},
        threads=1,
    )
    assert broker.join(seconds=10)
    assert order.index("own") <= 1
    broker.close()


def test_a_closed_broker_takes_nothing() -> None:
    broker = InProcessBroker()
    broker.close()
    with pytest.raises(BrokerUnavailable, match="closed"):
        broker.publish_nudges([nudge()])
    with pytest.raises(BrokerUnavailable, match="closed"):
        broker.ping()


def test_closing_stops_workers_and_subscriptions() -> None:
    broker = InProcessBroker()
    broker.start({"orders": Seen()})
    broker.subscribe_events("#", lambda event: None)
    before = threading.active_count()
    broker.close()
    assert threading.active_count() == before - 5
