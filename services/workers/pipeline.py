"""The one flow of every entity: claim a batch, gather, plan, apply and verify, settle.

Nothing here knows an entity or a remote side. Whatever goes wrong ends as a settlement of every record that was
claimed, or as a lease that runs out: then another worker looks what was done, and goes on from there.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog
from prometheus_client import Counter

from libs.common.domain.outcomes import Hold, Ignore, Needs, Nothing
from libs.common.errors import Failure, LedgerUnavailable, Outage, Rejected, Transient
from libs.common.ledger.interface import Breakers, Ledger
from libs.common.ledger.model import Claim, Event, Record, Settlement, State
from libs.common.retry import backoff_seconds
from services.workers import decisions
from services.workers.calls import CallLog
from services.workers.context import StoreContext
from services.workers.decisions import Retries
from services.workers.entity import Entity, Outcome, Read

log = structlog.get_logger(__name__)

SETTLED = Counter("tandem_records_settled_total", "Records settled", ["entity", "state"])
SIDES = ("shopify", "odoo")
BREAKER_BASE_SECONDS = 5.0


@dataclass
class Pipeline:
    """Runs one entity's records through its four steps; one per process and entity, shared by its threads."""

    entity: Entity
    ledger: Ledger
    breakers: Breakers
    store: Callable[[str], StoreContext]
    """A store's context by its slug; raises Rejected for one that is not in the ledger."""
    publish_event: Callable[[str, str, Mapping[str, Any]], None]
    """`(kind, store, payload)`, best effort: `order.synced`, `acme`, …"""
    calls: CallLog
    worker: str
    batch_size: int = 20
    lease_seconds: float = 120.0
    max_attempts: int = 8
    backoff_base_seconds: float = 2.0
    backoff_cap_seconds: float = 3600.0
    chance: Callable[[], float] = random.random
    stopping: threading.Event = field(default_factory=threading.Event)

    def look_at(self, store: str, ids: Sequence[str]) -> int:
        """Work on these records and what else is due of their store; how many were claimed.

        Raises LedgerUnavailable: nothing was acknowledged then, and the sweeper comes back to it.
        """
        if self.stopping.is_set() or self._breaker_is_open(store):
            return 0
        claim = self._claim(store, ids, self.batch_size)
        if claim is None:
            return 0
        suspects = [r.id for r in claim.records if decisions.crashed_before(r)]
        others = [r for r in claim.records if r.id not in suspects]
        if suspects:
            # Their last worker went down with one of them. Each goes alone from here, with nothing else leased:
            # whoever does it again takes nobody along.
            self.ledger.hand_back(claim.token, except_ids=[r.id for r in others])
        if others:
            _Batch(self, store, claim.token).work_on(others)
        for suspect in suspects:
            alone = None if self.stopping.is_set() else self._claim(store, [suspect], 1)
            if alone is not None:
                _Batch(self, store, alone.token).work_on(alone.records)
        return len(claim.records)

    def _claim(self, store: str, ids: Sequence[str], limit: int) -> Claim | None:
        return self.ledger.claim(
            store, self.entity.name, ids, worker=self.worker, lease_seconds=self.lease_seconds, limit=limit
        )

    def _breaker_is_open(self, store: str) -> bool:
        for side in getattr(self.entity, "sides", SIDES):
            until = self.breakers.open_until(store, side)
            if until is not None:
                log.info("breaker.open", store=store, side=side, until=until.isoformat(), entity=self.entity.name)
                return True
        return False


