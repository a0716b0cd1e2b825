"""Unit prices that come to an exact total.

Odoo keeps a unit price and a quantity, Shopify a total after discounts. Odoo's `discount` is a percentage of two
digits and cannot carry a fixed amount (reference/odoo.md), so discounts go into the unit price. Where the total
cannot be divided by the quantity:

- a server that keeps unit prices unrounded (19) takes the long quotient; the subtotal rounds to the total;
- a server that rounds them (18, two digits) takes the quantity in two parts whose prices differ by the smallest
  step: 10.00 for 3 becomes 2 at 3.33 and 1 at 3.34.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

#: Digits after the point of a quotient for a server that keeps them: an error of a billionth of a cent.
UNROUNDED_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Part:
    """`quantity` units at `unit_price` each."""

    quantity: int
    unit_price: Decimal


def exact_parts(total: Decimal, quantity: int, price_digits: int | None) -> tuple[Part, ...]:
    """One or two parts whose quantities sum to `quantity` and whose amounts sum to `total`.

    `price_digits` is what the server keeps of a unit price, None when it keeps all.
    A total finer than `price_digits` cannot be reached and comes back as near as it goes: the check of the
    order's total finds it.
    """
    if quantity == 0:
        return (Part(0, Decimal(0)),)
    price = total / quantity
    if price_digits is None:
        step = Decimal(1).scaleb(-UNROUNDED_DIGITS)
        return (Part(quantity, _trim(price.quantize(step, rounding=ROUND_HALF_EVEN))),)
    step = Decimal(1).scaleb(-price_digits)
    low = (price // step) * step
    if price < 0 and low != price:
        low -= step  # `//` on decimals cuts towards zero
    dear = int(((total - low * quantity) / step).to_integral_value(rounding=ROUND_HALF_EVEN))
    parts = (Part(quantity - dear, low), Part(dear, low + step))
    return tuple(Part(part.quantity, _trim(part.unit_price)) for part in parts if part.quantity)


def _trim(value: Decimal) -> Decimal:
    """Without trailing zeros, and never as an exponent."""
    return Decimal(f"{value.normalize():f}")
