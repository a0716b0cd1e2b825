"""Faults at the public door (FAULTS.md), against a gateway process on a real ledger and a real broker."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from libs.common.broker.publisher import KombuPublisher
from libs.common.ledger.model import Record, State
from libs.common.stores.crypto import Crypto
from services.webhook_gateway.server import HEADER_SECONDS
from tests.integration.gateway.aftermath import scheduler, settle, work_off
from tests.integration.gateway.doors import Door
from tests.integration.gateway.process import Place, gateway, place, until
from tests.unit.gateway.world import KEY, headers, order, store

pytestmark = [pytest.mark.mongodb, pytest.mark.rabbitmq]

RECORD = "acme/order/450789469"
SILENT = "tests.integration.gateway.killed_before_answering"


@pytest.fixture
def here(mongodb_url: str, mongodb_database: str, rabbitmq_vhost: str, tmp_path: Path) -> Iterator[Place]:
    with place(mongodb_url, mongodb_database, rabbitmq_vhost, tmp_path) as made:
        yield made


@pytest.fixture
def broker_door(here: Place) -> Iterator[Door]:
    """In front of RabbitMQ; the gateway goes through it, the test itself need not."""
    parts = urlsplit(here.broker_url)
    with Door(parts.hostname or "", parts.port or 5672) as door:
        here.broker_url = parts._replace(netloc=f"{parts.username}:{parts.password}@127.0.0.1:{door.port}").geturl()
        yield door


def the_record(here: Place) -> Record:
    record = here.ledger.get(RECORD)
    assert record is not None
    return record


def test_f01_what_its_shop_did_not_sign_gets_401_and_nothing_is_recorded(here: Place) -> None:
    here.stores.save(store("other", secret="the other shop's"))
    body = order()
    changed = body.replace(b"#1001", b"#1002")
    with gateway(here) as running:
        assert running.post(body, signature="AAAA") == 401
        assert running.post(body, signature=None) == 401
        assert running.post(body, secret="the other shop's") == 401
        assert running.post(changed, given=headers(body)) == 401
        assert running.post(body, given=headers(body, shop="other.myshopify.com")) == 401
        assert here.ledger.get(RECORD) is None
        assert not here.ledger.find()
        assert running.post(body) == 200
        assert here.ledger.get(RECORD) is not None


def refused(environ: dict[str, str], folder: Path) -> str:
    """What a gateway that must not start says."""
    done = subprocess.run(
        [sys.executable, "-m", "services.webhook_gateway"],
        check=False,
        env=environ,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    return done.stderr


def test_f01_an_empty_secret_refuses_to_boot(here: Place, tmp_path: Path) -> None:
    said = refused(here.environ(TANDEM_SECRET_KEY="", TANDEM_GATEWAY_PORT="http"), tmp_path)
    assert "TANDEM_SECRET_KEY" in said
    assert "TANDEM_GATEWAY_PORT" in said
    empty = Crypto.from_keys(KEY).encrypt("")
    here.connection.database["stores"].update_one({"_id": "acme"}, {"$set": {"shopify.secret": empty}})
    assert "shopify.secret" in refused(here.environ(), tmp_path)
    with pytest.raises(ValueError, match="empty"):
        store(secret="")


def test_f02_the_same_webhook_again_and_fifty_at_once_is_one_record_and_one_effect(here: Place) -> None:
    body = order()
    with gateway(here) as running:
        assert [running.post(body), running.post(body)] == [200, 200]
        assert the_record(here).wanted.seq == 1
        other = order(2)
        with ThreadPoolExecutor(50) as pool:
            answers = list(pool.map(lambda _: running.post(other, delivery="once"), range(50)))
        assert answers == [200] * 50
        record = here.ledger.get("acme/order/2")
        assert record is not None
        assert (record.wanted.seq, record.deliveries) == (1, ("once",))
        until(lambda: the_record(here).nudged_at is not None)
    assert sorted(work_off(here, here.broker_url)) == ["acme/order/2", RECORD]
    assert here.ledger.counts() == {("acme", "order", State.SYNCED): 2}


def test_f04_hints_out_of_order_or_hours_late_leave_the_newest_wanted(here: Place) -> None:
    with gateway(here) as running:
        moments = ["2026-11-23T12:00:05Z", "2026-11-23T12:00:09Z", "2026-11-23T12:00:01Z"]
        for number, moment in enumerate(moments):
            assert running.post(order(updated_at=moment), delivery=f"d{number}", topic="orders/updated") == 200
        newest = datetime(2026, 11, 23, 12, 0, 9, tzinfo=UTC)
        assert the_record(here).wanted.version == newest
        claim = here.ledger.claim("acme", "order", [RECORD], worker="test", lease_seconds=60, limit=1)
        assert claim is not None
        settle(here, claim.token, claim.records)
        assert running.post(order(updated_at="2026-11-23T05:00:00Z"), delivery="late") == 200
        record = the_record(here)
        assert (record.state, record.synced and record.synced.version) == (State.SYNCED, newest)
        # Equal ones run: Shopify's times tick in seconds, so there may be something new in it.
        assert running.post(order(updated_at="2026-11-23T12:00:09Z"), delivery="equal") == 200
        assert the_record(here).state is State.DUE


def test_f05_a_ledger_that_is_down_or_silent_gets_503_within_five_seconds(here: Place) -> None:
    parts = urlsplit(here.ledger_url)
    with Door(parts.hostname or "", parts.port or 27017) as door:
        here.ledger_url = f"mongodb://127.0.0.1:{door.port}/?directConnection=true"
        with gateway(here) as running:
            assert running.post(order(1), delivery="1") == 200
            for what in (door.freeze, door.shut):
                what()
                began = time.monotonic()
                status, sent, _ = running.exchange(order(2), delivery="2")
                assert status == 503
                assert time.monotonic() - began < 5
                assert "retry-after" in sent
                assert running.get("/health/ready")[0] == 503
                assert running.get("/health/live")[0] == 200
            door.thaw()
            door.open()
            until(lambda: running.get("/health/ready")[0] == 200)
            assert running.post(order(2), delivery="2") == 200
    assert here.ledger.get("acme/order/2") is not None


def test_f06_the_broker_down_at_intake_costs_nothing_and_the_sweeper_sends_it(here: Place, broker_door: Door) -> None:
    direct = here.broker_url.replace(f":{broker_door.port}", f":{broker_door._target[1]}")
    publisher = KombuPublisher(direct)
    try:
        broker_door.shut()
        with gateway(here, nudge_seconds="0") as running:
            began = time.monotonic()
            answers = [running.post(order(number), delivery=str(number)) for number in range(1, 21)]
            assert answers == [200] * 20
            assert time.monotonic() - began < 5
            until(lambda: '{"ledger":true,"broker":false}' in running.get("/health/ready")[1])
            assert running.get("/health/ready")[0] == 200
            assert scheduler(here, publisher).run_once() is not None
            effects = work_off(here, direct)
            assert len(effects) == len(set(effects)) == 20
            broker_door.open()
            until(lambda: '"broker":true' in running.get("/health/ready")[1], seconds=40)
        # What the gateway still sent once the broker was back leads to nothing: it is done already.
        assert work_off(here, direct) == []
    finally:
        publisher.close()


def test_f06_a_gateway_publishes_by_itself_once_the_broker_is_back(here: Place, broker_door: Door) -> None:
    broker_door.shut()
    with gateway(here, nudge_seconds="0") as running:
        assert running.post(order()) == 200
        time.sleep(0.5)
        assert the_record(here).nudged_at is None
        broker_door.open()
        until(lambda: the_record(here).nudged_at is not None, seconds=40)
        assert work_off(here, here.broker_url) == [RECORD]


def test_f07_killed_between_recording_and_publishing_the_sweeper_sends_it_once(here: Place, broker_door: Door) -> None:
    direct = here.broker_url.replace(f":{broker_door.port}", f":{broker_door._target[1]}")
    broker_door.shut()
    with gateway(here, nudge_seconds="0") as running:
        assert running.post(order()) == 200
        running.kill()
    assert the_record(here).nudged_at is None
    publisher = KombuPublisher(direct)
    try:
        swept = scheduler(here, publisher).run_once()
        assert swept is not None
        assert swept.nudged == 1
        again = scheduler(here, publisher).run_once()
        assert again is not None
        assert again.nudged == 0
    finally:
        publisher.close()
    assert work_off(here, direct) == [RECORD]


def test_f08_killed_after_recording_before_the_answer_the_repeat_is_recognised(here: Place) -> None:
    body = order()
    with gateway(here, "-m", SILENT) as running, ThreadPoolExecutor(1) as pool:
        sender = pool.submit(running.post, body)
        until(lambda: any(line["event"] == "recorded_and_silent" for line in running.lines()))
        running.kill()
        with pytest.raises(OSError, match=r"."):
            sender.result(10)
    assert the_record(here).wanted.seq == 1
    with gateway(here) as running:
        assert running.post(body) == 200
        assert 'outcome="duplicate"} 1.0' in running.get("/metrics")[1]
    assert the_record(here).wanted.seq == 1
    publisher = KombuPublisher(here.broker_url)
    try:
        scheduler(here, publisher).run_once()
    finally:
        publisher.close()
    assert work_off(here, here.broker_url) == [RECORD]


def test_f11_odd_bodies_get_their_status_and_nothing_breaks(here: Place) -> None:
    with gateway(here, body_limit_bytes="100000") as running:
        answers = {
            413: [running.exchange(b"x" * 100_001)],
            400: [running.exchange(body) for body in (b"", b"{not json", b"[1]", b"{}", b"[" * 50_000, b"\xff\xfe")],
            200: [running.exchange(b"anything", topic="carts/update")],
            401: [running.exchange(order(), shop="stranger.myshopify.com")],
        }
        for status, given in answers.items():
            assert [each[0] for each in given] == [status] * len(given)
            assert all("Traceback" not in each[2] and "File" not in each[2] for each in given)
        assert 'tandem_gateway_unhandled_topics_total{topic="carts/update"} 1.0' in running.get("/metrics")[1]
        assert running.post(order()) == 200
        assert running.alive
        assert "Traceback" not in running.log.read_text()
    assert [record.id for record in here.ledger.find()] == [RECORD]


def test_f12_slow_and_half_open_connections_leave_others_alone_and_are_ended(here: Place) -> None:
    body = order()
    head = "".join(f"{name}: {value}\r\n" for name, value in headers(body).items())
    half_body = f"POST /webhooks/shopify HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n{head}\r\n".encode()
    with gateway(here, body_seconds="1") as running:
        address = ("127.0.0.1", running.port)
        silent = [socket.create_connection(address) for _ in range(50)]
        stuck = [socket.create_connection(address) for _ in range(50)]
        slow = [socket.create_connection(address) for _ in range(50)]
        try:
            for each in stuck:
                each.sendall(b"POST /webhooks/shopify HTTP/1.1\r\nHost: x\r\nX-Half")
            for each in slow:
                each.sendall(half_body + body[:10])
            began = time.monotonic()
            assert [running.post(order(number), delivery=str(number)) for number in range(1, 31)] == [200] * 30
            assert time.monotonic() - began < 5
            for each in slow:
                each.settimeout(10)
                assert each.recv(100).startswith(b"HTTP/1.1 408")
            for each in (*silent, *stuck):
                each.settimeout(HEADER_SECONDS + 5)
                assert each.recv(100) == b""
        finally:
            for each in (*silent, *stuck, *slow):
                each.close()
        assert running.post(order(99), delivery="99") == 200
