"""`POST /admin/api/{version}/inventory_levels/set.json`: the legacy way, with its bucket and without comparison."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from datetime import UTC, datetime
from hmac import compare_digest
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import Response

from libs.sandbox.faults import Error, Faults, answer
from libs.sandbox.journal import Calls
from libs.sandbox.shopify.derived import Document
from libs.sandbox.shopify.engine import Bucket
from libs.sandbox.shopify.rest_write import time_text
from libs.sandbox.shopify.stock import StockBook

OPERATION = "inventory_levels/set"
TOO_FAST = "Exceeded 2 calls per second for api client. Reduce request rates to resume uninterrupted service."
BAD_TOKEN = "[API] Invalid API key or access token (unrecognized login or wrong password)"


class Shop(Protocol):
    token: str
    faults: Faults
    calls: Calls
    stock: StockBook
    rest_bucket: Bucket


async def set_level(shop: Shop, request: Request) -> Response:
    return await handled(shop, OPERATION, request, lambda body: _apply(shop, request, body))


async def handled(shop: Shop, operation: str, request: Request, act: Callable[[bytes], Response]) -> Response:
    """What `act` makes of the body, or the fault in force; counted and timed as a call of this name."""
    started, outcome = time.perf_counter(), "fault"
    body = await request.body()

    async def apply(_: Error | None) -> Response:
        nonlocal outcome
        response = act(body)
        outcome = "ok" if response.status_code == 200 else str(response.status_code)
        return response

    response = await answer(shop.faults, operation, apply)
    shop.calls.record(operation, time.perf_counter() - started, outcome)
    return response


def spent(shop: Shop, request: Request) -> tuple[Response | None, dict[str, str]]:
    """The refusal of a wrong token or of an empty bucket, and the header that tells how full it is."""
    if not compare_digest(request.headers.get("X-Shopify-Access-Token", "").encode(), shop.token.encode()):
        return respond({"errors": BAD_TOKEN}, 401), {}
    taken = shop.rest_bucket.take(1)
    status = shop.rest_bucket.status()
    maximum = int(status["maximumAvailable"])
    limit = {"X-Shopify-Shop-Api-Call-Limit": f"{maximum - status['currentlyAvailable']}/{maximum}"}
    if taken:
        return None, limit
    wait = f"{math.ceil(10 / status['restoreRate']) / 10:.1f}"
    return respond({"errors": TOO_FAST}, 429, {**limit, "Retry-After": wait}), limit


def _apply(shop: Shop, request: Request, body: bytes) -> Response:
    refused, limit = spent(shop, request)
    if refused is not None:
        return refused
    asked = _parse(body)
    if asked is None:
        return respond({"errors": {"available": ["can't be blank"]}}, 422, limit)
    item, location, available = asked
    if item not in shop.stock.items:
        return respond({"errors": "Not Found"}, 404, limit)
    if item in shop.stock.untracked:
        return respond({"errors": ["Inventory item does not have inventory tracking enabled"]}, 422, limit)
    shop.stock.activate(item, location, None)
    shop.stock.set(item, location, available, why="set by REST")
    return respond({"inventory_level": level_body(item, location, available)}, 200, limit)


def level_body(item: str, location: str, available: int) -> Document:
    """As the webhook `inventory_levels/update` has it, too."""
    return {
        "inventory_item_id": int(item),
        "location_id": int(location),
        "available": available,
        "updated_at": time_text(datetime.now(UTC)),
        "admin_graphql_api_id": f"gid://shopify/InventoryLevel/{location}?inventory_item_id={item}",
    }


def _parse(body: bytes) -> tuple[str, str, int] | None:
    try:
        asked = json.loads(body)
        return str(int(asked["inventory_item_id"])), str(int(asked["location_id"])), int(asked["available"])
    except (ValueError, KeyError, TypeError):
        return None


def respond(body: Any, status: int, headers: dict[str, str] | None = None) -> Response:
    return Response(json.dumps(body), status, headers, media_type="application/json; charset=utf-8")
