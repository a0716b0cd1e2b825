"""Reads both sides of a whole batch: one request to Shopify, two to Odoo, two to the ledger.

Raises a `Failure` that concerns the whole batch; what concerns one record comes back with it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from libs.common.domain.matching import PartnerFact, ProductFact, email_forms, normalise_code
from libs.common.domain.orders import Order
from libs.common.domain.sales import SaleOrder
from libs.common.errors import Failure, Rejected, Transient
from libs.common.ledger.model import Record, State
from libs.common.ledger.states import FINAL
from libs.common.odoo.sale_orders import read_sale_orders
from services.workers.context import StoreContext
from services.workers.orders.admission import left_out
from services.workers.orders.awaiting import awaited_products
from services.workers.orders.company import BUYER
from services.workers.orders.model import Situation
from services.workers.orders.plan import order_digest
from services.workers.orders.terms import asks_for_terms

#: How often an announced order may be missing before a person is asked: a replica may lag behind its webhook.
INVISIBLE_ATTEMPTS = 4


def gather(batch: Sequence[Record], store: StoreContext) -> list[Situation | Failure]:
    """One answer for each record of the batch, in its order."""
    sides = {record.source_id: store.side_of(record) for record in batch}
    orders = store.shopify.orders(list(sides), sides)
    news = {r.source_id: orders[r.source_id] for r in batch if r.source_id in orders and _is_news(r, orders, store)}
    partner_links = store.links("customer", [order.customer.id for order in news.values() if order.customer])
    company_links = store.links("company", [order.company.id for order in news.values() if order.company])
    variant_links = store.links("variant", _variant_ids(news.values()))
    partners = _partners(store, news, {*partner_links.values(), *company_links.values()}) if news else ()
    products = _products(store, news, variant_links) if news else ()
    awaited = awaited_products(store, news.values(), products, variant_links)
    existing = _existing(store, batch, orders)
    refunds = store.records("refund", [one for order in orders.values() for one in order.refund_ids])
    done_refunds = frozenset(one for one, record in refunds.items() if record.state is State.SYNCED)
    facts = store.facts()
    terms = store.reference.terms() if any(asks_for_terms(one, store.rules) for one in news.values()) else ()
    answers: list[Situation | Failure] = []
    for record in batch:
        order = orders.get(record.source_id)
        if order is None and _may_appear(record):
            answers.append(_invisible(record))
            continue
        customer = order.customer if order else None
        answers.append(
            Situation(
                record_id=record.id,
                order=order,
                module=store.module,
                facts=facts,
                linked_partner_id=partner_links.get(customer.id) if customer else None,
                linked_company_id=company_links.get(order.company.id) if order and order.company else None,
                partners=partners,
                terms=terms,
                linked_products=variant_links,
                products=products,
                awaited=awaited,
                synced_digest=record.synced.digest if record.synced else None,
                target_id=record.target.id if record.target else None,
                existing=existing.get(record.target.id) if record.target else None,
                done_refunds=done_refunds,
                waiting_refunds=_waiting(order, refunds) if order else (),
            )
        )
    return answers


def _is_news(record: Record, orders: Mapping[str, Order], store: StoreContext) -> bool:
    """Whether planning needs more than the order itself: not for a repeat, which is then a single request.

    Nor for one that a rule leaves out, and one that was cancelled.
    """
    order = orders[record.source_id]
    if order.cancelled_at or (record.target is None and left_out(order, store.rules)):
        return False
    return not _is_repeat(record, order, store)


def _is_repeat(record: Record, order: Order, store: StoreContext) -> bool:
    return bool(record.target and record.synced and record.synced.digest == order_digest(order, store.rules))


def _waiting(order: Order, refunds: Mapping[str, Record]) -> tuple[str, ...]:
    """Refunds that the ledger does not know yet, or that are due."""
    known = {one for one, record in refunds.items() if record.state in FINAL}
    return tuple(one for one in order.refund_ids if one not in known)


def _may_appear(record: Record) -> bool:
    """Announced, never seen, not deleted: Shopify's reading side may be behind (or hides it from our token)."""
    return record.target is None and record.wanted.why != "orders/delete"


