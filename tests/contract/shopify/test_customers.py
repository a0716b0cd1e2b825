"""Customers and companies, read whole and told, against the sandbox shop."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from libs.common.domain.customers import CompanyLocation
from libs.common.domain.orders import Address
from libs.common.errors import CredentialsRefused, Rejected, Transient
from libs.common.shopify.client import ShopifyClient
from libs.common.shopify.companies import BusinessShop
from libs.common.shopify.customers import (
    create_address,
    fetch_customers,
    find_customer,
    set_consent,
    set_customer,
    set_default_address,
)
from libs.sandbox.shopify.drafts import Line, Person, Place
from libs.sandbox.shopify.sandbox import ShopifySandbox
from tests.unit.shopify.shop import NotedBudget

JANE = Person("Jane", "Doe", "jane@example.com", "+15550100", "fr-CA")


def number(gid: str) -> str:
    return gid.rpartition("/")[2]


def place(at: int) -> Place:
    return Place("Jane", "Doe", "", f"{at} Main Street", "", "Louisville", "40202", "KY", "Kentucky", "US")


def test_a_customer_is_read_with_every_page_of_its_address_book(shop: ShopifySandbox, client: ShopifyClient) -> None:
    made = shop.add_customer(
        JANE, [place(at) for at in range(75)], email_consent="SUBSCRIBED", sms_consent="UNSUBSCRIBED"
    )
    one = number(made["id"])
    (found,) = fetch_customers(client, [one, "1"]).values()
    assert [entry.address.address1 for entry in found.addresses] == [f"{at} Main Street" for at in range(75)]
    assert found.default_address == found.addresses[0].address
    assert (found.name, found.email, found.phone, found.locale) == (
        "Jane Doe",
        "jane@example.com",
        "+15550100",
        "fr-CA",
    )
    assert (found.email_consent, found.sms_consent) == ("SUBSCRIBED", "UNSUBSCRIBED")


def test_a_customer_that_only_an_order_knows_is_one_as_well(shop: ShopifySandbox, client: ShopifyClient) -> None:
    person = Person("Ada", "", "", "+15550101")
    order = shop.place_order(lines=(Line(shop.product("MUG")),), customer=person)
    (found,) = fetch_customers(client, [number(order["customer"]["id"])]).values()
    assert (found.name, found.email, found.phone, found.addresses) == ("Ada", "", "+15550101", ())


def test_a_company_is_read_with_every_page_of_its_locations(shop: ShopifySandbox, client: ShopifyClient) -> None:
    made = shop.add_company(
        "Wayne", [{"name": f"L{at}", "tax_id": f"DE{at}", "shipping": place(at)} for at in range(70)]
    )
    (found,) = BusinessShop(client).companies([number(made["id"])]).values()
    assert [one.tax_id for one in found.locations] == [f"DE{at}" for at in range(70)]
    assert found.locations[1].billing is None


def test_a_company_has_all_its_people(shop: ShopifySandbox, client: ShopifyClient) -> None:
    people = [number(shop.add_customer(Person("P", str(n), f"p{n}@x.example"))["id"]) for n in range(70)]
    made = number(shop.add_company("Wayne", [], people=people)["id"])
    business = BusinessShop(client)
    assert business.companies([made])[made].people == tuple(people)
    assert business.companies_of([*people[:2], number(shop.add_customer(JANE)["id"])]) == dict.fromkeys(
        people[:2], (made,)
    )


def test_the_same_external_id_twice_is_one_company(shop: ShopifySandbox, client: ShopifyClient) -> None:
    business, location = BusinessShop(client), CompanyLocation("", "HQ", "odoo-7", tax_id="DE1")
    first = business.create("Wayne", "K-7", location)
    with pytest.raises(Transient) as refused:
        business.create("Wayne", "K-7", location)
    assert refused.value.code == "taken"
    with pytest.raises(Transient):
        business.create_location(first, location)
    assert [one.id for one in business.alike("K-7", "nobody")] == [first]
    assert [one.id for one in business.alike("K-70", "WAYNE")] == [first]
    assert business.alike("K", "Way") == []
    assert shop.journal.count("company", "create") == 1


def test_a_plan_without_companies_is_told_apart_from_a_missing_scope(
    shop: ShopifySandbox, client: ShopifyClient
) -> None:
    made = number(shop.add_company("Wayne", [])["id"])
    shop.b2b = False
    with pytest.raises(Rejected) as refused:
        BusinessShop(client).update(made, {"name": "X"})
    assert refused.value.code == "b2b_unavailable"
    assert "Shopify Plus" in refused.value.message
    with ShopifySandbox(scopes=("read_customers",)) as poor:
        other = ShopifyClient(poor.url, poor.token, budget=NotedBudget(), budget_key="acme/shopify")
        with pytest.raises(CredentialsRefused):
            BusinessShop(other).update(made, {"name": "X"})
        other.close()


def test_the_same_identifier_twice_is_one_customer(shop: ShopifySandbox, client: ShopifyClient) -> None:
    values = {"email": "new@example.com", "firstName": "Ada"}
    first = set_customer(client, {"email": "new@example.com"}, values)
    assert set_customer(client, {"email": "NEW@example.com"}, values) == first
    assert find_customer(client, email="New@Example.com") == first
    assert find_customer(client, email="other@example.com", phone="+1999") is None
    assert shop.journal.count("customer", "create") == 1


def test_addresses_and_consent_are_told(client: ShopifyClient) -> None:
    one = set_customer(client, {"phone": "+15550100"}, {"phone": "+15550100", "lastName": "Doe"})
    for street in ("1", "2"):
        create_address(
            client, one, Address("Jane van Doe", "", street, country="US", province="KY"), default=street == "1"
        )
    set_consent(client, one, "sms", given=True, at=datetime(2026, 11, 1, tzinfo=UTC))
    found = fetch_customers(client, [one])[one]
    assert [entry.address.name for entry in found.addresses] == ["Jane van Doe", "Jane van Doe"]
    assert found.default_address == found.addresses[0].address
    assert found.sms_consent == "SUBSCRIBED"
    set_default_address(client, one, found.addresses[1].id)
    assert fetch_customers(client, [one])[one].default_address == found.addresses[1].address


def test_what_shopify_refuses_comes_in_its_own_words(shop: ShopifySandbox, client: ShopifyClient) -> None:
    shop.add_customer(JANE)
    with pytest.raises(Rejected, match="Email has already been taken"):
        set_customer(client, {"phone": "+1777"}, {"phone": "+1777", "email": "jane@example.com"})
    with pytest.raises(Rejected, match="Customer can't be found"):
        set_customer(client, {"id": "1"}, {"firstName": "X"})


def test_without_its_scope_a_mutation_is_refused() -> None:
    with ShopifySandbox(scopes=("read_customers",)) as shop:
        client = ShopifyClient(shop.url, shop.token, budget=NotedBudget(), budget_key="acme/shopify")
        with pytest.raises(CredentialsRefused):
            set_customer(client, {"email": "a@example.com"}, {"email": "a@example.com"})
        client.close()
