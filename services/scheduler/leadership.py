"""Several schedulers may run; the one with the lease acts (FAULTS.md F32)."""

from __future__ import annotations

import time
from collections.abc import Callable

import structlog

from libs.common.errors import LedgerUnavailable
from libs.common.ledger.interface import Leaders

_log = structlog.get_logger(__name__)

NAME = "scheduler"
RENEWALS_PER_LEASE = 3


class Leadership:
    """A lease renewed three times in its length; held only as long as it certainly is.

    It counts from *before* the lease was asked for, on this process's own monotonic clock, so this process stops
    believing in it before the ledger lets anybody else have it.
    """

    def __init__(
        self,
        leaders: Leaders,
        holder: str,
        *,
        lease_seconds: float,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._leaders = leaders
        self._holder = holder
        self._lease_seconds = lease_seconds
        self._monotonic = monotonic
        self._until = float("-inf")

    @property
    def renew_seconds(self) -> float:
        return self._lease_seconds / RENEWALS_PER_LEASE

    def acting(self) -> bool:
        return self._monotonic() < self._until

    def renew(self) -> bool:
        """Ask for the lease, or for more of it; whether this one acts now. An unreachable ledger changes nothing."""
        before = self.acting()
        asked_at = self._monotonic()
        try:
            if self._leaders.acquire(NAME, self._holder, lease_seconds=self._lease_seconds):
                self._until = asked_at + self._lease_seconds
            else:
                self._until = float("-inf")
        except LedgerUnavailable as error:
            _log.warning("lease_not_renewed", reason=str(error), holder=self._holder, acting=self.acting())
        if self.acting() != before:
            _log.info("leadership_changed", acting=self.acting(), holder=self._holder)
        return self.acting()

    def resign(self) -> None:
        """Let another act at once instead of after the lease."""
        if not self.acting():
            return
        self._until = float("-inf")
        try:
            self._leaders.resign(NAME, self._holder)
        except LedgerUnavailable as error:
            _log.warning("lease_runs_out", reason=str(error), holder=self._holder)
