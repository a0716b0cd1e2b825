"""What to do about one transaction: pure, so that a dry run is this plan printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, timedelta

from libs.common.domain.digests import digest
from libs.common.domain.money import Money
from libs.common.domain.outcomes import Hold, Ignore, Needs, Nothing
from libs.common.domain.rules import HandlingOfTestOrders, StoreRules
from libs.common.domain.sales import Invoice, SaleOrder
from libs.common.domain.transactions import Transaction
from services.workers.payments.change import not_booked, waits
from services.workers.payments.journals import gateway_of, journal_of
from services.workers.payments.model import ENDED, Books, OdooPayment, PlannedPayment, Situation

SYNCED = "synced"
IGNORED = "ignored"
#: Nobody tells when a person posts an invoice by hand: looked at again after this.
INVOICE_AT_LATEST = timedelta(hours=1)
#: Kinds of transaction that bring no money in, and what becomes of them.
_OTHER_KINDS: Mapping[str, str] = {
    "authorization": "authorization: no payment before it is captured",
    "emv_authorization": "authorization: no payment before it is captured",
    "void": "void: an authorization was given up",
    "refund": "refund: booked with its refund",
}


def plan(situation: Situation, rules: StoreRules) -> PlannedPayment | Hold | Ignore | Needs | Nothing:
    """Decide about one transaction.

    `PlannedPayment` for money that Odoo does not have or has not matched, `Nothing` when all of it is booked and
    matched, `Ignore` by a rule, `Needs` for an order or an invoice that is not there yet, `Hold` where a person must
    act.
    """
    transaction = situation.transaction
    if transaction is None:
        return _gone(situation)
    left_out = _left_out(transaction, rules)
    if left_out:
        return left_out
    fingerprint = payment_digest(transaction)
    if situation.target_id and situation.synced_digest == fingerprint:
        return Nothing(fingerprint)
    existing = situation.existing
    fault = _fault(situation, transaction)
    if fault:
        return fault
    if existing and existing.used_up and situation.target_id:
        return Nothing(fingerprint)
    if situation.order_state == IGNORED:
        return Ignore(situation.order_rule)
    if not rules.until.registers_payments:
        return Ignore(f"until: {rules.until}")
    refused = not_booked(transaction, situation.change) if transaction.gives_change else None
    if refused:
        return refused
    if situation.order_state != SYNCED:
        return Needs(situation.order_record_id)
    return _for_order(situation, transaction, rules, fingerprint)


def plan_payment(  # noqa: PLR0917 - what is paid, for whom, by which rules
    transaction: Transaction,
    order_name: str,
    partner_id: int,
    move_ids: Sequence[int],
    rules: StoreRules,
    books: Books,
    *,
    change_of: str = "",
) -> PlannedPayment | Hold | Ignore:
    """The payment of one transaction, for whoever knows the order's posted invoices; nothing of Odoo is read.

    `partner_id` is the commercial partner of the invoices (`Invoice.payer_id`). Change goes back to it, given
    for the transaction `change_of`.
    """
    left_out = _left_out(transaction, rules)
    if left_out:
        return left_out
    journal = journal_of(transaction, rules, books)
    if isinstance(journal, Hold):
        return journal
    currency_id = books.currency_ids.get(transaction.amount.currency)
    if currency_id is None:
        return Hold(
            "currency_inactive",
            f"the payment is in {transaction.amount}, and {transaction.amount.currency} is not active in Odoo",
            "activate the currency in Odoo, then retry",
            {"currency": transaction.amount.currency},
        )
    return PlannedPayment(
        external_id=payment_name(books, transaction.id),
        partner_id=partner_id,
        amount=transaction.amount,
        currency_id=currency_id,
        date=transaction.processed_at.astimezone(UTC).date(),
        journal_id=journal,
        memo=memo(order_name, transaction),
        move_ids=() if transaction.gives_change else tuple(sorted(move_ids)),
        outbound=transaction.gives_change,
        change_of=payment_name(books, change_of) if transaction.gives_change else "",
        digest=payment_digest(transaction),
    )


def payment_name(books: Books, transaction_id: str) -> str:
    """The external id that the payment of a transaction has in Odoo."""
    return f"{books.module}.payment_{transaction_id}"


def payment_digest(transaction: Transaction) -> str:
    """Changes when the money does: it is the digest of a payment that is booked and matched to the last cent."""
    return digest(
        {
            "amount": transaction.amount,
            "kind": transaction.kind,
            "status": transaction.status,
            "processed_at": transaction.processed_at,
        }
    )


def open_digest(fingerprint: str) -> str:
    """Of a payment of which something is left: the next hint looks whether there is an invoice for it."""
    return f"{fingerprint}:open"


def memo(order_name: str, transaction: Transaction) -> str:
    return f"{order_name} / {transaction.id}" if order_name else transaction.id


def _left_out(transaction: Transaction, rules: StoreRules) -> Ignore | None:
    if transaction.kind in _OTHER_KINDS:
        return Ignore(_OTHER_KINDS[transaction.kind])
    if transaction.status != "success":
        return Ignore(f"status: {transaction.status}")
    if not transaction.is_payment:
        return Ignore(f"{transaction.kind}: brings no money in")
    if not transaction.amount:
        return Ignore("amount: nothing was paid")
    if transaction.test and rules.test_orders is HandlingOfTestOrders.IGNORE:
        return Ignore("test_orders: ignore")
    return None


def _gone(situation: Situation) -> Hold | Ignore:
    if situation.target_id is None:
        return Ignore("deleted in Shopify before it reached Odoo")
    return Hold(
        "transaction_gone",
        f"Shopify does not show transaction {situation.source_id} any more, but its payment is in Odoo",
        "cancel the payment in Odoo if the order was deleted in Shopify; nothing else needs to be done",
        {"payment_id": situation.target_id},
    )


def _fault(situation: Situation, transaction: Transaction) -> Hold | None:
    """What somebody did in Odoo to the payment that Tandem made; it is never made a second time."""
    existing = situation.existing
    if existing is None:
        if situation.target_id is None:
            return None
        return Hold(
            "payment_deleted_in_odoo",
            f"the payment of {transaction.amount} ({gateway_of(transaction)}) was made, and was deleted in Odoo",
            "enter it in Odoo by hand if it is wanted; Tandem does not make it again",
            {"payment_id": situation.target_id, "amount": str(transaction.amount)},
        )
    if existing.state in ENDED:
        return Hold(
            "payment_cancelled_in_odoo",
            f"{existing.name} was cancelled in Odoo; Shopify has the {transaction.amount} of {gateway_of(transaction)}",
            "set the payment back to draft in Odoo if it is wanted, then retry",
            {"payment_id": existing.id, "amount": str(transaction.amount)},
        )
    return differs(existing.id, existing.name, transaction.amount, existing.amount)


def differs(payment_id: int, name: str, wanted: Money, found: Money) -> Hold | None:
    """Held with both figures when Odoo's payment is not what Shopify's transaction is."""
    if wanted.rounded() == found.rounded():
        return None
    return Hold(
        "payment_differs",
        f"the payment {name or payment_id} is {found} in Odoo, the transaction is {wanted} in Shopify",
        "correct the payment in Odoo (set it back to draft, change it, confirm it), then retry",
        {"payment_id": payment_id, "shopify": str(wanted), "odoo": str(found)},
    )


def _for_order(
    situation: Situation, transaction: Transaction, rules: StoreRules, fingerprint: str
) -> PlannedPayment | Hold | Ignore | Needs | Nothing:
    """The order is in Odoo: which of its invoices are paid with this."""
    order, existing = situation.order, situation.existing
    if order is None:
        return Hold(
            "order_deleted_in_odoo",
            f"{situation.order_name} was paid ({transaction.amount}), but somebody deleted its order in Odoo",
            "enter the payment in Odoo by hand if it is wanted",
            {"amount": str(transaction.amount)},
        )
    invoices = order.posted_invoices
    if not invoices:
        return _without_invoice(situation, order, fingerprint)
    foreign = next((one for one in invoices if one.currency != transaction.amount.currency), None)
    if foreign:
        return Hold(
            "payment_currency_differs",
            f"the payment is {transaction.amount}, the invoice {foreign.name} is in {foreign.currency}",
            "look which of the two moneys the order was made in; enter the payment by hand",
            {"invoice_id": foreign.id, "amount": str(transaction.amount)},
        )
    given = situation.change if transaction.gives_change else None
    set_off = situation.change.set_off if situation.change else {}
    waiting = waits(given) if given else None
    if waiting:
        return waiting
    to_pay = [one for one in invoices if one.residual]
    if not to_pay and existing is None and not set_off and given is None:
        return _paid_already(invoices, transaction)
    if not to_pay and not set_off and given is None and situation.target_id and _is_posted(existing):
        return Nothing(open_digest(fingerprint))
    # A payment that the ledger does not know yet (a worker died) is planned even if it is matched: to be linked.
    planned = plan_payment(
        transaction,
        situation.order_name,
        invoices[0].payer_id,
        [one.id for one in to_pay],
        rules,
        situation.books,
        change_of=given.sale_id if given else "",
    )
    if not isinstance(planned, PlannedPayment):
        return planned
    return replace(
        planned,
        record_id=situation.record_id,
        set_off={payment_name(situation.books, one): known for one, known in set_off.items()},
        payment_id=existing.id if existing else None,
        posted=_is_posted(existing),
    )


def _without_invoice(situation: Situation, order: SaleOrder, fingerprint: str) -> Ignore | Needs | Nothing:
    if situation.target_id and _is_posted(situation.existing):
        return Nothing(open_digest(fingerprint))
    if order.state == "cancel":
        return Ignore("cancelled: the order has no invoice that could be paid")
    return Needs(situation.order_record_id, INVOICE_AT_LATEST)


def _is_posted(existing: OdooPayment | None) -> bool:
    return existing is not None and existing.state != "draft"


def _paid_already(invoices: Sequence[Invoice], transaction: Transaction) -> Hold:
    names = ", ".join(one.name for one in invoices)
    total = Money.sum((Money(one.total, one.currency) for one in invoices), transaction.amount.currency)
    return Hold(
        "invoice_paid_already",
        f"{transaction.amount} came in by {gateway_of(transaction)}, but {names} ({total}) is paid in full without it",
        "a payment entered in Odoo by hand may be this one: cancel it there and retry, or leave it and this record so;"
        " otherwise the customer paid twice: look at the order in Shopify",
        {
            "amount": str(transaction.amount),
            "invoiced": str(total),
            "invoice_ids": [one.id for one in invoices],
            "transaction_id": transaction.id,
        },
    )
