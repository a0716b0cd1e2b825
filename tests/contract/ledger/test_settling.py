"""Outcomes: written once, by the holder of the lease, and never over something newer."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from decimal import Decimal

import pytest

from libs.common.clock import ManualClock
from libs.common.ledger.connect import Connection
from libs.common.ledger.model import Claim, Event, Held, Link, Record, Settled, Settlement, State, Target
from libs.common.ledger.repository import MongoLedger
from libs.common.ledger.states import breaker_key
from tests.contract.ledger.helpers import at, claim, got, hint, key, synced, try_claim


def settled(done: set[str] = frozenset(), again: set[str] = frozenset(), lost: set[str] = frozenset()) -> Settled:  # type: ignore[assignment]
    return Settled(*(frozenset(key(one) for one in part) for part in (done, again, lost)))


def running(ledger: MongoLedger, *source_ids: str) -> tuple[Claim, dict[str, Record]]:
    ledger.record_hints([hint(one) for one in source_ids])
    taken = claim(ledger, *source_ids, limit=len(source_ids))
    return taken, {record.source_id: record for record in taken.records}


def test_every_outcome_is_written_in_one_batch(ledger: MongoLedger, clock: ManualClock) -> None:
    taken, records = running(ledger, "1", "2", "3", "4")
    held = Held("total_differs", "0.01 too much", "Look at the tax.", {"expected": Decimal("12.30"), "found": 12})
    outcome = ledger.settle(
        taken.token,
        [
            synced(records["1"], at(3), target=Target("sale.order", 7, "S00007"), name="#1001"),
            Settlement(key("2"), State.HELD, 1, held=held, attempts=2),
            Settlement(key("3"), State.IGNORED, 1, ignored="test orders"),
            Settlement(key("4"), State.DUE, 1, due_at=clock.now() + timedelta(seconds=9), attempts=1),
        ],
    )
    assert outcome == settled(done={"1", "2", "3", "4"})
    one, two, three, four = (got(ledger, source_id) for source_id in "1234")
    assert (one.state, one.target, one.name) == (State.SYNCED, Target("sale.order", 7, "S00007"), "#1001")
    assert one.synced is not None
    assert (one.synced.version, one.synced.digest, one.synced.at) == (at(3), "d1", clock.now())
    assert (one.lease, one.due_at) == (None, None)
    assert two.held == Held("total_differs", "0.01 too much", "Look at the tax.", {"expected": "12.30", "found": 12})
    assert two.attempts == 2
    assert (three.state, three.ignored) == (State.IGNORED, "test orders")
    assert (four.state, four.due_at, four.attempts) == (State.DUE, clock.now() + timedelta(seconds=9), 1)
    assert [record.history[-1].what for record in (one, two, three, four)] == ["synced", "held", "ignored", "due"]


def test_the_workers_events_are_kept_in_order(ledger: MongoLedger, clock: ManualClock) -> None:
    taken, records = running(ledger, "1")
    call = Event(clock.now(), "call", {"side": "odoo", "ms": 12.5, "amount": Decimal("0.10"), "ids": (1, 2)})
    ledger.settle(taken.token, [synced(records["1"], events=(call,))])
    history = got(ledger).history
    assert [event.what for event in history] == ["hint", "claim", "call", "synced"]
    assert history[2].details == {"side": "odoo", "ms": 12.5, "amount": "0.10", "ids": [1, 2]}


def test_a_record_hinted_meanwhile_is_due_again_and_keeps_what_was_applied(
    ledger: MongoLedger, clock: ManualClock
) -> None:
    taken, records = running(ledger, "1", "2", "3")
    ledger.record_hints([hint("2", version=at(8)), hint("3")])
    clock.advance(5)
    outcome = ledger.settle(
        taken.token,
        [
            synced(records["1"]),
            synced(records["2"], at(3), target=Target("sale.order", 2)),
            Settlement(key("3"), State.HELD, 1, held=Held("x", "y")),
        ],
    )
    assert outcome == settled(done={"1"}, again={"2", "3"})
    two = got(ledger, "2")
    assert (two.state, two.due_at, two.target) == (State.DUE, clock.now(), Target("sale.order", 2))
    assert two.synced is not None
    assert two.synced.version == at(3)
    assert got(ledger, "3").held is None
    assert [record.source_id for record in claim(ledger).records] == ["2", "3"]


def test_a_record_told_to_wait_for_a_breaker_waits_though_hinted_meanwhile(ledger: MongoLedger) -> None:
    taken, _ = running(ledger, "1")
    ledger.record_hints([hint("1")])
    waits = Settlement(key("1"), State.DUE, 1, due_at=at(600), waits_for=breaker_key("acme", "odoo"))
    assert ledger.settle(taken.token, [waits]) == settled(done={"1"})
    assert got(ledger).due_at == at(600)


def test_a_lost_lease_changes_nothing(ledger: MongoLedger, clock: ManualClock) -> None:
    slow, records = running(ledger, "1", "2")
    clock.advance(61)
    quick = claim(ledger, "1", worker="w2", limit=1)
    outcome = ledger.settle(slow.token, [synced(records["1"], target=Target("sale.order", 1)), synced(records["2"])])
    assert outcome == settled(done={"2"}, lost={"1"})
    assert got(ledger, "1") == quick.records[0]
    assert ledger.settle(quick.token, [synced(quick.records[0])]) == settled(done={"1"})
    before = got(ledger, "1")
    assert ledger.settle(slow.token, [Settlement(key("1"), State.HELD, 1, held=Held("x", "y"))]) == settled(lost={"1"})
    assert got(ledger, "1") == before


def test_settling_again_after_a_lost_answer_tells_the_same(ledger: MongoLedger) -> None:
    taken, records = running(ledger, "1", "2")
    ledger.record_hints([hint("2")])
    outcomes = [synced(records["1"]), synced(records["2"])]
    assert ledger.settle(taken.token, outcomes) == settled(done={"1"}, again={"2"})
    assert ledger.settle(taken.token, outcomes) == settled(done={"1"}, again={"2"})
    assert [event.what for event in got(ledger, "1").history] == ["hint", "claim", "synced"]


def test_a_second_outcome_under_the_same_lease_is_lost(ledger: MongoLedger) -> None:
    taken, records = running(ledger, "1", "2")
    wait = Settlement(key("2"), State.DUE, 1, due_at=at(900), waits_for=key("7"))
    held = Settlement(key("1"), State.HELD, 1, held=Held("x", "y"))
    assert ledger.settle(taken.token, [held, wait]) == settled(done={"1", "2"})
    assert ledger.settle(taken.token, [synced(records["1"])]) == settled(lost={"1"})
    assert got(ledger, "1").state is State.HELD
    assert got(ledger, "2").due_at == at(900)


@pytest.mark.parametrize(
    "outcome",
    [
        Settlement(key("1"), State.HELD, 1, held=Held("x", "y")),
        Settlement(key("1"), State.IGNORED, 1, ignored="orders.sources: pos"),
    ],
    ids=["held", "ignored"],
)
def test_whoever_waits_for_a_record_that_is_held_or_left_out_decides_anew(
    ledger: MongoLedger, clock: ManualClock, outcome: Settlement
) -> None:
    taken, _ = running(ledger, "1", "2")
    wait = Settlement(key("2"), State.DUE, 1, due_at=at(900), waits_for=key("1"))
    ledger.settle(taken.token, [outcome, wait])
    assert (got(ledger, "2").due_at, got(ledger, "2").waits_for) == (clock.now(), None)


def test_an_unknown_record_is_lost_and_no_outcome_is_nothing(ledger: MongoLedger) -> None:
    assert ledger.settle("t", [Settlement(key("9"), State.SYNCED, 1)]) == settled(lost={"9"})
    assert ledger.settle("t", []) == settled()
    assert ledger.get(key("9")) is None


def test_a_target_is_linked_to_one_record_and_the_second_is_held(ledger: MongoLedger) -> None:
    taken, records = running(ledger, "1", "2", "3")
    same = Target("sale.order", 7)
    outcome = ledger.settle(
        taken.token,
        [synced(records["1"], target=same, name="#1001"), synced(records["3"], target=Target("sale.order", 8))],
    )
    assert outcome == settled(done={"1", "3"})
    ledger.record_hints([hint("2")])
    assert ledger.settle(taken.token, [synced(records["2"], target=same)]) == settled(again={"2"})
    again = claim(ledger, "2")
    assert ledger.settle(again.token, [synced(again.records[0], target=same)]) == settled(done={"2"})
    two = got(ledger, "2")
    assert (two.state, two.target, two.synced) == (State.HELD, None, None)
    assert two.held is not None
    assert two.held.code == "target_taken"
    assert key("1") in two.held.message
    assert two.held.details["name"] == "#1001"


def test_two_of_one_batch_with_one_target_are_one_link(ledger: MongoLedger) -> None:
    taken, records = running(ledger, "1", "2", "3")
    outcomes = [synced(record, target=Target("sale.order", 7)) for record in records.values()]
    assert ledger.settle(taken.token, outcomes) == settled(done={"1", "2", "3"})
    states = sorted(got(ledger, one).state for one in "123")
    assert states == [State.HELD, State.HELD, State.SYNCED]


def test_the_same_target_may_be_linked_in_another_store(ledger: MongoLedger) -> None:
    for store in ("acme", "beta"):
        ledger.record_hints([hint(store=store)])
        taken = claim(ledger, store=store)
        outcome = ledger.settle(taken.token, [synced(taken.records[0], target=Target("sale.order", 7))])
        assert outcome.done == {key(store=store)}
        assert ledger.links(store, "order", ["1"]) == {"1": Target("sale.order", 7)}


def test_what_waits_for_a_record_is_due_when_that_is_synced(ledger: MongoLedger, clock: ManualClock) -> None:
    taken, _ = running(ledger, "1", "2")
    ledger.settle(
        taken.token,
        [Settlement(key(one), State.DUE, 1, due_at=at(900), waits_for=key(needed)) for one, needed in ("18", "29")],
    )
    clock.advance(5)
    other, records = running(ledger, "8")
    ledger.settle(other.token, [synced(records["8"])])
    assert (got(ledger, "1").due_at, got(ledger, "1").waits_for) == (clock.now(), None)
    assert got(ledger, "2").due_at == at(900)
    ledger.link("acme", [Link("order", "9", Target("sale.order", 99))])
    assert got(ledger, "2").due_at == clock.now()


@pytest.mark.parametrize("state", [State.SYNCED, State.HELD, State.IGNORED])
def test_a_wait_that_comes_too_late_is_over_at_once(ledger: MongoLedger, clock: ManualClock, state: State) -> None:
    taken, _ = running(ledger, "1")
    clock.advance(1)
    other, records = running(ledger, "8")
    ledger.settle(other.token, [dataclasses.replace(synced(records["8"]), state=state)])
    clock.advance(1)
    ledger.settle(taken.token, [Settlement(key("1"), State.DUE, 1, due_at=at(900), waits_for=key("8"))])
    assert (got(ledger, "1").due_at, got(ledger, "1").waits_for) == (clock.now(), None)


def test_two_that_misunderstand_each_other_do_not_spin(ledger: MongoLedger, clock: ManualClock) -> None:
    other, records = running(ledger, "8")
    ledger.settle(other.token, [synced(records["8"])])
    clock.advance(1)
    taken, _ = running(ledger, "1")
    ledger.settle(taken.token, [Settlement(key("1"), State.DUE, 1, due_at=at(900), waits_for=key("8"))])
    assert (got(ledger, "1").due_at, got(ledger, "1").waits_for) == (at(900), key("8"))


def test_closing_a_breaker_brings_forward_what_waits_for_it(ledger: MongoLedger, clock: ManualClock) -> None:
    taken, _ = running(ledger, "1", "2")
    waits = [(one, breaker_key("acme", side)) for one, side in (("1", "odoo"), ("2", "shopify"))]
    ledger.settle(
        taken.token, [Settlement(key(one), State.DUE, 1, due_at=at(900), waits_for=key_) for one, key_ in waits]
    )
    assert ledger.release_waiting("breaker:acme/odoo") == 1
    assert [got(ledger, one).due_at for one in "12"] == [clock.now(), at(900)]
    assert ledger.release_waiting("breaker:acme/odoo") == 0


def test_a_settled_record_is_not_claimed(ledger: MongoLedger) -> None:
    taken, records = running(ledger, "1")
    ledger.settle(taken.token, [synced(records["1"])])
    assert try_claim(ledger, "1") is None


def test_a_naive_due_time_is_refused_before_anything_is_written(ledger: MongoLedger, clock: ManualClock) -> None:
    taken, _ = running(ledger, "1")
    with pytest.raises(ValueError, match="without a zone"):
        ledger.settle(taken.token, [Settlement(key("1"), State.DUE, 1, due_at=clock.now().replace(tzinfo=None))])
    assert got(ledger).state is State.RUNNING


def test_documents_are_readable(ledger: MongoLedger, connection: Connection) -> None:
    taken, records = running(ledger, "1")
    ledger.settle(taken.token, [synced(records["1"], at(3), target=Target("sale.order", 7, "S00007"))])
    document = connection.database["records"].find_one({"_id": "acme/order/1"})
    assert document is not None
    assert None not in document.values()
    assert document["target"] == {"model": "sale.order", "id": 7, "name": "S00007"}
    assert set(document) == {
        "_id", "store", "entity", "source", "source_id", "state", "attempts", "claims", "wanted", "synced", "target",
        "history", "changed_at", "claimed_at", "settled",
    }  # fmt: skip
