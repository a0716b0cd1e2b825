"""Faults on command, for both sandboxes: which calls go wrong, and how.

    faults.add(Fault("sale.order.load", Refuse(503, headers={"Retry-After": "2"})))
    faults.add(Fault("*.action_confirm", Drop(applied=True), nth=2))        # the second one, once
    faults.add(Fault("sale.order.load", Call(kill_worker, applied=True, drop=True)))

A handler hands its work to `answer(faults, operation, apply)`; `apply(error)` does the work and
gives the response, or raises what `error` (an `Error` fault, else None) asks for in its own protocol.
Operations are named `model.method` (Odoo) and by the GraphQL operation or path (Shopify).
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from typing import Any
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from libs.sandbox.journal import Calls, Journal

Match = str | Callable[[str], bool]


@dataclass(frozen=True)
class Delay:
    """Answers as ever, only later."""

    seconds: float


@dataclass(frozen=True)
class Refuse:
    """Answers with this status and body and applies nothing: 503, 429, or an HTML page with 200."""

    status: int = 503
    body: str = ""
    content_type: str = "text/html; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Drop:
    """Cuts the connection without an answer, before applying, or after it with `applied`."""

    applied: bool = False


@dataclass(frozen=True)
class Silence:
    """Keeps the connection open and never answers, after applying (or not): the caller times out."""

    applied: bool = True


@dataclass(frozen=True)
class Truncate:
    """Applies, sends the first `keep` (0 to 1) of the answer's bytes and hangs up."""

    keep: float = 0.5


@dataclass(frozen=True)
class Error:
    """The sandbox answers with this error of its own protocol (Odoo: `serialization`, `AccessDenied`, ...)."""

    name: str
    message: str = ""


@dataclass(frozen=True)
class Call:
    """Calls back, before applying or after it, and then answers, or with `drop` cuts the connection.

    `drop` before applying means that the call never happened. The callback runs in a thread: it may block.
    """

    callback: Callable[[], object]
    applied: bool = False
    drop: bool = False


@dataclass(frozen=True)
class Rewrite:
    """Applies and answers with one text for another: what a later version may say that the sandbox's schema forbids."""

    old: str
    new: str


Action = Delay | Refuse | Drop | Silence | Truncate | Rewrite | Error | Call
# What may be asked for over HTTP: a Python callback cannot be.
REMOTE_ACTIONS: dict[str, type[Any]] = {
    "delay": Delay,
    "refuse": Refuse,
    "drop": Drop,
    "silence": Silence,
    "truncate": Truncate,
    "rewrite": Rewrite,
    "error": Error,
}


@dataclass
class Fault:
    """Goes off at the `nth` matching call and at the next ones, `times` in all (None: until removed)."""

    match: Match
    action: Action
    nth: int = 1
    times: int | None = 1
    id: str = field(default_factory=lambda: uuid4().hex[:12])
    seen: int = 0
    fired: int = 0

    def matches(self, operation: str) -> bool:
        return fnmatchcase(operation, self.match) if isinstance(self.match, str) else self.match(operation)

    def as_json(self) -> dict[str, Any]:
        action = {"callback": "python"} if isinstance(self.action, Call) else asdict(self.action)
        return {
            "id": self.id,
            "match": self.match if isinstance(self.match, str) else "(a predicate)",
            "action": type(self.action).__name__.lower(),
            **action,
            "nth": self.nth,
            "times": self.times,
            "seen": self.seen,
            "fired": self.fired,
        }


