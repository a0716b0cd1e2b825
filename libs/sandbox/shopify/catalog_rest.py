"""`PUT /admin/api/{version}/variants/{id}.json`: the legacy way to write a variant, with its bucket of requests."""

from __future__ import annotations

import json
import time
from typing import Any, cast

from starlette.requests import Request
from starlette.responses import Response

from libs.sandbox.faults import Error, answer
from libs.sandbox.shopify.catalog import number_of
from libs.sandbox.shopify.catalog_commands import update_by_rest
from libs.sandbox.shopify.media import Refused
from libs.sandbox.shopify.stock_rest import Shop, respond, spent

OPERATION = "variants/update"


async def put_variant(shop: Shop, request: Request) -> Response:
    started, outcome = time.perf_counter(), "fault"
    body = await request.body()

    async def apply(_: Error | None) -> Response:
        nonlocal outcome
        response = _apply(shop, request, body)
        outcome = "ok" if response.status_code == 200 else str(response.status_code)
        return response

    response = await answer(shop.faults, OPERATION, apply)
    shop.calls.record(OPERATION, time.perf_counter() - started, outcome)
    return response


def _apply(shop: Shop, request: Request, body: bytes) -> Response:
    refused, limit = spent(shop, request)
    if refused is not None:
        return refused
    try:
        given: dict[str, Any] = json.loads(body)["variant"]
        found = update_by_rest(cast("Any", shop), request.path_params["number"], given)
    except (ValueError, KeyError, TypeError):
        return respond({"errors": {"variant": "Required parameter missing or invalid"}}, 400, limit)
    except Refused as refusal:
        return respond({"errors": {refusal.field[-1]: [str(refusal)]}}, 422, limit)
    if found is None:
        return respond({"errors": "Not Found"}, 404, limit)
    shown = {"id": number_of(found["id"]), "sku": found["sku"], "price": str(found["price"])}
    return respond({"variant": {**shown, "barcode": found["barcode"]}}, 200, limit)
