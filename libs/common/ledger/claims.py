"""Leases: take what is due, keep it, give it back."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from libs.common.errors import LedgerUnavailable
from libs.common.ledger.base import Records, due_by, expired_by, made_due
from libs.common.ledger.documents import Document, from_document
from libs.common.ledger.engine import reaching_ledger
from libs.common.ledger.hints import pushed_events
from libs.common.ledger.model import Claim, Event, Lane, Record, State
from libs.common.ledger.states import CLOCK_TOLERANCE

CLAIM_ROUNDS = 5
"""Another worker may take the very records that were chosen; then others are chosen, so many times."""

QUEUE_ORDER = [("lane", -1), ("due_at", 1)]
"""`live` before `backfill`, longest due first."""


class Claims(Records):
    """Every lease is taken by compare-and-set: the filter of the write asks again what the choice was made by."""

    def claim(
        self, store: str, entity: str, ids: Sequence[str], *, worker: str, lease_seconds: float, limit: int
    ) -> Claim | None:
        """See `Ledger.claim`. Also when none of `ids` is due, others are taken: any message may carry the work."""
        for _ in range(CLAIM_ROUNDS):
            now = self.clock.now()
            with reaching_ledger():
                chosen = self._choose(store, entity, ids, now, limit)
            if not chosen:
                return None
            records = self._lease(chosen, worker, now, now + timedelta(seconds=lease_seconds))
            if records:
                token = records[0].lease
                assert token is not None  # noqa: S101 - what was just read back by its lease has one
                return Claim(token.token, tuple(sorted(records, key=_queue_place)))
        return None

    def _choose(self, store: str, entity: str, ids: Sequence[str], now: datetime, limit: int) -> dict[str, State]:
        """Those of `ids` first, then the first of the queue: id to present state."""
        ready: Document = {"store": store, "entity": entity, "$or": [due_by(now + CLOCK_TOLERANCE), expired_by(now)]}
        chosen: dict[str, State] = {}
        if ids:
            chosen |= self._first(ready | {"_id": {"$in": list(ids)}}, limit)
        if len(chosen) < limit:
            others = ready | {"_id": {"$nin": list(chosen)}} if chosen else ready
            chosen |= self._first(others, limit - len(chosen))
        return chosen

    def _first(self, conditions: Document, limit: int) -> dict[str, State]:
        found = self._records.find(conditions, projection=["state"], sort=QUEUE_ORDER, limit=limit)
        return {document["_id"]: State(document["state"]) for document in found}

    def _lease(self, chosen: dict[str, State], worker: str, now: datetime, until: datetime) -> list[Record]:
        """Write the lease on those that are still free, and read back which they are."""
        token = uuid.uuid4().hex
        due = [key for key, state in chosen.items() if state is State.DUE]
        expired = [key for key, state in chosen.items() if state is State.RUNNING]
        failed: LedgerUnavailable | None = None
        try:
            with reaching_ledger():
                if due:
                    self._records.update_many(
                        {"_id": {"$in": due}} | due_by(now + CLOCK_TOLERANCE),
                        _leased(token, worker, now, until, attempts=0),
                    )
                if expired:
                    self._records.update_many(
                        {"_id": {"$in": expired}} | expired_by(now), _leased(token, worker, now, until, attempts=1)
                    )
        except LedgerUnavailable as error:
            failed = error
        # An answer that never came says nothing about the write: the token tells (FAULTS.md F30).
        with reaching_ledger():
            records = [from_document(document) for document in self._records.find({"lease.token": token})]
        if failed and not records:
            raise failed
        return records

    def extend(self, token: str, *, lease_seconds: float) -> int:
        """A lease that has run out but was taken by nobody yet is prolonged as well."""
        until = self.clock.now() + timedelta(seconds=lease_seconds)
        with reaching_ledger():
            return self._records.update_many(_held_by(token), {"$set": {"lease.until": until}}).matched_count

    def hand_back(self, token: str, *, except_ids: Sequence[str] = ()) -> int:
        now = self.clock.now()
        conditions = _held_by(token)
        if except_ids:
            conditions["_id"] = {"$nin": list(except_ids)}
        update = made_due(now) | {"$push": {"history": pushed_events([Event(now, "handed back")])}}
        with reaching_ledger():
            return self._records.update_many(conditions, update).matched_count


def _held_by(token: str) -> Document:
    """Only a running record has a lease. Its state is not asked for: that would tempt MongoDB to another index."""
    return {"lease.token": token}


def _leased(token: str, worker: str, now: datetime, until: datetime, *, attempts: int) -> Document:
    """`attempts` is 1 for a lease that ran out: whoever held it died, perhaps of this record (FAULTS.md F15)."""
    event = Event(now, "claim", {"worker": worker} | ({"after": "lease ran out"} if attempts else {}))
    return {
        "$set": {
            "state": State.RUNNING.value,
            # Field by field: mongomock would let all records of this write share one lease.
            "lease.token": token,
            "lease.worker": worker,
            "lease.until": until,
            "claimed_at": now,
            "changed_at": now,
        },
        "$unset": {"nudged_at": "", "waits_for": ""},
        "$inc": {"claims": 1, "attempts": attempts},
        "$push": {"history": pushed_events([event])},
    }


def _queue_place(record: Record) -> tuple[bool, float]:
    return record.lane is not Lane.LIVE, record.due_at.timestamp() if record.due_at else 0.0
