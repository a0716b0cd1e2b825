"""Which contact in Odoo is the customer: by link, then by e-mail, then by phone, else none of them. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from libs.common.domain.customers import OdooContact, ShopCustomer
from libs.common.domain.matching import normalise_email, normalise_phone


def match_contact(
    customer: ShopCustomer, contacts: Sequence[OdooContact], taken: Collection[int]
) -> tuple[OdooContact, str] | None:
    """The contact and what it was found by. Contacts of other customers, archived ones and companies are none.

    Of several with one e-mail address the oldest that is nobody's child is taken, as the orders' room does. A phone
    number is often shared, so it counts only when it is one contact's alone and no e-mail address speaks against it.
    """
    free = [one for one in contacts if one.active and one.id not in taken]
    email, phone = normalise_email(customer.email), normalise_phone(customer.phone)
    same = [one for one in free if email and one.email == email]
    if same:
        return min(same, key=lambda one: (one.parent_id is not None, one.id)), "email"
    calling = [one for one in free if phone and one.phone == phone and one.parent_id is None]
    if len(calling) == 1 and not (email and calling[0].email):
        return calling[0], "phone"
    return None
