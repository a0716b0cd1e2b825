"""Workers on a real RabbitMQ: lost connections, restarts, messages nobody understands, and what dramatiq does badly."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import amqp
import dramatiq
import pytest

from libs.common.broker.consumer import DETAIL_HEADER, QUEUE_HEADER, REASON_HEADER, TandemBroker
from libs.common.broker.messages import encode_nudge
from libs.common.broker.publisher import KombuPublisher
from libs.common.broker.topology import ENTITIES
from services.workers.actors import register
from tests import engines
from tests.contract.broker.rigs import RabbitRig, Seen, eventually, nudge

pytestmark = pytest.mark.rabbitmq

ROOT = Path(__file__).parents[3]


@pytest.fixture
def rig(rabbitmq_vhost: str) -> Iterator[RabbitRig]:
    chosen = RabbitRig(rabbitmq_vhost)
    yield chosen
    chosen.close()


@pytest.fixture
def channel(rabbitmq: engines.RabbitMQ, rabbitmq_vhost: str) -> Iterator[amqp.Channel]:
    with rabbitmq.connect(rabbitmq_vhost) as raw:
        yield raw.channel()


def ready(channel: amqp.Channel, queue: str = "orders") -> int:
    count: int = channel.queue_declare(queue, passive=True).message_count
    return count


def queue_names(rabbitmq: engines.RabbitMQ, url: str) -> set[str]:
    return {queue["name"] for queue in rabbitmq.ask("GET", f"/api/queues{urlsplit(url).path}")}


def put(channel: amqp.Channel, body: bytes) -> None:
    channel.basic_publish(amqp.Message(body), "tandem", "shopify.orders.acme")


class Gate:
    """A handler that waits to be let through."""

    def __init__(self) -> None:
        self.begun = threading.Semaphore(0)
        self.open = threading.Event()
        self.ids: list[str] = []

    def __call__(self, store: str, ids: list[str]) -> None:
        self.begun.release()
        assert self.open.wait(30)
        self.ids.extend(ids)


def test_a_connection_lost_in_mid_job_loses_nothing(
    rabbitmq: engines.RabbitMQ, rabbitmq_vhost: str, rig: RabbitRig
) -> None:
    gate = Gate()
    rig.start({"orders": gate}, threads=1)
    rig.publisher.publish_nudges([nudge(number) for number in range(10)])
    assert gate.begun.acquire(timeout=10)
    assert rabbitmq.close_connections(rabbitmq_vhost) >= 2
    gate.open.set()
    assert eventually(lambda: set(gate.ids) == {f"acme/order/{number}" for number in range(10)})
    with rabbitmq.connect(rabbitmq_vhost) as again:
        fresh = again.channel()
        assert eventually(lambda: ready(fresh) == 0)
        assert ready(fresh, "orders.dead") == 0


def test_an_old_delivery_tag_never_acknowledges_another_message(
    rabbitmq: engines.RabbitMQ, rabbitmq_vhost: str, rig: RabbitRig
) -> None:
    broker = TandemBroker(rabbitmq_vhost)
    register(broker, {"orders": lambda store, ids: None})
    rig.publisher.publish_nudges([nudge(1)])
    before = broker.consume("orders", prefetch=1, timeout=5000)
    old: Any = next(before)
    before.close()
    after = broker.consume("orders", prefetch=1, timeout=5000)
    new: Any = next(after)
    assert (old.tag, new.tag) == (1, 1)
    after.ack(old)  # as dramatiq's worker does when the handler ends after a reconnect
    after.close()
    last = broker.consume("orders", prefetch=1, timeout=5000)
    came_again: Any = next(last)
    assert came_again is not None
    assert came_again.args == ("acme", ["acme/order/1"])
    last.ack(came_again)
    last.close()
    empty = broker.consume("orders", timeout=200)
    assert next(empty) is None
    empty.close()


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_workers_come_back_after_the_broker(rabbitmq_control: engines.RabbitMQ, rig: RabbitRig, how: str) -> None:
    seen = Seen()
    rig.start({"orders": seen})
    rig.publisher.publish_nudges([nudge(1)])
    assert eventually(lambda: seen.ids == ["acme/order/1"])
    getattr(rabbitmq_control, how)()
    rabbitmq_control.start()
    assert eventually(lambda: publishes(rig.publisher))
    assert eventually(lambda: "acme/order/2" in seen.ids)


def publishes(publisher: KombuPublisher) -> bool:
    try:
        return bool(publisher.publish_nudges([nudge(2)]))
    except Exception:
        return False


def test_a_queue_deleted_under_its_workers_is_worked_on_again(
    rig: RabbitRig, channel: amqp.Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("libs.common.broker.consumer.IDLE_REFRESH_SECONDS", 1.0)
    seen = Seen()
    rig.start({"orders": seen})
    rig.publisher.publish_nudges([nudge(1)])
    assert eventually(lambda: seen.ids == ["acme/order/1"])
    channel.queue_delete("orders")
    rig.publisher.publish_nudges([nudge(2)])
    assert eventually(lambda: "acme/order/2" in seen.ids)


def changed(**fields: object) -> bytes:
    return json.dumps(json.loads(encode_nudge(nudge(7)).body) | fields).encode()


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"\xff\xfe not json", "undecodable"),
        (b"", "undecodable"),
        (b"[1, 2]", "undecodable"),
        (changed(actor_name="sync_everything"), "unknown actor"),
        (changed(args=["acme", "450789469"]), "other version"),
        (changed(args=[], kwargs={"store": "acme"}), "other version"),
    ],
)
def test_a_message_nobody_understands_is_put_away_with_its_reason(
    rig: RabbitRig, channel: amqp.Channel, body: bytes, reason: str
) -> None:
    seen = Seen()
    rig.publisher.publish_nudges([nudge(1)])
    put(channel, body)
    rig.publisher.publish_nudges([nudge(2)])
    rig.start({"orders": seen})
    assert eventually(lambda: set(seen.ids) == {"acme/order/1", "acme/order/2"})
    assert eventually(lambda: ready(channel, "orders.dead") == 1)
    dead = channel.basic_get("orders.dead", no_ack=True)
    assert (dead.body if isinstance(dead.body, bytes) else dead.body.encode()) == body
    assert dead.headers[REASON_HEADER] == reason
    assert dead.headers[QUEUE_HEADER] == "orders"
    assert DETAIL_HEADER in dead.headers
    assert ready(channel) == 0


def test_a_retry_that_cannot_be_published_is_never_tried(
    rabbitmq: engines.RabbitMQ, rabbitmq_vhost: str, rig: RabbitRig, channel: amqp.Channel
) -> None:
    def handle(store: str, ids: list[str]) -> None:
        failed.set()
        raise RuntimeError("broken")

    failed = threading.Event()
    workers = rig.start({"orders": handle})
    rig.publisher.publish_nudges([nudge(1)])
    assert failed.wait(10)
    workers.stop()
    assert TandemBroker(rabbitmq_vhost).middleware == []
    with pytest.raises(RuntimeError, match="the ledger delays and retries"):
        TandemBroker(rabbitmq_vhost).enqueue(json_message())
    assert (ready(channel), ready(channel, "orders.dead")) == (0, 0)


def json_message() -> Any:
    return dramatiq.Message("orders", "look_at_orders", ("acme", []), {}, {})


def test_no_delay_queue_exists_and_no_message_is_kept_back_in_memory(
    rabbitmq: engines.RabbitMQ, rabbitmq_vhost: str, rig: RabbitRig, channel: amqp.Channel
) -> None:
    seen = Seen()
    rig.publisher.publish_nudges([nudge(1)])
    put(channel, changed(options={"eta": int(time.time() * 1000) + 3_600_000}))
    rig.start({"orders": seen})
    assert eventually(lambda: set(seen.ids) == {"acme/order/1", "acme/order/7"})
    expected = {name for queue in ENTITIES.values() for name in (queue, f"{queue}.dead")}
    assert queue_names(rabbitmq, rabbitmq_vhost) == expected
    assert TandemBroker(rabbitmq_vhost).delay_queues == set()


def test_a_busy_worker_takes_no_more_than_twice_its_threads(rig: RabbitRig, channel: amqp.Channel) -> None:
    gate = Gate()
    rig.publisher.publish_nudges([nudge(number) for number in range(100)])
    rig.start({"orders": gate}, threads=2)
    assert gate.begun.acquire(timeout=10)
    assert gate.begun.acquire(timeout=10)
    time.sleep(0.5)
    assert ready(channel) == 100 - 4
    gate.open.set()
    assert eventually(lambda: len(gate.ids) == 100)


PROGRAM = """
import sys, time
from libs.common.broker.consumer import TandemBroker
from libs.common.broker.runner import run_workers
from services.workers.actors import register

