"""gql over requests, with a deadline, exact numbers and errors that keep the whole answer."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import requests
from gql import GraphQLRequest
from gql.transport import Transport
from gql.transport.exceptions import TransportClosed
from graphql import ExecutionResult

from libs.common.http import open_session
from libs.common.shopify.documents import Document


class NoGraphQL(Exception):
    """The HTTP answer is not what GraphQL answers; `response` is all of it."""

    def __init__(self, response: requests.Response) -> None:
        self.response = response
        super().__init__(f"HTTP {response.status_code}")


class PreparedRequest(GraphQLRequest):
    """A request whose text is kept: gql would print the whole tree anew each time."""

    def __init__(self, document: Document, variables: dict[str, Any]) -> None:
        super().__init__(document.tree, variable_values=variables)
        self._text = document.text

    @property
    def payload(self) -> dict[str, Any]:
        return {"query": self._text, "variables": self.variable_values or {}}


class BoundedTransport(Transport):
    """gql over requests: with a total deadline, following no redirect, giving decimals as they were written.

    gql's own requests transport reads a body without a deadline, keeps the last answer's headers on itself
    and asks for requests-toolbelt, for uploads that are not made here. Threads may share this one.
    """

    def __init__(
        self, url: str, headers: dict[str, str], *, timeouts: tuple[float, float], total_seconds: float
    ) -> None:
        self.url = url
        self.headers = headers
        self.session: requests.Session | None = None
        self._timeouts = timeouts
        self._total_seconds = total_seconds
        self.served_version = ""
        """The API version of the last answer: another one than asked for means that the asked one is retired."""

    def connect(self) -> None:
        if self.session is None:
            self.session = open_session(self.url, total_seconds=self._total_seconds)

    def close(self) -> None:
        if self.session is not None:
            self.session.close()
            self.session = None

    def execute(self, request: GraphQLRequest, *_args: Any, **_kwargs: Any) -> ExecutionResult:
        """Raises NoGraphQL for any answer but a GraphQL one, and the exceptions of `requests` as they are."""
        if self.session is None:
            raise TransportClosed("the client was closed")
        response = self.session.post(
            self.url,
            json=request.payload,
            headers=self.headers,
            timeout=self._timeouts,
            allow_redirects=False,
        )
        answer = _decoded(response)
        self.served_version = response.headers.get("X-Shopify-API-Version", self.served_version)
        return ExecutionResult(
            data=answer.get("data"), errors=answer.get("errors") or None, extensions=answer.get("extensions")
        )


def _decoded(response: requests.Response) -> dict[str, Any]:
    if response.status_code != requests.codes.ok:
        raise NoGraphQL(response)
    try:
        # A tax rate is a JSON number: as a float 0.08875 would no longer be itself.
        answer = json.loads(response.content, parse_float=Decimal)
    except ValueError:
        raise NoGraphQL(response) from None
    # Data that is null without a reason would make gql fail an assertion.
    if not isinstance(answer, dict) or not isinstance(answer.get("errors") or [], list):
        raise NoGraphQL(response)
    if not isinstance(answer.get("data"), dict) and not answer.get("errors"):
        raise NoGraphQL(response)
    return answer
