"""Is what Odoo has what Shopify has? Pure; every difference is named with both figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from itertools import zip_longest
from typing import Any

from libs.common.domain.money import currency_digits, round_half_up
from libs.common.domain.outcomes import Hold
from libs.common.domain.sales import SaleLine, SaleOrder
from services.workers.orders.model import Changes, PlannedLine


def difference(changes: Changes, odoo: SaleOrder, product_ids: Mapping[str, int]) -> dict[str, Any] | None:
    """What differs, by name; None when lines, currency and total agree to the cent.

    `product_ids` resolves the external ids that planned lines may name; one it does not know is not compared.
    """
    found: dict[str, Any] = {}
    currency = changes.total.currency
    if odoo.currency != currency:
        found["currency"] = {"shopify": currency, "odoo": odoo.currency}
    lines = _lines(changes, odoo, product_ids)
    if lines:
        found["lines"] = lines
    total = _cents(odoo.total, currency)
    if total != changes.total.rounded().amount:
        found["total"] = {
            "shopify": str(changes.total.rounded().amount),
            "odoo": str(total),
            "difference": str(total - changes.total.rounded().amount),
        }
        found["tax"] = {"shopify": str(changes.tax.rounded().amount), "odoo": str(_cents(odoo.tax, currency))}
    return found or None


def same_date(odoo: SaleOrder, changes: Changes) -> bool:
    """Whether the order carries the day and time it was placed; Odoo keeps whole seconds."""
    return odoo.date_order is not None and abs(odoo.date_order - changes.order.date_order) < timedelta(seconds=1)


def hold_for(code: str, changes: Changes, odoo: SaleOrder, found: Mapping[str, Any]) -> Hold:
    """The differences as a sentence and as data."""
    total = found.get("total")
    what = ", ".join(found)
    money = (
        f"Shopify {total['shopify']}, Odoo {total['odoo']} {changes.total.currency} (difference {total['difference']})"
        if total
        else f"different: {what}"
    )
    hint = f"compare the lines and taxes of {odoo.name} in Odoo with the order, correct them, then retry"
    return Hold(code, f"{odoo.name} does not equal the order: {money}", hint, dict(found))


def _lines(changes: Changes, odoo: SaleOrder, product_ids: Mapping[str, int]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for index, (planned, line) in enumerate(pairs(changes.order.lines, odoo.lines)):
        wanted = _planned(planned, product_ids, line.product_id if line else None) if planned else None
        there = _actual(line, changes.total.currency) if line else None
        if wanted != there:
            name = planned.name if planned else (line.name if line else "")
            rows.append({"line": index + 1, "name": name.split("\n")[0], "shopify": wanted, "odoo": there})
    return rows


def pairs(
    planned: Sequence[PlannedLine], actual: Sequence[SaleLine]
) -> list[tuple[PlannedLine | None, SaleLine | None]]:
    """Each planned line with Odoo's by key; by position where no key was read, or none was given when it was made."""
    if not any(line.key for line in actual):
        return list(zip_longest(planned, actual))
    by_key = {line.key: line for line in actual if line.key}
    keys = {line.key for line in planned}
    # What an edit took off stays in a confirmed order as a line of no units.
    others = [line for line in actual if line.key not in keys and line.quantity]
    return [*((line, by_key.get(line.key)) for line in planned), *((None, line) for line in others)]


def _planned(line: PlannedLine, product_ids: Mapping[str, int], unknown: int | None) -> dict[str, Any]:
    product = line.product if isinstance(line.product, int) else product_ids.get(line.product, unknown)
    quantity = f"{Decimal(line.quantity).normalize():f}"
    return {"product_id": product, "quantity": quantity, "amount": str(line.amount.rounded().amount)}


def _actual(line: SaleLine, currency: str) -> dict[str, Any]:
    quantity = f"{line.quantity.normalize():f}"
    return {"product_id": line.product_id, "quantity": quantity, "amount": str(_cents(line.amount, currency))}


def _cents(amount: Decimal, currency: str) -> Decimal:
    """Odoo's figures come as JSON floats: rounded to the currency's digits they are exact again."""
    return round_half_up(amount, currency_digits(currency))
