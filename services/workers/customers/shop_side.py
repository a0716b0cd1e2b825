"""Tells Shopify: customers are made and changed one by one, as Shopify takes no more at once.

`customerSet` finds by the id or the e-mail what an earlier try made. An address is made only where the address book,
read again before each try, does not have it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from libs.common.domain.outcomes import Hold
from libs.common.errors import Failure, NeedsFirst, Outage, RateLimited
from libs.common.ledger.model import State
from services.workers.context import StoreContext
from services.workers.customers.gather import ENTITY
from services.workers.customers.model import NewInShop, ShopAddress, ToShopify
from services.workers.scopes import scoped

T = TypeVar("T")


class Asking:
    """Once the shop is down or asks for patience, the rest of a batch is not tried."""

    def __init__(self, store: StoreContext) -> None:
        self.store = store
        self._stop: Failure | None = None

    def tried(self, act: Callable[[], object]) -> Failure | None:
        """What went wrong, if anything did."""
        if self._stop is not None:
            return self._stop
        try:
            scoped(self.store.slug, act)
        except Failure as failure:
            if isinstance(failure, (Outage, RateLimited)):
                self._stop = failure
            return failure
        return None

    def got(self, act: Callable[[], T]) -> T | Failure:
        """What `act` has to say, or what went wrong."""
        found: list[T] = []
        failure = self.tried(lambda: found.append(act()))
        return failure or found[0]


class ShopSide(Asking):
    """What one batch tells of customers."""

    def change(self, changes: ToShopify) -> Failure | None:
        """None when Shopify has it all."""
        return self.tried(lambda: self._change(changes))

    def make(self, changes: NewInShop) -> str | Hold | Failure:
        """The customer's id; a Hold when Shopify's customer of that e-mail belongs to another contact."""
        return self.got(lambda: self._make(changes))

    def _change(self, changes: ToShopify) -> None:
        shopify, number = self.store.shopify, changes.customer_id
        if changes.values:
            shopify.set_customer({"id": number}, changes.values)
        for one in changes.addresses:
            self._put_address(number, one)
        for kind, given in changes.consent.items():
            shopify.set_consent(number, kind, given=given, at=changes.contact.written_at)

    def _put_address(self, number: str, one: ShopAddress) -> None:
        if one.id:
            self.store.shopify.set_default_address(number, one.id)
        else:
            self.store.shopify.create_address(number, one.address, default=one.default)

    def _make(self, changes: NewInShop) -> str | Hold:
        """Look first: the shop may have this customer, also from a try whose answer was lost."""
        found = self.store.shopify.find_customer(email=changes.email, phone=changes.phone)
        if found is not None:
            self._at_rest(found)
            linked = self.store.links(ENTITY, [found]).get(found)
            return _taken(changes, found, linked) if linked not in {None, changes.contact.id} else found
        identifier = {"email": changes.email} if changes.email else {"phone": changes.phone}
        return self.store.shopify.set_customer(identifier, changes.values)

    def _at_rest(self, customer_id: str) -> None:
        """A customer whose record is on its way may be given a contact of its own at this very moment.

        Raises NeedsFirst: once that has its contact, by the e-mail address most likely this one, nothing is made.
        """
        record = self.store.records(ENTITY, [customer_id]).get(customer_id)
        if record is not None and record.target is None and record.state in {State.DUE, State.RUNNING}:
            raise NeedsFirst(f"customer {customer_id} is on its way", "shopify", record_id=record.id)


def _taken(changes: NewInShop, customer_id: str, linked: int | None) -> Hold:
    return Hold(
        "customer_taken",
        f"Shopify has a customer of {changes.contact.name}'s e-mail or phone, and that customer is contact {linked}",
        "merge the two contacts in Odoo, or give them different e-mail addresses, then retry",
        {"contact_id": changes.contact.id, "linked_contact_id": linked, "customer_id": customer_id},
    )
