"""The payments' room, as the pipeline sees it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from libs.common.domain.outcomes import Hold
from libs.common.errors import Failure
from libs.common.ledger.model import Record, Target
from services.workers import context
from services.workers.context import StoreContext
from services.workers.entity import Outcome, Read
from services.workers.payments.apply import apply, look_again
from services.workers.payments.gather import gather
from services.workers.payments.model import Applied, Books, PlannedPayment, Situation
from services.workers.payments.plan import memo, open_digest, plan
from services.workers.payments.verify import Verified, verify

#: Holds whose cause may be gone since the company's journals and currencies were read last.
MISSED_IN_ODOO = frozenset({"journal_unknown", "journal_archived", "journal_wrong", "currency_inactive"})


class Payments:
    """Shopify's successful transactions as Odoo's payments, matched with the order's invoices."""

    name = "payment"

    def gather(self, batch: Sequence[Record], store: StoreContext) -> list[Read | Failure]:
        return [item if isinstance(item, Failure) else _read(item) for item in gather(batch, store)]

    def plan(self, situation: Situation, store: StoreContext) -> Any:
        """The plan; with reference data read anew when the plan misses something a person may just have made."""
        decided = plan(situation, store.rules)
        if isinstance(decided, Hold) and decided.code in MISSED_IN_ODOO:
            journals = store.reference.journals(older_than_seconds=context.FRESH_SECONDS)
            fresh = Books(store.module, store.fresh_facts().currency_ids, journals)
            return plan(dataclasses.replace(situation, books=fresh), store.rules)
        return decided

    def carry_out(self, changes: Sequence[PlannedPayment], store: StoreContext) -> list[Outcome | Failure]:
        answers = apply(changes, store)
        applied = look_again([item for item in answers if isinstance(item, Applied)], store)
        verified = iter(verify(applied))
        return [item if isinstance(item, Failure) else _outcome(next(verified)) for item in answers]


def _read(situation: Situation) -> Read:
    """A transaction tells no time of change: whatever is announced of it is looked at."""
    transaction = situation.transaction
    return Read(None, situation, memo(situation.order_name, transaction) if transaction else "")


def _outcome(verified: Verified) -> Outcome:
    applied, plan = verified.applied, verified.applied.plan
    notes: dict[str, Any] = {"payment": applied.name, "shopify": str(plan.amount), "odoo": str(applied.booked)}
    if applied.matched:
        notes["paid"] = {str(move_id): str(amount) for move_id, amount in applied.matched.items()}
    over = bool(applied.left)
    if over:
        notes["left_open"] = str(applied.left)
    return Outcome(
        version=None,
        digest=open_digest(plan.digest) if over else plan.digest,
        name=plan.memo,
        target=Target("account.payment", applied.payment_id, applied.name),
        hold=verified.hold,
        notes=notes,
    )
