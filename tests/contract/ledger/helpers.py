"""Shorthands of the ledger's contract tests."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from libs.common.ledger.model import Claim, Hint, Record, Settlement, State
from libs.common.ledger.repository import MongoLedger

T = TypeVar("T")

DAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def at(minute: int) -> datetime:
    """A version: `updated_at` of the source."""
    return DAY + timedelta(minutes=minute)


def hint(source_id: str = "1", **changes: Any) -> Hint:
    return Hint(**({"store": "acme", "entity": "order", "source_id": source_id, "why": "orders/updated"} | changes))


def key(source_id: str = "1", store: str = "acme") -> str:
    return f"{store}/order/{source_id}"


def claim(ledger: MongoLedger, *source_ids: str, worker: str = "w1", limit: int = 20, **more: Any) -> Claim:
    """A claim that must succeed."""
    found = try_claim(ledger, *source_ids, worker=worker, limit=limit, **more)
    assert found is not None
    return found


def try_claim(
    ledger: MongoLedger,
    *source_ids: str,
    worker: str = "w1",
    limit: int = 20,
    store: str = "acme",
    lease_seconds: float = 60,
) -> Claim | None:
    ids = [key(source_id, store) for source_id in source_ids]
    return ledger.claim(store, "order", ids, worker=worker, lease_seconds=lease_seconds, limit=limit)


def synced(record: Record, version: datetime | None = None, **more: Any) -> Settlement:
    return Settlement(record.id, State.SYNCED, record.wanted.seq, version=version, digest="d1", **more)


def got(ledger: MongoLedger, source_id: str = "1") -> Record:
    record = ledger.get(key(source_id))
    assert record is not None
    return record


def at_once(count: int, work: Callable[[int], T]) -> list[T]:
    """`work(0)` … `work(count - 1)` on as many threads, let go at the same moment."""
    gate = threading.Barrier(count)

    def run(number: int) -> T:
        gate.wait()
        return work(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))
