"""The gateway under uvicorn, with a deadline for a request's headers.

uvicorn has none: a sender that opens a connection and stays silent, or sends half a header, would hold it for ever
(FAULTS.md F12). It does limit the silence between two requests, and `body.py` limits that within a body.
"""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import structlog
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from libs.common.settings import GatewaySettings

_log = structlog.get_logger(__name__)

HEADER_SECONDS = 5.0
IDLE_SECONDS = 30
BACKLOG = 2048


class DeadlineProtocol(HttpToolsProtocol):
    """Closes a connection whose request headers are not complete within `HEADER_SECONDS`."""

    def __init__(
        self,
        config: uvicorn.Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._header_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._start_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        if self._header_timer is None:
            self._start_timer()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._stop_timer()
        super().on_headers_complete()

    def _start_timer(self) -> None:
        self._header_timer = self.loop.call_later(HEADER_SECONDS, self._too_late)

    def _stop_timer(self) -> None:
        if self._header_timer is not None:
            self._header_timer.cancel()
            self._header_timer = None

    def _too_late(self) -> None:
        self._header_timer = None
        if not self.transport.is_closing():
            self.transport.close()


class Server(uvicorn.Server):
    """Says where it listens, which matters when any free port was asked for."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for each in self.servers:
            for listener in each.sockets:
                host, port = listener.getsockname()[:2]
                _log.info("listening", host=host, port=port)


def server(app: ASGIApp, settings: GatewaySettings) -> Server:
    """Its `serve()` runs until SIGTERM or SIGINT; requests under way are finished."""
    return Server(
        uvicorn.Config(
            app,
            host=settings.host,
            port=settings.port,
            http=DeadlineProtocol,
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            backlog=BACKLOG,
            timeout_keep_alive=IDLE_SECONDS,
            timeout_graceful_shutdown=max(1, round(settings.grace_seconds)),
        )
    )
