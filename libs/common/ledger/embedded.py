"""The ledger without a server: mongomock behind one lock.

mongomock 4.3 is not MongoDB: a compare-and-set is not atomic under threads, cursors read lazily while others
write, and `bulk_write` fails with pymongo 4.20. Here is the one place that mends this, so that the
repositories run unchanged on either.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

from pymongo import InsertOne, UpdateOne
from pymongo.database import Database
from pymongo.errors import BulkWriteError, DuplicateKeyError

from libs.common.ledger.documents import Document
from libs.common.ledger.engine import DUPLICATE_KEY

_LOCK = threading.RLock()
"""One for the process: whichever way a mongomock database came to be wrapped, its writers meet here."""

_LISTED = frozenset({"find", "aggregate"})


class LockedCollection:
    """A mongomock collection whose every call is whole before the next begins."""

    def __init__(self, collection: Any) -> None:
        self._collection = collection

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._collection, name)
        if not callable(method):
            return method

        def locked(*args: Any, **options: Any) -> Any:
            with _LOCK:
                answer = method(*args, **options)
                return list(answer) if name in _LISTED else answer

        return locked

    def bulk_write(
        self, requests: Sequence[InsertOne[Document] | UpdateOne], *, ordered: bool = True
    ) -> SimpleNamespace:
        """Each in turn, answered and failing as pymongo's does: `matched_count`, `upserted_ids`, `BulkWriteError`."""
        matched, upserted, errors = 0, {}, []
        with _LOCK:
            for index, request in enumerate(requests):
                try:
                    if isinstance(request, InsertOne):
                        self._collection.insert_one(request._doc)  # noqa: SLF001 - see below
                        continue
                    result = self._collection.update_one(request._filter, request._doc, upsert=bool(request._upsert))  # noqa: SLF001 - pymongo gives no other way to read a request
                except DuplicateKeyError as error:
                    errors.append({"index": index, "code": DUPLICATE_KEY, "errmsg": str(error)})
                    if ordered:
                        break
                    continue
                if result.upserted_id is None:
                    matched += result.matched_count
                else:
                    upserted[index] = result.upserted_id
        if errors:
            listed = [{"index": index, "_id": key} for index, key in upserted.items()]
            raise BulkWriteError({"writeErrors": errors, "nMatched": matched, "upserted": listed})
        return SimpleNamespace(matched_count=matched, upserted_ids=upserted)


class LockedDatabase:
    """A mongomock database that hands out locked collections."""

    def __init__(self, database: Any) -> None:
        self._database = database
        self.name: str = database.name

    def __getitem__(self, name: str) -> LockedCollection:
        with _LOCK:
            return LockedCollection(self._database[name])

    def command(self, name: str) -> Document:
        """`ping` is answered: what lives in this process is there."""
        if name != "ping":
            raise NotImplementedError(f"the embedded ledger does not know the command {name!r}")
        return {"ok": 1.0}


def usable(database: Any) -> Database[Document]:
    """The database as the repositories may use it: a mongomock one is put behind the lock, others stay as they are."""
    if type(database).__module__.partition(".")[0] == "mongomock":
        database = LockedDatabase(database)
    return cast("Database[Document]", database)


def embedded_database(name: str) -> Database[Document]:
    """A new, empty database in this process's memory."""
    import mongomock  # noqa: PLC0415 - only the embedded mode needs it, and only its extra installs it

    return usable(mongomock.MongoClient(tz_aware=True)[name])
