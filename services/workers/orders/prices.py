"""Unit prices whose amounts are Shopify's, and whose taxes are too where Odoo rounds each line. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from libs.common.domain.money import Money, currency_digits, round_half_up
from libs.common.domain.orders import TaxLine
from libs.common.domain.pricing import Part, exact_parts

#: How far a split may be from an even one, in the smallest step of a price.
MOST_STEPS = 20


def parts_of(
    total: Money, quantity: int, price_digits: int | None, taxes: Sequence[TaxLine], *, included: bool
) -> tuple[Part, ...]:
    """One part, or two where no one price comes to the total.

    Two lines have their taxes rounded apart, and 6.66 and 3.34 may have a cent more of it than 10.00; then another
    split of the same total is looked for.
    """
    digits = currency_digits(total.currency)
    parts = exact_parts(total.amount, quantity, price_digits, digits)
    if len(parts) == 1 or price_digits is None or any(part.discount for part in parts):
        return parts
    for split in (parts, *_splits(total.amount, quantity, price_digits)):
        if all(_tax(split, tax, taxes, digits, included=included) == tax.price.amount for tax in taxes):
            return split
    return parts


def _splits(total: Decimal, quantity: int, price_digits: int) -> Iterator[tuple[Part, ...]]:
    """All units but one at a price near the even one, and one at what is left."""
    step = Decimal(1).scaleb(-price_digits)
    even = round_half_up(total / quantity, price_digits)
    for distance in range(1, MOST_STEPS):
        for price in (even - distance * step, even + distance * step):
            left = total - (quantity - 1) * price
            if price >= 0 and left >= 0:
                yield Part(quantity - 1, price), Part(1, left)


def _tax(parts: Sequence[Part], tax: TaxLine, taxes: Sequence[TaxLine], digits: int, *, included: bool) -> Decimal:
    divisor = 1 + sum((one.rate for one in taxes), Decimal(0)) if included else Decimal(1)
    return sum((round_half_up(part.amount * tax.rate / divisor, digits) for part in parts), Decimal(0))
