"""Business orders: the company they are for, what it agreed to pay by, and its locations. Pure."""

from __future__ import annotations

from libs.common.domain.matching import PartnerFact
from libs.common.domain.orders import Company, Order
from libs.common.domain.rules import StoreRules
from services.workers.orders.holding import refuse
from services.workers.orders.model import PlannedAddress, Ref, Situation

#: What is due at once needs no term in Odoo.
AT_ONCE = "RECEIPT"


def company_of(situation: Situation, company: Company) -> tuple[Ref, dict[str, str]]:
    """The linked contact, else the active one whose reference is the company's external id, else one to make.

    The buyer's e-mail address is none of the company's: it would make the company the customer of private orders.
    """
    known = _known(situation, company)
    if known:
        return known.id, {}
    return (
        f"{situation.module}.company_{company.id}",
        {"name": company.name, "is_company": "1", "ref": company.external_id},
    )


def _known(situation: Situation, company: Company) -> PartnerFact | None:
    linked = situation.linked_company_id
    for partner in situation.partners:
        if linked is not None and partner.id == linked:
            return partner
    same = [p for p in situation.partners if p.active and p.ref and p.ref == company.external_id]
    return min(same, key=lambda p: (p.parent_id is not None, p.id), default=None)


def location_address(situation: Situation, company: Company, kind: str) -> PlannedAddress:
    """The location by its name, for an order that carries no such address."""
    external_id = f"{situation.module}.location_{company.location_id}_{kind}"
    return PlannedAddress(external_id, kind, {"name": company.location_name})


def payment_term(order: Order, rules: StoreRules) -> int | None:
    """The store's Odoo term for what was agreed; None where nothing was, and for what is due at once."""
    terms = order.payment_terms
    if terms is None:
        return None
    mapped = rules.payment_terms.get(terms.name)
    if not mapped and terms.kind != AT_ONCE:
        kind = terms.kind.lower() + (f", {terms.due_in_days} days" if terms.due_in_days is not None else "")
        refuse(
            "payment_terms_unmapped",
            f"{order.name} is to be paid by {terms.name!r} ({kind}), and no term of Odoo's is named for that",
            f"name the payment term in the store's rules (payment_terms: {terms.name!r})",
            terms=terms.name,
            kind=terms.kind,
            due_in_days=terms.due_in_days,
        )
    return mapped
