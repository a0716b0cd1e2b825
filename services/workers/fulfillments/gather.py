"""Reads both sides of a batch of fulfillments: two requests to Shopify, two to Odoo, three to the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from libs.common.domain.fulfillments import Fulfillment, OrderFulfillments
from libs.common.domain.rules import FromShopify
from libs.common.errors import Failure, Transient
from libs.common.ledger.model import Record, State, record_id
from libs.common.odoo.sale_orders import read_sale_orders
from services.workers.context import StoreContext
from services.workers.fulfillments.model import OrderState, Situation
from services.workers.scopes import scoped

ENTITY = "fulfillment"
PICKING = "stock.picking"
#: How often an announced fulfillment may be missing: a replica may lag behind its webhook.
INVISIBLE_ATTEMPTS = 4


def gather(batch: Sequence[Record], store: StoreContext) -> list[Situation | Failure]:
    """One answer for each record of the batch, in its order.

    Where the store leaves fulfillments made elsewhere alone, only those are read that a delivery of ours stands for.
    """
    deliveries = store.linked_to("Fulfillment", [int(record.source_id) for record in batch])
    wanted = [record for record in batch if _matters(record, deliveries, store)]
    ids = [record.source_id for record in wanted]
    found = scoped(store.slug, lambda: store.shopify.fulfillments(ids)) if ids else {}
    orders = _Orders(store, sorted({one.order_id for one in found.values()}))
    answers: list[Situation | Failure] = []
    for record in batch:
        fulfillment = found.get(record.source_id)
        if fulfillment is None and record in wanted and record.target is None and record.attempts < INVISIBLE_ATTEMPTS:
            what = f"Shopify announced fulfillment {record.name or record.source_id} but does not show it"
            answers.append(Transient(what, "shopify", code="fulfillment_not_visible"))
            continue
        delivery = deliveries.get(int(record.source_id))
        answers.append(orders.situation(record, fulfillment, delivery.id if delivery else None))
    return answers


def _matters(record: Record, deliveries: Mapping[int, Record], store: StoreContext) -> bool:
    from_shopify = store.rules.fulfillments.from_shopify
    return from_shopify is FromShopify.VALIDATE or record.target is not None or int(record.source_id) in deliveries


class _Orders:
    """The orders of a batch of fulfillments, on both sides and in the ledger."""

    def __init__(self, store: StoreContext, order_ids: Sequence[str]) -> None:
        self._store = store
        self._records = store.records("order", order_ids)
        linked = {one: record.target.id for one, record in self._records.items() if record.target}
        self._shopify: Mapping[str, OrderFulfillments] = (
            scoped(store.slug, lambda: store.shopify.order_fulfillments(list(linked))) if linked else {}
        )
        self._sales = read_sale_orders(store.odoo, store.odoo_fields, list(linked.values())) if linked else {}
        ids = [one.id for order in self._shopify.values() for one in order.fulfillments]
        self._siblings = store.records(ENTITY, ids) if ids else {}

    def situation(self, record: Record, fulfillment: Fulfillment | None, delivery: str | None) -> Situation:
        order_id = fulfillment.order_id if fulfillment else ""
        order = self._records.get(order_id)
        shopify = self._shopify.get(order_id)
        siblings = shopify.fulfillments if shopify else ()
        state = None
        if fulfillment:
            state = OrderState(record_id(self._store.slug, "order", order_id))
            if order:
                state = OrderState(order.id, order.target.id if order.target else None, order.ignored)
        return Situation(
            record_id=record.id,
            fulfillment=fulfillment,
            siblings=siblings,
            order_state=state,
            order=self._sales.get(order.target.id) if order and order.target else None,
            delivery=delivery,
            picking_id=record.target.id if record.target and record.target.model == PICKING else None,
            earlier=self._earlier(fulfillment, siblings) if fulfillment else None,
            synced_digest=record.synced.digest if record.synced else None,
            keeps_tracking=self._store.odoo_fields.picking_tracking if order else False,
        )

    def _earlier(self, fulfillment: Fulfillment, siblings: Sequence[Fulfillment]) -> str | None:
        """The next one before this one that has yet to be worked on: both would want the same delivery."""
        before = [
            one
            for one in siblings
            if one.counts and (one.created_at, one.id) < (fulfillment.created_at, fulfillment.id)
        ]
        for one in sorted(before, key=lambda each: (each.created_at, each.id), reverse=True):
            record = self._siblings.get(one.id)
            if record and record.state in {State.DUE, State.RUNNING} and record.target is None and not record.synced:
                return record.id
        return None
