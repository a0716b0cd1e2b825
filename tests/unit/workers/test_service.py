"""`python -m services.workers` as somebody starts it by hand, and how stores become clients."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr

from libs.common.ledger.breakers import MongoBreakers
from libs.common.ledger.budgets import MongoBudgets
from libs.common.ledger.connect import connect
from libs.common.ledger.model import Hint, State
from libs.common.ledger.repository import MongoLedger
from libs.common.settings import WorkerSettings
from libs.common.stores.crypto import Crypto
from libs.common.stores.model import OdooConnection, ShopifyConnection, Store
from libs.common.stores.repository import MongoStores
from services.workers import bootstrap
from services.workers.bootstrap import Ports, Workers, build

ROOT = Path(__file__).parents[3]
KEY = Fernet.generate_key().decode()


def started(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("TANDEM_")}
    return subprocess.run(
        [sys.executable, "-m", "services.workers", *arguments],
        env={**environ, "PYTHONPATH": str(ROOT), **variables},
        cwd=ROOT / "tests",  # where no .env is
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_every_fault_of_the_configuration_is_told_at_once() -> None:
    ended = started("orders", TANDEM_BROKER_URL="http://wrong", TANDEM_WORKER_THREADS="many")
    assert ended.returncode == 2
    for variable in ("TANDEM_LEDGER_URL", "TANDEM_BROKER_URL", "TANDEM_SECRET_KEY", "TANDEM_WORKER_THREADS"):
        assert variable in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_queue_that_is_none_is_refused_with_those_there_are() -> None:
    ended = started("ordres")
    assert ended.returncode == 2
    assert "ordres" in ended.stderr
    assert "orders" in ended.stderr


def test_an_embedded_ledger_cannot_be_shared_by_processes() -> None:
    urls = {"TANDEM_LEDGER_URL": "embedded", "TANDEM_BROKER_URL": "embedded", "TANDEM_SECRET_KEY": KEY}
    ended = started("orders", **urls)
    assert ended.returncode == 2
    assert "works in one process only" in ended.stderr


def test_help_teaches() -> None:
    ended = started("--help")
    assert ended.returncode == 0
    assert "orders.acme" in ended.stdout


def store(**odoo: object) -> Store:
    values: dict[str, object] = {
        "url": "http://127.0.0.1:9",
        "database": "d",
        "login": "l",
        "key": SecretStr("k"),
        **odoo,
    }
    return Store(
        slug="acme",
        shopify=ShopifyConnection(
            shop="acme.myshopify.com", secret=SecretStr("s"), token=SecretStr("t"), url="http://127.0.0.1:9"
        ),
        odoo=OdooConnection.model_validate(values),
    )


@pytest.fixture
def ports() -> Iterator[Ports]:
    with connect("embedded", "service") as connection:
        database, clock = connection.database, connection.clock
        stores = MongoStores(database, Crypto.from_keys(KEY))
        ledger = MongoLedger(database, clock)
        yield Ports(ledger, MongoBudgets(database, clock), MongoBreakers(database, clock), stores, lambda *_: None)


@pytest.fixture
def workers(ports: Ports) -> Iterator[Workers]:
    settings = WorkerSettings(ledger_url="embedded", broker_url="embedded", secret_key=SecretStr(KEY))
    built = build(["orders"], ports, settings)
    yield built
    built.close()


def test_a_record_of_an_unknown_store_is_held_with_what_to_do(ports: Ports, workers: Workers) -> None:
    ports.ledger.record_hints([Hint("gone", "order", "1")])
    workers.pipelines["orders"].look_at("gone", [])
    record = ports.ledger.get("gone/order/1")
    assert record
    assert record.held
    assert (record.held.code, record.state) == ("store_unknown", State.HELD)


def test_a_side_that_cannot_be_reached_pauses_the_store_and_holds_nothing(ports: Ports, workers: Workers) -> None:
    ports.stores.save(store())
    ports.ledger.record_hints([Hint("acme", "order", "1")])
    workers.pipelines["orders"].look_at("acme", [])
    record = ports.ledger.get("acme/order/1")
    assert record
    assert (record.state, record.attempts, record.waits_for) == (State.DUE, 0, "breaker:acme/shopify")


def test_a_store_is_connected_once_and_anew_after_it_was_changed(
    ports: Ports, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = ports.stores.save(store())
    first = workers.contexts("acme")
    assert workers.contexts("acme") is first
    monkeypatch.setattr(bootstrap, "STORE_SECONDS", 0.0)
    assert workers.contexts("acme") is first, "asked again, unchanged"
    ports.stores.save(saved.model_copy(update={"odoo": saved.odoo.model_copy(update={"database": "other"})}))
    assert workers.contexts("acme").odoo.database == "other"


def test_the_wait_that_is_slept_is_the_setting(ports: Ports) -> None:
    """With nothing left in the bucket: a wait of a second is deferred at 0 and would be slept at the default of 2."""
    ports.stores.save(store())
    while ports.budgets.reserve("acme/shopify", 50, maximum=100, rate=50) == 0.0:
        pass
    ports.ledger.record_hints([Hint("acme", "order", "1")])
    settings = WorkerSettings(
        ledger_url="embedded", broker_url="embedded", secret_key=SecretStr(KEY), short_wait_seconds=0
    )
    built = build(["orders"], ports, settings)
    built.pipelines["orders"].look_at("acme", [])
    built.close()
    record = ports.ledger.get("acme/order/1")
    assert record
    assert (record.state, record.waits_for) == (State.DUE, None), "the shop itself was not asked, so no breaker opened"
    assert record.history[-2].details["code"] == "rate_limited"
