"""Leases: who gets what, in which order, and never two the same."""

from __future__ import annotations

import pytest
from pymongo.errors import AutoReconnect

from libs.common.clock import ManualClock
from libs.common.errors import LedgerUnavailable
from libs.common.ledger.connect import Connection, connect
from libs.common.ledger.model import Lane, Settlement, State
from libs.common.ledger.repository import MongoLedger
from tests.contract.ledger.helpers import at_once, claim, got, hint, key, synced, try_claim


def test_a_claim_leases_what_is_asked_and_takes_others_along(ledger: MongoLedger, clock: ManualClock) -> None:
    for number in range(5):
        ledger.record_hints([hint(str(number))])
        clock.advance(1)
    taken = claim(ledger, "3", limit=3)
    assert [record.source_id for record in taken.records] == ["0", "1", "3"]
    record = got(ledger, "3")
    assert record == taken.records[2]
    assert (record.state, record.claims) == (State.RUNNING, 1)
    assert record.lease is not None
    assert (record.lease.token, record.lease.worker) == (taken.token, "w1")
    assert (record.lease.until - clock.now()).total_seconds() == 60
    assert [event.what for event in record.history] == ["hint", "claim"]


def test_live_goes_before_backfill_and_longest_due_first(ledger: MongoLedger, clock: ManualClock) -> None:
    ledger.record_hints([hint("old", lane=Lane.BACKFILL)])
    clock.advance(1)
    ledger.record_hints([hint("first")])
    clock.advance(1)
    ledger.record_hints([hint("second")])
    assert [record.source_id for record in claim(ledger, limit=2).records] == ["first", "second"]
    assert [record.source_id for record in claim(ledger, limit=2).records] == ["old"]


def test_only_what_is_due_of_this_store_and_entity_is_taken(ledger: MongoLedger) -> None:
    ledger.record_hints([hint("1", store="other"), hint("1", entity="refund"), hint("1")])
    assert [record.id for record in claim(ledger, "1").records] == [key("1")]
    assert try_claim(ledger, "1") is None


def test_a_record_that_is_not_due_yet_waits(ledger: MongoLedger, clock: ManualClock) -> None:
    ledger.record_hints([hint()])
    taken = claim(ledger)
    later = clock.now().replace(hour=13)
    ledger.settle(taken.token, [Settlement(key(), State.DUE, 1, due_at=later, waits_for=key("9"))])
    assert try_claim(ledger, "1") is None
    clock.advance(3600)
    [record] = claim(ledger, "1").records
    assert record.waits_for is None


@pytest.mark.parametrize(("behind", "found"), [(0.3, True), (1.0, False)])
def test_a_worker_whose_clock_is_a_little_behind_takes_what_was_just_hinted(
    ledger: MongoLedger, connection: Connection, clock: ManualClock, behind: float, found: bool
) -> None:
    late = MongoLedger(connection.database, ManualClock(clock.now()))
    clock.advance(behind)
    ledger.record_hints([hint()])
    assert (try_claim(late, "1") is not None) is found


def test_a_lease_that_ran_out_is_taken_over_and_counts_as_an_attempt(ledger: MongoLedger, clock: ManualClock) -> None:
    ledger.record_hints([hint()])
    for attempt in range(4):
        [record] = claim(ledger, worker=f"w{attempt}").records
        assert (record.attempts, record.claims) == (attempt, attempt + 1)
        assert try_claim(ledger, "1") is None
        clock.advance(60.001)
    assert got(ledger).history[-1].details == {"worker": "w3", "after": "lease ran out"}


def test_a_lease_is_prolonged_by_its_holder_alone(ledger: MongoLedger, clock: ManualClock) -> None:
    ledger.record_hints([hint("1"), hint("2")])
    taken = claim(ledger)
    clock.advance(50)
    assert ledger.extend(taken.token, lease_seconds=60) == 2
    assert ledger.extend("somebody else's", lease_seconds=60) == 0
    clock.advance(50)
    assert try_claim(ledger, "1") is None
    ledger.settle(taken.token, [synced(taken.records[0])])
    assert ledger.extend(taken.token, lease_seconds=60) == 1
    clock.advance(61)
    claim(ledger, worker="w2")
    assert ledger.extend(taken.token, lease_seconds=60) == 0


