from __future__ import annotations

import threading
from collections.abc import Iterator

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from libs.sandbox.faults import (
    Call,
    Delay,
    Drop,
    Error,
    Fault,
    Faults,
    Refuse,
    Silence,
    Truncate,
    answer,
    control_routes,
)
from libs.sandbox.journal import Calls, Journal
from libs.sandbox.server import BackgroundServer


class Side:
    """The least that a sandbox is: one operation that counts how often it was applied."""

    def __init__(self) -> None:
        self.faults, self.journal, self.calls = Faults(), Journal(), Calls()
        routes = [
            Route("/{operation}", self.handle, methods=["POST"]),
            *control_routes(self.faults, self.journal, self.calls),
        ]
        self.server = BackgroundServer(Starlette(routes=routes))
        self.applied = 0

    async def handle(self, request: Request) -> Response:
        operation = request.path_params["operation"]

        async def apply(error: Error | None) -> Response:
            if error:
                return JSONResponse({"error": error.name})
            self.applied += 1
            self.journal.record("thing", "create", self.applied)
            self.calls.record(operation, 0.001)
            return JSONResponse({"applied": self.applied, "padding": "x" * 200})

        return await answer(self.faults, operation, apply)


@pytest.fixture
def side() -> Iterator[Side]:
    side = Side()
    side.server.start()
    yield side
    side.server.stop()


def post(side: Side, operation: str = "order.load", timeout: float = 5) -> httpx.Response:
    return httpx.post(f"{side.server.url}/{operation}", timeout=timeout)


def test_a_fault_fires_at_the_nth_call_and_as_often_as_told(side: Side) -> None:
    side.faults.add(Fault("order.*", Refuse(503, headers={"Retry-After": "2"}), nth=2, times=2))
    answers = [post(side) for _ in range(4)]
    assert [response.status_code for response in answers] == [200, 503, 503, 200]
    assert answers[1].headers["retry-after"] == "2"
    assert side.applied == 2
    assert post(side, "partner.load").status_code == 200


@pytest.mark.parametrize(("action", "applied"), [(Drop(), 0), (Drop(applied=True), 1)])
def test_a_dropped_connection_gives_no_answer(side: Side, action: Drop, applied: int) -> None:
    side.faults.add(Fault("*", action))
    with pytest.raises(httpx.TransportError):
        post(side)
    assert side.applied == applied
    assert post(side).status_code == 200


def test_silence_lets_the_caller_time_out_after_applying(side: Side) -> None:
    side.faults.add(Fault("*", Silence()))
    with pytest.raises(httpx.ReadTimeout):
        post(side, timeout=0.2)
    assert side.applied == 1


def test_a_truncated_answer_is_noticed_by_the_caller(side: Side) -> None:
    side.faults.add(Fault("*", Truncate(0.3)))
    with pytest.raises(httpx.RemoteProtocolError):
        post(side)
    assert side.applied == 1


def test_an_error_is_handed_to_the_sandbox_to_put_in_its_own_words(side: Side) -> None:
    side.faults.add(Fault("*", Error("serialization")))
    assert post(side).json() == {"error": "serialization"}
    assert side.applied == 0


def test_a_delay_only_takes_time(side: Side) -> None:
    side.faults.add(Fault("*", Delay(0.05)))
    response = post(side)
    assert response.elapsed.total_seconds() >= 0.05
    assert side.applied == 1


@pytest.mark.parametrize(
    ("applied", "drop", "seen", "after"),
    [(False, False, 0, 1), (True, False, 1, 1), (False, True, 0, 0), (True, True, 1, 1)],
)
def test_a_callback_runs_before_or_after_applying(side: Side, applied: bool, drop: bool, seen: int, after: int) -> None:
    at_call: list[int] = []
    side.faults.add(Fault("*", Call(lambda: at_call.append(side.applied), applied=applied, drop=drop)))
    if drop:
        with pytest.raises(httpx.TransportError):
            post(side)
    else:
        assert post(side).status_code == 200
    assert (at_call, side.applied) == ([seen], after)


def test_faults_and_journal_are_reached_over_http(side: Side) -> None:
    url = f"{side.server.url}/_sandbox/faults"
    added = httpx.post(url, json={"match": "order.load", "action": "refuse", "status": 429, "times": None})
    assert added.status_code == 201
    assert [post(side).status_code for _ in range(2)] == [429, 429]
    assert httpx.get(url).json()[0]["fired"] == 2
    assert httpx.delete(url).status_code == 204
    assert post(side).status_code == 200
    assert httpx.get(f"{side.server.url}/_sandbox/journal").json()[0]["model"] == "thing"
    assert httpx.get(f"{side.server.url}/_sandbox/calls").json()[0]["operation"] == "order.load"
    assert httpx.post(url, json={"match": "*", "action": "explode"}).status_code == 400


def test_a_server_stops_under_a_silent_request_and_comes_back_on_its_port(side: Side) -> None:
    side.faults.add(Fault("*", Silence()))
    problems: list[Exception] = []

    def ask() -> None:
        try:
            post(side, timeout=20)
        except httpx.TransportError as problem:
            problems.append(problem)

    caller = threading.Thread(target=ask)
    caller.start()
    while not side.applied:
        pass
    url = side.server.url
    side.server.stop()
    caller.join(5)
    assert problems
    assert side.server.start() == url
    assert post(side).status_code == 200


def test_journal_and_calls_count_what_they_are_asked_for() -> None:
    journal, calls = Journal(), Calls()
    journal.record("sale.order", "create", 7, external_id="tandem_acme.order_1")
    journal.record("sale.order", "write", 7)
    assert journal.count(model="sale.order", operation="create") == 1
    assert journal.count("sale.order", external_id="tandem_acme.order_1") == 1
    assert journal.count(id=7) == 2
    calls.record("sale.order.load", 0.01)
    calls.record("res.partner.load", 0.01, "AccessError")
    assert (calls.count("sale.order.load"), calls.count("*.load"), calls.count(outcome="ok")) == (1, 2, 1)
    journal.clear()
    calls.clear()
    assert journal.count() == calls.count() == 0
