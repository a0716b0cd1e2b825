"""What a plan may decide about one record."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any


@dataclass(frozen=True, slots=True)
class Hold:
    """A person must act: `code` for machines, `message` says what, `hint` says what to do."""

    code: str
    message: str
    hint: str = ""
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ignore:
    """A rule leaves this record out; `rule` names it."""

    rule: str


@dataclass(frozen=True, slots=True)
class Needs:
    """Another record (a ledger id) must be synced first."""

    record_id: str
    at_latest: timedelta = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Nothing:
    """Both sides agree already; nothing is written."""

    digest: str
