"""What an order says beside its lines and addresses: whose it is, its number at the customer's, when it is paid. Pure.

The order in Odoo follows a change of these. What was invoiced before stays as it was, and is told.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from libs.common.domain.digests import digest
from libs.common.domain.orders import Order
from libs.common.domain.sales import INVOICE, Invoice, SaleOrder
from services.workers.orders.model import PlannedOrder

CUSTOMER, TERMS, REFERENCE = "customer", "payment terms", "customer reference"
BETWEEN, BETWEEN_PARTS = ".", "-"
_DIGEST_LENGTH = 12


def heading_digest(order: Order) -> str:
    """Three digests: whose it is, their number, the terms. "" of an order that has none of these, as most have not.

    A private order is its customer's by the rest of its digest, and stays with the contact it was made for.
    """
    company, terms = order.company, order.payment_terms
    who = [company.id, company.location_id, order.customer.id if order.customer else None] if company else None
    due_on = terms.due_on.isoformat() if terms and terms.due_on else None
    agreed = [terms.kind, terms.name, terms.due_in_days, due_on] if terms else None
    parts = [digest(one)[:_DIGEST_LENGTH] if one else "" for one in (who, order.po_number, agreed)]
    return BETWEEN_PARTS.join(parts) if any(parts) else ""


def heading_changes(before: str | None, now: str) -> frozenset[str]:
    """What of it changed, from an order's former digest to this one; all of it where the former did not tell."""
    found = set()
    who, number, agreed = (a != b for a, b in zip(_parts(before), _parts(now), strict=True))
    if who:
        found |= {CUSTOMER, REFERENCE}
    if number:
        found.add(REFERENCE)
    if agreed:
        found.add(TERMS)
    return frozenset(found)


def _parts(fingerprint: str | None) -> tuple[str, str, str]:
    _, _, heading = (fingerprint or "").partition(BETWEEN)
    who, number, agreed = heading.split(BETWEEN_PARTS) if heading else ("", "", "")
    return who, number, agreed


def reference_of(order: Order) -> str:
    """What the customer calls it: the order's number, that of their purchase order, and who bought for the company."""
    buyer = (order.customer.name or order.customer.email) if order.company and order.customer else ""
    return " / ".join(part for part in (order.name, order.po_number, buyer) if part)


def heading_writes(order: SaleOrder, planned: PlannedOrder, changed: frozenset[str]) -> frozenset[str]:
    """What of that is another one in Odoo's order."""
    terms = planned.terms
    differs = {
        CUSTOMER: order.partner_id != planned.customer.ref,
        TERMS: terms is not None and order.payment_term_id not in terms.same,
        REFERENCE: order.client_order_ref != planned.client_order_ref,
    }
    return frozenset(name for name in changed if differs[name])


def heading_left(order: SaleOrder, planned: PlannedOrder, changed: frozenset[str]) -> list[dict[str, Any]]:
    """Where the order's invoices say something else of it: both sides' words, why, and what to do."""
    left = []
    for invoice in (one for one in order.invoices if one.kind == INVOICE and one.counts):
        name = invoice.name or f"draft {invoice.id}"
        why = f"{name} is posted" if invoice.state == "posted" else f"{name} was made for the former"
        for what, shopify, odoo in _on_invoice(planned, invoice):
            if what in changed:
                sides = {"shopify": shopify, "odoo": odoo}
                left.append({what: sides, "why": why, "to_do": _to_do(what, invoice, name)})
    return left


def _on_invoice(planned: PlannedOrder, invoice: Invoice) -> Iterable[tuple[str, str, str]]:
    if planned.payer_id is None or invoice.payer_id != planned.payer_id:
        yield CUSTOMER, planned.customer_name, invoice.payer
    terms = planned.terms
    if terms and (invoice.term_id not in terms.same or (terms.due_on and invoice.due_on != terms.due_on)):
        agreed = f"{terms.name}, {terms.due_on}" if terms.due_on else terms.name
        yield TERMS, agreed, ", ".join(part for part in (invoice.term, f"due {invoice.due_on}") if part)
    # One that was made before buyers were told of does not name them.
    if invoice.ref not in {planned.client_order_ref, planned.reference_without_buyer}:
        yield REFERENCE, planned.client_order_ref, invoice.ref


def _to_do(what: str, invoice: Invoice, name: str) -> str:
    if invoice.state != "posted":
        return f"delete the {name} invoice in Odoo"
    if what == CUSTOMER:
        return f"credit {name} in Odoo and invoice the order anew"
    return f"correct the {what} on {name} in Odoo, where the law allows it"
