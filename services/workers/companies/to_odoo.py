"""What Odoo is to take over of a company: pure.

The company is a contact of its own, each location its delivery and its invoice address below it, under the external
ids that business orders use. The tax id stands on the company; a location that has another one is a company itself.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from libs.common.domain.addresses import PLACE_FIELDS, address_values, place_of
from libs.common.domain.customers import CompanyLocation, OdooContact, ShopCompany
from libs.common.domain.digests import digest
from services.workers.companies.fingerprints import BELOW, EVERYTHING, FIELDS, LOCATION, PERSON, before, main_location
from services.workers.companies.model import FROM_ODOO, Situation
from services.workers.customers.contact import DIGEST_LENGTH, address_content, differing, lacking, language_of
from services.workers.customers.model import NewAddress, ToOdoo

KINDS = ("delivery", "invoice")


def new_in_odoo(situation: Situation, company: ShopCompany) -> ToOdoo:
    """A contact to make."""
    wanted = _wanted(situation, company, None)
    addresses, _ = _locations(situation, company.locations, None, wanted.get("vat", ""))
    return ToOdoo(
        record_id=situation.record_id,
        version=company.updated_at,
        name=company.name,
        ref=f"{situation.module}.company_{company.id}",
        values={**wanted, "is_company": "1"},
        wanted=wanted,
        addresses=addresses,
        tags={},
        tag_ids=(),
        before=before(situation, company, None),
        written=EVERYTHING,
        notes={"made": company.name},
        hints=company.people,
    )


def to_odoo(
    situation: Situation,
    company: ShopCompany,
    contact: OdooContact,
    parts: Collection[str],
    *,
    complete: bool = False,
    notes: Mapping[str, Any],
    and_shop: Any = None,
) -> ToOdoo:
    """These parts of the company's; `complete` fills what the contact lacks and leaves what it has."""
    present = dict(contact.values)
    wanted = _wanted(situation, company, contact)
    wanted = {name: value for name, value in wanted.items() if any(name in FIELDS.get(part, ()) for part in parts)}
    if complete:
        wanted = lacking(wanted, present)
    changes = differing(wanted, present)
    locations = [one for one in company.locations if complete or f"{LOCATION}{one.id}" in parts]
    addresses, below = _locations(situation, locations, contact, wanted.get("vat") or present.get("vat", ""))
    fields = {part for part, names in FIELDS.items() if part in parts and any(name in changes for name in names)}
    new = company.people if complete else tuple(one for one in company.people if f"{PERSON}{one}" in parts)
    return ToOdoo(
        record_id=situation.record_id,
        version=company.updated_at,
        name=company.name,
        ref=contact.id,
        values=changes,
        wanted=wanted,
        addresses=addresses,
        tags={},
        tag_ids=contact.tag_ids,
        before=before(situation, company, contact),
        written=frozenset({*fields, *((BELOW,) if addresses or below else ())}),
        notes={**notes, "changed": sorted(changes)},
        below=below,
        hints=new,
        and_shop=and_shop,
    )


def _wanted(situation: Situation, company: ShopCompany, contact: OdooContact | None) -> dict[str, str]:
    main = main_location(company, contact)
    reference = company.external_id or (main.external_id if main else "")
    # What Tandem itself calls a company that has no reference in Odoo is none.
    values = {"name": company.name, "ref": "" if reference.startswith(FROM_ODOO) else reference}
    if main is not None:
        values |= {"vat": main.tax_id, "phone": main.phone, "lang": language_of(main.locale, situation.languages)}
    values = {name: value for name, value in values.items() if value}
    home = (main.billing or main.shipping) if main else None
    at = address_values(home, situation.facts) if home else {}
    return values | ({name: at[name] for name in PLACE_FIELDS} if any(place_of(at)) else {})


def _locations(
    situation: Situation, locations: Collection[CompanyLocation], contact: OdooContact | None, vat: str
) -> tuple[tuple[NewAddress, ...], tuple[tuple[int, Mapping[str, str]], ...]]:
    """The addresses that Odoo does not have, and those it has that get a tax id of their own."""
    known = {
        (one.type, digest(address_content(dict(one.values)))): one for one in (contact.addresses if contact else ())
    }
    places = _places(contact)
    new: dict[str, NewAddress] = {}
    below: dict[int, Mapping[str, str]] = {}
    for location in locations:
        taxed = {"is_company": "1", "vat": location.tax_id} if location.tax_id and location.tax_id != vat else {}
        for kind in KINDS:
            name, values = _address(situation, location, kind)
            there = known.get((kind, digest(address_content(values))))
            if there is not None:
                if taxed and there.vat != location.tax_id:
                    below[there.id] = taxed
            elif not (location.external_id.startswith(FROM_ODOO) and place_of(values) in places):
                new[name] = NewAddress(name, {**values, **taxed}, kind)
    return tuple(new.values()), tuple(below.items())


def _places(contact: OdooContact | None) -> set[tuple[str, ...]]:
    """Where Odoo has the company: a location that was made of one of these is not made into a second one."""
    if contact is None:
        return set()
    return {place_of(dict(values)) for values in (contact.values, *(one.values for one in contact.addresses))}


def _address(situation: Situation, location: CompanyLocation, kind: str) -> tuple[str, dict[str, str]]:
    """Named as business orders name it: by its content, or by the location alone where it has no address."""
    address = location.shipping if kind == "delivery" else location.billing or location.shipping
    name = f"{situation.module}.location_{location.id}_{kind}"
    if address is None:
        return name, {"name": location.name}
    values = address_values(address, situation.facts)
    return f"{name}_{digest(values)[:DIGEST_LENGTH]}", values
