from decimal import Decimal

import pytest

from libs.common.domain.money import Money, currency_digits, round_half_up


def test_two_currencies_are_never_added() -> None:
    with pytest.raises(ValueError, match="two currencies"):
        Money.of("1", "EUR") + Money.of("1", "USD")


def test_a_float_is_no_amount() -> None:
    with pytest.raises(TypeError, match="Decimal"):
        Money(1.5, "EUR")  # type: ignore[arg-type]


def test_halves_are_rounded_away_from_zero() -> None:
    assert round_half_up(Decimal("0.005"), 2) == Decimal("0.01")
    assert round_half_up(Decimal("-0.005"), 2) == Decimal("-0.01")


@pytest.mark.parametrize(("currency", "digits"), [("USD", 2), ("JPY", 0), ("KWD", 3)])
def test_currencies_have_their_own_digits(currency: str, digits: int) -> None:
    assert currency_digits(currency) == digits
    assert Money.of("1.4444", currency).rounded().amount == round(Decimal("1.4444"), digits)


def test_money_is_summed_subtracted_and_scaled_exactly() -> None:
    total = Money.sum([Money.of("0.10", "EUR")] * 3, "EUR") - Money.of("0.30", "EUR")
    assert not total
    assert -(Money.of("2", "EUR") * 3) == Money.of("-6", "EUR")
    assert str(Money.of("1.5", "EUR")) == "1.50 EUR"
