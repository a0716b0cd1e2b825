"""The HTTP side of the sandbox shop: `POST /admin/api/{version}/graphql.json`, and `/_sandbox/…` for tests."""

from __future__ import annotations

import json
import time
from hmac import compare_digest
from typing import Any, Protocol

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from libs.sandbox.faults import Error, Faults, answer, control_routes
from libs.sandbox.journal import Calls, Journal
from libs.sandbox.shopify.catalog_rest import put_variant
from libs.sandbox.shopify.engine import Answer, Bucket, Engine
from libs.sandbox.shopify.resolvers import VERSIONS
from libs.sandbox.shopify.stock import StockBook
from libs.sandbox.shopify.stock_rest import handled, set_level

_BAD_TOKEN = "[API] Invalid API key or access token (unrecognized login or wrong password)"


class Shop(Protocol):
    """What the application needs of the sandbox it serves."""

    token: str
    engine: Engine
    faults: Faults
    journal: Journal
    calls: Calls
    stock: StockBook
    rest_bucket: Bucket
    files: dict[str, tuple[bytes, str]]


def build_app(shop: Shop) -> Starlette:
    async def graphql(request: Request) -> Response:
        return await _graphql(shop, request)

    async def stock(request: Request) -> Response:
        return await set_level(shop, request)

    async def variant(request: Request) -> Response:
        return await put_variant(shop, request)

    async def staged(request: Request) -> Response:
        def keep(body: bytes) -> Response:
            shop.files[request.path_params["name"]] = (body, request.headers.get("content-type", ""))
            return Response("")

        return await handled(shop, "files/put", request, keep)

    async def file(request: Request) -> Response:
        def show(_: bytes) -> Response:
            found = shop.files.get(request.path_params["name"])
            return Response(found[0], media_type=found[1]) if found else Response("Not Found", 404)

        return await handled(shop, "files/get", request, show)

    routes = [
        Route("/admin/api/{version}/variants/{number}.json", variant, methods=["PUT"]),
        Route("/staged/{name}", staged, methods=["PUT"]),
        Route("/cdn/{name}", file, methods=["GET"]),
        Route("/admin/api/{version}/inventory_levels/set.json", stock, methods=["POST"]),
        Route("/admin/api/{version}/graphql.json", graphql, methods=["POST"]),
        *control_routes(shop.faults, shop.journal, shop.calls),
    ]
    return Starlette(routes=routes)


async def _graphql(shop: Shop, request: Request) -> Response:
    version = served_version(request.path_params["version"])
    asked = _parse(await request.body())
    operation = _operation(asked)
    started, answered = time.perf_counter(), False

    async def apply(error: Error | None) -> Response:
        nonlocal answered
        answered = True
        if not compare_digest(request.headers.get("X-Shopify-Access-Token", "").encode(), shop.token.encode()):
            return respond({"errors": _BAD_TOKEN}, version, 401, "unauthorized")
        if asked is None:
            return respond({"errors": {"query": "Required parameter missing or invalid"}}, version, 400, "bad_request")
        result = _ordered(shop, error) if error else _run(shop, asked)
        return respond(result.body, version, 200, result.outcome, result)

    def respond(body: Any, version: str, status: int, outcome: str, result: Answer | None = None) -> Response:
        detail = {"requested": result.requested, "actual": result.actual} if result else {}
        ids = ((asked or {}).get("variables") or {}).get("ids")
        if isinstance(ids, list):
            detail["ids"] = len(ids)
        shop.calls.record(operation, time.perf_counter() - started, outcome, detail=detail)
        # Written out compactly, as Shopify does; the status line alone never says whether it went well.
        content = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
        headers = {"X-Shopify-API-Version": version}
        return Response(content, status, headers, media_type="application/json; charset=utf-8")

    response = await answer(shop.faults, operation, apply)
    if not answered:
        shop.calls.record(operation, time.perf_counter() - started, "fault")
    return response


def served_version(asked: str) -> str:
    """The version that answers: a retired or unknown one falls forward to the oldest there is."""
    return asked if asked in VERSIONS or asked == "unstable" else VERSIONS[0]


def _parse(raw: bytes) -> dict[str, Any] | None:
    try:
        asked = json.loads(raw)
    except ValueError:
        return None
    return asked if isinstance(asked, dict) and isinstance(asked.get("query"), str) else None


def _operation(asked: dict[str, Any] | None) -> str:
    """The GraphQL operation's name, for faults and calls; `graphql` for one without."""
    if asked is None:
        return "graphql"
    if asked.get("operationName"):
        return str(asked["operationName"])
    lines = (line.strip() for line in asked["query"].splitlines())
    head = next((line for line in lines if line.startswith(("query ", "mutation "))), "")
    name = head.partition(" ")[2].partition("(")[0].partition("{")[0].strip()
    return name or "graphql"


def _run(shop: Shop, asked: dict[str, Any]) -> Answer:
    variables = asked.get("variables")
    return shop.engine.run(
        asked["query"], variables if isinstance(variables, dict) else {}, asked.get("operationName") or None
    )


def _ordered(shop: Shop, error: Error) -> Answer:
    """The error that a fault asks for, in Shopify's envelope: HTTP 200 all the same."""
    if error.name == "THROTTLED":
        return shop.engine.throttled(10)
    extensions = {"code": error.name, "requestId": "00000000-0000-4000-8000-000000000000"}
    return Answer({"errors": [{"message": error.message or error.name, "extensions": extensions}]}, error.name)
