"""What the parts of the repository share: the collection of records, the clock, the forms of a filter."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pymongo import InsertOne, UpdateOne
from pymongo.database import Database
from pymongo.errors import BulkWriteError

from libs.common.clock import Clock
from libs.common.ledger.documents import Document
from libs.common.ledger.embedded import usable
from libs.common.ledger.engine import duplicates
from libs.common.ledger.indexes import RECORDS
from libs.common.ledger.model import State


class Records:
    """The `records` collection; `clock` decides what is due and whose lease has run out."""

    def __init__(self, database: Database[Document], clock: Clock) -> None:
        self.clock = clock
        self._database = usable(database)
        self._records = self._database[RECORDS]

    def _read(self, conditions: Document, fields: Sequence[str]) -> list[Document]:
        return list(self._records.find(conditions, projection=list(fields)))

    def _write_all(self, changes: Sequence[InsertOne[Document] | UpdateOne]) -> tuple[int, list[int]]:
        """One unordered batch: how many records matched, and which positions hit a unique index."""
        try:
            result = self._records.bulk_write(list(changes), ordered=False)
        except BulkWriteError as error:
            refused = duplicates(error)
            return int((error.details or {}).get("nMatched", 0)), refused
        return result.matched_count, []


def due_by(now: datetime) -> Document:
    return {"state": State.DUE.value, "due_at": {"$lte": now}}


def expired_by(now: datetime) -> Document:
    return {"state": State.RUNNING.value, "lease.until": {"$lt": now}}


def made_due(now: datetime) -> dict[str, Any]:
    """The parts of an update that make a record due now without a place lost; for `$set`, `$min` and `$unset`."""
    return {
        "$set": {"state": State.DUE.value, "changed_at": now},
        "$min": {"due_at": now},
        "$unset": {"lease": "", "held": "", "ignored": "", "waits_for": "", "nudged_at": ""},
    }
