"""A hint that announces a creation is first tried as an insert: it must mean the same as any other."""

from __future__ import annotations

from typing import Any

import pytest

from libs.common.ledger.connect import Connection
from libs.common.ledger.indexes import RECORDS
from libs.common.ledger.model import Lane, Recorded, State
from libs.common.ledger.repository import MongoLedger
from tests.contract.ledger.helpers import at, at_once, claim, got, hint, key, synced

CREATE = {"why": "orders/create"}


@pytest.mark.parametrize(
    "more",
    [{}, {"version": at(1), "name": "#1", "delivery_id": "d"}, {"lane": Lane.BACKFILL}],
    ids=["bare", "full", "backfill"],
)
def test_the_insert_makes_the_document_that_the_upsert_makes(
    ledger: MongoLedger, connection: Connection, more: dict[str, Any]
) -> None:
    ledger.record_hints([hint("1", why="orders/create", **more)])
    ledger.record_hints([hint("2", why="orders/edited", **more)])
    inserted, upserted = (connection.database[RECORDS].find_one({"_id": key(number)}) for number in "12")
    assert inserted
    assert upserted
    for document in (inserted, upserted):
        del document["_id"], document["source_id"], document["wanted"]["why"], document["history"][0]["details"]["why"]
    assert inserted == upserted


def test_several_hints_in_one_batch_of_which_one_announces_are_one_new_record(ledger: MongoLedger) -> None:
    hints = [hint(why=f"orders/{word}", delivery_id=word, version=at(n)) for n, word in enumerate(("paid", "create"))]
    assert ledger.record_hints(hints) == [Recorded.RECORDED] * 2
    record = got(ledger)
    assert (record.wanted.seq, record.wanted.version, record.deliveries) == (2, at(1), ("paid", "create"))


def test_a_record_that_is_there_already_is_hinted_as_ever(ledger: MongoLedger) -> None:
    ledger.record_hints([hint(delivery_id="first")])
    assert ledger.record_hints([hint(delivery_id="second", **CREATE)]) == [Recorded.RECORDED]
    assert got(ledger).wanted.seq == 2
    assert ledger.record_hints([hint(delivery_id="second", **CREATE)]) == [Recorded.DUPLICATE]


def test_one_at_work_keeps_running_and_one_that_is_newer_is_left_alone(ledger: MongoLedger) -> None:
    ledger.record_hints([hint(version=at(5), **CREATE)])
    held = claim(ledger)
    assert ledger.record_hints([hint(delivery_id="late", **CREATE)]) == [Recorded.RECORDED]
    assert got(ledger).state is State.RUNNING
    ledger.settle(held.token, [synced(held.records[0], version=at(5))])
    assert got(ledger).state is State.DUE, "hinted while it ran"
    again = claim(ledger)
    ledger.settle(again.token, [synced(again.records[0], version=at(5))])
    assert ledger.record_hints([hint(version=at(1), delivery_id="hours late", **CREATE)]) == [Recorded.STALE]
    assert got(ledger).state is State.SYNCED


def test_new_and_known_records_of_one_batch_are_answered_in_order(ledger: MongoLedger) -> None:
    ledger.record_hints([hint("2", delivery_id="b")])
    answers = ledger.record_hints(
        [
            hint("1", delivery_id="a", **CREATE),
            hint("2", delivery_id="b", **CREATE),
            hint("3", delivery_id="c"),
            hint("4", delivery_id="d", **CREATE),
        ]
    )
    assert answers == [Recorded.RECORDED, Recorded.DUPLICATE, Recorded.RECORDED, Recorded.RECORDED]


def test_fifty_announcements_at_once_make_one_record(ledger: MongoLedger) -> None:
    same = hint(delivery_id="d", **CREATE)
    answers = [answer for (answer,) in at_once(50, lambda _: ledger.record_hints([same]))]
    assert sorted(answers).count(Recorded.RECORDED) == 1
    assert got(ledger).wanted.seq == 1
