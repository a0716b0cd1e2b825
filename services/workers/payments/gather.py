"""Reads both sides of a whole batch: one request to Shopify, two to the ledger, at most two to Odoo.

For orders that gave change one more each: their money in Shopify, in the ledger, and what of it is open in Odoo.

Raises a `Failure` that concerns the whole batch; what concerns one record comes back with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from libs.common.domain.money import Money
from libs.common.domain.orders import Order, Side
from libs.common.domain.sales import SaleOrder
from libs.common.domain.transactions import Transaction
from libs.common.errors import Failure, Rejected, Transient
from libs.common.ledger.model import Hint, Record, State, record_id
from libs.common.ledger.states import FINAL
from libs.common.odoo.external_ids import find_external_id
from libs.common.odoo.sale_orders import decimal, read_sale_orders
from services.workers.context import StoreContext
from services.workers.payments.change import change_given, opposite
from services.workers.payments.model import ENDED, Books, ChangeGiven, OdooPayment, Situation
from services.workers.payments.plan import payment_digest

#: How often an announced transaction may be missing before a person is asked: a replica may lag behind its webhook.
INVISIBLE_ATTEMPTS = 4


def gather(batch: Sequence[Record], store: StoreContext) -> list[Situation | Failure]:
    """One answer for each record of the batch, in its order."""
    transactions, orders = _transactions(batch, store)
    _announce(transactions.values(), orders, store)
    news = [record for record in batch if _is_news(record, transactions)]
    payments = _payments(store, {r.source_id: r.target.id for r in news if r.target})
    unpaid = [r for r in news if not (r.source_id in payments and payments[r.source_id].used_up)]
    to_read = {transactions[record.source_id].order_id for record in unpaid}
    sales = _sales(store, {order_id: order for order_id, order in orders.items() if order_id in to_read})
    payments |= _strays(store, news, transactions, sales)
    changes = _changes(store, [transactions[r.source_id] for r in unpaid], orders)
    # A store that registers no payments need not let anybody read its journals.
    books = books_of(store) if store.rules.until.registers_payments else Books(store.module, {}, {})
    answers: list[Situation | Failure] = []
    for record in batch:
        transaction = transactions.get(record.source_id)
        if transaction is None and record.target is None:
            answers.append(_invisible(record))
            continue
        order = orders.get(transaction.order_id) if transaction else None
        answers.append(
            Situation(
                record_id=record.id,
                source_id=record.source_id,
                transaction=transaction,
                books=books,
                order_record_id=record_id(store.slug, "order", transaction.order_id) if transaction else "",
                order_name=order.name if order else "",
                order_state=order.state.value if order else "",
                order_rule=(order.ignored if order else "") or "",
                order=sales.get(transaction.order_id) if transaction else None,
                synced_digest=record.synced.digest if record.synced else None,
                target_id=record.target.id if record.target else None,
                existing=payments.get(record.source_id),
                change=changes.get(record.source_id),
            )
        )
    return answers


def books_of(store: StoreContext) -> Books:
    """From the reference data of the store, which is read rarely."""
    return Books(store.module, store.facts().currency_ids, store.reference.journals())


def _transactions(batch: Sequence[Record], store: StoreContext) -> tuple[dict[str, Transaction], dict[str, Record]]:
    """The transactions in the money of their orders, and the orders' records.

    Whose order it is only the transaction tells. So it is read in the money that the store's rule says; only when an
    order was synced under another rule, its transactions are read once more.
    """
    side = store.side_of(None)
    found = dict(store.shopify.transactions([record.source_id for record in batch], {}, side))
    orders = store.records("order", [one.order_id for one in found.values()])
    sides: dict[str, Side] = {order_id: store.side_of(order) for order_id, order in orders.items()}
    others = [one.id for one in found.values() if sides.get(one.order_id, side) != side]
    if others:
        found |= store.shopify.transactions(others, sides, side)
    return found, orders


def _announce(transactions: Iterable[Transaction], orders: Mapping[str, Record], store: StoreContext) -> None:
    """An order that the ledger does not know would be waited for in vain, had its own webhook been lost."""
    missing = {one.order_id for one in transactions if one.is_payment and one.order_id not in orders}
    store.hint([Hint(store.slug, "order", one, why="its payment was announced") for one in sorted(missing)])


def _is_news(record: Record, transactions: Mapping[str, Transaction]) -> bool:
    """Whether planning needs more than the transaction itself: not for a repeat, nor for what is no payment."""
    transaction = transactions.get(record.source_id)
    if transaction is None or not transaction.is_payment:
        return False
    return not (record.target and record.synced and record.synced.digest == payment_digest(transaction))


def _sales(store: StoreContext, orders: Mapping[str, Record]) -> dict[str, SaleOrder]:
    """The sale orders that may be paid, by Shopify's order id."""
    if not store.rules.until.registers_payments:
        return {}
    targets = {one: r.target.id for one, r in orders.items() if r.target and r.state is State.SYNCED}
    if not targets:
        return {}
    found = read_sale_orders(store.odoo, store.odoo_fields, list(targets.values()), keys=False)
    return {order_id: found[target] for order_id, target in targets.items() if target in found}


