"""Every index of every collection. `ensure_indexes` makes them; making one that is there changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pymongo
from pymongo.database import Database

from libs.common.ledger.documents import Document
from libs.common.ledger.embedded import usable
from libs.common.ledger.engine import reaching_ledger

BUILD_SECONDS = 600.0
"""An index over a large collection takes longer than any other call is given."""

RECORDS = "records"
STORES = "stores"
BUDGETS = "budgets"
BREAKERS = "breakers"
LEADERS = "leaders"
CURSORS = "cursors"


@dataclass(frozen=True, slots=True)
class Index:
    """`keys` are (field, 1 or -1); `why` names the question it answers."""

    collection: str
    name: str
    keys: tuple[tuple[str, int], ...]
    why: str
    options: Mapping[str, Any] = field(default_factory=dict)


INDEXES = (
    Index(
        RECORDS,
        "claim",
        (("store", 1), ("entity", 1), ("state", 1), ("lane", -1), ("due_at", 1)),
        "what of this store and entity is due, live first, longest due first; counts by state",
    ),
    Index(
        RECORDS,
        "nudge",
        (("state", 1), ("store", 1), ("nudged_at", 1), ("lane", -1), ("due_at", 1)),
        "which stores have work; what of it the sweeper must send, and how much is on its way",
    ),
    Index(
        RECORDS,
        "lease",
        (("lease.token", 1),),
        "what a worker holds",
        {"partialFilterExpression": {"lease.token": {"$exists": True}}},
    ),
    Index(
        RECORDS,
        "waits",
        (("waits_for", 1),),
        "what to wake when a record is synced or a breaker closes",
        {"partialFilterExpression": {"waits_for": {"$exists": True}}},
    ),
    Index(
        RECORDS,
        "target",
        (("store", 1), ("target.model", 1), ("target.id", 1)),
        "no two records of a store are linked to one on the other side",
        {"unique": True, "partialFilterExpression": {"target.id": {"$exists": True}}},
    ),
    Index(RECORDS, "changed", (("state", 1), ("changed_at", -1)), "the console's lists, newest change first"),
    Index(CURSORS, "store", (("store", 1),), "how far each side of one store was looked through"),
    Index(STORES, "shop", (("shop", 1),), "one store per Shopify shop, and by whom a webhook comes", {"unique": True}),
)


def ensure_indexes(database: Database[Document]) -> None:
    """Make what is missing. Raises `LedgerUnavailable`."""
    database = usable(database)
    with reaching_ledger(), pymongo.timeout(BUILD_SECONDS):
        for index in INDEXES:
            database[index.collection].create_index(list(index.keys), name=index.name, **index.options)
