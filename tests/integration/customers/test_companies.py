"""Companies of the shop and their locations, with tax ids, as contacts in Odoo."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from libs.common.ledger.model import Record, State
from libs.sandbox.shopify.bench import BENCH_TAX
from libs.sandbox.shopify.drafts import Company, Draft, Line, Place
from tests.integration.customers.lobby import JANE, Lobby, number, open_lobby

HQ = Place("", "", "Wayne GmbH", "Hauptstr. 1", "", "Berlin", "10117", "", "", "DE")
BRANCH = Place("", "", "Wayne SARL", "Rue 2", "", "Paris", "75001", "", "", "FR")
LOCATION: dict[str, Any] = {"name": "HQ", "number": "901", "tax_id": "DE123456788", "shipping": HQ, "phone": "+49301"}
SECOND: dict[str, Any] = {"name": "Paris", "number": "902", "tax_id": "FR23334175221", "shipping": BRANCH}


@pytest.fixture
def lobby() -> Iterator[Lobby]:
    with open_lobby("19") as opened:
        yield opened


def sync(lobby: Lobby, company: dict[str, Any], why: str = "companies/update") -> Record:
    return lobby.sync(number(company["id"]), entity="company", why=why)


def test_a_company_is_a_contact_with_its_tax_id_and_its_locations_below_it(lobby: Lobby) -> None:
    record = sync(lobby, lobby.shop.add_company("Wayne", [LOCATION, SECOND], external_id="K-9"))
    assert record.state is State.SYNCED, record.held
    contact = lobby.contact(record)
    assert (contact["is_company"], contact["ref"], contact["vat"], contact["city"]) == (
        True,
        "K-9",
        "DE123456788",
        "Berlin",
    )
    below = {(one["type"], one["city"]): one for one in lobby.below(record)}
    assert set(below) == {("delivery", "Berlin"), ("invoice", "Berlin"), ("delivery", "Paris"), ("invoice", "Paris")}
    assert below["invoice", "Berlin"]["vat"] == "DE123456788"
    assert below["invoice", "Paris"]["vat"] == "FR23334175221"
    assert sync(lobby, lobby.shop.add_company("Other", [], external_id="K-10")).state is State.SYNCED


def test_a_repeat_changes_nothing_and_a_change_goes_over(lobby: Lobby) -> None:
    company = lobby.shop.add_company("Wayne", [LOCATION])
    record = sync(lobby, company)
    before = lobby.writes()[1]
    sync(lobby, company)
    assert lobby.writes()[1] == before
    lobby.shop.update_company(company["id"], name="Wayne AG", locations=[{**LOCATION, "tax_id": "DE999999999"}])
    assert sync(lobby, company).state is State.SYNCED
    assert (lobby.contact(record)["name"], lobby.contact(record)["vat"]) == ("Wayne AG", "DE999999999")
    assert len(lobby.below(record)) == 2


def test_a_company_is_matched_by_its_external_id_then_by_its_tax_id(lobby: Lobby) -> None:
    by_ref = lobby.odoo.add("res.partner", name="Wayne old", is_company=True, ref="K-9")
    by_vat = lobby.odoo.add("res.partner", name="Stark old", is_company=True, vat="DE123456788")
    first = sync(lobby, lobby.shop.add_company("Wayne", [SECOND], external_id="K-9"))
    second = sync(lobby, lobby.shop.add_company("Stark", [{**LOCATION, "tax_id": "de 123 456 788"}]))
    assert first.target
    assert second.target
    assert (first.target.id, second.target.id) == (by_ref, by_vat)
    assert lobby.contact(first)["name"] == "Wayne old"


def test_of_several_contacts_with_one_tax_id_none_is_the_company(lobby: Lobby) -> None:
    several = [lobby.odoo.add("res.partner", name=one, is_company=True, vat="DE123456788") for one in ("A", "B")]
    record = sync(lobby, lobby.shop.add_company("Wayne", [LOCATION]))
    assert record.target
    assert record.target.id not in several


def test_a_location_that_gets_a_tax_id_of_its_own_gives_it_to_the_addresses_it_has(lobby: Lobby) -> None:
    company = lobby.shop.add_company("Wayne", [LOCATION, {**SECOND, "tax_id": LOCATION["tax_id"]}])
    record = sync(lobby, company)
    assert {one["vat"] for one in lobby.below(record)} == {"DE123456788"}
    lobby.shop.update_company(company["id"], locations=[LOCATION, SECOND])
    assert sync(lobby, company).state is State.SYNCED
    taxes = {(one["city"], one["vat"]) for one in lobby.below(record)}
    assert taxes == {("Berlin", "DE123456788"), ("Paris", "FR23334175221")}
    assert len(lobby.below(record)) == 4


def test_a_business_order_and_the_companys_own_webhook_make_one_contact(lobby: Lobby) -> None:
    company = lobby.shop.add_company("Wayne", [LOCATION], number="77")
    line = Line(lobby.shop.product("BENCH-000"), 1)
    buyer = Company("Wayne", "HQ", id="77", location_id="901")
    order = number(
        lobby.shop.place_order(
            Draft(lines=(line,), customer=JANE, company=buyer, shipping_address=HQ, taxes=(BENCH_TAX,))
        )["id"]
    )
    lobby.hint(order, entity="order", why="orders/create")
    lobby.hint("77", entity="company", why="companies/create")
    lobby.work()
    assert lobby.record("order", order).state is State.SYNCED, lobby.record("order", order).held
    record = sync(lobby, company)
    assert record.state is State.SYNCED, record.held
    assert len(lobby.odoo.find("res.partner", [("name", "=", "Wayne")])) == 1
    assert sorted(one["type"] for one in lobby.below(record)) == ["contact", "delivery", "invoice"]
    assert lobby.contact(record)["vat"] == "DE123456788"


def test_a_deleted_company_stays_in_odoo(lobby: Lobby) -> None:
    company = lobby.shop.add_company("Wayne", [LOCATION])
    record = sync(lobby, company)
    lobby.shop.delete_company(company["id"])
    assert sync(lobby, company, why="companies/delete").state is State.IGNORED
    assert lobby.contact(record)["active"] is True


def test_a_contact_of_which_only_a_country_is_known_gets_the_companys_address_as_a_whole(lobby: Lobby) -> None:
    (country,) = lobby.odoo.find("res.country", [("code", "=", "US")])
    lobby.odoo.add("res.partner", name="Wayne", is_company=True, ref="K-9", country_id=country["id"])
    record = sync(lobby, lobby.shop.add_company("Wayne", [LOCATION], external_id="K-9"))
    contact = lobby.contact(record)
    assert (contact["street"], contact["city"], contact["country_id"][1]) == ("Hauptstr. 1", "Berlin", "Germany")
