"""What a sale order costs: Odoo's arithmetic of percentage taxes, for 18 and for 19.

Floats, not Decimals, on purpose: Odoo computes with floats and rounds half up with a small epsilon, and only the
same steps give the same cent when a product lies on the edge. Checked against both real servers with random orders.

- `round_per_line` rounds the amount of each tax on each line; `round_globally` rounds each tax once for the order.
- Taxes included in the price are taken out of it together: 10 % and 5 % included leave price / 1.15.
- With `round_globally` 18 rounds the untaxed total by itself, so that an order of tax-included prices may cost a
  cent more or less than its prices; 19 keeps their sum when no line has a tax on top.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

# Odoo's own allowance for the noise of a few multiplications: a quarter of a thousandth of a billionth of the value.
_EPSILON_BITS = 50


def round_half_up(value: float, digits: int) -> float:
    """`value` to `digits` decimals, ties away from zero, a value next to a tie counted as one."""
    if not value:
        return 0.0
    scale = float(10**digits)
    scaled = value * scale
    epsilon = 2.0 ** (math.log2(abs(scaled)) - _EPSILON_BITS)
    return float(round(scaled + math.copysign(epsilon, scaled))) / scale


@dataclass(frozen=True, slots=True)
class Tax:
    """A percentage (15.0) on top of the price, or included in it. Lines name them in the order of computation."""

    id: int
    percent: float
    included: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A line before taxes; `discount` is a percentage of the unit price."""

    price_unit: float
    quantity: float
    discount: float = 0.0
    taxes: tuple[Tax, ...] = ()
    key: str = ""
    """`computation_key` of 19's `extra_tax_data`: lines of one key are rounded together, apart from all others."""


@dataclass(frozen=True, slots=True)
class LineAmounts:
    """Unrounded with `round_globally`; `taxes` has (tax, amount) pairs."""

    excluded: float
    included: float
    taxes: tuple[tuple[Tax, float], ...]


@dataclass(frozen=True, slots=True)
class Totals:
    untaxed: float
    tax: float
    total: float


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """How a company of this version rounds in this currency (`digits` decimals)."""

    version: str
    digits: int
    rounding: str

    @property
    def per_line(self) -> bool:
        return self.rounding == "round_per_line"

    def round(self, amount: float) -> float:
        return round_half_up(amount, self.digits)

    def raw(self, line: Line) -> LineAmounts:
        """The amounts of one line, rounded only if this company rounds per line."""
        base = line.quantity * (line.price_unit * (1 - line.discount / 100.0))
        if self.per_line:
            base = self.round(base)
        share = sum(tax.percent for tax in line.taxes if tax.included) / 100.0
        factor = 1 / (1 + share) if share != -1 else 0.0
        amounts = {tax: self._kept(base * factor * tax.percent / 100.0) for tax in line.taxes if tax.included}
        excluded = base - sum(amounts.values())
        amounts |= {tax: self._kept(excluded * tax.percent / 100.0) for tax in line.taxes if not tax.included}
        return LineAmounts(excluded, excluded + sum(amounts.values()), tuple(amounts.items()))

    def _kept(self, amount: float) -> float:
        return self.round(amount) if self.per_line else amount

    def line_totals(self, line: Line) -> Totals:
        """`price_subtotal`, `price_tax` (with the float noise that Odoo has) and `price_total` of a line."""
        amounts = self.raw(line)
        untaxed = self.round(amounts.excluded)
        if self.version == "18":
            total = self.round(amounts.included)
        else:
            # 19 rounds the line as if it were an order of its own, but keeps the subtotal as rounded by itself.
            total = self.round(untaxed + sum(self.round(amount) for _, amount in amounts.taxes))
        return Totals(untaxed, total - untaxed, total)

    def tax_totals(self, lines: Sequence[Line]) -> dict[Tax, float]:
        """The rounded amount of each tax of these lines, as an invoice has tax lines."""
        totals: dict[Tax, float] = {}
        for group in self._groups(lines):
            for tax, amount in self._taxes_together(group).items():
                totals[tax] = self.round(totals.get(tax, 0.0) + amount)
        return totals

    def _groups(self, lines: Sequence[Line]) -> list[list[Line]]:
        """Lines that are rounded together: all of them on 18."""
        groups: dict[str, list[Line]] = {}
        for line in lines:
            groups.setdefault("" if self.version == "18" else line.key, []).append(line)
        return list(groups.values())

    def _taxes_together(self, lines: Sequence[Line]) -> dict[Tax, float]:
        per_tax: dict[Tax, float] = {}
        for line in lines:
            for tax, amount in self.raw(line).taxes:
                per_tax[tax] = per_tax.get(tax, 0.0) + amount
        return {tax: self.round(amount) for tax, amount in per_tax.items()}

    def untaxed_shares(self, lines: Sequence[Line]) -> list[float]:
        """What each line adds to the untaxed total of an invoice.

        Its subtotal, but the cents by which the subtotals miss the total are on the largest line. Odoo has a way of
        its own to choose that line, mostly the same one; the sum is that of Odoo.
        """
        shares = [self.line_totals(line).untaxed for line in lines]
        if shares:
            largest = max(range(len(shares)), key=lambda index: abs(shares[index]))
            missing = self.order_totals(lines).untaxed - sum(shares)
            shares[largest] = self.round(shares[largest] + missing)
        return shares

    def order_totals(self, lines: Sequence[Line]) -> Totals:
        """`amount_untaxed`, `amount_tax` and `amount_total` of an order."""
        groups = [self._totals_together(group) for group in self._groups(lines)]
        untaxed, tax = (self.round(sum(one)) for one in ([g.untaxed for g in groups], [g.tax for g in groups]))
        return Totals(untaxed, tax, self.round(untaxed + tax))

    def _totals_together(self, lines: Sequence[Line]) -> Totals:
        amounts = [self.raw(line) for line in lines]
        per_tax = self._taxes_together(lines)
        tax_total = self.round(sum(per_tax.values()))
        on_top = any(not tax.included for tax in per_tax)
        if self.version == "18" or on_top:
            untaxed = self.round(sum(line.excluded for line in amounts))
        else:
            untaxed = self.round(self.round(sum(line.included for line in amounts)) - tax_total)
        return Totals(untaxed, tax_total, self.round(untaxed + tax_total))