def test_prolonging_one_batch_leaves_another_alone(ledger: MongoLedger, clock: ManualClock) -> None:
    ledger.record_hints([hint("1"), hint("2")])
    one, two = claim(ledger, "1", limit=1), claim(ledger, "2", limit=1)
    before = got(ledger, "2").lease
    clock.advance(5)
    ledger.extend(one.token, lease_seconds=60)
    assert got(ledger, "2").lease == before == two.records[0].lease


def test_what_is_handed_back_is_due_at_once_without_an_attempt(ledger: MongoLedger, clock: ManualClock) -> None:
    ledger.record_hints([hint("1"), hint("2"), hint("3")])
    due_at = clock.now()
    taken = claim(ledger)
    clock.advance(5)
    assert ledger.hand_back(taken.token, except_ids=[key("1")]) == 2
    assert [got(ledger, one).state for one in "123"] == [State.RUNNING, State.DUE, State.DUE]
    record = got(ledger, "2")
    assert (record.due_at, record.attempts, record.lease) == (due_at, 0, None)
    assert [one.source_id for one in claim(ledger, worker="w2").records] == ["2", "3"]
    assert ledger.hand_back(taken.token) == 1


def test_of_many_workers_none_gets_what_another_has(ledger: MongoLedger) -> None:
    ledger.record_hints([hint(str(number)) for number in range(60)])

    def work(number: int) -> list[str]:
        mine: list[str] = []
        for _ in range(20):
            taken = try_claim(ledger, worker=f"w{number}", limit=7)
            mine += [record.id for record in taken.records] if taken else []
        return mine

    shares = at_once(8, work)
    everything = [one for share in shares for one in share]
    assert len(everything) == len(set(everything)) == 60


def test_two_workers_that_claim_one_record_at_once_are_one_winner(ledger: MongoLedger) -> None:
    for number in range(10):
        ledger.record_hints([hint(str(number))])
        answers = at_once(4, lambda worker, number=number: try_claim(ledger, str(number), worker=f"w{worker}"))  # type: ignore[misc]
        assert len([one for one in answers if one is not None]) == 1


def test_workers_that_meet_at_an_expired_lease_are_one_winner(ledger: MongoLedger, clock: ManualClock) -> None:
    ledger.record_hints([hint()])
    claim(ledger)
    clock.advance(61)
    answers = at_once(8, lambda worker: try_claim(ledger, "1", worker=f"w{worker}"))
    assert len([one for one in answers if one is not None]) == 1
    assert got(ledger).attempts == 1


class _DeafRecords:
    """A collection whose lease is written, but whose answer gets lost on the way."""

    def __init__(self, records: object) -> None:
        self._records = records

    def __getattr__(self, name: str) -> object:
        return getattr(self._records, name)

    def update_many(self, *args: object, **options: object) -> None:
        self._records.update_many(*args, **options)  # type: ignore[attr-defined]
        raise AutoReconnect("connection closed")


def test_a_lease_whose_answer_was_lost_is_read_back(ledger: MongoLedger, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger.record_hints([hint()])
    monkeypatch.setattr(ledger, "_records", _DeafRecords(ledger._records))
    assert [record.id for record in claim(ledger).records] == [key()]


def test_a_database_that_is_away_is_said_to_be(clock: ManualClock) -> None:
    with connect("mongodb://127.0.0.1:1/", "tandem", timeout_seconds=0.3) as away:
        ledger = MongoLedger(away.database, clock)
        for call in (
            lambda: ledger.record_hints([hint()]),
            lambda: try_claim(ledger),
            lambda: ledger.extend("t", lease_seconds=1),
            lambda: ledger.hand_back("t"),
            lambda: ledger.get(key()),
            ledger.ping,
            away.clock.now,
        ):
            with pytest.raises(LedgerUnavailable):
                call()
