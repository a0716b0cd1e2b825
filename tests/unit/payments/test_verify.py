"""What is said of a payment that Odoo has."""

from __future__ import annotations

from typing import Any

import pytest

from libs.common.domain.money import Money
from services.workers.payments.model import Applied
from services.workers.payments.plan import plan_payment
from services.workers.payments.verify import verify
from tests.unit.payments.builders import BOOKS, PAYER, RULES, transaction, usd


def applied(**changes: Any) -> Applied:
    plan = plan_payment(transaction(), "#1001", PAYER, [90], RULES, BOOKS)
    values: dict[str, Any] = {
        "plan": plan,
        "payment_id": 33,
        "name": "PBNK1/2026/00033",
        "booked": usd("25.00"),
        "left": usd("0"),
        "owed": usd("0"),
    }
    return Applied(**(values | changes))


@pytest.mark.parametrize(
    "changes",
    [{}, {"owed": usd("10.00")}, {"left": usd("5.00")}],
    ids=["paid", "the invoice is paid in part", "more was paid than the invoice asks"],
)
def test_a_payment_that_is_matched_as_far_as_it_reaches_is_well(changes: dict[str, Any]) -> None:
    assert verify([applied(**changes)])[0].hold is None


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"booked": None, "left": None, "owed": None}, "payment_without_entry"),
        ({"booked": usd("24.00")}, "payment_differs"),
        ({"booked": Money.of("25.00", "EUR")}, "payment_differs"),
        ({"left": usd("25.00"), "owed": usd("25.00")}, "payment_not_matched"),
    ],
)
def test_what_is_not_as_planned_is_held_with_the_payment(changes: dict[str, Any], code: str) -> None:
    hold = verify([applied(**changes)])[0].hold
    assert hold
    assert (hold.code, hold.details["payment_id"]) == (code, 33)
    assert hold.hint
