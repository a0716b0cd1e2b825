"""A sandbox Odoo and the least of a client for it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from libs.sandbox.odoo import OdooSandbox

LOAD = {"mode": "update", "noupdate": True, "tz": "UTC"}


class OdooRefused(Exception):
    def __init__(self, error: dict[str, Any]) -> None:
        self.code = error["code"]
        self.data = error["data"]
        self.name = error["data"]["name"]
        self.message = error["data"]["message"]
        super().__init__(f"{self.name}: {self.message}")


class Client:
    """`client("res.partner", "read", [1], fields=["name"])`: over HTTP once the sandbox is started, else in process."""

    def __init__(self, sandbox: OdooSandbox) -> None:
        self.sandbox = sandbox
        self.uid, self.key = 2, sandbox.key
        self.opened: list[httpx.Client] = []

    @property
    def http(self) -> httpx.Client:
        if not self.opened:
            self.opened.append(httpx.Client(base_url=self.sandbox.start(), timeout=20))
        return self.opened[0]

    def rpc(self, service: str, method: str, args: list[Any]) -> dict[str, Any]:
        body = {
            "jsonrpc": "2.0",
            "method": "call",
            "id": 7,
            "params": {"service": service, "method": method, "args": args},
        }
        if not self.opened:
            told, _ = self.sandbox.odoo_app._answer(json.loads(json.dumps(body)), "", None)
            in_process: dict[str, Any] = json.loads(json.dumps(told))
            return in_process
        response = self.http.post("/jsonrpc", json=body)
        assert response.status_code == 200
        answer: dict[str, Any] = response.json()
        assert answer["jsonrpc"] == "2.0"
        assert answer["id"] == 7
        return answer

    def result(self, service: str, method: str, args: list[Any]) -> Any:
        answer = self.rpc(service, method, args)
        if "error" in answer:
            raise OdooRefused(answer["error"])
        return answer.get("result")

    def __call__(self, model: str, method: str, *args: Any, **keywords: Any) -> Any:
        own = [self.sandbox.database, self.uid, self.key, model, method, list(args), keywords]
        return self.result("object", "execute_kw", own)

    def load(self, model: str, fields: list[str], rows: list[list[Any]], **context: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self(model, "load", fields, rows, context={**LOAD, **context})
        return answer

    def refused(self, model: str, method: str, *args: Any, **keywords: Any) -> OdooRefused:
        """The error that a call must end with."""
        with pytest.raises(OdooRefused) as caught:
            self(model, method, *args, **keywords)
        return caught.value

    def as_user(self, uid: int, key: str) -> Client:
        other = object.__new__(Client)
        other.sandbox, other.opened, other.uid, other.key = self.sandbox, self.opened, uid, key
        return other


Connect = Callable[..., Client]


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Makes a sandbox with these arguments and gives a client for it; all are stopped at the end."""
    clients: list[Client] = []

    def start(*args: Any, **keywords: Any) -> Client:
        clients.append(Client(OdooSandbox(*args, **keywords)))
        return clients[-1]

    yield start
    for client in clients:
        for opened in client.opened:
            opened.close()
        client.sandbox.stop()


@pytest.fixture(params=["18", "19"])
def odoo(request: pytest.FixtureRequest, connect: Connect) -> Client:
    return connect(request.param)


@pytest.fixture
def odoo19(connect: Connect) -> Client:
    return connect("19")
