"""FAULTS.md F31: hosts whose clocks are an hour off share leases and due times, because the database's clock decides."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from libs.common.ledger.connect import connect
from libs.common.ledger.model import Hint, Settlement, State
from libs.common.ledger.repository import MongoLedger

HOUR = timedelta(hours=1)
NEAR = timedelta(seconds=10)


@pytest.mark.parametrize("off", [HOUR, -HOUR], ids=["ahead", "behind"])
def test_f31_leases_and_due_times_go_by_the_databases_clock(
    mongodb_url: str, mongodb_database: str, off: timedelta
) -> None:
    with connect(mongodb_url, mongodb_database) as here:
        here.prepare()
        right = MongoLedger(here.database, here.clock)
        now = datetime.now(UTC)
        with time_machine.travel(now + off), connect(mongodb_url, mongodb_database) as elsewhere:
            assert abs(datetime.now(UTC) - now - off) < NEAR, "this host's clock is off"
            wrong = MongoLedger(elsewhere.database, elsewhere.clock)
            wrong.record_hints([Hint("acme", "order", "1")])
            due = right.get("acme/order/1")
            assert due
            assert due.due_at
            assert abs(due.due_at - now) < NEAR
            claim = wrong.claim("acme", "order", [], worker="wrong", lease_seconds=60, limit=1)
            assert claim
            assert claim.records[0].lease
            assert abs(claim.records[0].lease.until - now - timedelta(seconds=60)) < NEAR
            assert right.claim("acme", "order", [], worker="right", lease_seconds=60, limit=1) is None, "leased"
            (record,) = claim.records
            wrong.settle(claim.token, [Settlement(record.id, State.SYNCED, record.wanted.seq, digest="d")])
        synced = right.get("acme/order/1")
        assert synced
        assert synced.synced
        assert abs(synced.synced.at - now) < NEAR
