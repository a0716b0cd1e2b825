"""A real MongoDB that goes away and comes back: what was said not to be done may be done again (FAULTS.md F18, F30)."""

from __future__ import annotations

import asyncio

import pytest

from libs.common.errors import LedgerUnavailable
from libs.common.ledger.aio import AsyncMongoHints
from libs.common.ledger.connect import connect
from libs.common.ledger.model import Recorded, State
from libs.common.ledger.repository import MongoLedger
from tests import engines
from tests.contract.ledger.helpers import claim, got, hint, synced

pytestmark = [pytest.mark.mongodb, pytest.mark.timeout(90)]


async def test_work_goes_on_where_it_was_when_the_ledger_is_back(
    mongodb_control: engines.MongoDB, mongodb_database: str
) -> None:
    sink = AsyncMongoHints.connect(mongodb_control.url, mongodb_database, timeout_seconds=1)
    with connect(mongodb_control.url, mongodb_database, timeout_seconds=1) as connection:
        connection.prepare()
        ledger = MongoLedger(connection.database, connection.clock)
        try:
            assert await sink.record_hints([hint("1", delivery_id="d-1")]) == [Recorded.RECORDED]
            taken = claim(ledger, "1", lease_seconds=300)
            mongodb_control.kill()
            for call in (lambda: ledger.settle(taken.token, [synced(taken.records[0])]), ledger.find):
                with pytest.raises(LedgerUnavailable):
                    call()
            with pytest.raises(LedgerUnavailable):
                await sink.record_hints([hint("1", delivery_id="d-1"), hint("2")])
            await asyncio.to_thread(mongodb_control.start)
            answers = await sink.record_hints([hint("1", delivery_id="d-1"), hint("2", delivery_id="d-2")])
            assert answers == [Recorded.DUPLICATE, Recorded.RECORDED]
            assert got(ledger, "1").lease == taken.records[0].lease
            settled = ledger.settle(taken.token, [synced(taken.records[0])])
            assert settled.done == {taken.records[0].id}
            assert got(ledger, "1").state is State.SYNCED
        finally:
            await sink.close()
