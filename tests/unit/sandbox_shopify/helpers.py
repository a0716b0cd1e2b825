"""Where things are, and a client as plain as can be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import requests

from libs.common.shopify.documents import source_of

REPOSITORY = Path(__file__).resolve().parents[3]
REFERENCE = REPOSITORY.parent / "shared" / "reference" / "shopify"


def document(name: str) -> str:
    return source_of(name)


class Client:
    """`client(query, **variables)` gives the JSON body; `status` and `headers` are those of the last answer."""

    def __init__(self, url: str, session: requests.Session) -> None:
        self.url = url
        self.token = "t"
        self.version = "2026-10"
        self.status = 0
        self.headers: dict[str, str] = {}
        self._session = session

    def __call__(self, query: str, /, **variables: Any) -> dict[str, Any]:
        body: dict[str, Any] = self.post({"query": query, "variables": variables})
        return body

    def post(self, content: Any) -> Any:
        response = self._session.post(
            f"{self.url}/admin/api/{self.version}/graphql.json",
            json=content,
            headers={"X-Shopify-Access-Token": self.token},
            timeout=10,
        )
        self.status, self.headers = response.status_code, dict(response.headers)
        return response.json()
