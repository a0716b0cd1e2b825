"""Prices as a checkout makes them; no cent is lost or made."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.domain.money import currency_digits
from libs.sandbox.shopify.amounts import Currencies, spread, tax_amounts
from libs.sandbox.shopify.drafts import Discount, Draft, Line, Product, Shipping
from libs.sandbox.shopify.strategies import CURRENCIES, amounts
from tests.unit.sandbox_shopify.sums import priced


@given(st.data())
def test_a_discount_is_spread_to_the_last_cent_and_never_beyond_a_line(data: st.DataObject) -> None:
    currency = data.draw(st.sampled_from(CURRENCIES))
    weights = data.draw(st.lists(amounts(currency), min_size=1, max_size=12).filter(lambda parts: max(parts) > 0))
    amount = data.draw(amounts(currency, most=int(sum(weights, Decimal(0)).scaleb(currency_digits(currency)))))
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


def test_all_of_a_price_in_one_money_is_all_of_it_in_the_other() -> None:
    money = Currencies("USD", "KWD", Decimal("0.30713"))
    base = money.amount(Decimal("0.99")) * 3
    assert base.shown == Decimal("0.912")
    assert money.off(base, fixed=Decimal("2.97")) == base
    assert money.off(base, percent=Decimal(100)) == base
    assert money.off(base, fixed=Decimal("2.96")).shown == Decimal("0.909")


def test_a_discount_is_no_more_than_its_base_in_the_shown_money() -> None:
    money = Currencies("USD", "JPY", Decimal("152.37"))
    base = money.amount(Decimal("0.01")) * 50
    assert (base.shop, base.shown) == (Decimal("0.50"), Decimal(100))
    off = money.off(base, fixed=Decimal("0.49"))
    assert off.shown <= base.shown