class _Batch:
    """One claim on its way."""

    def __init__(self, pipeline: Pipeline, store: str, token: str) -> None:
        self.p = pipeline
        self.store = store
        self.token = token
        self.extended_at = pipeline.ledger.clock.now()
        self.down: set[str] = set()

    def work_on(self, records: Sequence[Record]) -> None:
        """Settle every one of these, whatever happens, unless the lease or the ledger is lost."""
        self.p.calls.begin(self._stay_alive)
        if self.p.stopping.is_set():
            self.p.ledger.hand_back(self.token)
            return
        try:
            settlements = self._run(records)
        except LedgerUnavailable:
            raise
        except Failure as error:
            failure = error
        except Exception as error:
            log.exception("batch.unexpected", store=self.store, entity=self.p.entity.name, ids=[r.id for r in records])
            failure = decisions.unexpected(error)
        else:
            self._settle(settlements)
            return
        if len(records) > 1 and (isinstance(failure, Rejected) or failure.code == decisions.UNEXPECTED):
            # Somebody in this batch is to blame; the others must not wait for it, nor be held with it.
            middle = len(records) // 2
            self.work_on(records[:middle])
            self.work_on(records[middle:])
            return
        self._settle(self._all_failed(records, failure))

    def _run(self, records: Sequence[Record]) -> list[Settlement]:
        settlements = [self._given_up(r) for r in records if r.attempts >= self.p.max_attempts]
        left = [r for r in records if r.attempts < self.p.max_attempts]
        if not left:
            return settlements
        context = self.p.store(self.store)
        planned: list[tuple[Record, Any]] = []
        for record, read in zip(left, self.p.entity.gather(left, context), strict=True):
            decided = self._plan(record, read, context)
            if isinstance(decided, Settlement):
                settlements.append(decided)
            else:
                planned.append((record, decided))
        if planned:
            self._keep_lease()
            settlements += self._carry_out(planned, context)
        calls = self._take_calls()
        return [_with_calls(settlement, calls) for settlement in settlements]

    def _plan(self, record: Record, read: Read | Failure, context: StoreContext) -> Settlement | Any:
        if isinstance(read, Failure):
            return self._failed(record, read)
        now = self._now()
        if read.version and record.wanted.version and read.version < record.wanted.version:
            return decisions.lagging(record, now)
        decided = self.p.entity.plan(read.situation, context)
        if isinstance(decided, Hold):
            return decisions.held(record, decided)
        if isinstance(decided, Ignore):
            return decisions.ignored(record, decided, read.name or None)
        if isinstance(decided, Needs):
            return decisions.waiting(record, decided, now)
        if isinstance(decided, Nothing):
            return self._synced(record, Outcome(read.version, decided.digest, read.name, record.target))
        return decided

    def _carry_out(self, planned: Sequence[tuple[Record, Any]], context: StoreContext) -> list[Settlement]:
        answers = self.p.entity.carry_out([changes for _, changes in planned], context)
        settlements = []
        for (record, _), answer in zip(planned, answers, strict=True):
            settlements.append(
                self._failed(record, answer) if isinstance(answer, Failure) else self._synced(record, answer)
            )
        return settlements

    def _synced(self, record: Record, outcome: Outcome) -> Settlement:
        state = State.HELD if outcome.hold else State.DUE if outcome.again else State.SYNCED
        settlement = decisions.held(record, outcome.hold) if outcome.hold else None
        return Settlement(
            record.id,
            state,
            record.wanted.seq,
            version=outcome.version,
            digest=outcome.digest,
            name=outcome.name or None,
            target=outcome.target,
            held=settlement.held if settlement else None,
            events=(Event(self._now(), "verified", dict(outcome.notes)),) if outcome.notes else (),
            frozen={**outcome.frozen, **record.frozen} if outcome.frozen else {},
            due_at=self._now() + outcome.again.at_latest if outcome.again else None,
            waits_for=outcome.again.record_id if outcome.again else None,
        )

    def _given_up(self, record: Record) -> Settlement:
        return decisions.held(record, decisions.gave_up(record.attempts))

    def _all_failed(self, records: Sequence[Record], failure: Failure) -> list[Settlement]:
        calls = self._take_calls()
        until = self._trip(failure)
        return [_with_calls(self._failed(r, failure, until=until), calls) for r in records]

    def _failed(self, record: Record, failure: Failure, *, until: datetime | None = None) -> Settlement:
        if isinstance(failure, Outage) and until is None:
            until = self._trip(failure)
        retries = Retries(
            self.p.max_attempts,
            backoff_seconds(
                record.attempts + 1,
                self.p.chance,
                base=self.p.backoff_base_seconds,
                cap=self.p.backoff_cap_seconds,
            ),
        )
        breaker = f"breaker:{self.store}/{failure.side}" if until else None
        return decisions.failed(record, failure, self._now(), retries, breaker=breaker, breaker_until=until)

    def _trip(self, failure: Failure) -> datetime | None:
        """Open the breaker of the side that is down; its first opening is the alert."""
        if not isinstance(failure, Outage) or failure.side is None:
            return None
        self.down.add(failure.side)
        until = self.p.breakers.trip(
            self.store,
            failure.side,
            reason=f"{failure.code}: {failure.message}"[:300],
            base_seconds=BREAKER_BASE_SECONDS,
        )
        log.warning("side.down", store=self.store, side=failure.side, code=failure.code, until=until.isoformat())
        return until

    def _take_calls(self) -> list[Event]:
        """The calls since the last time; a side that answered is up, and what waited for it is brought forward."""
        calls = self.p.calls.take()
        answering = {call.side for call in calls if call.error is None} - self.down
        for side in sorted(answering):
            if self.p.breakers.close(self.store, side):
                released = self.p.ledger.release_waiting(f"breaker:{self.store}/{side}")
                log.info("side.up", store=self.store, side=side, released=released)
        at = self._now()
        return [call.event(at) for call in calls]

    def _keep_lease(self) -> None:
        """Before the first write: a worker that slept through its lease must not act on it any more."""
        if not self._extended():
            raise Transient("the lease ran out while reading; another worker has it", code="lease_lost")

    def _stay_alive(self) -> None:
        """After each call: a batch may be long (a hundred products with pictures). Settling tells what was lost."""
        self._extended()

    def _extended(self) -> bool:
        now = self._now()
        if now - self.extended_at > timedelta(seconds=self.p.lease_seconds / 3):
            if not self.p.ledger.extend(self.token, lease_seconds=self.p.lease_seconds):
                return False
            self.extended_at = now
        return True

    def _settle(self, settlements: Sequence[Settlement]) -> None:
        result = self.p.ledger.settle(self.token, settlements)
        for settlement in settlements:
            if settlement.record_id in result.lost:
                log.warning("lease.lost", id=settlement.record_id)
                continue
            SETTLED.labels(self.p.entity.name, settlement.state.value).inc()
            details: dict[str, Any] = {"id": settlement.record_id}
            if settlement.held:
                details["code"] = settlement.held.code
            if settlement.target:
                details["target_id"] = settlement.target.id
            log.info("record.settled", entity=self.p.entity.name, state=settlement.state.value, **details)
            self.p.publish_event(f"{self.p.entity.name}.{settlement.state.value}", self.store, details)

    def _now(self) -> datetime:
        return self.p.ledger.clock.now()


def _with_calls(settlement: Settlement, calls: Sequence[Event]) -> Settlement:
    """The batch's calls go before what came of them."""
    if not calls:
        return settlement
    values = {name: getattr(settlement, name) for name in Settlement.__dataclass_fields__}
    return Settlement(**{**values, "events": (*calls, *settlement.events)})
