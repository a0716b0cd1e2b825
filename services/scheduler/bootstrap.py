"""The composition root of the scheduler: which ledger, which broker. Nowhere else is it chosen."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from prometheus_client import start_http_server

from libs.common.boot import boot, refuse
from libs.common.broker.publisher import KombuPublisher
from libs.common.errors import ConfigurationError
from libs.common.ledger.breakers import MongoBreakers
from libs.common.ledger.connect import Connection, connect
from libs.common.ledger.cursors import MongoCursors
from libs.common.ledger.leaders import MongoLeaders
from libs.common.ledger.repository import MongoLedger
from libs.common.settings import SchedulerSettings
from libs.common.stores.crypto import Crypto
from libs.common.stores.repository import MongoStores
from services.scheduler.metrics import Metrics
from services.scheduler.odoo_poll.poller import Poller
from services.scheduler.scheduler import Scheduler

SERVICE = "scheduler"
_log = structlog.get_logger(__name__)


def main() -> int:
    settings = boot(SERVICE, SchedulerSettings)
    stop = threading.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, lambda *_: stop.set())
    try:
        connection = connect(settings.ledger_url, settings.ledger_database)
    except ConfigurationError as error:
        refuse(SERVICE, error.problems)
    with connection:
        run(settings, connection, stop)
    return 0


def run(settings: SchedulerSettings, connection: Connection, stop: threading.Event) -> None:
    """Run until `stop` is set."""
    publisher = KombuPublisher(settings.broker_url, name="tandem scheduler nudges")
    ledger = MongoLedger(connection.database, connection.clock)
    leaders = MongoLeaders(connection.database, connection.clock)
    scheduler = Scheduler(ledger, leaders, publisher, settings, poller=poller(settings, connection, ledger))
    try:
        with _served(scheduler.metrics, settings):
            if not connection.prepare_when_there(stop):
                return
            scheduler.start()
            _log.info("started")
            stop.wait()
            _log.info("stopping")
            scheduler.stop()
    finally:
        publisher.close()


def poller(settings: SchedulerSettings, connection: Connection, ledger: MongoLedger) -> Poller:
    """What asks each store's Odoo."""
    database, clock = connection.database, connection.clock
    stores = MongoStores(database, Crypto.from_keys(settings.secret_key.get_secret_value()))
    return Poller(ledger, stores, MongoBreakers(database, clock), MongoCursors(database))


@contextmanager
def _served(metrics: Metrics, settings: SchedulerSettings) -> Iterator[None]:
    """`/metrics` while it runs, where a port is set."""
    if not settings.metrics_port:
        yield
        return
    server, thread = start_http_server(settings.metrics_port, settings.metrics_host, metrics.registry)
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
