"""A customer as a contact of Odoo's has it, and a contact as Shopify has it: fields, consent, language. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from libs.common.domain.addresses import PLACE_FIELDS, address_of, address_values, place_of
from libs.common.domain.customers import SUBSCRIBED, OdooAddress, OdooContact, ShopCustomer
from libs.common.domain.digests import digest
from libs.common.domain.facts import CompanyFacts
from libs.common.domain.matching import normalise_email, normalise_phone
from libs.common.domain.rules_customers import CustomerRules
from services.workers.customers.model import ConsentTags, NewAddress, ShopAddress

DELIVERY = "delivery"
#: Languages that Shopify has by country only: `pt-PT` and `pt-BR` are two.
WITH_COUNTRY = frozenset({"pt", "zh"})
#: Length of the digest in an address's external id, as in the orders' room.
DIGEST_LENGTH = 16


def contact_values(customer: ShopCustomer, facts: CompanyFacts, languages: Sequence[str]) -> dict[str, str]:
    """What Odoo's contact is to have. What Shopify does not say is left out: it clears nothing in Odoo."""
    home = customer.default_address
    at = address_values(home, facts) if home else {}
    email = normalise_email(customer.email)
    values = {
        "name": customer.name or at.get("name", "") or email or f"Shopify customer {customer.id}",
        "email": email,
        "phone": customer.phone or at.get("phone", ""),
        "lang": language_of(customer.locale, languages),
    }
    values = {name: value for name, value in values.items() if value}
    if any(place_of(at)):
        values |= {name: at[name] for name in PLACE_FIELDS}
    return values


def language_of(locale: str, languages: Sequence[str]) -> str:
    """The installed language for a locale: `fr-CA` is fr_CA, else any French; "" when there is none."""
    code = locale.replace("-", "_")
    if not code:
        return ""
    if code in languages:
        return code
    base = _language(code).lower()
    same = [one for one in languages if _language(one).lower() == base]
    home = f"{base}_{base.upper()}"
    return home if home in same else (same[0] if same else "")


def locale_of(lang: str) -> str:
    """Shopify's locale for a language of Odoo's: `de_CH` is de, `pt_BR` is pt-BR, `sr@latin` is sr."""
    language = _language(lang)
    return lang.replace("_", "-") if language in WITH_COUNTRY else language


def _language(code: str) -> str:
    return code.partition("@")[0].partition("_")[0]


def new_addresses(
    customer: ShopCustomer, facts: CompanyFacts, module: str, main: Mapping[str, str], known: Sequence[OdooAddress]
) -> tuple[NewAddress, ...]:
    """The entries of the address book that Odoo does not have: neither on the contact itself nor below it.

    `main` is where the contact itself is; nothing of a person who has a company's address.
    """
    there = {digest(address_content(dict(one.values))) for one in known}
    found: dict[str, NewAddress] = {}
    for entry in customer.addresses:
        values = address_values(entry.address, facts)
        if not any(place_of(values)) or (
            entry.id == customer.default_address_id and place_of(values) == place_of(main)
        ):
            continue
        if digest(address_content(values)) not in there:
            name = address_name(module, customer.id, values)
            found[name] = NewAddress(name, values)
    return tuple(found.values())


def address_name(module: str, customer_id: str, values: Mapping[str, str]) -> str:
    """The external id of an address below a customer's contact: named by its content, as the orders' room names it."""
    return f"{module}.address_customer_{customer_id}_{DELIVERY}_{digest(dict(values))[:DIGEST_LENGTH]}"


def own_address(contact: OdooContact, module: str, customer_id: str) -> NewAddress | None:
    """Where a contact is, as an address below it: it is kept so when the contact takes over its company's address."""
    values = {name: dict(contact.values).get(name, "") for name in ("name", *PLACE_FIELDS)} | {"phone": ""}
    if not any(place_of(values)) or any(place_of(dict(one.values)) == place_of(values) for one in contact.addresses):
        return None
    return NewAddress(address_name(module, customer_id, values), values)


def address_content(values: Mapping[str, str]) -> dict[str, str]:
    return {name: values.get(name, "").strip() for name in ("name", *PLACE_FIELDS, "phone")}


def consent_wanted(customer: ShopCustomer, rules: CustomerRules) -> dict[str, bool]:
    """Names of contact tags, and whether the contact is to have them."""
    given = {rules.email_tag: customer.email_consent, rules.sms_tag: customer.sms_consent}
    return {tag: state == SUBSCRIBED for tag, state in given.items() if tag}


