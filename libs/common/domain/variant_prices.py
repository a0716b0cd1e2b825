"""The prices of a product's variants as Odoo keeps them: one price, and what each value adds to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

Options = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Extras:
    """`base` is the template's price; `extra` by (option, value)."""

    base: Decimal
    extra: Mapping[tuple[str, str], Decimal]

    def price(self, options: Options) -> Decimal:
        return self.base + sum((self.extra[one] for one in options), Decimal(0))


def decompose(prices: Sequence[tuple[Options, Decimal]]) -> Extras:
    """Extras that give every variant its price where any sum of extras does, else as many as are met on the way.

    The values of the cheapest variant add nothing. Each further value is known once a variant has it as its only
    unknown one; where none has, all but one of a variant's unknown values are free, and add nothing.
    """
    options, base = min(prices, key=lambda one: one[1])
    extra = dict.fromkeys(options, Decimal(0))
    waiting = [one for one in prices if any(value not in extra for value in one[0])]
    while waiting:
        left = []
        for options, price in waiting:
            unknown = [value for value in options if value not in extra]
            if len(unknown) == 1:
                known = sum((extra[value] for value in options if value in extra), Decimal(0))
                extra[unknown[0]] = price - base - known
            elif unknown:
                left.append((options, price))
        if len(left) == len(waiting):
            unknown = [value for value in left[0][0] if value not in extra]
            extra |= dict.fromkeys(unknown[1:], Decimal(0))
        waiting = left
    return Extras(base, extra)
