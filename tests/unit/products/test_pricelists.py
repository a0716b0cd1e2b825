"""What a variant costs by a pricelist of Odoo's."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from libs.common.domain.pricelists import Currency, NoPricelist, Priced, Pricelist, PriceRule, price_by

NOW = datetime(2026, 11, 25, tzinfo=UTC)
D = Decimal
ONE = Priced(50, 5, D("9.99"), D("4.00"), (1, 4, 7))


def price(*rules: PriceRule, one: Priced = ONE, currency: Currency | None = None, others: object = None) -> Decimal:
    pricelists = {1: Pricelist(rules, currency or Currency()), **(others if isinstance(others, dict) else {})}
    return price_by(pricelists, 1, one, NOW)


def test_the_nearest_rule_of_a_pricelist_decides() -> None:
    everything = PriceRule(1, "3_global", "percentage", percent=D(10))
    of_product = PriceRule(2, "1_product", "fixed", fixed=D(8), template_id=5)
    of_variant = PriceRule(3, "0_product_variant", "fixed", fixed=D(7), variant_id=50)
    by_dozens = PriceRule(4, "0_product_variant", "fixed", fixed=D(1), variant_id=50, min_quantity=D(12))
    over = PriceRule(5, "0_product_variant", "fixed", fixed=D(2), variant_id=50, end=NOW.replace(year=2025))
    to_come = PriceRule(6, "0_product_variant", "fixed", fixed=D(3), variant_id=50, start=NOW.replace(year=2027))
    rules = (everything, of_product, of_variant, by_dozens, over, to_come)
    assert price(*rules) == 7
    assert price(*rules, one=Priced(51, 5, D("9.99"))) == 8
    assert price(*rules, one=Priced(60, 6, D("9.99"))) == D("8.99")
    assert price() == D("9.99")


def test_of_categories_the_nearest_and_of_equals_the_newest() -> None:
    top = PriceRule(9, "2_product_category", "fixed", fixed=D(3), category_id=1)
    near = PriceRule(2, "2_product_category", "fixed", fixed=D(4), category_id=4)
    newer = PriceRule(3, "2_product_category", "fixed", fixed=D(5), category_id=4)
    other = PriceRule(4, "2_product_category", "fixed", fixed=D(6), category_id=8)
    assert price(top, near, newer, other) == 5
    assert price(top, near, newer, other, one=Priced(51, 6, D("9.99"))) == D("9.99")


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        (PriceRule(1, "3_global", "formula", discount=D("12.5")), "8.74"),
        (PriceRule(1, "3_global", "formula", discount=D(10), step=D("0.5"), surcharge=D("-0.01")), "8.99"),
        (PriceRule(1, "3_global", "formula", discount=D(50), min_margin=D("-2")), "7.99"),
        (PriceRule(1, "3_global", "formula", discount=D(-50), max_margin=D("2")), "11.99"),
        (PriceRule(1, "3_global", "formula", base="standard_price", discount=D(-60)), "6.40"),
        (PriceRule(1, "3_global", "percentage", base="standard_price", percent=D(25)), "3.00"),
    ],
)
def test_a_formula_is_reckoned_as_odoo_does(rule: PriceRule, told: str) -> None:
    assert price(rule) == D(told)


def test_one_pricelist_may_reckon_from_another_and_in_another_currency() -> None:
    euros, yen = Currency(D("0.8")), Currency(D(150), 0)
    half = PriceRule(1, "3_global", "percentage", base="pricelist", base_pricelist=2, percent=D(50))
    fixed = PriceRule(2, "1_product", "fixed", fixed=D(6), template_id=5)
    assert price(half, currency=euros, others={2: Pricelist((fixed,), yen)}) == D("0.02")
    assert price(half, currency=euros, others={2: Pricelist((), yen)}) == D("4.00")
    assert price(currency=yen) == 1499


def test_a_circle_and_a_pricelist_that_is_gone_are_told() -> None:
    half = PriceRule(1, "3_global", "percentage", base="pricelist", base_pricelist=2, percent=D(50))
    back = PriceRule(2, "3_global", "percentage", base="pricelist", base_pricelist=1, percent=D(50))
    with pytest.raises(NoPricelist):
        price(half, others={2: Pricelist((back,))})
    with pytest.raises(NoPricelist):
        price(half)