class Faults:
    """The faults in force; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> Fault:
        with self._lock:
            self._faults.append(fault)
        return fault

    def remove(self, fault_id: str) -> None:
        with self._lock:
            self._faults = [fault for fault in self._faults if fault.id != fault_id]

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()

    def active(self) -> list[Fault]:
        with self._lock:
            return list(self._faults)

    def take(self, operation: str) -> Action | None:
        """The action for this call, if any; every matching fault counts the call, the first ready one fires."""
        with self._lock:
            chosen: Fault | None = None
            for fault in self._faults:
                if not fault.matches(operation):
                    continue
                fault.seen += 1
                spent = fault.times is not None and fault.fired >= fault.times
                if chosen is None and not spent and fault.seen >= fault.nth:
                    chosen = fault
            if chosen is None:
                return None
            chosen.fired += 1
            return chosen.action


Apply = Callable[[Error | None], Awaitable[Response]]


async def answer(faults: Faults, operation: str, apply: Apply) -> Response:
    """The response of `apply`, or what the fault in force makes of it."""
    action = faults.take(operation)
    match action:
        case None:
            return await apply(None)
        case Error():
            return await apply(action)
        case Delay():
            await asyncio.sleep(action.seconds)
            return await apply(None)
        case Refuse():
            headers = {"content-type": action.content_type, **action.headers}
            return Response(action.body, status_code=action.status, headers=headers)
        case Truncate():
            return _Truncated(await apply(None), action.keep)
        case Rewrite():
            return _rewritten(await apply(None), action)
        case Call():
            return await _call_back(action, apply)
        case Drop() | Silence():
            if action.applied:
                await apply(None)
            return _Dropped(cut=isinstance(action, Drop))


async def _call_back(action: Call, apply: Apply) -> Response:
    response = None
    if action.applied:
        response = await apply(None)
    await asyncio.to_thread(action.callback)
    if action.drop:
        return _Dropped(cut=True)
    return response or await apply(None)


def _rewritten(whole: Response, action: Rewrite) -> Response:
    body = bytes(whole.body).replace(action.old.encode(), action.new.encode())
    headers = {name: value for name, value in whole.headers.items() if name != "content-length"}
    return Response(body, status_code=whole.status_code, headers=headers)


class _Dropped(Response):
    """No answer at all: the connection is cut, or kept until the caller or the server gives it up."""

    def __init__(self, *, cut: bool) -> None:
        super().__init__()
        self.cut = cut

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - nothing is sent
        if self.cut:
            scope["app"].state.server.drop(scope["client"])
        while (await receive())["type"] != "http.disconnect":
            pass


class _Truncated(Response):
    """The head of the whole answer and only the beginning of its body."""

    def __init__(self, whole: Response, keep: float) -> None:
        super().__init__()
        self.whole = whole
        self.keep = keep

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = bytes(self.whole.body)
        await send({"type": "http.response.start", "status": self.whole.status_code, "headers": self.whole.raw_headers})
        await send({"type": "http.response.body", "body": body[: int(len(body) * self.keep)], "more_body": True})
        scope["app"].state.server.hang_up(scope["client"])
        while (await receive())["type"] != "http.disconnect":
            pass


def control_routes(faults: Faults, journal: Journal, calls: Calls) -> list[Route]:
    """`/_sandbox/...`: for people and tests outside this process.

    POST /_sandbox/faults takes `{"match": "sale.order.load", "action": "refuse", "status": 503, "nth": 1, "times": 1}`.
    """

    async def add(request: Request) -> Response:
        wanted = dict(await request.json())
        try:
            rule = {name: wanted.pop(name) for name in ("match", "nth", "times") if name in wanted}
            fault = Fault(action=REMOTE_ACTIONS[wanted.pop("action")](**wanted), **rule)
        except (KeyError, TypeError) as problem:
            return JSONResponse({"error": f"not a fault: {problem}"}, status_code=400)
        return JSONResponse(faults.add(fault).as_json(), status_code=201)

    async def show(_: Request) -> Response:
        return JSONResponse([fault.as_json() for fault in faults.active()])

    async def clear(_: Request) -> Response:
        faults.clear()
        return Response(status_code=204)

    async def effects(_: Request) -> Response:
        return JSONResponse(journal.as_json())

    async def asked(_: Request) -> Response:
        return JSONResponse(calls.as_json())

    return [
        Route("/_sandbox/faults", add, methods=["POST"]),
        Route("/_sandbox/faults", show, methods=["GET"]),
        Route("/_sandbox/faults", clear, methods=["DELETE"]),
        Route("/_sandbox/journal", effects),
        Route("/_sandbox/calls", asked),
    ]
