"""What Shopify is to take over of a company of Odoo's: pure.

The contact itself is the company's main location, each delivery address below it and each company below it one more;
an invoice address is where the main location is billed. Persons below it become its contacts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from libs.common.domain.addresses import address_of, address_values, place_of
from libs.common.domain.customers import CompanyLocation, OdooAddress, OdooContact, ShopCompany
from libs.common.domain.facts import CompanyFacts
from libs.common.domain.matching import normalise_phone
from libs.common.domain.orders import Address
from services.workers.companies.fingerprints import (
    BELOW,
    LANG,
    LOCATION,
    MAIN,
    NAME,
    PERSON,
    PHONE,
    PLACE,
    REF,
    VAT,
    before,
    main_location,
)
from services.workers.companies.model import FROM_ODOO, LocationChange, Situation, ToShop
from services.workers.customers.contact import differing, language_of, locale_of
from services.workers.customers.parts import Agreed

SHIPPING, BILLING = "SHIPPING", "BILLING"


def to_shop(
    situation: Situation,
    company: ShopCompany,
    contact: OdooContact,
    parts: Collection[str],
    agreed: Agreed | None,
    *,
    notes: Mapping[str, Any],
) -> ToShop:
    """These parts of the contact's; on the first look (`agreed` is None) what Shopify lacks is filled in."""
    values = _values(company, contact, parts, complete=agreed is None)
    found = list(_locations(situation, company, contact, parts, complete=agreed is None))
    locations = tuple(one for one in found if isinstance(one, LocationChange))
    made = tuple(one for one in found if isinstance(one, CompanyLocation))
    customers, people = _people(situation, company, parts, agreed)
    fields = {NAME: "name", REF: "externalId"}
    return ToShop(
        record_id=situation.record_id,
        name=company.name,
        company_id=company.id,
        contact=contact,
        values=values,
        locations=locations,
        new_locations=made,
        customers=customers,
        people=people,
        before=before(situation, company, contact),
        written=frozenset(
            {
                *(part for part, name in fields.items() if name in values),
                *((LOCATION, *MAIN) if found else ()),
                *((PERSON,) if customers else ()),
            }
        ),
        notes={**notes, **({"changed_in_shopify": sorted(values)} if values else {})},
    )


def first_location(contact: OdooContact, facts: CompanyFacts) -> CompanyLocation:
    """A company's main location, as it is made with the company."""
    values, home = dict(contact.values), _home(contact, facts)
    return CompanyLocation(
        id="",
        name=contact.name,
        external_id=f"{FROM_ODOO}{contact.id}",
        phone=contact.phone,
        locale=locale_of(values.get("lang", "")),
        tax_id=values.get("vat", ""),
        shipping=home,
        billing=_billed(contact, facts) or home,
    )


def _values(company: ShopCompany, contact: OdooContact, parts: Collection[str], *, complete: bool) -> dict[str, str]:
    wanted = {"name": contact.name} if NAME in parts and not complete else {}
    reference = dict(contact.values).get("ref", "")
    if REF in parts and reference and (not complete or not company.external_id):
        wanted["externalId"] = reference
    has = {"name": company.name, "externalId": company.external_id}
    return {name: value for name, value in wanted.items() if value != has[name]}


def _locations(
    situation: Situation, company: ShopCompany, contact: OdooContact, parts: Collection[str], *, complete: bool
) -> Iterator[LocationChange | CompanyLocation]:
    facts, main = situation.facts, main_location(company, contact)
    if main is None:
        yield first_location(contact, facts)
    else:
        change = _main(situation, main, contact, parts, complete=complete)
        if change.anything:
            yield change
    known = {place for one in company.locations for place in _places(one, facts)} | {_here(contact)}
    for below in contact.addresses:
        address = _address(below, facts)
        if not below.active or address is None or not (complete or f"{BELOW}{below.id}" in parts):
            continue
        paired = _paired(situation, company, below)
        if paired is not None:
            change = _changed(paired, below, address, facts, complete=complete)
            if change.anything:
                yield change
        elif _is_place(below, known) or _is_taxed(below, company, contact):
            known.add(_where(below))
            yield _new(below, address, contact)


def _is_place(below: OdooAddress, known: Collection[tuple[str, ...]]) -> bool:
    return (below.type == "delivery" or below.is_company) and _where(below) not in known


def _is_taxed(below: OdooAddress, company: ShopCompany, contact: OdooContact) -> bool:
    """A company with a tax id of its own is a location wherever it is: Odoo may give it its parent's address."""
    here = [dict(contact.values).get("vat", ""), *(one.tax_id for one in company.locations)]
    return below.is_company and bool(below.vat) and all(differing({"vat": below.vat}, {"vat": one}) for one in here)


def _main(
    situation: Situation, main: CompanyLocation, contact: OdooContact, parts: Collection[str], *, complete: bool
) -> LocationChange:
    values = dict(contact.values)
    told: dict[str, str] = {}
    if PHONE in parts and contact.phone != normalise_phone(main.phone) and not (complete and main.phone):
        told["phone"] = contact.phone
    lang = values.get("lang", "")
    if LANG in parts and lang != language_of(main.locale, situation.languages) and not (complete and main.locale):
        told["locale"] = locale_of(lang)
    vat = values.get("vat", "") if VAT in parts and not (complete and main.tax_id) else ""
    return LocationChange(
        main.id,
        {name: value for name, value in told.items() if value},
        _main_addresses(situation, main, contact, parts, complete=complete),
        vat if differing({"vat": vat}, {"vat": main.tax_id}) else "",
    )


