"""From what went wrong to what the ledger is to say: pure, so that a retry is a value (and a test)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from libs.common.domain.outcomes import Hold, Ignore, Needs
from libs.common.errors import Ambiguous, Failure, NeedsFirst, Outage, RateLimited, Rejected, Transient
from libs.common.ledger.model import Event, Held, Record, Settlement, State

#: When what was read is older than what was announced: Shopify's reading side lags behind its webhooks.
LAG_SECONDS = 3.0
#: A lost answer is looked up soon: the other side is up, and somebody may wait.
AMBIGUOUS_SECONDS = 1.0
NEEDS_SECONDS = 600.0
UNEXPECTED = "unexpected"
_OUTCOMES = frozenset(state.value for state in State)


@dataclass(frozen=True, slots=True)
class Retries:
    """When to give up, and how long to wait before the next try (`delay` is drawn by the caller)."""

    max_attempts: int
    delay_seconds: float


def held(record: Record, hold: Hold, events: Sequence[Event] = ()) -> Settlement:
    return Settlement(
        record.id,
        State.HELD,
        record.wanted.seq,
        held=Held(hold.code, hold.message, hold.hint, dict(hold.details)),
        events=tuple(events),
    )


def ignored(record: Record, ignore: Ignore, name: str | None = None) -> Settlement:
    return Settlement(record.id, State.IGNORED, record.wanted.seq, ignored=ignore.rule, name=name)


def waiting(record: Record, needs: Needs, now: datetime) -> Settlement:
    return Settlement(
        record.id,
        State.DUE,
        record.wanted.seq,
        due_at=now + needs.at_latest,
        waits_for=needs.record_id,
        attempts=record.attempts,
    )


def lagging(record: Record, now: datetime) -> Settlement:
    """Read too early: again in seconds, no attempt counted."""
    due_at = now + timedelta(seconds=LAG_SECONDS)
    return Settlement(record.id, State.DUE, record.wanted.seq, due_at=due_at, attempts=record.attempts)


def failed(
    record: Record,
    failure: Failure,
    now: datetime,
    retries: Retries,
    *,
    breaker: str | None = None,
    breaker_until: datetime | None = None,
    events: Sequence[Event] = (),
) -> Settlement:
    """What a failure means for a record; `breaker` (`breaker:acme/odoo`) is what it waits for in an outage."""
    events = (*events, Event(now, "failed", {"code": failure.code, "message": str(failure)[:500]}))
    again = Settlement(record.id, State.DUE, record.wanted.seq, attempts=record.attempts, events=events)
    if isinstance(failure, RateLimited):
        return _due(again, now + timedelta(seconds=failure.after_seconds))
    if isinstance(failure, Outage):
        until = breaker_until or now + timedelta(seconds=retries.delay_seconds)
        return _due(again, until, waits_for=breaker)
    if isinstance(failure, NeedsFirst):
        return _due(again, now + timedelta(seconds=NEEDS_SECONDS), waits_for=failure.record_id)
    attempts = record.attempts + 1
    if isinstance(failure, Rejected):
        return held(record, _hold(failure), events)
    if attempts >= retries.max_attempts:
        return held(record, gave_up(attempts, failure), events)
    seconds = AMBIGUOUS_SECONDS if isinstance(failure, Ambiguous) and attempts == 1 else retries.delay_seconds
    return _due(again, now + timedelta(seconds=seconds), attempts=attempts)


def gave_up(attempts: int, failure: Failure | None = None) -> Hold:
    """After the last attempt; without a failure the worker itself went down with the record every time."""
    if failure is None:
        return Hold(
            "gave_up",
            f"the worker went down {attempts} times while it had this record",
            "look into the workers' logs for this record, then `tandem records retry`",
        )
    return Hold(
        "gave_up",
        f"gave up after {attempts} attempts: {failure.message}",
        failure.hint or "see the history, then `tandem records retry`",
        {"code": failure.code, **failure.details},
    )


def unexpected(error: BaseException) -> Transient:
    """A bug of ours, or something nobody thought of: tried again like a passing fault, then held."""
    return Transient(f"unexpected {type(error).__name__}: {error}"[:500], code=UNEXPECTED)


def crashed_before(record: Record) -> bool:
    """Whether a worker went down with it since it was last settled; the ledger notes a lease that ran out."""
    for event in reversed(record.history):
        if event.what in _OUTCOMES:
            return False
        if event.what == "claim" and "after" in event.details:
            return True
    return False


def _hold(failure: Rejected) -> Hold:
    return Hold(failure.code, failure.message, failure.hint, dict(failure.details))


def _due(
    base: Settlement, due_at: datetime, *, waits_for: str | None = None, attempts: int | None = None
) -> Settlement:
    return Settlement(
        base.record_id,
        base.state,
        base.seq,
        due_at=due_at,
        waits_for=waits_for,
        attempts=base.attempts if attempts is None else attempts,
        events=base.events,
    )
