"""What to do about one order: pure, so that a dry run is this plan printed."""

from __future__ import annotations

from dataclasses import replace

from libs.common.domain.digests import digest
from libs.common.domain.money import Money
from libs.common.domain.orders import Order
from libs.common.domain.outcomes import Hold, Ignore, Needs, Nothing
from libs.common.domain.rules import StoreRules
from libs.common.domain.sales import SaleOrder
from services.workers.orders.admission import left_out
from services.workers.orders.cancel import plan_cancellation
from services.workers.orders.compare import difference
from services.workers.orders.customer import plan_customer
from services.workers.orders.edits import plan_edit
from services.workers.orders.heading import (
    BETWEEN,
    CUSTOMER,
    heading_changes,
    heading_digest,
    heading_left,
    heading_writes,
    reference_of,
)
from services.workers.orders.holding import HoldOrder, WaitForProduct, refuse
from services.workers.orders.kept import without_cancelled
from services.workers.orders.known_prices import with_known_prices
from services.workers.orders.lines import plan_lines
from services.workers.orders.model import (
    Cancelling,
    Changes,
    Edit,
    PlannedCustomer,
    PlannedOrder,
    PlannedProduct,
    Rounding,
    Situation,
)
from services.workers.orders.products import ROUNDING, carrier
from services.workers.orders.sold import charged
from services.workers.orders.terms import plan_terms


def plan(situation: Situation, rules: StoreRules) -> Changes | Cancelling | Hold | Ignore | Needs | Nothing:
    """Decide about one order.

    `Changes` for an order that Odoo is to have (with an `edit` one that it has and that changed in Shopify since),
    `Cancelling` for one that it has and that was cancelled, `Nothing` when it was synced just so, `Ignore` by a rule,
    `Needs` for a product that is on its way to Odoo, `Hold` where a person must act.
    """
    order = situation.order
    if order is None:
        return _gone(situation)
    if order.cancelled_at:
        return _cancelled(situation, order, rules)
    rule = left_out(order, rules) if situation.target_id is None else None
    if rule:
        return Ignore(rule)
    fingerprint = order_digest(order, rules)
    if situation.synced_digest == fingerprint and situation.target_id:
        return Nothing(fingerprint)
    if situation.synced_digest and situation.target_id and situation.existing is None:
        return Hold(
            "order_deleted_in_odoo",
            f"{order.name} changed in Shopify, but somebody deleted its order in Odoo; it is not made again",
            "enter it in Odoo by hand if it is wanted, or cancel it in Shopify, then retry",
            {"order_id": situation.target_id},
        )
    try:
        left = without_cancelled(order, situation.done_refunds, situation.existing)
        return _changes(situation, left, rules, fingerprint)
    except HoldOrder as held:
        return held.hold
    except WaitForProduct as waiting:
        return waiting.needs


def order_digest(order: Order, rules: StoreRules) -> str:
    """Changes when something does that Odoo's order is made of: lines, money, customer, addresses, how far it goes.

    Whose a business order is, its number at the customer's and the terms of payment are a part of its own.

    Notes, tags and statuses are not part of it: they change often and after the order is confirmed. Nor is what was
    paid, refunded or shipped, which are records of their own.
    """
    rest = digest(
        {
            "until": rules.until,
            "cancelled": order.cancelled_at is not None,
            "currency": order.currency,
            "included": order.taxes_included,
            "total": order.total,
            "tax": order.total_tax,
            "lines": [
                (x.id, x.title, x.variant_title, x.sku, x.variant_id, x.quantity, x.unit_price, x.discounts, x.taxes)
                for x in order.lines
            ],
            "shipping": [(x.title, x.price, x.discounts, x.taxes, x.removed) for x in order.shipping_lines],
            "customer": order.customer.id if order.customer else None,
            "addresses": [order.shipping_address, order.billing_address],
        }
    )
    heading = heading_digest(order)
    return f"{rest}{BETWEEN}{heading}" if heading else rest


def _gone(situation: Situation) -> Hold | Ignore:
    if situation.target_id is None:
        return Ignore("deleted in Shopify before it reached Odoo")
    if situation.existing is None or situation.existing.state == "cancel":
        return Ignore("deleted in Shopify, and cancelled or deleted in Odoo")
    return Hold(
        "order_deleted",
        "the order was deleted in Shopify but is in Odoo",
        "cancel the order in Odoo if it is not wanted, then retry",
        {"order_id": situation.target_id},
    )


