"""What a variant costs by a pricelist of Odoo's, as Odoo itself works it out for one unit. Pure.

Odoo has no method that an outside caller may ask for many prices at once, so the arithmetic is done here, in decimals:
the rule that fits best (the most particular, the greater quantity, the nearest category, the newest), then its fixed
price, its discount, or its formula, from the sales price, the cost, or what another pricelist says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

#: The most particular first, as `applied_on` sorts: variant, product, category, all.
NEAREST = ("0_product_variant", "1_product", "2_product_category", "3_global")


@dataclass(frozen=True, slots=True)
class PriceRule:
    """One `product.pricelist.item`."""

    id: int
    applied_on: str
    compute: str
    """`fixed`, `percentage` or `formula`"""
    base: str = "list_price"
    """What a discount or a formula is reckoned from: `list_price`, `standard_price` or `pricelist`."""
    base_pricelist: int | None = None
    fixed: Decimal = Decimal(0)
    percent: Decimal = Decimal(0)
    """A discount: 20 is a fifth off."""
    discount: Decimal = Decimal(0)
    """That of a formula, in percent; of a cost it is a mark-up below zero."""
    step: Decimal = Decimal(0)
    """A formula's price is rounded to a multiple of it; 0 for none."""
    surcharge: Decimal = Decimal(0)
    min_margin: Decimal = Decimal(0)
    max_margin: Decimal = Decimal(0)
    min_quantity: Decimal = Decimal(0)
    variant_id: int | None = None
    template_id: int | None = None
    category_id: int | None = None
    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Currency:
    """`rate` is how much of it one unit of the company's currency gives, `digits` what its amounts are rounded to."""

    rate: Decimal = Decimal(1)
    digits: int = 2
    name: str = ""
    """ISO 4217: `USD`"""


@dataclass(frozen=True, slots=True)
class Pricelist:
    """Its rules, and the currency in which its prices are told."""

    rules: tuple[PriceRule, ...] = ()
    currency: Currency = field(default_factory=Currency)


@dataclass(frozen=True, slots=True)
class Priced:
    """A variant as the rules look at it; its amounts are in the company's currency."""

    variant_id: int
    template_id: int
    list_price: Decimal
    cost: Decimal = Decimal(0)
    categories: tuple[int, ...] = ()
    """Its category's id, after those of all categories above it."""


class NoPricelist(Exception):
    """A pricelist that is not there, or one whose rules go round in a circle."""


def price_by(pricelists: Mapping[int, Pricelist], chosen: int, one: Priced, now: datetime) -> Decimal:
    """The price of one unit in the pricelist's currency, rounded as its amounts are. Raises NoPricelist."""
    price = _price(pricelists, chosen, one, now, ())
    return price.quantize(Decimal(1).scaleb(-pricelists[chosen].currency.digits), rounding=ROUND_HALF_UP)


def _price(
    pricelists: Mapping[int, Pricelist], chosen: int, one: Priced, now: datetime, above: tuple[int, ...]
) -> Decimal:
    """Unrounded, as Odoo hands it from one pricelist to the next."""
    if chosen not in pricelists or chosen in above:
        raise NoPricelist(chosen)
    pricelist = pricelists[chosen]
    rule = min((r for r in pricelist.rules if _fits(r, one, now)), key=lambda r: _rank(r, one), default=None)
    if rule is None:
        return one.list_price * pricelist.currency.rate
    if rule.compute == "fixed":
        return rule.fixed
    base = one.list_price * pricelist.currency.rate
    if rule.base == "standard_price":
        base = one.cost * pricelist.currency.rate
    elif rule.base == "pricelist" and rule.base_pricelist:
        base = _price(pricelists, rule.base_pricelist, one, now, (*above, chosen))
        base = base * pricelist.currency.rate / pricelists[rule.base_pricelist].currency.rate
    return base * (1 - rule.percent / 100) if rule.compute == "percentage" else _formula(rule, base)


def _formula(rule: PriceRule, base: Decimal) -> Decimal:
    """Discount, rounding, extra fee, then the margins, in this order; a margin of 0 is none."""
    price = base * (1 - rule.discount / 100)
    if rule.step:
        price = (price / rule.step).quantize(Decimal(1), rounding=ROUND_HALF_UP) * rule.step
    price += rule.surcharge
    if rule.min_margin:
        price = max(price, base + rule.min_margin)
    return min(price, base + rule.max_margin) if rule.max_margin else price


def _rank(rule: PriceRule, one: Priced) -> tuple[int, Decimal, int, int]:
    nearness = one.categories.index(rule.category_id) if rule.category_id in one.categories else -1
    return NEAREST.index(rule.applied_on), -rule.min_quantity, -nearness, -rule.id


def _fits(rule: PriceRule, one: Priced, now: datetime) -> bool:
    if rule.min_quantity > 1 or (rule.start and rule.start > now) or (rule.end and rule.end < now):
        return False
    wanted: Mapping[str, bool] = {
        "0_product_variant": rule.variant_id == one.variant_id,
        "1_product": rule.template_id == one.template_id,
        "2_product_category": rule.category_id in one.categories,
        "3_global": True,
    }
    return wanted.get(rule.applied_on, False)


def bases(rules: Sequence[PriceRule]) -> set[int]:
    """The other pricelists that these rules reckon from."""
    return {one.base_pricelist for one in rules if one.base == "pricelist" and one.base_pricelist}
