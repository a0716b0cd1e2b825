"""What an order's transactions tell together: whether its sales have the change in them, and whose change it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from libs.common.domain.money import Money
from libs.common.domain.transactions import Transaction, change_in_sales, sale_of

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def usd(amount: str) -> Money:
    return Money.of(amount, "USD")


def moved(number: int, kind: str, amount: str, **changes: Any) -> Transaction:
    values: dict[str, Any] = {
        "id": str(number),
        "order_id": "1001",
        "kind": kind,
        "status": "success",
        "gateway": "cash",
        "amount": usd(amount),
        "processed_at": NOON + timedelta(seconds=number),
    }
    return Transaction(**(values | changes))


SALE, CHANGE = moved(1, "sale", "20.00"), moved(2, "change", "5.35", parent_id="1")


@pytest.mark.parametrize(
    ("transactions", "net", "expected"),
    [
        ([SALE, CHANGE], "14.65", True),
        ([moved(1, "sale", "14.65"), CHANGE], "14.65", False),
        ([SALE, CHANGE, moved(3, "refund", "4.00")], "10.65", True),
        ([SALE, CHANGE, moved(3, "refund", "4.00", status="pending")], "14.65", True),
        ([moved(1, "sale", "20.00", rounding=usd("0.02")), CHANGE], "14.63", True),
        ([moved(1, "sale", "14.65", rounding=usd("0.02")), CHANGE], "14.63", False),
        ([SALE, moved(2, "change", "5.35", status="failure")], "20.00", None),
        ([SALE, CHANGE], "13.00", None),
        ([SALE], "20.00", None),
    ],
)
def test_the_net_tells_whether_the_sales_have_the_change_in_them(
    transactions: list[Transaction], net: str, expected: bool | None
) -> None:
    assert change_in_sales(transactions, usd(net)) is expected


def test_without_a_net_nothing_is_known() -> None:
    assert change_in_sales([SALE, CHANGE], None) is None


def test_change_is_of_the_sale_that_it_names_else_of_the_last_one_before_it_by_its_gateway() -> None:
    card, later = moved(0, "sale", "3.00", gateway="bogus"), moved(4, "sale", "1.00")
    assert sale_of(CHANGE, [card, SALE, CHANGE, later]) == SALE
    unnamed = moved(2, "change", "5.35")
    assert sale_of(unnamed, [card, SALE, unnamed, later]) == SALE
    assert sale_of(unnamed, [card, unnamed, later]) is None
    assert sale_of(moved(2, "change", "5.35", parent_id="77"), [SALE]) is None
