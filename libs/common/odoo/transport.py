"""JSON-RPC over one keep-alive session; every answer that is no result becomes a typed failure.

`JsonRpc` knows the envelope and the wire, not Odoo's models: `client.py` does.
"""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import requests

from libs.common.errors import Failure
from libs.common.http import open_session
from libs.common.odoo.errors import failure_from_envelope, failure_from_response, failure_from_trouble

CONNECT_SECONDS = 5.0
#: Odoo repeats a serialization failure by itself for up to 15 s before it answers.
READ_SECONDS = 60.0
TOTAL_SECONDS = 120.0

OnCall = Callable[[str, float, int, Failure | None], None]
"""`(name, seconds, records, error)` after each call: `sale.order.load`, 0.8, 20, None."""


@dataclass(frozen=True, slots=True)
class CallInfo:
    """What a failure must know of the call that failed."""

    name: str
    """`sale.order.load`"""
    write: bool
    """Whether it may change something: then an answer that never came is `Ambiguous`."""
    records: int = 1


class JsonRpc:
    """`POST <base_url>/jsonrpc`. Threads may share one; `close` it when done."""

    def __init__(
        self,
        base_url: str,
        *,
        connect_seconds: float = CONNECT_SECONDS,
        read_seconds: float = READ_SECONDS,
        total_seconds: float = TOTAL_SECONDS,
        on_call: OnCall | None = None,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self._url = f"{self.base_url}/jsonrpc"
        self._timeouts = (connect_seconds, read_seconds)
        self._on_call = on_call
        self._numbers = itertools.count(1)
        self._session = open_session(self.base_url, total_seconds=total_seconds)

    def call(self, service: str, method: str, args: Sequence[Any], info: CallInfo) -> Any:
        """The `result`; None for a method that returns nothing. Raises a `Failure` of the side `odoo`."""
        started = time.monotonic()
        failure: Failure | None = None
        try:
            return self._call(service, method, args, info)
        except Failure as error:
            failure = error
            raise
        finally:
            if self._on_call is not None:
                self._on_call(info.name, time.monotonic() - started, info.records, failure)

    def close(self) -> None:
        self._session.close()

    def _call(self, service: str, method: str, args: Sequence[Any], info: CallInfo) -> Any:
        params = {"service": service, "method": method, "args": list(args)}
        body = {"jsonrpc": "2.0", "method": "call", "id": next(self._numbers), "params": params}
        try:
            # A redirect is never followed: it would turn the POST into a GET, and the key would go elsewhere.
            response = self._session.post(self._url, json=body, timeout=self._timeouts, allow_redirects=False)
        except requests.RequestException as error:
            raise failure_from_trouble(error, info.name, write=info.write, base_url=self.base_url) from error
        return self._result(response, info)

    def _result(self, response: requests.Response, info: CallInfo) -> Any:
        answer: Any = None
        if response.status_code == requests.codes.ok:
            try:
                answer = json.loads(response.content)
            except ValueError:
                answer = None
        if not isinstance(answer, dict) or not ("jsonrpc" in answer or "result" in answer or "error" in answer):
            raise failure_from_response(response, info.name, write=info.write, base_url=self.base_url)
        if answer.get("error") is not None:
            raise failure_from_envelope(answer["error"], info.name, write=info.write)
        return answer.get("result")
