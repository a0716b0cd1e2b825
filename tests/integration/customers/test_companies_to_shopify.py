"""Companies of Odoo's, with their locations, tax ids and people, as companies of the shop; and both ways at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from libs.common.ledger.model import Record, State
from libs.sandbox.faults import Drop, Fault
from libs.sandbox.shopify.drafts import Place
from tests.integration.customers.lobby import JANE, Lobby, number, open_lobby

BOTH = {"sync": "both", "companies": "both"}
BONN = Place("", "", "", "Am Hof 1", "", "Bonn", "53113", "", "", "DE")


@pytest.fixture
def lobby() -> Iterator[Lobby]:
    with open_lobby("19") as opened:
        opened.rules(**BOTH)
        yield opened


def germany(lobby: Lobby) -> int:
    return int(lobby.odoo.find("res.country", [("code", "=", "DE")])[0]["id"])


def wayne(lobby: Lobby, **values: Any) -> int:
    """A company that is a customer in Odoo."""
    plain = {"name": "Wayne", "is_company": True, "customer_rank": 1, "vat": "DE136695976", "ref": "K-7"}
    at = {"street": "Hauptstr. 1", "city": "Berlin", "zip": "10117", "country_id": germany(lobby)}
    return lobby.odoo.add("res.partner", **{**plain, **at, "lang": "de_DE", "phone": "+49 30 1234", **values})


def below(lobby: Lobby, parent: int, **values: Any) -> int:
    plain = {"type": "delivery", "name": "Depot", "street": "Kai 5", "city": "Hamburg", "country_id": germany(lobby)}
    return lobby.odoo.add("res.partner", **{**plain, **values, "parent_id": parent})


def person(lobby: Lobby, parent: int, **values: Any) -> int:
    plain = {"type": "contact", "name": "Lucius Fox", "email": "lucius@wayne.example"}
    return lobby.odoo.add("res.partner", **{**plain, **values, "parent_id": parent})


def only(lobby: Lobby) -> dict[str, Any]:
    (found,) = lobby.shop.store.companies()
    return found


def pair(lobby: Lobby) -> Record:
    return lobby.record("company", number(only(lobby)["id"]))


def test_a_company_of_odoo_becomes_one_of_the_shop_with_locations_tax_ids_and_people(lobby: Lobby) -> None:
    company = wayne(lobby)
    depot = below(lobby, company)
    paris = below(
        lobby, company, name="Wayne France", city="Paris", street="Rue 2", is_company=True, vat="FR23334175221"
    )
    fox = person(lobby, company)
    lobby.poll()
    made = only(lobby)
    assert (made["name"], made["externalId"]) == ("Wayne", "K-7")
    main, hamburg, france = made["locations"]
    assert (main["externalId"], main["phone"], main["locale"]) == (f"odoo-{company}", "+49301234", "de")
    assert (main["billingAddress"]["address1"], main["shippingAddress"]["city"]) == ("Hauptstr. 1", "Berlin")
    taxes = [one["taxSettings"]["taxRegistrationId"] for one in made["locations"]]
    assert taxes == ["DE136695976", "DE136695976", "FR23334175221"]
    assert (hamburg["externalId"], hamburg["shippingAddress"]["address1"]) == (f"odoo-{depot}", "Kai 5")
    assert france["externalId"] == f"odoo-{paris}"
    (customer,) = lobby.shop.customers()
    assert customer["defaultEmailAddress"]["emailAddress"] == "lucius@wayne.example"
    assert [one["customer"] for one in made["contacts"]] == [customer["id"]]
    record = pair(lobby)
    assert record.state is State.SYNCED, record.held
    assert record.target
    assert record.target.id == company
    linked = lobby.record("customer", number(customer["id"])).target
    assert linked
    assert linked.id == fox
    assert lobby.shop.journal.count("company", "create") == 1


def test_f34_what_was_told_comes_back_on_both_sides_and_changes_nothing(lobby: Lobby) -> None:
    company = wayne(lobby)
    below(lobby, company)
    below(lobby, company, type="invoice", name="Accounts", street="Postfach 7")
    person(lobby, company)
    lobby.poll()
    (customer,) = lobby.shop.customers()
    before = lobby.writes()
    for _ in range(2):
        lobby.poll()
        lobby.hint(number(customer["id"]))
        assert lobby.sync(number(only(lobby)["id"]), entity="company", why="companies/update").state is State.SYNCED
    assert lobby.writes() == before
    assert len(lobby.odoo.find("res.partner", [("parent_id", "=", company)])) == 3


def test_a_change_in_odoo_changes_only_what_differs(lobby: Lobby) -> None:
    company = wayne(lobby)
    depot = below(lobby, company)
    lobby.poll()
    calls = len(lobby.shop.journal.entries())
    lobby.odoo.change("res.partner", depot, street="Kai 6")
    lobby.poll()
    hamburg = only(lobby)["locations"][1]
    assert (hamburg["shippingAddress"]["address1"], hamburg["billingAddress"]["address1"]) == ("Kai 6", "Kai 6")
    assert len(lobby.shop.journal.entries()) - calls == 2, "the location, and the company's time"
    lobby.odoo.change("res.partner", company, vat="DE123456788", name="Wayne AG", street="Hauptstr. 2")
    lobby.poll()
    made = only(lobby)
    main = made["locations"][0]
    assert (made["name"], main["taxSettings"]["taxRegistrationId"]) == ("Wayne AG", "DE123456788")
    assert (main["shippingAddress"]["address1"], main["billingAddress"]["address1"]) == ("Hauptstr. 2", "Hauptstr. 2")
    assert len(made["locations"]) == 2


def test_whom_the_shop_has_let_go_is_not_brought_back_and_who_comes_later_joins(lobby: Lobby) -> None:
    company = wayne(lobby)
    person(lobby, company)
    lobby.poll()
    (fox,) = lobby.shop.customers()
    record = pair(lobby)
    lobby.shop.leave_company(only(lobby)["id"], number(fox["id"]))
    lobby.sync(record.source_id, entity="company", why="companies/update")
    lobby.odoo.change("res.partner", company, name="Wayne AG")
    lobby.poll()
    assert (only(lobby)["name"], only(lobby)["contacts"]) == ("Wayne AG", [])
    person(lobby, company, name="Alfred", email="alfred@wayne.example")
    lobby.poll()
    alfred = next(one for one in lobby.shop.customers() if one["firstName"] is None)
    assert [one["customer"] for one in only(lobby)["contacts"]] == [alfred["id"]]


def test_different_parts_that_both_sides_changed_both_survive(lobby: Lobby) -> None:
    company = wayne(lobby)
    lobby.poll()
    record = pair(lobby)
    lobby.odoo.change("res.partner", company, name="Wayne AG")
    made = only(lobby)
    locations = [{**one, "phone": "+4930999"} for one in made["locations"]]
    lobby.shop.keep_company({**made, "locations": locations}, "write", ())
    lobby.poll()
    lobby.sync(record.source_id, entity="company", why="companies/update")
    assert (only(lobby)["name"], lobby.contact(record)["name"]) == ("Wayne AG", "Wayne AG")
    assert lobby.contact(record)["phone"] == "+4930999"
    assert only(lobby)["locations"][0]["phone"] == "+4930999"


def test_an_address_that_came_from_a_location_is_changed_there(lobby: Lobby) -> None:
    location = {"name": "Bonn", "shipping": BONN, "billing": BONN, "tax_id": "DE136695976"}
    made = lobby.shop.add_company("Stark", [location])
    record = lobby.sync(number(made["id"]), entity="company", why="companies/create")
    assert record.state is State.SYNCED, record.held
    (delivery,) = [one for one in lobby.below(record) if one["type"] == "delivery"]
    lobby.odoo.change("res.partner", delivery["id"], street="Am Hof 2")
    lobby.poll()
    (bonn,) = only(lobby)["locations"]
    assert bonn["shippingAddress"]["address1"] == "Am Hof 2"
    assert bonn["billingAddress"]["address1"] == "Am Hof 1"


def test_a_change_of_address_in_odoo_leaves_where_the_main_location_is_delivered_to(lobby: Lobby) -> None:
    depot = Place("", "", "", "Kai 5", "", "Hamburg", "20457", "", "", "DE")
    made = lobby.shop.add_company("Stark", [{"name": "Bonn", "shipping": depot, "billing": BONN}])
    record = lobby.sync(number(made["id"]), entity="company", why="companies/create")
    assert record.target
    assert lobby.contact(record)["street"] == "Am Hof 1"
    lobby.odoo.change("res.partner", record.target.id, street="Am Hof 2")
    lobby.poll()
    (bonn,) = only(lobby)["locations"]
    assert bonn["billingAddress"]["address1"] == "Am Hof 2"
    assert bonn["shippingAddress"]["address1"] == "Kai 5"


@pytest.mark.parametrize("operation", ["CompanyCreate", "CompanyLocationCreate", "CompanyAssignCustomer"])
@pytest.mark.parametrize("applied", [True, False])
def test_f23_a_company_whose_answer_is_lost_is_made_once(lobby: Lobby, operation: str, *, applied: bool) -> None:
    company = wayne(lobby)
    below(lobby, company)
    person(lobby, company)
    lobby.shop.faults.add(Fault(operation, Drop(applied=applied), times=1))
    lobby.poll()
    for _ in range(4):
        for record in lobby.ledger.find(state=State.DUE):
            lobby.ledger.retry([record.id], why="test")
        lobby.work()
    made = only(lobby)
    assert (len(made["locations"]), len(made["contacts"])) == (2, 1)
    assert pair(lobby).state is State.SYNCED


def test_a_shop_without_b2b_holds_the_company_with_the_reason_and_customers_go_on(lobby: Lobby) -> None:
    lobby.shop.b2b = False
    company = wayne(lobby)
    lobby.odoo.add("res.partner", name="Ada", email="ada@example.com", customer_rank=1)
    lobby.poll()
    record = lobby.record("company", f"odoo-{company}")
    assert record.held
    assert record.held.code == "b2b_unavailable"
    assert "customers.companies: off" in record.held.hint
    assert [one["firstName"] for one in lobby.shop.customers()] == [None]
    assert lobby.sync(lobby.add(JANE)).state is State.SYNCED


def test_a_company_that_the_shop_may_have_already_is_a_question(lobby: Lobby) -> None:
    lobby.rules(sync="to_shopify", companies="to_shopify")
    lobby.shop.add_company("wayne")
    company = wayne(lobby)
    lobby.poll()
    record = lobby.record("company", f"odoo-{company}")
    assert record.held
    assert record.held.code == "company_alike"
    known = only(lobby)
    lobby.shop.update_company(known["id"], externalId="K-7")
    lobby.ledger.retry([record.id], why="test")
    lobby.work()
    assert pair(lobby).target == lobby.record("company", number(known["id"])).target
    assert pair(lobby).state is State.SYNCED
    assert len(only(lobby)["locations"]) == 1


def test_what_the_shop_refuses_of_a_company_holds_that_one_alone(lobby: Lobby) -> None:
    bad = wayne(lobby, name=" ", ref="K-8", phone=False)
    good = wayne(lobby)
    lobby.poll()
    assert lobby.record("company", f"odoo-{good}").state is State.SYNCED
    held = lobby.record("company", f"odoo-{bad}").held
    assert held
    assert (held.code, held.message) == ("company_refused", "Name can't be blank")


def test_f35_a_company_deleted_on_one_side_and_changed_on_the_other_does_not_come_back(lobby: Lobby) -> None:
    first, second = wayne(lobby), wayne(lobby, name="Stark", ref="K-8", vat=False)
    lobby.poll()
    gone, kept = lobby.shop.store.companies()
    lobby.shop.delete_company(gone["id"])
    lobby.odoo.change("res.partner", first, name="Wayne AG")
    lobby.odoo.delete("res.partner", second)
    lobby.shop.update_company(kept["id"], name="Stark AG")
    lobby.poll()
    lobby.sync(number(kept["id"]), entity="company", why="companies/update")
    assert [one["name"] for one in lobby.shop.store.companies()] == ["Stark AG"]
    assert lobby.record("company", number(gone["id"])).state is State.IGNORED
    assert lobby.odoo.find("res.partner", [("name", "=", "Stark AG")]) == []


def test_by_default_companies_of_odoo_stay_where_they_are(lobby: Lobby) -> None:
    lobby.rules(sync="both")
    company = wayne(lobby)
    person(lobby, company)
    lobby.poll()
    assert lobby.shop.store.companies() == []
    assert lobby.shop.customers() == []
