"""A gateway that records as ever, says so in its log, and then never answers: for a test that kills it there (F08)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import structlog

from libs.common.ledger.interface import HintSink
from libs.common.ledger.model import Hint, Recorded
from libs.common.logging import configure
from libs.common.settings import GatewaySettings, load
from services.webhook_gateway import bootstrap


class Silent:
    """Implements `HintSink`: writes, and returns nothing."""

    def __init__(self, sink: HintSink) -> None:
        self._sink = sink

    async def record_hints(self, hints: Sequence[Hint]) -> list[Recorded]:
        await self._sink.record_hints(hints)
        structlog.get_logger().info("recorded_and_silent")
        await asyncio.Event().wait()
        raise AssertionError("unreachable")

    async def mark_nudged(self, ids: Sequence[str]) -> None:
        await self._sink.mark_nudged(ids)

    async def ping(self) -> None:
        await self._sink.ping()

    async def close(self) -> None:
        await self._sink.close()


if __name__ == "__main__":
    settings = load(GatewaySettings)
    configure("webhook_gateway", settings)
    parts = bootstrap.build(settings)
    bootstrap.run(settings, replace(parts, connect_sink=lambda: Silent(parts.connect_sink())))
