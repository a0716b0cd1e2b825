"""Payments of fresh orders, taken along by the orders' room: no read of Odoo more than the payments themselves need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from libs.common.domain.outcomes import Hold, Ignore
from libs.common.domain.transactions import Transaction
from libs.common.errors import Failure
from libs.common.ledger.model import Hint, Record, State
from services.workers.context import StoreContext
from services.workers.payments.apply import apply
from services.workers.payments.gather import books_of
from services.workers.payments.model import Applied, PlannedPayment
from services.workers.payments.plan import plan_payment
from services.workers.payments.verify import Verified, verify

SEEN = "seen in its order"


@dataclass(frozen=True, slots=True)
class Bill:
    """One order whose invoices are posted, and the transactions of which Shopify tells."""

    order_name: str
    """`#1001`"""
    payer_id: int
    """The commercial partner of the invoices (`Invoice.payer_id`)."""
    invoice_ids: tuple[int, ...]
    transactions: tuple[Transaction, ...]


def take_along(bills: Sequence[Bill], store: StoreContext) -> dict[str, Verified | Failure | Hold | Ignore]:
    """Make, post and match the payments of these orders; what became of each, by transaction id.

    Two ledger reads and writes; of Odoo a load, an `action_post`, a read, and one call for each payment. What went
    well is linked in the ledger; what did not, and what the ledger knew before, is hinted: its own record then says
    what is the matter. Raises a `Failure` when all of them are to wait; the same call again finds what was done.
    """
    if not store.rules.until.registers_payments:
        return {}
    paying = {one.id: (bill, one) for bill in bills for one in bill.transactions if one.pays}
    records = store.records("payment", list(paying))
    books = books_of(store) if paying else None
    decided: dict[str, PlannedPayment | Hold | Ignore] = {
        one.id: plan_payment(one, bill.order_name, bill.payer_id, bill.invoice_ids, store.rules, books)
        for bill, one in paying.values()
        if books and not _linked(records.get(one.id))
    }
    plans = {key: one for key, one in decided.items() if isinstance(one, PlannedPayment)}
    answers = dict(zip(plans, apply(list(plans.values()), store), strict=True)) if plans else {}
    results: dict[str, Verified | Failure | Hold | Ignore] = {
        key: one for key, one in decided.items() if not isinstance(one, PlannedPayment)
    }
    for key, answer in answers.items():
        results[key] = verify([answer])[0] if isinstance(answer, Applied) else answer
    _tell(results, records, store, [key for key in paying if key not in decided])
    return results


def _linked(record: Record | None) -> bool:
    """Made before: whatever somebody did to it since is for the payments' room to find out."""
    return record is not None and record.target is not None


def _tell(
    results: Mapping[str, Verified | Failure | Hold | Ignore],
    records: Mapping[str, Record],
    store: StoreContext,
    linked: Sequence[str],
) -> None:
    done = {key: one.applied for key, one in results.items() if isinstance(one, Verified) and one.hold is None}
    store.remember([("payment", key, one.payment_id, one.plan.memo) for key, one in done.items()])
    resting = {key for key, record in records.items() if record.state not in {State.DUE, State.RUNNING}}
    unsettled = [key for key, one in results.items() if key not in done and not isinstance(one, Ignore)]
    names = dict.fromkeys((*unsettled, *linked, *(key for key in done if key in resting)))
    store.hint([Hint(store.slug, "payment", key, why=SEEN) for key in names])
