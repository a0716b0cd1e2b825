from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from libs.common.errors import Ambiguous, CredentialsRefused, Failure, NeedsFirst, RateLimited, Rejected, Transient
from libs.common.ledger.model import Event, Record, State, Wanted
from services.workers.decisions import Retries, crashed_before, failed, gave_up, lagging

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
RETRIES = Retries(max_attempts=3, delay_seconds=40)


def record(attempts: int = 0, *history: Event) -> Record:
    return Record("acme", "order", "1", State.RUNNING, attempts=attempts, wanted=Wanted(seq=4), history=history)


def seconds(failure: Failure, attempts: int = 0) -> tuple[float, int]:
    settlement = failed(record(attempts), failure, NOW, RETRIES)
    assert settlement.state is State.DUE
    assert settlement.due_at is not None
    return (settlement.due_at - NOW).total_seconds(), settlement.attempts


def test_a_passing_fault_is_tried_again_after_its_delay_and_counted() -> None:
    assert seconds(Transient("reset", "odoo")) == (40, 1)


def test_after_the_last_attempt_it_is_held_with_the_last_words() -> None:
    settlement = failed(record(2), Transient("reset", "odoo"), NOW, RETRIES)
    assert settlement.state is State.HELD
    assert settlement.held
    assert settlement.held.code == "gave_up"
    assert "reset" in settlement.held.message


def test_patience_asked_for_is_no_attempt() -> None:
    assert seconds(RateLimited("slow down", "shopify", after_seconds=7), attempts=2) == (7, 2)


def test_an_outage_waits_for_its_breaker_and_is_no_attempt() -> None:
    until = NOW + timedelta(seconds=90)
    refused = CredentialsRefused("key revoked", "odoo")
    settlement = failed(record(2), refused, NOW, RETRIES, breaker="breaker:acme/odoo", breaker_until=until)
    assert (settlement.state, settlement.due_at, settlement.waits_for, settlement.attempts) == (
        State.DUE,
        until,
        "breaker:acme/odoo",
        2,
    )


def test_a_lost_answer_is_looked_up_soon_and_then_like_any_fault() -> None:
    assert seconds(Ambiguous("no answer", "odoo")) == (1, 1)
    assert seconds(Ambiguous("no answer", "odoo"), attempts=1) == (40, 2)


def test_a_refusal_is_held_at_once_with_the_other_sides_words() -> None:
    settlement = failed(record(), Rejected("No such tax", "odoo", "tax", "make one"), NOW, RETRIES)
    assert settlement.held
    assert (settlement.held.code, settlement.held.message, settlement.held.hint) == ("tax", "No such tax", "make one")


def test_what_needs_another_waits_for_it_by_name() -> None:
    settlement = failed(record(), NeedsFirst("order first", record_id="acme/order/9"), NOW, RETRIES)
    assert (settlement.waits_for, settlement.attempts) == ("acme/order/9", 0)


@pytest.mark.parametrize("failure", [Transient("x"), RateLimited("x"), Rejected("x"), Ambiguous("x")])
def test_every_failure_keeps_the_claimed_count_of_hints_and_leaves_a_trace(failure: Failure) -> None:
    settlement = failed(record(), failure, NOW, RETRIES)
    assert settlement.seq == 4
    assert settlement.events[-1].what == "failed"


def test_a_lag_is_no_attempt() -> None:
    assert lagging(record(2), NOW).attempts == 2


def test_a_worker_that_went_down_is_told_from_the_history() -> None:
    first = Event(NOW, "claim", {"worker": "a"})
    second = Event(NOW, "claim", {"worker": "b", "after": "lease ran out"})
    assert not crashed_before(record(0, first))
    assert crashed_before(record(1, first, second))
    assert not crashed_before(record(1, first, second, Event(NOW, "synced"), Event(NOW, "claim", {"worker": "c"})))
    assert "went down 3 times" in gave_up(3).message
