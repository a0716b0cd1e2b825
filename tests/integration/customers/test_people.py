"""The people of a company: contacts below it in Odoo, contacts of it in Shopify."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from libs.common.ledger.model import State
from libs.sandbox.shopify.bench import BENCH_TAX
from libs.sandbox.shopify.drafts import Company, Draft, Line, Person, Place
from tests.integration.customers.lobby import HOME, JANE, WORK, Lobby, number, open_lobby
from tests.integration.customers.test_companies import HQ, LOCATION


@pytest.fixture(params=["18", "19"])
def lobby(request: pytest.FixtureRequest) -> Iterator[Lobby]:
    with open_lobby(request.param) as opened:
        yield opened


def company(lobby: Lobby, *people: str, at: Place | None = HQ) -> str:
    location = {**LOCATION, "shipping": at, "billing": at}
    return number(lobby.shop.add_company("Wayne", [location], number="77", people=people)["id"])


def of(lobby: Lobby, customer: str) -> dict[str, Any]:
    return lobby.contact(lobby.record("customer", customer))


def test_f36_a_customer_of_a_company_waits_for_it_and_is_put_below_it(lobby: Lobby) -> None:
    jane = lobby.add(JANE, HOME, WORK)
    wayne = company(lobby, jane)
    lobby.sync(number(lobby.shop.add_company("Other", [])["id"]), entity="company", why="companies/create")
    lobby.hint(jane, why="customers/create")
    lobby.workers.pipelines["customers"].look_at("acme", [])
    record = lobby.record("customer", jane)
    assert (record.state, record.waits_for) == (State.DUE, f"acme/company/{wayne}")
    lobby.work()
    parent = lobby.record("company", wayne).target
    assert parent
    contact = of(lobby, jane)
    assert contact["parent_id"][0] == parent.id
    assert (contact["type"], contact["is_company"]) == ("contact", False)
    assert contact["street"] == lobby.contact(lobby.record("company", wayne))["street"]
    streets = sorted(one["street"] for one in lobby.below(lobby.record("customer", jane)))
    assert streets == ["1 Main Street", "2 Side Street"]


@pytest.mark.parametrize("at", [HQ, None])
def test_somebody_who_was_there_before_joins_and_keeps_the_address(lobby: Lobby, at: Place | None) -> None:
    jane = lobby.add(JANE, HOME)
    lobby.sync(jane)
    wayne = company(lobby, at=at)
    lobby.sync(wayne, entity="company", why="companies/create")
    assert not of(lobby, jane)["parent_id"]
    lobby.shop.join_company("gid://shopify/Company/77", jane)
    lobby.sync(wayne, entity="company", why="company_contacts/create")
    contact, above = of(lobby, jane), lobby.contact(lobby.record("company", wayne))
    assert contact["parent_id"][0] == above["id"]
    assert contact["street"] == above["street"] == (HQ.address1 if at else False)
    (kept,) = lobby.below(lobby.record("customer", jane))
    assert (kept["type"], kept["street"], kept["zip"]) == ("delivery", "1 Main Street", "40202")
    before = lobby.writes()[1]
    assert lobby.sync(jane).state is State.SYNCED
    assert lobby.writes()[1] == before


def test_who_was_taken_out_in_odoo_or_let_go_in_the_shop_stays_so(lobby: Lobby) -> None:
    jane = lobby.add(JANE, HOME)
    wayne = company(lobby, jane)
    lobby.sync(wayne, entity="company", why="companies/create")
    record = lobby.record("customer", jane)
    assert record.target
    assert of(lobby, jane)["parent_id"]
    lobby.odoo.change("res.partner", record.target.id, parent_id=False)
    lobby.shop.update_customer(jane, lastName="Roe")
    lobby.sync(jane)
    assert (of(lobby, jane)["name"], of(lobby, jane)["parent_id"]) == ("Jane Roe", False)


def test_who_has_invoices_of_their_own_stays_outside_and_the_history_says_so(lobby: Lobby) -> None:
    jane = lobby.add(JANE, HOME)
    record = lobby.sync(jane)
    assert record.target
    lobby.odoo.add("account.move", partner_id=record.target.id, move_type="out_invoice")
    wayne = company(lobby, jane)
    lobby.sync(wayne, entity="company", why="companies/create")
    assert not of(lobby, jane)["parent_id"]
    told = [event.details.get("stays_outside", "") for event in lobby.record("customer", jane).history]
    assert any("below Wayne" in one for one in told)


def buyer_of(lobby: Lobby, jane: str) -> int:
    """Jane has a contact of her own with invoices, and has bought for a company that goes both ways."""
    own = lobby.record("customer", jane).target
    assert own
    lobby.odoo.add("account.move", partner_id=own.id, move_type="out_invoice")
    company(lobby, jane)
    lobby.sync("77", entity="company", why="companies/create")
    line = Line(lobby.shop.product("BENCH-000"), 1)
    firm = Company("Wayne", "HQ", id="77", location_id=LOCATION["number"])
    draft = Draft(lines=(line,), customer=JANE, company=firm, shipping_address=HQ, taxes=(BENCH_TAX,))
    order = number(lobby.shop.place_order(draft)["id"])
    assert lobby.sync(order, entity="order", why="orders/create").state is State.SYNCED
    above = lobby.record("company", "77").target
    assert above
    (buyer,) = lobby.odoo.find("res.partner", [("parent_id", "=", above.id), ("type", "=", "contact")])
    assert buyer["email"] == "jane.doe@example.com"
    return int(buyer["id"])


def test_whoever_buys_for_a_company_and_has_a_contact_of_their_own_is_no_question(lobby: Lobby) -> None:
    jane = lobby.add(JANE, HOME)
    lobby.sync(jane)
    lobby.rules(sync="both", companies="both")
    buyer = buyer_of(lobby, jane)
    lobby.poll()
    record = lobby.record("customer", f"odoo-{buyer}")
    assert (record.state, record.ignored) == (State.IGNORED, f"buys as customer {jane}, whose contact is another one")


def test_whoever_was_erased_does_not_come_back_as_the_buyer_of_a_company(lobby: Lobby) -> None:
    jane = lobby.add(JANE, HOME)
    lobby.sync(jane)
    lobby.rules(sync="both", companies="both")
    buyer = buyer_of(lobby, jane)
    lobby.shop.delete_customer(jane)
    lobby.hint(
        f"redact-{jane}", entity="privacy", why="customers/redact", told={"kind": "customers/redact", "customer": jane}
    )
    lobby.work()
    lobby.odoo.change("res.partner", buyer, city="Elsewhere")
    lobby.poll()
    assert lobby.shop.customers() == []
    record = lobby.record("customer", f"odoo-{buyer}")
    assert (record.state, record.name) == (State.IGNORED, "")


def test_a_bad_tax_id_holds_the_company_alone_and_its_people_wait_for_it(lobby: Lobby) -> None:
    lobby.odoo.check_tax_ids()
    jane, ada = lobby.add(JANE, HOME), lobby.add(Person("Ada", "Lovelace", "ada@example.com"), HOME)
    wayne = number(lobby.shop.add_company("Wayne", [{**LOCATION, "tax_id": "DE12"}], people=[jane])["id"])
    good = number(lobby.shop.add_company("Good", [LOCATION], people=[ada])["id"])
    lobby.hint(wayne, good, entity="company", why="companies/create")
    lobby.sync(jane, ada)
    held = lobby.record("company", wayne).held
    assert held
    assert "12] for partner [Wayne] does not seem to be valid" in held.message
    assert lobby.record("company", good).state is lobby.record("customer", ada).state is State.SYNCED
    waiting = lobby.record("customer", jane)
    assert (waiting.state, waiting.waits_for, waiting.attempts) == (State.DUE, f"acme/company/{wayne}", 0)
    company = lobby.shop.store.company(f"gid://shopify/Company/{wayne}")
    assert company
    lobby.shop.update_company(company["id"], locations=[LOCATION])
    assert lobby.sync(wayne, entity="company", why="companies/update").state is State.SYNCED
    assert of(lobby, jane)["parent_id"][0] == lobby.contact(lobby.record("company", wayne))["id"]
