"""The gateway as an ASGI application: `create_app(sink, stores, publisher, settings)`.

Who composes it owns the sink and the publisher, and closes them once the application has shut down.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from libs.common.broker.interface import Publisher
from libs.common.errors import LedgerUnavailable
from libs.common.ledger.interface import HintSink
from libs.common.settings import GatewaySettings
from libs.common.stores.interface import Stores
from services.webhook_gateway.intake import Webhooks
from services.webhook_gateway.metrics import Metrics
from services.webhook_gateway.nudger import Nudger
from services.webhook_gateway.recorder import Recorder
from services.webhook_gateway.shops import Shops

WEBHOOK_PATH = "/webhooks/shopify"
PING_SECONDS = 1.0


def create_app(
    sink: HintSink,
    stores: Stores,
    publisher: Publisher,
    settings: GatewaySettings,
    *,
    metrics: Metrics | None = None,
) -> Starlette:
    """Routes: `POST /webhooks/shopify`, `/health/live`, `/health/ready`, `/metrics`.

    `sink` may be any HintSink: MongoDB's, a ledger behind threads (embedded), or `NullSink` to measure against.
    """
    counted = metrics or Metrics()
    shops = Shops(stores, keep_seconds=settings.stores_seconds, refresh_seconds=settings.stores_refresh_seconds)
    nudger = Nudger(
        sink, publisher, gather_seconds=settings.nudge_seconds, buffer_limit=settings.nudge_buffer, metrics=counted
    )
    recorder = Recorder(
        sink,
        writers=settings.writers,
        batch_limit=settings.batch_limit,
        pending_limit=settings.pending_limit,
        metrics=counted,
        on_recorded=nudger.add,
    )

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        nudger.start()
        try:
            yield
        finally:
            await recorder.stop()
            await nudger.stop(seconds=settings.grace_seconds / 2)
            await shops.close()

    async def exposition(_request: Request) -> Response:
        return Response(generate_latest(counted.registry), headers={"content-type": CONTENT_TYPE_LATEST})

    health = _Health(sink, nudger)
    return Starlette(
        routes=[
            Route(WEBHOOK_PATH, Webhooks(shops, recorder, counted, settings), methods=["POST"]),
            Route("/health/live", _live),
            Route("/health/ready", health.ready),
            Route("/metrics", exposition),
        ],
        lifespan=lifespan,
    )


async def _live(_request: Request) -> Response:
    return JSONResponse({"alive": True})


class _Health:
    """Ready while the ledger answers. The broker is told, but not needed: the sweeper sends what was recorded.

    An answer is kept for `PING_SECONDS`, so that whoever asks often does not load the ledger.
    """

    def __init__(self, sink: HintSink, nudger: Nudger) -> None:
        self._sink = sink
        self._nudger = nudger
        self._asked_at = float("-inf")
        self._ledger = False
        self._lock = asyncio.Lock()

    async def ready(self, _request: Request) -> Response:
        async with self._lock:
            if time.monotonic() - self._asked_at > PING_SECONDS:
                self._ledger = await self._ping()
                self._asked_at = time.monotonic()
        body = {"ledger": self._ledger, "broker": self._nudger.broker_answers}
        return JSONResponse(body, status_code=200 if self._ledger else 503)

    async def _ping(self) -> bool:
        try:
            async with asyncio.timeout(PING_SECONDS):
                await self._sink.ping()
        except (LedgerUnavailable, TimeoutError):
            return False
        return True
