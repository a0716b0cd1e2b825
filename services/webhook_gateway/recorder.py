"""Hints of many requests go to the ledger in one write.

While writes are under way the next hints gather; when one returns, they are written together. An idle gateway
therefore writes a hint at once, and a busy one makes few, large writes: no timer is involved. Several writes are
under way at once, because a durable one spends most of its time waiting for the disk, and the ledger's engine
brings many to the disk together.
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
        self._arrived = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._seldom = Seldom()

    def start(self) -> None:
        self._tasks = [asyncio.create_task(self._run(), name=f"recorder-{n}") for n in range(self._writers)]

    async def stop(self) -> None:
        """By now no request waits any more; what is left was given up by its sender."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        while self._pending:
            _, answer = self._pending.popleft()
            answer.cancel()

    async def record(self, hint: Hint, *, seconds: float) -> Recorded:
        """Raises LedgerUnavailable when the ledger refused, has not answered in time, or too many wait for it."""
        if len(self._pending) >= self._pending_limit:
            raise LedgerUnavailable(f"{len(self._pending)} hints wait for the ledger already")
        answer: asyncio.Future[Recorded] = asyncio.get_running_loop().create_future()
        self._pending.append((hint, answer))
        self._arrived.set()
        try:
            async with asyncio.timeout(seconds):
                return await answer
        except TimeoutError:
            raise LedgerUnavailable(f"no answer within {seconds:.1f} s") from None

    async def _run(self) -> None:
        while True:
            await self._arrived.wait()
            batch = self._take()
            if batch:
                await self._write(batch)

    def _take(self) -> list[_Waiting]:
        batch: list[_Waiting] = []
        while self._pending and len(batch) < self._batch_limit:
            hint, answer = self._pending.popleft()
            if not answer.done():  # given up by now: its sender repeats it
                batch.append((hint, answer))
        if not self._pending:
            self._arrived.clear()
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
