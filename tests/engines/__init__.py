"""A real RabbitMQ and a real MongoDB for tests and the benchmark.

with engines.mongodb() as mongo, engines.rabbitmq() as rabbit:
    run(mongo.url, rabbit.url)

Each is taken from an address in the environment (`TANDEM_TEST_RABBITMQ_URL`, `TANDEM_TEST_MONGODB_URL`), else
from Docker, else from software on this machine; `EngineMissing` says why it cannot be had.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from tests.engines.mongodb import MongoDB, open_mongodb
from tests.engines.process import EngineMissing, NotOurs
from tests.engines.rabbitmq import RabbitMQ, open_rabbitmq, prepare

__all__ = ["EngineMissing", "MongoDB", "NotOurs", "RabbitMQ", "mongodb", "prepare", "rabbitmq"]


@contextlib.contextmanager
def rabbitmq() -> Iterator[RabbitMQ]:
    engine = open_rabbitmq()
    try:
        yield engine
    finally:
        engine.close()


@contextlib.contextmanager
def mongodb() -> Iterator[MongoDB]:
    engine = open_mongodb()
    try:
        yield engine
    finally:
        engine.close()
