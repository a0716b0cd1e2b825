from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from libs.common.domain.money import round_half_up
from libs.common.domain.pricing import Part, exact_parts

cents = st.decimals(min_value=Decimal(-99999), max_value=Decimal(99999), places=2)


def test_a_total_that_divides_is_one_part() -> None:
    assert exact_parts(Decimal("20.00"), 2, 2) == (Part(2, Decimal(10)),)


def test_a_server_that_rounds_prices_gets_two_parts() -> None:
    assert exact_parts(Decimal("10.00"), 3, 2) == (Part(2, Decimal("3.33")), Part(1, Decimal("3.34")))


def test_a_server_that_keeps_prices_gets_the_long_quotient() -> None:
    (part,) = exact_parts(Decimal("10.00"), 3, None)
    assert part == Part(3, Decimal("3.333333333333"))


def test_a_negative_total_is_split_exactly_too() -> None:
    assert exact_parts(Decimal("-10.00"), 3, 2) == (Part(1, Decimal("-3.34")), Part(2, Decimal("-3.33")))


def test_no_quantity_is_one_part_of_nothing() -> None:
    assert exact_parts(Decimal(0), 0, 2) == (Part(0, Decimal(0)),)


@given(total=cents, quantity=st.integers(1, 5000))
def test_rounded_parts_come_to_the_total_to_the_cent(total: Decimal, quantity: int) -> None:
    parts = exact_parts(total, quantity, 2)
    assert sum(part.quantity for part in parts) == quantity
    assert sum(part.quantity * part.unit_price for part in parts) == total
    assert all(part.unit_price == part.unit_price.quantize(Decimal("0.01")) for part in parts)


@given(total=cents, quantity=st.integers(1, 5000))
def test_an_unrounded_price_times_the_quantity_rounds_to_the_total(total: Decimal, quantity: int) -> None:
    (part,) = exact_parts(total, quantity, None)
    assert abs(part.quantity * part.unit_price - total) < Decimal("0.00001")


@given(total=st.integers(-99999, 99999), quantity=st.integers(1, 500), digits=st.sampled_from([0, 2, 3]))
def test_currencies_of_other_digits_are_exact_too(total: int, quantity: int, digits: int) -> None:
    amount = Decimal(total).scaleb(-digits)
    assert sum(p.quantity * p.unit_price for p in exact_parts(amount, quantity, digits)) == amount


def test_a_price_finer_than_the_server_keeps_is_the_next_one_less_a_percentage() -> None:
    assert exact_parts(Decimal("1.255"), 1, 2, 3) == (Part(1, Decimal("1.26"), Decimal("0.4")),)
    assert exact_parts(Decimal("1.250"), 1, 2, 3) == (Part(1, Decimal("1.25")),)
    assert exact_parts(Decimal("-1.255"), 1, 2, 3) == (Part(1, Decimal("-1.26"), Decimal("0.4")),)


@given(total=st.integers(-9_999_999, 9_999_999), quantity=st.integers(1, 500))
def test_dinars_come_to_the_total_with_prices_of_two_digits(total: int, quantity: int) -> None:
    amount = Decimal(total).scaleb(-3)
    parts = exact_parts(amount, quantity, 2, 3)
    assert sum(part.quantity for part in parts) == quantity
    assert sum(round_half_up(part.amount, 3) for part in parts) == amount
    for part in parts:
        assert part.unit_price == round_half_up(part.unit_price, 2)
        assert part.discount == round_half_up(part.discount, 2)
        assert 0 <= part.discount < 100


def test_yen_have_one_price_of_two_digits_where_that_is_near_enough() -> None:
    assert exact_parts(Decimal(5797), 3, 2, 0) == (Part(3, Decimal("1932.33")),)
    assert exact_parts(Decimal(5797), 300, 2, 0) == (Part(100, Decimal("19.33")), Part(200, Decimal("19.32")))[::-1]


def test_an_amount_too_large_for_any_such_percentage_is_a_tenth_of_its_price() -> None:
    parts = exact_parts(Decimal("98765432.101"), 3, 2, 3)
    assert {part.discount for part in parts} == {Decimal(90)}
    assert sum(part.amount for part in parts) == Decimal("98765432.101")
