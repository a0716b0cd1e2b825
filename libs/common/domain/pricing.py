"""Unit prices that come to an exact total.

Odoo keeps a unit price and a quantity, Shopify a total after discounts. Odoo's `discount` is a percentage of two
digits and cannot carry a fixed amount (reference/odoo.md), so discounts go into the unit price. Where the total
cannot be divided by the quantity:

- a server that keeps unit prices unrounded (19) takes the long quotient; the subtotal rounds to the total;
- a server that rounds them (18, two digits) takes the quantity in two parts whose prices differ by the smallest
  step: 10.00 for 3 becomes 2 at 3.33 and 1 at 3.34.

Where prices have more digits than the currency, a near one does: 10 yen for 3 are 3.33 each, if that is within a
twentieth of a yen.

A server that rounds prices to fewer digits than the currency has (18 with dinars: 1.255) takes the next higher price
less the percentage that comes to the amount: 1.26 less 0.40 %.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, ROUND_UP, Decimal

from libs.common.domain.money import round_half_up

#: Digits after the point of a quotient for a server that keeps them: an error of a billionth of a cent.
UNROUNDED_DIGITS = 12


#: Digits of a percentage of discount that every server keeps.
DISCOUNT_DIGITS = 2
#: So many prices are tried for one whose percentage fits: enough for some 10,000 dinars a line.
MOST_PRICES = 1000
_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Part:
    """`quantity` units at `unit_price` each, less `discount` percent."""

    quantity: int
    unit_price: Decimal
    discount: Decimal = Decimal(0)

    @property
    def amount(self) -> Decimal:
        """Unrounded."""
        return self.unit_price * self.quantity * (1 - self.discount / _HUNDRED)


def exact_parts(
    total: Decimal, quantity: int, price_digits: int | None, currency_digits: int | None = None
) -> tuple[Part, ...]:
    """One or two parts whose quantities sum to `quantity` and whose amounts sum to `total`.

    `price_digits` is what the server keeps of a unit price, None when it keeps all. Without `currency_digits` no part
    has a discount, and a total finer than `price_digits` comes back as near as it goes.
    """
    if quantity == 0:
        return (Part(0, Decimal(0)),)
    if price_digits is None:
        price = (total / quantity).quantize(Decimal(1).scaleb(-UNROUNDED_DIGITS), rounding=ROUND_HALF_EVEN)
        return (Part(quantity, _trim(price)),)
    if currency_digits is not None and total != round_half_up(total, price_digits):
        return _discounted(total, quantity, price_digits, currency_digits)
    if currency_digits is not None and currency_digits < price_digits:
        part = Part(quantity, _trim(round_half_up(total / quantity, price_digits)))
        if abs(part.amount - total) <= Decimal(5).scaleb(-currency_digits - 2):
            return (part,)
    return _split(total, quantity, price_digits)


def _split(total: Decimal, quantity: int, price_digits: int) -> tuple[Part, ...]:
    price = total / quantity
    step = Decimal(1).scaleb(-price_digits)
    low = (price // step) * step
    if price < 0 and low != price:
        low -= step  # `//` on decimals cuts towards zero
    dear = int(((total - low * quantity) / step).to_integral_value(rounding=ROUND_HALF_EVEN))
    parts = (Part(quantity - dear, low), Part(dear, low + step))
    return tuple(Part(part.quantity, _trim(part.unit_price)) for part in parts if part.quantity)


def _discounted(total: Decimal, quantity: int, price_digits: int, currency_digits: int) -> tuple[Part, ...]:
    """The lowest price for which a percentage fits; for huge amounts ten times the price less 90 %."""
    step, near = Decimal(1).scaleb(-price_digits), Decimal(4).scaleb(-currency_digits - 1)
    sign = -1 if total < 0 else 1
    lowest = (abs(total) / quantity).quantize(step, rounding=ROUND_UP)
    for number in range(MOST_PRICES):
        price = lowest + number * step
        percent = round_half_up((1 - abs(total) / (price * quantity)) * _HUNDRED, DISCOUNT_DIGITS)
        part = Part(quantity, _trim(sign * price), _trim(percent))
        if abs(part.amount - total) <= near:
            return (part,)
    tenfold = _split(total * 10, quantity, price_digits)
    return tuple(Part(part.quantity, part.unit_price, Decimal(90)) for part in tenfold)


def _trim(value: Decimal) -> Decimal:
    """Without trailing zeros, and never as an exponent."""
    return Decimal(f"{value.normalize():f}")
