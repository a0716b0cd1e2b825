from __future__ import annotations

import dataclasses
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.sandbox.odoo.taxes import Arithmetic, Line, Tax, Totals, round_half_up

PERCENTS = [0.0, 2.5, 4.0, 5.0, 7.7, 8.875, 15.0, 19.0, 20.0]
ON_TOP = [Tax(i, p) for i, p in enumerate(PERCENTS, 1)]
INCLUDED = [Tax(i, p, included=True) for i, p in enumerate(PERCENTS, 101)]
RULES = [Arithmetic(v, d, r) for v in ("18", "19") for d in (0, 2, 3) for r in ("round_globally", "round_per_line")]

prices = st.decimals(-100, 10_000, places=2).map(float)
quantities = st.sampled_from([0.5, 1.0, 1.25, 2.0, 3.0, 12.0])


def lines(taxes: list[Tax]) -> st.SearchStrategy[list[Line]]:
    some = st.lists(st.sampled_from(taxes), max_size=2, unique=True).map(tuple) if taxes else st.just(())
    line = st.builds(Line, prices, quantities, st.sampled_from([0.0, 5.0, 12.5]), some)
    return st.lists(line, min_size=1, max_size=8)


@pytest.mark.parametrize(
    ("value", "digits", "rounded"),
    [(2.675, 2, 2.68), (-2.675, 2, -2.68), (0.5, 0, 1.0), (1.0005, 3, 1.001), (0.0, 2, 0.0), (1.004999, 2, 1.0)],
)
def test_ties_go_away_from_zero_even_when_a_float_is_just_below(value: float, digits: int, rounded: float) -> None:
    assert round_half_up(value, digits) == rounded


@settings(max_examples=25)
@given(st.decimals(-1_000_000, 1_000_000, places=4), st.sampled_from([0, 2, 3]))
def test_rounding_is_that_of_decimals(value: Decimal, digits: int) -> None:
    exact = value.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    assert Decimal(repr(round_half_up(float(value), digits))) == exact


TWICE_ON_TOP = [Line(12.12, 12.12, 0, (Tax(1, 23),))] * 2
TWICE_INCLUDED = [Line(21.53, 1, 0, (Tax(1, 21, included=True),))] * 2
TWO_INCLUDED = [Line(100.0, 1, 0, (Tax(1, 10, included=True), Tax(2, 10, included=True)))]
BOTH_KINDS = [Line(119.0, 1, 0, (Tax(1, 19, included=True), Tax(2, 10)))]
MIXED = [Line(0.333, 1, 0, (Tax(1, 15),)), Line(19.99, 3, 12.5, (Tax(2, 8.875),)), Line(9.95, 2)]
MIXED_ON_18 = [Line(0.33, 1, 0, (Tax(1, 15),)), *MIXED[1:]]  # 18 keeps prices with two digits


# What real servers of these versions answered for these orders.
@pytest.mark.parametrize(
    ("version", "rounding", "given", "expected"),
    [
        ("18", "round_globally", TWICE_ON_TOP, Totals(293.79, 67.57, 361.36)),
        ("18", "round_globally", TWICE_INCLUDED, Totals(35.59, 7.47, 43.06)),
        ("18", "round_globally", TWO_INCLUDED, Totals(83.33, 16.66, 99.99)),
        ("18", "round_globally", BOTH_KINDS, Totals(100.0, 29.0, 129.0)),
        ("18", "round_globally", MIXED_ON_18, Totals(72.7, 4.71, 77.41)),
        ("18", "round_per_line", TWICE_ON_TOP, Totals(293.78, 67.56, 361.34)),
        ("18", "round_per_line", TWICE_INCLUDED, Totals(35.58, 7.48, 43.06)),
        ("18", "round_per_line", TWO_INCLUDED, Totals(83.34, 16.66, 100.0)),
        ("18", "round_per_line", MIXED_ON_18, Totals(72.7, 4.71, 77.41)),
        ("19", "round_globally", TWICE_ON_TOP, Totals(293.79, 67.57, 361.36)),
        ("19", "round_globally", TWICE_INCLUDED, Totals(35.59, 7.47, 43.06)),
        ("19", "round_globally", TWO_INCLUDED, Totals(83.34, 16.66, 100.0)),
        ("19", "round_globally", BOTH_KINDS, Totals(100.0, 29.0, 129.0)),
        ("19", "round_globally", MIXED, Totals(72.71, 4.71, 77.42)),
        ("19", "round_per_line", TWICE_ON_TOP, Totals(293.78, 67.56, 361.34)),
        ("19", "round_per_line", TWICE_INCLUDED, Totals(35.58, 7.48, 43.06)),
        ("19", "round_per_line", TWO_INCLUDED, Totals(83.34, 16.66, 100.0)),
        ("19", "round_per_line", MIXED, Totals(72.7, 4.71, 77.41)),
    ],
)
def test_orders_cost_what_the_real_servers_say(
    version: str, rounding: str, given: list[Line], expected: Totals
) -> None:
    assert Arithmetic(version, 2, rounding).order_totals(given) == expected


