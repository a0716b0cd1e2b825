"""Who acts when several run: a lease in the database, taken by one compare-and-set."""

from __future__ import annotations

from datetime import timedelta

from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from libs.common.clock import Clock
from libs.common.ledger.documents import Document
from libs.common.ledger.embedded import usable
from libs.common.ledger.engine import reaching_ledger
from libs.common.ledger.indexes import LEADERS


class MongoLeaders:
    """Implements `Leaders`; a holder that acquires again prolongs its lease."""

    def __init__(self, database: Database[Document], clock: Clock) -> None:
        self._leaders = usable(database)[LEADERS]
        self._clock = clock

    def acquire(self, name: str, holder: str, *, lease_seconds: float) -> bool:
        now = self._clock.now()
        free = {"_id": name, "$or": [{"holder": holder}, {"until": {"$lt": now}}]}
        taken = {"$set": {"holder": holder, "until": now + timedelta(seconds=lease_seconds)}}
        with reaching_ledger():
            try:
                self._leaders.update_one(free, taken, upsert=True)
            except DuplicateKeyError:
                return False  # the upsert found the name held by another
        return True

    def resign(self, name: str, holder: str) -> None:
        """Let the next one in at once; does nothing when somebody else holds it."""
        with reaching_ledger():
            self._leaders.delete_one({"_id": name, "holder": holder})
