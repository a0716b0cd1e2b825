"""What becomes of one company and its locations: pure. Companies go from Shopify to Odoo, never back.

The company is a contact of its own, each location its delivery and its invoice address below it, under the external
ids that business orders use. The tax id stands on the company; a location that has another one is a company itself.
"""

from __future__ import annotations

from collections.abc import Mapping

from libs.common.domain.addresses import PLACE_FIELDS, address_values, place_of
from libs.common.domain.customers import CompanyLocation, OdooContact, ShopCompany
from libs.common.domain.digests import digest
from libs.common.domain.outcomes import Hold, Ignore, Nothing
from libs.common.domain.rules import StoreRules
from services.workers.companies.model import Situation
from services.workers.customers.contact import DIGEST_LENGTH, address_content, differing, language_of
from services.workers.customers.model import NewAddress, ToOdoo

KINDS = ("delivery", "invoice")


def plan(situation: Situation, rules: StoreRules) -> ToOdoo | Hold | Ignore | Nothing:
    """Decide about one company."""
    mine = rules.customers
    if not mine.sync.to_odoo:
        return Ignore(f"customers.sync: {mine.sync.value}")
    company = situation.company
    if company is None:
        return Ignore("deleted in Shopify: its contact stays in Odoo")
    if situation.linked_id is not None and situation.contact is None:
        return Ignore("its contact was deleted in Odoo; an order of the company makes another one")
    fingerprint = digest(_content(company))
    if situation.contact is not None and situation.synced_digest == fingerprint:
        return Nothing(fingerprint)
    contact = situation.contact or match_company(company, situation)
    return _to_odoo(situation, company, contact, fingerprint)


def match_company(company: ShopCompany, situation: Situation) -> OdooContact | None:
    """The active company whose reference is the external id, else the one that has the tax id; never several."""
    free = [one for one in situation.candidates if one.active and one.id not in situation.taken]
    wanted = external_ids(company)
    same = [one for one in free if dict(one.values).get("ref") in wanted]
    if same:
        return min(same, key=lambda one: (one.parent_id is not None, one.id))
    taxed = [
        one
        for one in free
        if one.is_company and one.parent_id is None and dict(one.values).get("vat") in tax_ids(company)
    ]
    return taxed[0] if len(taxed) == 1 else None


def external_ids(company: ShopCompany) -> set[str]:
    """As business orders look for it: the company's, and those of its locations."""
    return {company.external_id, *(one.external_id for one in company.locations)} - {""}


def tax_ids(company: ShopCompany) -> set[str]:
    return {one.tax_id for one in company.locations} - {""}


def _content(company: ShopCompany) -> object:
    return [company.name, company.external_id, list(company.locations)]


def _to_odoo(situation: Situation, company: ShopCompany, contact: OdooContact | None, fingerprint: str) -> ToOdoo:
    wanted = _wanted(situation, company)
    present = dict(contact.values) if contact else {}
    if contact is not None and situation.synced_digest is None:
        # A contact that was there before is completed; what it has stays.
        place = any(present.get(name) for name in ("street", "city", "zip"))
        kept = {name: value for name, value in wanted.items() if not present.get(name)}
        wanted = {name: value for name, value in kept.items() if not (place and name in PLACE_FIELDS)}
    changes = differing(wanted, present)
    addresses, below = _locations(situation, company, contact, present.get("vat") or wanted.get("vat", ""))
    return ToOdoo(
        record_id=situation.record_id,
        version=company.updated_at,
        name=company.name,
        ref=contact.id if contact else f"{situation.module}.company_{company.id}",
        values=changes if contact else {**wanted, "is_company": "1"},
        wanted=wanted,
        addresses=addresses,
        tags={},
        tag_ids=contact.tag_ids if contact else (),
        shop_digest=fingerprint,
        notes={"changed": sorted(changes)} if contact else {"made": company.name},
        below=below,
    )


def _wanted(situation: Situation, company: ShopCompany) -> dict[str, str]:
    first = company.locations[0] if company.locations else None
    values = {"name": company.name, "ref": company.external_id}
    if first is not None:
        values |= {
            "ref": company.external_id or first.external_id,
            "vat": first.tax_id,
            "phone": first.phone,
            "lang": language_of(first.locale, situation.languages),
        }
    values = {name: value for name, value in values.items() if value}
    home = (first.billing or first.shipping) if first else None
    at = address_values(home, situation.facts) if home else {}
    return values | ({name: at[name] for name in PLACE_FIELDS} if any(place_of(at)) else {})


def _locations(
    situation: Situation, company: ShopCompany, contact: OdooContact | None, vat: str
) -> tuple[tuple[NewAddress, ...], tuple[tuple[int, Mapping[str, str]], ...]]:
    """The addresses that Odoo does not have, and those it has that get a tax id of their own."""
    known = {
        (one.type, digest(address_content(dict(one.values)))): one for one in (contact.addresses if contact else ())
    }
    new: dict[str, NewAddress] = {}
    below: dict[int, Mapping[str, str]] = {}
    for location in company.locations:
        taxed = {"is_company": "1", "vat": location.tax_id} if location.tax_id and location.tax_id != vat else {}
        for kind in KINDS:
            name, values = _address(situation, location, kind)
            there = known.get((kind, digest(address_content(values))))
            if there is None:
                new[name] = NewAddress(name, {**values, **taxed}, kind)
            elif taxed and there.vat != location.tax_id:
                below[there.id] = taxed
    return tuple(new.values()), tuple(below.items())


def _address(situation: Situation, location: CompanyLocation, kind: str) -> tuple[str, dict[str, str]]:
    """Named as business orders name it: by its content, or by the location alone where it has no address."""
    address = location.shipping if kind == "delivery" else location.billing or location.shipping
    name = f"{situation.module}.location_{location.id}_{kind}"
    if address is None:
        return name, {"name": location.name}
    values = address_values(address, situation.facts)
    return f"{name}_{digest(values)[:DIGEST_LENGTH]}", values
