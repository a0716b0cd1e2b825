"""Arithmetic of a checkout: rounding to the currency, spreading a discount, taxing a line. All `Decimal`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from functools import reduce
from typing import Any

from libs.common.domain.money import currency_digits, round_half_up

Bag = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount in the shop's money and in the money shown to the customer, each reckoned by itself."""

    shop: Decimal = Decimal(0)
    shown: Decimal = Decimal(0)

    def __add__(self, other: Amount) -> Amount:
        return Amount(self.shop + other.shop, self.shown + other.shown)

    def __sub__(self, other: Amount) -> Amount:
        return Amount(self.shop - other.shop, self.shown - other.shown)

    def __mul__(self, factor: int) -> Amount:
        return Amount(self.shop * factor, self.shown * factor)

    def __bool__(self) -> bool:
        return bool(self.shop or self.shown)

    @classmethod
    def sum(cls, parts: Iterable[Amount]) -> Amount:
        return reduce(lambda total, part: total + part, parts, cls())


@dataclass(frozen=True, slots=True)
class Currencies:
    """The shop's currency of an order, the one shown to the customer, and what the one is worth in the other."""

    shop: str
    presentment: str
    rate: Decimal = Decimal(1)

    def amount(self, of: Decimal) -> Amount:
        """`of` in the shop's money, and what it is worth in the other; each rounded to its own currency."""
        shown = of if self.presentment == self.shop else of * self.rate
        return Amount(rounded(of, self.shop), rounded(shown, self.presentment))

    def bag(self, of: Amount | Decimal) -> Bag:
        """A GraphQL `MoneyBag`."""
        amount = of if isinstance(of, Amount) else self.amount(of)
        return {
            "shopMoney": {"amount": rounded(amount.shop, self.shop), "currencyCode": self.shop},
            "presentmentMoney": {"amount": rounded(amount.shown, self.presentment), "currencyCode": self.presentment},
        }

    def off(self, base: Amount, *, fixed: Decimal | None = None, percent: Decimal | None = None) -> Amount:
        """What a discount takes off `base`. All of it in one money is all of it in the other, too.

        Raises `ValueError` for a fixed amount above the base.
        """
        if percent is not None and fixed is None:
            shop, shown = base.shop * percent / 100, base.shown * percent / 100
            return Amount(rounded(shop, self.shop), rounded(shown, self.presentment))
        taken = self.amount(fixed or Decimal(0))
        if not 0 <= taken.shop <= base.shop:
            raise ValueError(f"a discount of {taken.shop} on {base.shop}")
        return base if taken.shop == base.shop else Amount(taken.shop, min(taken.shown, base.shown))

    def spread(self, amount: Amount, weights: Sequence[Amount]) -> list[Amount]:
        """`spread` in each money."""
        shop = spread(amount.shop, [w.shop for w in weights], self.shop)
        shown = spread(amount.shown, [w.shown for w in weights], self.presentment)
        return [Amount(*parts) for parts in zip(shop, shown, strict=True)]

    def taxes(self, base: Amount, rates: Sequence[Decimal], *, included: bool) -> list[Amount]:
        """`tax_amounts` in each money."""
        shop = tax_amounts(base.shop, rates, self.shop, included=included)
        shown = tax_amounts(base.shown, rates, self.presentment, included=included)
        return [Amount(*parts) for parts in zip(shop, shown, strict=True)]


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
