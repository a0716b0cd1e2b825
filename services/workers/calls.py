"""Which remote calls a batch made, for the history of its records: the clients report each call here."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from prometheus_client import Histogram

from libs.common.errors import Failure, Side
from libs.common.ledger.model import Event

CALL_SECONDS = Histogram("tandem_remote_call_seconds", "Duration of remote calls", ["side", "call", "outcome"])


@dataclass(frozen=True, slots=True)
class Call:
    """One remote call: `sale.order.load`, how long it took, for how many records, the failure's code if any."""

    side: Side
    name: str
    seconds: float
    records: int
    error: str | None = None

    def event(self, at: datetime) -> Event:
        """As a line of a record's history."""
        details: dict[str, object] = {"call": self.name, "ms": round(self.seconds * 1000), "records": self.records}
        if self.error:
            details["error"] = self.error
        return Event(at, "call", details)


OnCall = Callable[[str, float, int, Failure | None], None]


class CallLog:
    """Collects the calls of the batch that runs in this thread."""

    def __init__(self) -> None:
        self._local = threading.local()

    def begin(self, after_each: Callable[[], None]) -> None:
        self._local.calls = []
        self._local.after_each = after_each

    def reporter(self, side: Side) -> OnCall:
        """What the client of this side is given as `on_call`."""

        def report(name: str, seconds: float, records: int, error: Failure | None) -> None:
            CALL_SECONDS.labels(side, name, error.code if error else "ok").observe(seconds)
            calls: list[Call] | None = getattr(self._local, "calls", None)
            if calls is not None:
                calls.append(Call(side, name, seconds, records, error.code if error else None))
                self._local.after_each()

        return report

    def take(self) -> list[Call]:
        """The calls since `begin`, or since the last time."""
        calls: list[Call] = getattr(self._local, "calls", [])
        self._local.calls = []
        return calls
