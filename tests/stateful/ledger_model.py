"""What a record must look like after each event, as plainly as it can be said."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from libs.common.ledger.model import Claim, Held, Record, Settlement, State

DAY = datetime(2026, 11, 23, tzinfo=UTC)
LEASE_SECONDS = 60
OVERDUE_SECONDS = 30
BREAKER = "breaker:acme/odoo"
FINAL = {State.SYNCED, State.HELD, State.IGNORED}


def moment(version: int) -> datetime:
    return DAY + timedelta(seconds=version)


def number(version: datetime) -> int:
    return int((version - DAY).total_seconds())


@dataclass
class Model:
    """What a record must look like."""

    state: State = State.DUE
    due_at: datetime | None = None
    seq: int = 0
    wanted: int = 0
    applied: int | None = None
    attempts: int = 0
    claims: int = 0
    waits_for: str | None = None
    token: str | None = None
    until: datetime | None = None
    deliveries: set[str] = field(default_factory=set)

    def make_due(self, now: datetime) -> None:
        """Due now, keeping an earlier place in the queue."""
        self.due_at = min(self.due_at, now) if self.due_at else now
        self.state, self.waits_for = State.DUE, None

    def expired(self, now: datetime) -> bool:
        return self.state is State.RUNNING and self.until is not None and self.until < now

    def claimable(self, now: datetime) -> bool:
        return self.expired(now) or (self.state is State.DUE and self.due_at is not None and self.due_at <= now)

    def claimed(self, token: str, now: datetime) -> None:
        self.attempts += 1 if self.expired(now) else 0
        self.state, self.token, self.waits_for = State.RUNNING, token, None
        self.until = now + timedelta(seconds=LEASE_SECONDS)
        self.claims += 1

    def settled(self, as_asked: Settlement, now: datetime) -> bool:
        """Whether it is due again because of a hint."""
        hinted = self.seq > as_asked.seq and as_asked.waits_for != BREAKER
        self.token = self.until = self.due_at = self.waits_for = None
        self.attempts = as_asked.attempts
        self.state = State.DUE if hinted else as_asked.state
        if self.state is State.DUE:
            self.due_at = now if hinted or as_asked.due_at is None else as_asked.due_at
            self.waits_for = None if hinted else as_asked.waits_for
        if as_asked.state is State.SYNCED:
            assert as_asked.version is not None
            self.applied = number(as_asked.version)
        return hinted

    def matches(self, record: Record) -> None:
        assert (record.state, record.attempts, record.claims) == (self.state, self.attempts, self.claims)
        assert (record.wanted.seq, record.wanted.version or DAY) == (self.seq, moment(self.wanted))
        assert (record.lease and record.lease.token) == self.token
        assert (record.lease and record.lease.until) == self.until
        applied = None if self.applied is None else moment(self.applied)
        assert (record.synced and record.synced.version) == applied
        assert (record.held is not None) == (record.state is State.HELD)
        assert (record.ignored is not None) == (record.state is State.IGNORED)
        if record.state in FINAL:
            assert record.due_at is None
        else:
            assert (record.waits_for, record.due_at) == (self.waits_for, self.due_at)


@dataclass
class Work:
    """A claim in a worker's hands, and what it read in the shop when it began."""

    claim: Claim
    read: dict[str, int]

    def settlement(self, record: Record, outcome: str, now: datetime) -> Settlement:
        """What this worker would write about a record it has claimed."""
        later = now + timedelta(seconds=45)
        seq = record.wanted.seq
        if outcome == "synced":
            version = moment(self.read[record.source_id])
            return Settlement(record.id, State.SYNCED, seq, version=version, digest=f"v{version}")
        if outcome == "held":
            return Settlement(record.id, State.HELD, seq, held=Held("x", "y"), attempts=record.attempts + 1)
        if outcome == "ignored":
            return Settlement(record.id, State.IGNORED, seq, ignored="rule")
        waits = {"breaker": BREAKER, "needs": "acme/order/1", "backoff": None}[outcome]
        return Settlement(record.id, State.DUE, seq, due_at=later, waits_for=waits, attempts=record.attempts + 1)
