"""Reads both sides of a batch of deliveries: two or three requests to Odoo, one to Shopify, three to the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from libs.common.domain.sales import DONE, OUTGOING, Picking, SaleOrder
from libs.common.ledger.model import Hint, Record, State, record_id
from libs.common.odoo.cells import parse_datetime
from libs.common.odoo.sale_orders import many2one, read_sale_orders
from services.workers.context import StoreContext
from services.workers.deliveries.model import Head, Situation
from services.workers.scopes import scoped

ENTITY = "delivery"
FULFILLMENT = "Fulfillment"
#: The fulfillments that belong to a delivery are kept on its record, beside the first one, its target.
KEPT = "fulfillment_"
_HEAD: dict[str, Any] = {"name": {}, "state": {}, "picking_type_code": {}, "sale_id": {}, "write_date": {}}
_ORDER = "order_"


def gather(batch: Sequence[Record], store: StoreContext) -> list[Situation]:
    """One answer for each record of the batch, in its order."""
    heads = _heads(batch, store) if store.rules.fulfillments.to_shopify else {}
    sale_ids = [h.sale_id for h in heads.values() if h.state == DONE and h.code == OUTGOING and h.sale_id]
    linked = {sale: r for sale, r in store.linked_to("sale.order", sale_ids).items() if r.entity == "order"}
    orders = read_sale_orders(store.odoo, store.odoo_fields, list(linked))
    numbers = [linked[sale].source_id for sale in orders]
    shopify = scoped(store.slug, lambda: store.shopify.order_fulfillments(numbers)) if numbers else {}
    not_yet = _not_linked_yet(store, [sale for sale in sale_ids if sale not in linked])
    pickings = [picking for order in orders.values() for picking in order.deliveries]
    ledger = _Known(store, pickings) if pickings else None
    answers = []
    for record in batch:
        head = heads.get(_id(record))
        sale = head.sale_id if head else None
        order = orders.get(sale) if sale else None
        of = linked.get(sale) if sale else None
        answers.append(
            Situation(
                record_id=record.id,
                head=head,
                order=order,
                shopify=shopify.get(of.source_id) if of else None,
                order_record=of.id if of else not_yet.get(sale) if sale else None,
                own=ledger.of(_id(record)) if ledger else (),
                others=ledger.but(_id(record)) if ledger else frozenset(),
                earlier=ledger.earlier(order, _id(record)) if ledger and order else None,
                synced_digest=record.synced.digest if record.synced else None,
                failed_before=record.attempts > 0,
            )
        )
    return answers


def _id(record: Record) -> int:
    return int(record.source_id)


def _heads(batch: Sequence[Record], store: StoreContext) -> dict[int, Head]:
    """Nothing where this Odoo keeps no stock."""
    if not store.odoo_fields.order_pickings:
        return {}
    rows = store.odoo.web_read("stock.picking", [_id(record) for record in batch], _HEAD)
    return {
        row["id"]: Head(
            id=row["id"],
            name=row["name"] or "",
            state=row["state"],
            code=row["picking_type_code"] or "",
            sale_id=many2one(row["sale_id"]),
            write_date=parse_datetime(row["write_date"]),
        )
        for row in rows
    }


def _not_linked_yet(store: StoreContext, sale_ids: Sequence[int]) -> dict[int, str]:
    """Orders that Tandem made and has not linked: its worker is at it, or died of it. Their records, by order.

    An order that no record tells of (a ledger begun anew) is announced, so that there is something to wait for.
    """
    if not sale_ids:
        return {}
    names = store.odoo.call("sale.order", "get_external_id", [list(sale_ids)], write=False, records=len(sale_ids))
    begins = f"{store.module}.{_ORDER}"
    found = {int(sale): name[len(begins) :] for sale, name in names.items() if str(name or "").startswith(begins)}
    known = store.records("order", list(found.values()))
    store.hint(
        [Hint(store.slug, "order", one, why="its delivery is done") for one in found.values() if one not in known]
    )
    return {sale: record_id(store.slug, "order", one) for sale, one in found.items()}


class _Known:
    """What the ledger has of all deliveries of these orders."""

    def __init__(self, store: StoreContext, pickings: Iterable[Picking]) -> None:
        ids = [picking.id for picking in pickings]
        self._records = {int(i): r for i, r in store.records(ENTITY, [str(one) for one in ids]).items()}
        self._causes: Mapping[int, Record] = {
            picking: record
            for picking, record in store.linked_to("stock.picking", ids).items()
            if record.entity == "fulfillment"
        }
        self._fulfillments = {one: self._of(one) for one in ids}

    def of(self, picking_id: int) -> tuple[str, ...]:
        return self._fulfillments.get(picking_id, ())

    def but(self, picking_id: int) -> frozenset[str]:
        return frozenset(f for other, found in self._fulfillments.items() if other != picking_id for f in found)

    def earlier(self, order: SaleOrder, picking_id: int) -> str | None:
        """The next delivery before this one that has yet to be told: two at once could take each other's units."""
        done = sorted((p for p in order.deliveries if p.state == DONE), key=lambda p: (str(p.done_at), p.id))
        ids = [picking.id for picking in done]
        for other in reversed(ids[: ids.index(picking_id)] if picking_id in ids else []):
            record = self._records.get(other)
            if record and not record.target and record.state in {State.DUE, State.RUNNING}:
                return record.id
        return None

    def _of(self, picking_id: int) -> tuple[str, ...]:
        """By its own record, and by that of a fulfillment that had it done (services.workers.fulfillments)."""
        record, cause = self._records.get(picking_id), self._causes.get(picking_id)
        found = [cause.source_id] if cause else []
        if record and record.target and record.target.model == FULFILLMENT:
            found.append(str(record.target.id))
        if record:
            found += [name.removeprefix(KEPT) for name in record.frozen if name.startswith(KEPT)]
        return tuple(dict.fromkeys(found))
