"""Hints of many requests go to the ledger in one write.

While a write is under way the next hints gather; when it returns, they are written together. An idle gateway
therefore writes a hint at once, and a busy one makes few, large writes: no timer is involved. A durable write spends
most of its time waiting for the disk, so when enough hints have gathered meanwhile, another write begins beside it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

import structlog

from libs.common.errors import LedgerUnavailable
from libs.common.ledger.interface import HintSink
from libs.common.ledger.model import Hint, Recorded
from libs.common.logging import Seldom
from services.webhook_gateway.metrics import Metrics

_log = structlog.get_logger(__name__)
LOGGED_IDS = 20
ENOUGH_HINTS = 16
"""A further write begins only for so many: smaller ones would cost more than the waiting."""
_Waiting = tuple[Hint, "asyncio.Future[Recorded]"]


class Recorder:
    """`await recorder.record(hint, seconds=4)` returns once the ledger has the hint durably."""

    def __init__(
        self,
        sink: HintSink,
        *,
        writers: int,
        batch_limit: int,
        pending_limit: int,
        metrics: Metrics,
        on_recorded: Callable[[Hint], None],
    ) -> None:
        self._sink = sink
        self._writers = writers
        self._batch_limit = batch_limit
        self._pending_limit = pending_limit
        self._metrics = metrics
        self._on_recorded = on_recorded
        self._pending: deque[_Waiting] = deque()
        self._writes: set[asyncio.Task[None]] = set()
        self._looking = False
        self._stopped = False
        self._seldom = Seldom()

    async def stop(self) -> None:
        """By now no request waits any more; what is left was given up by its sender."""
        self._stopped = True
        writes = list(self._writes)
        for write in writes:
            write.cancel()
        await asyncio.gather(*writes, return_exceptions=True)
        while self._pending:
            _, answer = self._pending.popleft()
            answer.cancel()

    async def record(self, hint: Hint, *, seconds: float) -> Recorded:
        """Raises LedgerUnavailable when the ledger refused, has not answered in time, or too many wait for it."""
        if len(self._pending) >= self._pending_limit:
            raise LedgerUnavailable(f"{len(self._pending)} hints wait for the ledger already")
        answer: asyncio.Future[Recorded] = asyncio.get_running_loop().create_future()
        self._pending.append((hint, answer))
        self._look_soon()
        try:
            async with asyncio.timeout(seconds):
                return await answer
        except TimeoutError:
            raise LedgerUnavailable(f"no answer within {seconds:.1f} s") from None

    def _look_soon(self) -> None:
        # Not at once: what else arrives in this turn of the event loop goes along.
        if not self._looking:
            self._looking = True
            asyncio.get_running_loop().call_soon(self._look)

    def _look(self) -> None:
        """Begin as many writes as what waits is worth."""
        self._looking = False
        if self._stopped:
            return
        while self._pending and (
            not self._writes or (len(self._writes) < self._writers and len(self._pending) >= ENOUGH_HINTS)
        ):
            if batch := self._take():
                write = asyncio.create_task(self._write(batch), name="hints")
                self._writes.add(write)
                write.add_done_callback(self._written)

    def _written(self, write: asyncio.Task[None]) -> None:
        self._writes.discard(write)
        self._look_soon()

    def _take(self) -> list[_Waiting]:
        batch: list[_Waiting] = []
        while self._pending and len(batch) < self._batch_limit:
            hint, answer = self._pending.popleft()
            if not answer.done():  # given up by now: its sender repeats it
                batch.append((hint, answer))
        return batch

    async def _write(self, batch: list[_Waiting]) -> None:
        hints = [hint for hint, _ in batch]
        self._metrics.batch_hints.observe(len(hints))
        try:
            with self._metrics.write_seconds.time():
                results = await self._sink.record_hints(hints)
        except LedgerUnavailable as error:
            self._refuse(batch, error)
        except Exception as error:  # noqa: BLE001 - one hint that cannot be written must not end the recorder
            await self._write_apart(batch, error)
        else:
            for (hint, answer), result in zip(batch, results, strict=True):
                if result is Recorded.RECORDED:
                    self._on_recorded(hint)
                if not answer.done():
                    answer.set_result(result)

    async def _write_apart(self, batch: list[_Waiting], error: Exception) -> None:
        """The ledger choked on a batch: write its hints one by one, so that only the culprit is refused."""
        if len(batch) > 1:
            for waiting in batch:
                await self._write([waiting])
            return
        _log.error("hint_not_recorded", record_ids=[batch[0][0].id], error=type(error).__name__)
        self._refuse(batch, LedgerUnavailable(type(error).__name__), log=False)

    def _refuse(self, batch: list[_Waiting], error: LedgerUnavailable, *, log: bool = True) -> None:
        if log and (times := self._seldom.count("ledger")) is not None:
            ids = [hint.id for hint, _ in batch[:LOGGED_IDS]]
            _log.error("ledger_unavailable", reason=str(error), hints=len(batch), record_ids=ids, times=times)
        for _, answer in batch:
            if not answer.done():
                answer.set_exception(LedgerUnavailable(str(error)))
