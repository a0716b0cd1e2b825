"""The scheduler: upkeep at intervals, done by whichever of them holds the lease.

`Scheduler(...).start()` and `.stop()` in a process or beside other services; `run_once()` for one round by hand.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from libs.common.broker.interface import Publisher
from libs.common.clock import Clock
from libs.common.errors import BrokerUnavailable, LedgerUnavailable
from libs.common.ledger.interface import Leaders, Ledger
from libs.common.settings import SchedulerSettings
from services.scheduler.leadership import Leadership
from services.scheduler.metrics import Metrics
from services.scheduler.odoo_poll.poller import Poller
from services.scheduler.sweeper import Sweeper, Swept

_log = structlog.get_logger(__name__)

COUNT_SECONDS = 30.0
JOB_THREADS = 4


@dataclass(frozen=True, slots=True)
class Job:
    """Something to do every so often."""

    name: str
    seconds: float
    run: Callable[[], object]


def _holder() -> str:
    """Whoever acts, told apart from a namesake that was restarted: `host:pid:random`."""
    return f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"


class Scheduler:
    """Renews its lease, sweeps, counts the backlog, and with a `poller` asks each store's Odoo what changed."""

    def __init__(
        self,
        ledger: Ledger,
        leaders: Leaders,
        publisher: Publisher,
        settings: SchedulerSettings,
        clock: Clock | None = None,
        *,
        holder: str | None = None,
        metrics: Metrics | None = None,
        poller: Poller | None = None,
    ) -> None:
        self.metrics = metrics or Metrics()
        self.leadership = Leadership(leaders, holder or _holder(), lease_seconds=settings.leader_lease_seconds)
        self._ledger = ledger
        self._sweeper = Sweeper(ledger, publisher, settings, clock or ledger.clock, self.metrics)
        self._settings = settings
        self._poller = poller
        if poller is not None:
            poller.metrics = self.metrics
        self._stopping = threading.Event()
        self._timer: BackgroundScheduler | None = None

    def jobs(self) -> list[Job]:
        jobs = [
            Job("lease", self.leadership.renew_seconds, self._renew),
            Job("sweep", self._settings.sweep_seconds, self._sweep),
            Job("count", COUNT_SECONDS, self._count),
        ]
        return [*jobs, Job("poll", self._settings.poll_seconds, self._poll)] if self._poller else jobs

    def run_once(self) -> Swept | None:
        """One round now: None when another acts, or when the ledger or the broker was away (logged and counted)."""
        self._renew()
        return self._sweep()

    def start(self) -> None:
        """Begin, in threads of its own."""
        self._stopping.clear()
        # A sweep that takes longer than its interval is simply continued; the timer would warn of it every time.
        logging.getLogger("apscheduler.executors").setLevel(logging.ERROR)
        logging.getLogger("apscheduler.scheduler").setLevel(logging.ERROR)
        timer = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(JOB_THREADS)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        self._renew()
        for job in self.jobs():
            timer.add_job(job.run, "interval", seconds=job.seconds, name=job.name, next_run_time=datetime.now(UTC))
        timer.start()
        self._timer = timer

    def stop(self) -> None:
        """Finish the page under way, give the lease back. Returns when nothing of it runs any more."""
        self._stopping.set()
        if self._timer is not None:
            self._timer.shutdown(wait=True)
            self._timer = None
        if self._poller is not None:
            self._poller.stop()
        self.leadership.resign()
        self.metrics.acting.set(0)

    def _may_act(self) -> bool:
        return not self._stopping.is_set() and self.leadership.acting()

    def _renew(self) -> None:
        if not self._stopping.is_set():
            self.metrics.acting.set(int(self.leadership.renew()))

    def _sweep(self) -> Swept | None:
        if not self._may_act():
            return None
        try:
            swept = self._sweeper.sweep(go_on=self._may_act)
        except BrokerUnavailable as error:
            self.metrics.failures.labels("broker").inc()
            _log.warning("broker_unavailable", reason=str(error), hint="what is due is sent by a later sweep")
        except LedgerUnavailable as error:
            self.metrics.failures.labels("ledger").inc()
            _log.warning("ledger_unavailable", reason=str(error))
        else:
            self.metrics.swept_at.set_to_current_time()
            return swept
        return None

    def _poll(self) -> None:
        if self._poller is None or not self._may_act():
            return
        try:
            self._poller.round(go_on=self._may_act)
        except LedgerUnavailable as error:
            self.metrics.failures.labels("ledger").inc()
            _log.warning("ledger_unavailable", reason=str(error))

    def _count(self) -> None:
        if not self._may_act():
            return
        try:
            counts = self._ledger.counts()
        except LedgerUnavailable as error:
            self.metrics.failures.labels("ledger").inc()
            _log.warning("ledger_unavailable", reason=str(error))
            return
        self.metrics.records.clear()
        for (store, entity, state), count in counts.items():
            self.metrics.records.labels(store, entity, state.value).set(count)
