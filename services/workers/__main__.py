"""`python -m services.workers orders`: one entity's worker; as many of them, on as many machines, as are needed."""

from __future__ import annotations

import argparse
import sys
import time

import structlog
from prometheus_client import start_http_server

from libs.common import settings as configuration
from libs.common.broker.consumer import TandemBroker
from libs.common.broker.publisher import KombuPublisher
from libs.common.broker.runner import run_workers
from libs.common.broker.topology import base_queue
from libs.common.errors import ConfigurationError, LedgerUnavailable
from libs.common.ledger.breakers import MongoBreakers
from libs.common.ledger.budgets import MongoBudgets
from libs.common.ledger.connect import Connection, connect
from libs.common.ledger.repository import MongoLedger
from libs.common.logging import configure
from libs.common.settings import EMBEDDED, WorkerSettings
from libs.common.stores.crypto import Crypto
from libs.common.stores.repository import MongoStores
from services.workers.actors import register
from services.workers.bootstrap import Ports, build, known_queues

LEDGER_RETRY_SECONDS = 2.0
log = structlog.get_logger(__name__)


def main(arguments: list[str] | None = None) -> int:
    """0 after a clean stop, 1 when running batches had to be cut short, 2 for a fault of the configuration."""
    parser = argparse.ArgumentParser(
        prog="python -m services.workers",
        description="Syncs the records of one entity (or several). Configured by TANDEM_ variables: see .env.example.",
        epilog="A queue may carry a store's name (orders.acme): then this worker takes that store's messages only.",
    )
    parser.add_argument("queues", nargs="+", metavar="QUEUE", help=f"one of: {', '.join(known_queues())}")
    queues = parser.parse_args(arguments).queues
    try:
        for queue in queues:
            base_queue(queue)
        settings = configuration.load(WorkerSettings)
        _refuse_embedded(settings)
        crypto = Crypto.from_keys(settings.secret_key.get_secret_value())
        connection = connect(settings.ledger_url, settings.ledger_database)
    except ValueError as error:
        parser.error(str(error))
    except ConfigurationError as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)  # noqa: T201 - before logging is set up, to whoever started this
        return 2
    configure("workers", settings)
    return _run(queues, settings, connection, crypto)


def _refuse_embedded(settings: WorkerSettings) -> None:
    if EMBEDDED in {settings.ledger_url, settings.broker_url}:
        message = "TANDEM_LEDGER_URL and TANDEM_BROKER_URL must be servers here: `embedded` is for `tandem demo`."
        raise ConfigurationError([message])


def _run(queues: list[str], settings: WorkerSettings, connection: Connection, crypto: Crypto) -> int:
    _prepare(connection)
    if settings.metrics_port:
        start_http_server(settings.metrics_port, settings.metrics_host)
    publisher = KombuPublisher(settings.broker_url, name="tandem worker events")
    ports = Ports(
        ledger=MongoLedger(connection.database, connection.clock),
        budgets=MongoBudgets(connection.database, connection.clock),
        breakers=MongoBreakers(connection.database, connection.clock),
        stores=MongoStores(connection.database, crypto),
        publish_event=publisher.publish_event,
    )
    workers = build(queues, ports, settings)
    broker = TandemBroker(settings.broker_url)
    register(broker, workers.handlers())
    try:
        finished = run_workers(
            broker, queues, threads=settings.threads, grace_seconds=settings.grace_seconds, on_stop=workers.stop
        )
    finally:
        workers.close()
        publisher.close()
        connection.close()
    return 0 if finished else 1


def _prepare(connection: Connection) -> None:
    """Indexes before anything else; a ledger that is not there yet is waited for, as its container may be slower."""
    while True:
        try:
            connection.prepare()
            return
        except LedgerUnavailable as error:
            log.warning("ledger.away", reason=str(error), again_in_seconds=LEDGER_RETRY_SECONDS)
            time.sleep(LEDGER_RETRY_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