def _cancelled(situation: Situation, order: Order, rules: StoreRules) -> Cancelling | Ignore | Nothing:
    if situation.target_id is None:
        return Ignore("cancelled in Shopify before it reached Odoo")
    fingerprint = order_digest(order, rules)
    if situation.synced_digest == fingerprint:
        return Nothing(fingerprint)
    if situation.existing is None:
        return Ignore("cancelled in Shopify and deleted in Odoo")
    steps = plan_cancellation(situation.existing, refunds_to_come=bool(situation.waiting_refunds))
    return Cancelling(situation.record_id, fingerprint, order, steps, situation.waiting_refunds)


def _changes(situation: Situation, order: Order, rules: StoreRules, fingerprint: str) -> Changes:
    pricelist_id = _pricelist(situation, order, rules)
    planned = plan_lines(situation, order, rules)
    there = situation.existing
    lines = with_known_prices(planned.lines, order, there) if there else planned.lines
    customer, shipping, invoice = plan_customer(situation, rules)
    changes = Changes(
        record_id=situation.record_id,
        digest=fingerprint,
        version=order.updated_at,
        name=order.name,
        source=order,
        order=PlannedOrder(
            external_id=f"{situation.module}.order_{order.id}",
            customer=customer,
            shipping=shipping,
            invoice=invoice,
            client_order_ref=reference_of(order),
            origin=f"Shopify {order.name}",
            date_order=order.processed_at,
            lines=lines,
            pricelist_id=pricelist_id,
            terms=plan_terms(order, rules, situation.terms),
            customer_name=order.company.name if order.company else customer.values.get("name", ""),
            payer_id=_payer(situation, customer),
            reference_without_buyer=reference_of(replace(order, customer=None)),
            note=order.note,
            tags=tuple(dict.fromkeys(tag.strip() for tag in order.tags if tag.strip())),
        ),
        total=charged(order),
        tax=order.total_tax,
        taxes_included=order.taxes_included,
        rounding=_rounding(situation, order, rules),
        side=order.side,
        products=planned.products,
        links=planned.links,
        until=rules.until,
    )
    return replace(changes, edit=_edit(changes, there, situation.synced_digest)) if there else changes


def _payer(situation: Situation, customer: PlannedCustomer) -> int | None:
    if isinstance(customer.ref, str):
        return None
    return next((one.commercial_id for one in situation.partners if one.id == customer.ref), 0) or customer.ref


def _edit(changes: Changes, existing: SaleOrder, before: str | None) -> Edit:
    """What is to follow in Odoo. Lines that come to the same, a person's correction among them, are left alone."""
    changed = heading_changes(before, changes.digest)
    writes = heading_writes(existing, changes.order, changed)
    left = heading_left(existing, changes.order, changed)
    addresses = changes.order.customer.addresses
    edit = plan_edit(existing, changes.order.lines, addresses, another_customer=CUSTOMER in writes)
    edit = replace(edit, heading=writes, blocked=(*edit.blocked, *left))
    if difference(changes, existing, {}) is None:
        return replace(edit, writes=(), new_lines=(), blocked=tuple(one for one in edit.blocked if "line" not in one))
    return edit


def _rounding(situation: Situation, order: Order, rules: StoreRules) -> Rounding:
    products: dict[str, PlannedProduct] = {}
    ref = carrier(situation, ROUNDING, rules.rounding_product_id, products)
    tolerance = Money(rules.rounding_tolerance, order.currency)
    return Rounding(tolerance, ref, situation.facts.price_digits, tuple(products.values()))


def _pricelist(situation: Situation, order: Order, rules: StoreRules) -> int | None:
    """The pricelist that makes Odoo's order one of this currency; None where the company's currency needs none."""
    facts = situation.facts
    mapped = rules.pricelists.get(order.currency)
    if mapped:
        return mapped
    if order.currency == facts.currency and not facts.pricelist_required:
        return None
    found = facts.pricelists.get(order.currency)
    if found is None:
        refuse(
            "pricelist_missing",
            f"the order is in {order.currency} (the company: {facts.currency}) and Odoo has no pricelist for it",
            f"create a pricelist in {order.currency} in Odoo, or name one in the store's rules (pricelists)",
            currency=order.currency,
            company_currency=facts.currency,
        )
    return found
