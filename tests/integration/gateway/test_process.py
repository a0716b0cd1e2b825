"""The gateway as a process: how it starts, runs and ends."""

from __future__ import annotations

import http.client
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.integration.gateway.doors import Door
from tests.integration.gateway.process import Place, gateway, place, until
from tests.unit.gateway.world import SECRET, headers, order, store

pytestmark = [pytest.mark.mongodb, pytest.mark.rabbitmq]


@pytest.fixture
def here(mongodb_url: str, mongodb_database: str, rabbitmq_vhost: str, tmp_path: Path) -> Iterator[Place]:
    with place(mongodb_url, mongodb_database, rabbitmq_vhost, tmp_path) as made:
        yield made


def test_sigterm_finishes_what_is_under_way_sends_its_nudges_and_ends_with_0(here: Place) -> None:
    body = order()
    head = "".join(f"{name}: {value}\r\n" for name, value in headers(body).items())
    with gateway(here, nudge_seconds="0.5") as running, socket.create_connection(("127.0.0.1", running.port)) as client:
        client.settimeout(10)
        request = f"POST /webhooks/shopify HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n{head}\r\n".encode()
        client.sendall(request + body[:10])
        time.sleep(0.2)
        with ThreadPoolExecutor(1) as pool:
            ended = pool.submit(running.stop)
            until(lambda: _refused(running.port))
            client.sendall(body[10:])
            assert client.recv(1000).startswith(b"HTTP/1.1 200")
            assert ended.result(30) == 0
        assert "Traceback" not in running.log.read_text()
    record = here.ledger.get("acme/order/450789469")
    assert record is not None
    assert record.nudged_at is not None


def _refused(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return True
    return False


def test_it_starts_without_the_ledger_and_serves_once_that_is_there(here: Place) -> None:
    parts = urlsplit(here.ledger_url)
    with Door(parts.hostname or "", parts.port or 27017) as door:
        here.ledger_url = f"mongodb://127.0.0.1:{door.port}/?directConnection=true"
        door.shut()
        with gateway(here, ack_seconds="1") as running:
            assert running.get("/health/live")[0] == 200
            assert running.get("/health/ready")[0] == 503
            assert running.post(order()) == 503
            door.open()
            until(lambda: running.get("/health/ready")[0] == 200)
            until(lambda: running.post(order()) == 200)


def test_a_rotated_secret_and_a_new_store_are_taken_up_without_a_restart(here: Place) -> None:
    with gateway(here, stores_refresh_seconds="0") as running:
        assert running.post(order(1), delivery="1") == 200
        stored = here.stores.get("acme")
        assert stored is not None
        rotated = store(secret="fresh", previous=SECRET).model_copy(update={"version": stored.version})
        here.stores.save(rotated)
        assert running.post(order(2), delivery="2", secret="fresh") == 200
        assert running.post(order(3), delivery="3", secret=SECRET) == 200
        here.stores.save(store("late"))
        assert running.post(order(4), shop="late.myshopify.com") == 200


def test_many_webhooks_over_one_connection(here: Place) -> None:
    with gateway(here) as running:
        connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=10)
        try:
            for number in range(1, 51):
                body = order(number)
                connection.request("POST", "/webhooks/shopify", body, headers(body, delivery=str(number)))
                answer = connection.getresponse()
                assert (answer.status, answer.read()) == (200, b"")
            connection.request("POST", "/webhooks/shopify", b"x", headers(b"x", signature="AAAA"))
            assert connection.getresponse().read() == b"not signed by a known shop"
        finally:
            connection.close()
    assert len(here.ledger.find(limit=100)) == 50


def test_no_line_of_its_log_holds_personal_data(here: Place) -> None:
    with gateway(here, TANDEM_LOG_LEVEL="debug") as running:
        assert running.post(order(email="jon@example.com", phone="+49301")) == 200
        assert running.post(order(2, email="jon@example.com"), signature="AAAA") == 401
        running.stop()
        text = running.log.read_text()
    assert "jon@example.com" not in text
    assert "+49301" not in text
    assert SECRET not in text
