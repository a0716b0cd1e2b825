"""gql's requests transport with a deadline, exact numbers and errors that keep the whole answer."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import requests
from gql import GraphQLRequest
from gql.transport.exceptions import TransportClosed
from gql.transport.requests import RequestsHTTPTransport
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


class BoundedTransport(RequestsHTTPTransport):
    """Keeps the total deadline, follows no redirect and gives decimals as they were written.

    Unlike gql's own it keeps nothing of one call on the object, so threads may share it.
    """

    def __init__(
        self, url: str, headers: dict[str, str], *, timeouts: tuple[float, float], total_seconds: float
    ) -> None:
        super().__init__(url, headers=headers, retries=0)
        self._timeouts = timeouts
        self._total_seconds = total_seconds
        self.served_version = ""
        """The API version of the last answer: another one than asked for means that the asked one is retired."""

    def connect(self) -> None:
        if self.session is None:
            self.session = open_session(self.url, total_seconds=self._total_seconds)

    def execute(
        self,
        request: GraphQLRequest,
        timeout: int | None = None,
        extra_args: dict[str, Any] | None = None,
        upload_files: bool = False,  # noqa: ARG002 - gql's signature; nothing is uploaded here
    ) -> ExecutionResult:
        """Raises NoGraphQL for any answer but a GraphQL one, and the exceptions of `requests` as they are."""
        if self.session is None:
            raise TransportClosed("the client was closed")
        response = self.session.post(
            self.url,
            json=request.payload,
            headers=self.headers,
            timeout=timeout or self._timeouts,
            allow_redirects=False,
            **(extra_args or {}),
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
    if not isinstance(answer, dict) or not isinstance(answer.get("errors", []) or [], list):
        raise NoGraphQL(response)
    if "data" not in answer and not answer.get("errors"):
        raise NoGraphQL(response)
    return answer
