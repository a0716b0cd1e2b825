"""The sweeper: whatever is due and has no message on its way gets one (again).

It is what makes a lost message cost time and no data. It sends no more than the workers can take: the records on
their way are bounded, so a day of backlog is no flood.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from libs.common.broker.interface import Publisher, group_nudges
from libs.common.broker.topology import ENTITIES
from libs.common.clock import Clock
from libs.common.ledger.interface import Ledger
from libs.common.ledger.model import Record
from libs.common.settings import SchedulerSettings
from services.scheduler.metrics import Metrics

_log = structlog.get_logger(__name__)

PAGE_RECORDS = 500
LOGGED_IDS = 20


@dataclass(frozen=True, slots=True)
class Swept:
    """What one sweep did."""

    nudged: int
    outstanding: int
    """Records on their way before it began."""


class Sweeper:
    """`sweep` is idempotent: done twice, or by two at once, it costs messages and nothing else."""

    def __init__(
        self, ledger: Ledger, publisher: Publisher, settings: SchedulerSettings, clock: Clock, metrics: Metrics
    ) -> None:
        self._ledger = ledger
        self._publisher = publisher
        self._settings = settings
        self._clock = clock
        self._metrics = metrics

    def sweep(self, *, go_on: Callable[[], bool] = lambda: True) -> Swept:
        """Nudge, page by page, while `go_on` says so. Raises LedgerUnavailable or BrokerUnavailable."""
        overdue = self._settings.overdue_seconds
        outstanding = self._ledger.outstanding(overdue_seconds=overdue)
        self._metrics.outstanding.set(outstanding)
        room = self._settings.outstanding_limit - outstanding
        nudged = 0
        while room > nudged and go_on():
            limit = min(PAGE_RECORDS, room - nudged)
            # Links (a customer, a variant) are records too, and no worker has a queue for them yet.
            records = self._ledger.to_nudge(limit=limit, overdue_seconds=overdue, entities=list(ENTITIES))
            if nudged == 0:
                self._metrics.lag_seconds.set(self._lag_seconds(records))
            sent = self._nudge(records)
            nudged += sent
            if sent < limit:
                break  # nothing is left, or the broker does not take it all: later again
        if room <= 0:
            _log.info("sweep_waits", outstanding=outstanding, limit=self._settings.outstanding_limit)
        return Swept(nudged, outstanding)

    def _nudge(self, records: Sequence[Record]) -> int:
        """How many of them the broker confirmed."""
        if not records:
            return 0
        confirmed = self._publisher.publish_nudges(group_nudges(records))
        # Marked after the confirm: a crash in between sends them twice, never not at all.
        ids = [each for nudge in confirmed for each in nudge.ids]
        self._ledger.mark_nudged(ids)
        self._metrics.nudged.inc(len(ids))
        _log.info("swept", nudged=len(ids), found=len(records), record_ids=ids[:LOGGED_IDS])
        return len(ids)

    def _lag_seconds(self, records: Sequence[Record]) -> float:
        due = [record.due_at for record in records if record.due_at is not None]
        return max(0.0, (self._clock.now() - min(due)).total_seconds()) if due else 0.0
