"""Business orders: the company they are for, its locations, and who buys for it. Pure."""

from __future__ import annotations

from libs.common.domain.matching import PartnerFact, normalise_email
from libs.common.domain.orders import Company, Customer
from services.workers.orders.model import PlannedAddress, Ref, Situation

BUYER = "buyer"
CONTACT = "contact"


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


def buyer_contact(situation: Situation, company: Company, owner: Ref, buyer: Customer) -> PlannedAddress | None:
    """Who placed the order, as a contact below the company; None where there is one of their e-mail address or link.

    Named after both: who buys for two companies is a contact of each, and their private orders are none of either's.
    """
    email = normalise_email(buyer.email)
    for partner in situation.partners:
        below = isinstance(owner, int) and partner.active and partner.parent_id == owner
        if below and (partner.id == situation.linked_partner_id or (email and partner.email == email)):
            return None
    values = {"name": buyer.name or email or f"Shopify customer {buyer.id}", "email": email, "phone": buyer.phone}
    external_id = f"{situation.module}.{BUYER}_{buyer.id}_{company.id}"
    return PlannedAddress(external_id, CONTACT, {key: value for key, value in values.items() if value})
