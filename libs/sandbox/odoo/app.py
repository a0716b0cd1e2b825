"""The HTTP side: `/jsonrpc` with its envelopes, pages where a web server would give pages, and the sandbox's own."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from libs.sandbox.faults import Error, Faults, answer, control_routes
from libs.sandbox.journal import Calls, Journal
from libs.sandbox.odoo.errors import OdooError, asked_for, type_error
from libs.sandbox.odoo.loading import lost_race
from libs.sandbox.odoo.rpc import NOTHING, Services
from libs.sandbox.odoo.speed import OdooSpeed

JSON_TYPE = "application/json; charset=utf-8"
HTML_TYPE = "text/html; charset=utf-8"
_MODEL, _METHOD, _ARGUMENTS = 3, 4, 5


def _page(title: str, text: str) -> str:
    return (
        f"<!doctype html>\n<html lang=en>\n<title>{title}</title>\n<h1>{title.split(' ', 1)[1]}</h1>\n<p>{text}</p>\n"
    )


class OdooApp:
    """Takes requests for `services`. At most `workers` of them take their time (`speed`) at once."""

    def __init__(
        self,
        services: Services,
        faults: Faults,
        journal: Journal,
        calls: Calls,
        *,
        speed: OdooSpeed | None,
        workers: int,
    ) -> None:
        self.services = services
        self.faults = faults
        self.calls = calls
        self.speed = speed
        self.workers = workers
        self._free: asyncio.Semaphore | None = None
        self._free_loop: asyncio.AbstractEventLoop | None = None
        routes = [
            Route("/jsonrpc", self.jsonrpc, methods=["POST", "GET"]),
            Route("/web/version", self.version, methods=["GET", "POST"]),
            Route("/web/health", self.health),
            *control_routes(faults, journal, calls),
            Route("/{path:path}", self.page, methods=["GET", "POST"]),
        ]
        self.app = Starlette(routes=routes)

    async def jsonrpc(self, request: Request) -> Response:
        content_type = request.headers.get("content-type", "")
        if request.method != "POST" or content_type.split(";")[0].strip() not in (
            "application/json",
            "application/json-rpc",
        ):
            return self._wrong_type(request.method)
        try:
            body = json.loads(await request.body())
        except ValueError:
            return Response("Invalid JSON data", status_code=400, headers={"content-type": HTML_TYPE})
        if not isinstance(body, dict):
            return Response("Invalid JSON-RPC data", status_code=400, headers={"content-type": HTML_TYPE})
        params = body.get("params")
        operation, args = _operation(params)
        return await answer(self.faults, operation, lambda error: self._apply(body, operation, args, error))

    async def _apply(self, body: dict[str, Any], operation: str, args: list[Any], error: Error | None) -> Response:
        begun = time.perf_counter()
        if self.speed is None:
            envelope, outcome = self._answer(body, operation, error)
        else:
            async with self._worker():
                taken = time.perf_counter()  # waiting for a free worker is not working
                envelope, outcome = self._answer(body, operation, error)
                records, lines, kind = _size(operation, args, envelope.get("result"))
                left = self.speed.seconds(kind, records, lines) - (time.perf_counter() - taken)
                await asyncio.sleep(max(0.0, left))
        self.calls.record(operation, time.perf_counter() - begun, outcome, detail={"records": _count(args)})
        return Response(json.dumps(envelope), headers={"content-type": JSON_TYPE})

    def _answer(self, body: dict[str, Any], operation: str, error: Error | None) -> tuple[dict[str, Any], str]:
        envelope: dict[str, Any] = {"jsonrpc": "2.0", "id": body.get("id")}
        try:
            if error is not None:
                result = self._faulty(operation, error)
            else:
                result = self.services.call(*_parameters(body.get("params"), self.services.registry.version))
        except Exception as problem:  # noqa: BLE001 - the real server reports whatever is raised, by its class
            refused = problem if isinstance(problem, OdooError) else OdooError.of(problem)
            code = 200 if self.services.registry.version == "18" else 0
            envelope["error"] = {"code": code, "message": "Odoo Server Error", "data": refused.as_data()}
            return envelope, refused.name
        if result is not NOTHING:
            envelope["result"] = result
        return envelope, "ok"

    def _faulty(self, operation: str, error: Error) -> Any:
        """`lost_race` is the one failure that a server tells as a success."""
        if error.name == "lost_race" and operation.endswith(".load"):
            return lost_race()
        raise asked_for("serialization" if error.name == "lost_race" else error.name, error.message)

    def _worker(self) -> asyncio.Semaphore:
        # A stopped and restarted server has another loop, to which the semaphore must belong.
        loop = asyncio.get_running_loop()
        if self._free is None or self._free_loop is not loop:
            self._free, self._free_loop = asyncio.Semaphore(self.workers), loop
        return self._free

    def _wrong_type(self, method: str) -> Response:
        if self.services.registry.version == "18":
            kind = "[&#39;http&#39;]"
            text = f"Request inferred type is compatible with {kind} but &#39;/jsonrpc&#39; is type=&#39;json&#39;."
            return Response(_page("400 Bad Request", text), status_code=400, headers={"content-type": HTML_TYPE})
        kinds = "[&#39;http&#39;, &#39;json2&#39;]" if method == "GET" else "[&#39;http&#39;]"
        text = (
            f"Request inferred type is compatible with {kinds} but &#39;/jsonrpc&#39; is type=&#39;jsonrpc&#39;."
            "<br><br>Please verify the Content-Type request header and try again."
        )
        return Response(_page("415 Unsupported Media Type", text), status_code=415, headers={"content-type": HTML_TYPE})

    async def version(self, request: Request) -> Response:
        version = self.services.registry.version
        if version == "18":
            return await self.page(request)
        body = {"version_info": [int(version), 0, 0, "final", 0, ""], "version": f"{version}.0"}
        return Response(json.dumps(body), headers={"content-type": JSON_TYPE})

    async def health(self, _: Request) -> Response:
        return JSONResponse({"status": "pass"})

    async def page(self, request: Request) -> Response:
        """Whatever else: not found, except that 18 answers a page with status 200 where 19 has JSON-2."""
        found = self.services.registry.version == "18" and request.url.path.startswith("/json/2")
        title = "200 Odoo" if found else "404 Not Found"
        text = "The requested URL was not found on the server."
        return Response(_page(title, text), status_code=200 if found else 404, headers={"content-type": HTML_TYPE})


def _parameters(params: Any, version: str) -> tuple[Any, Any, list[Any]]:
    given = params if isinstance(params, dict) else {}
    lacking = [name for name in ("service", "method", "args") if name not in given]
    if lacking:
        shown = [repr(name) for name in lacking]
        words = shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])}, and {shown[-1]}"
        kind = "RPC" if version == "18" else "JSONRPC"
        raise type_error(f"{kind}.jsonrpc() missing {len(lacking)} required positional arguments: {words}")
    return given["service"], given["method"], list(given["args"] or [])


def _operation(params: Any) -> tuple[str, list[Any]]:
    """`sale.order.load` or `common.version`, and the positional arguments of the model's method."""
    given = params if isinstance(params, dict) else {}
    args = given.get("args") if isinstance(given.get("args"), list) else []
    if given.get("service") == "object" and args and len(args) > _METHOD:
        own = args[_ARGUMENTS] if len(args) > _ARGUMENTS and isinstance(args[_ARGUMENTS], list) else []
        return f"{args[_MODEL]}.{args[_METHOD]}", own
    return f"{given.get('service')}.{given.get('method')}", []


def _count(args: list[Any]) -> int:
    if not args:
        return 0
    counted = (
        args[1] if len(args) > 1 and isinstance(args[1], list) and args[1] and isinstance(args[1][0], list) else args[0]
    )
    return len(counted) if isinstance(counted, list) else 1


def _size(operation: str, args: list[Any], result: Any) -> tuple[int, int, str]:
    """Records and lines that a call is charged for, and the kind of call."""
    if operation.endswith(".load") and isinstance(result, dict) and len(args) > 1:
        records = len(result["ids"] or ())
        kind = operation.replace(".load", ".update") if ".id" in args[0] else operation
        lines = len(args[1]) if any(str(name).startswith("order_line/") for name in args[0]) else 0
        return records, lines, kind
    if operation.endswith((".search_read", ".web_read", ".read")) and isinstance(result, list):
        return len(result), 0, operation
    if operation == "sale.order.create" and args:
        created = args[0] if isinstance(args[0], list) else [args[0]]
        return (
            len(created),
            sum(len(one.get("order_line") or ()) for one in created if isinstance(one, dict)),
            operation,
        )
    return _count(args), 0, operation
