"""Contacts of Odoo's as customers of the shop, and both ways at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from libs.common.ledger.model import State
from libs.sandbox.faults import Drop, Fault
from tests.integration.customers.lobby import HOME, JANE, Lobby, number, open_lobby


@pytest.fixture
def lobby() -> Iterator[Lobby]:
    with open_lobby("19") as opened:
        opened.rules(sync="both")
        yield opened


def person(lobby: Lobby, **values: Any) -> int:
    """A customer in Odoo."""
    (country,) = lobby.odoo.find("res.country", [("code", "=", "DE")])
    plain = {"name": "Ada Lovelace", "email": "ada@example.com", "phone": "+49 30 1234", "customer_rank": 1}
    at = {"street": "Unter den Linden 1", "city": "Berlin", "zip": "10117", "country_id": country["id"]}
    return lobby.odoo.add("res.partner", **{**plain, **at, "lang": "de_DE", **values})


def only(lobby: Lobby) -> dict[str, Any]:
    (found,) = lobby.shop.customers()
    return found


def test_a_customer_of_odoo_becomes_one_of_the_shop_with_address_language_and_consent(lobby: Lobby) -> None:
    tag = lobby.odoo.add("res.partner.category", name="Email marketing")
    partner = person(lobby, category_id=[(6, 0, [tag])])
    lobby.odoo.add(
        "res.partner",
        name="Warehouse",
        parent_id=partner,
        type="delivery",
        street="Kai 5",
        city="Hamburg",
        country_id=lobby.odoo.find("res.country", [("code", "=", "DE")])[0]["id"],
    )
    lobby.poll()
    customer = only(lobby)
    assert (customer["firstName"], customer["lastName"], customer["locale"]) == ("Ada", "Lovelace", "de")
    assert customer["defaultEmailAddress"]["emailAddress"] == "ada@example.com"
    assert customer["defaultEmailAddress"]["marketingState"] == "SUBSCRIBED"
    assert customer["defaultPhoneNumber"]["phoneNumber"] == "+49301234"
    assert customer["defaultAddress"]["address1"] == "Unter den Linden 1"
    assert [one["city"] for one in customer["addresses"]] == ["Berlin", "Hamburg"]
    record = lobby.record("customer", number(customer["id"]))
    assert record.state is State.SYNCED, record.held
    assert record.target
    assert record.target.id == partner


def test_f34_our_own_write_comes_back_on_both_sides_and_changes_nothing(lobby: Lobby) -> None:
    partner = person(lobby)
    lobby.poll()
    customer = number(only(lobby)["id"])
    lobby.odoo.change("res.partner", partner, name="Ada King")
    lobby.poll()
    assert only(lobby)["lastName"] == "King"
    before = lobby.writes()
    for _ in range(2):
        lobby.poll()
        lobby.sync(customer)
    assert lobby.writes() == before
    assert lobby.record("customer", customer).state is State.SYNCED


def test_a_change_in_odoo_reaches_the_shop_and_nothing_is_cleared(lobby: Lobby) -> None:
    customer = lobby.add(JANE, HOME)
    target = lobby.sync(customer).target
    assert target
    lobby.odoo.change("res.partner", target.id, name="Jane Roe", phone=False, street="9 New Road")
    lobby.poll()
    changed = lobby.shop.customer(customer)
    assert (changed["lastName"], changed["defaultAddress"]["address1"]) == ("Roe", "9 New Road")
    assert changed["defaultPhoneNumber"]["phoneNumber"] == "+15550100"
    assert len(changed["addresses"]) == 2


@pytest.mark.parametrize(("winner", "name"), [("shopify", "Jane Shop"), ("odoo", "Jane Odoo")])
def test_where_both_sides_changed_the_named_winner_stays(lobby: Lobby, winner: str, name: str) -> None:
    lobby.rules(sync="both", winner=winner)
    customer = lobby.add(JANE, HOME)
    record = lobby.sync(customer)
    assert record.target
    lobby.odoo.change("res.partner", record.target.id, name="Jane Odoo")
    lobby.shop.update_customer(customer, lastName="Shop")
    lobby.poll()
    shop = lobby.shop.customer(customer)
    assert lobby.contact(record)["name"] == name
    assert f"{shop['firstName']} {shop['lastName']}" == name


def test_changes_of_different_parts_on_both_sides_both_survive(lobby: Lobby) -> None:
    customer = lobby.add(JANE, HOME)
    record = lobby.sync(customer)
    assert record.target
    lobby.odoo.change("res.partner", record.target.id, phone="+15550177", street="9 New Road")
    lobby.shop.update_customer(customer, lastName="Roe", locale="fr")
    lobby.shop.consent(customer, email="SUBSCRIBED")
    lobby.poll()
    assert lobby.record("customer", customer).state is State.SYNCED
    contact, shop = lobby.contact(record), lobby.shop.customer(customer)
    assert (contact["name"], contact["phone"], contact["street"]) == ("Jane Roe", "+15550177", "9 New Road")
    assert len(contact["category_id"]) == 1
    assert (shop["lastName"], shop["defaultPhoneNumber"]["phoneNumber"]) == ("Roe", "+15550177")
    assert shop["defaultAddress"]["address1"] == "9 New Road"
    before = lobby.writes()
    lobby.poll()
    lobby.sync(customer)
    assert lobby.writes() == before


def test_consent_taken_back_in_odoo_is_taken_back_in_the_shop(lobby: Lobby) -> None:
    customer = lobby.add(JANE, HOME, email_consent="SUBSCRIBED")
    record = lobby.sync(customer)
    assert record.target
    lobby.odoo.change("res.partner", record.target.id, category_id=[(6, 0, [])])
    lobby.poll()
    assert lobby.shop.customer(customer)["defaultEmailAddress"]["marketingState"] == "UNSUBSCRIBED"


def test_who_is_no_customer_stays_out_and_the_rule_is_named(lobby: Lobby) -> None:
    person(lobby, name="A vendor", customer_rank=0)
    person(lobby, name="A firm", is_company=True)
    lobby.poll()
    assert lobby.shop.customers() == []
    lobby.rules(sync="both", contact_tag="Webshop")
    untagged = person(lobby, email="untagged@example.com", phone=False)
    tag = lobby.odoo.add("res.partner.category", name="Webshop")
    person(lobby, email="tagged@example.com", phone=False, customer_rank=0, category_id=[(6, 0, [tag])])
    lobby.poll()
    assert only(lobby)["defaultEmailAddress"]["emailAddress"] == "tagged@example.com"
    assert "contact_tag" in str(lobby.record("customer", f"odoo-{untagged}").ignored)


def test_two_contacts_of_one_email_are_a_question_and_not_two_customers(lobby: Lobby) -> None:
    first, second = person(lobby), person(lobby, name="Ada again")
    lobby.poll()
    assert len(lobby.shop.customers()) == 1
    records = [lobby.record("customer", f"odoo-{one}") for one in (first, second)]
    held = [record for record in records if record.held]
    assert [record.held.code for record in held if record.held] == ["customer_taken"]


def test_a_person_made_on_both_sides_at_the_same_moment_is_one_pair(lobby: Lobby) -> None:
    customer = lobby.add(JANE, HOME)
    lobby.hint(customer, why="customers/create")
    claim = lobby.ledger.claim("acme", "customer", [], worker="another", lease_seconds=60, limit=1)
    assert claim
    partner = person(lobby, email="jane.doe@example.com", phone=False)
    lobby.poll()
    waiting = lobby.record("customer", f"odoo-{partner}")
    assert (waiting.state, waiting.waits_for) == (State.DUE, f"acme/customer/{customer}")
    assert lobby.record("customer", customer).target is None, "the other worker may be making a contact"
    lobby.ledger.hand_back(claim.token)
    lobby.work()
    pair = lobby.record("customer", customer)
    assert (pair.state, pair.target and pair.target.id) == (State.SYNCED, partner)
    assert lobby.record("customer", f"odoo-{partner}").state is State.IGNORED
    assert len(lobby.shop.customers()) == 1
    assert len(lobby.odoo.find("res.partner", [("email", "=", "jane.doe@example.com")])) == 1


def test_bad_input_holds_that_contact_with_the_reason_and_nothing_else(lobby: Lobby) -> None:
    bad = person(lobby, email="not an address", phone=False)
    person(lobby, email="good@example.com", phone=False)
    lobby.poll()
    record = lobby.record("customer", f"odoo-{bad}")
    assert record.held
    assert (record.held.code, record.held.message) == ("customer_refused", "Email is invalid")
    assert [one["defaultEmailAddress"]["emailAddress"] for one in lobby.shop.customers()] == ["good@example.com"]


def test_f23_a_customer_that_was_made_and_whose_answer_was_lost_is_found_again(lobby: Lobby) -> None:
    person(lobby)
    lobby.shop.faults.add(Fault("CustomerSet", Drop(applied=True), times=1))
    lobby.shop.faults.add(Fault("CustomerAddressCreate", Drop(applied=True), times=1))
    lobby.poll()
    for record in lobby.ledger.find(entity="customer", state=State.DUE):
        lobby.ledger.retry([record.id], why="test")
    lobby.work()
    assert len(only(lobby)["addresses"]) == 1
    assert lobby.shop.journal.count("customer", "create") == 1
