"""What a record may become: pure functions, the one place where the moves between states are decided.

    due ──claim──> running ──settle──> synced, held, ignored, or due again
     ^                │  └─ lease run out: claimed anew, one attempt more
     └── hint, retry ─┴── synced, held, ignored

The repository writes the same rules as filters, so that the database checks them in the write itself.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from libs.common.clock import to_milliseconds
from libs.common.ledger.model import Hint, Record, Recorded, State

CLOCK_TOLERANCE = timedelta(milliseconds=500)
"""How far two processes' ideas of the database's time may be apart: half a round trip each.

Without it a message may reach a worker whose clock is some milliseconds behind the gateway's: the record would not
be due yet, the message spent, and the record left to the sweeper.
"""

BREAKER_PREFIX = "breaker:"

FINAL = frozenset({State.SYNCED, State.HELD, State.IGNORED})

ALLOWED: dict[State, frozenset[State]] = {
    State.DUE: frozenset({State.DUE, State.RUNNING}),
    State.RUNNING: frozenset(State),
    State.SYNCED: frozenset({State.SYNCED, State.DUE}),
    State.HELD: frozenset({State.HELD, State.DUE}),
    State.IGNORED: frozenset({State.IGNORED, State.DUE}),
}


def may_move(before: State, after: State) -> bool:
    """Whether any event leads from one to the other."""
    return after in ALLOWED[before]


def breaker_key(store: str, side: str) -> str:
    """What a record waits for while a side is down: `breaker:acme/odoo`"""
    return f"{BREAKER_PREFIX}{store}/{side}"


def waits_for_breaker(waits_for: str | None) -> bool:
    return waits_for is not None and waits_for.startswith(BREAKER_PREFIX)


def judge_hint(
    hint: Hint, *, deliveries: Collection[str], synced_version: datetime | None, seen: Collection[str] = ()
) -> Recorded:
    """What a hint is worth to a record that knows these deliveries and has applied this version.

    Only an older version is stale: `updated_at` ticks in seconds, so an equal one may tell something new.
    """
    if hint.delivery_id is not None and (hint.delivery_id in deliveries or hint.delivery_id in seen):
        return Recorded.DUPLICATE
    if hint.version is not None and synced_version is not None and to_milliseconds(hint.version) < synced_version:
        return Recorded.STALE
    return Recorded.RECORDED


def hint_leaves_state(state: State, waits_for: str | None) -> bool:
    """Whether a hint only raises `wanted`: for a running record, and for one whose side is down.

    Everything else becomes due now, a record in back-off too: what hindered it may be what has changed.
    """
    return state is State.RUNNING or (state is State.DUE and waits_for_breaker(waits_for))


def after_hint(state: State, waits_for: str | None) -> State:
    return state if hint_leaves_state(state, waits_for) else State.DUE


def lease_expired(record: Record, now: datetime) -> bool:
    return record.state is State.RUNNING and (record.lease is None or record.lease.until < now)


def claimable(record: Record, now: datetime) -> bool:
    """Due and its time has come, as far as clocks agree, or running past its lease."""
    is_due = record.state is State.DUE and record.due_at is not None and record.due_at <= now + CLOCK_TOLERANCE
    return is_due or lease_expired(record, now)


def attempts_when_claimed(record: Record, now: datetime) -> int:
    """A lease that ran out counts as a failure: whoever held it died, perhaps of this record (FAULTS.md F15)."""
    return record.attempts + (1 if lease_expired(record, now) else 0)


def hints_count(settled_as: State, waits_for: str | None) -> bool:
    """Whether a hint that came meanwhile makes the record due at once.

    Not when it is to wait for a breaker: the side is down for the newer version as well.
    """
    return not (settled_as is State.DUE and waits_for_breaker(waits_for))


def after_settle(settled_as: State, *, waits_for: str | None, claimed_seq: int, present_seq: int) -> State:
    """Where a record goes: as settled, or due when it was hinted since it was claimed."""
    if present_seq > claimed_seq and hints_count(settled_as, waits_for):
        return State.DUE
    return settled_as
