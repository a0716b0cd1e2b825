"""Record to MongoDB document and back. The documents are read by people, so they carry the names of the model.

What is unknown is left out of a document, never null: `$max` and `$min` on a missing field simply set it.
Times are UTC, aware on this side whatever the driver gives; money and other decimals are text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from libs.common.clock import to_milliseconds
from libs.common.ledger.model import Event, Held, Lane, Lease, Record, State, Synced, Target, Wanted

Document = dict[str, Any]

TEXT_LENGTH = 4000
"""Longer texts in events and holds are cut: an error page must not grow a record past MongoDB's 16 MB."""

_INT64 = 2**63


def stored_time(moment: datetime) -> datetime:
    """As MongoDB keeps it: UTC, whole milliseconds. A naive time is refused, for nobody knows what it means."""
    if moment.tzinfo is None:
        raise ValueError(f"a time without a zone cannot be stored: {moment.isoformat()}")
    return to_milliseconds(moment)


def read_time(value: datetime | None) -> datetime | None:
    """Aware UTC, also from a driver that returns naive UTC."""
    if value is None:
        return None
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def plain(value: Any) -> Any:
    """The same in types that MongoDB can hold and people can read; a `Decimal` becomes text, never a float."""
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, int):
        return value if -_INT64 <= value < _INT64 else str(value)
    if isinstance(value, datetime):
        return stored_time(value)
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {_text(str(key)).replace("\0", ""): plain(item) for key, item in value.items()}
    if isinstance(value, Sequence | set | frozenset) and not isinstance(value, str | bytes):
        return [plain(item) for item in value]
    return _text(str(value))


def _text(text: str) -> str:
    """Cut, and without the lone surrogates that BSON refuses."""
    clean = text.encode("utf-8", "replace").decode("utf-8")
    return clean if len(clean) <= TEXT_LENGTH else clean[: TEXT_LENGTH - 1] + "…"


def event_document(event: Event) -> Document:
    return _known({"at": stored_time(event.at), "what": event.what, "details": plain(event.details) or None})


def held_document(held: Held) -> Document:
    return {
        "code": held.code,
        "message": _text(held.message),
        "hint": _text(held.hint),
        "details": plain(held.details),
    }


def target_document(target: Target) -> Document:
    return {"model": target.model, "id": target.id, "name": target.name}


def to_document(record: Record) -> Document:
    """The whole record as it stands in `records`."""
    wanted, synced, lease = record.wanted, record.synced, record.lease
    return _known(
        {
            "_id": record.id,
            "store": record.store,
            "entity": record.entity,
            "source": record.source,
            "source_id": record.source_id,
            "name": record.name,
            "state": record.state.value,
            "lane": record.lane.value,
            "due_at": record.due_at and stored_time(record.due_at),
            "nudged_at": record.nudged_at and stored_time(record.nudged_at),
            "attempts": record.attempts,
            "claims": record.claims,
            "wanted": _known(
                {
                    "version": wanted.version and stored_time(wanted.version),
                    "seq": wanted.seq,
                    "why": wanted.why,
                    "at": wanted.at and stored_time(wanted.at),
                }
            ),
            "synced": synced and synced_document(synced),
            "target": record.target and target_document(record.target),
            "lease": lease and {"token": lease.token, "worker": lease.worker, "until": stored_time(lease.until)},
            "held": record.held and held_document(record.held),
            "ignored": record.ignored,
            "waits_for": record.waits_for,
            "frozen": dict(record.frozen) or None,
            "told": dict(record.told) or None,
            "deliveries": list(record.deliveries),
            "history": [event_document(event) for event in record.history],
        }
    )


def synced_document(synced: Synced) -> Document:
    return _known(
        {
            "version": synced.version and stored_time(synced.version),
            "digest": synced.digest,
            "at": stored_time(synced.at),
        }
    )


def from_document(document: Mapping[str, Any]) -> Record:
    """Fields that a newer or older Tandem left out take their defaults; ones it does not know are passed over."""
    wanted = document.get("wanted", {})
    return Record(
        store=document["store"],
        entity=document["entity"],
        source_id=document["source_id"],
        state=State(document["state"]),
        source=document.get("source", "shopify"),
        name=document.get("name", ""),
        lane=Lane(document.get("lane", Lane.LIVE)),
        due_at=read_time(document.get("due_at")),
        nudged_at=read_time(document.get("nudged_at")),
        attempts=document.get("attempts", 0),
        wanted=Wanted(
            version=read_time(wanted.get("version")),
            seq=wanted.get("seq", 0),
            why=wanted.get("why", ""),
            at=read_time(wanted.get("at")),
        ),
        synced=_synced(document.get("synced")),
        target=read_target(document.get("target")),
        lease=_lease(document.get("lease")),
        held=_held(document.get("held")),
        ignored=document.get("ignored"),
        waits_for=document.get("waits_for"),
        claims=document.get("claims", 0),
        deliveries=tuple(document.get("deliveries", ())),
        history=tuple(_event(event) for event in document.get("history", ())),
        frozen=document.get("frozen", {}),
        told=document.get("told", {}),
    )


def read_target(document: Mapping[str, Any] | None) -> Target | None:
    return Target(document["model"], document["id"], document.get("name", "")) if document else None


def _event(document: Mapping[str, Any]) -> Event:
    return Event(_time(document["at"]), document["what"], document.get("details", {}))


def _synced(document: Mapping[str, Any] | None) -> Synced | None:
    if not document:
        return None
    return Synced(read_time(document.get("version")), document.get("digest", ""), _time(document["at"]))


def _lease(document: Mapping[str, Any] | None) -> Lease | None:
    return Lease(document["token"], document["worker"], _time(document["until"])) if document else None


def _held(document: Mapping[str, Any] | None) -> Held | None:
    if not document:
        return None
    return Held(document["code"], document["message"], document.get("hint", ""), document.get("details", {}))


def _time(value: datetime) -> datetime:
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _known(document: Document) -> Document:
    return {key: value for key, value in document.items() if value is not None}
