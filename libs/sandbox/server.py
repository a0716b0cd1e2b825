"""Runs an ASGI application on loopback in a thread of its own, and can cut its connections.

Both sandboxes use it. The port stays the same when a server is stopped and started again, so that a test
can take "the other side" away for a while and bring it back under its old address.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time
from typing import Any, Self

import uvicorn
from starlette.applications import Starlette

HOST = "127.0.0.1"
START_TIMEOUT_SECONDS = 15.0
# How long requests that are being answered may still take when the server is told to stop.
STOP_GRACE_SECONDS = 0.5
# After that a request's own task, cut off or not, is cancelled.
TASK_SECONDS = 5.0
TICK_SECONDS = 0.1
LOOK_SECONDS = 0.002


class BackgroundServer:
    """`start()` returns the address (`http://127.0.0.1:port`) once it accepts connections; `stop()` ends it.

    Port 0 takes a free one. The application finds its server at `app.state.server`, for `drop`.
    """

    def __init__(self, app: Starlette, *, host: str = HOST, port: int = 0) -> None:
        self.app = app
        self.host = host
        self.port = port
        app.state.server = self
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def running(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def start(self) -> str:
        if self.running:
            return self.url
        listener = self._listen()
        config = uvicorn.Config(
            self.app,
            http="httptools",
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="critical",
            access_log=False,
            timeout_keep_alive=60,
        )
        self._server = _Server(config)
        self._thread = threading.Thread(target=self._run, args=(listener,), name=f"sandbox:{self.port}", daemon=True)
        self._thread.start()
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                listener.close()
                raise RuntimeError(f"the sandbox did not start on {self.url}")
            time.sleep(0.002)
        return self.url

    def stop(self) -> None:
        """Ends the server; a request that is never going to be answered is cut off after a short grace."""
        server, thread, loop = self._server, self._thread, self._loop
        self._server = self._thread = self._loop = None
        if server is None or thread is None:
            return
        server.should_exit = True
        if loop is not None:
            with contextlib.suppress(RuntimeError):  # it ended by itself
                loop.call_soon_threadsafe(server.ending.set)
        thread.join(STOP_GRACE_SECONDS)
        while thread.is_alive() and loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop closed between the question and the call
                loop.call_soon_threadsafe(_abort_all, server)
            thread.join(0.1)

    def drop(self, client: Any) -> None:
        """Cuts the connection of a request at once (`client` is `request.scope["client"]`), unsent answer and all.

        To be called on the server's own loop, that is from a request handler.
        """
        for connection in self._connections():
            if connection.client == client and connection.transport is not None:
                connection.transport.abort()

    def hang_up(self, client: Any) -> None:
        """Closes the connection of a request after sending what was written to it."""
        for connection in self._connections():
            if connection.client == client and connection.transport is not None:
                connection.transport.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _connections(self) -> list[Any]:
        return list(self._server.server_state.connections) if self._server is not None else []

    def _listen(self) -> socket.socket:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((self.host, self.port))
            listener.listen(2048)
        except OSError:
            listener.close()
            raise
        self.port = int(listener.getsockname()[1])
        return listener

    def _run(self, listener: socket.socket) -> None:
        server = self._server
        assert server is not None  # noqa: S101 - start() sets it before it starts this thread

        async def serve() -> None:
            self._loop = asyncio.get_running_loop()
            await server.serve(sockets=[listener])

        with asyncio.Runner(loop_factory=server.config.get_loop_factory()) as runner:
            runner.run(serve())


class _Server(uvicorn.Server):
    """Ends as soon as it can: uvicorn's own looks once in a tenth of a second, and waits as long for what is done."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ending = asyncio.Event()

    async def main_loop(self) -> None:
        ticks = 0
        while not await self.on_tick(ticks):
            ticks += 1
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.ending.wait(), TICK_SECONDS)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for listener in sockets or []:
            listener.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        deadline = time.monotonic() + TASK_SECONDS
        while self.server_state.connections or self.server_state.tasks:
            if time.monotonic() > deadline:
                for task in self.server_state.tasks:
                    task.cancel()
                break
            await asyncio.sleep(LOOK_SECONDS)
        for server in self.servers:
            await server.wait_closed()


def _abort_all(server: uvicorn.Server) -> None:
    for connection in list(server.server_state.connections):
        transport = getattr(connection, "transport", None)
        if transport is not None:
            transport.abort()