def _payments(store: StoreContext, ids: Mapping[str, int]) -> dict[str, OdooPayment]:
    """Odoo's payments of these ids, by transaction id; one that somebody deleted is absent."""
    if not ids:
        return {}
    names = ["name", "state", "amount", "currency_id", "is_reconciled"]
    rows = store.odoo.search_read("account.payment", [("id", "in", sorted(ids.values()))], names)
    found = {
        row["id"]: OdooPayment(
            id=row["id"],
            name=row["name"] or "",
            state=row["state"],
            amount=Money(decimal(row["amount"]), str(row["currency_id"][1])),
            used_up=bool(row["is_reconciled"]) and row["state"] != "draft",
        )
        for row in rows
    }
    return {source_id: found[target] for source_id, target in ids.items() if target in found}


def _strays(
    store: StoreContext,
    news: Sequence[Record],
    transactions: Mapping[str, Transaction],
    sales: Mapping[str, SaleOrder],
) -> dict[str, OdooPayment]:
    """Payments that were made, and paid their invoices, before the ledger came to know of them.

    Asked only where the invoices are paid: then it decides whether somebody else has paid them.
    """
    ids: dict[str, int] = {}
    for record in news:
        order = sales.get(transactions[record.source_id].order_id)
        if record.target or order is None or not order.posted_invoices:
            continue
        if not any(one.residual for one in order.posted_invoices):
            found = find_external_id(store.odoo, store.module, f"payment_{record.source_id}")
            if found:
                ids[record.source_id] = found[1]
    return _payments(store, ids)


def _changes(
    store: StoreContext, transactions: Sequence[Transaction], records: Mapping[str, Record]
) -> dict[str, ChangeGiven]:
    """Of transactions whose orders gave change, what these tell, by transaction id. No request without any."""
    beside = [one for one in transactions if one.beside_change]
    if not beside or not store.rules.until.registers_payments:
        return {}
    sides = {one.order_id: store.side_of(records.get(one.order_id)) for one in beside}
    orders = store.shopify.orders(sorted(sides), sides)
    found = [(one, orders[one.order_id]) for one in beside if one.order_id in orders]
    ids = [other.id for _, order in found for other in order.transactions if other.is_payment]
    known = store.records("payment", ids)
    left = _left(store, known)
    _announce_others(found, known, store)
    answers = {}
    for one, order in found:
        given = change_given(one, order)
        sale = known.get(given.sale_id)
        answers[one.id] = replace(
            given,
            sale_record_id=record_id(store.slug, "payment", given.sale_id),
            sale_state=sale.state.value if sale else "",
            sale_rule=(sale.ignored or "") if sale else "",
            at_work=next((record_id(store.slug, "payment", other) for other in _at_work(one, order, known)), ""),
            set_off={other: left[other] for other in opposite(one, order) if other in left},
        )
    return answers


def _at_work(change: Transaction, order: Order, known: Mapping[str, Record]) -> list[str]:
    """The transactions that came in beside change and that are not settled, or not even known."""
    came = opposite(change, order) if change.gives_change else []
    return [one for one in came if one not in known or known[one].state not in FINAL]


def _announce_others(
    found: Sequence[tuple[Transaction, Order]], known: Mapping[str, Record], store: StoreContext
) -> None:
    """Change would wait in vain for a payment whose own webhook was lost."""
    missing = {other for one, order in found for other in _at_work(one, order, known) if other not in known}
    store.hint([Hint(store.slug, "payment", one, why="change was given beside it") for one in sorted(missing)])


def _left(store: StoreContext, records: Mapping[str, Record]) -> dict[str, int]:
    """The payments of these that are posted, with something left of them, by transaction id."""
    payments = _payments(store, {one: record.target.id for one, record in records.items() if record.target})
    return {
        one: found.id for one, found in payments.items() if found.state not in ENDED | {"draft"} and not found.used_up
    }


def _invisible(record: Record) -> Failure:
    what = f"Shopify announced transaction {record.source_id} but does not show it"
    if record.attempts < INVISIBLE_ATTEMPTS:
        return Transient(what, "shopify", code="transaction_not_visible")
    return Rejected(
        what,
        "shopify",
        code="transaction_not_visible",
        hint="transactions of orders older than 60 days need the scope read_all_orders; retry once the token has it",
    )
