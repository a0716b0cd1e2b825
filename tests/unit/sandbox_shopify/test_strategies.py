"""Whatever orders are made up: they add up in both moneys, and what pays them is as stated."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings

from libs.common.domain.money import currency_digits
from libs.sandbox.shopify.derived import DERIVED
from libs.sandbox.shopify.drafts import Draft
from libs.sandbox.shopify.figures import negative
from libs.sandbox.shopify.strategies import ALL_KINDS, drafts
from tests.unit.sandbox_shopify.sums import SIDES, check_sums, net, priced, total


@settings(max_examples=300)
@given(drafts())
def test_every_order_adds_up_in_either_money(draft: Draft) -> None:
    order = priced(draft)
    for side in SIDES:
        check_sums(order, side)


@given(drafts())
def test_allocations_come_to_the_discounts_and_never_beyond_a_line(draft: Draft) -> None:
    order = priced(draft)
    charged = [*order["lineItems"], *order["shippingLines"]]
    for side in SIDES:
        allocated = [a["allocatedAmountSet"] for line in charged for a in line["discountAllocations"]]
        assert order["totalDiscountsSet"][side]["amount"] == total(allocated, side)
        assert all(net(line, side) >= 0 for line in charged)
    for index, application in enumerate(order["discountApplications"]):
        if application["value_type"] == "fixed_amount":
            parts = [
                a["allocatedAmountSet"]
                for li in charged
                for a in li["discountAllocations"]
                if a["application"] == index
            ]
            assert total(parts, "shopMoney") == application["value"]


@given(drafts(kinds=ALL_KINDS - {"tax_exempt"}))
def test_each_tax_is_rounded_by_itself(draft: Draft) -> None:
    order = priced(draft)
    for line in [*order["lineItems"], *order["shippingLines"]]:
        rates = [tax["rate"] for tax in line["taxLines"]]
        divisor = 1 + sum(rates) if order["taxesIncluded"] else 1
        for tax in line["taxLines"]:
            for side in SIDES:
                exact = net(line, side) * tax["rate"] / divisor
                half = Decimal(5).scaleb(-currency_digits(tax["priceSet"][side]["currencyCode"]) - 1)
                assert abs(tax["priceSet"][side]["amount"] - exact) <= half


@given(drafts())
def test_amounts_are_whole_numbers_of_the_smallest_unit(draft: Draft) -> None:
    def check(value: Any) -> None:
        if isinstance(value, dict) and {"amount", "currencyCode"} == value.keys():
            digits = currency_digits(value["currencyCode"])
            assert value["amount"] == value["amount"].quantize(Decimal(1).scaleb(-digits))
        for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            check(part)

    check(priced(draft))


@given(drafts())
def test_what_was_received_and_what_is_outstanding_are_the_order(draft: Draft) -> None:
    order = priced(draft)
    received = [
        negative(one["amountSet"]) if one["kind"] == "CHANGE" else one["amountSet"] for one in order["transactions"]
    ]
    owed = order["currentTotalPriceSet" if "currentTotalPriceSet" in order else "totalPriceSet"]
    outstanding = DERIVED["Order"]["totalOutstandingSet"](order)
    for side in SIDES:
        assert order["totalReceivedSet"][side]["amount"] == total(received, side)
        assert outstanding[side]["amount"] == owed[side]["amount"] - total(received, side)
        if order["displayFinancialStatus"] == "PAID" and outstanding["shopMoney"]["amount"] == 0:
            assert outstanding[side]["amount"] == 0


@pytest.mark.parametrize("kind", sorted(ALL_KINDS))
def test_a_kind_that_is_asked_for_makes_orders(kind: str) -> None:
    @settings(max_examples=10)
    @given(drafts(kinds={kind}, currency="KWD", taxes_included=True))
    def check(draft: Draft) -> None:
        assert (draft.currency, draft.taxes_included) == ("KWD", True)
        check_sums(priced(draft), "shopMoney")

    check()


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="no kinds of order: tips"):
        drafts(kinds={"tips"})
