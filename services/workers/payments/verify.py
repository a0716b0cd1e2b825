"""Compares what Odoo has booked and matched with what Shopify says came in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from libs.common.domain.outcomes import Hold
from services.workers.payments.model import Applied
from services.workers.payments.plan import differs


@dataclass(frozen=True, slots=True)
class Verified:
    """One payment that is in Odoo: synced, or held with both figures."""

    applied: Applied
    hold: Hold | None = None


def verify(applied: Sequence[Applied]) -> list[Verified]:
    """One verdict for each: `hold` is None when amount and currency are as they should be and all is matched that can.

    What exceeds the invoices stays open on the customer's account; that is no fault.
    """
    return [Verified(item, _fault(item)) for item in applied]


def _fault(item: Applied) -> Hold | None:
    plan = item.plan
    if item.booked is None or item.left is None or item.owed is None:
        return Hold(
            "payment_without_entry",
            f"Odoo made no journal entry for the payment of {plan.amount}, so it cannot be matched with its invoice",
            "give the journal's payment method an outstanding account in Odoo; set the payment back to draft there"
            " and retry",
            {"payment_id": item.payment_id, "journal_id": plan.journal_id},
        )
    fault = differs(item.payment_id, item.name, plan.amount, item.booked)
    if fault:
        return fault
    if item.left.amount and item.owed.amount:
        return Hold(
            "payment_not_matched",
            f"{item.left} of the payment {item.name} and {item.owed} of its invoices stay open and could not be"
            " matched with one another",
            "match them in Odoo (they are on different receivable accounts, or in different currencies), then retry",
            {"payment_id": item.payment_id, "invoice_ids": list(plan.move_ids), "left": str(item.left)},
        )
    return None
