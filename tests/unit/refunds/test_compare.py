"""A credit note, and what is open in the end, against Shopify's figures."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from libs.common.domain.rules import StoreRules
from services.workers.payments.model import Applied as PaidBack
from services.workers.refunds.compare import missing_amount
from services.workers.refunds.model import Applied, CreditLine, CreditNote
from services.workers.refunds.verify import verify
from tests.unit.refunds.builders import RULES, changes_of, sale, situation, usd

UNIT = CreditLine("Mug", Decimal(1), Decimal(10), Decimal(10), Decimal("11.5"))
ROUNDING = CreditLine("Rounding", Decimal(1), Decimal("0.01"), Decimal("0.01"), Decimal("0.01"))


def credit(total: str = "11.50", *lines: CreditLine, **changes: Any) -> CreditNote:
    values: dict[str, Any] = {"id": 95, "name": "RINV/2026/00095", "state": "posted", "payment_state": "paid"}
    values |= {"total": Decimal(total), "tax": Decimal("1.5"), "residual": Decimal(0), "invoice_id": 90}
    return CreditNote(**(values | changes), lines=lines or (UNIT,))


def applied(note: CreditNote | None = None, **changes: Any) -> Applied:
    planned = changes_of(situation())
    (payback,) = planned.paybacks
    paid = PaidBack(payback, 44, "PBNK1/2026/00044", payback.amount, usd("0.00"), usd("0.00"))
    values: dict[str, Any] = {
        "credit": note or credit(),
        "paid_back": (paid,),
        "open_amount": Decimal("0.00"),
        **changes,
    }
    return Applied(planned, **values)


def test_a_refund_that_agrees_to_the_cent_is_synced() -> None:
    assert verify([applied()])[0].hold is None


def test_a_difference_is_held_with_both_sums_and_lines_side_by_side() -> None:
    hold = verify([applied(credit("11.43"))])[0].hold
    assert hold
    assert hold.code == "refund_differs"
    assert hold.details["total"] == {"shopify": "11.50", "odoo": "11.43", "difference": "-0.07"}
    (line,) = hold.details["lines"]
    assert line["name"] == "[MUG-1] Mug"
    assert (line["shopify"]["amount"], line["odoo"]["amount"]) == ("10", "10")
    assert (hold.details["rounding_tolerance"], "rounding_tolerance" in hold.hint) == ("0.05", False)
    draft = verify([applied(credit("11.43", state="draft"))])[0].hold
    assert draft
    assert "set rounding_tolerance: 0.07 in the rules" in draft.hint


@pytest.mark.parametrize(
    ("total", "state", "tolerance", "expected"),
    [
        ("11.50", "draft", "0.05", None),
        ("11.49", "draft", "0.05", "0.01"),
        ("11.55", "draft", "0.05", "-0.05"),
        ("11.44", "draft", "0.05", None),
        ("11.49", "draft", "0", None),
        ("11.49", "posted", "0.05", None),
    ],
)
def test_a_draft_is_rounded_within_the_tolerance(total: str, state: str, tolerance: str, expected: str | None) -> None:
    rules = StoreRules(until=RULES.until, journals=RULES.journals, rounding_tolerance=Decimal(tolerance))
    missing = missing_amount(changes_of(situation(), rules), credit(total, state=state))
    assert missing == (None if expected is None else Decimal(expected))


def test_a_rounding_line_of_an_earlier_try_is_counted_in() -> None:
    note = credit("11.49", UNIT, ROUNDING, state="draft")
    assert missing_amount(changes_of(situation()), note) == Decimal("0.02")


def test_what_is_open_must_be_what_is_outstanding_in_shopify() -> None:
    hold = verify([applied(open_amount=Decimal("-3.00"), unregistered=Decimal("-1.00"))])[0].hold
    assert hold
    assert hold.code == "outstanding_differs"
    assert (hold.details["odoo"], hold.details["difference"]) == ("-3.00", "-2.00")
    assert hold.details["shopify"] == {"outstanding": "0.00", "not_registered": "-1.00", "expected": "-1.00"}
    assert verify([applied(open_amount=Decimal("-1.00"), unregistered=Decimal("-1.00"))])[0].hold is None


def test_a_draft_that_was_to_be_posted_is_held() -> None:
    hold = verify([applied(credit(state="draft"))])[0].hold
    assert hold
    assert hold.code == "credit_note_not_posted"


def test_an_order_without_invoice_must_come_to_what_is_left() -> None:
    planned = changes_of(situation(sale=sale(invoices=())), StoreRules())
    assert verify([Applied(planned, order_total=Decimal("23.00"))])[0].hold is None
    hold = verify([Applied(planned, order_total=Decimal("34.50"))])[0].hold
    assert hold
    assert (hold.code, hold.details["difference"]) == ("refund_not_followed", "11.50")
