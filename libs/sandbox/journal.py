"""What a sandbox did and what it was asked, so that a test can count what really happened.

`Journal` has an entry for every effect that was committed (nothing of a call that failed); `Calls` has one
for every call, with how long it took and how it ended. Both only grow, until `clear()`.
"""

from __future__ import annotations

import threading
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Effect:
    """One record created, changed or deleted: `model` (`sale.order`), `operation` (`create`, `write`, ...)."""

    model: str
    operation: str
    id: str
    external_id: str | None = None
    summary: dict[str, Any] = field(default_factory=dict)
    at: datetime = field(default_factory=_now)


@dataclass(frozen=True, slots=True)
class Call:
    """One request: `operation` (`sale.order.load`), seconds it took, `outcome` (`ok`, an error's name, a fault)."""

    operation: str
    seconds: float
    outcome: str = "ok"
    detail: dict[str, Any] = field(default_factory=dict)
    at: datetime = field(default_factory=_now)


class Journal:
    """Append-only and thread-safe; `entries` and `count` filter by what is given."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: list[Effect] = []

    def record(
        self,
        model: str,
        operation: str,
        id: str | int,  # noqa: A002 - the word that everybody uses for it
        *,
        external_id: str | None = None,
        summary: dict[str, Any] | None = None,
    ) -> None:
        self.extend([Effect(model, operation, str(id), external_id, summary or {})])

    def extend(self, effects: list[Effect]) -> None:
        """Adds the effects of one transaction together."""
        with self._lock:
            self._entries.extend(effects)

    def entries(
        self,
        model: str | None = None,
        operation: str | None = None,
        *,
        id: str | int | None = None,  # noqa: A002 - as above
        external_id: str | None = None,
    ) -> list[Effect]:
        with self._lock:
            entries = list(self._entries)
        return [
            entry
            for entry in entries
            if (model is None or entry.model == model)
            and (operation is None or entry.operation == operation)
            and (id is None or entry.id == str(id))
            and (external_id is None or entry.external_id == external_id)
        ]

    def count(self, model: str | None = None, operation: str | None = None, **filters: Any) -> int:
        return len(self.entries(model, operation, **filters))

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()

    def as_json(self) -> list[dict[str, Any]]:
        return [_plain(entry) for entry in self.entries()]


class Calls:
    """Append-only and thread-safe; patterns are globs over the operation, `*.load` for example."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: list[Call] = []

    def record(
        self, operation: str, seconds: float, outcome: str = "ok", *, detail: dict[str, Any] | None = None
    ) -> None:
        call = Call(operation, seconds, outcome, detail or {})
        with self._lock:
            self._entries.append(call)

    def entries(self, pattern: str = "*", *, outcome: str | None = None) -> list[Call]:
        with self._lock:
            entries = list(self._entries)
        return [
            entry
            for entry in entries
            if fnmatchcase(entry.operation, pattern) and (outcome is None or entry.outcome == outcome)
        ]

    def count(self, pattern: str = "*", *, outcome: str | None = None) -> int:
        return len(self.entries(pattern, outcome=outcome))

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()

    def as_json(self) -> list[dict[str, Any]]:
        return [_plain(entry) for entry in self.entries()]


def _plain(entry: Effect | Call) -> dict[str, Any]:
    return {**asdict(entry), "at": entry.at.isoformat()}
