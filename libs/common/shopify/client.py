"""One Shopify shop, as a worker asks it: GraphQL within the cost budget that all workers share."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import requests
from gql import Client
from gql.transport.exceptions import TransportQueryError
from graphql import ExecutionResult

from libs.common.errors import Rejected
from libs.common.shopify.documents import Document
from libs.common.shopify.errors import (
    QueryTooExpensive,
    Throttle,
    failure_from_errors,
    failure_from_response,
    failure_from_trouble,
    throttle_of,
)
from libs.common.shopify.patience import SHORT_WAIT_SECONDS, OnCall, timed, wait_for_room
from libs.common.shopify.transport import BoundedTransport, NoGraphQL, PreparedRequest

API_VERSION = "2026-10"
CONNECT_SECONDS = 5.0
READ_SECONDS = 30.0
TOTAL_SECONDS = 60.0
#: One query may not cost more, whatever the bucket holds.
MAX_QUERY_COST = 1000
#: Assumed of the bucket until the first answer tells: the smallest that Shopify has given.
FIRST_MAXIMUM = 1000.0
FIRST_RATE = 50.0
BUDGET_TOO_SMALL = "budget_too_small"


class CostBudget(Protocol):
    """The points of an (app, shop), shared by all processes; the ledger keeps them."""

    def reserve(self, key: str, cost: float, *, maximum: float, rate: float) -> float:
        """Take the points and return 0.0, or take nothing and return the seconds to wait.

        Rejected with the code `budget_too_small` for more than the bucket can ever hold.
        """
        ...

    def learn(self, key: str, *, available: float, maximum: float, rate: float, refund: float = 0.0) -> None:
        """What the shop says it has left, and what a reservation took too much."""
        ...


class ShopifyClient:
    """Sends the documents of `documents.py`. Threads may share one; `close` it when done.

    Raises failures of the side `shopify` (libs.common.errors) and whatever the budget raises.
    """

    def __init__(
        self,
        base_url: str,
        token: str,
        *,
        budget: CostBudget,
        budget_key: str,
        api_version: str = API_VERSION,
        connect_timeout: float = CONNECT_SECONDS,
        read_timeout: float = READ_SECONDS,
        total_timeout: float = TOTAL_SECONDS,
        short_wait_seconds: float = SHORT_WAIT_SECONDS,
        on_call: OnCall | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.api_version = api_version
        self._budget = budget
        self._budget_key = budget_key
        self._on_call = on_call
        self._short_wait_seconds = short_wait_seconds
        self._sleep = sleep
        self._maximum = FIRST_MAXIMUM
        self._rate = FIRST_RATE
        self._transport = BoundedTransport(
            f"{self.base_url}/admin/api/{api_version}/graphql.json",
            {"X-Shopify-Access-Token": token, "Accept": "application/json"},
            timeouts=(connect_timeout, read_timeout),
            total_seconds=total_timeout,
        )
        # Without a schema gql checks nothing here: tests check the documents against Shopify's own.
        self._client = Client(transport=self._transport, fetch_schema_from_transport=False)
        self._session = self._client.connect_sync()  # type: ignore[no-untyped-call]

    @property
    def served_version(self) -> str:
        """The API version of the last answer; "" before. Shopify answers with the next one when ours is retired."""
        return self._transport.served_version

    @property
    def highest_cost(self) -> int:
        """What one query may cost: at most 1000, and no more than the bucket can ever hold."""
        return int(min(MAX_QUERY_COST, self._maximum))

    def close(self) -> None:
        self._client.close_sync()  # type: ignore[no-untyped-call]

    def execute(self, document: Document, variables: Mapping[str, Any], *, records: int = 1) -> dict[str, Any]:
        """The `data` of the answer, whole: an answer with any error in it raises. Decimal numbers are Decimals.

        RateLimited when the points are not there within `short_wait_seconds`; nothing was sent then.
        """
        cost = document.cost(variables)
        self._reserve(cost, document.name)
        return timed(document.name, lambda: self._send(document, dict(variables), cost), self._on_call, records=records)

    def _reserve(self, cost: float, name: str) -> None:
        wait_for_room(
            lambda: self._wait_for(cost, name),
            lambda seconds: f"{name}: {cost:g} points of the shop's budget are free in {seconds:.1f} s",
            short_wait_seconds=self._short_wait_seconds,
            sleep=self._sleep,
        )

    def _wait_for(self, cost: float, name: str) -> float:
        try:
            return self._budget.reserve(self._budget_key, cost, maximum=self._maximum, rate=self._rate)
        except Rejected as error:
            if error.code != BUDGET_TOO_SMALL:
                raise
            # Another process has learnt that this bucket is smaller than we assumed: ask for less at once.
            self._maximum = float(error.details.get("maximum", self._maximum))
            message = f"{name}: {cost:g} points are more than the shop's bucket can ever hold"
            raise QueryTooExpensive(message, "shopify", cost=cost, max_cost=self._maximum) from error

    def _send(self, document: Document, variables: dict[str, Any], cost: float) -> dict[str, Any]:
        name, mutation = document.name, document.mutation
        try:
            result: ExecutionResult = self._session.execute(
                PreparedRequest(document, variables), get_execution_result=True, parse_result=False
            )
        except TransportQueryError as error:
            self._learn(throttle_of(error.extensions), cost)
            raise failure_from_errors(
                error.errors or [], error.data, error.extensions, name, mutation=mutation
            ) from error
        except NoGraphQL as error:
            raise failure_from_response(error.response, name, mutation=mutation, base_url=self.base_url) from error
        except requests.RequestException as error:
            raise failure_from_trouble(error, name, mutation=mutation, base_url=self.base_url) from error
        self._learn(throttle_of(result.extensions), cost)
        return result.data or {}

    def _learn(self, throttle: Throttle | None, reserved: float) -> None:
        if throttle is None:
            return
        self._maximum, self._rate = throttle.maximum, throttle.rate
        # A refused query cost nothing: `actualQueryCost` is null then.
        refund = max(reserved - (throttle.actual or 0.0), 0.0)
        self._budget.learn(
            self._budget_key, available=throttle.available, maximum=throttle.maximum, rate=throttle.rate, refund=refund
        )
