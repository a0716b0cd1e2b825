"""What a variant costs by a pricelist of Odoo's: its rules, the nearest first. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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
    fixed: Decimal = Decimal(0)
    percent: Decimal = Decimal(0)
    """A discount: 20 is a fifth off."""
    min_quantity: Decimal = Decimal(0)
    variant_id: int | None = None
    template_id: int | None = None
    category_id: int | None = None
    start: datetime | None = None
    end: datetime | None = None


class Formula(Exception):
    """The rule is a formula: Odoo alone works it out."""


def price_by(  # noqa: PLR0917 - what is sold, and when
    rules: Sequence[PriceRule],
    list_price: Decimal,
    variant_id: int,
    template_id: int,
    category_id: int | None,
    now: datetime,
) -> Decimal:
    """The price of one unit, to the cent. Raises Formula."""
    fitting = [one for one in rules if _fits(one, variant_id, template_id, category_id, now)]
    best = min(fitting, key=lambda one: (NEAREST.index(one.applied_on), -one.min_quantity, -one.id), default=None)
    if best is None:
        return list_price
    if best.compute == "fixed":
        return best.fixed
    if best.compute == "percentage":
        price = list_price * (100 - best.percent) / 100
        return price.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
    raise Formula


def _fits(rule: PriceRule, variant_id: int, template_id: int, category_id: int | None, now: datetime) -> bool:
    if rule.min_quantity > 1 or (rule.start and rule.start > now) or (rule.end and rule.end < now):
        return False
    wanted = {
        "0_product_variant": rule.variant_id == variant_id,
        "1_product": rule.template_id == template_id,
        "2_product_category": rule.category_id is not None and rule.category_id == category_id,
        "3_global": True,
    }
    return wanted.get(rule.applied_on, False)
