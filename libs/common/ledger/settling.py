"""Settling: write outcomes, but only where the lease is still ours."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import datetime

from pymongo import UpdateOne

from libs.common.errors import LedgerUnavailable
from libs.common.ledger.base import Records, made_due
from libs.common.ledger.documents import (
    Document,
    event_document,
    held_document,
    plain,
    read_time,
    stored_time,
    synced_document,
    target_document,
)
from libs.common.ledger.engine import reaching_ledger
from libs.common.ledger.hints import pushed_events
from libs.common.ledger.model import Event, Held, Settled, Settlement, State, Synced
from libs.common.ledger.states import FINAL, after_settle, hints_count, waits_for_breaker

SETTLE_ROUNDS = 6
"""First as claimed, then what was hinted meanwhile, then what met a taken target; the rest is for chance."""


class Settling(Records):
    """The lease's token is in the filter of every write: a worker that lost its lease changes nothing."""

    def settle(self, token: str, settlements: Sequence[Settlement]) -> Settled:
        """See `Ledger.settle`; `done`, `again` and `lost` are disjoint. May be repeated when its answer was lost."""
        pending = {settlement.record_id: settlement for settlement in settlements}
        hinted: set[str] = set()
        written: dict[str, Settlement] = {}
        again: set[str] = set()
        now = self.clock.now()
        # The calls of a batch stand in the history of each of its records: made into documents once.
        told = {id(event): event for settlement in settlements for event in settlement.events}
        documents = {key: event_document(event) for key, event in told.items()}
        with reaching_ledger():
            for _ in range(SETTLE_ROUNDS):
                if not pending:
                    break
                batch = list(pending.values())
                matched, refused = self._write_all([_change(token, one, now, hinted, documents) for one in batch])
                if matched == len(batch):
                    again |= hinted & pending.keys()
                    written |= pending
                    pending = {}
                    break
                for index in refused:
                    taken = self._target_taken(batch[index])
                    pending[taken.record_id] = taken
                written |= self._tell_apart(token, pending, hinted, again)
            if pending:
                raise LedgerUnavailable(f"{len(pending)} outcomes found no quiet moment to be written")
            self._release(list(written.values()), now)
        asked = {settlement.record_id for settlement in settlements}
        return Settled(
            done=frozenset(written.keys() - again), again=frozenset(again), lost=frozenset(asked - written.keys())
        )

    def _tell_apart(
        self, token: str, pending: dict[str, Settlement], hinted: set[str], again: set[str]
    ) -> dict[str, Settlement]:
        """After a batch that did not match whole: leave in `pending` what is still ours, note what was hinted.

        Returns what is written, as `settled` in the document tells; the rest was lost.
        """
        written = {}
        fields = ("lease.token", "settled", "wanted.seq")
        known = {document["_id"]: document for document in self._read({"_id": {"$in": list(pending)}}, fields)}
        for key, settlement in list(pending.items()):
            document = known.get(key, {})
            if document.get("lease", {}).get("token") == token:
                if document["wanted"]["seq"] > settlement.seq:
                    hinted.add(key)
                continue
            del pending[key]
            settled = document.get("settled", {})
            if settled.get("by") == token and settled.get("as") == settlement.state.value:
                written[key] = settlement
                if settled.get("again"):
                    again.add(key)
        return written

    def _target_taken(self, settlement: Settlement) -> Settlement:
        """Two records cannot be linked to one on the other side: the later one is a person's to look at."""
        target = settlement.target
        assert target is not None  # noqa: S101 - only a target can hit the unique index of an update by _id
        store = settlement.record_id.partition("/")[0]
        found = self._read({"store": store, "target.model": target.model, "target.id": target.id}, ("_id", "name"))
        other = next(({"record": one["_id"], "name": one.get("name", "")} for one in found), {"record": "another"})
        held = Held(
            code="target_taken",
            message=f"{target.model} {target.id} is linked to {other['record']} already.",
            hint="Look which of the two records it belongs to, unlink the other one, then retry.",
            details={"target": target_document(target), **other},
        )
        return dataclasses.replace(
            settlement, state=State.HELD, target=None, held=held, digest="", version=None, due_at=None, waits_for=None
        )

    def _release(self, written: Sequence[Settlement], now: datetime) -> None:
        # Also what is held or left out: whoever waits for it decides anew, and waits on or goes another way.
        final = [one.record_id for one in written if one.state in FINAL]
        if final:
            self._records.update_many({"waits_for": {"$in": final}, "state": State.DUE.value}, made_due(now))
        waiting = [one for one in written if one.waits_for and not waits_for_breaker(one.waits_for)]
        if waiting:
            self._release_late(waiting, now)

    def _release_late(self, waiting: Sequence[Settlement], now: datetime) -> None:
        """What was waited for may have been settled between our reading and our writing; nobody else would tell.

        Only when that was after the claim: else two records that misunderstand each other would spin (F36).
        """
        needed = [one.waits_for for one in waiting]
        final = {"_id": {"$in": needed}, "state": {"$in": [state.value for state in FINAL]}}
        moments = {
            document["_id"]: read_time(document.get("synced", {}).get("at"))
            if document["state"] == State.SYNCED.value
            else read_time(document.get("changed_at"))
            for document in self._read(final, ("state", "synced.at", "changed_at"))
        }
        for one in waiting:
            moment = moments.get(one.waits_for)
            if moment is not None:
                waits = {"_id": one.record_id, "state": State.DUE.value, "waits_for": one.waits_for}
                self._records.update_one(waits | {"claimed_at": {"$lte": moment}}, made_due(now))

    def release_waiting(self, waits_for: str) -> int:
        conditions = {"waits_for": waits_for, "state": State.DUE.value}
        with reaching_ledger():
            return self._records.update_many(conditions, made_due(self.clock.now())).matched_count


