"""Companies of the shop (B2B): read whole, looked for, made, changed, with their locations and people."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from libs.common.domain.customers import CompanyLocation, ShopCompany
from libs.common.domain.orders import Address
from libs.common.errors import CredentialsRefused, Rejected, Transient
from libs.common.shopify.client import ShopifyClient
from libs.common.shopify.customers import pages, still
from libs.common.shopify.documents import document
from libs.common.shopify.nodes import fetch_nodes, global_id
from libs.common.shopify.reading import Node, numeric_id

T = TypeVar("T")

COMPANY_REFUSED = "company_refused"
NO_B2B = "b2b_unavailable"
#: What Shopify adds to a refused access where it is not the app that lacks something.
_PLAN = re.compile(r"Shopify Plus|\bplan\b|\bB2B\b", re.IGNORECASE)
#: The code of an external ID that is another company's or location's.
TAKEN = "TAKEN"
LIKE = 20


@dataclass(frozen=True, slots=True)
class Alike:
    """A company that may be the one that is looked for."""

    id: str
    name: str
    external_id: str


@dataclass(frozen=True, slots=True)
class BusinessShop:
    """A shop's companies, as the room `companies` asks them.

    Every method raises Rejected (code `b2b_unavailable`) where the shop's plan has no companies, and (code
    `company_refused`) with Shopify's own words where it refuses what it is given.
    """

    client: ShopifyClient

    def companies(self, ids: Sequence[str]) -> Mapping[str, ShopCompany]:
        """By id, with every location and contact; one that is gone or not visible is absent."""
        client = self.client

        def read(_: str, node: Node) -> ShopCompany:
            with still(node):
                locations = pages(client, "company_locations", "company", node, "locations")
                return _company(node, locations, pages(client, "company_contacts", "company", node, "contacts"))

        return _with_b2b(lambda: fetch_nodes(client, "companies_by_ids", "Company", ids, read))

    def companies_of(self, customer_ids: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
        """Ids of the companies that these customers are contacts of, oldest first; nobody's contact is absent."""

        def read(_: str, node: Node) -> tuple[str, ...] | None:
            found = {one.node("company").id() for one in node.nodes("companyContactProfiles")}
            return tuple(sorted(found, key=int)) or None

        return _with_b2b(lambda: fetch_nodes(self.client, "customer_companies_by_ids", "Customer", customer_ids, read))

    def alike(self, external_id: str, name: str) -> Sequence[Alike]:
        """Companies with this external ID, or of this very name."""
        query = f"external_id:{json.dumps(external_id)} OR name:{json.dumps(name)}"
        answer = self._ask("companies_like", {"first": LIKE, "query": query})
        nodes = Node.of(answer.get("companies"), "companies").nodes("nodes")
        found = [Alike(one.id(), one.text("name"), one.text_or_empty("externalId")) for one in nodes]
        same = name.strip().casefold()
        return [one for one in found if one.external_id == external_id or one.name.strip().casefold() == same]

    def create(self, name: str, external_id: str, location: CompanyLocation) -> str:
        """Its id. May be repeated: Transient (code `taken`) when a company has this external ID already."""
        company = {"name": name, "externalId": external_id}
        made = {"company": company, "companyLocation": location_input(location)}
        return self._told("company_create", "companyCreate", {"input": made}).node("company").id()

    def update(self, company_id: str, values: Mapping[str, str]) -> None:
        """Repeatable."""
        given = {"companyId": global_id("Company", company_id), "input": dict(values)}
        self._told("company_update", "companyUpdate", given)

    def create_location(self, company_id: str, location: CompanyLocation) -> None:
        """May be repeated, as `create`."""
        given = {"companyId": global_id("Company", company_id), "input": location_input(location)}
        self._told("company_location_create", "companyLocationCreate", given)

    def update_location(self, location_id: str, values: Mapping[str, str]) -> None:
        """Repeatable."""
        given = {"companyLocationId": global_id("CompanyLocation", location_id), "input": dict(values)}
        self._told("company_location_update", "companyLocationUpdate", given)

    def assign_address(self, location_id: str, address: Address, kinds: Sequence[str]) -> None:
        """Repeatable. `kinds` are `BILLING`, `SHIPPING`."""
        given = {
            "locationId": global_id("CompanyLocation", location_id),
            "address": address_input(address),
            "addressTypes": list(kinds),
        }
        self._told("company_location_assign_address", "companyLocationAssignAddress", given)

    def set_tax_id(self, location_id: str, tax_id: str) -> None:
        """Repeatable."""
        given = {"companyLocationId": global_id("CompanyLocation", location_id), "taxRegistrationId": tax_id}
        self._told("company_location_tax_settings", "companyLocationTaxSettingsUpdate", given)

    def assign_customer(self, company_id: str, customer_id: str) -> None:
        """Not repeatable: look among the company's people first."""
        given = {"companyId": global_id("Company", company_id), "customerId": global_id("Customer", customer_id)}
        self._told("company_assign_customer", "companyAssignCustomerAsContact", given)

    def _ask(self, name: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        return _with_b2b(lambda: self.client.execute(document(name), variables))

    def _told(self, name: str, root: str, variables: Mapping[str, Any]) -> Node:
        payload = Node.of(self._ask(name, variables).get(root), root)
        errors = list(payload.nodes("userErrors"))
        if not errors:
            return payload
        words = "; ".join(error.text("message") for error in errors)
        fields = [".".join(map(str, error.get("field") or ())) for error in errors]
        if any(error.text_or_empty("code") == TAKEN for error in errors) and "externalId" in " ".join(fields):
            # An earlier try made it, and Shopify's search does not show it yet.
            raise Transient(words, "shopify", "taken", details={"call": root})
        if _PLAN.search(words):
            raise _no_b2b(words)
        hint = "correct the company's contact in Odoo (or the company in Shopify), then retry"
        raise Rejected(words, "shopify", COMPANY_REFUSED, hint, {"call": root, "fields": fields})


def address_input(address: Address) -> dict[str, str]:
    """As `CompanyAddressInput`; the company's own name is not given, Shopify has it."""
    values = {
        "recipient": address.name,
        "address1": address.address1,
        "address2": address.address2,
        "city": address.city,
        "zip": address.zip,
        "zoneCode": address.province,
        "countryCode": address.country,
        "phone": address.phone,
    }
    return {name: value for name, value in values.items() if value}


def location_input(location: CompanyLocation) -> dict[str, Any]:
    """As `CompanyLocationInput`; what is empty is left out."""
    values: dict[str, Any] = {
        "name": location.name,
        "externalId": location.external_id,
        "phone": location.phone,
        "locale": location.locale,
        "taxRegistrationId": location.tax_id,
        "shippingAddress": address_input(location.shipping) if location.shipping else None,
        "billingAddress": address_input(location.billing) if location.billing else None,
    }
    return {name: value for name, value in values.items() if value}


def _with_b2b(ask: Callable[[], T]) -> T:
    """A plan without companies is no missing scope: nothing but this record is to wait for somebody."""
    try:
        return ask()
    except CredentialsRefused as refused:
        if _PLAN.search(refused.message):
            raise _no_b2b(refused.message) from refused
        raise


def _no_b2b(words: str) -> Rejected:
    return Rejected(
        f"the shop has no companies: {words}",
        "shopify",
        NO_B2B,
        "B2B needs a plan of Shopify's that has it; without one, set `customers.companies: off` in the store's file",
    )


def _company(node: Node, locations: Sequence[Node], contacts: Sequence[Node]) -> ShopCompany:
    return ShopCompany(
        id=node.id(),
        updated_at=node.moment("updatedAt"),
        name=node.text("name").strip(),
        external_id=node.text_or_empty("externalId"),
        note=node.text_or_empty("note"),
        locations=tuple(_location(one) for one in locations),
        people=tuple(one.node("customer").id() for one in contacts),
    )


def _location(node: Node) -> CompanyLocation:
    return CompanyLocation(
        id=numeric_id(node.text("id")),
        name=node.text("name"),
        external_id=node.text_or_empty("externalId"),
        phone=node.text_or_empty("phone"),
        locale=node.text_or_empty("locale"),
        tax_id=node.node("taxSettings").text_or_empty("taxRegistrationId").strip(),
        shipping=_address(node.node_or_none("shippingAddress")),
        billing=_address(node.node_or_none("billingAddress")),
    )


def _address(node: Node | None) -> Address | None:
    if node is None:
        return None
    return Address(
        name=node.text_or_empty("recipient"),
        company=node.text_or_empty("companyName"),
        address1=node.text_or_empty("address1"),
        address2=node.text_or_empty("address2"),
        city=node.text_or_empty("city"),
        zip=node.text_or_empty("zip"),
        province=node.text_or_empty("zoneCode"),
        province_name=node.text_or_empty("province"),
        country=node.text_or_empty("countryCode"),
        phone=node.text_or_empty("phone"),
    )
