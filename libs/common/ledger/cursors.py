"""How far a store's other side was looked through: one moment for each thing that is polled, which never goes back."""

from __future__ import annotations

from datetime import datetime

from pymongo.database import Database

from libs.common.errors import LedgerUnavailable
from libs.common.ledger.contention import compare_and_set
from libs.common.ledger.documents import Document, read_time, stored_time
from libs.common.ledger.embedded import usable
from libs.common.ledger.engine import reaching_ledger
from libs.common.ledger.indexes import CURSORS


class MongoCursors:
    """Implements `Cursors`; a document is `{_id: "acme/odoo/delivery", store, reached, version}`."""

    def __init__(self, database: Database[Document]) -> None:
        self._cursors = usable(database)[CURSORS]

    def reached(self, key: str) -> datetime | None:
        with reaching_ledger():
            document = self._cursors.find_one({"_id": key})
        return read_time(document["reached"]) if document else None

    def advance(self, key: str, moment: datetime) -> None:
        """See `Cursors.advance`. Of two that looked at once, the one that got further counts."""
        wanted = stored_time(moment)

        def decide(document: Document | None) -> Document | None:
            present = read_time(document["reached"]) if document else None
            if present is not None and present >= moment:
                return None
            return {"store": key.partition("/")[0], "reached": wanted}

        if not compare_and_set(self._cursors, key, decide):
            raise LedgerUnavailable(f"the cursor {key} found no quiet moment to be written")
