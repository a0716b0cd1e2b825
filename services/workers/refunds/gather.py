"""Reads both sides of a whole batch: two or three requests to Shopify, at most four to Odoo, a few to the ledger.

A refund that was synced just so costs one request to Shopify. Raises a `Failure` that concerns the whole batch;
what concerns one record comes back with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from libs.common.domain.fulfillments import OrderFulfillments
from libs.common.domain.orders import Order
from libs.common.domain.refunds import Refund
from libs.common.domain.rules import FromShopify
from libs.common.domain.sales import CREDIT_NOTE, INCOMING, Invoice, Picking, SaleOrder
from libs.common.errors import Failure, Rejected, Transient
from libs.common.ledger.model import Hint, Record, State, record_id
from libs.common.odoo.sale_orders import read_sale_orders
from services.workers.context import StoreContext
from services.workers.payments.gather import books_of
from services.workers.refunds.model import Registered, Situation
from services.workers.refunds.money import missing_payment
from services.workers.refunds.plan import lacks_exchange, refund_digest
from services.workers.refunds.unshipped import matters
from services.workers.scopes import scoped

#: How often an announced refund may be missing before a person is asked: a replica may lag behind its webhook.
INVISIBLE_ATTEMPTS = 4


def gather(batch: Sequence[Record], store: StoreContext) -> list[Situation | Failure]:
    """One answer for each record of the batch, in its order."""
    refunds, orders = _refunds(batch, store)
    news = {r.source_id: refunds[r.source_id] for r in batch if r.source_id in refunds and _is_news(r, refunds)}
    read = _Read(store, orders)
    read.all_of(news.values(), [record.source_id for record in batch])
    read.hint()
    answers: list[Situation | Failure] = []
    for record in batch:
        refund = refunds.get(record.source_id)
        if refund is None and record.target is None:
            answers.append(_invisible(record))
        else:
            answers.append(read.situation(record, refund))
    return answers


def _refunds(batch: Sequence[Record], store: StoreContext) -> tuple[dict[str, Refund], dict[str, Record]]:
    """The refunds in the money that their orders went to Odoo with, and the records of the orders.

    Which order a refund belongs to only Shopify tells. So they are read in the money that the store's rule names,
    and those of orders that were frozen to the other one once more.
    """
    ids = [record.source_id for record in batch]
    side = store.side_of(None)
    refunds = dict(store.shopify.refunds(ids, {}, side))
    orders = store.records("order", [refund.order_id for refund in refunds.values()])
    sides = {order_id: store.side_of(record) for order_id, record in orders.items()}
    other = [one.id for one in refunds.values() if sides.get(one.order_id, side) != side]
    if other:
        refunds.update(store.shopify.refunds(other, sides, side))
    return refunds, orders


def _is_news(record: Record, refunds: Mapping[str, Refund]) -> bool:
    return not (record.synced and record.synced.digest == refund_digest(refunds[record.source_id]))


def _invisible(record: Record) -> Failure:
    what = f"Shopify announced refund {record.source_id} but does not show it"
    if record.attempts < INVISIBLE_ATTEMPTS:
        return Transient(what, "shopify", code="refund_not_visible")
    return Rejected(
        what,
        "shopify",
        code="refund_not_visible",
        hint="refunds of orders older than 60 days need the scope read_all_orders; retry once the token has it",
    )


@dataclass
class _Read:
    """What was read for the refunds that are news."""

    store: StoreContext
    records: Mapping[str, Record]
    """The orders' records by order id."""
    orders: Mapping[str, Order] = field(default_factory=dict)
    siblings: Mapping[str, Refund] = field(default_factory=dict)
    sales: Mapping[int, SaleOrder] = field(default_factory=dict)
    states: Mapping[str, Record] = field(default_factory=dict)
    """Records of all refunds of these orders."""
    payments: Mapping[str, Registered] = field(default_factory=dict)
    names: Mapping[tuple[str, int], str] = field(default_factory=dict)
    """External ids of credit notes and returns, by model and id."""
    shipping: Mapping[str, OrderFulfillments] = field(default_factory=dict)
    """By order id, of those where it matters."""
    wanted: frozenset[str] = frozenset()
    """The orders' ids."""
    batch: frozenset[str] = frozenset()
    """Refund ids that are worked on together."""

    def all_of(self, news: Iterable[Refund], batch: Sequence[str]) -> None:
        refunds = {refund.id: refund for refund in news}
        self.batch = frozenset(batch)
        known = {one.order_id for one in refunds.values() if _was_synced(self.records.get(one.order_id))}
        self.wanted = frozenset(one.order_id for one in refunds.values())
        sides = {order_id: self.store.side_of(self.records.get(order_id)) for order_id in known}
        self.orders = self.store.shopify.orders(sorted(known), sides) if known else {}
        targets = [self.records[order_id].target for order_id in known]
        self.sales = read_sale_orders(
            self.store.odoo, self.store.odoo_fields, [target.id for target in targets if target]
        )
        ids = [one for order in self.orders.values() for one in order.refund_ids]
        missing = [one for one in ids if one not in refunds]
        self.siblings = {**self.store.shopify.refunds(missing, sides), **refunds} if missing else refunds
        self.states = self.store.records("refund", [one for one in ids if one not in self.batch])
        self.payments = self._payments()
        self.names = self._names()
        self.shipping = self._shipping()

    def _shipping(self) -> Mapping[str, OrderFulfillments]:
        """A store that has nothing to do with Shopify's fulfillments may lack the scope for it."""
        rules, sales = self.store.rules.fulfillments, {one: self._sale(one) for one in self.orders}
        if not rules.to_shopify and rules.from_shopify is not FromShopify.VALIDATE:
            return {}
        ids = [one for one, sale in sales.items() if sale and matters(self._siblings(self.orders[one]), sale)]
        return scoped(self.store.slug, lambda: self.store.shopify.order_fulfillments(ids)) if ids else {}

    def _siblings(self, order: Order) -> tuple[Refund, ...]:
        return tuple(self.siblings[one] for one in order.refund_ids if one in self.siblings)

    def _payments(self) -> dict[str, Registered]:
        ids = [
            one.id for order in self.orders.values() for one in order.transactions if one.is_payment or one.pays_back
        ]
        found: dict[str, Registered] = {}
        for entity in ("payment", "payback"):
            for one, record in (self.store.records(entity, ids) if ids else {}).items():
                if entity == "payment" or record.target:
                    found[one] = Registered(record.state.value, record.target.id if record.target else None)
        return found

    def _names(self) -> dict[tuple[str, int], str]:
        notes = {one.id for sale in self.sales.values() for one in sale.invoices if one.kind == CREDIT_NOTE}
        back = {one.id for sale in self.sales.values() for one in sale.pickings if one.code == INCOMING}
        found: dict[tuple[str, int], str] = {}
        for model, ids in (("account.move", sorted(notes)), ("stock.picking", sorted(back))):
            if ids:
                names = self.store.odoo.call(model, "get_external_id", [ids], write=False, records=len(ids))
                found.update({(model, int(one)): str(name or "") for one, name in names.items()})
        return found

    def hint(self) -> None:
        """Have what the refunds wait for looked at: it may never have been announced."""
        hints = []
        for order_id in sorted(self.wanted):
            record, order = self.records.get(order_id), self.orders.get(order_id)
            sale = self._sale(order_id)
            if record is None or (order and sale and record.state is State.SYNCED and lacks_exchange(order, sale)):
                hints.append(Hint(self.store.slug, "order", order_id, why="its refund waits for it"))
            if order and sale and self.store.rules.until.registers_payments:
                missing = missing_payment(order, self.payments)
                if missing is not None and missing not in self.payments:
                    hints.append(Hint(self.store.slug, "payment", missing, why="a refund waits for it"))
        self.store.hint(hints)

    def _sale(self, order_id: str) -> SaleOrder | None:
        record = self.records.get(order_id)
        return self.sales.get(record.target.id) if record and record.target else None

    def situation(self, record: Record, refund: Refund | None) -> Situation:
        of_order = self.records.get(refund.order_id) if refund else None
        order = self.orders.get(refund.order_id) if refund else None
        sale = self._sale(refund.order_id) if refund else None
        return Situation(
            record_id=record.id,
            refund=refund,
            module=self.store.module,
            order_record_id=record_id(self.store.slug, "order", refund.order_id) if refund else "",
            order_state=of_order.state.value if of_order else "",
            order_ignored=(of_order.ignored or "") if of_order else "",
            order_synced=_was_synced(of_order),
            order_version=of_order.synced.version if of_order and of_order.synced else None,
            sale_id=of_order.target.id if of_order and of_order.target else None,
            sale=sale,
            order=order,
            siblings=self._siblings(order) if order else (),
            credits=self._credits(sale),
            returns=self._returns(sale),
            payments=self.payments,
            open_refunds=tuple(one for one in order.refund_ids if one != refund.id and not self._done(one))
            if order and refund
            else (),
            shipping=self.shipping.get(order.id) if order else None,
            facts=self.store.facts() if sale else None,
            books=books_of(self.store) if sale and self.store.rules.until.registers_payments else None,
            synced_digest=record.synced.digest if record.synced else None,
            target_id=record.target.id if record.target else None,
        )

    def _done(self, refund_id: str) -> bool:
        record = self.states.get(refund_id)
        return refund_id not in self.batch and record is not None and record.state is State.SYNCED

    def _credits(self, sale: SaleOrder | None) -> dict[str, Invoice]:
        notes = {one.id: one for one in sale.invoices if one.kind == CREDIT_NOTE} if sale else {}
        return {key: notes[one] for key, one in self._ours("account.move", "credit_", notes)}

    def _returns(self, sale: SaleOrder | None) -> dict[str, Picking]:
        back = {one.id: one for one in sale.pickings if one.code == INCOMING} if sale else {}
        return {key: back[one] for key, one in self._ours("stock.picking", "return_", back)}

    def _ours(self, model: str, prefix: str, ids: Iterable[int]) -> list[tuple[str, int]]:
        """(refund id, database id) of those that this store's refunds made."""
        whole = f"{self.store.module}.{prefix}"
        names = [(self.names.get((model, one), ""), one) for one in ids]
        return [(name.removeprefix(whole), one) for name, one in names if name.startswith(whole)]


def _was_synced(record: Record | None) -> bool:
    return record is not None and record.target is not None and record.synced is not None
