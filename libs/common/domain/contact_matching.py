"""Which contact in Odoo is the customer: by link, then by e-mail, then by phone, else none of them. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from libs.common.domain.customers import OdooContact, ShopCustomer
from libs.common.domain.matching import email_forms, normalise_phone
from libs.common.domain.rules_customers import SamePhone


@dataclass(frozen=True, slots=True)
class Found:
    """The contact, and what it was found by: `email` or `phone`."""

    contact: OdooContact
    by: str


@dataclass(frozen=True, slots=True)
class Doubt:
    """These have the customer's phone number, and whether one of them is the customer, only a person can say."""

    phone: str
    candidates: tuple[OdooContact, ...]


def match_contact(
    customer: ShopCustomer, contacts: Sequence[OdooContact], taken: Collection[int], rule: SamePhone
) -> Found | Doubt | None:
    """Contacts of other customers, archived ones and companies' addresses are none.

    Of several with one e-mail address the oldest that is nobody's child is taken, as the orders' room does. A phone
    number is asked where the e-mail address finds nobody. It is often shared, so alone it says little where both have
    e-mail addresses, which then differ: the same name makes it one person with a new address, another name a question.
    """
    free = [one for one in contacts if one.active and one.id not in taken]
    email, phone = email_forms(customer.email), normalise_phone(customer.phone)
    same = [one for one in free if one.email in email]
    if same:
        return Found(min(same, key=lambda one: (one.parent_id is not None, one.id)), "email")
    calling = [one for one in free if phone and one.phone == phone and (one.parent_id is None or one.below)]
    named = [one for one in calling if _name(one.name) == _name(customer.name)]
    if len(named) == 1:
        return Found(named[0], "phone")
    if len(calling) == 1 and not (email and calling[0].email):
        return Found(calling[0], "phone")
    if not calling or rule is SamePhone.NEW:
        return None
    if rule is SamePhone.LINK and len(calling) == 1:
        return Found(calling[0], "phone")
    return Doubt(phone, tuple(sorted(calling, key=lambda one: one.id)))


def _name(name: str) -> str:
    return " ".join(name.casefold().split())
