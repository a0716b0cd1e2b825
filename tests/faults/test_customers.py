"""Customers under fire, on the real ledger: FAULTS.md F13, F23, F24, F26, F29, F36, and races with the orders' room."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from libs.common.domain.rules import StoreRules
from libs.common.ledger.model import Hint, State
from libs.sandbox.faults import Action, Drop, Error, Fault, Refuse, Truncate
from libs.sandbox.shopify.bench import BENCH_TAX, bench_catalog
from libs.sandbox.shopify.drafts import Draft, Line
from services.workers.bootstrap import Workers
from tests.faults.bomb import Bomb
from tests.integration.customers.lobby import HOME, JANE, WORK, number
from tests.rig import SLUG, Rig, open_rig

QUEUES = ["orders", "customers"]
TO_ODOO = frozenset({"res.partner.category.load", "res.partner.load"})
#: In the order in which they come.
TO_SHOPIFY = ("CustomerSet", "CustomerAddressCreate", "CustomerEmailConsent")
HTML = Refuse(200, "<html><title>Maintenance</title></html>")


@pytest.fixture
def rig(mongodb_url: str, mongodb_database: str, rabbitmq_vhost: str) -> Iterator[Rig]:
    rules = StoreRules.model_validate({"missing_product": "create", "customers": {"sync": "both"}})
    with open_rig(mongodb_url, mongodb_database, rabbitmq_vhost, rules=rules) as rig:
        rig.shop.add_products(bench_catalog())
        yield rig


@pytest.fixture
def workers(rig: Rig) -> Iterator[Workers]:
    with rig.workers_here(*QUEUES) as workers:
        yield workers


def announced(rig: Rig, count: int, start: int = 0) -> list[str]:
    """Customers that are new in the shop; their records."""
    ids = []
    for at in range(start, start + count):
        person = replace(JANE, email=f"jane{at}@example.com", phone=f"+155501{at:02}")
        made = rig.shop.add_customer(person, [HOME, WORK], email_consent="SUBSCRIBED")
        hint = Hint(SLUG, "customer", number(made["id"]), why="customers/create")
        rig.ledger.record_hints([hint])
        ids.append(hint.id)
    return ids


def settle(rig: Rig, workers: Workers, ids: list[str], *, rounds: int = 600) -> None:
    for _ in range(rounds):
        for pipeline in workers.pipelines.values():
            pipeline.look_at(SLUG, [])
        if rig.settled(ids) == len(ids):
            return
        threading.Event().wait(0.02)
    raise AssertionError([rig.record(one) for one in ids])


def exactly_once(rig: Rig, ids: list[str]) -> None:
    """I1 and I2: each is synced, with one contact and one address below it."""
    records = [rig.record(one) for one in ids]
    assert {record.state for record in records} == {State.SYNCED}, [record.held for record in records]
    for record in records:
        assert record.target
        (contact,) = rig.odoo.find("res.partner", [("id", "=", record.target.id)])
        assert len(rig.odoo.find("res.partner", [("parent_id", "=", contact["id"])])) == 1
        assert len(contact["category_id"]) == 1
        assert len(rig.odoo.find("res.partner", [("email", "=", contact["email"]), ("parent_id", "=", False)])) == 1


@pytest.mark.timeout(120)
def test_f13_a_worker_killed_at_any_write_leaves_each_customer_there_once_in_odoo(rig: Rig) -> None:
    bomb, ids = Bomb(rig), []
    with rig.scheduler(sweep_seconds=0.1, overdue_seconds=0.5):
        for at in range(1, 4):
            victim = rig.start_worker("customers", worker_lease_seconds=1)
            bomb.arm(victim, min(at, 2), among=TO_ODOO)
            ids += announced(rig, 2, start=2 * at)
            assert bomb.gone.wait(30)
        rig.start_worker("customers", worker_lease_seconds=1)
        rig.wait_settled(ids, seconds=40)
    exactly_once(rig, ids)


@pytest.mark.timeout(120)
def test_f13_a_worker_killed_at_any_write_leaves_each_customer_there_once_in_shopify(rig: Rig) -> None:
    bomb, partner = Bomb(rig), ada(rig)
    poller = rig.poller()
    with rig.scheduler(sweep_seconds=0.1, overdue_seconds=0.5):
        for operation in TO_SHOPIFY:
            victim = rig.start_worker("customers", worker_lease_seconds=1)
            bomb.arm(victim, 1, among=frozenset({operation}))
            poller.round(wait=True)
            assert bomb.gone.wait(30), operation
        rig.start_worker("customers", worker_lease_seconds=1)
        rig.wait_settled([f"{SLUG}/customer/odoo-{partner}"], seconds=40)
        (customer,) = rig.shop.customers()
        pair = f"{SLUG}/customer/{number(customer['id'])}"
        rig.wait_settled([pair], seconds=40)
    poller.stop()
    assert rig.record(pair).state is State.SYNCED
    (customer,) = rig.shop.customers()
    assert len(customer["addresses"]) == 1
    assert customer["defaultEmailAddress"]["marketingState"] == "SUBSCRIBED"


def ada(rig: Rig) -> int:
    """A customer in Odoo who agreed to e-mails."""
    tag = rig.odoo.add("res.partner.category", name="Email marketing")
    (country,) = rig.odoo.find("res.country", [("code", "=", "DE")])
    at: dict[str, Any] = {"street": "Unter den Linden 1", "city": "Berlin", "country_id": country["id"]}
    values: dict[str, Any] = {
        "name": "Ada Lovelace",
        "email": "ada@example.com",
        "customer_rank": 1,
        "category_id": [(6, 0, [tag])],
    }
    return rig.odoo.add("res.partner", **values, **at)


@pytest.mark.parametrize("action", [Drop(applied=True), Drop(applied=False), Truncate(0.5)], ids=["a", "b", "c"])
@pytest.mark.parametrize("nth", [1, 2])
def test_f23_contacts_whose_answer_is_lost_are_found_and_not_made_again(
    rig: Rig, workers: Workers, action: Action, nth: int
) -> None:
    ids = announced(rig, 3)
    rig.odoo.faults.add(Fault("res.partner.load", action, nth=nth))
    settle(rig, workers, ids)
    exactly_once(rig, ids)


@pytest.mark.parametrize("operation", ["CustomersByIds", "res.partner.load", "res.partner.search_read"])
def test_f26_a_page_of_html_with_200_is_no_success(rig: Rig, workers: Workers, operation: str) -> None:
    ids = announced(rig, 2)
    sandbox = rig.shop if operation.startswith("Customer") else rig.odoo
    sandbox.faults.add(Fault(operation, HTML))
    settle(rig, workers, ids)
    exactly_once(rig, ids)


@pytest.mark.parametrize("action", [Drop(applied=False), Truncate(0.5)], ids=["reset", "truncated"])
@pytest.mark.parametrize("operation", ["CustomersByIds", "res.partner.search_read"])
def test_f29_a_reading_that_is_cut_off_is_read_again(
    rig: Rig, workers: Workers, operation: str, action: Action
) -> None:
    ids = announced(rig, 2)
    sandbox = rig.shop if operation.startswith("Customer") else rig.odoo
    sandbox.faults.add(Fault(operation, action))
    settle(rig, workers, ids)
    exactly_once(rig, ids)


def test_f24_a_throttled_shop_is_waited_for_without_counting_an_attempt(rig: Rig, workers: Workers) -> None:
    ids = announced(rig, 2)
    rig.shop.faults.add(Fault("CustomersByIds", Error("THROTTLED"), times=2))
    for _ in range(200):
        workers.pipelines["customers"].look_at(SLUG, ids)
        assert all(rig.record(one).attempts == 0 for one in ids)
        if rig.settled(ids) == 2:
            break
        threading.Event().wait(0.05)
    exactly_once(rig, ids)


def test_f36_a_merge_that_comes_before_either_customer_is_known_neither_waits_nor_spins(
    rig: Rig, workers: Workers
) -> None:
    kept, gone = (number(rig.shop.add_customer(replace(JANE, email=f"{n}@example.com", phone=""))["id"]) for n in "kg")
    rig.shop.merge_customers(kept, gone)
    hint = Hint(SLUG, "customer", gone, why="customers/merge", told={"merged_into": kept})
    rig.ledger.record_hints([hint, Hint(SLUG, "customer", kept, why="customers/update")])
    ids = [hint.id, f"{SLUG}/customer/{kept}"]
    settle(rig, workers, ids)
    assert [rig.record(one).state for one in ids] == [State.IGNORED, State.SYNCED]


@pytest.mark.timeout(120)
def test_one_new_customer_met_by_several_rooms_at_once_is_one_contact(rig: Rig, workers: Workers) -> None:
    line = Line(rig.shop.product("BENCH-000"), 1)
    orders = [
        rig.shop.place_order(Draft(lines=(line,), customer=JANE, shipping_address=HOME, taxes=(BENCH_TAX,)))
        for _ in range(3)
    ]
    (customer,) = rig.shop.customers()
    hint = Hint(SLUG, "customer", number(customer["id"]), why="customers/create")
    ids = [*rig.announce(orders, nudge=False), hint.id]
    rig.ledger.record_hints([hint, replace(hint, why="customers/update")])
    pipelines = [workers.pipelines["orders"], workers.pipelines["customers"]] * 2
    threads = [threading.Thread(target=pipeline.look_at, args=(SLUG, [])) for pipeline in pipelines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    settle(rig, workers, ids)
    assert {rig.record(one).state for one in ids} == {State.SYNCED}, [rig.record(one).held for one in ids]
    found = rig.odoo.find("res.partner", [("email", "=", "jane.doe@example.com"), ("parent_id", "=", False)])
    assert len(found) == 1
    assert {order["partner_id"][0] for order in rig.odoo.orders()} == {found[0]["id"]}
