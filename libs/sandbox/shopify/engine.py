"""Executes a GraphQL request and charges for it: the body of `POST /admin/api/{version}/graphql.json`."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from graphql import ExecutionResult, execute

from libs.sandbox.shopify.resolvers import ShopFacts, attach, resolve_field
from libs.sandbox.shopify.schema import coerce_variables, documents, load_schema

MAX_QUERY_COST = 1000
_LIMITS_PAGE = "https://shopify.dev/api/usage/rate-limits"
_MAX_COST_MESSAGE = """\
Query cost is {cost}, which exceeds the single query max cost limit ({limit}).

See https://shopify.dev/concepts/about-apis/rate-limits for more information on how the
cost of a query is calculated.

To query larger amounts of data with fewer limits, bulk operations should be used instead.
See https://shopify.dev/api/usage/bulk-operations/queries for usage details.
"""


@dataclass(slots=True)
class Bucket:
    """The points of one app in one shop: up to `maximum`, refilled by `restore_rate` a second."""

    maximum: float = 2000.0
    restore_rate: float = 100.0
    monotonic: Callable[[], float] = time.monotonic
    _available: float = field(init=False)
    _at: float = field(init=False)
    _lock: threading.Lock = field(init=False, default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._available, self._at = self.maximum, self.monotonic()

    def take(self, points: float) -> bool:
        """Takes the points if they are there."""
        with self._lock:
            self._refill()
            if self._available < points:
                return False
            self._available -= points
            return True

    def give_back(self, points: float) -> None:
        with self._lock:
            self._refill()
            self._available = min(self.maximum, self._available + points)

    def drain(self, *, leave: float = 0.0) -> None:
        """Sets what is available: another app's or another worker's queries took the rest."""
        with self._lock:
            self._refill()
            self._available = min(self.maximum, leave)

    def status(self) -> dict[str, Any]:
        with self._lock:
            self._refill()
            return {
                "maximumAvailable": self.maximum,
                "currentlyAvailable": int(self._available),
                "restoreRate": self.restore_rate,
            }

    def _refill(self) -> None:
        now = self.monotonic()
        self._available = min(self.maximum, self._available + (now - self._at) * self.restore_rate)
        self._at = now


@dataclass(frozen=True, slots=True)
class Answer:
    """The JSON body of an answer, and how it ended: `ok` or the code of its first error."""

    body: dict[str, Any]
    outcome: str = "ok"
    requested: int = 0
    actual: int = 0


class Engine:
    """One shop's GraphQL: `run` never raises, whatever it is asked."""

    def __init__(self, facts: ShopFacts, bucket: Bucket) -> None:
        self.schema = load_schema()
        self.bucket = bucket
        attach(self.schema, facts)

    def run(self, text: str, variables: dict[str, Any], operation_name: str | None) -> Answer:
        prepared = documents().prepare(text, operation_name)
        if prepared.document is None or prepared.operation is None or prepared.cost is None:
            return _failed(list(prepared.errors))
        coerced, errors = coerce_variables(self.schema, prepared.operation, variables)
        if errors:
            return _failed(errors)
        requested = prepared.cost.requested(coerced)
        if requested > MAX_QUERY_COST:
            return _failed([_too_dear(requested)])
        if not self.bucket.take(requested):
            return self.throttled(requested)
        result = execute(
            self.schema,
            prepared.document,
            variable_values=variables,
            operation_name=operation_name,
            field_resolver=resolve_field,
        )
        assert isinstance(result, ExecutionResult)  # noqa: S101 - every resolver is synchronous
        actual = min(requested, prepared.cost.actual(result.data))
        self.bucket.give_back(requested - actual)
        return self._answered(result, requested, actual)

    def throttled(self, requested: int) -> Answer:
        error = {"message": "Throttled", "extensions": {"code": "THROTTLED", "documentation": _LIMITS_PAGE}}
        body = {"errors": [error], "extensions": self._cost(requested, None)}
        return Answer(body, "THROTTLED", requested)

    def _answered(self, result: ExecutionResult, requested: int, actual: int) -> Answer:
        body: dict[str, Any] = {"data": result.data}
        outcome = "ok"
        if result.errors:
            body["errors"] = [error.formatted for error in result.errors]
            outcome = str((result.errors[0].extensions or {}).get("code", "INTERNAL_SERVER_ERROR"))
        return Answer({**body, "extensions": self._cost(requested, actual)}, outcome, requested, actual)

    def _cost(self, requested: int, actual: int | None) -> dict[str, Any]:
        status = self.bucket.status()
        return {"cost": {"requestedQueryCost": requested, "actualQueryCost": actual, "throttleStatus": status}}


def _failed(errors: list[dict[str, Any]]) -> Answer:
    """Refused before it ran: no `data`, and nothing charged."""
    return Answer({"errors": errors}, str(errors[0]["extensions"]["code"]))


def _too_dear(cost: int) -> dict[str, Any]:
    return {
        "message": _MAX_COST_MESSAGE.format(cost=cost, limit=MAX_QUERY_COST),
        "extensions": {
            "code": "MAX_COST_EXCEEDED",
            "cost": cost,
            "maxCost": MAX_QUERY_COST,
            "documentation": _LIMITS_PAGE,
        },
    }
