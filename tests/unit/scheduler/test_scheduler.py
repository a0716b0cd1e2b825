"""One scheduler acts; what is due is nudged, within bounds; whatever is away, it tries again."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from libs.common.broker.interface import Nudge
from libs.common.clock import ManualClock
from libs.common.errors import BrokerUnavailable, LedgerUnavailable
from libs.common.ledger.connect import connect
from libs.common.ledger.leaders import MongoLeaders
from libs.common.ledger.model import Hint
from libs.common.ledger.repository import MongoLedger
from libs.common.settings import SchedulerSettings
from services.scheduler import sweeper
from services.scheduler.leadership import Leadership
from services.scheduler.scheduler import Scheduler

KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="


class MemoryPublisher:
    def __init__(self) -> None:
        self.sent: list[Nudge] = []
        self.away = False
        self.confirms: int | None = None

    def publish_nudges(self, nudges: Sequence[Nudge]) -> list[Nudge]:
        if self.away:
            raise BrokerUnavailable("the broker is away")
        confirmed = list(nudges)[: self.confirms]
        self.sent.extend(confirmed)
        return confirmed

    def publish_event(self, kind: str, store: str, payload: Mapping[str, Any]) -> None:
        """Nobody listens."""

    def close(self) -> None:
        """Nothing is open."""

    @property
    def ids(self) -> list[str]:
        return [each for nudge in self.sent for each in nudge.ids]


class AwayLeaders:
    def acquire(self, name: str, holder: str, *, lease_seconds: float) -> bool:
        raise LedgerUnavailable("the ledger is away")

    def resign(self, name: str, holder: str) -> None:
        raise LedgerUnavailable("the ledger is away")


@dataclass
class World:
    clock: ManualClock
    ledger: MongoLedger
    leaders: MongoLeaders
    publisher: MemoryPublisher

    def scheduler(self, holder: str = "one", **changes: Any) -> Scheduler:
        values = {"ledger_url": "embedded", "broker_url": "embedded", "secret_key": KEY} | changes
        settings = SchedulerSettings.model_validate(values)
        return Scheduler(self.ledger, self.leaders, self.publisher, settings, holder=holder)

    def hint(self, count: int, store: str = "acme", start: int = 0) -> None:
        self.ledger.record_hints([Hint(store, "order", str(start + n)) for n in range(count)])


@pytest.fixture
def world() -> Iterator[World]:
    with connect("embedded", "tandem") as connection:
        clock = ManualClock()
        yield World(
            clock,
            MongoLedger(connection.database, clock),
            MongoLeaders(connection.database, clock),
            MemoryPublisher(),
        )


def value(scheduler: Scheduler, name: str, **labels: str) -> float:
    return scheduler.metrics.registry.get_sample_value(name, labels) or 0.0


def test_what_was_never_nudged_is_nudged_once(world: World) -> None:
    world.hint(45)
    scheduler = world.scheduler()
    swept = scheduler.run_once()
    assert swept is not None
    assert (swept.nudged, swept.outstanding) == (45, 0)
    assert sorted(world.publisher.ids) == sorted(f"acme/order/{n}" for n in range(45))
    assert len(world.publisher.sent) == 3
    again = scheduler.run_once()
    assert again is not None
    assert (again.nudged, again.outstanding) == (0, 45)


def test_what_was_nudged_and_not_taken_is_nudged_again_when_overdue(world: World) -> None:
    world.hint(1)
    scheduler = world.scheduler(overdue_seconds=60)
    scheduler.run_once()
    world.clock.advance(61)
    scheduler.run_once()
    assert world.publisher.ids == ["acme/order/0", "acme/order/0"]


def test_a_record_whose_worker_died_is_nudged_when_its_lease_has_run_out(world: World) -> None:
    world.hint(1)
    scheduler = world.scheduler()
    scheduler.run_once()
    assert world.ledger.claim("acme", "order", ["acme/order/0"], worker="w", lease_seconds=120, limit=1)
    scheduler.run_once()
    assert len(world.publisher.ids) == 1
    world.clock.advance(121)
    scheduler.run_once()
    assert len(world.publisher.ids) == 2


def test_what_is_on_its_way_is_bounded_so_a_day_of_backlog_is_no_flood(world: World) -> None:
    world.hint(250)
    scheduler = world.scheduler(outstanding_limit=100)
    assert (swept := scheduler.run_once()) is not None
    assert swept.nudged == 100
    assert (swept := scheduler.run_once()) is not None
    assert swept.nudged == 0
    taken = world.ledger.claim("acme", "order", [], worker="w", lease_seconds=60, limit=30)
    assert taken is not None
    assert (swept := scheduler.run_once()) is not None
    assert swept.nudged == 30
    assert value(scheduler, "tandem_scheduler_nudged_total") == 130


def test_more_than_a_page_is_nudged_in_one_sweep(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeper, "PAGE_RECORDS", 50)
    world.hint(110)
    assert (swept := world.scheduler(leader_lease_seconds=300).run_once()) is not None
    assert swept.nudged == 110
    assert len(set(world.publisher.ids)) == 110


def test_a_broker_that_is_away_is_logged_and_the_next_sweep_sends_it(world: World) -> None:
    world.hint(3)
    scheduler = world.scheduler()
    world.publisher.away = True
    assert scheduler.run_once() is None
    assert value(scheduler, "tandem_scheduler_failures_total", cause="broker") == 1
    world.publisher.away = False
    assert (swept := scheduler.run_once()) is not None
    assert swept.nudged == 3


def test_only_what_the_broker_confirmed_is_marked(world: World) -> None:
    world.hint(50)
    world.publisher.confirms = 1
    scheduler = world.scheduler()
    assert (swept := scheduler.run_once()) is not None
    assert swept.nudged == 20
    world.publisher.confirms = None
    assert (swept := scheduler.run_once()) is not None
    assert swept.nudged == 30


def test_f32_of_two_schedulers_one_acts_and_the_other_takes_over(world: World) -> None:
    world.hint(5)
    first, second = world.scheduler("one"), world.scheduler("two")
    assert first.run_once() is not None
    assert second.run_once() is None
    assert value(first, "tandem_scheduler_acting") == 1
    assert value(second, "tandem_scheduler_acting") == 0
    first.stop()
    assert second.run_once() is not None
    assert len(world.publisher.ids) == 5


def test_f32_a_scheduler_that_dies_is_followed_after_its_lease(world: World) -> None:
    world.scheduler("one", leader_lease_seconds=15).run_once()
    second = world.scheduler("two")
    assert second.run_once() is None
    world.clock.advance(16)
    assert second.run_once() is not None


def test_f32_catching_up_after_a_day_respects_the_bound(world: World) -> None:
    world.hint(300)
    scheduler = world.scheduler(outstanding_limit=50)
    scheduler.run_once()
    world.clock.advance(86_400)
    before = len(world.publisher.ids)
    scheduler.run_once()
    assert len(world.publisher.ids) - before <= 50


def test_a_lease_that_cannot_be_renewed_is_believed_no_longer_than_it_lasts(world: World) -> None:
    now = [100.0]
    leadership = Leadership(world.leaders, "one", lease_seconds=15, monotonic=lambda: now[0])
    assert leadership.renew()
    leadership._leaders = AwayLeaders()
    now[0] += 10
    assert leadership.renew()
    now[0] += 6
    assert not leadership.renew()
    leadership.resign()


def test_the_ledger_away_ends_the_round_and_is_counted(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    scheduler = world.scheduler()

    def away(**_: Any) -> int:
        raise LedgerUnavailable("the ledger is away")

    monkeypatch.setattr(world.ledger, "outstanding", away)
    assert scheduler.run_once() is None
    assert value(scheduler, "tandem_scheduler_failures_total", cause="ledger") == 1


def test_how_long_the_oldest_has_waited_is_measured(world: World) -> None:
    world.hint(1)
    world.clock.advance(300)
    scheduler = world.scheduler()
    scheduler.run_once()
    assert value(scheduler, "tandem_scheduler_lag_seconds") == pytest.approx(300)


def test_started_it_sweeps_by_itself_counts_the_backlog_and_stops_cleanly(world: World) -> None:
    world.hint(3)
    scheduler = world.scheduler(sweep_seconds=0.05, leader_lease_seconds=0.3)
    before = threading.active_count()
    scheduler.start()
    try:
        _until(lambda: len(world.publisher.ids) == 3)
        world.hint(1, "other")
        _until(lambda: len(world.publisher.ids) == 4)
        _until(lambda: value(scheduler, "tandem_records", store="acme", entity="order", state="due") == 3)
        time.sleep(0.5)
        assert scheduler.leadership.acting()
    finally:
        scheduler.stop()
    assert not scheduler.leadership.acting()
    assert world.leaders.acquire("scheduler", "two", lease_seconds=1)
    _until(lambda: threading.active_count() <= before)


def _until(condition: Any, *, seconds: float = 5.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)
