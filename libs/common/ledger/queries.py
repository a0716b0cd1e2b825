"""Reading the ledger, linking pairs, and what a person may do by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from pymongo.errors import DuplicateKeyError

from libs.common.errors import Transient
from libs.common.ledger.base import Records, made_due
from libs.common.ledger.documents import Document, from_document, read_target, stored_time, target_document
from libs.common.ledger.engine import reaching_ledger
from libs.common.ledger.hints import pushed_events
from libs.common.ledger.model import Event, Lane, Link, Record, State, Target, record_id

#: What is read in one go is read in less.
CHANGING = timedelta(seconds=30)
MATCHED_BY_ORDERS = "matched by orders"
#: While a link moves, what it was stands in `told` under this name: `7 res.partner Jane Doe`.
MOVING = "moving"


class Queries(Records):
    """The console's half, and the links that workers look up."""

    def get(self, record_id: str) -> Record | None:
        with reaching_ledger():
            document = self._records.find_one({"_id": record_id})
        return from_document(document) if document else None

    def many(self, ids: Sequence[str]) -> dict[str, Record]:
        if not ids:
            return {}
        with reaching_ledger():
            found = list(self._records.find({"_id": {"$in": list(ids)}}, {"history": 0, "deliveries": 0}))
        return {document["_id"]: from_document(document) for document in found}

    def unsettled(self, store: str, entity: str) -> list[Record]:
        states = [State.DUE.value, State.RUNNING.value, State.HELD.value]
        conditions: Document = {"store": store, "entity": entity, "state": {"$in": states}}
        fields = {"history": 0, "deliveries": 0}
        since = {"changed_at": {"$gte": self.clock.now() - CHANGING}}
        with reaching_ledger():
            found = {document["_id"]: document for document in self._records.find(conditions, fields)}
            # State by state: one that changes from a later to an earlier one meanwhile is passed over.
            found |= {document["_id"]: document for document in self._records.find(conditions | since, fields)}
        return [from_document(document) for document in found.values()]

    def left_out(self, store: str, entity: str, since: datetime, limit: int) -> list[Record]:
        conditions: Document = {"store": store, "entity": entity, "state": State.IGNORED.value}
        conditions["changed_at"] = {"$gte": stored_time(since)}
        fields = {"history": 0, "deliveries": 0}
        with reaching_ledger():
            found = list(self._records.find(conditions, fields, sort=[("changed_at", -1)], limit=limit))
        return [from_document(document) for document in found]

    def linked_since(self, store: str, entity: str, since: datetime | None, after: str, limit: int) -> list[Record]:
        conditions: Document = {"store": store, "entity": entity, "target.id": {"$exists": True}}
        if since is not None:
            conditions |= {"state": {"$in": [one.value for one in State]}, "changed_at": {"$gte": stored_time(since)}}
        if after:
            conditions["_id"] = {"$gt": after}
        with reaching_ledger():
            fields = {"history": 0, "deliveries": 0}
            found = list(self._records.find(conditions, fields, sort=[("_id", 1)], limit=limit))
        return [from_document(document) for document in found]

    def linked_to(self, store: str, model: str, ids: Sequence[int]) -> dict[int, Record]:
        if not ids:
            return {}
        conditions = {"store": store, "target.model": model, "target.id": {"$in": list(ids)}}
        with reaching_ledger():
            found = list(self._records.find(conditions, {"history": 0, "deliveries": 0}))
        return {document["target"]["id"]: from_document(document) for document in found}

    def find(
        self,
        *,
        store: str | None = None,
        entity: str | None = None,
        state: State | None = None,
        limit: int = 100,
    ) -> list[Record]:
        """Newest change first."""
        conditions: Document = {"state": state.value if state else {"$in": [one.value for one in State]}}
        if store is not None:
            conditions["store"] = store
        if entity is not None:
            conditions["entity"] = entity
        with reaching_ledger():
            found = list(self._records.find(conditions, sort=[("changed_at", -1)], limit=limit))
        return [from_document(document) for document in found]

    def counts(self) -> Mapping[tuple[str, str, State], int]:
        parts = {part: f"${part}" for part in ("store", "entity", "state")}
        with reaching_ledger():
            rows = list(self._records.aggregate([{"$group": {"_id": parts, "count": {"$sum": 1}}}]))
        return {(row["_id"]["store"], row["_id"]["entity"], State(row["_id"]["state"])): row["count"] for row in rows}

    def links(self, store: str, entity: str, source_ids: Sequence[str]) -> dict[str, Target]:
        if not source_ids:
            return {}
        ids = [record_id(store, entity, source_id) for source_id in source_ids]
        conditions = {"_id": {"$in": ids}, "target.id": {"$exists": True}}
        with reaching_ledger():
            found = self._read(conditions, ("source_id", "target"))
        targets = {document["source_id"]: read_target(document["target"]) for document in found}
        return {source_id: target for source_id, target in targets.items() if target is not None}

    def link(self, store: str, links: Sequence[Link]) -> None:
        """A record that has a target keeps it, and a target that is taken stays where it is.

        What waits for a record linked here becomes due.
        """
        with reaching_ledger():
            linked = [record_id(store, one.entity, one.source_id) for one in links if self._link(store, one)]
            if linked:
                waiting = {"waits_for": {"$in": linked}, "state": State.DUE.value}
                self._records.update_many(waiting, made_due(self.clock.now()))

    def move_link(
        self, store: str, entity: str, source_id: str, to: str, *, instead_of: int | None = None, at_work: bool = False
    ) -> int | None:
        """See `Ledger.move_link`. What was taken off is kept on the record until it has arrived (FAULTS.md F13)."""
        key, now = record_id(store, entity, source_id), self.clock.now()
        with reaching_ledger():
            found = self._records.find_one({"_id": key}) or {}
            linked, moving = read_target(found.get("target")), found.get("told", {}).get(MOVING, "")
            target = linked or _moving(moving)
            if target is None:
                return None
            moving = f"{target.id} {target.model} {target.name}" if linked else moving
            ours: Document = {"_id": key, "target.id": {"$exists": False}, f"told.{MOVING}": moving}
            taken = {"$set": {f"told.{MOVING}": moving}, "$unset": {"target": ""}}
            self._records.update_one({"_id": key, "target.model": target.model, "target.id": target.id}, taken)
            if self._records.find_one(ours, {"_id": 1}) is None:
                raise Transient(f"the link of {source_id} was moved or changed meanwhile", code="link_taken")
            if instead_of is not None:
                gone = {"_id": record_id(store, entity, to), "target.id": instead_of}
                self._records.update_one(gone, {"$unset": {"target": "", "synced": ""}})
            arrived = self._link(store, Link(entity, to, target, target.name), at_work=at_work)
            if not arrived and self.links(store, entity, [to]).get(to) != target:
                self._put_back(ours, target)
                raise Transient(f"{to} is at work, or was given a link meanwhile", code="link_taken")
            moved = Event(now, "link moved", {"to": record_id(store, entity, to), "target": target_document(target)})
            update = {"$unset": {f"told.{MOVING}": ""}, "$push": {"history": pushed_events([moved])}}
            self._records.update_one(ours, update)
        return target.id

    def _put_back(self, ours: Document, target: Target) -> None:
        """Unless the record has another one by now, or another record has this one."""
        arrived = {f"told.{MOVING}": ""}
        try:
            self._records.update_one(ours, {"$set": {"target": target_document(target)}, "$unset": arrived})
        except DuplicateKeyError:
            self._records.update_one(ours, {"$unset": arrived})

    def _link(self, store: str, link: Link, *, at_work: bool = True) -> bool:
        """Not `at_work`: not while a worker has it, whose outcome would take the link's place."""
        now = self.clock.now()
        key = record_id(store, link.entity, link.source_id)
        target = target_document(link.target)
        new: Document = {
            "store": store,
            "entity": link.entity,
            "source": "shopify",
            "source_id": link.source_id,
            "state": State.SYNCED.value,
            "attempts": 0,
            "claims": 0,
            "wanted": {"seq": 0, "why": MATCHED_BY_ORDERS, "at": now},
        }
        if link.instead_of is not None:
            gone = {"_id": key, "target.id": link.instead_of}
            self._records.update_one(gone, {"$unset": {"target": "", "synced": ""}})
        known: Document = {"target": target, "changed_at": now}
        (known if link.name else new)["name"] = link.name
        update = {
            "$set": known,
            "$setOnInsert": new,
            "$push": {"history": pushed_events([Event(now, "linked", {"target": target})])},
        }
        try:
            # What was erased on request is not linked again by whoever still knows of it.
            free = {"_id": key, "target.id": {"$exists": False}, "told.erased": {"$exists": False}}
            if not at_work:
                free["state"] = {"$ne": State.RUNNING.value}
            self._records.update_one(free, update, upsert=True)
        except DuplicateKeyError:
            return False  # linked already, or its target is another record's
        return True

    def retry(self, ids: Sequence[str], *, why: str) -> list[str]:
        """See `Ledger.retry`; a running record runs once more when it is done. Goes before any breaker's wait."""
        if not ids:
            return []
        now = self.clock.now()
        hinted: Document = {
            "$inc": {"wanted.seq": 1},
            "$push": {"history": pushed_events([Event(now, "retry", {"why": why})])},
        }
        noted = {"wanted.why": why, "wanted.at": now, "changed_at": now, "attempts": 0}
        again = made_due(now)
        again["$set"] |= noted | {"lane": Lane.LIVE.value}
        with reaching_ledger():
            running = {"_id": {"$in": list(ids)}, "state": State.RUNNING.value}
            self._records.update_many(running, hinted | {"$set": noted})
            # What stops running between the two writes is counted twice: that is one run, all the same.
            resting = {"_id": {"$in": list(ids)}, "state": {"$ne": State.RUNNING.value}}
            self._records.update_many(resting, hinted | again)
            found = {document["_id"] for document in self._read({"_id": {"$in": list(ids)}}, ("_id",))}
        return [key for key in ids if key in found]


def _moving(text: str) -> Target | None:
    number, _, rest = text.partition(" ")
    model, _, name = rest.partition(" ")
    return Target(model, int(number), name) if number.isdigit() and model else None
