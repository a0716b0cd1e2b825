"""Customers and addresses as parts of an order document."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from libs.sandbox.shopify.drafts import Company, Person, Place, Terms

Document = dict[str, Any]
NewId = Callable[[str], str]
"""`NewId("LineItem")` gives the next number of that kind."""

COUNTRIES = {
    "AT": "Austria", "BE": "Belgium", "CA": "Canada", "CH": "Switzerland", "CZ": "Czechia", "DE": "Germany",
    "ES": "Spain", "FR": "France", "GB": "United Kingdom", "GR": "Greece", "IE": "Ireland", "IT": "Italy",
    "JP": "Japan", "MX": "Mexico", "NL": "Netherlands", "PL": "Poland", "SE": "Sweden", "US": "United States",
}  # fmt: skip


def gid(kind: str, number: str) -> str:
    return f"gid://shopify/{kind}/{number}"


def customer_document(person: Person) -> Document:
    return {
        "id": gid("Customer", person.id),
        "firstName": person.first_name or None,
        "lastName": person.last_name or None,
        "locale": person.locale,
        "defaultEmailAddress": {"emailAddress": person.email} if person.email else None,
        "defaultPhoneNumber": {"phoneNumber": person.phone} if person.phone else None,
        "note": None,
        "tags": [],
        "state": "DISABLED",
        "taxExempt": person.tax_exempt,
        "verifiedEmail": True,
        "defaultAddress": None,
    }


def buyer_document(company: Company, new_id: NewId) -> Document:
    """The `PurchasingCompany` of a B2B order."""
    return {
        "company": {
            "id": gid("Company", company.id or new_id("Company")),
            "name": company.name,
            "externalId": company.external_id or None,
        },
        "location": {
            "id": gid("CompanyLocation", company.location_id or new_id("CompanyLocation")),
            "name": company.location,
            "externalId": company.location_external_id or None,
        },
    }


def terms_document(terms: Terms, new_id: NewId) -> Document:
    due = [{"id": gid("PaymentSchedule", new_id("PaymentSchedule")), "dueAt": terms.due_at}] if terms.due_at else []
    return {
        "id": gid("PaymentTerms", new_id("PaymentTerms")),
        "paymentTermsName": terms.name,
        "paymentTermsType": terms.kind,
        "dueInDays": terms.due_in_days,
        "paymentSchedules": due,
    }


def address_document(place: Place | None, new_id: NewId) -> Document | None:
    if place is None:
        return None
    return {
        "id": gid("MailingAddress", new_id("MailingAddress")) + "?model_name=Address",
        "firstName": place.first_name or None,
        "lastName": place.last_name or None,
        "company": place.company or None,
        "address1": place.address1 or None,
        "address2": place.address2 or None,
        "city": place.city or None,
        "zip": place.zip or None,
        "province": place.province_name or place.province or None,
        "provinceCode": place.province or None,
        "country": place.country_name or COUNTRIES.get(place.country, place.country) or None,
        "countryCodeV2": place.country or None,
        "phone": place.phone or None,
        "latitude": None,
        "longitude": None,
    }
