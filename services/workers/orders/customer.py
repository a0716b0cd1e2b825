"""Who an order is for: the contact in Odoo, and the order's own delivery and invoice address below it."""

from __future__ import annotations

from libs.common.domain.addresses import address_values
from libs.common.domain.digests import digest
from libs.common.domain.facts import CompanyFacts
from libs.common.domain.matching import match_partner, normalise_email
from libs.common.domain.orders import Company, Order
from libs.common.domain.rules import StoreRules
from services.workers.orders.company import buyer_contact, company_of, location_address
from services.workers.orders.model import PlannedAddress, PlannedCustomer, Ref, Situation

#: What a contact's address is made of; compared when an order that is in Odoo already changes.
ADDRESS_FIELDS = ("name", "street", "street2", "city", "zip")


def plan_customer(situation: Situation, rules: StoreRules) -> tuple[PlannedCustomer, Ref, Ref]:
    """The customer or the company, and what delivery and invoice go to: an address below, or the customer itself."""
    order, facts = situation.order, situation.facts
    assert order is not None  # noqa: S101 - plan() deals with orders that are gone
    if order.company:
        return _business(situation, order, order.company)
    known = match_partner(situation.partners, linked_id=situation.linked_partner_id, email=_email(order) or order.email)
    owner, ref, values = _who(situation, order, rules, known.id if known else None)
    customer = PlannedCustomer(
        ref=ref,
        values=values,
        addresses=tuple(_addresses(order, facts, f"{situation.module}.address_{owner}").values()),
        source_id=order.customer.id if order.customer else None,
    )
    return customer, *_destinations(customer)


def _business(situation: Situation, order: Order, company: Company) -> tuple[PlannedCustomer, Ref, Ref]:
    """The company, with the location's addresses below it."""
    ref, values = company_of(situation, company)
    found = _addresses(order, situation.facts, f"{situation.module}.location_{company.location_id}")
    for kind in ("delivery", "invoice"):
        found.setdefault(kind, location_address(situation, company, kind))
    buyer = buyer_contact(situation, company, ref, order.customer) if order.customer else None
    if buyer:
        found[buyer.type] = buyer
    customer = PlannedCustomer(ref, values, tuple(found.values()), company.id, "company")
    return customer, *_destinations(customer)


def _addresses(order: Order, facts: CompanyFacts, name: str) -> dict[str, PlannedAddress]:
    """The order's own, by kind; each is named by its content, so that the same one is made once."""
    wanted = {"delivery": order.shipping_address, "invoice": order.billing_address or order.shipping_address}
    found: dict[str, PlannedAddress] = {}
    for kind, address in wanted.items():
        if address is not None:
            content = address_values(address, facts)
            found[kind] = PlannedAddress(f"{name}_{kind}_{digest(content)[:16]}", kind, content)
    return found


def _destinations(customer: PlannedCustomer) -> tuple[Ref, Ref]:
    by_kind = {address.type: address.external_id for address in customer.addresses}
    return by_kind.get("delivery", customer.ref), by_kind.get("invoice", customer.ref)


def _email(order: Order) -> str:
    return order.customer.email if order.customer else ""


def _who(situation: Situation, order: Order, rules: StoreRules, known: int | None) -> tuple[str, Ref, dict[str, str]]:
    """A stable name of the addresses' owner, the contact's ref, and what to make it with when it is new.

    Without a customer the order goes to the store's generic one, unless its e-mail names somebody Odoo knows.
    """
    if order.customer:
        owner = f"customer_{order.customer.id}"
        if known:
            return owner, known, {}
        return owner, f"{situation.module}.{owner}", _customer_values(order, situation.facts)
    if known:
        return f"partner_{known}", known, {}
    if rules.generic_customer_id:
        return "generic", rules.generic_customer_id, {}
    return "generic", f"{situation.module}.generic_customer", {"name": "Shopify customer"}


def _customer_values(order: Order, facts: CompanyFacts) -> dict[str, str]:
    """A new contact; its own address is the one it is billed at."""
    customer = order.customer
    assert customer is not None  # noqa: S101 - the caller has looked
    home = order.billing_address or order.shipping_address
    values = address_values(home, facts) if home else {}
    email = normalise_email(customer.email or order.email)
    values["email"] = email
    values["phone"] = customer.phone or order.phone or values.get("phone", "")
    values["name"] = customer.name or values.get("name") or email or f"Shopify customer {customer.id}"
    return {key: value for key, value in values.items() if value}
