"""The parts of a company on both sides, each with its digest: whatever Tandem carries of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from libs.common.domain.addresses import PLACE_FIELDS
from libs.common.domain.customers import CompanyLocation, OdooContact, ShopCompany
from libs.common.domain.orders import Address
from services.workers.companies.model import FROM_ODOO, Situation
from services.workers.customers.contact import address_content
from services.workers.customers.parts import Agreed, short

NAME, REF, PHONE, LANG, VAT, PLACE = "name", "ref", "phone", "lang", "vat", "place"
LOCATION, BELOW, PERSON = "location:", "below:", "person:"
#: Which fields of a contact a part stands for.
FIELDS = {NAME: ("name",), REF: ("ref",), PHONE: ("phone",), LANG: ("lang",), VAT: ("vat",), PLACE: PLACE_FIELDS}
#: Parts that are those of the company's main location in Shopify.
MAIN = frozenset({PHONE, LANG, VAT, PLACE})
EVERYTHING = frozenset(FIELDS)


def main_location(company: ShopCompany, contact: OdooContact | None) -> CompanyLocation | None:
    """The one that was made of the contact itself, else the oldest: what the company is in Odoo stands there."""
    own = f"{FROM_ODOO}{contact.id}" if contact else ""
    named = (one for one in company.locations if own and one.external_id == own)
    return next(named, company.locations[0] if company.locations else None)


def before(situation: Situation, company: ShopCompany, contact: OdooContact | None) -> Agreed:
    """Both sides as they were read."""
    people = {one.id: situation.customers.get(one.id, "") for one in situation.people}
    return Agreed(shop_parts(company, contact), odoo_parts(contact, people) if contact else {})


def shop_parts(company: ShopCompany, contact: OdooContact | None) -> dict[str, str]:
    main = main_location(company, contact)
    home = (main.billing or main.shipping) if main else None
    parts = {
        NAME: short(company.name),
        REF: short(company.external_id or (main.external_id if main else "")),
        PHONE: short(main.phone if main else ""),
        LANG: short(main.locale if main else ""),
        VAT: short(main.tax_id if main else ""),
        PLACE: short(_place(home)),
    }
    parts |= {
        f"{LOCATION}{one.id}": short([one.name, one.tax_id, one.shipping, one.billing]) for one in company.locations
    }
    return parts | {f"{PERSON}{one}": "1" for one in company.people}


def odoo_parts(contact: OdooContact, people: Mapping[int, str]) -> dict[str, str]:
    """`people` are the persons below it, and which customers they are: one who becomes a customer is a change."""
    values = dict(contact.values)
    parts = {part: short([values.get(name, "") for name in names]) for part, names in FIELDS.items()}
    for one in contact.addresses:
        vat = one.vat if one.is_company else ""
        parts[f"{BELOW}{one.id}"] = short([one.type, one.active, vat, address_content(dict(one.values))])
    return parts | {f"{PERSON}{one}": short(customer) for one, customer in people.items()}


def _place(address: Address | None) -> list[str]:
    if address is None:
        return []
    return [address.address1, address.address2, address.city, address.zip, address.province, address.country]
