"""Customers: read whole, made, changed, given addresses and consent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from libs.common.domain.customers import CustomerAddress, ShopCustomer
from libs.common.domain.orders import Address
from libs.common.errors import Rejected, Transient
from libs.common.shopify.client import ShopifyClient
from libs.common.shopify.documents import document
from libs.common.shopify.nodes import Changed, all_nodes, fetch_nodes, further_page, global_id
from libs.common.shopify.reading import Node

CUSTOMER_REFUSED = "customer_refused"
LINES = 50
ADDRESS_KIND = "MailingAddress"


def fetch_customers(client: ShopifyClient, ids: Sequence[str]) -> dict[str, ShopCustomer]:
    """By id, with every address; one that is deleted, was merged or is not visible is absent."""

    def read(_: str, node: Node) -> ShopCustomer:
        with still(node):
            return _customer(node, pages(client, "customer_addresses", "customer", node, "addressesV2"))

    return fetch_nodes(client, "customers_by_ids", "Customer", ids, read)


def find_customer(client: ShopifyClient, *, email: str = "", phone: str = "") -> str | None:
    """The id of the customer who has this e-mail address, or else this phone number."""
    for name, value in (("emailAddress", email), ("phoneNumber", phone)):
        if value:
            answer = client.execute(document("customer_by_identifier"), {"identifier": {name: value}})
            found = answer.get("customerByIdentifier")
            if found is not None:
                return Node.of(found, "customerByIdentifier").id()
    return None


def set_customer(client: ShopifyClient, identifier: Mapping[str, str], values: Mapping[str, str]) -> str:
    """Makes or changes the customer of this identifier (`{"id": "1"}`, `{"email": …}`, `{"phone": …}`); its id.

    Repeatable: the second time finds the customer that the first one made. Fields that `values` leaves out stay.
    Raises Rejected (code `customer_refused`) with Shopify's own words.
    """
    named = {key: global_id("Customer", value) if key == "id" else value for key, value in identifier.items()}
    sent = {name: value or None for name, value in values.items()}
    answer = client.execute(document("customer_set"), {"identifier": named, "input": sent})
    return _accepted(answer, "customerSet").node("customer").id()


def create_address(client: ShopifyClient, customer_id: str, address: Address, *, default: bool) -> None:
    """Not repeatable: look into the customer's addresses first."""
    variables = {
        "customerId": global_id("Customer", customer_id),
        "address": _address_input(address),
        "setAsDefault": default,
    }
    _accepted(client.execute(document("customer_address_create"), variables), "customerAddressCreate")


def set_default_address(client: ShopifyClient, customer_id: str, address_id: str) -> None:
    """Repeatable. `address_id` is as `fetch_customers` gives it."""
    variables = {"customerId": global_id("Customer", customer_id), "addressId": address_id}
    _accepted(client.execute(document("customer_default_address"), variables), "customerUpdateDefaultAddress")


def set_consent(client: ShopifyClient, customer_id: str, kind: str, *, given: bool, at: datetime) -> None:
    """Repeatable. `kind` is `email` or `sms`; consent that was given counts as of `at`."""
    field = f"{kind}MarketingConsent"
    consent: dict[str, Any] = {"marketingState": "SUBSCRIBED" if given else "UNSUBSCRIBED"}
    consent |= {"marketingOptInLevel": "SINGLE_OPT_IN", "consentUpdatedAt": at.isoformat()}
    variables = {"input": {"customerId": global_id("Customer", customer_id), field: consent}}
    root = f"customer{kind.capitalize()}MarketingConsentUpdate"
    _accepted(client.execute(document(f"customer_{kind}_consent"), variables), root)


def _address_input(address: Address) -> dict[str, str]:
    first, _, last = address.name.rpartition(" ")
    values = {
        "firstName": first,
        "lastName": last,
        "company": address.company,
        "address1": address.address1,
        "address2": address.address2,
        "city": address.city,
        "zip": address.zip,
        "provinceCode": address.province,
        "countryCode": address.country,
        "phone": address.phone,
    }
    return {name: value for name, value in values.items() if value}


def _accepted(answer: dict[str, Any], name: str) -> Node:
    payload = Node.of(answer.get(name), name)
    errors = [error.text("message") for error in payload.nodes("userErrors")]
    if errors:
        hint = "correct the contact in Odoo (or the customer in Shopify), then retry"
        raise Rejected("; ".join(errors), "shopify", CUSTOMER_REFUSED, hint, {"call": name})
    return payload


@contextmanager
def still(node: Node) -> Iterator[None]:
    """A record that changes while its pages are read is read anew later."""
    try:
        yield
    except Changed:
        raise Transient(f"{node.record} changed while its pages were read", "shopify", "changing") from None


def pages(client: ShopifyClient, name: str, root: str, node: Node, connection: str) -> list[Node]:
    """Every node of a connection; to be used `still`."""
    doc = document(name)
    return all_nodes(
        node, connection, lambda cursor: further_page(client, doc, root, node, connection, lines=LINES, after=cursor)
    )


def _customer(node: Node, addresses: Sequence[Node]) -> ShopCustomer:
    email, phone = node.node_or_none("defaultEmailAddress"), node.node_or_none("defaultPhoneNumber")
    default = node.node_or_none("defaultAddress")
    return ShopCustomer(
        id=node.id(),
        updated_at=node.moment("updatedAt"),
        first_name=node.text_or_empty("firstName").strip(),
        last_name=node.text_or_empty("lastName").strip(),
        display_name=node.text_or_empty("displayName").strip(),
        email=email.text_or_empty("emailAddress") if email else "",
        phone=phone.text_or_empty("phoneNumber") if phone else "",
        locale=node.text_or_empty("locale"),
        email_consent=email.text_or_empty("marketingState") if email else "",
        sms_consent=phone.node("smsMarketingConsent").text_or_empty("state") if phone else "",
        addresses=tuple(CustomerAddress(one.text("id"), _mailing(one)) for one in addresses),
        default_address_id=default.text("id") if default else "",
    )


def _mailing(node: Node) -> Address:
    return Address(
        name=node.text_or_empty("name"),
        company=node.text_or_empty("company"),
        address1=node.text_or_empty("address1"),
        address2=node.text_or_empty("address2"),
        city=node.text_or_empty("city"),
        zip=node.text_or_empty("zip"),
        province=node.text_or_empty("provinceCode"),
        province_name=node.text_or_empty("province"),
        country=node.text_or_empty("countryCodeV2"),
        phone=node.text_or_empty("phone"),
    )
