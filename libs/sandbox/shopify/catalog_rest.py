"""`PUT /admin/api/{version}/variants/{id}.json`: the legacy way to write a variant, with its bucket of requests."""

from __future__ import annotations

import json
from typing import Any, cast

from starlette.requests import Request
from starlette.responses import Response

from libs.sandbox.shopify.catalog import number_of
from libs.sandbox.shopify.catalog_commands import update_by_rest
from libs.sandbox.shopify.media import Refused
from libs.sandbox.shopify.stock_rest import Shop, handled, respond, spent

OPERATION = "variants/update"


async def put_variant(shop: Shop, request: Request) -> Response:
    return await handled(shop, OPERATION, request, lambda body: _apply(shop, request, body))


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
