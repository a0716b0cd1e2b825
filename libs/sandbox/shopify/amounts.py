"""Arithmetic of a checkout: rounding to the currency, spreading a discount, taxing a line. All `Decimal`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from typing import Any

from libs.common.domain.money import currency_digits, round_half_up

Bag = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Currencies:
    """The shop's currency of an order, the one shown to the customer, and what the one is worth in the other."""

    shop: str
    presentment: str
    rate: Decimal = Decimal(1)

    def bag(self, amount: Decimal) -> Bag:
        """A GraphQL `MoneyBag`: both moneys, each rounded to its own currency."""
        shown = amount if self.presentment == self.shop else amount * self.rate
        return {
            "shopMoney": {"amount": rounded(amount, self.shop), "currencyCode": self.shop},
            "presentmentMoney": {"amount": rounded(shown, self.presentment), "currencyCode": self.presentment},
        }


def rounded(amount: Decimal, currency: str) -> Decimal:
    """Half up, to the currency's smallest unit."""
    return round_half_up(amount, currency_digits(currency))


def written(amount: Decimal, currency: str) -> str:
    """As REST writes money: `"10.00"`, `"1000"` yen, `"1.500"` dinar."""
    return str(rounded(amount, currency))


def spread(amount: Decimal, weights: Sequence[Decimal], currency: str) -> list[Decimal]:
    """`amount` in parts proportional to `weights`, each a whole number of the smallest unit, none lost.

    What is left after rounding down goes, a unit each, to the parts that lost most (the earlier one of equals),
    so a part never exceeds its weight as long as `amount` does not exceed their sum. Raises `ValueError` when
    there is something to spread and nothing to spread it over.
    """
    total = sum(weights, Decimal(0))
    if not amount:
        return [Decimal(0)] * len(weights)
    if total <= 0:
        raise ValueError(f"{amount} {currency} cannot be spread over lines that cost nothing")
    unit = Decimal(1).scaleb(-currency_digits(currency))
    exact = [amount * weight / total for weight in weights]
    parts = [share.quantize(unit, rounding=ROUND_DOWN) for share in exact]
    left = int((amount - sum(parts, Decimal(0))) / unit)
    most_lost = sorted(range(len(parts)), key=lambda i: (parts[i] - exact[i], i))
    for index in most_lost[:left]:
        parts[index] += unit
    return parts


def tax_amounts(base: Decimal, rates: Sequence[Decimal], currency: str, *, included: bool) -> list[Decimal]:
    """What each rate comes to on a line that costs `base`, each rounded on its own, as Shopify does."""
    divisor = 1 + sum(rates, Decimal(0)) if included else Decimal(1)
    return [rounded(base * rate / divisor, currency) for rate in rates]
