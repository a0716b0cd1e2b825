"""The money of a refund: payments that went back, and what must be open in the end. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from libs.common.domain.money import Money
from libs.common.domain.orders import Order
from libs.common.domain.refunds import Refund
from libs.common.domain.rules import StoreRules
from libs.common.domain.sales import INVOICE, Invoice, SaleOrder
from libs.common.domain.transactions import Transaction
from services.workers.refunds.lines import refuse
from services.workers.refunds.model import Check, PlannedPayback, Registered

#: A payment in one of these states will be in Odoo soon; a held or an ignored one will not.
ON_ITS_WAY = frozenset({"", "due", "running"})


def plan_paybacks(refund: Refund, rules: StoreRules, module: str, sale: SaleOrder) -> tuple[PlannedPayback, ...]:
    """One outbound payment for each transaction that paid back. Raises HoldRefund for a gateway without journal."""
    if not rules.until.registers_payments:
        return ()
    invoice = sale.posted_invoices[0]
    return tuple(
        PlannedPayback(
            external_id=f"{module}.payback_{one.id}",
            transaction_id=one.id,
            partner_id=invoice.payer_id or invoice.partner_id,
            amount=one.amount,
            currency_id=sale.currency_id,
            date=one.processed_at.date(),
            journal_id=_journal(one, rules),
            memo=f"{refund.order_name} refund {one.gateway_name or one.gateway} {one.id}",
        )
        for one in refund.transactions
        if one.pays_back and one.amount
    )


def _journal(one: Transaction, rules: StoreRules) -> int:
    journal = rules.journals.get(one.gateway)
    if journal is None:
        refuse(
            "gateway_unmapped",
            f"{one.amount} went back by {one.gateway_name or one.gateway!r}, and no journal is named for it",
            f"name the journal in the store's rules (journals: {one.gateway}: ID), then retry",
            gateway=one.gateway,
            amount=str(one.amount),
            transaction=one.id,
        )
    return journal


def missing_payment(order: Order, known: Mapping[str, Registered]) -> str | None:
    """The transaction that brought money in and is to be a payment in Odoo soon, but is not yet."""
    for one in order.transactions:
        if one.pays and known.get(one.id, Registered("")).state in ON_ITS_WAY:
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
        elif one.pays_back:
            transactions.append((one.id, -one.amount))
    return Check(
        outstanding=None if reason else order.outstanding,
        transactions=tuple(transactions),
        open_refunds=open_refunds,
        reason=reason,
        invoice_ids=tuple(sorted(documents)),
        payment_ids=tuple(payments),
    )
