"""How many webhooks a second the gateway accepts durably, against itself with a sink that records nothing.

Both gateways are processes with the real servers beside them; one client process drives each in turn with 64
connections, so that whatever else this machine does weighs on both. Bodies are orders of 12 KB, each a new one.
"""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any

from cryptography.fernet import Fernet
from pymongo import MongoClient

from libs.common.ledger.connect import connect
from libs.common.logging import configure
from libs.common.settings import GatewaySettings, load
from libs.common.stores.crypto import Crypto
from libs.common.stores.model import Store
from libs.common.stores.repository import MongoStores
from services.webhook_gateway import bootstrap
from services.webhook_gateway.null import NullSink
from tests.bench.webhook_load import SECRET, SHOP, Load, drive
from tests.engines.process import free_port, wait_until

CONNECTIONS = 64
ROUNDS = 3
"""Taken in turn, and the median of them: one stall of this machine must not decide."""
ROUND_SECONDS = 3.5
WARM_UP_SECONDS = 1.0
READY_SECONDS = 30.0


def measure_gateway(mongodb_url: str, rabbitmq_url: str) -> dict[str, float]:
    """`{"null_per_second", "durable_per_second", "ratio", "half_load_per_second", "p50_ms", "p99_ms", "refused"}`.

    Takes about 40 s. `ratio` is durable against null, the median of rounds taken in turn.
    """
    database = f"bench_{uuid.uuid4().hex[:12]}"
    environ = {
        "TANDEM_LEDGER_URL": mongodb_url,
        "TANDEM_LEDGER_DATABASE": database,
        "TANDEM_BROKER_URL": rabbitmq_url,
        "TANDEM_SECRET_KEY": Fernet.generate_key().decode(),
        "TANDEM_LOG_LEVEL": "warning",
    }
    _add_store(environ)
    try:
        with ExitStack() as stack:
            null = stack.enter_context(_gateway("null", environ))
            real = stack.enter_context(_gateway("real", environ))
            return _measure(null, real)
    finally:
        with MongoClient[dict[str, Any]](mongodb_url) as client:
            client.drop_database(database)


def _measure(null: int, real: int) -> dict[str, float]:
    pairs = [(_flat_out(null), _flat_out(real)) for _ in range(ROUNDS)]
    durable = statistics.median(load.per_second for _, load in pairs)
    paced = [_drive(real, rate=durable / 2) for _ in range(ROUNDS)]
    return {
        "null_per_second": statistics.median(load.per_second for load, _ in pairs),
        "durable_per_second": durable,
        "ratio": statistics.median(after.per_second / before.per_second for before, after in pairs),
        "half_load_per_second": statistics.median(load.per_second for load in paced),
        "p50_ms": statistics.median(load.p50_ms for load in paced),
        "p99_ms": statistics.median(load.p99_ms for load in paced),
        "refused": float(sum(load.refused for pair in pairs for load in pair) + sum(load.refused for load in paced)),
    }


def _flat_out(port: int) -> Load:
    return _drive(port, rate=None)


def _drive(port: int, *, rate: float | None) -> Load:
    return drive(port, connections=CONNECTIONS, seconds=ROUND_SECONDS, warm_up=WARM_UP_SECONDS, rate=rate)


def _add_store(environ: dict[str, str]) -> None:
    with connect(environ["TANDEM_LEDGER_URL"], environ["TANDEM_LEDGER_DATABASE"]) as connection:
        connection.prepare()
        odoo = {"url": "http://127.0.0.1:1", "database": "db", "login": "admin", "key": "key"}
        shopify = {"shop": SHOP, "secret": SECRET.decode(), "token": "shpat_bench"}
        store = Store.model_validate({"slug": "acme", "shopify": shopify, "odoo": odoo})
        MongoStores(connection.database, Crypto.from_keys(environ["TANDEM_SECRET_KEY"])).save(store)


@contextmanager
def _gateway(sink: str, environ: dict[str, str]) -> Iterator[int]:
    """A gateway of its own process; its port."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.gateway", sink],
        env=os.environ | environ | {"TANDEM_GATEWAY_PORT": str(port)},
    )
    try:
        wait_until(lambda: _answers(port), seconds=READY_SECONDS, what="gateway", alive=lambda: process.poll() is None)
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _answers(port: int) -> bool:
    import urllib.request

    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def serve(sink: str) -> None:
    """The gateway as it is (`real`), or verifying and parsing all the same but recording nothing (`null`)."""
    settings = load(GatewaySettings, env_file=None)
    configure("bench", settings)
    parts = bootstrap.build(settings)
    bootstrap.run(settings, replace(parts, connect_sink=NullSink) if sink == "null" else parts)


if __name__ == "__main__":
    serve(sys.argv[1])
