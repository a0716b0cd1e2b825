"""Nudges leave outside the request's path, and a broker that is away costs nothing but time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise

import pytest

from libs.common.ledger.model import Hint
from services.webhook_gateway import nudger as nudger_module
from services.webhook_gateway.metrics import Metrics
from services.webhook_gateway.nudger import Nudger
from tests.unit.gateway.world import MemoryPublisher, MemorySink, order, running, until


def hint(number: int, store: str = "acme") -> Hint:
    return Hint(store, "order", str(number))


@asynccontextmanager
async def nudger(
    sink: MemorySink, publisher: MemoryPublisher, *, buffer_limit: int = 1000, gather_seconds: float = 0.0
) -> AsyncIterator[tuple[Nudger, Metrics]]:
    metrics = Metrics()
    made = Nudger(sink, publisher, gather_seconds=gather_seconds, buffer_limit=buffer_limit, metrics=metrics)
    made.start()
    try:
        yield made, metrics
    finally:
        await made.stop(seconds=2)


def counted(metrics: Metrics, outcome: str) -> float:
    return metrics.registry.get_sample_value("tandem_gateway_nudges_total", {"outcome": outcome}) or 0.0


async def test_nudges_are_grouped_by_store_sent_by_another_thread_and_marked() -> None:
    sink, publisher = MemorySink(), MemoryPublisher()
    async with nudger(sink, publisher, gather_seconds=0.02) as (made, _):
        for number in range(45):
            made.add(hint(number, "acme" if number % 3 else "other"))
            made.add(hint(number, "acme" if number % 3 else "other"))
        await until(lambda: len(sink.marked) == 45)
    assert sorted(len(nudge.ids) for nudge in publisher.sent) == [10, 15, 20]
    assert sorted(publisher.ids) == sorted(sink.marked)
    assert all(name.startswith("nudger") for name in publisher.threads)


async def test_a_broker_that_is_away_is_tried_again_and_nothing_marked_before() -> None:
    sink, publisher = MemorySink(), MemoryPublisher()
    publisher.away = True
    async with nudger(sink, publisher) as (made, metrics):
        made.add(hint(1))
        await until(lambda: publisher.calls >= 2)
        assert made.broker_answers is False
        assert not sink.marked
        publisher.away = False
        await until(lambda: sink.marked == ["acme/order/1"])
        await until(lambda: made.broker_answers)
        assert counted(metrics, "failed") >= 2


async def test_the_pauses_grow_with_every_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nudger_module, "FIRST_PAUSE_SECONDS", 0.01)
    sink, publisher = MemorySink(), MemoryPublisher()
    publisher.away = True
    times: list[float] = []
    original = publisher.publish_nudges

    def timed(nudges: list[object]) -> list[object]:
        times.append(time.monotonic())
        return original(nudges)  # type: ignore[arg-type,return-value]

    monkeypatch.setattr(publisher, "publish_nudges", timed)
    async with nudger(sink, publisher) as (made, _):
        made.add(hint(1))
        await until(lambda: len(times) >= 6)
        publisher.away = False
    pauses = [after - before for before, after in pairwise(times)]
    assert pauses[4] > 2 * pauses[0]


async def test_the_buffer_is_bounded_and_what_does_not_fit_is_counted() -> None:
    sink, publisher = MemorySink(), MemoryPublisher()
    publisher.away = True
    async with nudger(sink, publisher, buffer_limit=10) as (made, metrics):
        for number in range(25):
            made.add(hint(number))
        assert counted(metrics, "dropped") == 15
        await until(lambda: publisher.calls >= 1)
        for number in range(100, 125):
            made.add(hint(number))
        await until(lambda: publisher.calls >= 2)
        assert len(made._waiting) <= 10
        publisher.away = False


async def test_what_the_broker_did_not_confirm_is_left_to_the_sweeper() -> None:
    sink, publisher = MemorySink(), MemoryPublisher()
    publisher.confirms = 1
    async with nudger(sink, publisher, gather_seconds=0.02) as (made, metrics):
        for number in range(30):
            made.add(hint(number))
        await until(lambda: len(sink.marked) == 20)
        await until(lambda: counted(metrics, "dropped") == 10)


async def test_a_ledger_that_cannot_mark_does_not_stop_the_sending() -> None:
    sink, publisher = MemorySink(), MemoryPublisher()
    async with nudger(sink, publisher) as (made, _):
        sink.away = True
        made.add(hint(1))
        await until(lambda: publisher.ids == ["acme/order/1"])
        sink.away = False
        made.add(hint(2))
        await until(lambda: sink.marked == ["acme/order/2"])


async def test_a_stop_sends_what_waits() -> None:
    sink, publisher = MemorySink(), MemoryPublisher()
    publisher.away = True
    async with nudger(sink, publisher) as (made, _):
        made.add(hint(1))
        await until(lambda: publisher.calls >= 1)
        publisher.away = False
    assert sink.marked == ["acme/order/1"]


async def test_a_stop_does_not_wait_for_a_broker_that_is_away() -> None:
    sink, publisher = MemorySink(), MemoryPublisher()
    publisher.away = True
    async with nudger(sink, publisher) as (made, _):
        made.add(hint(1))
        await until(lambda: publisher.calls >= 1)
        began = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - began < 1


async def test_requests_do_not_notice_that_the_broker_is_away() -> None:
    async with running() as world:
        world.publisher.away = True
        answers = [await world.post(order(number), delivery=str(number)) for number in range(20)]
        assert {answer.status_code for answer in answers} == {200}
        await until(lambda: world.publisher.calls >= 1)
        await asyncio.sleep(0.02)
        assert (await world.client.get("/health/ready")).json() == {"ledger": True, "broker": False}
        assert (await world.client.get("/health/ready")).status_code == 200
