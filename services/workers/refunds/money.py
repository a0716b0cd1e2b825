"""The money of a refund: payments that went back, and what must be open in the end. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from libs.common.domain.money import Money
from libs.common.domain.orders import Order
from libs.common.domain.refunds import Refund
from libs.common.domain.rules import StoreRules
from libs.common.domain.sales import CANCELLED, Invoice, SaleOrder
from libs.common.domain.transactions import Transaction
from services.workers.refunds.lines import refuse
from services.workers.refunds.model import Check, PlannedPayback, Registered

#: A payment in one of these states will be in Odoo soon; a held or an ignored one will not.
ON_ITS_WAY = frozenset({"", "due", "running"})


def plan_paybacks(refund: Refund, rules: StoreRules, module: str, partner_id: int) -> tuple[PlannedPayback, ...]:
    """One outbound payment for each transaction that paid back. Raises HoldRefund for a gateway without journal."""
    if not rules.until.registers_payments:
        return ()
    return tuple(
        PlannedPayback(
            external_id=f"{module}.payback_{one.id}",
            transaction_id=one.id,
            partner_id=partner_id,
            amount=one.amount,
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


def plan_check(  # noqa: PLR0917 - both sides and what the ledger knows
    refund: Refund,
    order: Order,
    sale: SaleOrder,
    credits: Mapping[str, Invoice],
    known: Mapping[str, Registered],
    rules: StoreRules,
    *,
    others_open: bool,
) -> Check:
    """What invoices, credit notes and payments must leave open: Shopify's outstanding, less what is not in Odoo."""
    documents = {one.id: one for one in (*sale.invoices, *credits.values()) if one.state != CANCELLED}
    reason = ""
    if others_open:
        reason = "another refund of the order is still on its way"
    elif any(one.state == "draft" and one.kind == "out_invoice" for one in documents.values()):
        reason = "an invoice of the order is still a draft"
    elif order.outstanding is None:
        reason = "Shopify does not tell what is outstanding"
    unregistered = Money.zero(order.currency)
    payment_ids = []
    mine = {one.id for one in refund.transactions if one.pays_back} if rules.until.registers_payments else set()
    for one in order.transactions:
        registered = known.get(one.id)
        if registered and registered.payment_id:
            payment_ids.append(registered.payment_id)
        elif one.id not in mine and one.pays:
            unregistered += one.amount
        elif one.id not in mine and one.pays_back:
            unregistered -= one.amount
    return Check(
        outstanding=None if reason else order.outstanding,
        unregistered=unregistered,
        reason=reason,
        invoice_ids=tuple(sorted(documents)),
        payment_ids=tuple(payment_ids),
    )
