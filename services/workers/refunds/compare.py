"""Is what Odoo has what Shopify refunded? Pure; every difference is named with both figures."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from libs.common.domain.money import Money, currency_digits, round_half_up
from libs.common.domain.outcomes import Hold
from services.workers.refunds.model import Applied, Changes, CreditNote, PlannedLine


def missing_amount(changes: Changes, credit: CreditNote) -> Decimal | None:
    """What a rounding line must add to a draft; None when nothing, or more than the tolerance, is missing."""
    missing = _missing(changes, credit)
    if credit.state != "draft" or not missing or abs(missing) > changes.tolerance:
        return None
    present = [line for line in credit.lines if line.name == "Rounding"]
    return missing + sum((line.subtotal for line in present), Decimal(0))


def credit_hold(changes: Changes, credit: CreditNote) -> Hold | None:
    """A credit note that does not come to Shopify's refund; a draft of it is not posted."""
    missing = _missing(changes, credit)
    if not missing or changes.credit is None:
        return None
    total, currency = changes.credit.total, changes.credit.total.currency
    odoo = Money(_cents(credit.total, currency), currency)
    return Hold(
        "refund_differs",
        f"the credit note {credit.name or credit.id} for {changes.credit.invoice_name} comes to {odoo}, "
        f"Shopify refunded {total} (difference {-missing})",
        f"{_tolerable(changes, credit, missing)}compare its lines and taxes in Odoo with the refund, correct them, then"
        " retry",
        {
            "rounding_tolerance": str(changes.tolerance),
            "credit_note_id": credit.id,
            "state": credit.state,
            "total": {"shopify": str(total.amount), "odoo": str(odoo.amount), "difference": str(-missing)},
            "lines": _side_by_side(changes, credit),
        },
    )


def _tolerable(changes: Changes, credit: CreditNote, missing: Decimal) -> str:
    """The setting that would let a draft through whose lines are right."""
    if credit.state != "draft" or abs(missing) <= changes.tolerance:
        return ""
    return (
        f"where this is how Odoo rounds, set rounding_tolerance: {abs(missing)} in the rules of the store's file,"
        " `tandem store add` it and retry; else "
    )


def outstanding_hold(applied: Applied) -> Hold | None:
    """Invoices less credit notes less payments against Shopify's net outstanding."""
    check, changes = applied.changes.check, applied.changes
    if check.order_total is not None and applied.order_total is not None:
        return _order_hold(applied, check.order_total, applied.order_total)
    if check.outstanding is None or applied.open_amount is None:
        return None
    currency = check.outstanding.currency
    odoo = _cents(applied.open_amount, currency)
    shopify = _cents(check.outstanding.amount + applied.unregistered, currency)
    if odoo == shopify:
        return None
    return Hold(
        "outstanding_differs",
        f"{changes.sale.name}: invoices less credit notes less payments leave {odoo} {currency} open, "
        f"by Shopify it is {shopify} (difference {odoo - shopify})",
        "compare invoices, credit notes and payments of the order in Odoo with Shopify, correct them, then retry",
        {
            "odoo": str(odoo),
            "shopify": {
                "outstanding": str(check.outstanding.rounded().amount),
                "not_registered": str(applied.unregistered),
                "expected": str(shopify),
            },
            "difference": str(odoo - shopify),
            "invoices": [
                {"name": one.name, "kind": one.kind, "total": str(one.total), "state": one.state}
                for one in changes.sale.invoices
            ],
            "credit_note": _told(applied.credit),
            "payments": [*check.payment_ids, *(one.payment_id for one in applied.paid_back)],
        },
    )


def _order_hold(applied: Applied, shopify: Money, total: Decimal) -> Hold | None:
    odoo = _cents(total, shopify.currency)
    if odoo == shopify.amount:
        return None
    changes = applied.changes
    return Hold(
        "refund_not_followed",
        f"{changes.sale.name} is not invoiced and comes to {odoo} {shopify.currency}; "
        f"what is left of the order in Shopify is {shopify} (difference {odoo - shopify.amount})",
        "take the difference off the order in Odoo (a lower price, or a line of its own), then retry",
        {
            "order": changes.sale.name,
            "odoo": str(odoo),
            "shopify": str(shopify.amount),
            "difference": str(odoo - shopify.amount),
            "lowered": [
                {"line": one.line.name.split("\n")[0], "from": str(one.line.quantity), "to": str(one.quantity)}
                for one in (*changes.quantities, *changes.quantities_after)
            ],
        },
    )


def _missing(changes: Changes, credit: CreditNote) -> Decimal:
    if changes.credit is None:
        return Decimal(0)
    total = changes.credit.total
    return total.amount - _cents(credit.total, total.currency)


def _side_by_side(changes: Changes, credit: CreditNote) -> list[dict[str, Any]]:
    planned = changes.credit.lines if changes.credit else ()
    rows = []
    for index in range(max(len(planned), len(credit.lines))):
        row: dict[str, Any] = {"line": index + 1, "shopify": None, "odoo": None}
        if index < len(planned):
            one = planned[index]
            row["name"] = one.name.split("\n")[0]
            row["shopify"] = {"quantity": str(one.quantity), "amount": str(_amount(one))}
        if index < len(credit.lines):
            line = credit.lines[index]
            row.setdefault("name", line.name.split("\n")[0])
            row["odoo"] = {"quantity": f"{line.quantity.normalize():f}", "amount": str(line.subtotal)}
            row["odoo"]["with_tax"] = str(line.total)
        rows.append(row)
    return rows


def _amount(line: PlannedLine) -> Decimal:
    return line.quantity * line.price_unit * (1 - line.discount / 100)


def _told(credit: CreditNote | None) -> dict[str, str] | None:
    if credit is None:
        return None
    return {"name": credit.name, "total": str(credit.total), "open": str(credit.residual), "state": credit.state}


def _cents(amount: Decimal, currency: str) -> Decimal:
    return round_half_up(amount, currency_digits(currency))
