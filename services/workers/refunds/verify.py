"""Compares what Odoo has after the last write with what Shopify has, to the cent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from libs.common.domain.outcomes import Hold
from services.workers.payments.verify import verify as verify_payments
from services.workers.refunds.compare import credit_hold, outstanding_hold
from services.workers.refunds.model import Applied


@dataclass(frozen=True, slots=True)
class Verified:
    """One refund that is in Odoo: synced, or held with the difference."""

    applied: Applied
    hold: Hold | None = None


def verify(applied: Sequence[Applied]) -> list[Verified]:
    """One verdict for each refund."""
    return [Verified(item, _fault(item)) for item in applied]


def _fault(item: Applied) -> Hold | None:
    changes, credit = item.changes, item.credit
    if credit is not None:
        differs = credit_hold(changes, credit)
        if differs is not None:
            return differs
        if changes.post and credit.state != "posted":
            return Hold(
                "credit_note_not_posted",
                f"the credit note {credit.name or credit.id} is {credit.state} after it was posted",
                "post it in Odoo and read what Odoo says, then retry",
                {"credit_note_id": credit.id, "state": credit.state},
            )
    unmatched = [one.hold for one in verify_payments(item.paid_back) if one.hold] if changes.post else []
    return unmatched[0] if unmatched else (changes.hold_after or outstanding_hold(item))
