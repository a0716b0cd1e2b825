"""The time by which leases and due times go.

Clocks of hosts differ (FAULTS.md F31), so the ledger's own clock decides: `LedgerClock` asks the
database now and then what time it is and counts on from there with the monotonic clock.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

RESYNC_SECONDS = 30.0


class Clock(Protocol):
    """Anything that tells an aware UTC time, cut to milliseconds as MongoDB stores it."""

    def now(self) -> datetime: ...


def to_milliseconds(moment: datetime) -> datetime:
    """The same moment as MongoDB gives it back: milliseconds, UTC."""
    return moment.astimezone(UTC).replace(microsecond=moment.microsecond // 1000 * 1000)


class SystemClock:
    """This host's clock: for the embedded mode, where one process is all there is."""

    def now(self) -> datetime:
        return to_milliseconds(datetime.now(UTC))


class ManualClock:
    """A clock that a test moves by hand."""

    def __init__(self, start: datetime | None = None) -> None:
        self._now = to_milliseconds(start or datetime(2026, 11, 23, 12, 0, tzinfo=UTC))

    def now(self) -> datetime:
        return self._now

    def advance(self, seconds: float) -> None:
        self._now = to_milliseconds(self._now + timedelta(seconds=seconds))


class LedgerClock:
    """The database's clock, asked every `RESYNC_SECONDS` and counted on in between.

    `ask` returns the database's present time (MongoDB: `hello` → `localTime`). When it cannot be asked,
    the last answer is counted on: a database that is away gives no leases either.
    """

    def __init__(self, ask: Callable[[], datetime], *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._ask = ask
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._base: datetime | None = None
        self._asked_at = 0.0

    def now(self) -> datetime:
        with self._lock:
            elapsed = self._monotonic() - self._asked_at
            if self._base is None or elapsed > RESYNC_SECONDS:
                self._resync(first=self._base is None)
                elapsed = self._monotonic() - self._asked_at
            assert self._base is not None  # noqa: S101 - _resync sets it or raises
            return to_milliseconds(self._base + timedelta(seconds=elapsed))

    def _resync(self, *, first: bool) -> None:
        before = self._monotonic()
        try:
            answer = self._ask()
        except Exception:
            if first:
                raise
            return
        after = self._monotonic()
        # The answer was made somewhere between asking and getting it: the middle is the best guess.
        self._base, self._asked_at = answer, (before + after) / 2
