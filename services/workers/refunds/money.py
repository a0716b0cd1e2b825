"""The money of a refund: payments that went back, and what must be open in the end. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC

from libs.common.domain.money import Money
from libs.common.domain.orders import Order
from libs.common.domain.outcomes import Hold
from libs.common.domain.refunds import Refund
from libs.common.domain.rules import StoreRules
from libs.common.domain.sales import INVOICE, Invoice, SaleOrder
from libs.common.domain.transactions import Transaction
from services.workers.payments.journals import journal_of
from services.workers.payments.model import Books, PlannedPayment
from services.workers.payments.plan import memo
from services.workers.refunds.lines import HoldRefund, refuse
from services.workers.refunds.model import Check, Registered

#: A payment in one of these states will be in Odoo soon; a held or an ignored one will not.
ON_ITS_WAY = frozenset({"", "due", "running"})


def plan_paybacks(refund: Refund, rules: StoreRules, books: Books, sale: SaleOrder) -> tuple[PlannedPayment, ...]:
    """One outbound payment for each transaction that paid back. Raises HoldRefund for a gateway without journal."""
    if not rules.until.registers_payments:
        return ()
    return tuple(
        _payback(one, refund, rules, books, sale) for one in refund.transactions if one.pays_back and one.amount
    )


def _payback(one: Transaction, refund: Refund, rules: StoreRules, books: Books, sale: SaleOrder) -> PlannedPayment:
    journal = journal_of(one, rules, books)
    if isinstance(journal, Hold):
        raise HoldRefund(journal)
    currency_id = books.currency_ids.get(one.amount.currency)
    if currency_id is None:
        currency = one.amount.currency
        refuse(
            "currency_inactive",
            f"{one.amount} went back, and {currency} is not active in Odoo",
            "activate the currency in Odoo, then retry",
            currency=currency,
        )
    return PlannedPayment(
        external_id=f"{books.module}.payback_{one.id}",
        partner_id=sale.posted_invoices[0].payer_id,
        amount=one.amount,
        currency_id=currency_id,
        date=one.processed_at.astimezone(UTC).date(),
        journal_id=journal,
        memo=memo(refund.order_name, one),
        outbound=True,
    )


def missing_payment(order: Order, known: Mapping[str, Registered]) -> str | None:
    """The transaction that is to be a payment in Odoo soon, but is not yet."""
    for one in order.transactions:
        booked = one.pays or (one.gives_change and order.change_in_sales)
        if booked and known.get(one.id, Registered("")).state in ON_ITS_WAY:
            return one.id
    return None


def plan_check(
    order: Order,
    sale: SaleOrder,
    credit_notes: Mapping[str, Invoice],
    known: Mapping[str, Registered],
    open_refunds: tuple[str, ...],
) -> Check:
    """What invoices, credit notes and payments must leave open: Shopify's outstanding and what is not in Odoo."""
    documents = {one.id: one for one in (*sale.invoices, *credit_notes.values()) if one.counts}
    reason = ""
    if any(one.state == "draft" and one.kind == INVOICE for one in documents.values()):
        reason = "an invoice of the order is still a draft"
    elif order.outstanding is None:
        reason = "Shopify does not tell what is outstanding"
    payments: list[int] = []
    transactions: list[tuple[str, Money]] = []
    for one in order.transactions:
        registered = known.get(one.id)
        if registered and registered.payment_id:
            payments.append(registered.payment_id)
        elif one.pays:
            transactions.append((one.id, one.amount))
        elif one.pays_back or (one.gives_change and order.change_in_sales):
            transactions.append((one.id, -one.amount))
    return Check(
        outstanding=None if reason else order.outstanding,
        transactions=tuple(transactions),
        open_refunds=open_refunds,
        reason=reason,
        invoice_ids=tuple(sorted(documents)),
        payment_ids=tuple(payments),
    )
