"""Is what Odoo has what Shopify has? Pure; every difference is named with both figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from itertools import zip_longest
from typing import Any

from libs.common.domain.money import Money, currency_digits, round_half_up
from libs.common.domain.outcomes import Hold
from libs.common.domain.sales import SaleLine, SaleOrder
from services.workers.orders.model import Changes, PlannedLine
from services.workers.orders.tax_check import TaxDifference, tax_differences


def difference(changes: Changes, odoo: SaleOrder, product_ids: Mapping[str, int]) -> dict[str, Any] | None:
    """What differs, by name; None when lines, currency and total agree to the cent, and taxes but for rounding.

    `product_ids` resolves the external ids that planned lines may name; one it does not know is not compared.
    """
    found: dict[str, Any] = {}
    wanted, there = changes.total.rounded(), Money(odoo.total, odoo.currency).rounded()
    if wanted.currency != there.currency:
        found["currency"] = {"shopify": wanted.currency, "odoo": there.currency}
    lines = _lines(changes, odoo, product_ids)
    if lines:
        found["lines"] = lines
    wrong_taxes = [one.told() for one in taxes(changes, odoo) if not one.is_rounding]
    if wrong_taxes:
        found["taxes"] = wrong_taxes
    if wanted.currency == there.currency and wanted != there:
        found["total"] = {
            "shopify": str(wanted.amount),
            "odoo": str(there.amount),
            "difference": str((there - wanted).amount),
        }
        found["tax"] = {"shopify": str(changes.tax.rounded().amount), "odoo": str(_cents(odoo.tax, odoo.currency))}
    return found or None


def only_total_differs(found: Mapping[str, Any] | None) -> bool:
    """Whether everything is right but the sum of it: what rounding does."""
    return found is not None and set(found) <= {"total", "tax"}


def taxes(changes: Changes, odoo: SaleOrder) -> list[TaxDifference]:
    """Where both sides' taxes differ, if only by rounding; nothing to compare in two currencies."""
    if odoo.currency != changes.total.currency:
        return []
    both = [(planned, line) for planned, line in pairs(changes.order.lines, odoo.lines) if planned and line]
    return tax_differences(both, odoo.currency)


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
    details = {**found, "side_by_side": side_by_side(changes, odoo)}
    needed = _needed_tolerance(changes, odoo) if only_total_differs(found) else None
    if needed is not None:
        allowed = changes.rounding.tolerance.amount
        money += f", more than rounding_tolerance allows ({allowed})"
        hint = (
            f"where this is how Odoo rounds, set rounding_tolerance: {needed} in the rules of the store's file, `tandem"
            f" store add` it and retry; else {hint}"
        )
        details["rounding_tolerance"] = {"is": str(allowed), "would_do": str(needed)}
    return Hold(code, f"{odoo.name} does not equal the order: {money}", hint, details)


def _needed_tolerance(changes: Changes, odoo: SaleOrder) -> Decimal | None:
    """What the store would have to tolerate for a rounding line to close the difference; None where it does already."""
    missing = (changes.total - Money(odoo.total, odoo.currency)).rounded()
    there = Money.sum((Money(line.amount, odoo.currency) for line in odoo.rounding_lines), odoo.currency)
    needed = abs((there + missing).rounded().amount)
    return needed if needed > changes.rounding.tolerance.amount else None


def side_by_side(changes: Changes, odoo: SaleOrder) -> list[dict[str, Any]]:
    """Every line with what it costs on both sides, tax apart."""
    rows = []
    for planned, line in pairs(changes.order.lines, odoo.lines):
        name = planned.name if planned else (line.name if line else "")
        rows.append(
            {
                "name": name.split("\n")[0],
                "shopify": {"amount": str(planned.amount), "tax": str(planned.tax)} if planned else None,
                "odoo": {
                    name: str(Money(value, odoo.currency))
                    for name, value in (("amount", line.amount), ("tax", line.tax))
                }
                if line
                else None,
            }
        )
    return rows


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
    others = [line for line in actual if line.key not in keys and line.quantity and not line.is_rounding]
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
