"""A loopback HTTP server that answers by script, well or badly: what no real server does on demand."""

from __future__ import annotations

import json
import socket
import socketserver
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Request:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """`raw` goes out as it is, whole or `drip_seconds` apart byte by byte; then the connection may be ended."""

    raw: bytes = b""
    drip_seconds: float = 0.0
    close: bool = False
    reset: bool = False
    hang: bool = False


def reply(
    body: Any = b"", *, status: int = 200, headers: dict[str, str] | None = None, content_type: str = "application/json"
) -> Reply:
    """A complete answer; anything but bytes goes out as JSON."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} Word", f"Content-Type: {content_type}", f"Content-Length: {len(data)}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return Reply("\r\n".join([*lines, "", ""]).encode() + data)


Script = Callable[[Request], Reply]


@dataclass
class Scripted:
    url: str
    requests: list[Request] = field(default_factory=list)
    connections: list[int] = field(default_factory=list)


@contextmanager
def scripted(script: Script | list[Reply]) -> Iterator[Scripted]:
    """Serve: a function of the request, or one reply after the other."""
    stop = threading.Event()
    queue = iter(script) if isinstance(script, list) else None
    lock = threading.Lock()

    def answer(request: Request) -> Reply:
        if queue is not None:
            with lock:
                return next(queue)
        assert not isinstance(script, list)
        return script(request)

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            state.connections.append(self.client_address[1])
            with suppress(OSError):
                while not stop.is_set() and self._one():
                    pass

        def _one(self) -> bool:
            first = self.rfile.readline()
            if not first:
                return False
            headers = {}
            while (line := self.rfile.readline().strip()) != b"":
                name, _, value = line.decode().partition(":")
                headers[name.strip().lower()] = value.strip()
            body = self.rfile.read(int(headers.get("content-length", 0)))
            request = Request(first.decode().split()[1], headers, body)
            state.requests.append(request)
            return self._send(answer(request))

        def _send(self, given: Reply) -> bool:
            if given.drip_seconds:
                for i in range(len(given.raw)):
                    self.wfile.write(given.raw[i : i + 1])
                    self.wfile.flush()
                    if stop.wait(given.drip_seconds):
                        return False
            else:
                self.wfile.write(given.raw)
                self.wfile.flush()
            if given.hang:
                stop.wait(30)
            if given.reset:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
            return not (given.close or given.reset or given.hang)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A client that goes away is part of the script."""

    server = Server(("127.0.0.1", 0), Handler)
    state = Scripted(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        stop.set()
        server.shutdown()
        server.server_close()
        thread.join()


def unused_port() -> int:
    """A port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
