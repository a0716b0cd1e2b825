"""Prices as a checkout makes them; no cent is lost or made."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.domain.money import currency_digits
from libs.sandbox.shopify.amounts import spread, tax_amounts
from libs.sandbox.shopify.drafts import Discount, Draft, Line, Product, Shipping, Tax
from libs.sandbox.shopify.pricing import amount_of, price

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
currencies = st.sampled_from(["USD", "EUR", "JPY", "KWD"])


def amounts(currency: str, most: int = 50_000) -> st.SearchStrategy[Decimal]:
    return st.integers(0, most).map(lambda units: Decimal(units).scaleb(-currency_digits(currency)))


@st.composite
def drafts(draw: st.DrawFn) -> Draft:
    currency = draw(currencies)
    taxes = draw(st.lists(st.sampled_from(["0.2", "0.08875", "0.0625", "0.01", "0.15"]), max_size=2, unique=True))
    lines = []
    for number in range(draw(st.integers(1, 6))):
        unit, quantity = draw(amounts(currency)), draw(st.integers(1, 7))
        share = Decimal(draw(st.integers(0, 100))) / 100
        off = (unit * quantity * share).quantize(Decimal(1).scaleb(-currency_digits(currency)), rounding="ROUND_DOWN")
        lines.append(Line(Product(f"S{number}", "Thing", unit, str(number + 1)), quantity, discount=off))
    discounts = []
    if draw(st.booleans()) and any(line.product.price for line in lines if line.product):
        discounts = [Discount("X", percent=Decimal(draw(st.integers(0, 100))))]
    freight = draw(amounts(currency, 2000))
    return Draft(
        lines=tuple(lines),
        shipping=(Shipping(price=freight, discount=draw(st.sampled_from([Decimal(0), freight]))),),
        discounts=tuple(discounts),
        taxes=tuple(Tax(f"T{rate}", Decimal(rate)) for rate in taxes),
        taxes_included=draw(st.booleans()),
        currency=currency,
    )


def priced(draft: Draft) -> dict[str, Any]:
    ids = itertools.count(1)
    return price(draft, number=1001, now=NOW, shop="acme.myshopify.com", new_id=lambda _: str(next(ids)))


def net(line: dict[str, Any]) -> Decimal:
    gross: Decimal = amount_of(line.get("originalUnitPriceSet") or line["originalPriceSet"]) * line.get("quantity", 1)
    return gross - sum((amount_of(a["allocatedAmountSet"]) for a in line["discountAllocations"]), Decimal(0))


@given(st.data())
def test_a_discount_is_spread_to_the_last_cent_and_never_beyond_a_line(data: st.DataObject) -> None:
    currency = data.draw(currencies)
    weights = data.draw(st.lists(amounts(currency), min_size=1, max_size=12).filter(lambda parts: max(parts) > 0))
    amount = data.draw(amounts(currency, int(sum(weights, Decimal(0)).scaleb(currency_digits(currency)))))
    parts = spread(amount, weights, currency)
    assert sum(parts) == amount
    assert all(0 <= part <= weight for part, weight in zip(parts, weights, strict=True))
    unit = Decimal(1).scaleb(-currency_digits(currency))
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - amount * weight / sum(weights)) < unit


def test_ten_off_three_equal_lines_leaves_nobody_a_cent_short() -> None:
    assert spread(Decimal("10.00"), [Decimal(10)] * 3, "USD") == [Decimal("3.34"), Decimal("3.33"), Decimal("3.33")]


def test_nothing_can_be_taken_off_lines_that_cost_nothing() -> None:
    with pytest.raises(ValueError, match="cost nothing"):
        spread(Decimal(1), [Decimal(0)], "USD")


@given(drafts())
def test_an_order_adds_up(draft: Draft) -> None:
    order = priced(draft)
    lines = sum((net(line) for line in order["lineItems"]), Decimal(0))
    freight = sum((net(line) for line in order["shippingLines"]), Decimal(0))
    taxes = [t for line in [*order["lineItems"], *order["shippingLines"]] for t in line["taxLines"]]
    tax = sum((amount_of(t["priceSet"]) for t in taxes), Decimal(0))
    assert amount_of(order["subtotalPriceSet"]) == lines
    assert (
        amount_of(order["totalTaxSet"]) == tax == sum((amount_of(t["priceSet"]) for t in order["taxLines"]), Decimal(0))
    )
    assert amount_of(order["totalPriceSet"]) == lines + freight + (0 if draft.taxes_included else tax)
    gross = sum((amount_of(x["originalUnitPriceSet"]) * x["quantity"] for x in order["lineItems"]), Decimal(0))
    off = gross - lines + amount_of(order["totalShippingPriceSet"]) - freight
    assert amount_of(order["totalDiscountsSet"]) == off
    for line in order["lineItems"]:
        assert net(line) >= 0
        assert all(amount_of(a["allocatedAmountSet"]) > 0 for a in line["discountAllocations"])


def test_each_tax_is_rounded_half_up_on_its_own() -> None:
    assert tax_amounts(Decimal("12.50"), [Decimal("0.15")], "USD", included=False) == [Decimal("1.88")]
    rates = [Decimal("0.1"), Decimal("0.05")]
    assert tax_amounts(Decimal("11.50"), rates, "USD", included=True) == [Decimal("1.00"), Decimal("0.50")]
    assert tax_amounts(Decimal(105), [Decimal("0.1")], "JPY", included=False) == [Decimal(11)]


@pytest.mark.parametrize(
    "draft",
    [
        Draft(lines=()),
        Draft(lines=(Line(title="Free talk"),)),
        Draft(lines=(Line(Product("A", "A", Decimal(5), "1"), discount=Decimal(6)),)),
        Draft(lines=(Line(Product("A", "A", Decimal(5), "1")),), discounts=(Discount("X", Decimal(6)),)),
        Draft(lines=(Line(Product("A", "A", Decimal(5), "1")),), shipping=(Shipping(discount=Decimal(1)),)),
    ],
)
def test_what_no_checkout_lets_through_is_refused(draft: Draft) -> None:
    with pytest.raises(ValueError):
        priced(draft)
