"""The lines of an order in Odoo: products, exact prices, taxes."""

from __future__ import annotations

from dataclasses import dataclass

from libs.common.domain.money import Money
from libs.common.domain.orders import Order
from libs.common.domain.rules import StoreRules
from services.workers.orders.model import PlannedLine, PlannedProduct, Ref, Situation
from services.workers.orders.prices import parts_of
from services.workers.orders.products import DUTY, FEE, ROUNDING, SHIPPING, TIP, carrier, product_of
from services.workers.orders.sold import Sold, sold_parts
from services.workers.orders.taxes import tax_ids


@dataclass(frozen=True, slots=True)
class PlannedLines:
    """All lines, the products to make for them, and the pairs of variant and product worth remembering."""

    lines: tuple[PlannedLine, ...]
    products: tuple[PlannedProduct, ...]
    links: tuple[tuple[str, str, int, str], ...]


def plan_lines(situation: Situation, order: Order, rules: StoreRules) -> PlannedLines:
    """A line for everything that was sold; raises `HoldOrder` where a person must decide."""
    products: dict[str, PlannedProduct] = {}
    links: list[tuple[str, str, int, str]] = []
    lines: list[PlannedLine] = []
    for part in sold_parts(order):
        ref = _product(situation, rules, part, products)
        variant_id = part.line.variant_id if part.line else None
        if isinstance(ref, int) and variant_id and variant_id not in situation.linked_products:
            links.append(("variant", variant_id, ref, part.name))
        lines += _lines(situation, order, rules, ref, part)
    return PlannedLines(tuple(lines), tuple(products.values()), tuple(dict.fromkeys(links)))


def _product(situation: Situation, rules: StoreRules, part: Sold, products: dict[str, PlannedProduct]) -> Ref:
    if part.line:
        return product_of(situation, rules, part.line, products)
    chosen = {
        SHIPPING: rules.shipping_product_id,
        TIP: rules.tip_product_id,
        DUTY: rules.duty_product_id,
        FEE: rules.fee_product_id,
        ROUNDING: rules.rounding_product_id,
    }
    return carrier(situation, part.kind, chosen[part.kind], products)


def _lines(situation: Situation, order: Order, rules: StoreRules, ref: Ref, sold: Sold) -> list[PlannedLine]:
    """One line, or two where the price had to be split; the first has the name that every line has."""
    currency = sold.total.currency
    taxes = tax_ids(order, sold.taxes, sold.total, situation.facts.taxes, rules)
    tax = Money.sum((one.price for one in sold.taxes), currency)
    digits = situation.facts.price_digits
    parts = parts_of(sold.total, sold.quantity, digits, sold.taxes, included=order.taxes_included)
    return [
        PlannedLine(
            external_id=f"{situation.module}.{sold.key}" + (f"_part{index + 1}" if index else ""),
            product=ref,
            name=sold.name,
            quantity=part.quantity,
            unit_price=part.unit_price,
            tax_ids=taxes,
            amount=Money(part.amount, currency).rounded(),
            tax=Money.zero(currency) if index else tax,
            discount=part.discount,
        )
        for index, part in enumerate(parts)
    ]
