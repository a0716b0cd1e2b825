"""Budgets, breakers and leaders: what many processes share."""

from __future__ import annotations

import threading
import time

import pytest
from structlog.testing import capture_logs

from libs.common.clock import ManualClock, SystemClock
from libs.common.errors import Rejected
from libs.common.ledger.breakers import CAP_SECONDS, TRIAL_SECONDS, MongoBreakers
from libs.common.ledger.budgets import MongoBudgets
from libs.common.ledger.connect import Connection
from libs.common.ledger.leaders import MongoLeaders
from tests.contract.ledger.helpers import at_once

KEY = "acme/shopify"


@pytest.fixture
def budgets(connection: Connection, clock: ManualClock) -> MongoBudgets:
    return MongoBudgets(connection.database, clock)


@pytest.fixture
def breakers(connection: Connection, clock: ManualClock) -> MongoBreakers:
    return MongoBreakers(connection.database, clock)


@pytest.fixture
def leaders(connection: Connection, clock: ManualClock) -> MongoLeaders:
    return MongoLeaders(connection.database, clock)


def reserve(budgets: MongoBudgets, cost: float) -> float:
    return budgets.reserve(KEY, cost, maximum=1000, rate=50)


def test_a_budget_gives_what_there_is_and_else_tells_the_wait(budgets: MongoBudgets, clock: ManualClock) -> None:
    assert reserve(budgets, 900) == 0
    assert reserve(budgets, 200) == pytest.approx(2.0)
    assert reserve(budgets, 100) == 0
    clock.advance(2)
    assert reserve(budgets, 100) == 0
    assert reserve(budgets, 1) == pytest.approx(0.02)


def test_a_budget_fills_up_to_its_maximum_and_no_further(budgets: MongoBudgets, clock: ManualClock) -> None:
    assert reserve(budgets, 10) == 0
    clock.advance(3600)
    assert reserve(budgets, 1000) == 0
    assert reserve(budgets, 50) == pytest.approx(1.0)


def test_a_cost_that_no_wait_can_pay_is_refused(budgets: MongoBudgets) -> None:
    with pytest.raises(Rejected, match="more than the 1000"):
        reserve(budgets, 1001)


def test_budgets_of_two_stores_are_apart(budgets: MongoBudgets) -> None:
    assert reserve(budgets, 1000) == 0
    assert budgets.reserve("beta/shopify", 1000, maximum=1000, rate=50) == 0


def test_what_is_told_lowers_the_count_and_only_a_refund_raises_it(budgets: MongoBudgets) -> None:
    assert reserve(budgets, 300) == 0
    # Another worker's 300 are reserved and not yet sent: the other side still counts them as available.
    budgets.learn(KEY, available=1000, maximum=1000, rate=50)
    assert reserve(budgets, 700) == 0
    assert reserve(budgets, 1) > 0
    budgets.learn(KEY, available=1000, maximum=1000, rate=50, refund=250)
    assert reserve(budgets, 251) > 0
    budgets.learn(KEY, available=100, maximum=1000, rate=50)
    assert reserve(budgets, 100) == 0
    assert reserve(budgets, 1) > 0


def test_the_real_maximum_and_rate_are_learnt(budgets: MongoBudgets, clock: ManualClock) -> None:
    budgets.learn(KEY, available=2000, maximum=2000, rate=100)
    assert reserve(budgets, 2000) == 0
    assert reserve(budgets, 100) == pytest.approx(1.0)
    budgets.learn(KEY, available=0, maximum=500, rate=10)
    clock.advance(1000)
    with pytest.raises(Rejected):
        reserve(budgets, 501)
    assert reserve(budgets, 500) == 0


def test_a_clock_that_goes_back_fills_nothing_twice(connection: Connection, clock: ManualClock) -> None:
    budgets = MongoBudgets(connection.database, clock)
    behind = MongoBudgets(connection.database, ManualClock(clock.now()))
    clock.advance(10)
    assert reserve(budgets, 1000) == 0
    assert reserve(behind, 1) > 0
    behind.learn(KEY, available=0, maximum=1000, rate=50)
    assert reserve(budgets, 1) > 0


def test_sixteen_workers_together_never_overdraw(connection: Connection) -> None:
    budgets = MongoBudgets(connection.database, SystemClock())
    taken, lock, initial, rate = 0.0, threading.Lock(), 300.0, 100.0
    began = time.monotonic()

    def work(number: int) -> None:
        nonlocal taken
        for _ in range(12):
            cost = 3.0 + number
            if budgets.reserve(KEY, cost, maximum=initial, rate=rate) == 0:
                with lock:
                    taken += cost
            if number % 4 == 0:
                budgets.learn(KEY, available=initial, maximum=initial, rate=rate)

    at_once(16, work)
    assert taken <= initial + rate * (time.monotonic() - began) + 0.5
    assert taken >= initial * 0.9


