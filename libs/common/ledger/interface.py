"""What the rest of Tandem may ask of the ledger. `repository.py` answers on MongoDB (and on mongomock).

All methods raise `LedgerUnavailable` when the database does not answer in time. Every write is a
single-document compare-and-set with `w: majority`; a batch is many of them, never a transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from libs.common.clock import Clock
from libs.common.ledger.model import Claim, Hint, Link, Record, Recorded, Settled, Settlement, State, Target


class HintSink(Protocol):
    """The gateway's half: asynchronous, many requests' hints in one write."""

    async def record_hints(self, hints: Sequence[Hint]) -> list[Recorded]:
        """Record each hint, durably, before this returns; answers in the order of `hints`."""
        ...

    async def mark_nudged(self, ids: Sequence[str]) -> None:
        """A message for these was confirmed by the broker just now."""
        ...

    async def ping(self) -> None: ...

    async def close(self) -> None: ...


class Ledger(Protocol):
    """The workers', the scheduler's and the console's half."""

    clock: Clock

    def record_hints(self, hints: Sequence[Hint]) -> list[Recorded]: ...

    def claim(
        self, store: str, entity: str, ids: Sequence[str], *, worker: str, lease_seconds: float, limit: int
    ) -> Claim | None:
        """Lease the due ones of `ids`, and up to `limit` in all with other due records of this store and entity.

        Live before backfill, longest due first. A running record whose lease has run out counts as due.
        None when nothing is due. Raises the record's `claims`.
        """
        ...

    def extend(self, token: str, *, lease_seconds: float) -> int:
        """Prolong the lease of what this token still holds; how many that is."""
        ...

    def settle(self, token: str, settlements: Sequence[Settlement]) -> Settled:
        """Write outcomes and give the leases back; a record whose lease was lost is left alone.

        A record that becomes synced, held or ignored makes those due that wait for it (`waits_for`).
        """
        ...

    def hand_back(self, token: str, *, except_ids: Sequence[str] = ()) -> int:
        """Make what this token still holds due at once (SIGTERM in mid-batch); how many that was."""
        ...

    def release_waiting(self, waits_for: str) -> int:
        """Make due now all that waits for this record or breaker; how many that was."""
        ...

    def links(self, store: str, entity: str, source_ids: Sequence[str]) -> dict[str, Target]:
        """Known pairs, by source id."""
        ...

    def link(self, store: str, links: Sequence[Link]) -> None:
        """Record pairs found or made on the way (a customer, a variant); a pair taken already is left alone."""
        ...

    def move_link(
        self, store: str, entity: str, source_id: str, to: str, *, instead_of: int | None = None, at_work: bool = False
    ) -> int | None:
        """Give the target of one record to another one that has none; the target's id, None where there is none.

        `instead_of` is a target of the other one that is gone and is given up for it. May be repeated. Raises
        Transient, and changes nothing, where the other one has a target of its own, or, unless `at_work`, a worker.
        """
        ...

    def tell(self, record_id: str, told: Mapping[str, str], *, forget: Sequence[str] = ()) -> None:
        """Keep with a record what cannot be read anywhere, and drop what was kept under `forget`."""
        ...

    def merged_into(self, store: str, customer: str) -> list[str]:
        """The ids of the records of customers that were merged into this one, in however many steps."""
        ...

    def forget_requests(self, store: str, customer: str, *, but: str) -> None:
        """Take out of all requests for privacy but one by whom they are: of this customer's, or ("") of all."""
        ...

    def erase(self, store: str, ids: Sequence[str], words: Sequence[str]) -> int:
        """Take everything personal out of these records, and every mention of `words` out of all others of the store.

        How many records that changed. May be repeated. Raises Transient while a worker has one of them.
        """
        ...

    def erase_store(self, store: str) -> int:
        """The same for every record of a store, requests for privacy excepted."""
        ...

    def mentions(self, store: str, ids: Sequence[str], words: Sequence[str]) -> Iterable[Record]:
        """These records, and those of the store that mention one of the words, with their history."""
        ...

    def to_nudge(self, *, limit: int, overdue_seconds: float, entities: Sequence[str] | None = None) -> list[Record]:
        """Due now and not nudged since it became due or `overdue_seconds` ago, or running past its lease."""
        ...

    def mark_nudged(self, ids: Sequence[str]) -> None: ...

    def outstanding(self, *, overdue_seconds: float) -> int:
        """Records nudged within `overdue_seconds` and still due: messages probably on their way."""
        ...

    def get(self, record_id: str) -> Record | None: ...

    def many(self, ids: Sequence[str]) -> dict[str, Record]:
        """Those of these records that there are, by id, without their history and deliveries."""
        ...

    def unsettled(self, store: str, entity: str) -> list[Record]:
        """All that is due, running or held of an entity, without history and deliveries."""
        ...

    def left_out(self, store: str, entity: str, since: datetime, limit: int) -> list[Record]:
        """What rules have left out of an entity since then, the last ones first, without history and deliveries."""
        ...

    def linked_since(self, store: str, entity: str, since: datetime | None, after: str, limit: int) -> list[Record]:
        """Linked records of an entity that changed since then (all for None), by id, those after the id `after`."""
        ...

    def linked_to(self, store: str, model: str, ids: Sequence[int]) -> dict[int, Record]:
        """The records whose target is one of these, by the target's id, without their history and deliveries."""
        ...

    def find(
        self,
        *,
        store: str | None = None,
        entity: str | None = None,
        state: State | None = None,
        limit: int = 100,
    ) -> list[Record]:
        """Newest change first."""
        ...

    def retry(self, ids: Sequence[str], *, why: str) -> list[str]:
        """Make these due now (held, ignored, synced or waiting ones), attempts from zero; the ids that were found."""
        ...

    def counts(self) -> Mapping[tuple[str, str, State], int]:
        """How many records per store, entity and state."""
        ...


class Budgets(Protocol):
    """Shared rate budgets: many workers together never spend more than the other side gives."""

    def reserve(self, key: str, cost: float, *, maximum: float, rate: float) -> float:
        """Take `cost` points of `key` (`acme/shopify`) and return 0.0; or take nothing and return the seconds to wait.

        `maximum` and `rate` are used only until `learn` has told the real ones.
        """
        ...

    def learn(self, key: str, *, available: float, maximum: float, rate: float, refund: float = 0.0) -> None:
        """What the other side said it has left (`throttleStatus`), and what a reservation took too much."""
        ...


class Breakers(Protocol):
    """One per store and side: open while that side is down or refuses our credentials."""

    def open_until(self, store: str, side: str) -> datetime | None:
        """When the next trial may run, or None while closed. One caller gets the trial when the time has come."""
        ...

    def trip(self, store: str, side: str, *, reason: str, base_seconds: float) -> datetime:
        """Open, or keep open for longer; returns when the next trial may run. True alert only on the first."""
        ...

    def close(self, store: str, side: str) -> bool:
        """The side answers again; True when it was open until now."""
        ...


class Cursors(Protocol):
    """How far the other side was looked through; a key is `store/side/entity`: `acme/odoo/delivery`."""

    def reached(self, key: str) -> datetime | None:
        """None when it was never looked at."""
        ...

    def advance(self, key: str, moment: datetime) -> None:
        """Remember how far; a moment before the one that is remembered changes nothing."""
        ...


class Leaders(Protocol):
    """Who acts, when several run."""

    def acquire(self, name: str, holder: str, *, lease_seconds: float) -> bool: ...

    def resign(self, name: str, holder: str) -> None: ...
