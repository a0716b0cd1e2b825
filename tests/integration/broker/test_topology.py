"""The topology on a real RabbitMQ: what is declared, twice, after a deletion, and beside something older."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import amqp
import pytest

from libs.common.broker import topology
from libs.common.broker.deadline import Deadline
from libs.common.broker.routing import matches
from libs.common.broker.wire import connect, hang_up
from tests import engines
from tests.contract.broker.rigs import eventually

pytestmark = pytest.mark.rabbitmq


@pytest.fixture
def connection(rabbitmq_vhost: str) -> Iterator[Any]:
    opened = connect(rabbitmq_vhost, Deadline(5), name="test")
    yield opened
    hang_up(opened)


@pytest.fixture
def channel(rabbitmq: engines.RabbitMQ, rabbitmq_vhost: str) -> Iterator[amqp.Channel]:
    with rabbitmq.connect(rabbitmq_vhost) as raw:
        yield raw.channel()


def listed(rabbitmq: engines.RabbitMQ, url: str, what: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = rabbitmq.ask("GET", f"/api/{what}{urlsplit(url).path}")
    return found


def take(channel: amqp.Channel, queue: str, *, no_ack: bool = True) -> amqp.Message:
    """The next message of this queue; publishing is not answered, so it may take a moment to be there."""
    got: list[amqp.Message] = []

    def arrived() -> bool:
        message = channel.basic_get(queue, no_ack=no_ack)
        got.extend([] if message is None else [message])
        return bool(got)

    assert eventually(arrived)
    return got[0]


def test_every_queue_is_a_durable_quorum_queue_with_a_delivery_limit(
    rabbitmq: engines.RabbitMQ, rabbitmq_vhost: str, connection: Any
) -> None:
    topology.declare(connection)
    queues = {queue["name"]: queue for queue in listed(rabbitmq, rabbitmq_vhost, "queues")}
    assert set(queues) == {name for queue in topology.ENTITIES.values() for name in (queue, f"{queue}.dead")}
    assert all(queue["durable"] and not queue["auto_delete"] for queue in queues.values())
    assert all(queue["arguments"]["x-queue-type"] == "quorum" for queue in queues.values())
    assert queues["orders"]["arguments"]["x-delivery-limit"] == topology.DELIVERY_LIMIT
    assert queues["orders"]["arguments"]["x-dead-letter-exchange"] == "tandem.dead"


def test_declaring_again_changes_nothing(rabbitmq: engines.RabbitMQ, rabbitmq_vhost: str, connection: Any) -> None:
    topology.declare(connection)
    before = [listed(rabbitmq, rabbitmq_vhost, "bindings"), listed(rabbitmq, rabbitmq_vhost, "exchanges")]
    topology.declare(connection)
    after = [listed(rabbitmq, rabbitmq_vhost, "bindings"), listed(rabbitmq, rabbitmq_vhost, "exchanges")]
    assert before == after


def test_what_was_deleted_is_declared_again(connection: Any, channel: amqp.Channel) -> None:
    topology.declare(connection)
    channel.queue_delete("orders")
    channel.exchange_delete("tandem")
    topology.declare(connection)
    channel.basic_publish(amqp.Message("hello"), "tandem", "shopify.orders.acme")
    assert take(channel, "orders").body == "hello"


def test_a_queue_that_exists_otherwise_is_left_and_bound(connection: Any, channel: amqp.Channel) -> None:
    channel.queue_declare("orders", durable=True, auto_delete=False)
    topology.declare(connection)
    channel.basic_publish(amqp.Message("hello"), "tandem", "shopify.orders.acme")
    assert take(channel, "orders").body == "hello"


def test_a_message_handed_out_too_often_goes_to_the_dead_letters(connection: Any, channel: amqp.Channel) -> None:
    topology.declare(connection)
    channel.basic_publish(amqp.Message("poison"), "tandem", "shopify.orders.acme")
    for _ in range(topology.DELIVERY_LIMIT + 1):
        message = take(channel, "orders", no_ack=False)
        channel.basic_reject(message.delivery_tag, requeue=True)
    dead = take(channel, "orders.dead")
    assert dead.body == "poison"
    assert dead.headers["x-death"][0]["reason"] == "delivery_limit"
    assert channel.basic_get("orders") is None


def test_a_store_s_own_queue_gets_that_store_alone(connection: Any, channel: amqp.Channel) -> None:
    topology.declare(connection, ["orders.acme"])
    for store in ("acme", "other"):
        channel.basic_publish(amqp.Message(store), "tandem", f"shopify.orders.{store}")
    assert {take(channel, "orders").body for _ in range(2)} == {"acme", "other"}
    assert take(channel, "orders.acme").body == "acme"
    assert channel.basic_get("orders.acme", no_ack=True) is None


def test_the_twin_matches_patterns_as_rabbitmq_does(channel: amqp.Channel) -> None:
    patterns = [
        "#",
        "*",
        "*.orders.*",
        "*.orders.acme",
        "order.#",
        "#.acme",
        "order.#.acme",
        "a..b",
        "#.*",
        "*.#.*",
        "",
    ]
    keys = ["", "order", "acme", "shopify.orders.acme", "order.acme", "order.synced.acme", "a..b", "a.b", "."]
    channel.exchange_declare("matching", "topic", durable=True, auto_delete=False)
    for number, pattern in enumerate(patterns):
        channel.queue_declare(f"q{number}", durable=True, auto_delete=False)
        channel.queue_bind(f"q{number}", "matching", pattern)
    for key in keys:
        channel.basic_publish(amqp.Message(key), "matching", key)
    channel.queue_bind("q0", "matching", "#")  # answered after all that was published before it
    for number, pattern in enumerate(patterns):
        got = set()
        while (message := channel.basic_get(f"q{number}", no_ack=True)) is not None:
            got.add(message.body)
        assert got == {key for key in keys if matches(pattern, key)}, pattern