@pytest.mark.parametrize("rules", RULES, ids=str)
@settings(max_examples=25)
@given(data=st.data())
def test_totals_add_up_and_have_the_digits_of_the_currency(rules: Arithmetic, data: st.DataObject) -> None:
    order = data.draw(lines(ON_TOP + INCLUDED))
    totals = rules.order_totals(order)
    assert totals.total == rules.round(totals.untaxed + totals.tax)
    for amount in (totals.untaxed, totals.tax, totals.total):
        assert amount == rules.round(amount)


@pytest.mark.parametrize("rules", RULES, ids=str)
@settings(max_examples=25)
@given(data=st.data())
def test_an_order_without_taxes_costs_the_sum_of_its_lines(rules: Arithmetic, data: st.DataObject) -> None:
    order = data.draw(lines([]))
    totals = rules.order_totals(order)
    assert totals.tax == 0.0
    assert totals.total == totals.untaxed
    raw = sum(rules.raw(line).excluded for line in order)
    assert totals.total == rules.round(raw)


@pytest.mark.parametrize("rules", [rule for rule in RULES if rule.version == "19" or rule.per_line], ids=str)
@settings(max_examples=25)
@given(data=st.data())
def test_prices_with_taxes_included_are_what_is_paid(rules: Arithmetic, data: st.DataObject) -> None:
    order = data.draw(lines(INCLUDED))
    raw = [rules.raw(line).included for line in order]
    assert rules.order_totals(order).total == rules.round(sum(raw))


@pytest.mark.parametrize("rules", [rule for rule in RULES if rule.per_line], ids=str)
@settings(max_examples=25)
@given(data=st.data())
def test_rounded_per_line_an_order_is_the_sum_of_its_lines(rules: Arithmetic, data: st.DataObject) -> None:
    order = data.draw(lines(ON_TOP + INCLUDED))
    totals = rules.order_totals(order)
    each = [rules.line_totals(line) for line in order]
    assert totals.untaxed == rules.round(sum(one.untaxed for one in each))
    assert totals.total == rules.round(sum(one.total for one in each))


@settings(max_examples=25)
@given(lines(ON_TOP))
def test_globally_the_tax_is_never_further_than_half_a_cent_for_each_tax(order: list[Line]) -> None:
    rules = Arithmetic("19", 2, "round_globally")
    exact = sum(amount for line in order for _, amount in rules.raw(line).taxes)
    taxes = {tax for line in order for tax in line.taxes}
    assert abs(rules.order_totals(order).tax - exact) <= 0.005 * len(taxes) + 1e-6


def test_lines_of_keys_of_their_own_are_rounded_apart_on_19_only() -> None:
    """What the real 19 answered: 6.33 without keys, 6.34 with them."""
    prices = [(3.333333333333, 3.0), (0.37, 3.0), (0.37, 3.0), (9.99, 3.0)]
    apart = [Line(price, quantity, 0.0, (Tax(1, 15.0),), f"line_{i}") for i, (price, quantity) in enumerate(prices)]
    together = [dataclasses.replace(line, key="") for line in apart]
    assert Arithmetic("19", 2, "round_globally").order_totals(together) == Totals(42.19, 6.33, 48.52)
    assert Arithmetic("19", 2, "round_globally").order_totals(apart) == Totals(42.19, 6.34, 48.53)
    assert Arithmetic("18", 2, "round_globally").order_totals(apart) == Totals(42.19, 6.33, 48.52)


@settings(max_examples=50)
@given(st.one_of(lines(ON_TOP), lines(INCLUDED)))
def test_rounded_apart_an_order_costs_what_it_costs_rounded_per_line(order: list[Line]) -> None:
    """So did fifty random orders on the real 19; sums of a line that are finer than a cent are rounded alike."""
    apart = [dataclasses.replace(line, key=str(index), discount=0.0) for index, line in enumerate(order)]
    apart = [line for line in apart if line.quantity == int(line.quantity)]
    per_line = Arithmetic("19", 2, "round_per_line").order_totals(apart)
    assert Arithmetic("19", 2, "round_globally").order_totals(apart) == per_line
