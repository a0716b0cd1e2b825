"""What a hint does to a record, in each of its states."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from libs.common.clock import ManualClock
from libs.common.ledger.aio import AsyncMongoHints, ThreadedHints
from libs.common.ledger.connect import connect
from libs.common.ledger.model import Held, Lane, Recorded, Settlement, State
from libs.common.ledger.repository import MongoLedger
from libs.common.ledger.states import breaker_key
from tests.contract.ledger.helpers import at, at_once, claim, got, hint, key, synced, try_claim

pytestmark = pytest.mark.timeout(60)


def test_a_first_hint_makes_a_due_record(ledger: MongoLedger, clock: ManualClock) -> None:
    answers = ledger.record_hints([hint(version=at(1), name="#1001", delivery_id="d-1", why="orders/create")])
    record = got(ledger)
    assert answers == [Recorded.RECORDED]
    assert (record.id, record.state, record.lane, record.name) == (key(), State.DUE, Lane.LIVE, "#1001")
    assert (record.due_at, record.attempts, record.claims) == (clock.now(), 0, 0)
    assert (record.wanted.version, record.wanted.seq, record.wanted.why) == (at(1), 1, "orders/create")
    assert record.deliveries == ("d-1",)
    assert [event.what for event in record.history] == ["hint"]
    assert record.history[0].details == {"why": "orders/create", "version": at(1), "delivery": "d-1"}


def test_a_delivery_seen_before_changes_nothing(ledger: MongoLedger) -> None:
    ledger.record_hints([hint(delivery_id="d-1")])
    before = got(ledger)
    assert ledger.record_hints([hint(delivery_id="d-1")]) == [Recorded.DUPLICATE]
    assert got(ledger) == before


def test_twenty_hints_for_one_record_in_one_batch_are_one_record(ledger: MongoLedger) -> None:
    batch = [hint(delivery_id=f"d-{number}", version=at(number)) for number in range(20)]
    assert ledger.record_hints([*batch, batch[3]]) == [Recorded.RECORDED] * 20 + [Recorded.DUPLICATE]
    assert got(ledger).wanted.seq == 20
    assert got(ledger).wanted.version == at(19)
    assert len(got(ledger).history) == 20


def test_a_batch_of_known_and_new_deliveries_is_told_apart(ledger: MongoLedger) -> None:
    ledger.record_hints([hint(delivery_id="d-1")])
    answers = ledger.record_hints([hint("2"), hint(delivery_id="d-1"), hint(delivery_id="d-2"), hint("3")])
    assert answers == [Recorded.RECORDED, Recorded.DUPLICATE, Recorded.RECORDED, Recorded.RECORDED]
    assert got(ledger).wanted.seq == 2


def test_only_the_last_fifty_deliveries_and_events_are_kept(ledger: MongoLedger) -> None:
    for number in range(60):
        ledger.record_hints([hint(delivery_id=f"d-{number}")])
    record = got(ledger)
    assert record.wanted.seq == 60
    assert record.deliveries == tuple(f"d-{number}" for number in range(10, 60))
    assert len(record.history) == 50


def test_an_older_version_does_not_lower_what_is_wanted(ledger: MongoLedger) -> None:
    ledger.record_hints([hint(version=at(5))])
    assert ledger.record_hints([hint(version=at(3))]) == [Recorded.RECORDED]
    assert got(ledger).wanted.version == at(5)


@pytest.mark.parametrize(
    ("minute", "expected", "state"),
    [(4, Recorded.STALE, State.SYNCED), (5, Recorded.RECORDED, State.DUE), (6, Recorded.RECORDED, State.DUE)],
)
def test_only_a_hint_older_than_what_is_applied_is_stale(
    ledger: MongoLedger, minute: int, expected: Recorded, state: State
) -> None:
    ledger.record_hints([hint(version=at(5))])
    taken = claim(ledger)
    ledger.settle(taken.token, [synced(taken.records[0], at(5))])
    assert ledger.record_hints([hint(version=at(minute))]) == [expected]
    assert got(ledger).state is state


def test_a_stale_hint_in_a_batch_does_not_take_the_fresh_one_with_it(ledger: MongoLedger) -> None:
    ledger.record_hints([hint(version=at(5))])
    taken = claim(ledger)
    ledger.settle(taken.token, [synced(taken.records[0], at(5))])
    answers = ledger.record_hints([hint(version=at(1)), hint(version=at(7)), hint(version=None)])
    assert answers == [Recorded.STALE, Recorded.RECORDED, Recorded.RECORDED]
    assert got(ledger).wanted.seq == 3


def test_a_running_record_keeps_running_and_knows_that_more_is_wanted(ledger: MongoLedger) -> None:
    ledger.record_hints([hint(version=at(1))])
    taken = claim(ledger)
    assert ledger.record_hints([hint(version=at(2), delivery_id="d-2")]) == [Recorded.RECORDED]
    record = got(ledger)
    assert record.state is State.RUNNING
    assert record.lease == taken.records[0].lease
    assert (record.wanted.seq, record.wanted.version) == (2, at(2))
    assert ledger.record_hints([hint(delivery_id="d-2")]) == [Recorded.DUPLICATE]


@pytest.mark.parametrize("state", [State.HELD, State.IGNORED, State.SYNCED])
def test_a_settled_record_becomes_due_by_a_hint(ledger: MongoLedger, clock: ManualClock, state: State) -> None:
    ledger.record_hints([hint()])
    taken = claim(ledger)
    outcome = Settlement(key(), state, 1, held=Held("no_product", "No product."), ignored="test orders", attempts=3)
    ledger.settle(taken.token, [outcome])
    assert got(ledger).state is state
    clock.advance(30)
    ledger.record_hints([hint()])
    record = got(ledger)
    assert (record.state, record.due_at, record.held, record.ignored) == (State.DUE, clock.now(), None, None)
    assert record.attempts == 3
    assert try_claim(ledger) is not None


def test_a_hint_brings_a_record_forward_that_backs_off(ledger: MongoLedger, clock: ManualClock) -> None:
    ledger.record_hints([hint()])
    taken = claim(ledger)
    later = Settlement(key(), State.DUE, 1, due_at=at(600), attempts=2, waits_for=key("7"))
    ledger.settle(taken.token, [later])
    ledger.record_hints([hint()])
    record = got(ledger)
    assert (record.due_at, record.attempts, record.waits_for) == (clock.now(), 2, None)


def test_a_hint_does_not_bring_a_record_forward_whose_side_is_down(ledger: MongoLedger) -> None:
    ledger.record_hints([hint()])
    taken = claim(ledger)
    waits = Settlement(key(), State.DUE, 1, due_at=at(600), waits_for=breaker_key("acme", "odoo"))
    ledger.settle(taken.token, [waits])
    assert ledger.record_hints([hint(version=at(9))]) == [Recorded.RECORDED]
    record = got(ledger)
    assert (record.due_at, record.waits_for) == (at(600), "breaker:acme/odoo")
    assert (record.wanted.seq, record.wanted.version) == (2, at(9))


def test_a_due_record_keeps_its_place_however_often_it_is_hinted(ledger: MongoLedger, clock: ManualClock) -> None:
    first = clock.now()
    ledger.record_hints([hint()])
    clock.advance(10)
    ledger.record_hints([hint()])
    assert got(ledger).due_at == first


def test_a_live_hint_lifts_a_record_out_of_the_backfill_and_none_puts_it_back(ledger: MongoLedger) -> None:
    ledger.record_hints([hint(lane=Lane.BACKFILL)])
    assert got(ledger).lane is Lane.BACKFILL
    ledger.record_hints([hint(lane=Lane.LIVE)])
    ledger.record_hints([hint(lane=Lane.BACKFILL)])
    assert got(ledger).lane is Lane.LIVE


def test_a_backfill_over_a_synced_record_runs_as_backfill(ledger: MongoLedger) -> None:
    ledger.record_hints([hint()])
    taken = claim(ledger)
    ledger.settle(taken.token, [synced(taken.records[0])])
    ledger.record_hints([hint(lane=Lane.BACKFILL)])
    assert got(ledger).lane is Lane.BACKFILL


def test_fifty_identical_deliveries_at_once_are_one_hint(ledger: MongoLedger) -> None:
    answers = at_once(50, lambda _: ledger.record_hints([hint(delivery_id="d-1")])[0])
    assert Counter(answers) == {Recorded.RECORDED: 1, Recorded.DUPLICATE: 49}
    assert got(ledger).wanted.seq == 1


def test_different_deliveries_for_one_record_at_once_are_all_counted(ledger: MongoLedger) -> None:
    answers = at_once(16, lambda number: ledger.record_hints([hint(delivery_id=f"d-{number}")])[0])
    assert answers == [Recorded.RECORDED] * 16
    assert got(ledger).wanted.seq == 16


def test_an_empty_batch_is_nothing(ledger: MongoLedger) -> None:
    assert ledger.record_hints([]) == []


@pytest.mark.mongodb
async def test_the_gateways_sink_records_as_the_ledger_does(mongodb_url: str, mongodb_database: str) -> None:
    with connect(mongodb_url, mongodb_database) as connection:
        connection.prepare()
        ledger = MongoLedger(connection.database, connection.clock)
        sink = AsyncMongoHints.connect(mongodb_url, mongodb_database)
        try:
            await sink.ping()
            same = await asyncio.gather(*(sink.record_hints([hint(delivery_id="d-1")]) for _ in range(50)))
            batch = await sink.record_hints([hint("2", delivery_id="d-2"), hint(delivery_id="d-1"), hint("3")])
            await sink.mark_nudged([key("1"), key("2")])
        finally:
            await sink.close()
        assert Counter(one for [one] in same) == {Recorded.RECORDED: 1, Recorded.DUPLICATE: 49}
        assert batch == [Recorded.RECORDED, Recorded.DUPLICATE, Recorded.RECORDED]
        assert got(ledger).nudged_at is not None
        assert got(ledger, "3").nudged_at is None
        assert ledger.outstanding(overdue_seconds=60) == 2


async def test_the_embedded_sink_records_through_the_ledger(ledger: MongoLedger) -> None:
    sink = ThreadedHints(ledger)
    answers = await asyncio.gather(*(sink.record_hints([hint(delivery_id="d-1")]) for _ in range(20)))
    await sink.mark_nudged([key()])
    await sink.ping()
    await sink.close()
    assert Counter(one for [one] in answers) == {Recorded.RECORDED: 1, Recorded.DUPLICATE: 19}
    assert ledger.outstanding(overdue_seconds=60) == 1
