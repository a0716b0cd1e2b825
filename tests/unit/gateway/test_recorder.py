"""Many requests, few writes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import structlog

from libs.common.errors import LedgerUnavailable
from libs.common.ledger.model import Hint, Recorded
from services.webhook_gateway.metrics import Metrics
from services.webhook_gateway.recorder import ENOUGH_HINTS, Recorder
from tests.unit.gateway.world import MemorySink, until


def hint(number: int) -> Hint:
    return Hint("acme", "order", str(number), delivery_id=f"d{number}")


@asynccontextmanager
async def recorder(
    sink: MemorySink, *, writers: int = 1, batch_limit: int = 100, pending_limit: int = 1000
) -> AsyncIterator[tuple[Recorder, list[Hint]]]:
    nudged: list[Hint] = []
    made = Recorder(
        sink,
        writers=writers,
        batch_limit=batch_limit,
        pending_limit=pending_limit,
        metrics=Metrics(),
        on_recorded=nudged.append,
    )
    try:
        yield made, nudged
    finally:
        await made.stop()


async def test_what_arrives_during_a_write_goes_into_the_next_one_together() -> None:
    sink = MemorySink()
    async with recorder(sink) as (made, _):
        sink.gate.clear()
        first = asyncio.create_task(made.record(hint(0), seconds=5))
        await until(lambda: sink.writes)
        rest = [asyncio.create_task(made.record(hint(n), seconds=5)) for n in range(1, 30)]
        await asyncio.sleep(0.01)
        sink.gate.set()
        assert await asyncio.gather(first, *rest) == [Recorded.RECORDED] * 30
    assert sink.writes == [1, 29]


async def test_a_further_write_begins_only_when_enough_has_gathered() -> None:
    sink = MemorySink()
    async with recorder(sink, writers=2) as (made, _):
        sink.gate.clear()
        tasks = [asyncio.create_task(made.record(hint(0), seconds=5))]
        await until(lambda: sink.writes == [1])
        tasks += [asyncio.create_task(made.record(hint(n), seconds=5)) for n in range(1, ENOUGH_HINTS)]
        await asyncio.sleep(0.02)
        assert sink.writes == [1]
        tasks.append(asyncio.create_task(made.record(hint(98), seconds=5)))
        await until(lambda: sink.writes == [1, ENOUGH_HINTS])
        tasks += [asyncio.create_task(made.record(hint(n), seconds=5)) for n in range(200, 240)]
        await asyncio.sleep(0.02)
        assert sink.writes == [1, ENOUGH_HINTS]
        sink.gate.set()
        await asyncio.gather(*tasks)
    assert sink.writes == [1, ENOUGH_HINTS, 40]


async def test_a_lone_hint_is_written_at_once() -> None:
    sink = MemorySink()
    async with recorder(sink) as (made, _):
        began = asyncio.get_running_loop().time()
        await made.record(hint(1), seconds=5)
        assert asyncio.get_running_loop().time() - began < 0.05


async def test_one_write_holds_no_more_than_the_limit() -> None:
    sink = MemorySink()
    async with recorder(sink, batch_limit=10) as (made, _):
        await asyncio.gather(*(made.record(hint(n), seconds=5) for n in range(25)))
    assert sink.writes == [10, 10, 5]


async def test_each_request_gets_its_own_answer_and_only_new_ones_are_nudged() -> None:
    sink = MemorySink()
    async with recorder(sink) as (made, nudged):
        answers = await asyncio.gather(*(made.record(hint(n), seconds=5) for n in (1, 2, 1, 3)))
    assert answers == [Recorded.RECORDED, Recorded.RECORDED, Recorded.DUPLICATE, Recorded.RECORDED]
    assert [each.source_id for each in nudged] == ["1", "2", "3"]


async def test_a_failed_write_fails_its_requests_and_no_others() -> None:
    sink = MemorySink()
    async with recorder(sink) as (made, _):
        sink.away = True
        with pytest.raises(LedgerUnavailable):
            await made.record(hint(1), seconds=5)
        sink.away = False
        assert await made.record(hint(2), seconds=5) is Recorded.RECORDED


async def test_a_hint_that_cannot_be_written_takes_no_other_down_with_it() -> None:
    sink = MemorySink()
    sink.poison = "13"
    async with recorder(sink) as (made, _):
        with structlog.testing.capture_logs() as logs:
            answers = await asyncio.gather(
                *(made.record(hint(n), seconds=5) for n in range(10, 16)), return_exceptions=True
            )
    assert [isinstance(answer, LedgerUnavailable) for answer in answers] == [False, False, False, True, False, False]
    assert len(sink.hints) == 5
    assert "jon@example.com" not in str(logs)


async def test_more_than_may_wait_are_refused_at_once() -> None:
    sink = MemorySink()
    sink.gate.clear()
    async with recorder(sink, pending_limit=3, batch_limit=1) as (made, _):
        waiting = [asyncio.create_task(made.record(hint(0), seconds=5))]
        await until(lambda: sink.writes)
        waiting += [asyncio.create_task(made.record(hint(n), seconds=5)) for n in range(1, 4)]
        await until(lambda: len(made._pending) == 3)
        with pytest.raises(LedgerUnavailable, match="wait"):
            await made.record(hint(9), seconds=5)
        sink.gate.set()
        await asyncio.gather(*waiting)


async def test_what_was_given_up_while_waiting_is_not_written() -> None:
    sink = MemorySink()
    sink.gate.clear()
    async with recorder(sink) as (made, _):
        first = asyncio.create_task(made.record(hint(1), seconds=5))
        await until(lambda: sink.writes)
        with pytest.raises(LedgerUnavailable, match="within"):
            await made.record(hint(2), seconds=0.05)
        sink.gate.set()
        await first
        await made.record(hint(3), seconds=5)
    assert [each.source_id for each in sink.hints] == ["1", "3"]
