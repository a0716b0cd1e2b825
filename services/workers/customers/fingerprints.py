"""The parts of a customer and of a contact, each with its digest: whatever Tandem carries of them. Pure."""

from __future__ import annotations

from libs.common.domain.addresses import PLACE_FIELDS
from libs.common.domain.customers import OdooContact, ShopCustomer
from services.workers.customers.contact import consent_of
from services.workers.customers.model import ConsentTags
from services.workers.customers.parts import short

NAME, EMAIL, PHONE, LANG, PLACE, COMPANY = "name", "email", "phone", "lang", "place", "company"
CONSENT = "consent_"
ADDRESS = "address:"
#: Which fields of a contact a part stands for.
FIELDS = {
    NAME: ("name",),
    EMAIL: ("email",),
    PHONE: ("phone",),
    LANG: ("lang",),
    PLACE: PLACE_FIELDS,
    COMPANY: ("parent_id",),
}


def shop_parts(customer: ShopCustomer, companies: tuple[str, ...] = (), above: int | None = None) -> dict[str, str]:
    """`companies` are those that it is a contact of; `above` the first one's contact in Odoo, while there is one."""
    home = customer.default_address
    at = [home.address1, home.address2, home.city, home.zip, home.province, home.country] if home else []
    parts = {
        NAME: short([customer.first_name, customer.last_name]),
        EMAIL: short(customer.email),
        PHONE: short(customer.phone or (home.phone if home else "")),
        LANG: short(customer.locale),
        PLACE: short(at),
        COMPANY: short([*companies[:1], above]),
        f"{CONSENT}email": short(customer.email_consent),
        f"{CONSENT}sms": short(customer.sms_consent),
    }
    return parts | {f"{ADDRESS}{short(one.address)}": "1" for one in customer.addresses}


def odoo_parts(contact: OdooContact, tags: ConsentTags) -> dict[str, str]:
    """A person below a company has its company's address: that is no part of the person."""
    values, consent = dict(contact.values), consent_of(contact, tags)
    parts = {
        NAME: short(values.get("name", "")),
        EMAIL: short(contact.email),
        PHONE: short(contact.phone or values.get("phone", "")),
        LANG: short(values.get("lang", "")),
        PLACE: short([] if contact.below else [values.get(name, "") for name in PLACE_FIELDS]),
        **{f"{CONSENT}{kind}": short(consent.get(kind, False)) for kind in ("email", "sms")},
    }
    return parts | {f"{ADDRESS}{short(dict(one.values))}": "1" for one in contact.addresses if one.active}
