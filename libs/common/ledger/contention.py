"""Compare-and-set on a small document that many want at once: read, decide, write if nobody wrote in between."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any

from pymongo.collection import Collection
from pymongo.errors import DuplicateKeyError

from libs.common.ledger.documents import Document
from libs.common.ledger.engine import reaching_ledger
from libs.common.retry import backoff_seconds

TRIES = 40
BASE_SECONDS = 0.002
CAP_SECONDS = 0.1


def compare_and_set(
    collection: Collection[Document], key: str, decide: Callable[[Document | None], Document | None]
) -> bool:
    """Bring the document `key` from what it is to what `decide` makes of it.

    `decide` gets the document (None when there is none yet) and returns the fields to set, or None to leave it
    alone; it may be called several times. False when others got in between at every try. `version` counts the
    writes and is in the filter, so of two that read the same only one writes.
    """
    for attempt in range(1, TRIES + 1):
        with reaching_ledger():
            present = collection.find_one({"_id": key})
            fields = decide(present)
            if fields is None or _written(collection, key, present, fields):
                return True
        # Jitter: those that met once would otherwise meet again.
        time.sleep(backoff_seconds(attempt, random.random, base=BASE_SECONDS, cap=CAP_SECONDS))
    return False


def _written(collection: Collection[Document], key: str, present: Document | None, fields: Document) -> bool:
    if present is None:
        try:
            collection.insert_one({"_id": key, "version": 1, **fields})
        except DuplicateKeyError:
            return False
        return True
    unchanged: dict[str, Any] = {"_id": key, "version": present["version"]}
    result = collection.update_one(unchanged, {"$set": fields, "$inc": {"version": 1}})
    return result.matched_count == 1
