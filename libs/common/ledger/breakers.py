"""Circuit breakers, one per store and side: while a side is down, nobody knocks but one trial at a time."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from pymongo.database import Database

from libs.common.clock import Clock
from libs.common.errors import LedgerUnavailable
from libs.common.ledger.contention import compare_and_set
from libs.common.ledger.documents import Document, read_time
from libs.common.ledger.embedded import usable
from libs.common.ledger.engine import reaching_ledger
from libs.common.ledger.indexes import BREAKERS

CAP_SECONDS = 300.0
"""The longest pause between two trials, unless the base is longer: an hour's outage ends within minutes."""

TRIAL_SECONDS = 60.0
"""How long the one that got the trial has; then it is taken for dead and the next one tries."""

_MOST_DOUBLINGS = 16

_log = structlog.get_logger("tandem.breakers")


class MongoBreakers:
    """Implements `Breakers`. The alert is the log line `breaker opened`: one for an outage, however many meet it."""

    def __init__(self, database: Database[Document], clock: Clock) -> None:
        self._breakers = usable(database)[BREAKERS]
        self._clock = clock

    def open_until(self, store: str, side: str) -> datetime | None:
        """See `Breakers.open_until`. None is also the answer for the one caller that may try; the others wait on."""
        with reaching_ledger():
            document = self._breakers.find_one({"_id": _key(store, side)})
        until = _until(document)
        if document is None or until is None or until > self._clock.now():
            return until
        return self._try_for_all(store, side)

    def _try_for_all(self, store: str, side: str) -> datetime | None:
        """The time has come: the one whose write comes first goes, and all others wait for how it fares."""
        answer: datetime | None = None

        def decide(document: Document | None) -> Document | None:
            nonlocal answer
            now = self._clock.now()
            answer = _until(document)
            if answer is None or answer > now:
                return None
            answer = None
            return {"until": now + timedelta(seconds=TRIAL_SECONDS), "trial": True}

        if not compare_and_set(self._breakers, _key(store, side), decide):
            return self._clock.now() + timedelta(seconds=1)
        return answer

    def trip(self, store: str, side: str, *, reason: str, base_seconds: float) -> datetime:
        """See `Breakers.trip`. The pause doubles with each failed trial; calls that were under way do not count."""
        until = self._clock.now()
        first = False

        def decide(document: Document | None) -> Document | None:
            nonlocal until, first
            now = self._clock.now()
            present = _until(document)
            first = present is None
            if document is not None and present is not None and present > now and not document["trial"]:
                until = present
                return None
            failures = document["failures"] + 1 if document is not None and not first else 1
            until = now + timedelta(seconds=_pause(failures, base_seconds))
            opened = {"store": store, "side": side, "opened_at": now} if first else {}
            return opened | {"until": until, "trial": False, "failures": failures, "reason": reason}

        if not compare_and_set(self._breakers, _key(store, side), decide):
            raise LedgerUnavailable(f"the breaker {_key(store, side)} found no quiet moment to be written")
        if first:
            _log.error("breaker opened", store=store, side=side, reason=reason, until=until.isoformat())
        return until

    def close(self, store: str, side: str) -> bool:
        key = _key(store, side)
        with reaching_ledger():
            # Nearly every call finds it closed already: that costs a read and no write.
            if _until(self._breakers.find_one({"_id": key})) is None:
                return False
            closing = {"$unset": {"until": "", "opened_at": ""}, "$inc": {"version": 1}}
            closing["$set"] = {"trial": False, "failures": 0}
            closed = self._breakers.update_one({"_id": key, "until": {"$exists": True}}, closing).modified_count == 1
        if closed:
            _log.warning("breaker closed", store=store, side=side)
        return closed


def _pause(failures: int, base_seconds: float) -> float:
    doublings = min(failures - 1, _MOST_DOUBLINGS)
    return float(min(max(CAP_SECONDS, base_seconds), base_seconds * 2**doublings))


def _key(store: str, side: str) -> str:
    return f"{store}/{side}"


def _until(document: Document | None) -> datetime | None:
    """None while closed; a closed breaker keeps its document, whose `version` a slow writer's filter still meets."""
    return read_time(document.get("until")) if document else None
