"""Customers of the shop as contacts in Odoo."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from libs.common.ledger.model import Settlement, State, Target
from tests.integration.customers.lobby import HOME, JANE, WORK, Lobby, open_lobby


@pytest.fixture
def lobby() -> Iterator[Lobby]:
    with open_lobby("18") as opened:
        yield opened


def test_a_new_customer_becomes_a_contact_with_its_addresses_consent_and_language(lobby: Lobby) -> None:
    record = lobby.sync(lobby.add(JANE, HOME, WORK, email_consent="SUBSCRIBED"))
    assert record.state is State.SYNCED, record.held
    contact = lobby.contact(record)
    assert (contact["name"], contact["email"], contact["phone"]) == ("Jane Doe", "jane.doe@example.com", "+15550100")
    assert (contact["street"], contact["city"], contact["zip"]) == ("1 Main Street", "Louisville", "40202")
    assert contact["lang"] == "de_DE"
    tags = lobby.odoo.find("res.partner.category", [("id", "in", contact["category_id"])])
    assert [tag["name"] for tag in tags] == ["Email marketing"]
    (below,) = lobby.below(record)
    assert (below["type"], below["name"], below["street"]) == ("delivery", "ACME, Jane Doe", "2 Side Street")


def test_a_repeat_changes_nothing(lobby: Lobby) -> None:
    customer = lobby.add(JANE, HOME, WORK, email_consent="SUBSCRIBED")
    lobby.sync(customer)
    before = lobby.writes()
    assert lobby.sync(customer).state is State.SYNCED
    assert lobby.writes() == before


def test_what_changes_in_shopify_changes_in_odoo_and_nothing_else(lobby: Lobby) -> None:
    customer = lobby.add(JANE, HOME, email_consent="SUBSCRIBED")
    record = lobby.sync(customer)
    assert record.target
    lobby.odoo.change("res.partner", record.target.id, ref="K-17")
    lobby.shop.update_customer(customer, lastName="Roe", addresses=[replace(HOME, address1="9 New Road")])
    lobby.shop.consent(customer, email="UNSUBSCRIBED")
    contact = lobby.contact(lobby.sync(customer))
    assert (contact["name"], contact["street"], contact["ref"]) == ("Jane Roe", "9 New Road", "K-17")
    assert contact["category_id"] == []


def test_the_ladder_goes_by_email_then_by_phone(lobby: Lobby) -> None:
    by_email = lobby.odoo.add("res.partner", name="J. Doe", email=" JANE.DOE@example.com ", city="Bonn")
    by_phone = lobby.odoo.add("res.partner", name="Ada", phone="+1 555-0199")
    other = lobby.odoo.add("res.partner", name="Bob", phone="+1 555 0133", email="bob@example.com")
    record = lobby.sync(lobby.add(JANE, HOME))
    assert record.target
    assert record.target.id == by_email
    contact = lobby.contact(record)
    assert (contact["name"], contact["city"], contact["phone"]) == ("J. Doe", "Bonn", "+15550100")
    ada = lobby.sync(lobby.add(replace(JANE, first_name="Ada", email="", phone="+15550199")))
    assert ada.target
    assert ada.target.id == by_phone
    bob = lobby.sync(lobby.add(replace(JANE, first_name="BOB", last_name="", email="b@new.example", phone="+15550133")))
    assert bob.target
    assert bob.target.id == other


def test_a_phone_number_of_somebody_with_another_name_and_e_mail_is_a_question(lobby: Lobby) -> None:
    other = lobby.odoo.add("res.partner", name="Bob", phone="+1 555 0133", email="bob@example.com")
    carl = lobby.add(replace(JANE, first_name="Carl", email="carl@example.com", phone="+15550133"))
    record = lobby.sync(carl)
    assert record.held
    assert (record.held.code, record.held.details["contact_ids"]) == ("contact_by_phone", [other])
    assert "Bob" in record.held.message
    lobby.rules(sync="from_shopify", same_phone="new")
    made = lobby.sync(carl)
    assert made.target
    assert made.target.id != other
    lobby.rules(sync="from_shopify", same_phone="link")
    linked = lobby.sync(lobby.add(replace(JANE, first_name="Dora", email="dora@example.com", phone="+15550133")))
    assert linked.target
    assert linked.target.id == other, "the other contact with this number is Carl's"


def test_a_customer_that_an_order_brought_is_the_same_contact(lobby: Lobby) -> None:
    order = lobby.order()
    lobby.hint(order, entity="order", why="orders/create")
    lobby.work()
    customer = lobby.record("order", order)
    assert customer.state is State.SYNCED, customer.held
    (known,) = lobby.shop.customers()
    record = lobby.sync(known["id"].rpartition("/")[2])
    assert record.state is State.SYNCED
    assert len(lobby.odoo.find("res.partner", [("email", "=", "jane.doe@example.com"), ("parent_id", "=", False)])) == 1


def test_off_is_the_default_and_leaves_links_alone(lobby: Lobby) -> None:
    lobby.rules()
    before = lobby.writes()
    record = lobby.sync(lobby.add(JANE, HOME))
    assert (record.state, record.ignored) == (State.IGNORED, "customers.sync: off")
    assert lobby.writes()[1] == before[1]


def test_f35_deleted_on_one_side_and_changed_on_the_other_nothing_comes_back(lobby: Lobby) -> None:
    gone_there, gone_here = lobby.add(JANE, HOME), lobby.add(replace(JANE, email="b@example.com", phone=""), HOME)
    first, second = lobby.sync(gone_there), lobby.sync(gone_here)
    assert first.target
    assert second.target
    lobby.shop.delete_customer(gone_there)
    lobby.odoo.delete("res.partner", second.target.id)
    lobby.shop.update_customer(gone_here, lastName="Roe")
    before = lobby.writes()[1]
    assert lobby.sync(gone_there, why="customers/delete").state is State.IGNORED
    assert lobby.sync(gone_here).state is State.IGNORED
    assert lobby.writes()[1] == before


def test_a_merge_moves_the_link_or_asks_about_the_second_contact(lobby: Lobby) -> None:
    kept, gone = lobby.add(replace(JANE, email="k@example.com", phone="")), lobby.add(JANE, HOME)
    target = lobby.sync(gone).target
    lobby.shop.merge_customers(kept, gone)
    record = lobby.sync(gone, why="customers/merge", told={"merged_into": kept})
    assert record.state is State.SYNCED
    assert record.target is None
    assert lobby.record("customer", kept).target == target

    third = lobby.add(replace(JANE, email="t@example.com", phone=""))
    assert lobby.sync(third).target
    lobby.shop.merge_customers(kept, third)
    record = lobby.sync(third, why="customers/merge", told={"merged_into": kept})
    assert record.held
    assert record.held.code == "merged_contacts"
    lobby.rules(sync="from_shopify", merged="archive")
    assert lobby.sync(third).state is State.SYNCED
    assert lobby.contact(lobby.record("customer", third))["active"] is False


def test_a_merge_and_a_change_of_who_stays_at_once_leave_one_contact(lobby: Lobby) -> None:
    kept, gone = lobby.add(replace(JANE, email="k@example.com", phone="")), lobby.add(JANE, HOME)
    target = lobby.sync(gone).target
    lobby.shop.merge_customers(kept, gone)
    lobby.hint(kept)
    lobby.sync(gone, why="customers/merge", told={"merged_into": kept})
    assert lobby.record("customer", kept).target == target
    assert (lobby.record("customer", kept).state, lobby.record("customer", gone).state) == (State.SYNCED, State.SYNCED)
    assert len(lobby.odoo.find("res.partner", [("parent_id", "=", False), ("name", "=", "Jane Doe")])) == 1


def test_a_merge_waits_while_who_stays_is_at_work_elsewhere(lobby: Lobby) -> None:
    kept, gone = lobby.add(replace(JANE, email="k@example.com", phone="")), lobby.add(JANE, HOME)
    target = lobby.sync(gone).target
    lobby.shop.merge_customers(kept, gone)
    lobby.hint(kept)
    claim = lobby.ledger.claim("acme", "customer", [], worker="another", lease_seconds=60, limit=1)
    assert claim
    record = lobby.sync(gone, why="customers/merge", told={"merged_into": kept})
    assert (record.state, record.waits_for, record.target) == (State.DUE, f"acme/customer/{kept}", target)
    own = lobby.odoo.add("res.partner", name="Kay")
    made = Target("res.partner", own, "Kay")
    lobby.ledger.settle(claim.token, [Settlement(claim.records[0].id, State.SYNCED, 1, target=made)])
    lobby.work()
    held = lobby.record("customer", gone).held
    assert held
    assert (held.code, lobby.record("customer", kept).target) == ("merged_contacts", made)


def test_merges_one_after_the_other_bring_the_contact_to_who_is_left(lobby: Lobby) -> None:
    first, second = lobby.add(JANE, HOME), lobby.add(replace(JANE, email="b@example.com", phone=""))
    third = lobby.add(replace(JANE, email="c@example.com", phone=""))
    target = lobby.sync(first).target
    for kept, gone in ((second, first), (third, second)):
        lobby.shop.merge_customers(kept, gone)
    lobby.hint(first, why="customers/merge", told={"merged_into": second})
    lobby.sync(second, why="customers/merge", told={"merged_into": third})
    lobby.work()
    assert [lobby.record("customer", one).target for one in (first, second, third)] == [None, None, target]
    assert lobby.record("customer", third).state is State.SYNCED


def test_two_customers_of_one_batch_that_match_one_contact_do_not_share_it(lobby: Lobby) -> None:
    contact = lobby.odoo.add("res.partner", name="Jane Doe", email="jane.doe@example.com", phone="+1 555-0100")
    first = lobby.add(replace(JANE, phone=""), HOME)
    second = lobby.add(replace(JANE, first_name="Bo", email="", phone="+15550100"), replace(HOME, address1="Other"))
    lobby.sync(first, second)
    links = [lobby.record("customer", one).target for one in (first, second)]
    assert links[0]
    assert links[1]
    assert (links[0].id, links[1].id == contact) == (contact, False)
    assert lobby.contact(lobby.record("customer", first))["street"] == "1 Main Street"
    assert [one["street"] for one in lobby.below(lobby.record("customer", first))] == []
