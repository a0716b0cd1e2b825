"""The moves between states, without a database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from libs.common.ledger import states
from libs.common.ledger.model import Hint, Lease, Record, Recorded, State

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
BREAKER = states.breaker_key("acme", "odoo")


def record(state: State, *, due_at: datetime | None = None, until: datetime | None = None, attempts: int = 0) -> Record:
    lease = Lease("t", "w", until) if until else None
    return Record("acme", "order", "1", state, due_at=due_at, lease=lease, attempts=attempts)


@pytest.mark.parametrize("final", sorted(states.FINAL))
def test_a_settled_record_only_becomes_due(final: State) -> None:
    assert {after for after in State if states.may_move(final, after)} == {final, State.DUE}


def test_a_due_record_is_settled_only_through_a_claim() -> None:
    assert not any(states.may_move(State.DUE, final) for final in states.FINAL)
    assert states.may_move(State.DUE, State.RUNNING)


@pytest.mark.parametrize(
    ("state", "waits_for", "after"),
    [
        (State.DUE, None, State.DUE),
        (State.DUE, BREAKER, State.DUE),
        (State.RUNNING, None, State.RUNNING),
        (State.SYNCED, None, State.DUE),
        (State.HELD, None, State.DUE),
        (State.IGNORED, None, State.DUE),
    ],
)
def test_where_a_hint_leads(state: State, waits_for: str | None, after: State) -> None:
    assert states.after_hint(state, waits_for) is after
    assert states.may_move(state, after)


@pytest.mark.parametrize(("waits_for", "stays"), [(None, False), ("acme/product/1", False), (BREAKER, True)])
def test_a_hint_waits_with_the_record_for_a_breaker_only(waits_for: str | None, stays: bool) -> None:
    assert states.hint_leaves_state(State.DUE, waits_for) is stays


@pytest.mark.parametrize(
    ("version", "delivery", "expected"),
    [
        (NOW - SECOND, "new", Recorded.STALE),
        (NOW, "new", Recorded.RECORDED),
        (NOW.replace(microsecond=900), "new", Recorded.RECORDED),
        (NOW + SECOND, "new", Recorded.RECORDED),
        (None, "new", Recorded.RECORDED),
        (NOW + SECOND, "old", Recorded.DUPLICATE),
        (NOW - SECOND, "old", Recorded.DUPLICATE),
        (NOW, None, Recorded.RECORDED),
    ],
)
def test_what_a_hint_is_worth(version: datetime | None, delivery: str | None, expected: Recorded) -> None:
    hint = Hint("acme", "order", "1", version=version, delivery_id=delivery)
    assert states.judge_hint(hint, deliveries=["old"], synced_version=NOW) is expected


def test_nothing_is_stale_before_anything_is_applied() -> None:
    hint = Hint("acme", "order", "1", version=NOW)
    assert states.judge_hint(hint, deliveries=[], synced_version=None) is Recorded.RECORDED


@pytest.mark.parametrize(
    ("given", "claimable", "attempts"),
    [
        (record(State.DUE, due_at=NOW), True, 0),
        (record(State.DUE, due_at=NOW + SECOND / 2), True, 0),
        (record(State.DUE, due_at=NOW + SECOND), False, 0),
        (record(State.RUNNING, until=NOW, attempts=2), False, 2),
        (record(State.RUNNING, until=NOW - SECOND, attempts=2), True, 3),
        (record(State.SYNCED), False, 0),
        (record(State.HELD), False, 0),
    ],
)
def test_what_may_be_claimed_and_what_it_counts(given: Record, claimable: bool, attempts: int) -> None:
    assert states.claimable(given, NOW) is claimable
    assert states.attempts_when_claimed(given, NOW) == attempts


@pytest.mark.parametrize("settled_as", [State.SYNCED, State.HELD, State.IGNORED, State.DUE])
def test_a_record_hinted_while_at_work_is_due_again(settled_as: State) -> None:
    assert states.after_settle(settled_as, waits_for=None, claimed_seq=3, present_seq=3) is settled_as
    assert states.after_settle(settled_as, waits_for=None, claimed_seq=3, present_seq=4) is State.DUE
    assert states.may_move(State.RUNNING, settled_as)


def test_a_record_waiting_for_a_breaker_does_not_count_hints() -> None:
    assert not states.hints_count(State.DUE, BREAKER)
    assert states.hints_count(State.DUE, "acme/order/1")
    assert states.hints_count(State.HELD, None)
