"""What the sweeper asks: which records need a message, and how many are on their way."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import chain, zip_longest

from libs.common.ledger.base import Records, due_by, expired_by
from libs.common.ledger.claims import QUEUE_ORDER
from libs.common.ledger.documents import Document, from_document
from libs.common.ledger.engine import reaching_ledger
from libs.common.ledger.model import Record, State


class Nudging(Records):
    """`nudged_at` is set only while a record is due (or past its lease) and is taken away by the claim.

    So a record without it was not nudged since it became due, whatever the times say.
    """

    def to_nudge(self, *, limit: int, overdue_seconds: float, entities: Sequence[str] | None = None) -> list[Record]:
        """See `Ledger.to_nudge`. Store by store in turn, so that one store's flood leaves room for the others (F37).

        Live before backfill and longest due first within a store; `history` and `deliveries` are left out.
        """
        now = self.clock.now()
        chosen: Document = {} if entities is None else {"entity": {"$in": list(entities)}}
        late = now - timedelta(seconds=overdue_seconds)
        with reaching_ledger():
            waiting, running = self._stores_with(State.DUE), self._stores_with(State.RUNNING)
            stores = sorted(waiting | running)
            # Once with an equal share for each store, and once more with what the others did not use.
            queues = {
                store: self._unsent_of({"store": store} | chosen, now, late, -(-limit // len(stores)))
                for store in stores
            }
            left = limit - sum(map(len, queues.values()))
            for store, queue in queues.items():
                if left > 0 and len(queue) == -(-limit // len(stores)):
                    queues[store] = self._unsent_of({"store": store} | chosen, now, late, len(queue) + left)
        in_turn = chain.from_iterable(zip_longest(*queues.values()))
        return [record for record in in_turn if record is not None][:limit]

    def _stores_with(self, state: State) -> set[str]:
        return set(self._records.distinct("store", {"state": state.value}))

    def _unsent_of(self, chosen: Document, now: datetime, late: datetime, limit: int) -> list[Record]:
        records: list[Record] = []
        for conditions in _unsent(now, late):
            if len(records) >= limit:
                break
            found = self._records.find(
                chosen | conditions,
                projection={"history": 0, "deliveries": 0},
                sort=QUEUE_ORDER,
                limit=limit - len(records),
            )
            records += [from_document(document) for document in found]
        return records

    def mark_nudged(self, ids: Sequence[str]) -> None:
        """Only what is due: what a worker took meanwhile needs no mark, and must not carry one into its next turn."""
        if ids:
            now = self.clock.now()
            with reaching_ledger():
                self._records.update_many(nudged_filter(ids, now), {"$set": {"nudged_at": now}})

    def outstanding(self, *, overdue_seconds: float) -> int:
        since = self.clock.now() - timedelta(seconds=overdue_seconds)
        conditions = {"state": State.DUE.value, "nudged_at": {"$gte": since}}
        with reaching_ledger():
            # Store by store, as the index has it.
            stores = self._stores_with(State.DUE)
            return sum(self._records.count_documents({"store": store} | conditions) for store in stores)


def nudged_filter(ids: Sequence[str], now: datetime) -> Document:
    """What `mark_nudged` marks; the gateway's asynchronous half uses it as well."""
    return {"_id": {"$in": list(ids)}, "$or": [due_by(now), expired_by(now)]}


def _unsent(now: datetime, late: datetime) -> list[Document]:
    """Never sent since it became due, sent and not taken, and left by a worker that died."""
    return [
        due_by(now) | {"nudged_at": None},
        due_by(now) | {"nudged_at": {"$lt": late}},
        expired_by(now) | {"nudged_at": None},
        expired_by(now) | {"nudged_at": {"$lt": late}},
    ]
