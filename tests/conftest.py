"""Engines for tests: started when the first test asks, ended with the run; missing ones are told at the end."""

from __future__ import annotations

import os
import sys
import uuid
from collections.abc import Iterator

import pytest

from tests import engines

LEFT_OUT = "left out: "

# Tests start services as processes, some of them a hundred times: each reads what this one has compiled.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Install RabbitMQ before the first test's time starts to count; the tests tell when that fails."""
    if session.config.option.collectonly:
        return
    if any("rabbitmq" in getattr(item, "fixturenames", ()) for item in session.items):
        try:
            engines.prepare()
        except engines.EngineMissing:
            return


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Which tests were left out for want of an engine, and why."""
    reasons: dict[str, list[str]] = {}
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if LEFT_OUT in reason:
            reasons.setdefault(reason.split(LEFT_OUT, 1)[1], []).append(report.nodeid)
    for reason, tests in reasons.items():
        terminalreporter.section(f"{len(tests)} tests left out")
        terminalreporter.line(reason)
        for test in tests:
            terminalreporter.line(f"  {test}")


@pytest.fixture(scope="session")
def _rabbitmq_or_reason() -> Iterator[engines.RabbitMQ | str]:
    try:
        with engines.rabbitmq() as engine:
            yield engine
    except engines.EngineMissing as missing:
        yield str(missing)


@pytest.fixture(scope="session")
def _mongodb_or_reason() -> Iterator[engines.MongoDB | str]:
    try:
        with engines.mongodb() as engine:
            yield engine
    except engines.EngineMissing as missing:
        yield str(missing)


@pytest.fixture
def rabbitmq(_rabbitmq_or_reason: engines.RabbitMQ | str) -> engines.RabbitMQ:
    """The RabbitMQ of this run."""
    if isinstance(_rabbitmq_or_reason, str):
        pytest.skip(LEFT_OUT + _rabbitmq_or_reason)
    return _rabbitmq_or_reason


@pytest.fixture
def mongodb(_mongodb_or_reason: engines.MongoDB | str) -> engines.MongoDB:
    """The MongoDB of this run."""
    if isinstance(_mongodb_or_reason, str):
        pytest.skip(LEFT_OUT + _mongodb_or_reason)
    return _mongodb_or_reason


@pytest.fixture
def rabbitmq_url(rabbitmq: engines.RabbitMQ) -> str:
    """The default vhost; most tests want `rabbitmq_vhost`."""
    return rabbitmq.url


@pytest.fixture
def mongodb_url(mongodb: engines.MongoDB) -> str:
    return mongodb.url


@pytest.fixture
def rabbitmq_vhost(rabbitmq: engines.RabbitMQ) -> Iterator[str]:
    """The URL of a vhost that only this test uses."""
    url = rabbitmq.new_vhost()
    yield url
    rabbitmq.drop_vhost(url)


@pytest.fixture
def mongodb_database(mongodb: engines.MongoDB) -> Iterator[str]:
    """The name of a database that only this test uses; it is dropped afterwards."""
    name = f"tandem_{uuid.uuid4().hex[:12]}"
    yield name
    mongodb.drop(name)


@pytest.fixture
def rabbitmq_control(rabbitmq: engines.RabbitMQ) -> Iterator[engines.RabbitMQ]:
    """The same RabbitMQ, to be stopped, killed or paused: it is brought back after the test."""
    if not rabbitmq.controllable:
        pytest.skip(LEFT_OUT + "this RabbitMQ was given by address and is not stopped for a test")
    yield rabbitmq
    rabbitmq.resume()
    rabbitmq.start()


@pytest.fixture
def mongodb_control(mongodb: engines.MongoDB) -> Iterator[engines.MongoDB]:
    """The same MongoDB, to be stopped, killed or paused: it is brought back after the test."""
    if not mongodb.controllable:
        pytest.skip(LEFT_OUT + "this MongoDB was given by address and is not stopped for a test")
    yield mongodb
    mongodb.resume()
    mongodb.start()