def _main_addresses(
    situation: Situation, main: CompanyLocation, contact: OdooContact, parts: Collection[str], *, complete: bool
) -> tuple[tuple[tuple[str, ...], Address], ...]:
    """The contact's own address, and where an invoice address of Odoo's own stands below it, that for billing."""
    facts, home = situation.facts, _home(contact, situation.facts)
    billed = _billed(contact, facts, situation.locations)
    told_of = {f"{BELOW}{one.id}" for one in contact.addresses if one.type == "invoice"}
    wanted: dict[str, Address | None] = {SHIPPING: home, BILLING: billed or home}
    has = {SHIPPING: main.shipping, BILLING: main.billing}
    asked = {SHIPPING: PLACE in parts, BILLING: PLACE in parts or (billed is not None and bool(told_of & set(parts)))}
    if main.shipping is not None and main.billing is not None and not _same(main.shipping, main.billing, facts):
        asked[SHIPPING] = False  # Odoo has the company where it is billed; where that location is delivered to stays
    found: dict[tuple[str, ...], tuple[list[str], Address]] = {}
    for kind, address in wanted.items():
        there = has[kind]
        if address is None or not asked[kind] or (there is not None and (complete or _same(there, address, facts))):
            continue
        found.setdefault(place_of(address_values(address, facts)), ([], address))[0].append(kind)
    return tuple((tuple(kinds), address) for kinds, address in found.values())


def _paired(situation: Situation, company: ShopCompany, below: OdooAddress) -> CompanyLocation | None:
    """The location that was made of this address, or that it was made of."""
    number = situation.locations.get(below.id)
    named = f"{FROM_ODOO}{below.id}"
    return next((one for one in company.locations if one.id == number or one.external_id == named), None)


def _changed(
    location: CompanyLocation, below: OdooAddress, address: Address, facts: CompanyFacts, *, complete: bool
) -> LocationChange:
    kind = BILLING if below.type == "invoice" else SHIPPING
    there = location.billing if kind == BILLING else location.shipping
    lacks = there is None if complete else there is None or not _same(there, address, facts)
    kinds = [kind] if lacks else []
    if lacks and location.external_id == f"{FROM_ODOO}{below.id}" and location.billing == location.shipping:
        kinds.append(BILLING)
    vat = below.vat if below.is_company and not (complete and location.tax_id) else ""
    return LocationChange(
        location.id,
        addresses=((tuple(kinds), address),) if kinds else (),
        tax_id=vat if differing({"vat": vat}, {"vat": location.tax_id}) else "",
    )


def _new(below: OdooAddress, address: Address, contact: OdooContact) -> CompanyLocation:
    values, above = dict(below.values), dict(contact.values)
    return CompanyLocation(
        id="",
        name=values.get("name") or values.get("city") or contact.name,
        external_id=f"{FROM_ODOO}{below.id}",
        phone=normalise_phone(values.get("phone", "")),
        locale=locale_of(above.get("lang", "")),
        tax_id=below.vat if below.is_company else above.get("vat", ""),
        shipping=address,
        billing=address,
    )


def _people(
    situation: Situation, company: ShopCompany, parts: Collection[str], agreed: Agreed | None
) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Customers that join, and persons who may become customers; whom Shopify has let go is not brought back."""
    new = [one for one in situation.people if one.active and (agreed is None or f"{PERSON}{one.id}" in parts)]
    customers = (situation.customers[one.id] for one in new if one.id in situation.customers)
    joining = tuple(one for one in customers if one not in company.people)
    return joining, tuple(one.id for one in new if one.id not in situation.customers and (one.email or one.phone))


def _home(contact: OdooContact, facts: CompanyFacts) -> Address | None:
    values = {**dict(contact.values), "name": "", "phone": contact.phone}
    return address_of(values, facts) if values.get("country_id") and any(place_of(values)) else None


def _billed(contact: OdooContact, facts: CompanyFacts, made_of: Collection[int] = ()) -> Address | None:
    """The newest invoice address; those that were `made_of` a location tell of that one (`_paired`)."""
    own = [one for one in contact.addresses if one.type == "invoice" and one.id not in made_of]
    found = [one for one in own if one.active and not one.is_company]
    return _address(max(found, key=lambda one: one.id), facts) if found else None


def _address(below: OdooAddress, facts: CompanyFacts) -> Address | None:
    values = dict(below.values)
    values["phone"] = normalise_phone(values.get("phone", ""))
    return address_of(values, facts) if values.get("country_id") and any(place_of(values)) else None


def _here(contact: OdooContact) -> tuple[str, ...]:
    return place_of(dict(contact.values))


def _where(below: OdooAddress) -> tuple[str, ...]:
    return place_of(dict(below.values))


def _places(location: CompanyLocation, facts: CompanyFacts) -> list[tuple[str, ...]]:
    return [place_of(address_values(one, facts)) for one in (location.shipping, location.billing) if one is not None]


def _same(one: Address, other: Address, facts: CompanyFacts) -> bool:
    return place_of(address_values(one, facts)) == place_of(address_values(other, facts))
