"""An order of every kind, priced: what makes it of its kind, and that it adds up in both its moneys."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from libs.common.domain.money import currency_digits
from libs.sandbox.shopify.derived import DERIVED
from libs.sandbox.shopify.kinds import KINDS, TAXES, orders
from libs.sandbox.shopify.pricing import price

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SIDES = ("shopMoney", "presentmentMoney")


def priced(name: str, currency: str = "USD", *, included: bool = False) -> dict[str, Any]:
    ids = itertools.count(1)
    draft = KINDS[name](currency, included)
    return price(draft, number=1001, now=NOW, shop="acme.myshopify.com", new_id=lambda _: str(next(ids)))


def total(bags: Iterable[dict[str, Any]], side: str) -> Decimal:
    return sum((bag[side]["amount"] for bag in bags), Decimal(0))


def net(line: dict[str, Any], side: str) -> Decimal:
    gross: Decimal = (line.get("originalUnitPriceSet") or line["originalPriceSet"])[side]["amount"]
    off = total((a["allocatedAmountSet"] for a in line["discountAllocations"]), side)
    quantity: int = line.get("quantity", 1)
    return gross * quantity - off


def taxed_parts(order: dict[str, Any], *, removed: bool = True) -> list[dict[str, Any]]:
    shipping = [line for line in order["shippingLines"] if removed or not line["isRemoved"]]
    duties = [duty for line in order["lineItems"] for duty in line["duties"]]
    return [*order["lineItems"], *shipping, *duties, *order["additionalFees"]]


def check_sums(order: dict[str, Any], side: str) -> None:
    """Every total of the order is the sum of its parts on this side, to the smallest unit."""
    goods = [line for line in order["lineItems"] if not line.get("isTip")]
    tips = [line for line in order["lineItems"] if line.get("isTip")]
    duties = [duty["price"] for line in order["lineItems"] for duty in line["duties"]]
    fees = [fee["price"] for fee in order["additionalFees"]]
    lines = sum((net(line, side) for line in goods), Decimal(0))
    tip = sum((net(line, side) for line in tips), Decimal(0))
    assert order["subtotalPriceSet"][side]["amount"] == lines
    assert order["totalTipReceivedSet"][side]["amount"] == tip
    if duties:
        assert order["originalTotalDutiesSet"][side]["amount"] == total(duties, side)
    if fees:
        assert order["originalTotalAdditionalFeesSet"][side]["amount"] == total(fees, side)
    beside = tip + total(fees, side) + (0 if order["dutiesIncluded"] else total(duties, side))
    current = {name: order.get(f"current{name[0].upper()}{name[1:]}", order[name]) for name in ("totalPriceSet", "totalTaxSet", "taxLines")}  # fmt: skip
    for figures, removed in ((order, True), (current, False)):
        freight = sum((net(s, side) for s in order["shippingLines"] if removed or not s["isRemoved"]), Decimal(0))
        tax = check_taxes(taxed_parts(order, removed=removed), figures["taxLines"], side)
        assert figures["totalTaxSet"][side]["amount"] == tax
        on_top = 0 if order["taxesIncluded"] else tax
        assert figures["totalPriceSet"][side]["amount"] == lines + freight + beside + on_top


def check_taxes(parts: list[dict[str, Any]], stated: list[dict[str, Any]], side: str) -> Decimal:
    """The order's tax lines are those of its parts, rate by rate; returns what they come to."""
    sums: dict[tuple[str, Decimal], Decimal] = {}
    for tax in (tax for part in parts for tax in part["taxLines"]):
        key = (tax["title"], tax["rate"])
        sums[key] = sums.get(key, Decimal(0)) + tax["priceSet"][side]["amount"]
    assert {(tax["title"], tax["rate"]): tax["priceSet"][side]["amount"] for tax in stated} == sums
    return sum(sums.values(), Decimal(0))


@pytest.mark.parametrize("included", [False, True])
@pytest.mark.parametrize("currency", ["USD", "JPY", "KWD"])
def test_an_order_of_every_kind_adds_up(currency: str, included: bool) -> None:
    for name in orders(currency, taxes_included=included):
        order = priced(name, currency, included=included)
        for side in SIDES:
            check_sums(order, side)
        assert {tax["title"] for tax in order["taxLines"]} <= {tax.title for tax in TAXES}


@pytest.mark.parametrize("digits", [0, 2, 3])
def test_the_shown_money_is_rounded_line_by_line(digits: int) -> None:
    order = priced(f"presentment_{digits}")
    shown = order["presentmentCurrencyCode"]
    assert currency_digits(shown) == digits
    for line in order["lineItems"]:
        assert line["originalUnitPriceSet"]["presentmentMoney"]["amount"].as_tuple().exponent == -digits
        for tax in line["taxLines"]:
            exact = net(line, "presentmentMoney") * tax["rate"]
            assert abs(tax["priceSet"]["presentmentMoney"]["amount"] - exact) <= Decimal(5).scaleb(-digits - 1)


def test_cash_is_rounded_and_the_total_is_not() -> None:
    for name, total_, paid in (("cash_rounding_up", "1.23", "0.02"), ("cash_rounding_down", "1.22", "-0.02")):
        order = priced(name)
        [sale] = order["transactions"]
        assert order["totalPriceSet"]["shopMoney"]["amount"] == Decimal(total_)
        assert sale["amountSet"]["shopMoney"]["amount"] == Decimal(total_)
        assert sale["amountRoundingSet"]["shopMoney"]["amount"] == Decimal(paid)
        assert order["totalCashRoundingAdjustment"]["paymentSet"]["shopMoney"]["amount"] == Decimal(paid)
        assert DERIVED["Order"]["totalOutstandingSet"](order)["shopMoney"]["amount"] == 0


def test_a_tip_is_a_line_without_a_variant_that_is_no_part_of_the_subtotal() -> None:
    tip = priced("tip")["lineItems"][-1]
    assert (tip["title"], tip["variant"], tip["requiresShipping"], tip["taxLines"]) == ("Tip", None, False, [])


def test_what_is_removed_stays_in_the_figures_of_the_order_as_it_was_placed() -> None:
    order = priced("removed_shipping")
    kept = priced("shipping_with_tax")
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
    order = priced(name)
    assert order["displayFinancialStatus"] == status
    assert [one["gateway"] for one in order["transactions"]] == gateways
    received = [
        o["amountSet"] for o in order["transactions"] if o["status"] == "SUCCESS" and o["kind"] != "AUTHORIZATION"
    ]
    assert order["totalReceivedSet"]["shopMoney"]["amount"] == total(received, "shopMoney")


def test_parts_of_a_bundle_are_of_one_group() -> None:
    mug, pen, poster = priced("bundle")["lineItems"]
    assert mug["lineItemGroup"] == pen["lineItemGroup"]
    assert mug["lineItemGroup"]["title"] == "Writing kit"
    assert poster["lineItemGroup"] is None


def test_a_business_order_names_company_location_number_and_terms() -> None:
    order = priced("b2b")
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
        [application] = priced(name)["discountApplications"]
        assert (application["type"], application["target_selection"]) == wanted
    assert priced("discounts_together")["discountCodes"] == ["TENTH", "SEVENTH", "HALFSHIP"]
