"""The commands as a process, on a real MongoDB and a real RabbitMQ, configured by the environment."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from libs.common.ledger.connect import connect
from libs.common.ledger.model import Held, Hint, Settlement, State
from libs.common.ledger.repository import MongoLedger
from tests.unit.console.world import SECRETS, STORE_YAML

ROOT = Path(__file__).parents[3]
Tandem = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def environment(mongodb_url: str, mongodb_database: str, rabbitmq_vhost: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TANDEM_")}
    return kept | {
        "TANDEM_LEDGER_URL": mongodb_url,
        "TANDEM_LEDGER_DATABASE": mongodb_database,
        "TANDEM_BROKER_URL": rabbitmq_vhost,
        "TANDEM_SECRET_KEY": Fernet.generate_key().decode(),
        "PYTHONPATH": str(ROOT),
    }


@pytest.fixture
def tandem(environment: dict[str, str], tmp_path: Path) -> Tandem:
    def run(*args: str, **changes: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "services.console", *args]
        env = environment | changes
        return subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)

    return run


def hold(url: str, database: str) -> str:
    with connect(url, database) as connection:
        connection.prepare()
        ledger = MongoLedger(connection.database, connection.clock)
        hint = Hint("acme", "order", "1", name="#1001", why="orders/create")
        ledger.record_hints([hint])
        claim = ledger.claim("acme", "order", [hint.id], worker="w", lease_seconds=60, limit=1)
        assert claim is not None
        held = Held("product_missing", "'Lamp' is not in Odoo", "create it")
        ledger.settle(claim.token, [Settlement(hint.id, State.HELD, 1, held=held)])
    return hint.id


@pytest.mark.mongodb
@pytest.mark.rabbitmq
def test_a_store_added_is_listed_and_its_secrets_are_not_in_the_database(
    tandem: Tandem, tmp_path: Path, mongodb_url: str, mongodb_database: str
) -> None:
    (tmp_path / "acme.yaml").write_text(STORE_YAML)
    added = tandem("store", "add", "acme.yaml")
    assert (added.returncode, added.stdout.count("Store acme added")) == (0, 1), added.stderr
    listed = tandem("store", "list", "--json")
    assert [store["slug"] for store in json.loads(listed.stdout)] == ["acme"]
    with connect(mongodb_url, mongodb_database) as connection:
        kept = str(list(connection.database["stores"].find({})))
    assert "acme.myshopify.com" in kept
    assert not any(secret in kept + listed.stdout for secret in SECRETS)


@pytest.mark.mongodb
@pytest.mark.rabbitmq
def test_another_secret_key_is_told_in_a_sentence(tandem: Tandem, tmp_path: Path) -> None:
    (tmp_path / "acme.yaml").write_text(STORE_YAML)
    assert tandem("store", "add", "acme.yaml").returncode == 0
    result = tandem("store", "list", TANDEM_SECRET_KEY=Fernet.generate_key().decode())
    assert result.returncode == 2
    assert "cannot be read with TANDEM_SECRET_KEY" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.mongodb
@pytest.mark.rabbitmq
def test_a_held_record_is_shown_retried_and_its_workers_told(
    tandem: Tandem, mongodb_url: str, mongodb_database: str
) -> None:
    record_id = hold(mongodb_url, mongodb_database)
    assert "product_missing" in tandem("records", "list", "--state", "held").stdout
    assert "create it" in tandem("records", "show", record_id).stdout
    retried = tandem("records", "retry", record_id)
    assert (retried.returncode, retried.stdout) == (0, f"{record_id}: due now\n"), retried.stderr
    assert "the workers were told" in retried.stderr
    told = json.loads(tandem("records", "show", record_id, "--json").stdout)
    assert told["state"] == "due"
    assert told["nudged_at"]
    assert [event["what"] for event in told["history"]][-1] == "retry"


@pytest.mark.mongodb
@pytest.mark.rabbitmq
def test_a_retry_counts_while_the_broker_is_away(tandem: Tandem, mongodb_url: str, mongodb_database: str) -> None:
    record_id = hold(mongodb_url, mongodb_database)
    retried = tandem("records", "retry", record_id, TANDEM_BROKER_URL="amqp://guest:guest@127.0.0.1:1/none")
    assert (retried.returncode, retried.stdout) == (0, f"{record_id}: due now\n"), retried.stderr
    assert "the scheduler tells the workers" in retried.stderr


def test_a_ledger_that_is_away_is_told_in_a_sentence(tmp_path: Path) -> None:
    env = os.environ | {
        "TANDEM_LEDGER_URL": "mongodb://127.0.0.1:1/?replicaSet=none",
        "TANDEM_BROKER_URL": "amqp://guest:guest@127.0.0.1:1/none",
        "TANDEM_SECRET_KEY": Fernet.generate_key().decode(),
        "PYTHONPATH": str(ROOT),
    }
    command = [sys.executable, "-m", "services.console", "records", "list"]
    result = subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 1
    assert "the ledger (MongoDB) did not answer in time" in result.stderr
    assert "Traceback" not in result.stderr
