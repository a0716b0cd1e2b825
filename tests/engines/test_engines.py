"""The engines come back with their data, and a run without one says so."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import amqp
import pymongo
import pytest

from tests import engines
from tests.contract.broker.rigs import eventually
from tests.engines.process import free_port

ROOT = Path(__file__).parents[2]


@pytest.mark.mongodb
def test_a_killed_mongodb_comes_back_as_primary_with_its_data(
    mongodb_control: engines.MongoDB, mongodb_database: str
) -> None:
    with pymongo.MongoClient[dict[str, Any]](mongodb_control.url) as client:
        acknowledged = client.get_database(mongodb_database, write_concern=pymongo.WriteConcern(w="majority"))
        acknowledged["things"].insert_one({"_id": 1})
        mongodb_control.kill()
        mongodb_control.start()
        assert client[mongodb_database]["things"].count_documents({}) == 1


@pytest.mark.rabbitmq
def test_each_vhost_is_its_own(rabbitmq: engines.RabbitMQ, rabbitmq_vhost: str) -> None:
    other = rabbitmq.new_vhost()
    with rabbitmq.connect(rabbitmq_vhost) as connection:
        connection.channel().exchange_declare("here", "topic", durable=True, auto_delete=False)
    with rabbitmq.connect(other) as connection, pytest.raises(amqp.NotFound):
        connection.channel().exchange_declare("here", "topic", passive=True)
    rabbitmq.drop_vhost(other)


def test_a_run_without_an_engine_says_what_it_left_out_and_why() -> None:
    command = [sys.executable, "-m", "pytest", "-q", f"{__file__}::test_each_vhost_is_its_own"]
    nowhere = {**os.environ, "TANDEM_TEST_RABBITMQ_URL": f"amqp://127.0.0.1:{free_port()}/"}
    done = subprocess.run(command, cwd=ROOT, env=nowhere, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0
    assert "1 tests left out" in done.stdout
    assert "TANDEM_TEST_RABBITMQ_URL or its management API" in done.stdout
    assert "test_each_vhost_is_its_own" in done.stdout.split("1 tests left out")[1]


HOLDER = """
import time
from tests import engines
with engines.mongodb() as mongo:
    print(mongo.pid, mongo._folder, flush=True)
    time.sleep(60)
"""


@pytest.mark.mongodb
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")
def test_an_engine_ends_with_the_run_that_was_killed(mongodb: engines.MongoDB) -> None:
    if not mongodb.controllable or not mongodb.is_process:
        pytest.skip("this MongoDB is no child process")
    with subprocess.Popen([sys.executable, "-c", HOLDER], cwd=ROOT, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        pid, folder = holder.stdout.readline().split()
        holder.send_signal(signal.SIGKILL)
    assert eventually(lambda: not Path(f"/proc/{pid}").exists() or "zombie" in Path(f"/proc/{pid}/status").read_text())
    shutil.rmtree(folder)
