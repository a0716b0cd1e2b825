"""Takes along the payments of orders that come to Odoo paid: no read more than the payments' own calls.

What cannot be taken along, a gateway without a journal or a lost answer, is announced and left to the payments' room,
which looks before it acts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import structlog

from libs.common.domain.sales import INVOICE
from libs.common.domain.transactions import sale_of
from libs.common.errors import Failure
from services.workers.context import StoreContext
from services.workers.orders.model import Applied
from services.workers.payments.apply import apply
from services.workers.payments.model import Applied as Paid
from services.workers.payments.model import Books, PlannedPayment
from services.workers.payments.plan import plan_payment
from services.workers.payments.verify import verify

log = structlog.get_logger(__name__)


def take_along(orders: Sequence[Applied], store: StoreContext) -> int:
    """Register what was paid of these orders, whose invoices are posted; how many payments were."""
    plans = [plan for applied in orders for plan in _plans(applied, store)]
    if not plans:
        return 0
    try:
        answers = apply([plan for _, plan in plans], store)
    except Failure as failure:
        # The orders are done; their payments are looked at anew, one by one.
        log.warning("payments.left", store=store.slug, code=failure.code, reason=failure.message, payments=len(plans))
        return 0
    done = {one.applied.plan.external_id: one.applied for one in verify(_paid(answers)) if one.hold is None}
    links = [
        ("payment", transaction_id, done[plan.external_id].payment_id, done[plan.external_id].name)
        for transaction_id, plan in plans
        if plan.external_id in done
    ]
    store.remember(links)
    return len(links)


def _plans(applied: Applied, store: StoreContext) -> list[tuple[str, PlannedPayment]]:
    changes = applied.changes
    paying = [one for one in changes.source.transactions if one.pays]
    # Where Shopify does not say whether the sales have the change in them, the payments' room asks a person.
    given = [one for one in changes.source.transactions if one.gives_change] if changes.source.change_in_sales else []
    invoices = [
        one
        for one in applied.order.invoices
        if one.kind == INVOICE and (one.state == "posted" or one.id in applied.posted)
    ]
    if changes.edit or not changes.until.registers_payments or not invoices or not paying:
        return []
    books = Books(store.module, store.facts().currency_ids, store.reference.journals())
    move_ids = [one.id for one in invoices]
    found: dict[str, PlannedPayment] = {}
    for one in (*paying, *given):
        sale = sale_of(one, paying) if one.gives_change else None
        if one.gives_change and (sale is None or sale.id not in found):
            continue  # it waits for its sale
        change_of = sale.id if sale else ""
        plan = plan_payment(one, changes.name, invoices[0].payer_id, move_ids, store.rules, books, change_of=change_of)
        if isinstance(plan, PlannedPayment):
            came = [found[sale.id], *(each for each in found.values() if not each.outbound)] if sale else []
            found[one.id] = replace(plan, set_off={each.external_id: None for each in came})
    return list(found.items())


def _paid(answers: Sequence[Paid | Failure]) -> list[Paid]:
    return [one for one in answers if isinstance(one, Paid)]
