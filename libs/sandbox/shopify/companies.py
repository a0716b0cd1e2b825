"""Companies of the sandbox shop and their locations, and webhooks that are about no order."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from libs.sandbox.shopify.afterwards import OrderRoom
from libs.sandbox.shopify.derived import Document
from libs.sandbox.shopify.drafts import Place
from libs.sandbox.shopify.people import gid
from libs.sandbox.shopify.rest_write import time_text


class CompanyRoom(OrderRoom):
    b2b = True
    """Whether the shop's plan has companies."""

    def add_company(
        self,
        name: str,
        locations: Sequence[Mapping[str, Any]] = (),
        *,
        external_id: str = "",
        number: str = "",
        people: Sequence[str] = (),
        topics: Sequence[str] = ("companies/create",),
    ) -> Document:
        """A location is `{"name", "tax_id", "external_id", "phone", "shipping": Place, "billing": Place}`.

        `people` are the numbers of customers.
        """
        with self.changing:
            company: Document = {
                "id": gid("Company", number or self.store.new_id("Company")),
                "name": name,
                "externalId": external_id or None,
                "note": None,
                "contacts": [self.new_contact(gid("Customer", one)) for one in people],
            }
            company["locations"] = [self._location(one) for one in locations]
            return self.keep_company(company, "create", topics)

    def update_company(
        self, company_id: str, *, locations: Sequence[Mapping[str, Any]] | None = None, **changes: Any
    ) -> Document:
        """Fields by their GraphQL names; locations with a `number` keep their id."""
        with self.changing:
            known = self.store.company(company_id)
            if known is None:
                raise KeyError(company_id)
            if locations is not None:
                changes["locations"] = [self._location(one) for one in locations]
            return self.keep_company({**known, **changes}, "write", ("companies/update",))

    def join_company(self, company_id: str, customer_id: str) -> Document:
        """A customer becomes one of the company's people; the company."""
        with self.changing:
            known = self.store.company(company_id)
            if known is None:
                raise KeyError(company_id)
            contact = self.new_contact(gid("Customer", customer_id))
            body = {"admin_graphql_api_id": contact["id"], "company": {"admin_graphql_api_id": company_id}}
            body["customer_admin_graphql_api_id"] = contact["customer"]
            company = self.keep_company({**known, "contacts": [*known["contacts"], contact]}, "contact", ())
            self.tell_of("company_contacts/create", body)
            return company

    def leave_company(self, company_id: str, customer_id: str) -> Document:
        """A customer is none of the company's people any more; the company."""
        with self.changing:
            known = self.store.company(company_id)
            if known is None:
                raise KeyError(company_id)
            left = [one for one in known["contacts"] if one["customer"] != gid("Customer", customer_id)]
            return self.keep_company({**known, "contacts": left}, "contact", ("companies/update",))

    def new_contact(self, customer: str) -> Document:
        return {"id": gid("CompanyContact", self.store.new_id("CompanyContact")), "customer": customer}

    def delete_company(self, company_id: str) -> None:
        with self.changing:
            self.store.remove_company(company_id)
            self.tell_of("companies/delete", {"admin_graphql_api_id": company_id})

    def tell_of(self, topic: str, body: Document) -> None:
        """Queues a webhook that is about no order."""
        self.send(topic, json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode())

    def _location(self, given: Mapping[str, Any]) -> Document:
        return {
            "id": gid("CompanyLocation", given.get("number") or self.store.new_id("CompanyLocation")),
            "name": given["name"],
            "externalId": given.get("external_id") or None,
            "phone": given.get("phone") or None,
            "locale": given.get("locale") or None,
            "taxSettings": {"taxRegistrationId": given.get("tax_id") or None},
            "shippingAddress": _company_address(given.get("shipping")),
            "billingAddress": _company_address(given.get("billing")),
        }

    def keep_company(self, company: Document, operation: str, topics: Sequence[str]) -> Document:
        company = {**company, "updatedAt": self.second()}
        self.store.put_company(company)
        self.journal.record("company", operation, company["id"])
        for topic in topics:
            body = {
                "name": company["name"],
                "external_id": company["externalId"],
                "admin_graphql_api_id": company["id"],
            }
            self.tell_of(topic, {**body, "updated_at": time_text(company["updatedAt"])})
        return company


def _company_address(place: Place | None) -> Document | None:
    if place is None:
        return None
    return {
        "recipient": f"{place.first_name} {place.last_name}".strip() or None,
        "companyName": place.company,
        "address1": place.address1,
        "address2": place.address2 or None,
        "city": place.city or None,
        "zip": place.zip or None,
        "province": place.province_name or place.province or None,
        "zoneCode": place.province or None,
        "countryCode": place.country or "US",
        "phone": place.phone or None,
    }
