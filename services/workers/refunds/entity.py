"""The refunds' room, as the pipeline sees it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from libs.common.domain.outcomes import Hold
from libs.common.domain.refunds import DRAFT_SUFFIX
from libs.common.errors import Failure
from libs.common.ledger.model import Hint, Record, Target
from services.workers import context
from services.workers.context import CURRENCY, StoreContext
from services.workers.entity import Outcome, Read
from services.workers.payments.entity import MISSED_IN_ODOO
from services.workers.payments.model import Books
from services.workers.refunds.apply import apply
from services.workers.refunds.gather import gather
from services.workers.refunds.model import Applied, Changes, Situation
from services.workers.refunds.plan import plan
from services.workers.refunds.verify import Verified, verify


class Refunds:
    """Shopify's refunds as Odoo's credit notes, returns and outbound payments."""

    name = "refund"

    def gather(self, batch: Sequence[Record], store: StoreContext) -> list[Read | Failure]:
        return [item if isinstance(item, Failure) else _read(item) for item in gather(batch, store)]

    def plan(self, situation: Situation, store: StoreContext) -> Any:
        """The plan; with journals read anew when it misses one that a person may just have made."""
        decided = plan(situation, store.rules)
        if isinstance(decided, Hold) and decided.code in MISSED_IN_ODOO and situation.books:
            journals = store.reference.journals(older_than_seconds=context.FRESH_SECONDS)
            fresh = Books(store.module, store.fresh_facts().currency_ids, journals)
            return plan(dataclasses.replace(situation, books=fresh), store.rules)
        return decided

    def carry_out(self, changes: Sequence[Changes], store: StoreContext) -> list[Outcome | Failure]:
        answers = apply(changes, store)
        verified = list(verify([item for item in answers if isinstance(item, Applied)]))
        waiting = {one.applied.changes.order_source_id for one in verified if _frees(one)}
        # The order's record waits for its refunds when it was cancelled, and may be held for what they just did.
        store.hint([Hint(store.slug, "order", one, why="its refund is in Odoo") for one in sorted(waiting)])
        outcomes = iter(verified)
        return [item if isinstance(item, Failure) else _outcome(next(outcomes)) for item in answers]


def _read(situation: Situation) -> Read:
    refund = situation.refund
    return Read(refund.updated_at if refund else None, situation, f"{refund.order_name} refund" if refund else "")


def _frees(verified: Verified) -> bool:
    return verified.hold is None and verified.applied.changes.hint_order


def _outcome(verified: Verified) -> Outcome:
    applied, changes = verified.applied, verified.applied.changes
    credit = applied.credit
    left_draft = credit is not None and credit.state == "draft" and verified.hold is None
    return Outcome(
        version=changes.version,
        # A draft is looked at again once it is posted in Odoo: its payments are not matched yet.
        digest=changes.digest + (DRAFT_SUFFIX if left_draft else ""),
        name=changes.name,
        target=Target("account.move", credit.id, credit.name) if credit else None,
        hold=verified.hold,
        frozen={CURRENCY: changes.side},
        notes=_notes(applied),
    )


def _notes(applied: Applied) -> dict[str, Any]:
    """What was done, with its figures; nothing that was not."""
    changes, credit, check = applied.changes, applied.credit, applied.changes.check
    notes: dict[str, Any] = {"order": changes.sale.name}
    if credit is not None and changes.credit is not None:
        notes |= {"credit_note": credit.name or "draft", "invoice": changes.credit.invoice_name}
        notes |= {"shopify": str(changes.credit.total), "odoo": str(credit.total), "tax": str(credit.tax)}
    if applied.return_id:
        notes["return"] = applied.return_id
    lowered = (*changes.quantities, *changes.quantities_after)
    if lowered:
        notes["lowered"] = {one.line.name.split("\n")[0]: f"{one.quantity.normalize():f}" for one in lowered}
    if applied.paid_back:
        notes["paid_back"] = {one.name or str(one.payment_id): str(one.plan.amount) for one in applied.paid_back}
    if applied.open_amount is not None and check.outstanding is not None:
        notes["outstanding"] = str(check.outstanding)
    elif check.reason or check.open_refunds:
        notes["not_compared"] = check.reason or "another refund of the order is not in Odoo yet"
    return notes
