"""The composition root of the gateway: which ledger, which broker. Nowhere else is it chosen."""

from __future__ import annotations

import asyncio
import gc
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass

import structlog
import uvloop

from libs.common.boot import boot, refuse
from libs.common.broker.interface import Publisher
from libs.common.broker.publisher import KombuPublisher
from libs.common.errors import ConfigurationError, LedgerUnavailable
from libs.common.ledger.aio import AsyncMongoHints
from libs.common.ledger.connect import Connection, connect
from libs.common.ledger.interface import HintSink
from libs.common.settings import GatewaySettings
from libs.common.stores.crypto import Crypto
from libs.common.stores.interface import Stores
from libs.common.stores.repository import MongoStores
from services.webhook_gateway.app import create_app
from services.webhook_gateway.server import server

SERVICE = "webhook_gateway"
ALLOCATIONS_PER_COLLECTION = 50_000
_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Parts:
    """What the gateway stands on. `connect_sink` is called on the running loop, where its client lives."""

    connect_sink: Callable[[], HintSink]
    stores: Stores
    publisher: Publisher
    close: Callable[[], None]


def build(settings: GatewaySettings) -> Parts:
    """The real ones. Raises ConfigurationError for an address or a key that cannot be one; asks no server yet."""
    crypto = Crypto.from_keys(settings.secret_key.get_secret_value())
    connection = connect(settings.ledger_url, settings.ledger_database)
    publisher = KombuPublisher(settings.broker_url, name="tandem gateway nudges")
    stores = MongoStores(connection.database, crypto)
    _prepare(connection, stores)

    def close() -> None:
        publisher.close()
        connection.close()

    return Parts(
        connect_sink=lambda: AsyncMongoHints.connect(settings.ledger_url, settings.ledger_database),
        stores=stores,
        publisher=publisher,
        close=close,
    )


def _prepare(connection: Connection, stores: Stores) -> None:
    """A look at every store, because one with an empty secret must not be served (FAULTS.md F01); and the indexes.

    A ledger that is away stops nothing: the gateway answers 503 until it is back.
    """
    try:
        # The stores first: this call is short, while making indexes is given minutes.
        stores.all()
        connection.prepare()
    except LedgerUnavailable as error:
        _log.warning("ledger_unavailable", reason=str(error), hint="webhooks get 503 until it answers")
    except ConfigurationError:
        connection.close()
        raise


def run(settings: GatewaySettings, parts: Parts) -> None:
    """Serve until SIGTERM or SIGINT: then finish the requests under way, send the nudges that wait, and close."""
    if threading.current_thread() is threading.main_thread():
        # uvicorn raises the signal again once it has shut down; by then it has been heeded.
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, lambda *_: None)
    _collect_seldom()
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve(settings, parts))
    finally:
        parts.close()


def _collect_seldom() -> None:
    """Keep Python's garbage collector from looking through everything every few requests.

    A parsed body is thousands of objects that live for a moment and hold no cycles: they are freed without it. Looking
    for cycles among them took a sixth of the processor time of a webhook.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(ALLOCATIONS_PER_COLLECTION, 10, 10)


async def _serve(settings: GatewaySettings, parts: Parts) -> None:
    sink = parts.connect_sink()
    try:
        await server(create_app(sink, parts.stores, parts.publisher, settings), settings).serve()
    finally:
        await sink.close()


def main() -> int:
    settings = boot(SERVICE, GatewaySettings)
    try:
        parts = build(settings)
    except ConfigurationError as error:
        refuse(SERVICE, error.problems)
    run(settings, parts)
    return 0
