"""Recording hints: what to write, and what to do when the write meets a duplicate or a record at work.

Nothing here talks to the database. `recording` is a generator that yields what it wants done (`Write` or
`Read`) and is sent the answer; the sync repository and the gateway's async sink both drive it.

A hint costs one write in the ordinary case: an upsert whose filter also asks that the delivery is new, that
the version is not older than what is applied, and that the record is not at work. When the filter does not
hold, the upsert runs into the unique `_id`; only then the record is read and the case told apart.

A hint that announces a creation (`orders/create`) is first tried as a plain insert, which costs the database less
than half of an upsert; when the record is there already, the unique `_id` says so, and the upsert follows.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo import InsertOne, UpdateOne

from libs.common.errors import LedgerUnavailable
from libs.common.ledger.documents import Document, event_document, read_time, stored_time
from libs.common.ledger.model import (
    DELIVERIES_LENGTH,
    HISTORY_LENGTH,
    Event,
    Hint,
    Lane,
    Recorded,
    State,
)
from libs.common.ledger.states import BREAKER_PREFIX, hint_leaves_state, judge_hint

ROUNDS = 12
"""Each round somebody else got in between; so many in a row do not happen by chance."""

FOR_BREAKER = re.compile("^" + re.escape(BREAKER_PREFIX))

NO_EVENTS: Mapping[int, Document] = {}

CREATION = "/create"
"""How the topic ends that announces a new record."""

Change = InsertOne[Document] | UpdateOne

READ_FIELDS = {"state": 1, "waits_for": 1, "deliveries": 1, "synced.version": 1}


@dataclass(frozen=True, slots=True)
class Write:
    """Unordered; the answer is the positions of those that hit the unique `_id`."""

    changes: list[Change]


@dataclass(frozen=True, slots=True)
class Read:
    """The answer is the documents found, with `READ_FIELDS`."""

    ids: list[str]


@dataclass(slots=True)
class _Group:
    """The hints of one record, by their positions in the batch; written as one."""

    hints: list[tuple[int, Hint]]
    at_work: bool = False
    """Whether the record is to stay in its state, and only `wanted` grows."""
    looks_new: bool = False
    """Whether to try an insert; once it was refused, no more."""


Flow = Generator["Write | Read", Any, list[Recorded]]


def recording(hints: Sequence[Hint], now: datetime) -> Flow:
    """Record every hint; returns the answers in the order of `hints`."""
    answers: dict[int, Recorded] = {}
    pending = _grouped(hints, answers)
    for _ in range(ROUNDS):
        if not pending:
            return [answers[position] for position in range(len(hints))]
        refused = set((yield Write([_change(group, now) for group in pending])))
        for index, group in enumerate(pending):
            if index not in refused:
                answers.update(dict.fromkeys((position for position, _ in group.hints), Recorded.RECORDED))
        pending = [group for index, group in enumerate(pending) if index in refused]
        if pending:
            found = yield Read([group.hints[0][1].id for group in pending])
            known = {document["_id"]: document for document in found}
            pending = [group for group in pending if _still_to_write(group, known, answers)]
    raise LedgerUnavailable(f"{len(pending)} hints found no quiet moment to be written; send them again")


def _grouped(hints: Sequence[Hint], answers: dict[int, Recorded]) -> list[_Group]:
    """One group per record; a delivery that comes twice in the batch is answered at once."""
    groups: dict[str, _Group] = {}
    seen: set[tuple[str, str]] = set()
    for position, hint in enumerate(hints):
        if hint.delivery_id is not None:
            if (hint.id, hint.delivery_id) in seen:
                answers[position] = Recorded.DUPLICATE
                continue
            seen.add((hint.id, hint.delivery_id))
        group = groups.setdefault(hint.id, _Group([]))
        group.hints.append((position, hint))
        group.looks_new = group.looks_new or hint.why.endswith(CREATION)
    return list(groups.values())


def _still_to_write(group: _Group, known: dict[str, Document], answers: dict[int, Recorded]) -> bool:
    """Answer the duplicates and the stale ones of a group that was refused; whether anything is left of it."""
    group.looks_new = False
    document = known.get(group.hints[0][1].id)
    if document is None:
        return True
    deliveries = document.get("deliveries", ())
    applied = read_time(document.get("synced", {}).get("version"))
    left = []
    for position, hint in group.hints:
        verdict = judge_hint(hint, deliveries=deliveries, synced_version=applied)
        if verdict is Recorded.RECORDED:
            left.append((position, hint))
        else:
            answers[position] = verdict
    group.hints = left
    group.at_work = hint_leaves_state(State(document["state"]), document.get("waits_for"))
    return bool(left)


def _change(group: _Group, now: datetime) -> Change:
    """The insert or upsert for all hints of one record."""
    hints = [hint for _, hint in group.hints]
    if group.looks_new:
        return InsertOne(_document(hints, now))
    return UpdateOne(_filter(hints, at_work=group.at_work), _update(hints, now, at_work=group.at_work), upsert=True)


def _document(hints: Sequence[Hint], now: datetime) -> Document:
    """A record as the upsert would make it (a test compares them)."""
    first, last = hints[0], hints[-1]
    wanted: Document = {"seq": len(hints), "why": last.why, "at": now}
    document: Document = {
        "_id": first.id,
        "store": first.store,
        "entity": first.entity,
        "source": first.source,
        "source_id": first.source_id,
        "state": State.DUE.value,
        "lane": _lane(hints).value,
        "due_at": now,
        "attempts": 0,
        "claims": 0,
        "wanted": wanted,
        "changed_at": now,
        "history": [event_document(_event(hint, now)) for hint in hints][-HISTORY_LENGTH:],
    }
    versions = [hint.version for hint in hints if hint.version is not None]
    if versions:
        wanted["version"] = stored_time(max(versions))
    names = [hint.name for hint in hints if hint.name]
    if names:
        document["name"] = names[-1]
    told = _told(hints)
    if told:
        document["told"] = told
    deliveries = [hint.delivery_id for hint in hints if hint.delivery_id is not None]
    if deliveries:
        document["deliveries"] = deliveries[-DELIVERIES_LENGTH:]
    return document


def _told(hints: Sequence[Hint]) -> dict[str, str]:
    """Of all hints together; the newest word counts."""
    return {key: value for hint in hints for key, value in hint.told.items()}


def _lane(hints: Sequence[Hint]) -> Lane:
    return Lane.LIVE if any(hint.lane is Lane.LIVE for hint in hints) else Lane.BACKFILL


def _filter(hints: Sequence[Hint], *, at_work: bool) -> Document:
    """Holds for the record when no hint is a duplicate or stale, and the record is (not) at work."""
    conditions: Document = {"_id": hints[0].id}
    deliveries = [hint.delivery_id for hint in hints if hint.delivery_id is not None]
    if deliveries:
        conditions["deliveries"] = {"$nin": deliveries}
    versions = [hint.version for hint in hints if hint.version is not None]
    if versions:
        conditions["synced.version"] = {"$not": {"$gt": stored_time(min(versions))}}
    if at_work:
        conditions["$or"] = [
            {"state": State.RUNNING.value},
            {"state": State.DUE.value, "waits_for": FOR_BREAKER},
        ]
    else:
        conditions["state"] = {"$ne": State.RUNNING.value}
        conditions["waits_for"] = {"$not": FOR_BREAKER}
    return conditions


def _update(hints: Sequence[Hint], now: datetime, *, at_work: bool) -> Document:
    first, last = hints[0], hints[-1]
    always: Document = {"wanted.why": last.why, "wanted.at": now, "changed_at": now}
    once: Document = {
        "store": first.store,
        "entity": first.entity,
        "source": first.source,
        "source_id": first.source_id,
        "attempts": 0,
        "claims": 0,
    }
    # "live" sorts after "backfill": a live hint lifts a record out of the backfill, never the other way round.
    raised: Document = {"lane": _lane(hints).value}
    versions = [hint.version for hint in hints if hint.version is not None]
    if versions:
        raised["wanted.version"] = stored_time(max(versions))
    names = [hint.name for hint in hints if hint.name]
    if names:
        always["name"] = names[-1]
    always |= {f"told.{key}": value for key, value in _told(hints).items()}
    update: Document = {"$set": always, "$setOnInsert": once, "$max": raised, "$inc": {"wanted.seq": len(hints)}}
    if at_work:
        once |= {"state": State.DUE.value, "due_at": now}
    else:
        always["state"] = State.DUE.value
        # $min: a record that is due already keeps its place in the queue, however often it is hinted.
        update["$min"] = {"due_at": now}
        update["$unset"] = {"held": "", "ignored": "", "waits_for": ""}
    update["$push"] = _pushed(hints, now)
    return update


def _pushed(hints: Sequence[Hint], now: datetime) -> Document:
    deliveries = [hint.delivery_id for hint in hints if hint.delivery_id is not None]
    pushed = {"history": pushed_events([_event(hint, now) for hint in hints])}
    if deliveries:
        pushed["deliveries"] = {"$each": deliveries, "$slice": -DELIVERIES_LENGTH}
    return pushed


def pushed_events(events: Sequence[Event], known: Mapping[int, Document] = NO_EVENTS) -> Document:
    """The `$push` of a record's history: newest last, the oldest fall off.

    `known` are the documents of events that many records share, by the `id()` of the event.
    """
    return {"$each": [known.get(id(event)) or event_document(event) for event in events], "$slice": -HISTORY_LENGTH}


def _event(hint: Hint, now: datetime) -> Event:
    told = {"why": hint.why, "version": hint.version, "delivery": hint.delivery_id}
    return Event(now, "hint", {key: value for key, value in told.items() if value})
