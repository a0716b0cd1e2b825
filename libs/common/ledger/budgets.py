"""Shared rate budgets: a leaky bucket per (app, store), so that many workers together stay within it.

The arithmetic is that of Shopify's `throttleStatus`: up to `maximum` points, `rate` more each second.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pymongo.database import Database

from libs.common.clock import Clock
from libs.common.errors import Rejected
from libs.common.ledger.contention import CAP_SECONDS, compare_and_set
from libs.common.ledger.documents import Document, read_time
from libs.common.ledger.embedded import usable
from libs.common.ledger.indexes import BUDGETS


@dataclass(frozen=True, slots=True)
class Bucket:
    """`available` points as of `at`."""

    available: float
    maximum: float
    rate: float
    at: datetime

    def filled(self, now: datetime) -> float:
        """Points there are by now. A clock that went back fills nothing."""
        elapsed = max(0.0, (now - self.at).total_seconds())
        return min(self.maximum, self.available + self.rate * elapsed)


class MongoBudgets:
    """Implements `Budgets`."""

    def __init__(self, database: Database[Document], clock: Clock) -> None:
        self._budgets = usable(database)[BUDGETS]
        self._clock = clock

    def reserve(self, key: str, cost: float, *, maximum: float, rate: float) -> float:
        """See `Budgets.reserve`. Raises `Rejected` for a cost that the budget can never hold: no wait would do.

        A new budget is taken to be full.
        """
        wait = 0.0

        def decide(document: Document | None) -> Document | None:
            nonlocal wait
            now = self._clock.now()
            bucket = _bucket(document) or Bucket(maximum, maximum, rate, now)
            if cost > bucket.maximum:
                raise _too_dear(key, cost, bucket.maximum)
            available = bucket.filled(now)
            wait = max(0.0, (cost - available) / bucket.rate)
            return (
                None
                if wait > 0
                else _fields(Bucket(available - cost, bucket.maximum, bucket.rate, _later(bucket, now)))
            )

        if compare_and_set(self._budgets, key, decide):
            return wait
        return CAP_SECONDS  # nothing was taken: everybody wants points just now

    def learn(self, key: str, *, available: float, maximum: float, rate: float, refund: float = 0.0) -> None:
        """See `Budgets.learn`. What is told may lower our own count, never raise it; only `refund` raises it.

        `available` was true when the other side answered. It does not know of the calls that other workers have
        reserved and not yet sent, so taking it when it is higher would give their points away a second time. When
        it is lower, somebody else (a person's report, another app process) spends from the same bucket, and the
        lower figure is right. A count that is too low (a worker died with a refund) heals by filling up.
        """

        def decide(document: Document | None) -> Document:
            now = self._clock.now()
            bucket = _bucket(document)
            if bucket is None:
                return _fields(Bucket(min(available, maximum), maximum, rate, now))
            own = min(maximum, bucket.filled(now) + max(0.0, refund))
            return _fields(Bucket(min(own, available), maximum, rate, _later(bucket, now)))

        # When all tries are lost, nothing is learnt: the next answer tells again, and the refund fills up by itself.
        compare_and_set(self._budgets, key, decide)


def _later(bucket: Bucket, now: datetime) -> datetime:
    """Never before the last count: clocks of two hosts may differ by some milliseconds, and no time counts twice."""
    return max(bucket.at, now)


def _bucket(document: Document | None) -> Bucket | None:
    at = read_time(document["at"]) if document else None
    if document is None or at is None:
        return None
    return Bucket(document["available"], document["maximum"], document["rate"], at)


def _fields(bucket: Bucket) -> Document:
    return {"available": bucket.available, "maximum": bucket.maximum, "rate": bucket.rate, "at": bucket.at}


def _too_dear(key: str, cost: float, maximum: float) -> Rejected:
    return Rejected(
        message=f"A call costs {cost:g} points, more than the {maximum:g} that the budget {key} can hold.",
        code="budget_too_small",
        hint="Ask for fewer records at a time.",
        details={"budget": key, "cost": cost, "maximum": maximum},
    )
