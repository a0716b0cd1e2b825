"""Takes webhooks over HTTP and keeps them, in the order in which they came."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Received:
    url: str = ""
    webhooks: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    events: set[str] = field(default_factory=set)

    @property
    def topics(self) -> list[str]:
        """Sorted: several threads send."""
        return sorted(topic for topic, _ in self.webhooks)

    def body(self, topic: str) -> dict[str, Any]:
        return next(body for one, body in self.webhooks if one == topic)


@contextmanager
def receiving() -> Iterator[Received]:
    received = Received()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            received.webhooks.append((self.headers["X-Shopify-Topic"], body))
            received.events.add(self.headers["X-Shopify-Event-Id"])
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in the base class
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    received.url = f"http://127.0.0.1:{server.server_port}/"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield received
    finally:
        server.shutdown()
        server.server_close()
