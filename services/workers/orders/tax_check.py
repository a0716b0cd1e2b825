"""Are the taxes of an order in Odoo those that Shopify charged? Pure.

Odoo tells the tax of a line, not of each rate on it; so lines are taken together that have the same taxes. Their sums
may differ by what rounding does: Shopify rounds each tax of each line, Odoo also the line or the whole order.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from libs.common.domain.money import Money, currency_digits
from libs.common.domain.sales import SaleLine
from services.workers.orders.model import PlannedLine


@dataclass(frozen=True, slots=True)
class TaxDifference:
    """Both sides' tax of all lines that have these taxes in Odoo."""

    tax_ids: tuple[int, ...]
    shopify: Money
    odoo: Money
    reach: Money
    """The most that rounding can do to it."""

    @property
    def is_rounding(self) -> bool:
        return abs((self.odoo - self.shopify).amount) <= self.reach.amount

    def told(self) -> dict[str, object]:
        return {"tax_ids": list(self.tax_ids), "shopify": str(self.shopify), "odoo": str(self.odoo)}


def tax_differences(lines: Iterable[tuple[PlannedLine, SaleLine]], currency: str) -> list[TaxDifference]:
    """Where the two sides differ at all."""
    by_taxes: dict[tuple[int, ...], list[tuple[PlannedLine, SaleLine]]] = {}
    for planned, line in lines:
        by_taxes.setdefault(tuple(sorted(line.tax_ids)), []).append((planned, line))
    found = [_difference(tax_ids, both, currency) for tax_ids, both in by_taxes.items()]
    return [one for one in found if one.shopify != one.odoo]


def _difference(tax_ids: tuple[int, ...], lines: list[tuple[PlannedLine, SaleLine]], currency: str) -> TaxDifference:
    unit = Decimal(1).scaleb(-currency_digits(currency))
    # Half a unit for each tax of each line, and as much for the line itself: Odoo's tax is its total less its subtotal.
    roundings = len(lines) * (len(tax_ids) + 1) if tax_ids else 0
    return TaxDifference(
        tax_ids,
        Money.sum((planned.tax for planned, _ in lines), currency).rounded(),
        Money.sum((Money(line.tax, currency).rounded() for _, line in lines), currency).rounded(),
        Money(unit * roundings / 2, currency),
    )