def _invisible(record: Record) -> Failure:
    what = f"Shopify announced order {record.name or record.source_id} but does not show it"
    if record.attempts < INVISIBLE_ATTEMPTS:
        return Transient(what, "shopify", code="order_not_visible")
    return Rejected(
        what,
        "shopify",
        code="order_not_visible",
        hint="orders older than 60 days need the scope read_all_orders; retry once the token has it",
    )


def _variant_ids(orders: Iterable[Order]) -> list[str]:
    return sorted({line.variant_id for order in orders for line in order.lines if line.variant_id})


def _partners(store: StoreContext, orders: Mapping[str, Order], links: Collection[int]) -> tuple[PartnerFact, ...]:
    """Everybody who may be a customer of the batch: linked contacts, those with its e-mail or a company's reference."""
    named = {(o.customer.email if o.customer else "") or o.email for o in orders.values()}
    emails = {form for one in named for form in email_forms(one)}
    refs = {o.company.external_id for o in orders.values() if o.company} - {""}
    domain: list[object] = ["|", ("id", "in", sorted(set(links))), ("email_normalized", "in", sorted(emails))]
    if refs:
        domain = ["|", ("ref", "in", sorted(refs)), *domain]
    if not emails and not links and not refs:
        return ()
    rows = store.odoo.search_read(
        "res.partner",
        domain,
        ["name", "email_normalized", "parent_id", "active", "ref", "commercial_partner_id"],
        context={"active_test": False},
    )
    buyers = _buyers(store, rows, orders)
    return tuple(
        PartnerFact(
            id=row["id"],
            name=row["name"] or "",
            email=row["email_normalized"] or "",
            parent_id=row["parent_id"][0] if row["parent_id"] else None,
            active=row["active"],
            ref=row["ref"] or "",
            commercial_id=row["commercial_partner_id"][0] if row["commercial_partner_id"] else row["id"],
            is_buyer=row["id"] in buyers,
        )
        for row in rows
    )


def _buyers(store: StoreContext, rows: Sequence[Mapping[str, Any]], orders: Mapping[str, Order]) -> set[int]:
    """Those that were made for who buys for a company; asked where a private order may meet one, which is rare."""
    if all(order.company for order in orders.values()):
        return set()
    own = {row["email_normalized"] for row in rows if row["active"] and not row["parent_id"]}
    below = [row["id"] for row in rows if row["parent_id"] and row["email_normalized"] not in own]
    if not below:
        return set()
    names: dict[str, str] = store.odoo.call("res.partner", "get_external_id", [below], write=False, records=len(below))
    return {int(one) for one, name in names.items() if str(name or "").startswith(f"{store.module}.{BUYER}_")}


def _products(store: StoreContext, orders: Mapping[str, Order], links: Mapping[str, int]) -> tuple[ProductFact, ...]:
    """Every product the batch may mean: by link, by barcode, by SKU, in one query."""
    lines = [line for order in orders.values() for line in order.lines]
    barcodes = {normalise_code(line.barcode) for line in lines} - {""}
    skus = {normalise_code(line.sku) for line in lines} - {""}
    if not barcodes and not skus and not links:
        return ()
    domain: list[object] = [
        "|",
        "|",
        ("id", "in", sorted(set(links.values()))),
        ("barcode", "in", sorted(barcodes)),
        ("default_code", "in", sorted(skus)),
    ]
    rows = store.odoo.search_read(
        "product.product", domain, ["name", "default_code", "barcode", "active"], context={"active_test": False}
    )
    return tuple(
        ProductFact(
            id=row["id"],
            name=row["name"] or "",
            default_code=(row["default_code"] or "").strip(),
            barcode=(row["barcode"] or "").strip(),
            active=row["active"],
        )
        for row in rows
    )


def _existing(store: StoreContext, batch: Sequence[Record], orders: Mapping[str, Order]) -> dict[int, SaleOrder]:
    """The Odoo orders of records that changed, were cancelled or vanished since they were synced."""
    wanted = []
    for record in batch:
        order = orders.get(record.source_id)
        if record.target and (order is None or not _is_repeat(record, order, store)):
            wanted.append(record.target.id)
    return read_sale_orders(store.odoo, store.odoo_fields, wanted)
