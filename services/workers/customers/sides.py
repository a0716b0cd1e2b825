"""What one side is to take over from the other of one pair, part by part: pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from libs.common.domain.addresses import PLACE_FIELDS, address_values, place_of
from libs.common.domain.customers import OdooContact, ShopCustomer
from libs.common.domain.rules_customers import CustomerRules
from services.workers.customers.contact import (
    consent_of,
    consent_wanted,
    contact_values,
    differing,
    lacking,
    new_addresses,
    own_address,
    shop_addresses,
    shop_values,
)
from services.workers.customers.fingerprints import (
    ADDRESS,
    COMPANY,
    CONSENT,
    EMAIL,
    FIELDS,
    LANG,
    NAME,
    PHONE,
    PLACE,
    odoo_parts,
    shop_parts,
)
from services.workers.customers.model import NewAddress, Situation, ToOdoo, ToShopify
from services.workers.customers.parts import Agreed, short

#: All that a first look carries.
EVERYTHING = frozenset({*FIELDS, f"{CONSENT}email", f"{CONSENT}sms"})
#: Shopify's fields of a part.
SHOP_FIELDS = {NAME: ("firstName", "lastName"), EMAIL: ("email",), PHONE: ("phone",), LANG: ("locale",)}


def before(situation: Situation, customer: ShopCustomer, contact: OdooContact | None) -> Agreed:
    """Both sides as they were read."""
    above = situation.above.id if situation.above else None
    odoo = odoo_parts(contact, situation.tags) if contact else {}
    return Agreed(shop_parts(customer, situation.companies, above), odoo)


def new_in_odoo(situation: Situation, customer: ShopCustomer, mine: CustomerRules) -> ToOdoo:
    """A contact to make, below the company's where the customer is a company's."""
    wanted = contact_values(customer, situation.facts, situation.languages)
    if situation.above is not None and situation.above.active:
        wanted = {name: value for name, value in wanted.items() if name not in PLACE_FIELDS}
        wanted["parent_id"] = str(situation.above.id)
    return ToOdoo(
        record_id=situation.record_id,
        version=customer.updated_at,
        name=customer.name or customer.email,
        ref=f"{situation.module}.customer_{customer.id}",
        values=wanted,
        wanted=wanted,
        addresses=new_addresses(customer, situation.facts, situation.module, wanted, ()),
        tags=consent_wanted(customer, mine),
        tag_ids=(),
        before=before(situation, customer, None),
        written=frozenset({*EVERYTHING, ADDRESS}),
        notes={"made": wanted["name"]},
    )


def to_odoo(
    situation: Situation,
    customer: ShopCustomer,
    contact: OdooContact,
    mine: CustomerRules,
    parts: Collection[str],
    *,
    complete: bool = False,
    notes: Mapping[str, Any],
    and_shop: ToShopify | None = None,
) -> ToOdoo:
    """These parts of the customer's; `complete` fills what the contact lacks and leaves what it has."""
    present = dict(contact.values)
    above = _joins(situation, contact) if COMPANY in parts else None
    wanted = _wanted(situation, customer, contact, parts, complete=complete)
    if above is not None:
        wanted = {name: value for name, value in wanted.items() if name not in PLACE_FIELDS}
    changes = differing(wanted, present)
    first: tuple[NewAddress, ...] = ()
    if above is not None:
        kept = own_address(contact, situation.module, customer.id)
        first = (kept,) if kept else ()
        wanted = {**wanted, "parent_id": str(above.id)}
        # Odoo 19 gives a company without an address that of a person who joins it: so the person comes without one.
        changes = {**changes, **dict.fromkeys(PLACE_FIELDS, ""), "parent_id": str(above.id)}
    if stays := _stays_outside(situation, contact, parts):
        notes = {**notes, "stays_outside": stays}
    addresses = _addresses(situation, customer, contact, {**present, **changes}, parts, complete=complete)
    return ToOdoo(
        record_id=situation.record_id,
        version=customer.updated_at,
        name=customer.name or customer.email,
        ref=contact.id,
        values=changes,
        wanted=wanted,
        addresses=tuple(one for one in addresses if not first or place_of(one.values) != place_of(first[0].values)),
        tags=_tags(customer, mine, parts, complete=complete),
        tag_ids=contact.tag_ids,
        before=before(situation, customer, contact),
        written=_written(changes, parts, addresses=bool(addresses or first)),
        notes={**notes, **({"changed": sorted(set(changes) & set(wanted))} if changes else {})},
        first=first,
        and_shop=and_shop,
    )


def _wanted(
    situation: Situation, customer: ShopCustomer, contact: OdooContact, parts: Collection[str], *, complete: bool
) -> dict[str, str]:
    wanted = contact_values(customer, situation.facts, situation.languages)
    wanted = {name: value for name, value in wanted.items() if any(name in FIELDS.get(part, ()) for part in parts)}
    if complete:
        wanted = lacking(wanted, dict(contact.values))
    return {name: value for name, value in wanted.items() if not (contact.below and name in PLACE_FIELDS)}


def _written(changes: Mapping[str, str], parts: Collection[str], *, addresses: bool) -> frozenset[str]:
    fields = {part for part, names in FIELDS.items() if part in parts and any(name in changes for name in names)}
    if "parent_id" in changes:
        fields.add(PLACE)
    consent = {part for part in parts if part.startswith(CONSENT)}
    return frozenset({*fields, *consent, *((ADDRESS,) if addresses else ())})


