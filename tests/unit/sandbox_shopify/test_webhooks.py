"""Webhooks as Shopify sends them: signed, repeated, late, twice."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import random
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from libs.sandbox.faults import Call, Delay, Drop, Fault, Refuse
from libs.sandbox.shopify.drafts import Line
from libs.sandbox.shopify.sandbox import ShopifySandbox
from libs.sandbox.shopify.webhooks import signature
from tests.unit.sandbox_shopify.conftest import PRODUCTS

LINES = (Line(PRODUCTS[0], 2),)


@dataclass
class Door:
    """A server that keeps what arrives and answers `statuses` in turn, then 200."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    arrived: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    @property
    def names(self) -> list[str]:
        return [json.loads(body)["name"] for _, body in self.arrived]


@pytest.fixture
def door() -> Iterator[Door]:
    kept = Door()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kept.arrived.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(kept.statuses.pop(0) if kept.statuses else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    kept.url = f"http://127.0.0.1:{server.server_port}/webhooks/shopify"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield kept
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def told(shop: ShopifySandbox, door: Door) -> ShopifySandbox:
    """The shop, whose webhooks go to the door."""
    shop.webhooks_to(door.url)
    return shop


def test_an_order_is_announced_with_all_headers_and_a_good_signature(told: ShopifySandbox, door: Door) -> None:
    order = told.place_order(lines=LINES)
    assert told.wait_delivered(5)
    [(headers, body)] = door.arrived
    expected = base64.b64encode(hmac.new(b"hush", body, hashlib.sha256).digest()).decode()
    assert headers["x-shopify-hmac-sha256"] == expected
    assert headers["x-shopify-topic"] == "orders/create"
    assert headers["x-shopify-shop-domain"] == "acme.myshopify.com"
    assert headers["x-shopify-api-version"] == "2026-10"
    for name in ("x-shopify-webhook-id", "x-shopify-event-id", "x-shopify-triggered-at"):
        assert headers[name]
    content = json.loads(body)
    assert content["admin_graphql_api_id"] == order["id"]
    assert content["name"] == "#1001"
    assert 4_000 < len(body) < 12_000


def test_signatures_are_those_of_the_reference(reference: Path) -> None:
    vectors = json.loads((reference / "hmac-vectors.json").read_text("utf-8"))
    webhooks = [v for v in vectors if v["kind"] == "webhook_b64" and v["verified"]]
    assert webhooks
    for vector in webhooks:
        assert signature(vector["message"].encode(), vector["secret"]) == vector["expected"]


def test_topics_of_one_action_share_their_event_and_not_their_id(told: ShopifySandbox, door: Door) -> None:
    told.place_order(lines=LINES, topics=("orders/create", "orders/paid", "orders/updated"))
    assert told.wait_delivered(5)
    assert {h["x-shopify-topic"] for h, _ in door.arrived} == {"orders/create", "orders/paid", "orders/updated"}
    assert len({h["x-shopify-event-id"] for h, _ in door.arrived}) == 1
    assert len({h["x-shopify-webhook-id"] for h, _ in door.arrived}) == 3


def test_only_subscribed_topics_are_sent(told: ShopifySandbox, door: Door) -> None:
    told.webhooks_to(door.url, topics=("orders/updated",))
    order = told.place_order(lines=LINES)
    changed = told.update_order(order["id"], note="Ring twice")
    assert told.wait_delivered(5)
    [(headers, body)] = door.arrived
    assert headers["x-shopify-topic"] == "orders/updated"
    assert json.loads(body)["note"] == "Ring twice"
    assert changed["updatedAt"] >= order["updatedAt"]
    assert changed["updatedAt"].microsecond == 0
    assert told.order(order["id"])["note"] == "Ring twice"


def test_an_unknown_field_cannot_be_changed(told: ShopifySandbox) -> None:
    order = told.place_order(lines=LINES)
    with pytest.raises(KeyError, match="colour"):
        told.update_order(order["id"], colour="red")
    with pytest.raises(KeyError):
        told.update_order("1", note="x")


def test_a_refused_webhook_is_repeated_with_its_old_body_and_id(told: ShopifySandbox, door: Door) -> None:
    door.statuses = [500, 302, 404]
    told.place_order(lines=LINES)
    assert told.wait_delivered(5)
    assert len(door.arrived) == 4
    assert len({body for _, body in door.arrived}) == 1
    assert len({h["x-shopify-webhook-id"] for h, _ in door.arrived}) == 1
    assert told.statistics.delivered == 1
    assert told.statistics.retried == 3
    assert told.statistics.statuses == {"500": 1, "302": 1, "404": 1, "200": 1}


def test_after_eight_retries_it_is_given_up(told: ShopifySandbox, door: Door) -> None:
    door.statuses = [503] * 20
    told.place_order(lines=LINES)
    assert told.wait_delivered(5)
    assert len(door.arrived) == 9
    assert told.statistics.given_up == 1
    assert told.statistics.delivered == 0


def test_nobody_listening_is_a_failed_attempt(shop: ShopifySandbox) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        shop.webhooks_to(f"http://127.0.0.1:{closed.getsockname()[1]}/")
        shop.place_order(lines=LINES)
        assert shop.wait_delivered(10)
    assert shop.statistics.given_up == 1
    assert shop.statistics.statuses == {"no answer": 9}


def test_a_dropped_webhook_never_arrives(told: ShopifySandbox, door: Door) -> None:
    told.faults.add(Fault("webhook.orders/create", Drop()))
    told.place_order(lines=LINES)
    told.place_order(lines=LINES)
    assert told.wait_delivered(5)
    assert door.names == ["#1002"]
    assert told.statistics.dropped == 1


def test_a_lost_answer_makes_a_duplicate(told: ShopifySandbox, door: Door) -> None:
    told.faults.add(Fault("webhook.*", Drop(applied=True)))
    told.place_order(lines=LINES)
    assert told.wait_delivered(5)
    assert door.names == ["#1001", "#1001"]
    assert len({h["x-shopify-webhook-id"] for h, _ in door.arrived}) == 1


def test_a_delayed_webhook_comes_behind_a_newer_one(told: ShopifySandbox, door: Door) -> None:
    told.faults.add(Fault("webhook.orders/create", Delay(0.2)))
    told.place_order(lines=LINES)
    told.place_order(lines=LINES)
    assert told.wait_delivered(5)
    assert door.names == ["#1002", "#1001"]


def test_a_sender_may_see_another_status_or_call_back(told: ShopifySandbox, door: Door) -> None:
    seen: list[int] = []
    told.faults.add(Fault("webhook.*", Refuse(503)))
    told.faults.add(Fault("webhook.*", Call(lambda: seen.append(len(door.arrived)), applied=True, drop=True), nth=2))
    told.place_order(lines=LINES)
    assert told.wait_delivered(5)
    assert seen == [1]
    assert len(door.arrived) == 2


def test_what_was_held_back_arrives_in_another_order(told: ShopifySandbox, door: Door) -> None:
    told.webhooks.hold()
    for _ in range(6):
        told.place_order(lines=LINES)
    assert not told.wait_delivered(0.05)
    assert door.arrived == []
    told.webhooks.release(shuffle=random.Random(3))
    assert told.wait_delivered(5)
    assert sorted(door.names) == [f"#100{i}" for i in range(1, 7)]


def test_one_delivery_by_hand(told: ShopifySandbox, door: Door) -> None:
    told.webhooks_to("")
    order = told.place_order(lines=LINES)
    told.webhooks_to(door.url)
    assert told.deliver_now(order, webhook_id="w-1") == 200
    assert told.deliver_now(order, "orders/paid", webhook_id="w-1", body=b"{}", secret="old") == 200
    (first, _), (second, body) = door.arrived
    assert first["x-shopify-webhook-id"] == second["x-shopify-webhook-id"] == "w-1"
    assert second["x-shopify-hmac-sha256"] == signature(b"{}", "old")
    assert body == b"{}"


def test_the_journal_counts_effects_and_the_calls_what_was_sent(told: ShopifySandbox) -> None:
    order = told.place_order(lines=LINES)
    told.update_order(order["id"], note="x")
    assert told.wait_delivered(5)
    assert told.journal.count("order", "create") == 1
    assert told.journal.count("order", "write", id=order["id"]) == 1
    assert told.calls.count("webhook.*", outcome="200") == 2
