"""What both brokers promise: RabbitMQ and the in-process twin."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from libs.common.broker.interface import BrokerEvent, Nudge, group_nudges
from tests.contract.broker.rigs import InProcessRig, RabbitRig, Rig, Seen, eventually, nudge


@pytest.fixture(params=["inprocess", pytest.param("rabbitmq", marks=pytest.mark.rabbitmq)])
def rig(request: pytest.FixtureRequest) -> Iterator[Rig]:
    chosen = InProcessRig() if request.param == "inprocess" else RabbitRig(request.getfixturevalue("rabbitmq_vhost"))
    yield chosen
    chosen.close()


def test_a_nudge_reaches_its_handler_with_store_and_ids(rig: Rig) -> None:
    seen = Seen()
    rig.start({"orders": seen})
    sent = Nudge("shopify", "order", "acme", ("acme/order/1", "acme/order/2"))
    assert rig.publisher.publish_nudges([sent]) == [sent]
    assert eventually(lambda: bool(seen.calls))
    assert seen.calls == [("acme", ["acme/order/1", "acme/order/2"])]


def test_nudges_sent_before_workers_start_wait_for_them(rig: Rig) -> None:
    rig.publisher.publish_nudges([nudge(number) for number in range(30)])
    seen = Seen()
    rig.start({"orders": seen})
    assert eventually(lambda: len(seen.calls) == 30)


def test_confirmed_nudges_come_back_in_the_order_given(rig: Rig) -> None:
    sent = [nudge(number) for number in range(1500)]
    assert rig.publisher.publish_nudges(sent) == sent


def test_nothing_to_publish_is_nothing_confirmed(rig: Rig) -> None:
    assert rig.publisher.publish_nudges([]) == []


def test_a_store_can_have_a_queue_and_workers_of_its_own(rig: Rig) -> None:
    own, general = Seen(), Seen()
    rig.start({"orders.acme": own})
    if isinstance(rig, RabbitRig):
        # The queue is bound when its workers are there, not before.
        assert eventually(lambda: rig.publisher.publish_nudges([nudge(0)]) != [] and bool(own.calls))
    rig.publisher.publish_nudges([nudge(1), nudge(2, store="other"), nudge(3)])
    assert eventually(lambda: {"acme/order/1", "acme/order/3"} <= set(own.ids))
    assert "other/order/2" not in own.ids
    if isinstance(rig, RabbitRig):
        rig.start({"orders": general})
        assert eventually(lambda: {"acme/order/1", "other/order/2", "acme/order/3"} <= set(general.ids))


def test_a_handler_that_raises_is_not_called_again_and_stops_nobody(rig: Rig) -> None:
    calls: list[str] = []

    def handle(store: str, ids: list[str]) -> None:
        calls.append(ids[0])
        if ids[0] == "acme/order/1":
            raise RuntimeError("broken")

    rig.start({"orders": handle}, threads=1)
    rig.publisher.publish_nudges([nudge(1), nudge(2), nudge(3)])
    assert eventually(lambda: len(calls) == 3)
    time.sleep(0.3)
    assert sorted(calls) == ["acme/order/1", "acme/order/2", "acme/order/3"]


def test_many_threads_may_publish_at_once(rig: Rig) -> None:
    seen = Seen()
    rig.start({"orders": seen}, threads=4)

    def publish(base: int) -> None:
        for number in range(20):
            rig.publisher.publish_nudges([nudge(base + number), nudge(base + number + 50)])

    threads = [threading.Thread(target=publish, args=(base * 100,)) for base in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert eventually(lambda: len(seen.ids) == 320)
    assert len(set(seen.ids)) == 320


def test_stopping_lets_a_running_handler_finish_and_begins_nothing_new(rig: Rig) -> None:
    begun, release, told = threading.Event(), threading.Event(), threading.Event()
    done: list[str] = []

    def handle(store: str, ids: list[str]) -> None:
        begun.set()
        assert release.wait(10)
        done.extend(ids)

    def on_stop() -> None:
        told.set()
        release.set()

    workers = rig.start({"orders": handle}, threads=1, on_stop=on_stop)
    rig.publisher.publish_nudges([nudge(1), nudge(2), nudge(3)])
    assert begun.wait(10)
    assert workers.stop() is True
    assert told.is_set()
    assert done == ["acme/order/1"]
    rest = Seen()
    rig.start({"orders": rest}, threads=1)
    assert eventually(lambda: len(rest.ids) >= 2)
    assert {"acme/order/2", "acme/order/3"} <= set(rest.ids)


def test_stopping_gives_up_on_a_handler_at_the_end_of_the_grace_period(rig: Rig) -> None:
    begun, release = threading.Event(), threading.Event()

    def handle(store: str, ids: list[str]) -> None:
        begun.set()
        release.wait(30)

    workers = rig.start({"orders": handle}, threads=1, grace_seconds=0.3)
    rig.publisher.publish_nudges([nudge(1)])
    assert begun.wait(10)
    started = time.monotonic()
    assert workers.stop() is False
    assert time.monotonic() - started < 8
    release.set()


def test_events_reach_those_whose_pattern_fits(rig: Rig) -> None:
    orders: list[BrokerEvent] = []
    everything: list[BrokerEvent] = []
    first = rig.events.subscribe_events("order.*.acme", orders.append)
    second = rig.events.subscribe_events("#", everything.append)
    rig.publisher.publish_event("order.synced", "acme", {"id": "acme/order/1"})
    rig.publisher.publish_event("order.held", "other", {"id": "other/order/2"})
    assert eventually(lambda: len(everything) == 2)
    assert eventually(lambda: len(orders) == 1)
    assert orders == [BrokerEvent("order.synced", "acme", {"id": "acme/order/1"})]
    first.close()
    second.close()


def test_a_callback_that_raises_does_not_end_the_subscription(rig: Rig) -> None:
    calls: list[str] = []

    def callback(event: BrokerEvent) -> None:
        calls.append(event.kind)
        raise RuntimeError("broken")

    subscription = rig.events.subscribe_events("#", callback)
    rig.publisher.publish_event("order.synced", "acme", {})
    rig.publisher.publish_event("order.held", "acme", {})
    assert eventually(lambda: calls == ["order.synced", "order.held"])
    subscription.close()


def test_no_callback_runs_after_its_subscription_is_closed(rig: Rig) -> None:
    calls: list[BrokerEvent] = []
    subscription = rig.events.subscribe_events("#", calls.append)
    subscription.close()
    rig.publisher.publish_event("order.synced", "acme", {})
    time.sleep(0.2)
    assert calls == []


def test_an_event_without_a_listener_is_nobodys_trouble(rig: Rig) -> None:
    rig.publisher.publish_event("order.synced", "acme", {})
    assert rig.publisher.publish_nudges([nudge()]) == [nudge()]


def test_grouped_nudges_arrive_whole(rig: Rig) -> None:
    seen = Seen()
    rig.start({"orders": seen})

    class Record:
        source, entity, store = "shopify", "order", "acme"

        def __init__(self, number: int) -> None:
            self.id = f"acme/order/{number}"

    nudges = group_nudges([Record(number) for number in range(45)])
    assert [len(one.ids) for one in nudges] == [20, 20, 5]
    rig.publisher.publish_nudges(nudges)
    assert eventually(lambda: len(seen.ids) == 45)
