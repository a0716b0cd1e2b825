"""Requests for privacy: carried out on the ledger, with a receipt; what concerns Odoo is a person's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from typer.testing import CliRunner

from libs.common.ledger.model import Link, Record, State, Target
from services.console.cli import app
from services.console.desk import Desk
from services.webhook_gateway.topics import read_hint
from tests.integration.customers.lobby import Lobby, open_lobby


@pytest.fixture
def lobby() -> Iterator[Lobby]:
    with open_lobby("19") as opened:
        yield opened


def ask(lobby: Lobby, topic: str, body: Any) -> Record:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    hint = read_hint(raw, store="acme", topic=topic, delivery_id=f"d-{topic}")
    lobby.ledger.record_hints([hint])
    lobby.work()
    found = lobby.ledger.get(hint.id)
    assert found
    return found


def customer_with_order(lobby: Lobby) -> tuple[str, str]:
    order = lobby.order()
    lobby.hint(order, entity="order", why="orders/create")
    lobby.work()
    (customer,) = lobby.shop.customers()
    number = customer["id"].rpartition("/")[2]
    lobby.shop.update_customer(number, email="jane.doe@example.com")
    lobby.sync(number)
    return number, order


def body(customer: str, *orders: str) -> dict[str, Any]:
    who = {"id": int(customer), "email": "Jane.Doe@example.com", "phone": "+15550100"}
    return {
        "shop_id": 1,
        "shop_domain": "acme.myshopify.com",
        "customer": who,
        "orders_to_redact": [int(o) for o in orders],
    }


def everything(lobby: Lobby) -> str:
    return "\n".join(repr(one) for one in lobby.ledger.find(limit=1000))


def tandem(lobby: Lobby, *args: str) -> Any:
    @contextmanager
    def at() -> Iterator[Desk]:
        yield Desk(lobby.ledger, lobby.stores, budgets=None, prepare=lambda: None)  # type: ignore[arg-type]

    return CliRunner().invoke(app, list(args), obj=at)


def test_a_redacted_customer_is_gone_from_the_ledger_and_odoo_is_left_to_a_person(lobby: Lobby) -> None:
    customer, order = customer_with_order(lobby)
    contact = lobby.record("customer", customer).target
    sale = lobby.record("order", order).target
    assert contact
    assert sale
    assert "jane doe" in everything(lobby).lower()
    record = ask(lobby, "customers/redact", body(customer, order))
    assert record.held
    assert record.held.code == "privacy_in_odoo"
    assert str(contact.id) in record.held.message
    assert sale.name in record.held.message
    assert "jane" not in everything(lobby).lower()
    assert "15550100" not in everything(lobby)
    assert lobby.record("customer", customer).target is None
    assert lobby.record("order", order).target == sale
    shown = json.loads(tandem(lobby, "privacy", "show", record.id, "--json").stdout)
    assert shown["contact_in_odoo"] == str(contact.id)
    assert shown["erased_in_the_ledger"]
    assert int(shown["records_erased"]) >= 2


def test_what_was_erased_does_not_come_back_by_a_late_webhook(lobby: Lobby) -> None:
    customer, order = customer_with_order(lobby)
    ask(lobby, "customers/redact", body(customer, order))
    before = lobby.writes()
    lobby.hint(order, entity="order", why="orders/updated")
    lobby.ledger.link("acme", [Link("customer", customer, Target("res.partner", 5, "Jane Doe"), "Jane Doe")])
    late = lobby.sync(customer)
    assert late.state is State.IGNORED
    assert late.target is None
    assert lobby.writes() == before
    assert "jane" not in everything(lobby).lower()


def test_a_person_closes_the_request_and_the_receipt_says_who(lobby: Lobby) -> None:
    customer, order = customer_with_order(lobby)
    record = ask(lobby, "customers/redact", body(customer, order))
    assert tandem(lobby, "privacy", "done", record.id, "--by", "Ada").exit_code == 0
    lobby.work()
    closed = lobby.ledger.get(record.id)
    assert closed
    assert closed.state is State.SYNCED
    assert json.loads(tandem(lobby, "privacy", "list", "--json").stdout)[0]["closed_by"] == "Ada"
    assert tandem(lobby, "privacy", "list", "--open").stdout == ""


def test_a_request_for_data_exports_the_ledgers_part_and_asks_a_person_for_the_rest(lobby: Lobby) -> None:
    customer, order = customer_with_order(lobby)
    asked = {**body(customer), "orders_requested": [int(order)], "data_request": {"id": 9999}}
    record = ask(lobby, "customers/data_request", asked)
    assert record.source_id == "request-9999"
    assert record.held
    assert record.held.code == "privacy_data_requested"
    exported = json.loads(tandem(lobby, "privacy", "export", record.id).stdout)
    assert {f"acme/customer/{customer}", f"acme/order/{order}"} <= {one["id"] for one in exported["records"]}
    assert "jane" in everything(lobby).lower()


def test_a_customer_that_nobody_knows_is_done_at_once(lobby: Lobby) -> None:
    assert ask(lobby, "customers/redact", body("191167", "299938")).state is State.SYNCED


def test_a_shop_that_is_erased_keeps_no_names_and_makes_nothing_twice(lobby: Lobby) -> None:
    customer, order = customer_with_order(lobby)
    sale = lobby.record("order", order).target
    record = ask(lobby, "shop/redact", {"shop_id": 1, "shop_domain": "acme.myshopify.com"})
    assert record.held
    assert record.held.code == "privacy_shop_erased"
    assert "jane" not in everything(lobby).lower()
    assert lobby.record("order", order).target == sale
    assert lobby.record("customer", customer).target is None


@pytest.mark.parametrize("raw", [b"{}", b"not json", b'{"customer": "Jane"}', b"[]"])
def test_a_body_that_cannot_be_read_is_recorded_all_the_same(lobby: Lobby, raw: bytes) -> None:
    record = ask(lobby, "customers/redact", raw)
    assert record.held
    assert record.held.code == "privacy_unreadable"


def test_a_contact_that_is_left_in_odoo_makes_no_new_customer_of_who_was_erased(lobby: Lobby) -> None:
    customer, order = customer_with_order(lobby)
    contact = lobby.record("customer", customer).target
    assert contact
    lobby.shop.delete_customer(customer)
    ask(lobby, "customers/redact", body(customer, order))
    lobby.rules(sync="both")
    lobby.odoo.change("res.partner", contact.id, customer_rank=1, city="Elsewhere")
    lobby.poll()
    assert lobby.shop.customers() == []
    assert lobby.record("customer", f"odoo-{contact.id}").state is State.IGNORED


def test_f13_erasing_waits_for_a_record_that_is_at_work_and_is_finished_by_the_next_try(lobby: Lobby) -> None:
    customer, order = customer_with_order(lobby)
    lobby.hint(customer)
    claim = lobby.ledger.claim("acme", "customer", [], worker="dead", lease_seconds=60, limit=1)
    assert claim
    record = ask(lobby, "customers/redact", body(customer, order))
    assert record.state is State.DUE
    assert record.told["contact"]
    lobby.ledger.hand_back(claim.token)
    lobby.ledger.retry([record.id], why="test")
    lobby.work()
    found = lobby.ledger.get(record.id)
    assert found
    assert found.held
    assert found.held.code == "privacy_in_odoo"
    assert "jane" not in everything(lobby).lower()


def test_the_poll_brings_back_no_name_of_who_was_erased(lobby: Lobby) -> None:
    customer, order = customer_with_order(lobby)
    contact = lobby.record("customer", customer).target
    assert contact
    ask(lobby, "customers/redact", body(customer, order))
    lobby.rules(sync="both")
    lobby.odoo.change("res.partner", contact.id, customer_rank=1, city="Elsewhere")
    lobby.poller.round(wait=True)
    assert "jane" not in everything(lobby).lower()


@pytest.mark.parametrize("at_work", ["order", "customer"])
def test_f13_who_erases_in_two_tries_knows_the_name_and_the_contact_in_the_second_too(
    lobby: Lobby, at_work: str
) -> None:
    customer, order = customer_with_order(lobby)
    contact = lobby.record("customer", customer).target
    assert contact
    lobby.hint(f"odoo-{contact.id}", source="odoo", name="Jane Doe")
    lobby.hint("99", name="told by Jane Doe")
    lobby.hint(order, entity="order")
    key = {"order": f"acme/order/{order}", "customer": f"acme/customer/odoo-{contact.id}"}[at_work]
    claim = lobby.ledger.claim("acme", at_work, [key], worker="dead", lease_seconds=60, limit=1)
    assert claim
    assert claim.records[0].id == key
    record = ask(lobby, "customers/redact", body(customer, order))
    assert (record.state, lobby.record("customer", customer).name) == (State.DUE, "")
    lobby.ledger.hand_back(claim.token)
    lobby.ledger.retry([record.id], why="test")
    lobby.work()
    assert "jane" not in everything(lobby).lower()
    assert lobby.record("customer", f"odoo-{contact.id}").told == {"erased": "on request"}


def test_who_was_merged_into_the_customer_is_erased_and_exported_with_it(lobby: Lobby) -> None:
    customer, order = customer_with_order(lobby)
    for gone, kept in (("31", "32"), ("32", customer)):
        lobby.hint(gone, name=f"Janet Dough {gone}", why="customers/merge", told={"merged_into": kept})
    asked = {**body(customer), "orders_requested": [int(order)], "data_request": {"id": 1}}
    request = ask(lobby, "customers/data_request", asked)
    exported = json.loads(tandem(lobby, "privacy", "export", request.id).stdout)
    assert {"acme/customer/31", "acme/customer/32"} <= {one["id"] for one in exported["records"]}
    ask(lobby, "customers/redact", body(customer, order))
    assert "dough" not in everything(lobby).lower()
    assert "jane" not in everything(lobby).lower(), "not in the open request for data either"


def test_no_digest_is_left_of_who_was_erased(lobby: Lobby) -> None:
    customer, order = customer_with_order(lobby)
    synced = lobby.record("customer", customer).synced
    assert synced
    assert "phone=" in synced.digest
    ask(lobby, "customers/redact", body(customer, order))
    assert "phone=" not in repr(lobby.record("customer", customer))


def test_a_second_request_is_carried_out_again_after_the_first_was_closed(lobby: Lobby) -> None:
    customer, order = customer_with_order(lobby)
    record = ask(lobby, "customers/redact", body(customer, order))
    tandem(lobby, "privacy", "done", record.id, "--by", "Ada")
    lobby.work()
    lobby.hint("99", name="Jane Doe jane.doe@example.com")
    hint = read_hint(
        json.dumps(body(customer, order)).encode(), store="acme", topic="customers/redact", delivery_id="2"
    )
    lobby.ledger.record_hints([hint])
    lobby.work()
    again = lobby.ledger.get(record.id)
    assert again
    assert again.held
    assert (again.held.code, "closed_at" in again.told) == ("privacy_in_odoo", False)
    assert "closed by Ada" in again.told["earlier"]
    assert "jane.doe" not in everything(lobby)


def test_a_customer_nobody_knew_is_not_made_by_a_webhook_that_comes_after_the_request(lobby: Lobby) -> None:
    number = lobby.add()
    ask(lobby, "customers/redact", body(number))
    assert lobby.sync(number, why="customers/create").state is State.IGNORED
    assert lobby.odoo.find("res.partner", [("email", "=", "jane.doe@example.com")]) == []


def test_a_shop_is_not_closed_before_it_is_erased_and_forgets_nobody_who_was_erased(lobby: Lobby) -> None:
    customer, order = customer_with_order(lobby)
    ask(lobby, "customers/redact", body(customer, order))
    hint = read_hint(b"{}", store="acme", topic="shop/redact", delivery_id="d")
    lobby.ledger.record_hints([hint])
    answer = tandem(lobby, "privacy", "done", hint.id, "--by", "Ada")
    assert answer.exit_code != 0
    assert "not carried out" in answer.output
    lobby.work()
    assert tandem(lobby, "privacy", "done", hint.id, "--by", "Ada").exit_code == 0
    assert lobby.record("customer", customer).told == {"erased": "on request"}
