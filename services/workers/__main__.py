"""`python -m services.workers orders`: one entity's worker; as many of them, on as many machines, as are needed."""

from __future__ import annotations

import argparse
import signal
import sys
import threading

from prometheus_client import start_http_server

from libs.common.boot import boot, refuse
from libs.common.broker.consumer import TandemBroker
from libs.common.broker.publisher import KombuPublisher
from libs.common.broker.runner import run_workers
from libs.common.broker.topology import base_queue
from libs.common.errors import ConfigurationError
from libs.common.ledger.breakers import MongoBreakers
from libs.common.ledger.budgets import MongoBudgets
from libs.common.ledger.connect import Connection, connect
from libs.common.ledger.repository import MongoLedger
from libs.common.settings import WorkerSettings
from libs.common.stores.crypto import Crypto
from libs.common.stores.repository import MongoStores
from services.workers.actors import register
from services.workers.bootstrap import Ports, build, known_queues

SERVICE = "workers"


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
    except ValueError as error:
        parser.error(str(error))
    settings = boot(SERVICE, WorkerSettings)
    stop = threading.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, lambda *_: stop.set())
    try:
        crypto = Crypto.from_keys(settings.secret_key.get_secret_value())
        connection = connect(settings.ledger_url, settings.ledger_database)
    except ConfigurationError as error:
        refuse(SERVICE, error.problems)
    with connection:
        if not connection.prepare_when_there(stop):
            return 0
        return _run(queues, settings, connection, crypto, stop)


def _run(
    queues: list[str], settings: WorkerSettings, connection: Connection, crypto: Crypto, stop: threading.Event
) -> int:
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
            broker,
            queues,
            threads=settings.threads,
            grace_seconds=settings.grace_seconds,
            stop=stop,
            on_stop=workers.stop,
        )
    finally:
        workers.close()
        publisher.close()
    return 0 if finished else 1


if __name__ == "__main__":
    sys.exit(main())
