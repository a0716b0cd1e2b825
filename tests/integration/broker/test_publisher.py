"""The publisher against a RabbitMQ that stalls, blocks, refuses, forgets its queues or goes away (F09, F10, F17)."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import amqp
import pytest

from libs.common.broker.events import KombuEvents
from libs.common.broker.interface import BrokerEvent
from libs.common.broker.publisher import KombuPublisher
from libs.common.errors import BrokerUnavailable
from tests import engines
from tests.contract.broker.rigs import eventually, nudge

pytestmark = pytest.mark.rabbitmq

DEADLINE_SECONDS = 1.0
MARGIN_SECONDS = 1.5
"""For a machine that is busy; without a deadline each of these waits would last for minutes."""


@pytest.fixture
def publisher(rabbitmq_vhost: str) -> Iterator[KombuPublisher]:
    opened = KombuPublisher(rabbitmq_vhost, deadline_seconds=20.0)
    yield opened
    opened.close()


@pytest.fixture
def hasty(rabbitmq_vhost: str) -> Iterator[KombuPublisher]:
    opened = KombuPublisher(rabbitmq_vhost, deadline_seconds=DEADLINE_SECONDS)
    yield opened
    opened.close()


@pytest.fixture
def channel(rabbitmq: engines.RabbitMQ, rabbitmq_vhost: str) -> Iterator[amqp.Channel]:
    with rabbitmq.connect(rabbitmq_vhost) as raw:
        yield raw.channel()


def waiting(channel: amqp.Channel, queue: str = "orders") -> int:
    count: int = channel.queue_declare(queue, passive=True).message_count
    return count


def seconds_until_unavailable(publisher: KombuPublisher) -> float:
    started = time.monotonic()
    with pytest.raises(BrokerUnavailable):
        publisher.publish_nudges([nudge()])
    return time.monotonic() - started


def test_a_confirm_that_never_comes_is_given_up_at_the_deadline(
    rabbitmq_control: engines.RabbitMQ, hasty: KombuPublisher
) -> None:
    hasty.publish_nudges([nudge(1)])
    rabbitmq_control.pause()
    try:
        assert seconds_until_unavailable(hasty) < DEADLINE_SECONDS + MARGIN_SECONDS
        # And again, when it has to connect first.
        assert seconds_until_unavailable(hasty) < DEADLINE_SECONDS + MARGIN_SECONDS
    finally:
        rabbitmq_control.resume()
    assert eventually(lambda: publishes(hasty))


def publishes(publisher: KombuPublisher) -> bool:
    try:
        return publisher.publish_nudges([nudge(2)]) == [nudge(2)]
    except BrokerUnavailable:
        return False


def test_waiting_for_another_thread_counts_towards_the_deadline(
    rabbitmq_control: engines.RabbitMQ, hasty: KombuPublisher
) -> None:
    hasty.publish_nudges([nudge(1)])
    took: list[float] = []
    rabbitmq_control.pause()
    try:
        threads = [threading.Thread(target=lambda: took.append(seconds_until_unavailable(hasty))) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        rabbitmq_control.resume()
    assert len(took) == 4
    assert max(took) < DEADLINE_SECONDS + MARGIN_SECONDS


def test_blocked_publishers_are_told_so_and_come_back(
    rabbitmq_control: engines.RabbitMQ, hasty: KombuPublisher
) -> None:
    hasty.publish_nudges([nudge(1)])
    rabbitmq_control.control("set_vm_memory_high_watermark", "0.00001")
    try:
        # The broker notices by and by that it is short of memory: until then it still takes messages.
        assert eventually(lambda: not publishes(hasty))
        assert seconds_until_unavailable(hasty) < DEADLINE_SECONDS + MARGIN_SECONDS
    finally:
        rabbitmq_control.control("set_vm_memory_high_watermark", "0.6")
    assert eventually(lambda: publishes(hasty))


def test_something_that_accepts_and_says_nothing_is_given_up_at_the_deadline() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        publisher = KombuPublisher(f"amqp://127.0.0.1:{silent.getsockname()[1]}/", deadline_seconds=0.5)
        assert seconds_until_unavailable(publisher) < 0.5 + MARGIN_SECONDS


def test_nobody_at_the_address_is_told_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    publisher = KombuPublisher(f"amqp://127.0.0.1:{port}/", deadline_seconds=5.0)
    assert seconds_until_unavailable(publisher) < 1.0 + MARGIN_SECONDS
    with pytest.raises(BrokerUnavailable, match="cannot be reached"):
        publisher.ping()


def test_wrong_credentials_are_told_as_such(rabbitmq_vhost: str) -> None:
    publisher = KombuPublisher(rabbitmq_vhost.replace("guest:guest", "guest:wrong"), deadline_seconds=5.0)
    with pytest.raises(BrokerUnavailable, match="ACCESS_REFUSED"):
        publisher.publish_nudges([nudge()])


@pytest.mark.parametrize("missing", ["queue", "exchange", "binding"])
def test_what_has_no_route_is_noticed_declared_and_sent_again(
    publisher: KombuPublisher, channel: amqp.Channel, missing: str
) -> None:
    publisher.publish_nudges([nudge(1)])
    if missing == "queue":
        channel.queue_delete("orders")
    elif missing == "exchange":
        channel.exchange_delete("tandem")
    else:
        channel.queue_unbind("orders", "tandem", "*.orders.*")
    sent = [nudge(number) for number in range(700)]
    assert publisher.publish_nudges(sent) == sent
    assert eventually(lambda: waiting(channel) >= 700)


def test_what_a_full_queue_refuses_is_not_confirmed(
    rabbitmq: engines.RabbitMQ, rabbitmq_vhost: str, publisher: KombuPublisher, channel: amqp.Channel
) -> None:
    publisher.publish_nudges([nudge(1)])
    policy = {
        "pattern": "^orders$",
        "apply-to": "queues",
        "definition": {"max-length": 5, "overflow": "reject-publish"},
    }
    rabbitmq.ask("PUT", f"/api/policies{urlsplit(rabbitmq_vhost).path}/full", policy)

    def refused() -> bool:
        try:
            publisher.publish_nudges([nudge(2)])
        except BrokerUnavailable as error:
            return "refused" in str(error)
        return False

    assert eventually(refused)
    channel.queue_purge("orders")
    assert eventually(lambda: publishes(publisher))


def test_a_connection_closed_while_idle_costs_nothing(
    rabbitmq: engines.RabbitMQ, rabbitmq_vhost: str, publisher: KombuPublisher
) -> None:
    publisher.publish_nudges([nudge(1)])
    assert rabbitmq.close_connections(rabbitmq_vhost) == 1
    assert publisher.publish_nudges([nudge(2)]) == [nudge(2)]
    publisher.ping()


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_confirmed_nudges_and_the_publisher_survive_the_broker(
    rabbitmq_control: engines.RabbitMQ, rabbitmq_vhost: str, publisher: KombuPublisher, how: str
) -> None:
    publisher.publish_nudges([nudge(number) for number in range(50)])
    getattr(rabbitmq_control, how)()
    with pytest.raises(BrokerUnavailable):
        publisher.publish_nudges([nudge(99)])
    publisher.publish_event("order.synced", "acme", {})  # best effort: nothing happens
    rabbitmq_control.start()
    assert eventually(lambda: publishes(publisher))
    with rabbitmq_control.connect(rabbitmq_vhost) as raw:
        assert eventually(lambda: waiting(raw.channel()) >= 51)


def test_a_subscription_follows_across_a_lost_connection(
    rabbitmq: engines.RabbitMQ, rabbitmq_vhost: str, publisher: KombuPublisher
) -> None:
    events: list[BrokerEvent] = []
    subscription = KombuEvents(rabbitmq_vhost).subscribe_events("order.#", events.append)
    rabbitmq.close_connections(rabbitmq_vhost)
    # Its queue outlives the connection, so what is told meanwhile is not missed.
    publisher.publish_event("order.synced", "acme", {"id": "acme/order/1"})
    assert eventually(lambda: len(events) == 1)
    subscription.close()
    assert not any(
        queue["name"].startswith("tandem.events.")
        for queue in rabbitmq.ask("GET", f"/api/queues{urlsplit(rabbitmq_vhost).path}")
    )


def test_the_next_host_is_tried_when_the_first_does_not_answer(rabbitmq_vhost: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    publisher = KombuPublisher(f"amqp://127.0.0.1:{port}/;{rabbitmq_vhost}", deadline_seconds=5.0)
    assert publisher.publish_nudges([nudge()]) == [nudge()]
    publisher.close()
