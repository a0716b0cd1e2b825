"""Tells Shopify of companies, one by one, as Shopify takes no more at once.

A company is looked for by its external ID before it is made, and Shopify gives no external ID twice: made by an
earlier try it is found, or refused until it can be found. Locations likewise; people are compared, read just before.
"""

from __future__ import annotations

from libs.common.domain.outcomes import Hold
from libs.common.errors import Failure
from libs.common.shopify.companies import Alike
from services.workers.companies.model import EXTERNAL_ID, FROM_ODOO, NewInShop, ToShop
from services.workers.customers.companies import COMPANY
from services.workers.customers.shop_side import Asking


class BusinessSide(Asking):
    """Once the shop is down or asks for patience, the rest of a batch is not tried."""

    def change(self, changes: ToShop) -> Failure | None:
        """None when Shopify has it all."""
        return self.tried(lambda: self._change(changes))

    def make(self, changes: NewInShop) -> str | Hold | Failure:
        """The company's id; a Hold when it may be one that Shopify has already."""
        return self.got(lambda: self._make(changes))

    def _change(self, changes: ToShop) -> None:
        shop, number = self.store.shopify.business, changes.company_id
        if changes.values:
            shop.update(number, changes.values)
        for one in changes.locations:
            if one.values:
                shop.update_location(one.id, one.values)
            for kinds, address in one.addresses:
                shop.assign_address(one.id, address, kinds)
            if one.tax_id:
                shop.set_tax_id(one.id, one.tax_id)
        for location in changes.new_locations:
            shop.create_location(number, location)
        for customer in changes.customers:
            shop.assign_customer(number, customer)

    def _make(self, changes: NewInShop) -> str | Hold:
        shop, contact = self.store.shopify.business, changes.contact
        self.store.ledger.tell(changes.record_id, {EXTERNAL_ID: changes.external_id})
        alike = shop.alike(changes.external_id, contact.name)
        linked = self.store.links(COMPANY, [one.id for one in alike])
        for one in alike:
            if one.external_id == changes.external_id and linked.get(one.id, contact.id) == contact.id:
                return one.id
            if one.external_id == changes.external_id:
                return _taken(changes, one, linked[one.id])
        free = [one for one in alike if one.id not in linked and not one.external_id.startswith(FROM_ODOO)]
        if free:
            return _alike(changes, free)
        return shop.create(contact.name, changes.external_id, changes.location)


def _taken(changes: NewInShop, company: Alike, linked: int) -> Hold:
    return Hold(
        "company_taken",
        f"Shopify's company {company.name} ({company.id}) has the external ID {changes.external_id!r} of "
        f"{changes.contact.name}, and is linked to contact {linked}",
        "give the two contacts different references in Odoo, or merge them, then retry",
        {"contact_id": changes.contact.id, "linked_contact_id": linked, "company_id": company.id},
    )


def _alike(changes: NewInShop, companies: list[Alike]) -> Hold:
    named = ", ".join(f"{one.name} ({one.id}, external ID {one.external_id or 'none'})" for one in companies)
    return Hold(
        "company_alike",
        f"Shopify has a company of {changes.contact.name}'s name that no contact is linked to: {named}",
        f"if it is the same, give it the external ID {changes.external_id!r} in Shopify, else rename one; then retry",
        {"contact_id": changes.contact.id, "company_ids": [one.id for one in companies]},
    )
