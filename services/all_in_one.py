"""Gateway, order worker and scheduler in one process, on an embedded ledger and broker: for `tandem demo` and tests.

    with AllInOne() as tandem:
        tandem.stores.save(store)
        shop.webhooks_to(tandem.gateway_url + WEBHOOK_PATH)

What it keeps is lost with the process. The only module that imports several services.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time
from typing import Any, Self, TypeVar

import uvicorn
import uvloop
from cryptography.fernet import Fernet
from pydantic import SecretStr

from libs.common.broker.inprocess import InProcessBroker
from libs.common.ledger.aio import ThreadedHints
from libs.common.ledger.breakers import MongoBreakers
from libs.common.ledger.budgets import MongoBudgets
from libs.common.ledger.connect import connect
from libs.common.ledger.cursors import MongoCursors
from libs.common.ledger.leaders import MongoLeaders
from libs.common.ledger.repository import MongoLedger
from libs.common.settings import EMBEDDED, CommonSettings, GatewaySettings, SchedulerSettings, WorkerSettings
from libs.common.stores.crypto import Crypto
from libs.common.stores.repository import MongoStores
from services.scheduler.odoo_poll.poller import Poller
from services.scheduler.scheduler import Scheduler
from services.webhook_gateway.app import WEBHOOK_PATH, create_app
from services.webhook_gateway.server import server
from services.workers.bootstrap import Ports, Workers, build, known_queues

START_SECONDS = 15.0
STOP_SECONDS = 10.0

S = TypeVar("S", bound=CommonSettings)

__all__ = ["WEBHOOK_PATH", "AllInOne", "embedded"]


def embedded(settings: type[S], **values: Any) -> S:
    """Settings of a service for one process, with a key of their own: `embedded(WorkerSettings, batch_size=5)`."""
    key = SecretStr(Fernet.generate_key().decode())
    return settings.model_validate({"ledger_url": EMBEDDED, "broker_url": EMBEDDED, "secret_key": key, **values})


class AllInOne:
    """`start()` returns once webhooks are taken at `webhook_url`; `stop()` once no thread or socket of it is left.

    Started again after a stop, it has the same ledger and another port. Settings may be given for each service
    (`embedded` makes them); their ledger and broker are always this process's own.
    """

    def __init__(
        self,
        *,
        gateway: GatewaySettings | None = None,
        workers: WorkerSettings | None = None,
        scheduler: SchedulerSettings | None = None,
        database: str = "tandem",
    ) -> None:
        self._gateway_settings = gateway or embedded(GatewaySettings, port=0)
        self._worker_settings = workers or embedded(WorkerSettings)
        self._scheduler_settings = scheduler or embedded(SchedulerSettings, sweep_seconds=2, poll_seconds=1)
        self._connection = connect(EMBEDDED, database)
        self._closing = contextlib.ExitStack()
        self.ledger = MongoLedger(self._connection.database, self._connection.clock)
        keys = self._gateway_settings.secret_key.get_secret_value()
        self.stores = MongoStores(self._connection.database, Crypto.from_keys(keys))
        self.broker: InProcessBroker | None = None
        self.gateway_url = ""

    @property
    def webhook_url(self) -> str:
        """Where a shop's webhooks go."""
        return self.gateway_url + WEBHOOK_PATH

    def start(self) -> Self:
        """Raises OSError when the gateway's port is taken; nothing is left running then."""
        with contextlib.ExitStack() as closing:
            broker = InProcessBroker()
            closing.callback(broker.close)
            workers = self._workers(broker)
            closing.callback(workers.close)
            broker.start(workers.handlers(), threads=self._worker_settings.threads)
            closing.callback(broker.stop, grace_seconds=self._worker_settings.grace_seconds, on_stop=workers.stop)
            leaders = MongoLeaders(self._connection.database, self._connection.clock)
            scheduler = Scheduler(self.ledger, leaders, broker, self._scheduler_settings, poller=self._poller())
            closing.callback(scheduler.stop)
            scheduler.start()
            app = create_app(ThreadedHints(self.ledger), self.stores, broker, self._gateway_settings)
            gateway = _Served(server(app, self._gateway_settings))
            closing.callback(gateway.stop)
            self.gateway_url = gateway.start()
            self.broker = broker
            self._closing = closing.pop_all()
        return self

    def stop(self) -> None:
        """The gateway first, so that nothing new comes in; running batches are finished, the rest is handed back."""
        self._closing.close()
        self.broker = None
        self.gateway_url = ""

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _poller(self) -> Poller:
        database, clock = self._connection.database, self._connection.clock
        return Poller(self.ledger, self.stores, MongoBreakers(database, clock), MongoCursors(database))

    def _workers(self, broker: InProcessBroker) -> Workers:
        database, clock = self._connection.database, self._connection.clock
        ports = Ports(
            ledger=self.ledger,
            budgets=MongoBudgets(database, clock),
            breakers=MongoBreakers(database, clock),
            stores=self.stores,
            publish_event=broker.publish_event,
        )
        return build(known_queues(), ports, self._worker_settings)


class _Served:
    """A uvicorn server on a thread of its own."""

    def __init__(self, uvicorn_server: uvicorn.Server) -> None:
        self._server = uvicorn_server
        self._thread: threading.Thread | None = None

    def start(self) -> str:
        """`http://127.0.0.1:port`, once it accepts connections. Raises OSError for a port that is taken."""
        config = self._server.config
        listener = socket.create_server((config.host, config.port), backlog=config.backlog)
        host, port = listener.getsockname()[:2]
        self._thread = threading.Thread(target=self._run, args=(listener,), name="gateway", daemon=True)
        self._thread.start()
        deadline = time.monotonic() + START_SECONDS
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                listener.close()
                raise RuntimeError(f"the gateway did not start on {host}:{port}; see the log")
            time.sleep(0.002)
        return f"http://{host}:{port}"

    def stop(self) -> None:
        self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(STOP_SECONDS + (self._server.config.timeout_graceful_shutdown or 0))
            self._thread = None

    def _run(self, listener: socket.socket) -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(self._server.serve(sockets=[listener]))