def _addresses(
    situation: Situation,
    customer: ShopCustomer,
    contact: OdooContact,
    after: Mapping[str, str],
    parts: Collection[str],
    *,
    complete: bool,
) -> tuple[NewAddress, ...]:
    """Entries of the address book that are new since both agreed; all of them where the default one has changed."""
    main = {} if contact.below else after
    lacking = new_addresses(customer, situation.facts, situation.module, main, contact.addresses)
    if complete or PLACE in parts or COMPANY in parts:
        return lacking
    new = [one for one in customer.addresses if f"{ADDRESS}{short(one.address)}" in parts]
    fresh = [address_values(one.address, situation.facts) for one in new]
    return tuple(one for one in lacking if dict(one.values) in fresh)


def _tags(customer: ShopCustomer, mine: CustomerRules, parts: Collection[str], *, complete: bool) -> dict[str, bool]:
    """Consent that somebody noted in Odoo is not taken back by a shop that has never asked."""
    wanted = consent_wanted(customer, mine)
    named = {mine.email_tag: f"{CONSENT}email", mine.sms_tag: f"{CONSENT}sms"}
    return {tag: given for tag, given in wanted.items() if named[tag] in parts and (given or not complete)}


def _joins(situation: Situation, contact: OdooContact) -> OdooContact | None:
    """The company's contact that this one is to be put below; None where it has its place already, or stays outside."""
    above = situation.above
    if above is None or not above.active or contact.parent_id is not None or contact.is_company:
        return None
    if above.id == contact.id or contact.id in situation.invoiced or _is_there(situation, contact, above):
        return None
    return above


def _is_there(situation: Situation, contact: OdooContact, above: OdooContact) -> bool:
    """A business order has made the person a contact of the company's already; this one is private, and stays so."""
    return any(
        one.active and one.below and one.parent_id == above.id and one.email == contact.email and contact.email
        for one in situation.candidates
    )


def _stays_outside(situation: Situation, contact: OdooContact, parts: Collection[str]) -> str:
    """Odoo gives a company the accounts of whoever joins it: so posted invoices are no matter of a sync."""
    if (
        COMPANY not in parts
        or situation.above is None
        or contact.parent_id is not None
        or contact.id not in situation.invoiced
    ):
        return ""
    return f"has invoices of its own in Odoo: put it below {situation.above.name} there, if its accounts are to go over"


def to_shop(
    situation: Situation,
    customer: ShopCustomer,
    contact: OdooContact,
    parts: Collection[str],
    *,
    complete: bool = False,
    notes: Mapping[str, Any],
) -> ToShopify:
    """These parts of the contact's; `complete` fills what the customer lacks and leaves what it has."""
    values = _told(situation, customer, contact, parts, complete=complete)
    addresses = shop_addresses(_changed(contact, parts, complete=complete), customer, situation.facts)
    addresses = tuple(
        one for one in addresses if not one.default or (PLACE in parts and not (complete and customer.addresses))
    )
    consent = _consent(situation, customer, contact, parts, complete=complete)
    return ToShopify(
        record_id=situation.record_id,
        name=customer.name or customer.email,
        customer_id=customer.id,
        contact=contact,
        values=values,
        addresses=addresses,
        consent=consent,
        before=before(situation, customer, contact),
        written=frozenset(
            {
                *(part for part, names in SHOP_FIELDS.items() if any(name in values for name in names)),
                *(f"{CONSENT}{kind}" for kind in consent),
                *((PLACE, PHONE, ADDRESS) if addresses else ()),
            }
        ),
        notes={**notes, **({"changed_in_shopify": sorted(values)} if values else {})},
    )


def _told(
    situation: Situation, customer: ShopCustomer, contact: OdooContact, parts: Collection[str], *, complete: bool
) -> dict[str, str]:
    names = [name for part, fields in SHOP_FIELDS.items() if part in parts for name in fields]
    values = shop_values(contact, customer, situation.languages)
    has = {"firstName": customer.name, "lastName": customer.name, "email": customer.email, "phone": customer.phone}
    lacks = {name for name in names if not (complete and has.get(name, "x"))}
    return {name: value for name, value in values.items() if name in lacks}


def _consent(
    situation: Situation, customer: ShopCustomer, contact: OdooContact, parts: Collection[str], *, complete: bool
) -> dict[str, bool]:
    """What changes. What a customer has refused in the shop, Odoo's older note does not take back."""
    never = {"NOT_SUBSCRIBED", "NEVER_SUBSCRIBED"}
    return {
        kind: given
        for kind, given in consent_of(contact, situation.tags).items()
        if f"{CONSENT}{kind}" in parts
        and given != (_state(customer, kind) == "SUBSCRIBED")
        and (customer.email if kind == "email" else customer.phone)
        and not (complete and not (given and _state(customer, kind) in never))
    }


def _changed(contact: OdooContact, parts: Collection[str], *, complete: bool) -> OdooContact:
    """With those of its addresses that are new since both agreed: what Shopify's book has dropped stays dropped."""
    if complete:
        return contact
    new = tuple(one for one in contact.addresses if f"{ADDRESS}{short(dict(one.values))}" in parts)
    return replace(contact, addresses=new)


def _state(customer: ShopCustomer, kind: str) -> str:
    return customer.email_consent if kind == "email" else customer.sms_consent
