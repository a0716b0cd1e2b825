"""Nudges leave outside the requests' path: recorded hints are gathered for a moment, sent together, then marked.

The broker may be away: nudges wait in a bounded buffer and are tried again with a growing pause; what does not fit
is dropped, because the scheduler's sweeper sends whatever was never marked as sent (FAULTS.md F06, F07, F09).
"""

from __future__ import annotations

import asyncio
import random
from concurrent.futures import ThreadPoolExecutor

import structlog

from libs.common.broker.interface import IDS_PER_NUDGE, Nudge, Publisher, group_nudges
from libs.common.errors import BrokerUnavailable, LedgerUnavailable
from libs.common.ledger.interface import HintSink
from libs.common.ledger.model import Hint
from libs.common.logging import Seldom
from services.webhook_gateway.metrics import Metrics

_log = structlog.get_logger(__name__)

IDS_PER_ROUND = 100
"""Five full messages and one mark. Marks of a thousand records kept the database busy for so long at a time that the
slowest webhooks waited half as long again."""
LONGEST_GATHER_SECONDS = 0.25
"""While full messages' worth arrives, gathering takes longer and longer, up to this: many messages and marks at once
cost the broker's and the ledger's disks little more than one, and the workers have enough to do meanwhile."""
FIRST_PAUSE_SECONDS = 0.25
LONGEST_PAUSE_SECONDS = 10.0
LOGGED_IDS = 20


class Nudger:
    """`add` is called on the event loop and never waits; publishing has a thread of its own."""

    def __init__(
        self, sink: HintSink, publisher: Publisher, *, gather_seconds: float, buffer_limit: int, metrics: Metrics
    ) -> None:
        self._sink = sink
        self._publisher = publisher
        self._gather_seconds = gather_seconds
        self._buffer_limit = buffer_limit
        self._metrics = metrics
        self._waiting: dict[str, Hint] = {}
        self._arrived = asyncio.Event()
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="nudger")
        self._failures = 0
        self._seldom = Seldom()

    @property
    def broker_answers(self) -> bool:
        """Whether the last attempt to publish went through (or there was none yet)."""
        return self._failures == 0

    def add(self, hint: Hint) -> None:
        """Nudge this record soon; twice within a moment is once."""
        if hint.id not in self._waiting and len(self._waiting) >= self._buffer_limit:
            self._drop([hint])
            return
        self._waiting[hint.id] = hint
        self._metrics.nudges_waiting.set(len(self._waiting))
        self._arrived.set()

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="nudger")

    async def stop(self, *, seconds: float) -> None:
        """Send what waits, for at most `seconds` and only while the broker answers."""
        self._stopping.set()
        self._arrived.set()
        if self._task is not None:
            await asyncio.wait([self._task], timeout=seconds)
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._thread.shutdown(wait=False, cancel_futures=True)
        if self._waiting:
            _log.warning(
                "nudges_left_to_sweeper", nudges=len(self._waiting), record_ids=list(self._waiting)[:LOGGED_IDS]
            )

    async def _run(self) -> None:
        gather = self._gather_seconds
        while not (self._stopping.is_set() and not self._waiting):
            await self._arrived.wait()
            await self._sleep(gather)
            hints = self._take()
            busy = len(hints) >= IDS_PER_NUDGE
            gather = min(LONGEST_GATHER_SECONDS, max(gather * 2, 0.01)) if busy else self._gather_seconds
            if not hints or await self._send(hints):
                continue
            self._put_back(hints)
            if self._stopping.is_set():
                return
            await self._pause()

    async def _sleep(self, seconds: float) -> None:
        """For so long, unless a stop cuts it short."""
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            return

    def _take(self) -> list[Hint]:
        taken = [self._waiting.pop(key) for key in list(self._waiting)[:IDS_PER_ROUND]]
        if not self._waiting and not self._stopping.is_set():
            self._arrived.clear()
        self._metrics.nudges_waiting.set(len(self._waiting))
        return taken

    def _put_back(self, hints: list[Hint]) -> None:
        room = self._buffer_limit - len(self._waiting)
        self._waiting = {hint.id: hint for hint in hints[:room]} | self._waiting
        self._metrics.nudges_waiting.set(len(self._waiting))
        self._arrived.set()
        if hints[room:]:
            self._drop(hints[room:])

    async def _send(self, hints: list[Hint]) -> bool:
        """Whether the broker took any: what it did not confirm of them is the sweeper's."""
        loop = asyncio.get_running_loop()
        nudges = group_nudges(hints)
        try:
            confirmed = await loop.run_in_executor(self._thread, self._publisher.publish_nudges, nudges)
        except Exception as error:  # noqa: BLE001 - a broken publisher must not end the loop: requests go on regardless
            self._failed(hints, error)
            return False
        self._failures = 0
        await self._mark(confirmed)
        if len(confirmed) < len(nudges):
            sent = {each for nudge in confirmed for each in nudge.ids}
            self._drop([hint for hint in hints if hint.id not in sent])
        return True

    async def _mark(self, confirmed: list[Nudge]) -> None:
        ids = [each for nudge in confirmed for each in nudge.ids]
        self._metrics.nudges.labels("sent").inc(len(ids))
        try:
            await self._sink.mark_nudged(ids)
        except LedgerUnavailable as error:
            # Sent, but not marked: the sweeper sends them once more, which does no harm.
            if (times := self._seldom.count("mark")) is not None:
                _log.warning("nudges_not_marked", reason=str(error), nudges=len(ids), times=times)

    def _failed(self, hints: list[Hint], error: Exception) -> None:
        self._failures += 1
        self._metrics.nudges.labels("failed").inc(len(hints))
        if (times := self._seldom.count("publish")) is not None:
            ids = [hint.id for hint in hints[:LOGGED_IDS]]
            expected = isinstance(error, BrokerUnavailable)
            _log.warning(
                "broker_unavailable" if expected else "publishing_failed",
                error=type(error).__name__,
                reason=str(error),
                waiting=len(self._waiting) + len(hints),
                record_ids=ids,
                times=times,
            )

    async def _pause(self) -> None:
        """Longer with every failure, and not the same for all gateways at once."""
        longest = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** min(self._failures, 10))
        pause = random.uniform(longest / 2, longest)  # noqa: S311 - spreads load, guards nothing
        await self._sleep(pause)

    def _drop(self, hints: list[Hint]) -> None:
        self._metrics.nudges.labels("dropped").inc(len(hints))
        if (times := self._seldom.count("drop")) is not None:
            ids = [hint.id for hint in hints[:LOGGED_IDS]]
            _log.warning("nudges_left_to_sweeper", nudges=len(hints), record_ids=ids, times=times)
