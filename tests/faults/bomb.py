"""Kills a worker at a chosen call, or fresh ones at each call in turn, for FAULTS.md F13."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable

import pytest

from libs.common.ledger.model import Hint
from libs.sandbox.faults import Call, Fault
from tests.rig import Rig
from tests.workers import Worker

#: More calls than a record can need: the walk must end before, because a worker got through.
TOO_MANY_CALLS = 60


class Bomb:
    """Kills a process at the n-th call that reaches either sandbox: after it was applied (or before), unanswered."""

    def __init__(self, rig: Rig, *, applied: bool = True) -> None:
        self._lock = threading.Lock()
        self._left = 0
        self._among: frozenset[str] | None = None
        self._victim: Worker | None = None
        self.gone = threading.Event()
        for sandbox in (rig.shop, rig.odoo):
            sandbox.faults.add(Fault(self._now, Call(self._kill, applied=applied, drop=True), times=None))

    def arm(self, victim: Worker, at_call: int, *, among: frozenset[str] | None = None) -> None:
        """`among` counts only calls of these names."""
        with self._lock:
            self._victim, self._left, self._among = victim, at_call, among
            self.gone.clear()

    def disarm(self) -> None:
        with self._lock:
            self._victim = None

    def _now(self, operation: str) -> bool:
        with self._lock:
            if self._victim is None or (self._among is not None and operation not in self._among):
                return False
            self._left -= 1
            return self._left == 0

    def _kill(self) -> None:
        with self._lock:
            victim, self._victim = self._victim, None
        assert victim is not None
        victim.send_signal(signal.SIGKILL)
        victim.wait()
        self.gone.set()


def kill_at_every_call(rig: Rig, queue: str, place: Callable[[int], Hint]) -> tuple[list[str], int]:
    """A fresh worker of `queue` dies at its first remote call, another at its second, until one gets through.

    Each has a record of its own to do, which `place` makes and announces; the next worker finishes it. Gives the ids
    of the records, in the order in which they were placed, all settled, and how many workers were killed: every call
    of a fresh worker, reads of reference data included, had its turn.
    """
    bomb, placed = Bomb(rig), list[str]()
    with rig.scheduler(sweep_seconds=0.1, overdue_seconds=0.5):
        for at_call in range(1, TOO_MANY_CALLS):
            hint = place(at_call)
            worker = rig.start_worker(queue, worker_lease_seconds=1)
            bomb.arm(worker, at_call)
            rig.ledger.record_hints([hint])
            placed.append(hint.id)
            while rig.settled([hint.id]) == 0 and not bomb.gone.wait(0.05):
                assert worker.poll() is None or bomb.gone.wait(5), "the worker died by itself"
            bomb.disarm()
            if killed := bomb.gone.is_set():
                worker = rig.start_worker(queue, worker_lease_seconds=1)
            rig.wait_settled(placed, seconds=30)
            worker.kill()
            worker.wait()
            if not killed:
                return placed, at_call - 1
    pytest.fail("no worker got through")