def handle(store, ids):
    print("begun", flush=True)
    time.sleep(float(sys.argv[2]))
    print("done", flush=True)

broker = TandemBroker(sys.argv[1])
register(broker, {"orders": handle})
finished = run_workers(broker, ["orders"], threads=1, grace_seconds=2, on_stop=lambda: print("told", flush=True))
print(finished, flush=True)
"""


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_lets_the_running_handler_finish(
    rabbitmq_vhost: str, rig: RabbitRig, channel: amqp.Channel, signum: signal.Signals
) -> None:
    said, seconds = run_and_signal(rabbitmq_vhost, rig, signum, work_seconds=0.7)
    assert said == ["begun", "told", "done", "True"]
    assert seconds < 5
    assert eventually(lambda: ready(channel) == 1)  # the second was never begun


def test_a_handler_that_outlasts_the_grace_period_is_left_behind(
    rabbitmq_vhost: str, rig: RabbitRig, channel: amqp.Channel
) -> None:
    said, seconds = run_and_signal(rabbitmq_vhost, rig, signal.SIGTERM, work_seconds=60)
    assert said == ["begun", "told", "False"]
    assert seconds < 9
    assert eventually(lambda: ready(channel) == 2)


def run_and_signal(url: str, rig: RabbitRig, signum: signal.Signals, *, work_seconds: float) -> tuple[list[str], float]:
    rig.publisher.publish_nudges([nudge(1), nudge(2)])
    command = [sys.executable, "-c", PROGRAM, url, str(work_seconds)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            lines = []
            while "begun" not in lines:
                lines.append(process.stdout.readline().strip())
            started = time.monotonic()
            process.send_signal(signum)
            rest, _ = process.communicate(timeout=20)
            seconds = time.monotonic() - started
        finally:
            process.kill()
    assert process.returncode == 0
    said = [line for line in (*lines, *rest.splitlines()) if line in {"begun", "told", "done", "True", "False"}]
    return said, seconds