def _change(
    token: str, settlement: Settlement, now: datetime, hinted: set[str], documents: Mapping[int, Document]
) -> UpdateOne:
    """The compare-and-set of one outcome: as claimed, or (`hinted`) due again because more was learnt since."""
    conditions: Document = {"_id": settlement.record_id, "lease.token": token, "state": State.RUNNING.value}
    grown = settlement.record_id in hinted
    if not grown and hints_count(settlement.state, settlement.waits_for):
        conditions["wanted.seq"] = settlement.seq
    update = _update(token, settlement, now, again=grown)
    update["$push"] = {"history": pushed_events(_events(settlement, now, again=grown), documents)}
    return UpdateOne(conditions, update)


def _update(token: str, settlement: Settlement, now: datetime, *, again: bool) -> Document:
    state = after_settle(
        settlement.state,
        waits_for=settlement.waits_for,
        claimed_seq=settlement.seq,
        present_seq=settlement.seq + (1 if again else 0),
    )
    changed: Document = {
        "state": state.value,
        "attempts": settlement.attempts,
        "settled": {"by": token, "as": settlement.state.value, "again": again},
        "changed_at": now,
    }
    if settlement.name:
        changed["name"] = settlement.name
    if settlement.target:
        changed["target"] = target_document(settlement.target)
    if settlement.frozen:
        changed["frozen"] = dict(settlement.frozen)
    if settlement.state is State.SYNCED or (settlement.state is State.DUE and settlement.digest):
        changed["synced"] = synced_document(Synced(settlement.version, settlement.digest, now))
    if state in FINAL:
        changed |= _final(settlement)
    elif settlement.state is State.DUE and not (again and hints_count(settlement.state, settlement.waits_for)):
        changed["due_at"] = stored_time(settlement.due_at) if settlement.due_at else now
        if settlement.waits_for:
            changed["waits_for"] = settlement.waits_for
    else:
        changed["due_at"] = now
    # What the new state does not speak of belongs to an older one. A settled record has no lane: the next hint's
    # counts, so that a backfill over synced records does not run as live.
    gone = {"lease", "nudged_at", "held", "ignored", "waits_for"} | ({"due_at", "lane"} if state in FINAL else set())
    return {
        "$set": changed,
        "$unset": dict.fromkeys(sorted(gone - changed.keys()), ""),
    }


def _final(settlement: Settlement) -> Document:
    if settlement.state is State.HELD:
        held = settlement.held or Held("unexplained", "The record was held without a reason.", "Look at its history.")
        return {"held": held_document(held)}
    if settlement.state is State.IGNORED:
        return {"ignored": settlement.ignored or "no rule named"}
    return {}


def _events(settlement: Settlement, now: datetime, *, again: bool) -> list[Event]:
    """The worker's events, closed by the outcome where the worker has not written it itself."""
    events = list(settlement.events)
    if not events or events[-1].what != settlement.state.value:
        held = settlement.held
        told = {
            "code": held and held.code,
            "message": held and held.message,
            "rule": settlement.ignored,
            "digest": settlement.digest,
            "due_at": settlement.due_at,
            "waits_for": settlement.waits_for,
        }
        events.append(Event(now, settlement.state.value, plain({key: value for key, value in told.items() if value})))
    if again:
        events.append(Event(now, "due", {"why": "hinted meanwhile"}))
    return events
