"""The flow that every entity shares, on an entity made for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from libs.common.clock import ManualClock
from libs.common.domain.outcomes import Hold, Ignore, Needs, Nothing
from libs.common.errors import Failure, Outage, RateLimited, Rejected, Transient
from libs.common.ledger.breakers import MongoBreakers
from libs.common.ledger.connect import connect
from libs.common.ledger.model import Hint, Record, State, Target
from libs.common.ledger.repository import MongoLedger
from services.workers.calls import CallLog
from services.workers.context import StoreContext
from services.workers.entity import Outcome, Read
from services.workers.pipeline import Pipeline

CONTEXT: Any = object()


@dataclass
class Scripted:
    """An entity that does as told: by source id, what gather, plan or carry_out are to say."""

    name: str = "order"
    gathered: dict[str, Any] = field(default_factory=dict)
    planned: dict[str, Any] = field(default_factory=dict)
    done: dict[str, Any] = field(default_factory=dict)
    batches: list[list[str]] = field(default_factory=list)
    written: list[str] = field(default_factory=list)
    before_carry_out: Callable[[], None] = lambda: None

    def gather(self, batch: Sequence[Record], store: StoreContext) -> list[Read | Failure]:
        self.batches.append([record.source_id for record in batch])
        answers = [
            self.gathered.get(r.source_id, Read(r.wanted.version, r.source_id, f"#{r.source_id}")) for r in batch
        ]
        for answer in answers:
            if isinstance(answer, Exception) and not isinstance(answer, Failure):
                raise answer
            if isinstance(answer, Rejected) and answer.code == "unreadable":
                raise answer
        return answers

    def plan(self, situation: str, store: StoreContext) -> Any:
        return self.planned.get(situation, situation)

    def carry_out(self, changes: Sequence[str], store: StoreContext) -> list[Outcome | Failure]:
        self.before_carry_out()
        answers: list[Outcome | Failure] = []
        for key in changes:
            answer = self.done.get(key)
            if isinstance(answer, Outage | Transient | RateLimited) and answer.code == "whole":
                raise answer
            self.written.append(key)
            answers.append(
                answer or Outcome(None, f"digest {key}", f"#{key}", Target("sale.order", int(key), f"S{key}"))
            )
        return answers


@dataclass
class Bench:
    clock: ManualClock
    ledger: MongoLedger
    breakers: MongoBreakers
    entity: Scripted
    pipeline: Pipeline
    events: list[tuple[str, str]]

    def hint(self, *ids: str, **more: Any) -> None:
        self.ledger.record_hints([Hint("acme", "order", source_id, why="orders/create", **more) for source_id in ids])

    def run(self, *ids: str) -> int:
        return self.pipeline.look_at("acme", [f"acme/order/{source_id}" for source_id in ids])

    def record(self, source_id: str) -> Record:
        found = self.ledger.get(f"acme/order/{source_id}")
        assert found is not None
        return found


@pytest.fixture
def bench() -> Iterator[Bench]:
    clock = ManualClock()
    with connect("embedded", "pipeline") as connection:
        ledger = MongoLedger(connection.database, clock)
        breakers = MongoBreakers(connection.database, clock)
        entity = Scripted()
        events: list[tuple[str, str]] = []
        pipeline = Pipeline(
            entity=entity,
            ledger=ledger,
            breakers=breakers,
            store=lambda _slug: CONTEXT,
            publish_event=lambda kind, _store, payload: events.append((kind, payload["id"])),
            calls=CallLog(),
            worker="test",
            batch_size=5,
            max_attempts=3,
            chance=lambda: 0.5,
        )
        yield Bench(clock, ledger, breakers, entity, pipeline, events)


def test_a_due_record_is_synced_linked_and_told(bench: Bench) -> None:
    bench.hint("1")
    assert bench.run("1") == 1
    record = bench.record("1")
    assert record.state is State.SYNCED
    assert record.target == Target("sale.order", 1, "S1")
    assert record.synced
    assert record.synced.digest == "digest 1"
    assert bench.events == [("order.synced", "acme/order/1")]


def test_a_message_for_one_takes_the_backlog_along_up_to_the_batch_size(bench: Bench) -> None:
    bench.hint(*"1234567")
    assert bench.run("6") == 5
    assert "6" in bench.entity.batches[0]
    assert bench.run("6") == 2
    assert bench.run("6") == 0


@pytest.mark.parametrize(
    ("decision", "state"),
    [(Hold("why", "because", "do this"), State.HELD), (Ignore("a rule"), State.IGNORED), (Nothing("d"), State.SYNCED)],
)
def test_what_a_plan_decides_is_settled_without_a_write(bench: Bench, decision: Any, state: State) -> None:
    bench.entity.planned["1"] = decision
    bench.hint("1")
    bench.run("1")
    assert bench.record("1").state is state
    assert bench.entity.written == []


def test_what_needs_another_is_due_when_that_one_is_synced(bench: Bench) -> None:
    bench.entity.planned["1"] = Needs("acme/order/2")
    bench.hint("1")
    bench.run("1")
    assert bench.record("1").waits_for == "acme/order/2"
    del bench.entity.planned["1"]
    bench.hint("2")
    bench.run("2")
    assert bench.record("1").waits_for is None
    bench.run("1")
    assert bench.record("1").state is State.SYNCED


def test_something_older_than_announced_is_read_again_in_seconds(bench: Bench) -> None:
    now = bench.clock.now()
    bench.entity.gathered["1"] = Read(now - timedelta(seconds=10), "1", "#1")
    bench.hint("1", version=now)
    bench.run("1")
    record = bench.record("1")
    assert (record.state, record.attempts) == (State.DUE, 0)
    del bench.entity.gathered["1"]
    assert bench.run("1") == 0
    bench.clock.advance(4)
    bench.run("1")
    assert bench.record("1").state is State.SYNCED


def test_a_hint_that_comes_while_it_runs_makes_it_due_again(bench: Bench) -> None:
    bench.entity.before_carry_out = lambda: bench.hint("1", delivery_id="second")
    bench.hint("1")
    bench.run("1")
    assert bench.record("1").state is State.DUE


def test_one_unreadable_record_does_not_hold_up_the_others(bench: Bench) -> None:
    bench.entity.gathered["3"] = Rejected("field missing", "shopify", "unreadable", "report it")
    bench.hint(*"12345")
    bench.run("1")
    states = {source_id: bench.record(source_id).state for source_id in "12345"}
    assert states.pop("3") is State.HELD
    assert set(states.values()) == {State.SYNCED}


def test_a_bug_met_with_one_record_does_not_hold_up_the_others(bench: Bench) -> None:
    bench.entity.gathered["3"] = ZeroDivisionError("ours")
    bench.hint(*"12345")
    bench.run("1")
    assert bench.record("3").state is State.DUE
    assert bench.record("3").attempts == 1
    assert {bench.record(source_id).state for source_id in "1245"} == {State.SYNCED}


def test_an_outage_opens_the_breaker_waits_and_counts_nothing(bench: Bench) -> None:
    bench.entity.done["1"] = Outage("unreachable", "odoo", "whole")
    bench.hint("1", "2")
    bench.run("1")
    for source_id in "12":
        record = bench.record(source_id)
        assert (record.state, record.attempts, record.waits_for) == (State.DUE, 0, "breaker:acme/odoo")
    assert bench.run("1") == 0, "nothing is claimed while the breaker is open"


def test_when_a_side_answers_again_what_waited_is_brought_forward(bench: Bench) -> None:
    bench.entity.done["1"] = Outage("unreachable", "odoo", "whole")
    bench.hint("1", "2")
    bench.run("1")
    bench.entity.done.clear()
    report = bench.pipeline.calls.reporter("odoo")
    bench.entity.before_carry_out = lambda: report("sale.order.load", 0.1, 1, None)
    bench.clock.advance(3600)
    bench.hint("3")
    bench.run("3")
    assert bench.breakers.open_until("acme", "odoo") is None
    bench.run("1")
    assert bench.record("1").state is bench.record("2").state is State.SYNCED


def test_a_rate_limit_waits_as_told_for_the_whole_batch(bench: Bench) -> None:
    bench.entity.done["1"] = RateLimited("slow", "shopify", "whole", after_seconds=30)
    bench.hint("1", "2")
    bench.run("1")
    record = bench.record("2")
    assert record.due_at == bench.clock.now() + timedelta(seconds=30)
    assert record.attempts == 0


def test_after_its_attempts_a_record_is_held_with_the_reason(bench: Bench) -> None:
    bench.entity.done["1"] = Transient("no luck", "odoo")
    bench.hint("1")
    for _ in range(3):
        bench.run("1")
        bench.clock.advance(7200)
    held = bench.record("1").held
    assert held
    assert held.code == "gave_up"
    assert "no luck" in held.message


def test_a_record_that_takes_its_worker_down_every_time_is_held_and_the_rest_goes_on(bench: Bench) -> None:
    class Killed(BaseException):
        """Stands for SIGKILL: nothing is settled, nothing is caught."""

    original = bench.entity.gather

    def deadly(batch: Sequence[Record], store: StoreContext) -> list[Read | Failure]:
        if any(record.source_id == "3" for record in batch):
            raise Killed
        return original(batch, store)

    bench.entity.gather = deadly  # type: ignore[method-assign]
    bench.hint(*"12345")
    for _ in range(20):
        try:
            if not bench.run("1"):
                break
        except Killed:
            bench.clock.advance(3600)
    assert {bench.record(source_id).state for source_id in "1245"} == {State.SYNCED}
    held = bench.record("3").held
    assert held
    assert "went down 3 times" in held.message


def test_a_worker_that_is_told_to_stop_hands_back_what_it_has_not_begun(bench: Bench) -> None:
    bench.hint("1")
    bench.pipeline.stopping.set()
    assert bench.run("1") == 0
    assert bench.record("1").state is State.DUE


def test_remote_calls_stand_in_the_history(bench: Bench) -> None:
    report = bench.pipeline.calls.reporter("odoo")
    bench.entity.before_carry_out = lambda: report("sale.order.load", 0.25, 2, None)
    bench.hint("1")
    bench.run("1")
    calls = [event.details for event in bench.record("1").history if event.what == "call"]
    assert calls == [{"call": "sale.order.load", "ms": 250, "records": 2}]
    assert [event.what for event in bench.record("1").history] == ["hint", "claim", "call", "synced"]


def test_two_records_cannot_be_linked_to_one_order(bench: Bench) -> None:
    bench.entity.done["2"] = Outcome(None, "d", "#2", Target("sale.order", 1, "S1"))
    bench.hint("1", "2")
    bench.run("1")
    states = {bench.record(source_id).state for source_id in "12"}
    assert states == {State.SYNCED, State.HELD}


def test_a_batch_that_makes_calls_for_longer_than_its_lease_keeps_it(bench: Bench) -> None:
    bench.hint("1")
    report = bench.pipeline.calls.reporter("odoo")

    def work_long() -> None:
        for _ in range(6):
            bench.clock.advance(bench.pipeline.lease_seconds / 2)
            report("product.template.load", 1.0, 1, None)
        assert bench.ledger.claim("acme", "order", ["acme/order/1"], worker="w2", lease_seconds=60, limit=1) is None

    bench.entity.before_carry_out = work_long
    bench.run("1")
    record = bench.ledger.get("acme/order/1")
    assert record
    assert record.state is State.SYNCED
