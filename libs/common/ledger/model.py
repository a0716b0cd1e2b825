"""What the ledger keeps: one document per record, as DESIGN.md describes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

HISTORY_LENGTH = 50
DELIVERIES_LENGTH = 50


class State(StrEnum):
    """Where a record is; `libs.common.ledger.states` holds the allowed moves."""

    DUE = "due"
    RUNNING = "running"
    SYNCED = "synced"
    HELD = "held"
    IGNORED = "ignored"


class Lane(StrEnum):
    """`live` goes before `backfill`."""

    LIVE = "live"
    BACKFILL = "backfill"


class Recorded(StrEnum):
    """What became of a hint."""

    RECORDED = "recorded"
    DUPLICATE = "duplicate"
    """This delivery id was seen before."""
    STALE = "stale"
    """Older than what is already applied."""


def record_id(store: str, entity: str, source_id: str) -> str:
    """`acme/order/450789469`"""
    return f"{store}/{entity}/{source_id}"


@dataclass(frozen=True, slots=True)
class Hint:
    """Somebody says that a record changed: which one, how new, and how we learnt of it."""

    store: str
    entity: str
    source_id: str
    source: str = "shopify"
    version: datetime | None = None
    """The source's `updated_at`, where the hint carries one."""
    name: str | None = None
    why: str = ""
    """The topic, `reconciliation`, `retry by hand` …"""
    delivery_id: str | None = None
    """Deduplicates: Shopify's `X-Shopify-Webhook-Id`."""
    lane: Lane = Lane.LIVE
    told: Mapping[str, str] = field(default_factory=dict)
    """What cannot be read anywhere afterwards and is kept with the record: `{merged_into: "2"}`."""

    @property
    def id(self) -> str:
        return record_id(self.store, self.entity, self.source_id)


@dataclass(frozen=True, slots=True)
class Target:
    """The record on the other side; unique per store and model+id."""

    model: str
    id: int
    name: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """Why a record waits for a person."""

    code: str
    message: str
    hint: str = ""
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a record's history."""

    at: datetime
    what: str
    """`hint`, `claim`, `call`, `synced`, `held` …"""
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wanted:
    """The newest version known, how many hints so far, why and when it was learnt."""

    version: datetime | None = None
    seq: int = 0
    why: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Synced:
    """What was last applied to the other side."""

    version: datetime | None
    digest: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Lease:
    """Who works on it, and until when."""

    token: str
    worker: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Record:
    """One document of `records`; the field names are those of the document."""

    store: str
    entity: str
    source_id: str
    state: State
    source: str = "shopify"
    name: str = ""
    lane: Lane = Lane.LIVE
    due_at: datetime | None = None
    nudged_at: datetime | None = None
    attempts: int = 0
    wanted: Wanted = field(default_factory=Wanted)
    synced: Synced | None = None
    target: Target | None = None
    lease: Lease | None = None
    held: Held | None = None
    ignored: str | None = None
    """The rule that left it out, when ignored."""
    waits_for: str | None = None
    """A record id it needs first, or `breaker:<store>/<side>`; while set, `due_at` is the latest time."""
    claims: int = 0
    """How often it was claimed; a claim that never settled counts towards the attempts (F15)."""
    deliveries: tuple[str, ...] = ()
    history: tuple[Event, ...] = ()
    frozen: Mapping[str, str] = field(default_factory=dict)
    """Choices of the store's rules that were made for good when it was first synced: `currency`."""
    told: Mapping[str, str] = field(default_factory=dict)
    """What hints told that cannot be read on any side: `merged_into`, the orders of a request."""

    @property
    def id(self) -> str:
        return record_id(self.store, self.entity, self.source_id)


@dataclass(frozen=True, slots=True)
class Claim:
    """What a worker may work on now: one token for the whole batch."""

    token: str
    records: tuple[Record, ...]


@dataclass(frozen=True, slots=True)
class Settlement:
    """What a worker wants written about one claimed record.

    `state` is `synced`, `held`, `ignored` or `due` (again later, at `due_at`; with a `digest` it is synced for now).
    """

    record_id: str
    state: State
    seq: int
    """`wanted.seq` as claimed: when it has grown since, the record becomes due again at once."""
    version: datetime | None = None
    digest: str = ""
    name: str | None = None
    target: Target | None = None
    held: Held | None = None
    ignored: str | None = None
    due_at: datetime | None = None
    waits_for: str | None = None
    attempts: int = 0
    """The new value: failures in a row."""
    events: tuple[Event, ...] = ()
    frozen: Mapping[str, str] = field(default_factory=dict)
    """Choices to keep for good; the caller gives those that the record has already unchanged."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a batch of settlements, by record id."""

    done: frozenset[str]
    again: frozenset[str]
    """Settled, but hinted meanwhile: due again."""
    lost: frozenset[str]
    """The lease was no longer ours; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Link:
    """A known pair, recorded so that it need not be matched again."""

    entity: str
    source_id: str
    target: Target
    name: str = ""
    instead_of: int | None = None
    """A target of the record that is gone on the other side, and is given up for this one."""
