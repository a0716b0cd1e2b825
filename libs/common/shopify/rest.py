"""Inventory, prices and codes by REST, for stores that choose it: one thing a request, a bucket of requests.

The bucket is shared by all processes through the ledger, as the cost budget of GraphQL is.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import requests

from libs.common.errors import Rejected
from libs.common.http import open_session
from libs.common.shopify.client import (
    API_VERSION,
    CONNECT_SECONDS,
    READ_SECONDS,
    TOTAL_SECONDS,
    CostBudget,
)
from libs.common.shopify.errors import failure_from_response, failure_from_trouble
from libs.common.shopify.patience import SHORT_WAIT_SECONDS, OnCall, timed, wait_for_room

NAME = "inventory_levels/set"
VARIANT = "variants/update"
#: What every shop gives at least; the answers tell the real size.
BUCKET = 40.0
#: Shopify refills a bucket in twenty seconds, whatever its size.
REFILL_SECONDS = 20.0
LIMIT = "X-Shopify-Shop-Api-Call-Limit"


class RestClient:
    """`POST inventory_levels/set.json` and `PUT variants/….json`. Threads may share one; `close` it when done."""

    def __init__(
        self,
        base_url: str,
        token: str,
        *,
        budget: CostBudget,
        budget_key: str,
        api_version: str = API_VERSION,
        short_wait_seconds: float = SHORT_WAIT_SECONDS,
        on_call: OnCall | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self._url = f"{self.base_url}/admin/api/{api_version}/"
        self._headers = {"X-Shopify-Access-Token": token, "Accept": "application/json"}
        self._budget = budget
        self._budget_key = budget_key
        self._short_wait_seconds = short_wait_seconds
        self._on_call = on_call
        self._sleep = sleep
        self._maximum = BUCKET
        self._session = open_session(self.base_url, total_seconds=TOTAL_SECONDS)

    def close(self) -> None:
        self._session.close()

    def set_level(self, item_id: str, location: str, available: int) -> int:
        """What Shopify says is available after it. Where the item is not stocked, it is stocked from now on.

        RateLimited when the bucket is empty, on our count (nothing was sent) or on Shopify's.
        """
        body = {"inventory_item_id": int(item_id), "location_id": int(location), "available": available}
        gone = Rejected(
            f"{NAME}: Shopify does not know the item or the location",
            "shopify",
            "level_gone",
            "look whether the item and the location are still there",
        )
        response = self._timed("POST", NAME, f"{NAME}.json", body, gone)
        try:
            return int(response.json()["inventory_level"]["available"])
        except (ValueError, KeyError, TypeError):
            raise failure_from_response(response, NAME, mutation=True, base_url=self.base_url) from None

    def set_variant(self, variant_id: str, values: Mapping[str, Any]) -> None:
        """Price and codes of one variant (`price`, `compare_at_price`, `sku`, `barcode`)."""
        hint = "look whether the variant is still there"
        gone = Rejected(f"{VARIANT}: Shopify does not know variant {variant_id}", "shopify", "variant_gone", hint)
        body = {"variant": {"id": int(variant_id), **values}}
        response = self._timed("PUT", VARIANT, f"variants/{variant_id}.json", body, gone)
        try:
            response.json()["variant"]["id"]
        except (ValueError, KeyError, TypeError):
            raise failure_from_response(response, VARIANT, mutation=True, base_url=self.base_url) from None

    def _timed(self, method: str, name: str, path: str, body: Mapping[str, Any], gone: Rejected) -> requests.Response:
        wait_for_room(
            lambda: self._budget.reserve(self._budget_key, 1, maximum=self._maximum, rate=self._rate),
            lambda seconds: f"{name}: the shop's bucket has room in {seconds:.1f} s",
            short_wait_seconds=self._short_wait_seconds,
            sleep=self._sleep,
        )
        return timed(name, lambda: self._send(method, name, path, body, gone), self._on_call)

    @property
    def _rate(self) -> float:
        return self._maximum / REFILL_SECONDS

    def _send(self, method: str, name: str, path: str, body: Mapping[str, Any], gone: Rejected) -> requests.Response:
        try:
            response = self._session.request(
                method,
                self._url + path,
                json=body,
                headers=self._headers,
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise failure_from_trouble(error, name, mutation=True, base_url=self.base_url) from error
        self._learn(response.headers.get(LIMIT, ""))
        if response.status_code == requests.codes.not_found and "json" in response.headers.get("Content-Type", ""):
            raise gone
        if response.status_code != requests.codes.ok:
            raise failure_from_response(response, name, mutation=True, base_url=self.base_url)
        return response

    def _learn(self, told: str) -> None:
        """From `32/40`: used, and the size of the bucket."""
        used, slash, size = told.partition("/")
        if not slash or not used.isdigit() or not size.isdigit() or not int(size):
            return
        self._maximum = float(size)
        self._budget.learn(
            self._budget_key, available=self._maximum - float(used), maximum=self._maximum, rate=self._rate
        )
