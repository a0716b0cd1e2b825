"""Customers of the sandbox shop: their address books, consent, merges, and what webhooks tell of them.

A customer that only orders have made is one as well; it has no address book until it is changed here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from libs.sandbox.shopify.companies import CompanyRoom
from libs.sandbox.shopify.derived import Document, legacy_id
from libs.sandbox.shopify.drafts import Person, Place
from libs.sandbox.shopify.people import address_document, customer_document, gid
from libs.sandbox.shopify.rest_write import time_text


class CustomerRefused(ValueError):
    """`field` and the message are those of Shopify's user error."""

    def __init__(self, message: str, field: Sequence[str] = ("input",)) -> None:
        super().__init__(message)
        self.field = list(field)


class CustomerRoom(CompanyRoom):
    def add_customer(
        self,
        person: Person,
        addresses: Sequence[Place] = (),
        *,
        email_consent: str = "NOT_SUBSCRIBED",
        sms_consent: str = "NOT_SUBSCRIBED",
        topics: Sequence[str] = ("customers/create",),
    ) -> Document:
        """A customer with an address book, the first entry the default one; the document."""
        with self.changing:
            person = self.store.known_person(person)
            document = customer_document(person)
            document["addresses"] = [address_document(place, self.store.new_id) for place in addresses]
            document["defaultAddress"] = document["addresses"][0] if addresses else None
            document = _with_consent(document, email=email_consent, sms=sms_consent)
            return self._keep(document, "create", topics)

    def customer(self, customer_id: str) -> Document:
        """By number or global id. Raises `KeyError`."""
        found = self.store.customer(_gid(customer_id))
        if found is None:
            raise KeyError(customer_id)
        return found

    def customers(self) -> list[Document]:
        return self.store.customers()

    def update_customer(
        self,
        customer_id: str,
        *,
        addresses: Sequence[Place] | None = None,
        email: str | None = None,
        phone: str | None = None,
        topics: Sequence[str] = ("customers/update",),
        **changes: Any,
    ) -> Document:
        """Changes fields by their GraphQL names (`firstName`), the e-mail, the phone, or the whole address book."""
        with self.changing:
            document = {**self.customer(customer_id), **changes}
            if addresses is not None:
                document["addresses"] = [address_document(place, self.store.new_id) for place in addresses]
                document["defaultAddress"] = document["addresses"][0] if addresses else None
            document = _with_contact(document, email=email, phone=phone)
            return self._keep(document, "write", topics)

    def consent(self, customer_id: str, **states: str) -> Document:
        """`consent("1", email="SUBSCRIBED", sms="UNSUBSCRIBED")`; the document."""
        with self.changing:
            document = _with_consent(self.customer(customer_id), **states)
            return self._keep(document, "consent", ("customers/update",))

    def delete_customer(self, customer_id: str) -> None:
        with self.changing:
            document = self.customer(customer_id)
            self.store.remove_customer(document["id"])
            self.journal.record("customer", "delete", document["id"])
            self.tell_of("customers/delete", {"id": int(legacy_id(document))})

    def merge_customers(self, kept: str, deleted: str) -> Document:
        """What the deleted one has and the kept one lacks goes over; the kept one's document."""
        with self.changing:
            keeper, gone = self.customer(kept), self.customer(deleted)
            self.store.remove_customer(gone["id"])
            taken = {name: keeper.get(name) or gone.get(name) for name in ("firstName", "lastName")}
            contacts = ("defaultEmailAddress", "defaultPhoneNumber")
            taken |= {name: keeper[name] or gone[name] for name in contacts}
            taken["addresses"] = [*keeper.get("addresses", ()), *gone.get("addresses", ())]
            self.journal.record("customer", "merge", keeper["id"], summary={"deleted": gone["id"]})
            merged = self._keep({**keeper, **taken}, "write", ())
            self.tell_of(
                "customers/merge",
                {
                    "admin_graphql_api_customer_kept_id": keeper["id"],
                    "admin_graphql_api_customer_deleted_id": gone["id"],
                    "admin_graphql_api_job_id": None,
                    "status": "completed",
                    "errors": [],
                },
            )
            return merged

    def set_customer(self, identifier: Mapping[str, Any], values: Mapping[str, Any]) -> Document:
        """`customerSet`. Raises `CustomerRefused`."""
        with self.changing:
            found = self.find_customer(identifier)
            if found is None and identifier.get("id"):
                raise CustomerRefused("Customer can't be found", ("identifier", "id"))
            email, phone = values.get("email"), values.get("phone")
            self._check(found, email, phone)
            document = found or customer_document(Person(id=self.store.new_id("Customer")))
            plain = {name: values[name] for name in ("firstName", "lastName", "locale", "note") if name in values}
            document = _with_contact({**document, **plain}, email=email, phone=phone)
            topics = ("customers/update",) if found else ("customers/create",)
            return self._keep(document, "write" if found else "create", topics)

    def find_customer(self, identifier: Mapping[str, Any]) -> Document | None:
        if identifier.get("id"):
            return self.store.customer(identifier["id"])
        email = str(identifier.get("email") or identifier.get("emailAddress") or "").casefold()
        phone = identifier.get("phone") or identifier.get("phoneNumber")
        for one in self.store.customers():
            known = (one["defaultEmailAddress"] or {}).get("emailAddress") or ""
            number = (one["defaultPhoneNumber"] or {}).get("phoneNumber")
            if (email and known.casefold() == email) or (not email and phone and number == phone):
                return one
        return None

    def add_address(self, customer_id: str, address: Mapping[str, Any], *, default: bool) -> Document:
        """`customerAddressCreate`; the address. Raises `CustomerRefused`."""
        with self.changing:
            document = self.store.customer(customer_id)
            if document is None:
                raise CustomerRefused("Customer does not exist", ("customerId",))
            names = {"firstName": "first_name", "lastName": "last_name", "provinceCode": "province"}
            names |= {"countryCode": "country"}
            place = Place(**{names.get(name, name): value for name, value in address.items()})
            made = address_document(place, self.store.new_id)
            assert made is not None  # noqa: S101 - a place gives a document
            book = [*document.get("addresses", ()), made]
            first = default or document["defaultAddress"] is None
            changes = {"addresses": book, "defaultAddress": made if first else document["defaultAddress"]}
            self.journal.record("customer_address", "create", made["id"], summary={"customer": document["id"]})
            self._keep({**document, **changes}, "address", ("customers/update",))
            return made

    def default_address(self, customer_id: str, address_id: str) -> Document:
        with self.changing:
            document = self.customer(customer_id)
            found = next((one for one in document.get("addresses", ()) if one["id"] == address_id), None)
            if found is None:
                raise CustomerRefused("Address does not exist", ("addressId",))
            return self._keep({**document, "defaultAddress": found}, "address", ("customers/update",))

    def _check(self, found: Document | None, email: Any, phone: Any) -> None:
        if email and "@" not in str(email):
            raise CustomerRefused("Email is invalid", ("input", "email"))
        if phone and not str(phone).startswith("+"):
            raise CustomerRefused("Phone is invalid", ("input", "phone"))
        for name, value in (("email", email), ("phone", phone)):
            other = self.find_customer({name: value}) if value else None
            if other is not None and (found is None or other["id"] != found["id"]):
                raise CustomerRefused(f"{name.capitalize()} has already been taken", ("input", name))

    def _keep(self, document: Document, operation: str, topics: Sequence[str]) -> Document:
        now = self.second()
        document = {**document, "updatedAt": now}
        document.setdefault("createdAt", now)
        self.store.put_customer(document)
        self.journal.record("customer", operation, document["id"])
        for topic in topics:
            self.tell_of(topic, customer_to_rest(document))
        return document


