"""Logs: one JSON object a line, without personal data or secrets."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import structlog

from libs.common.logging import Seldom, configure, mask_text
from libs.common.settings import CommonSettings


@pytest.fixture
def out() -> Iterator[io.StringIO]:
    """What is logged in JSON; logging is as it was afterwards."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    stream = io.StringIO()
    configure("gateway", settings(), stream=stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()


def settings(**changes: str) -> CommonSettings:
    values = {"ledger_url": "embedded", "broker_url": "embedded"}
    values["secret_key"] = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
    return CommonSettings.model_validate(values | changes)


def lines(out: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_line_says_when_what_and_who(out: io.StringIO) -> None:
    structlog.get_logger("x").warning("webhook_refused", record_ids=["acme/order/1"], times=3)
    [line] = lines(out)
    assert (line["event"], line["level"], line["service"]) == ("webhook_refused", "warning", "gateway")
    assert (line["record_ids"], line["times"]) == (["acme/order/1"], 3)
    moment = datetime.fromisoformat(line["timestamp"])
    assert moment.utcoffset() == timedelta(0)
    assert abs(datetime.now(UTC) - moment) < timedelta(minutes=1)


def test_personal_and_secret_keys_are_masked_at_any_depth(out: io.StringIO) -> None:
    structlog.get_logger().info(
        "seen",
        email="jon@example.com",
        shippingAddress={"city": "Ottawa"},
        address1="Fifth Street 1",
        phone_number="+49 30 1",
        customer_name="Jon",
        first_name="Jon",
        access_token="shpat_9",
        Authorization="Bearer abc",
        body=b"raw",
        nested=[{"deep": {"password": "pw", "id": 5}}],
        customer_id=7,
        routing_key="shopify.orders.acme",
        phone=None,
    )
    text = out.getvalue()
    for secret in ("jon", "Jon", "Ottawa", "Fifth", "+49", "shpat_9", "Bearer", "raw", "pw"):
        assert secret not in text
    [line] = lines(out)
    assert (line["customer_id"], line["routing_key"], line["phone"]) == (7, "shopify.orders.acme", None)
    assert line["nested"][0]["deep"]["id"] == 5


def test_addresses_and_passwords_in_texts_are_masked(out: io.StringIO) -> None:
    assert mask_text("to jon.doe+x@shop.example.com now") == "to *** now"
    assert mask_text("amqp://user:p%40ss@broker:5672/x") == "amqp://***@broker:5672/x"
    structlog.get_logger().error("refused", reason="mail jon@example.com exists")
    assert "jon@" not in out.getvalue()


def test_libraries_are_masked_and_shaped_alike(out: io.StringIO) -> None:
    logging.getLogger("kombu.connection").error("Cannot reach %s", "amqp://user:pass-word@broker//")
    logging.getLogger("uvicorn.error").info("chatter")
    [line] = lines(out)
    assert "pass-word" not in out.getvalue()
    assert (line["logger"], line["level"], line["service"]) == ("kombu.connection", "error", "gateway")
    assert line["event"].startswith("Cannot reach")


def test_an_exception_is_one_line_and_masked(out: io.StringIO) -> None:
    try:
        raise ValueError("duplicate jon@example.com")
    except ValueError:
        structlog.get_logger().exception("broke")
        logging.getLogger("elsewhere").exception("broke too")
    assert len(lines(out)) == 2
    assert "jon@" not in out.getvalue()
    assert all("ValueError" in line["exception"] for line in lines(out))


def test_a_value_that_json_does_not_know_is_written_as_text(out: io.StringIO) -> None:
    structlog.get_logger().info("odd", value=datetime(2026, 1, 1, tzinfo=UTC), error=ValueError("jon@example.com"))
    [line] = lines(out)
    assert line["value"].startswith("2026-01-01")
    assert "jon" not in line["error"]


def test_a_thing_that_contains_itself_does_not_hang_the_log(out: io.StringIO) -> None:
    loop: dict[str, Any] = {}
    loop["again"] = loop
    structlog.get_logger().info("odd", value=loop)
    assert len(lines(out)) == 1


def test_lines_below_the_level_are_left_out_and_console_is_for_people() -> None:
    stream = io.StringIO()
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    try:
        configure("gateway", settings(log_level="warning", log_format="console"), stream=stream)
        structlog.get_logger().info("quiet")
        structlog.get_logger().warning("loud", store="acme")
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        logging.captureWarnings(capture=False)
        structlog.reset_defaults()
    assert "quiet" not in stream.getvalue()
    assert "loud" in stream.getvalue()
    assert "store=acme" in stream.getvalue()


def test_seldom_lets_one_line_through_and_counts_the_rest() -> None:
    now = [0.0]
    seldom = Seldom(1.0, monotonic=lambda: now[0])
    assert [seldom.count("a") for _ in range(4)] == [1, None, None, None]
    assert seldom.count("b") == 1
    now[0] = 1.5
    assert seldom.count("a") == 4
