"""The ledger on MongoDB, and unchanged on mongomock: `MongoLedger` implements `Ledger`."""

from __future__ import annotations

from collections.abc import Sequence

from libs.common.ledger.claims import Claims
from libs.common.ledger.engine import reaching_ledger
from libs.common.ledger.hints import READ_FIELDS, Read, recording
from libs.common.ledger.model import Hint, Recorded
from libs.common.ledger.nudging import Nudging
from libs.common.ledger.privacy import Privacy
from libs.common.ledger.queries import Queries
from libs.common.ledger.settling import Settling


class MongoLedger(Claims, Settling, Nudging, Queries, Privacy):
    """`MongoLedger(database, clock)`; safe to share among threads and processes.

    Claims, settling, nudging and queries have a file each; none of them keeps anything between calls.
    """

    def record_hints(self, hints: Sequence[Hint]) -> list[Recorded]:
        """See `Ledger.record_hints`: one write for the whole batch in the ordinary case."""
        flow = recording(hints, self.clock.now())
        with reaching_ledger():
            try:
                step = next(flow)
                while True:
                    if isinstance(step, Read):
                        step = flow.send(self._read({"_id": {"$in": step.ids}}, list(READ_FIELDS)))
                    else:
                        step = flow.send(self._write_all(step.changes)[1])
            except StopIteration as finished:
                answers: list[Recorded] = finished.value
                return answers

    def ping(self) -> None:
        """Raises `LedgerUnavailable` when the database does not answer."""
        with reaching_ledger():
            self._database.command("ping")
