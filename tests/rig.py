"""Everything but the gateway, for tests and the benchmark: real engines, both sandboxes, workers as processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet
from pydantic import SecretStr

from libs.common.broker.interface import group_nudges
from libs.common.broker.publisher import KombuPublisher
from libs.common.domain.rules import StoreRules
from libs.common.ledger.breakers import MongoBreakers
from libs.common.ledger.budgets import MongoBudgets
from libs.common.ledger.connect import Connection, connect
from libs.common.ledger.cursors import MongoCursors
from libs.common.ledger.leaders import MongoLeaders
from libs.common.ledger.model import Hint, Record, State
from libs.common.ledger.repository import MongoLedger
from libs.common.settings import SchedulerSettings, WorkerSettings
from libs.common.stores.crypto import Crypto
from libs.common.stores.model import Store
from libs.common.stores.repository import MongoStores
from libs.sandbox.odoo.sandbox import OdooSandbox
from libs.sandbox.shopify.sandbox import ShopifySandbox
from services.scheduler.odoo_poll.poller import Poller
from services.scheduler.scheduler import Scheduler
from services.workers.bootstrap import Ports, Workers, build, known_queues
from tests.embedded import SLUG as SLUG  # noqa: PLC0414 - for whoever has a rig
from tests.embedded import store_between
from tests.workers import Worker

ROOT = Path(__file__).parent.parent
SHORT_WAITS = {"worker_lease_seconds": 2, "worker_backoff_base_seconds": 0.2, "worker_threads": 1}
FINAL = {State.SYNCED, State.HELD, State.IGNORED}


def hint_of_order(order: dict[str, Any]) -> Hint:
    """As the gateway records it when the order was placed."""
    return Hint(
        SLUG,
        "order",
        order["id"].rpartition("/")[2],
        name=order["name"],
        why="orders/create",
        version=order["updatedAt"],
        delivery_id=str(uuid.uuid4()),
    )


@dataclass
class Rig:
    """One store `acme` between a sandbox shop and a sandbox Odoo, on the engines at the given addresses."""

    mongodb_url: str
    database: str
    rabbitmq_url: str
    shop: ShopifySandbox
    odoo: OdooSandbox
    connection: Connection
    key: str
    rules: StoreRules = field(default_factory=StoreRules)
    workers: list[Worker | subprocess.Popen[bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.ledger = MongoLedger(self.connection.database, self.connection.clock)
        self.breakers = MongoBreakers(self.connection.database, self.connection.clock)
        self.budgets = MongoBudgets(self.connection.database, self.connection.clock)
        self.leaders = MongoLeaders(self.connection.database, self.connection.clock)
        self.stores = MongoStores(self.connection.database, Crypto.from_keys(self.key))
        self.publisher = KombuPublisher(self.rabbitmq_url)
        self.stores.save(self.store())

    def store(self) -> Store:
        return store_between(self.shop, self.odoo).model_copy(update={"rules": self.rules})

    def environment(self, **settings: object) -> dict[str, str]:
        """For a service as a process; `settings` are variables without their prefix, in lower case."""
        return {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "TANDEM_LEDGER_URL": self.mongodb_url,
            "TANDEM_LEDGER_DATABASE": self.database,
            "TANDEM_BROKER_URL": self.rabbitmq_url,
            "TANDEM_SECRET_KEY": self.key,
            "TANDEM_LOG_LEVEL": "warning",
            **{f"TANDEM_{name.upper()}": str(value) for name, value in settings.items()},
        }

    def start_worker(self, *queues: str, **settings: object) -> Worker:
        """A worker of these queues (`orders` when none is named), with short waits unless told otherwise."""
        chosen = {**SHORT_WAITS, **settings}
        worker = Worker(queues or ("orders",), self.environment(**chosen), str(ROOT))
        self.workers.append(worker)
        return worker

    def start_service(self, *command: str, **settings: object) -> subprocess.Popen[bytes]:
        """`python -m services.scheduler`: a Python of its own, as an operator starts it."""
        chosen = {**SHORT_WAITS, **settings}
        service = subprocess.Popen([sys.executable, "-m", *command], env=self.environment(**chosen), cwd=ROOT)
        self.workers.append(service)
        return service

    @contextmanager
    def scheduler(self, *, poll: bool = False, **settings: Any) -> Iterator[Scheduler]:
        """The sweeper beside the test, much faster than in production; with `poll` it looks into Odoo as well."""
        chosen: dict[str, Any] = {"sweep_seconds": 0.2, "overdue_seconds": 1.0, "leader_lease_seconds": 5}
        chosen |= {"poll_seconds": 0.3, **settings}
        options = SchedulerSettings(
            ledger_url=self.mongodb_url, broker_url=self.rabbitmq_url, secret_key=SecretStr(self.key), **chosen
        )
        scheduler = Scheduler(
            self.ledger, self.leaders, self.publisher, options, poller=self.poller() if poll else None
        )
        scheduler.start()
        try:
            yield scheduler
        finally:
            scheduler.stop()

    def poller(self) -> Poller:
        return Poller(self.ledger, self.stores, self.breakers, MongoCursors(self.connection.database))

    @contextmanager
    def workers_here(self, *queues: str) -> Iterator[Workers]:
        """Workers of these queues (all when none is named) in this process: quick, and their waits are short."""
        settings = WorkerSettings(
            ledger_url=self.mongodb_url,
            broker_url=self.rabbitmq_url,
            secret_key=SecretStr(self.key),
            backoff_base_seconds=0.01,
            backoff_cap_seconds=0.02,
            lease_seconds=30,
        )
        ports = Ports(self.ledger, self.budgets, self.breakers, self.stores, lambda *_: None)
        workers = build(list(queues) or known_queues(), ports, settings)
        try:
            yield workers
        finally:
            workers.close()

    def announce(self, orders: Iterable[dict[str, Any]], *, nudge: bool = True) -> list[str]:
        """Hints as the gateway records them, without its HTTP; the record ids."""
        hints = [hint_of_order(order) for order in orders]
        for start in range(0, len(hints), 200):
            part = hints[start : start + 200]
            self.ledger.record_hints(part)
            if nudge:
                self.publisher.publish_nudges(group_nudges(part))
                self.ledger.mark_nudged([hint.id for hint in part])
        return [hint.id for hint in hints]

    def settled(self, ids: Sequence[str]) -> int:
        """How many of these are synced, held or ignored."""
        states = [state.value for state in FINAL]
        return self.connection.database["records"].count_documents(
            {"_id": {"$in": list(ids)}, "state": {"$in": states}}
        )

    def wait_settled(self, ids: Sequence[str], *, seconds: float = 60.0, poll_seconds: float = 0.05) -> None:
        """Until all are; AssertionError names those that are not."""
        deadline = time.monotonic() + seconds
        while self.settled(ids) < len(ids):
            if time.monotonic() > deadline:
                left = [r for r in map(self.ledger.get, ids) if r is None or r.state not in FINAL]
                raise AssertionError(f"{len(left)} of {len(ids)} not settled after {seconds} s: {left[:3]}")
            time.sleep(poll_seconds)

    def put_off(self, entity: str, count: int, until: datetime) -> None:
        """So many records of Shopify's (numbered from 1) that failed once and are not due before `until`."""
        plain = {"store": SLUG, "entity": entity, "source": "shopify", "state": "due", "lane": "live", "attempts": 1}
        wanted = {"seq": 1, "why": f"{entity}s/update", "at": until}
        self.connection.database["records"].insert_many(
            [
                {"_id": f"{SLUG}/{entity}/{number}", "source_id": str(number), **plain}
                | {"claims": 1, "due_at": until, "wanted": wanted}
                for number in range(1, count + 1)
            ]
        )

    def record(self, record_id: str) -> Record:
        found = self.ledger.get(record_id)
        assert found is not None, record_id
        return found

    def stop(self) -> None:
        for worker in self.workers:
            if worker.poll() is None:
                worker.send_signal(signal.SIGTERM)
        for worker in self.workers:
            try:
                worker.wait(10)
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait()
        self.publisher.close()


@contextmanager
def open_rig(
    mongodb_url: str,
    database: str,
    rabbitmq_url: str,
    *,
    rules: StoreRules | None = None,
    shop: ShopifySandbox | None = None,
    odoo: OdooSandbox | None = None,
) -> Iterator[Rig]:
    """Sandboxes are started unless given; workers started on the way are ended."""
    shop = shop or ShopifySandbox(bucket=1_000_000, restore_rate=1_000_000)
    odoo = odoo or OdooSandbox()
    with shop, odoo, connect(mongodb_url, database) as connection:
        connection.prepare()
        key = Fernet.generate_key().decode()
        rig = Rig(mongodb_url, database, rabbitmq_url, shop, odoo, connection, key, rules or StoreRules())
        try:
            yield rig
        finally:
            rig.stop()
