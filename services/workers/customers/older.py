"""Digests of records that an earlier Tandem wrote: one for all that each side had, not one for each part. Pure.

They still tell which side has changed since: then all its parts count as changed. The next sync writes the digest anew.
"""

from __future__ import annotations

from libs.common.domain.addresses import PLACE_FIELDS
from libs.common.domain.customers import OdooContact, ShopCompany, ShopCustomer
from libs.common.domain.digests import digest
from services.workers.customers.contact import consent_of
from services.workers.customers.model import ConsentTags
from services.workers.customers.parts import Agreed

_BETWEEN = "."
_CARRIED = frozenset({"name", "email", "phone", "lang", *PLACE_FIELDS})


def agreed_on_customer(
    text: str | None, now: Agreed, customer: ShopCustomer, contact: OdooContact, tags: ConsentTags
) -> Agreed | None:
    """None for what is no such digest."""
    shop, between, odoo = (text or "").partition(_BETWEEN)
    if not between:
        return None
    return Agreed(now.shop if _customer(customer) == shop else {}, now.odoo if _contact(contact, tags) == odoo else {})


def agreed_on_company(text: str | None, now: Agreed, company: ShopCompany) -> Agreed | None:
    """Companies went one way then: nothing was kept of Odoo's side."""
    if not text:
        return None
    content = [company.name, company.external_id, list(company.locations)]
    return Agreed(now.shop if digest(content) == text else {}, now.odoo)


def _customer(customer: ShopCustomer) -> str:
    return digest(
        {
            "name": [customer.first_name, customer.last_name],
            "email": customer.email,
            "phone": customer.phone,
            "locale": customer.locale,
            "consent": [customer.email_consent, customer.sms_consent],
            "addresses": [one.address for one in customer.addresses],
            "default": customer.default_address,
        }
    )


def _contact(contact: OdooContact, tags: ConsentTags) -> str:
    addresses = {digest(dict(one.values)) for one in contact.addresses if one.active}
    values = {name: value for name, value in contact.values if name in _CARRIED}
    return digest({"values": values, "consent": consent_of(contact, tags), "addresses": sorted(addresses)})
