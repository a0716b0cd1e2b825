"""Unit prices that an order in Odoo has already, where they come to what Shopify charges. Pure.

A total that no one price comes to is split, and where it is split depends on the units: planned anew with more or fewer
of them, the same line would get another price, which an invoiced line keeps. And of units that a refund took off,
Shopify rounds what is left of the line's total, Odoo what so many units cost: a smallest unit apart is no other price.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from libs.common.domain.money import Money, currency_digits
from libs.common.domain.orders import Order
from libs.common.domain.sales import SaleLine, SaleOrder
from services.workers.orders.model import PlannedLine

PART = "_part"


def with_known_prices(planned: Sequence[PlannedLine], source: Order, there: SaleOrder) -> tuple[PlannedLine, ...]:
    """The planned lines, those of Shopify's lines with Odoo's own prices where these fit."""
    cancelled = {f"line_{line.id}": line.cancelled_units for line in source.lines}
    groups: dict[str, list[PlannedLine]] = {}
    for line in planned:
        groups.setdefault(line.key.partition(PART)[0], []).append(line)
    found: list[PlannedLine] = []
    for key, group in groups.items():
        known = there.lines_of(key) if key in cancelled and there.currency == source.currency else ()
        found += _as_known(group, known, cancelled.get(key, 0)) or group
    return tuple(found)


def _as_known(planned: Sequence[PlannedLine], known: Sequence[SaleLine], cancelled: int) -> list[PlannedLine]:
    """Empty where it has other taxes or comes to something else; several lines only with the units that they have."""
    units = sum(line.quantity for line in planned)
    currency = planned[0].amount.currency
    wanted = Money.sum((line.amount for line in planned), currency)
    # On nothing that is left of a line nothing is charged, which says nothing of its taxes.
    same_taxes = all(set(line.tax_ids) == set(planned[0].tax_ids) for line in known) or (cancelled and not wanted)
    if not known or not same_taxes:
        return []
    quantities = [line.quantity for line in known] if len(known) > 1 else [Decimal(units)]
    if sum(quantities) != units or any(quantity != int(quantity) for quantity in quantities):
        return []
    amounts = [
        Money(quantity * line.price_unit * (1 - line.discount / 100), currency).rounded()
        for line, quantity in zip(known, quantities, strict=True)
    ]
    # Of a line in parts the refund took units of one part, whose price is not that of the others.
    prices = [line.price_unit * (1 - line.discount / 100) for line in known]
    reach = cancelled * (Decimal(1).scaleb(-currency_digits(currency)) + max(prices) - min(prices))
    if abs((Money.sum(amounts, currency) - wanted).amount) > reach:
        return []
    first, module = planned[0], planned[0].external_id.partition(".")[0]
    tax = Money.sum((line.tax for line in planned), currency)
    return [
        replace(
            first,
            external_id=f"{module}.{line.key}",
            quantity=int(quantity),
            tax_ids=line.tax_ids,
            unit_price=line.price_unit,
            discount=line.discount,
            amount=amount,
            tax=Money.zero(currency) if index else tax,
        )
        for index, (line, quantity, amount) in enumerate(zip(known, quantities, amounts, strict=True))
        if quantity
    ]