def customer_to_rest(document: Document) -> Document:
    """The body of a `customers/*` webhook."""
    email, phone = document["defaultEmailAddress"], document["defaultPhoneNumber"]
    return {
        "id": int(legacy_id(document)),
        "created_at": time_text(document["createdAt"]),
        "updated_at": time_text(document["updatedAt"]),
        "first_name": document["firstName"],
        "last_name": document["lastName"],
        "state": document["state"].lower(),
        "note": document["note"],
        "verified_email": document["verifiedEmail"],
        "tax_exempt": document["taxExempt"],
        "email": email and email["emailAddress"],
        "phone": phone and phone["phoneNumber"],
        "admin_graphql_api_id": document["id"],
    }


def _gid(customer_id: str) -> str:
    return customer_id if customer_id.startswith("gid://") else gid("Customer", customer_id)


def _with_contact(document: Document, *, email: str | None, phone: str | None) -> Document:
    changed = dict(document)
    for name, field, value in (
        ("defaultEmailAddress", "emailAddress", email),
        ("defaultPhoneNumber", "phoneNumber", phone),
    ):
        if value is not None:
            changed[name] = {**(document[name] or {}), field: value} if value else None
    return changed


def _with_consent(document: Document, *, email: str = "", sms: str = "") -> Document:
    changed = dict(document)
    if email and document["defaultEmailAddress"]:
        changed["defaultEmailAddress"] = {**document["defaultEmailAddress"], "marketingState": email}
    if sms and document["defaultPhoneNumber"]:
        state = {"state": "NEVER_SUBSCRIBED" if sms == "NOT_SUBSCRIBED" else sms}
        changed["defaultPhoneNumber"] = {**document["defaultPhoneNumber"], "smsMarketingConsent": state}
    return changed