def consent_of(contact: OdooContact, tags: ConsentTags) -> dict[str, bool]:
    """`email` and `sms`, as the contact's tags tell; without tags in Odoo nothing is told."""
    return {kind: number in contact.tag_ids for kind, number in (("email", tags.email), ("sms", tags.sms)) if number}


def differing(wanted: Mapping[str, str], present: Mapping[str, str]) -> dict[str, str]:
    """The fields of `wanted` that are otherwise; e-mail and phone count as the same however they are written."""
    return {
        name: value for name, value in wanted.items() if _same_as(name, value) != _same_as(name, present.get(name, ""))
    }


def lacking(wanted: Mapping[str, str], present: Mapping[str, str]) -> dict[str, str]:
    """Fields that the contact has not; its address is one whole."""
    place = any(present.get(name) for name in ("street", "city", "zip"))
    kept = {name: value for name, value in wanted.items() if name not in PLACE_FIELDS}
    at = {} if place else {name: value for name, value in wanted.items() if name in PLACE_FIELDS}
    return {name: value for name, value in kept.items() if not present.get(name)} | at


def untagged(contact: OdooContact, mine: CustomerRules, tag: int) -> str | None:
    """The rule that leaves a contact of Odoo's out because it lacks the tag (`tag` by its database id)."""
    if mine.contact_tag and tag not in contact.tag_ids:
        return f"customers.contact_tag: without the tag {mine.contact_tag!r}"
    return None


def unmarked(contact: OdooContact, mine: CustomerRules, tag: int) -> str | None:
    """The rule that leaves one out that nothing marks as a customer: the tag, or where none is named its sales."""
    if not mine.contact_tag and not contact.customer:
        return "no customer in Odoo so far (nothing was invoiced), and customers.contact_tag names no tag"
    return untagged(contact, mine, tag)


def readable(contact: OdooContact) -> dict[str, str]:
    """All that may be compared with what was wanted."""
    return {**dict(contact.values), "parent_id": str(contact.parent_id or "")}


def _same_as(name: str, value: str) -> str:
    if name == "email":
        return normalise_email(value)
    if name == "phone":
        return normalise_phone(value) or value.strip()
    if name == "vat":
        return "".join(one for one in value if one.isalnum()).upper()
    return value.strip()


def shop_values(contact: OdooContact, customer: ShopCustomer | None, languages: Sequence[str]) -> dict[str, str]:
    """What Shopify's customer is to have, by GraphQL names; without what it has already and what Odoo does not say."""
    values = dict(contact.values)
    wanted: dict[str, str] = {}
    if values.get("name") and (customer is None or values["name"] != customer.name):
        first, _, last = values["name"].rpartition(" ")
        wanted |= {"firstName": first, "lastName": last}
    if contact.email and (customer is None or contact.email != normalise_email(customer.email)):
        wanted["email"] = contact.email
    if contact.phone and (customer is None or contact.phone != normalise_phone(customer.phone)):
        wanted["phone"] = contact.phone
    lang = values.get("lang", "")
    if lang and (customer is None or lang != language_of(customer.locale, languages)):
        wanted["locale"] = locale_of(lang)
    return wanted


def shop_addresses(contact: OdooContact, customer: ShopCustomer, facts: CompanyFacts) -> tuple[ShopAddress, ...]:
    """Where the contact is and is delivered to, as far as the address book lacks it; its own becomes the default."""
    book = {place_of(address_values(one.address, facts)): one for one in customer.addresses}
    values = dict(contact.values)
    here = place_of(values)
    told = {*book, here}
    found: list[ShopAddress] = []
    if values.get("country_id") and any(here) and not contact.below:
        entry = book.get(here)
        if entry is None:
            found.append(ShopAddress(address_of({**values, "phone": contact.phone}, facts), default=True))
        elif entry.id != customer.default_address_id:
            found.append(ShopAddress(entry.address, default=True, id=entry.id))
    for below in contact.addresses:
        at = dict(below.values)
        place = place_of(at)
        if below.active and below.type == DELIVERY and at.get("country_id") and place not in told:
            at["phone"] = normalise_phone(at.get("phone", ""))
            found.append(ShopAddress(address_of(at, facts), default=False))
            told.add(place)
    return tuple(found)
