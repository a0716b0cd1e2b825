"""An order of every kind, priced: what makes it of its kind, and that it adds up in both its moneys."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from libs.common.domain.money import currency_digits
from libs.sandbox.shopify.derived import DERIVED
from libs.sandbox.shopify.kinds import KINDS, TAXES, orders
from tests.unit.sandbox_shopify.sums import SIDES, check_sums, net, priced, total


def order_of(name: str, currency: str = "USD", *, included: bool = False) -> dict[str, Any]:
    return priced(KINDS[name](currency, included))


@pytest.mark.parametrize("included", [False, True])
@pytest.mark.parametrize("currency", ["USD", "JPY", "KWD"])
def test_an_order_of_every_kind_adds_up(currency: str, included: bool) -> None:
    for name in orders(currency, taxes_included=included):
        order = order_of(name, currency, included=included)
        for side in SIDES:
            check_sums(order, side)
        assert {tax["title"] for tax in order["taxLines"]} <= {tax.title for tax in TAXES}


@pytest.mark.parametrize("digits", [0, 2, 3])
def test_the_shown_money_is_rounded_line_by_line(digits: int) -> None:
    order = order_of(f"presentment_{digits}")
    shown = order["presentmentCurrencyCode"]
    assert currency_digits(shown) == digits
    for line in order["lineItems"]:
        assert line["originalUnitPriceSet"]["presentmentMoney"]["amount"].as_tuple().exponent == -digits
        for tax in line["taxLines"]:
            exact = net(line, "presentmentMoney") * tax["rate"]
            assert abs(tax["priceSet"]["presentmentMoney"]["amount"] - exact) <= Decimal(5).scaleb(-digits - 1)


def test_cash_is_rounded_and_the_total_is_not() -> None:
    for name, total_, paid in (("cash_rounding_up", "1.23", "0.02"), ("cash_rounding_down", "1.22", "-0.02")):
        order = order_of(name)
        [sale] = order["transactions"]
        assert order["totalPriceSet"]["shopMoney"]["amount"] == Decimal(total_)
        assert sale["amountSet"]["shopMoney"]["amount"] == Decimal(total_)
        assert sale["amountRoundingSet"]["shopMoney"]["amount"] == Decimal(paid)
        assert order["totalCashRoundingAdjustment"]["paymentSet"]["shopMoney"]["amount"] == Decimal(paid)
        assert DERIVED["Order"]["totalOutstandingSet"](order)["shopMoney"]["amount"] == 0


def test_a_tip_is_a_line_without_a_variant_that_is_no_part_of_the_subtotal() -> None:
    tip = order_of("tip")["lineItems"][-1]
    assert (tip["title"], tip["variant"], tip["requiresShipping"], tip["taxLines"]) == ("Tip", None, False, [])


def test_what_is_removed_stays_in_the_figures_of_the_order_as_it_was_placed() -> None:
    order = order_of("removed_shipping")
    kept = order_of("shipping_with_tax")
    assert order["edited"]
    assert order["currentTotalPriceSet"] == kept["totalPriceSet"]
    assert order["totalPriceSet"]["shopMoney"]["amount"] == Decimal("73.12")
    assert order["displayFinancialStatus"] == "PAID"


@pytest.mark.parametrize(
    ("name", "status", "gateways"),
    [
        ("unpaid", "PENDING", []),
        ("authorized", "AUTHORIZED", ["shopify_payments"]),
        ("captured", "PAID", ["shopify_payments", "shopify_payments"]),
        ("partly_paid", "PARTIALLY_PAID", ["manual"]),
        ("several_gateways", "PAID", ["paypal", "gift_card", "shopify_payments"]),
        ("failed_then_paid", "PAID", ["shopify_payments", "paypal"]),
        ("pending_payment", "PENDING", ["Bank Deposit"]),
        ("gift_card_redeemed", "PAID", ["gift_card", "shopify_payments"]),
        ("gift_card_pays_all", "PAID", ["gift_card"]),
        ("order_discount_full", "PAID", []),
    ],
)
def test_an_order_is_as_paid_as_its_transactions_make_it(name: str, status: str, gateways: list[str]) -> None:
    order = order_of(name)
    assert order["displayFinancialStatus"] == status
    assert [one["gateway"] for one in order["transactions"]] == gateways
    received = [
        o["amountSet"] for o in order["transactions"] if o["status"] == "SUCCESS" and o["kind"] != "AUTHORIZATION"
    ]
    assert order["totalReceivedSet"]["shopMoney"]["amount"] == total(received, "shopMoney")


def test_parts_of_a_bundle_are_of_one_group() -> None:
    mug, pen, poster = order_of("bundle")["lineItems"]
    assert mug["lineItemGroup"] == pen["lineItemGroup"]
    assert mug["lineItemGroup"]["title"] == "Writing kit"
    assert poster["lineItemGroup"] is None


def test_a_business_order_names_company_location_number_and_terms() -> None:
    order = order_of("b2b")
    assert order["purchasingEntity"]["company"]["externalId"] == "C-77"
    assert order["purchasingEntity"]["location"]["name"] == "Acme, Louisville"
    assert order["poNumber"] == "PO-7731"
    assert (order["paymentTerms"]["paymentTermsType"], order["paymentTerms"]["dueInDays"]) == ("NET", 30)


def test_a_discount_says_who_gave_it() -> None:
    given = {
        "line_discount_code": ("discount_code", "entitled"),
        "line_discount_automatic": ("automatic", "entitled"),
        "line_discount_manual": ("manual", "explicit"),
        "order_discount_code": ("discount_code", "all"),
        "order_discount_automatic": ("automatic", "all"),
        "order_discount_manual": ("manual", "all"),
    }
    for name, wanted in given.items():
        [application] = order_of(name)["discountApplications"]
        assert (application["type"], application["target_selection"]) == wanted
    assert order_of("discounts_together")["discountCodes"] == ["TENTH", "SEVENTH", "HALFSHIP"]
