from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from libs.common.domain.rules import StoreRules
from services.workers.orders.admission import left_out
from tests.unit.orders.builders import PLACED, order


def rules(**wanted: Any) -> StoreRules:
    return StoreRules.model_validate({"orders": wanted})


def test_without_rules_everything_comes_in() -> None:
    assert left_out(order(financial_status="pending", source_name="pos"), StoreRules()) is None


@pytest.mark.parametrize(
    ("wanted", "refused", "admitted", "rule"),
    [
        (
            {"financial_status": ["paid"]},
            {"financial_status": "pending"},
            {"financial_status": "paid"},
            "orders.financial_status: pending",
        ),
        (
            {"financial_status": ["Partially paid"]},
            {"financial_status": "paid"},
            {"financial_status": "partially_paid"},
            "orders.financial_status: paid",
        ),
        (
            {"fulfillment_status": ["fulfilled"]},
            {"fulfillment_status": "unfulfilled"},
            {"fulfillment_status": "fulfilled"},
            "orders.fulfillment_status: unfulfilled",
        ),
        ({"sources": ["web"]}, {"source_name": ""}, {"source_name": "web"}, "orders.sources: none"),
        ({"except_sources": ["pos"]}, {"source_name": "pos"}, {"source_name": "web"}, "orders.except_sources: pos"),
        ({"tags": ["b2b"]}, {"tags": ("vip",)}, {"tags": ("B2B", "vip")}, "orders.tags: none of them"),
        ({"except_tags": ["Fraud"]}, {"tags": ("a", "fraud")}, {"tags": ("a",)}, "orders.except_tags: fraud"),
    ],
)
def test_a_rule_names_itself_and_what_it_met(
    wanted: dict[str, Any], refused: dict[str, Any], admitted: dict[str, Any], rule: str
) -> None:
    assert left_out(order(**refused), rules(**wanted)) == rule
    assert left_out(order(**admitted), rules(**wanted)) is None


def test_a_day_in_the_rules_is_its_beginning_in_utc() -> None:
    assert left_out(order(), rules(placed_from="2026-11-21")) == "orders.placed_from: placed 2026-11-20"
    assert left_out(order(), rules(placed_from="2026-11-20")) is None
    assert rules(placed_from="2026-11-20").orders.placed_from == datetime(2026, 11, 20, tzinfo=UTC) < PLACED


def test_test_orders_are_left_out_where_the_store_says_so() -> None:
    ignoring = StoreRules.model_validate({"test_orders": "ignore"})
    assert left_out(order(test=True), ignoring) == "test_orders: ignore"
    assert left_out(order(test=True), StoreRules()) is None
