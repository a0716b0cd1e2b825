"""The gateway as a process of its own, with a store in a real ledger; webhooks over real sockets."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from libs.common.ledger.connect import Connection, connect
from libs.common.ledger.repository import MongoLedger
from libs.common.stores.crypto import Crypto
from libs.common.stores.model import Store
from libs.common.stores.repository import MongoStores
from tests.unit.gateway.world import KEY, headers, store

ROOT = Path(__file__).parents[3]
START_SECONDS = 60.0
STOP_SECONDS = 30.0


@dataclass
class Place:
    """A ledger with a store in it, and what a service must know to work there."""

    ledger_url: str
    database: str
    broker_url: str
    folder: Path
    connection: Connection
    stores: MongoStores = field(init=False)
    ledger: MongoLedger = field(init=False)

    def __post_init__(self) -> None:
        self.connection.prepare()
        self.stores = MongoStores(self.connection.database, Crypto.from_keys(KEY))
        self.ledger = MongoLedger(self.connection.database, self.connection.clock)

    def environ(self, **changes: str) -> dict[str, str]:
        """`ack_seconds="1"` is TANDEM_GATEWAY_ACK_SECONDS; capitals are variables as they stand."""
        own = {name: value for name, value in os.environ.items() if not name.startswith("TANDEM_")}
        own |= {
            "PYTHONPATH": str(ROOT),
            "TANDEM_LEDGER_URL": self.ledger_url,
            "TANDEM_LEDGER_DATABASE": self.database,
            "TANDEM_BROKER_URL": self.broker_url,
            "TANDEM_SECRET_KEY": KEY,
            "TANDEM_GATEWAY_PORT": "0",
        }
        return own | {
            name if name.isupper() else f"TANDEM_GATEWAY_{name.upper()}": value for name, value in changes.items()
        }


@contextmanager
def place(ledger_url: str, database: str, broker_url: str, folder: Path, *stores: Store) -> Iterator[Place]:
    with connect(ledger_url, database) as connection:
        made = Place(ledger_url, database, broker_url, folder, connection)
        for each in stores or (store(),):
            made.stores.save(each)
        yield made


class GatewayProcess:
    def __init__(self, command: list[str], environ: dict[str, str], folder: Path) -> None:
        self.log = folder / f"gateway-{time.monotonic_ns()}.log"
        with self.log.open("wb") as out:
            # Its own folder: whatever `.env` the developer has is not read.
            self._process = subprocess.Popen(
                [sys.executable, *command], env=environ, cwd=folder, stdout=out, stderr=subprocess.STDOUT
            )
        self.port = self._listening()

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]

    def _listening(self) -> int:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.alive:
            for line in self.lines():
                if line["event"] == "listening":
                    return int(line["port"])
            time.sleep(0.05)
        self.kill()
        raise AssertionError(f"the gateway did not start: {self.log.read_text()}")

    def kill(self) -> None:
        """SIGKILL: no goodbye."""
        if self.alive:
            self._process.kill()
        self._process.wait(STOP_SECONDS)

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(STOP_SECONDS)

    def post(self, body: bytes, *, given: dict[str, str] | None = None, timeout: float = 15.0, **changes: Any) -> int:
        """Send a signed webhook (see `world.headers`); the status of the answer."""
        return self.exchange(body, given=given, timeout=timeout, **changes)[0]

    def exchange(
        self, body: bytes, *, given: dict[str, str] | None = None, timeout: float = 15.0, **changes: Any
    ) -> tuple[int, dict[str, str], str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request("POST", "/webhooks/shopify", body, given or headers(body, **changes))
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read().decode()
        finally:
            connection.close()

    def get(self, path: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=15)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()


@contextmanager
def gateway(where: Place, *command: str, **changes: str) -> Iterator[GatewayProcess]:
    """`python -m services.webhook_gateway`, or another command; ended by its pid, whatever happens."""
    process = GatewayProcess(
        list(command) or ["-m", "services.webhook_gateway"], where.environ(**changes), where.folder
    )
    try:
        yield process
    finally:
        process.kill()


def until(condition: Any, *, seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not so within {seconds:g} s"
        time.sleep(0.02)