def test_a_breaker_opens_once_and_alerts_once(breakers: MongoBreakers, clock: ManualClock) -> None:
    assert breakers.open_until("acme", "odoo") is None
    with capture_logs() as logs:
        until = breakers.trip("acme", "odoo", reason="502", base_seconds=10)
        # Calls that were under way fail as well; they do not lengthen the pause.
        clock.advance(3)
        assert breakers.trip("acme", "odoo", reason="502", base_seconds=10) == until
    assert [(log["event"], log["log_level"], log["store"]) for log in logs] == [("breaker opened", "error", "acme")]
    assert (until - clock.now()).total_seconds() == 7
    assert breakers.open_until("acme", "odoo") == until
    assert breakers.open_until("acme", "shopify") is None


def test_one_caller_gets_the_trial(breakers: MongoBreakers, clock: ManualClock) -> None:
    breakers.trip("acme", "odoo", reason="502", base_seconds=10)
    clock.advance(10)
    answers = at_once(8, lambda _: breakers.open_until("acme", "odoo"))
    assert answers.count(None) == 1


def test_a_failed_trial_doubles_the_pause_up_to_a_cap(breakers: MongoBreakers, clock: ManualClock) -> None:
    pauses = []
    for _ in range(8):
        until = breakers.trip("acme", "odoo", reason="502", base_seconds=10)
        pauses.append((until - clock.now()).total_seconds())
        clock.advance(pauses[-1])
        assert breakers.open_until("acme", "odoo") is None
    assert pauses == [10, 20, 40, 80, 160, CAP_SECONDS, CAP_SECONDS, CAP_SECONDS]


def test_a_trial_that_never_ends_is_given_to_the_next(breakers: MongoBreakers, clock: ManualClock) -> None:
    breakers.trip("acme", "odoo", reason="502", base_seconds=10)
    clock.advance(10)
    assert breakers.open_until("acme", "odoo") is None
    assert breakers.open_until("acme", "odoo") is not None
    clock.advance(TRIAL_SECONDS)
    assert breakers.open_until("acme", "odoo") is None


def test_a_breaker_that_closes_says_so_once_and_begins_anew(breakers: MongoBreakers, clock: ManualClock) -> None:
    assert breakers.close("acme", "odoo") is False
    for _ in range(3):
        breakers.trip("acme", "odoo", reason="502", base_seconds=10)
        clock.advance(500)
        breakers.open_until("acme", "odoo")
    assert breakers.close("acme", "odoo") is True
    assert breakers.close("acme", "odoo") is False
    assert breakers.open_until("acme", "odoo") is None
    until = breakers.trip("acme", "odoo", reason="502", base_seconds=10)
    assert (until - clock.now()).total_seconds() == 10


def test_of_many_that_meet_an_outage_at_once_one_alerts(breakers: MongoBreakers) -> None:
    with capture_logs() as logs:
        untils = at_once(8, lambda _: breakers.trip("acme", "odoo", reason="502", base_seconds=10))
    assert len(set(untils)) == 1
    assert len(logs) == 1


def test_one_leads_until_its_lease_is_over(leaders: MongoLeaders, clock: ManualClock) -> None:
    assert leaders.acquire("sweeper", "a", lease_seconds=30) is True
    assert leaders.acquire("sweeper", "b", lease_seconds=30) is False
    assert leaders.acquire("audit", "b", lease_seconds=30) is True
    clock.advance(20)
    assert leaders.acquire("sweeper", "a", lease_seconds=30) is True
    clock.advance(20)
    assert leaders.acquire("sweeper", "b", lease_seconds=30) is False
    clock.advance(10.001)
    assert leaders.acquire("sweeper", "b", lease_seconds=30) is True
    assert leaders.acquire("sweeper", "a", lease_seconds=30) is False


def test_who_resigns_lets_the_next_in_and_nobody_resigns_for_another(leaders: MongoLeaders) -> None:
    leaders.acquire("sweeper", "a", lease_seconds=30)
    leaders.resign("sweeper", "b")
    assert leaders.acquire("sweeper", "b", lease_seconds=30) is False
    leaders.resign("sweeper", "a")
    assert leaders.acquire("sweeper", "b", lease_seconds=30) is True


def test_of_many_that_want_to_lead_one_does(leaders: MongoLeaders, clock: ManualClock) -> None:
    for _ in range(3):
        answers = at_once(8, lambda number: leaders.acquire("sweeper", f"h{number}", lease_seconds=30))
        assert answers.count(True) == 1
        clock.advance(31)
