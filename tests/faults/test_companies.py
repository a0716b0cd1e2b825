"""Companies, their people and merges under fire, on the real ledger: F13, F19, F24, F29, F34, F35, F36."""

from __future__ import annotations

import threading
import tracemalloc
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from libs.common.domain.rules import StoreRules
from libs.common.ledger.model import Hint, State
from libs.sandbox.faults import Action, Drop, Error, Fault, Refuse, Truncate
from libs.sandbox.odoo.sandbox import OdooSandbox
from libs.sandbox.shopify.drafts import Person
from libs.sandbox.shopify.sandbox import ShopifySandbox
from services.workers.bootstrap import Workers
from tests.embedded import store_between
from tests.faults.bomb import Bomb
from tests.faults.test_customers import ada, settle
from tests.integration.customers.lobby import HOME, JANE, number
from tests.integration.customers.test_companies import LOCATION
from tests.rig import SLUG, Rig, open_rig

TO_SHOPIFY = ("CompanyCreate", "CompanyLocationCreate", "CompanyAssignCustomer")
DEFERRED = 10_000
#: How long somebody may wait whose record is due, whatever else is put off.
PROMPT_SECONDS = 5.0


@pytest.fixture
def rig(mongodb_url: str, mongodb_database: str, rabbitmq_vhost: str) -> Iterator[Rig]:
    rules = StoreRules.model_validate({"customers": {"sync": "both", "companies": "both", "merged": "archive"}})
    with open_rig(mongodb_url, mongodb_database, rabbitmq_vhost, rules=rules) as rig:
        yield rig


@pytest.fixture
def workers(rig: Rig) -> Iterator[Workers]:
    with rig.workers_here("customers") as workers:
        yield workers


def look(rig: Rig) -> None:
    """What the scheduler's poll does."""
    poller = rig.poller()
    poller.round(wait=True)
    poller.stop()


def wayne(rig: Rig) -> int:
    """A company of Odoo's with a delivery address and a person below it."""
    (country,) = rig.odoo.find("res.country", [("code", "=", "DE")])
    at: dict[str, Any] = {"city": "Berlin", "country_id": country["id"]}
    company = rig.odoo.add("res.partner", name="Wayne", is_company=True, customer_rank=1, street="Hof 1", **at)
    rig.odoo.add("res.partner", name="Depot", parent_id=company, type="delivery", street="Kai 5", **at)
    rig.odoo.add("res.partner", name="Lucius Fox", parent_id=company, type="contact", email="fox@wayne.example")
    return company


def told_once(rig: Rig, company: int) -> None:
    """I2: one company in Shopify with two locations and one person."""
    (made,) = rig.shop.store.companies()
    assert [one["name"] for one in made["locations"]] == ["Wayne", "Depot"]
    (customer,) = rig.shop.customers()
    assert [one["customer"] for one in made["contacts"]] == [customer["id"]]
    record = rig.record(f"{SLUG}/company/{number(made['id'])}")
    assert (record.state, record.target and record.target.id) == (State.SYNCED, company)


def until_quiet(rig: Rig, workers: Workers, *, rounds: int = 400) -> None:
    """Until nothing is due or at work any more; what waits is tried again, as its time would have it."""
    for _ in range(rounds):
        for pipeline in workers.pipelines.values():
            pipeline.look_at(SLUG, [])
        open_ones = [one for state in (State.DUE, State.RUNNING) for one in rig.ledger.find(store=SLUG, state=state)]
        if not open_ones:
            return
        threading.Event().wait(0.01)
    raise AssertionError(open_ones)


@pytest.mark.timeout(120)
def test_f13_a_worker_killed_at_any_write_leaves_a_company_there_once_in_shopify(rig: Rig) -> None:
    bomb, company = Bomb(rig), wayne(rig)
    look(rig)
    with rig.scheduler(sweep_seconds=0.1, overdue_seconds=0.5):
        for operation in TO_SHOPIFY:
            victim = rig.start_worker("customers", worker_lease_seconds=1)
            bomb.arm(victim, 1, among=frozenset({operation}))
            assert bomb.gone.wait(30), operation
        rig.start_worker("customers", worker_lease_seconds=1)
        deadline = threading.Event()
        for _ in range(400):
            companies = rig.shop.store.companies()
            ids = [f"{SLUG}/company/{number(one['id'])}" for one in companies]
            if companies and companies[0]["contacts"] and rig.settled(ids) == len(ids):
                break
            deadline.wait(0.1)
    told_once(rig, company)


@pytest.mark.timeout(120)
def test_f13_a_worker_killed_at_any_write_leaves_a_company_and_its_people_there_once_in_odoo(rig: Rig) -> None:
    bomb, hints = Bomb(rig), []
    with rig.scheduler(sweep_seconds=0.1, overdue_seconds=0.5):
        for nth in (1, 2, 3):
            victim = rig.start_worker("customers", worker_lease_seconds=1)
            bomb.arm(victim, nth, among=frozenset({"res.partner.load"}))
            person = number(rig.shop.add_customer(Person("P", str(nth), f"p{nth}@x.example"), [HOME])["id"])
            location = {"name": "HQ", "tax_id": f"DE{nth}", "shipping": replace(HOME, address1=f"{nth} Street")}
            company = number(rig.shop.add_company(f"Wayne {nth}", [location], people=[person])["id"])
            new = [
                Hint(SLUG, "company", company, why="companies/create"),
                Hint(SLUG, "customer", person, why="customers/create"),
            ]
            rig.ledger.record_hints(new)
            hints += new
            assert bomb.gone.wait(30), nth
        rig.start_worker("customers", worker_lease_seconds=1)
        rig.wait_settled([one.id for one in hints], seconds=40)
    for nth in (1, 2, 3):
        (company_there,) = rig.odoo.find("res.partner", [("name", "=", f"Wayne {nth}"), ("is_company", "=", True)])
        (person_there,) = rig.odoo.find("res.partner", [("email", "=", f"p{nth}@x.example")])
        assert person_there["parent_id"][0] == company_there["id"]
        below = rig.odoo.find("res.partner", [("parent_id", "=", company_there["id"])])
        assert sorted(one["type"] for one in below) == ["contact", "delivery", "invoice"]


@pytest.mark.timeout(120)
def test_f13_a_worker_killed_while_it_archives_a_merged_contact_leaves_it_archived(rig: Rig) -> None:
    bomb = Bomb(rig)
    kept, gone = (number(rig.shop.add_customer(Person(n, "D", f"{n}@x.example"), [HOME])["id"]) for n in ("K", "G"))
    with rig.workers_here("customers") as workers:
        rig.ledger.record_hints([Hint(SLUG, "customer", one, why="customers/create") for one in (kept, gone)])
        settle(rig, workers, [f"{SLUG}/customer/{one}" for one in (kept, gone)])
    second = rig.record(f"{SLUG}/customer/{gone}").target
    assert second
    rig.shop.merge_customers(kept, gone)
    with rig.scheduler(sweep_seconds=0.1, overdue_seconds=0.5):
        victim = rig.start_worker("customers", worker_lease_seconds=1)
        bomb.arm(victim, 1, among=frozenset({"res.partner.write"}))
        hint = Hint(SLUG, "customer", gone, why="customers/merge", told={"merged_into": kept})
        rig.ledger.record_hints([hint])
        assert bomb.gone.wait(30)
        rig.start_worker("customers", worker_lease_seconds=1)
        rig.wait_settled([hint.id, f"{SLUG}/customer/{kept}"], seconds=40)
    assert rig.record(hint.id).state in {State.SYNCED, State.IGNORED}
    active = {one["id"]: one["active"] for one in rig.odoo.find("res.partner", [], archived=True)}
    assert active[second.id] is False
    first = rig.record(f"{SLUG}/customer/{kept}").target
    assert first
    assert active[first.id] is True


@pytest.mark.parametrize(
    "action", [Truncate(0.5), Drop(applied=True), Drop(applied=False)], ids=["cut", "lost", "reset"]
)
def test_f29_an_answer_to_a_write_that_is_cut_off_is_looked_up_and_nothing_is_there_twice(
    rig: Rig, workers: Workers, action: Action
) -> None:
    for operation in (*TO_SHOPIFY, "CustomerSet", "CompaniesLike", "CompaniesByIds"):
        rig.shop.faults.add(Fault(operation, action))
    for operation in ("res.partner.load", "res.partner.get_external_id"):
        rig.odoo.faults.add(Fault(operation, action))
    company = wayne(rig)
    jane = rig.shop.add_customer(JANE, [HOME], email_consent="SUBSCRIBED")
    partner = ada(rig)
    look(rig)
    rig.ledger.record_hints([Hint(SLUG, "customer", number(jane["id"]), why="customers/create")])
    until_quiet(rig, workers)
    people = {one["defaultEmailAddress"]["emailAddress"]: one for one in rig.shop.customers()}
    assert sorted(people) == ["Jane.Doe@Example.com", "ada@example.com", "fox@wayne.example"]
    (made,) = rig.shop.store.companies()
    assert (len(made["locations"]), len(made["contacts"])) == (2, 1)
    assert len(rig.odoo.find("res.partner", [("email", "=", "jane.doe@example.com")])) == 1
    assert {rig.shop.journal.count("company", "create"), len(people["ada@example.com"]["addresses"])} == {1}
    assert rig.odoo.find("res.partner", [("id", "in", [company, partner])])
    assert {one.state for one in rig.ledger.find(store=SLUG, limit=100)} <= {State.SYNCED, State.IGNORED}


@pytest.mark.parametrize(
    ("side", "action"),
    [
        ("shopify", Refuse(429, headers={"Retry-After": "600"})),
        ("shopify", Refuse(503, headers={"Retry-After": "600"})),
        ("shopify", Error("THROTTLED")),
        ("odoo", Refuse(429, headers={"Retry-After": "600"})),
        ("odoo", Refuse(503, headers={"Retry-After": "600"})),
    ],
)
def test_f24_a_side_that_asks_for_patience_is_waited_for_and_other_stores_go_on(
    rig: Rig, workers: Workers, side: str, action: Action
) -> None:
    with ExitStack() as stack:
        shop = stack.enter_context(ShopifySandbox("other.myshopify.com"))
        odoo = stack.enter_context(OdooSandbox())
        other = store_between(shop, odoo).model_copy(update={"slug": "other", "rules": rig.rules})
        rig.stores.save(other)
        fault = Fault("CustomersByIds" if side == "shopify" else "res.partner.*", action, times=None)
        (rig.shop if side == "shopify" else rig.odoo).faults.add(fault)
        hints = []
        for slug, sandbox in ((SLUG, rig.shop), ("other", shop)):
            made = number(sandbox.add_customer(replace(JANE, email=f"j@{slug}.example"), [HOME])["id"])
            hints.append(Hint(slug, "customer", made, why="customers/create"))
        rig.ledger.record_hints(hints)
        for slug in (SLUG, "other"):
            workers.pipelines["customers"].look_at(slug, [])
        first, second = (rig.record(one.id) for one in hints)
        assert (first.state, first.attempts) == (State.DUE, 0)
        assert first.due_at
        if isinstance(action, Refuse):
            assert timedelta(seconds=590) < first.due_at - rig.ledger.clock.now() <= timedelta(seconds=600)
        assert second.state is State.SYNCED, second.held
        assert len(odoo.find("res.partner", [("email", "=", "j@other.example")])) == 1
        (rig.shop if side == "shopify" else rig.odoo).faults.clear()
        rig.ledger.retry([first.id], why="the time has come")
        settle(rig, workers, [first.id])
        assert rig.record(first.id).state is State.SYNCED


def test_f19_ten_thousand_that_are_put_off_keep_nobody_waiting_who_is_due(rig: Rig, workers: Workers) -> None:
    due_alone(rig, workers, "a@x.example")  # what a first batch reads and keeps counts for neither
    alone = due_alone(rig, workers, "b@x.example")
    later = rig.ledger.clock.now() + timedelta(hours=1)
    rig.put_off("customer", DEFERRED, later)
    among_many = due_alone(rig, workers, "c@x.example", put_off=timedelta(seconds=1))
    assert among_many < alone * 1.5, (among_many, alone)
    left = rig.connection.database["records"].count_documents({"state": "due", "due_at": later})
    assert left == DEFERRED


def due_alone(rig: Rig, workers: Workers, email: str, *, put_off: timedelta = timedelta()) -> int:
    """One customer is (soon) due, and is synced in time by one request; the most bytes that Python took meanwhile."""
    made = number(rig.shop.add_customer(replace(JANE, email=email, phone=""), [HOME])["id"])
    hint = Hint(SLUG, "customer", made, why="customers/create")
    calls, room = rig.shop.calls.count("CustomersByIds"), workers.pipelines["customers"]
    rig.ledger.record_hints([hint])
    due_at = rig.ledger.clock.now() + put_off
    if put_off:
        rig.connection.database["records"].update_one({"_id": hint.id}, {"$set": {"due_at": due_at}})
        assert room.look_at(SLUG, []) == 0
    tracemalloc.start()
    while not room.look_at(SLUG, []):
        threading.Event().wait(0.02)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    synced = rig.record(hint.id).synced
    assert synced
    assert (synced.at - due_at).total_seconds() < PROMPT_SECONDS
    assert rig.shop.calls.count("CustomersByIds") == calls + 1
    return peak


def test_f34_an_error_that_is_shown_stays_shown_when_our_own_write_comes_back(rig: Rig, workers: Workers) -> None:
    jane = number(rig.shop.add_customer(JANE, [HOME])["id"])
    hint = Hint(SLUG, "customer", jane, why="customers/create")
    rig.ledger.record_hints([hint])
    settle(rig, workers, [hint.id])
    target = rig.record(hint.id).target
    assert target
    rig.odoo.change("res.partner", target.id, email="no address")
    rig.shop.update_customer(jane, lastName="Roe")
    look(rig)
    settle(rig, workers, [hint.id])
    held = rig.record(hint.id).held
    assert held
    assert (held.code, held.message) == ("customer_refused", "Email is invalid")
    (contact,) = rig.odoo.find("res.partner", [("id", "=", target.id)])
    assert contact["name"] == "Jane Roe", "the other part went over all the same"
    before = len(rig.odoo.journal.entries()), rig.shop.journal.count("customer", "write")
    for why in ("changed in Odoo", "customers/update", "changed in Odoo"):
        look(rig)
        rig.ledger.record_hints([Hint(SLUG, "customer", jane, why=why)])
        settle(rig, workers, [hint.id])
        assert rig.record(hint.id).held == held
    assert (len(rig.odoo.journal.entries()), rig.shop.journal.count("customer", "write")) == before


def test_f35_deleted_on_one_side_and_changed_on_the_other_nothing_is_made_again(rig: Rig, workers: Workers) -> None:
    ids = [number(rig.shop.add_customer(replace(JANE, email=f"{n}@x.example", phone=""), [HOME])["id"]) for n in "ab"]
    keys = [f"{SLUG}/customer/{one}" for one in ids]
    rig.ledger.record_hints([Hint(SLUG, "customer", one, why="customers/create") for one in ids])
    settle(rig, workers, keys)
    first, second = (rig.record(one).target for one in keys)
    assert first
    assert second
    look(rig)
    until_quiet(rig, workers)
    rig.shop.delete_customer(ids[0])
    rig.odoo.change("res.partner", first.id, name="Jane Roe", customer_rank=1)
    rig.odoo.delete("res.partner", second.id)
    rig.shop.update_customer(ids[1], lastName="Roe")
    look(rig)
    why = ("customers/delete", "customers/update")
    rig.ledger.record_hints([Hint(SLUG, "customer", one, why=topic) for one, topic in zip(ids, why, strict=True)])
    until_quiet(rig, workers)
    assert [rig.record(one).state for one in keys] == [State.IGNORED, State.IGNORED]
    rig.odoo.change("res.partner", first.id, name="Jane Poe")
    look(rig)
    until_quiet(rig, workers)
    assert [number(one["id"]) for one in rig.shop.customers()] == [ids[1]]
    assert rig.odoo.find("res.partner", [("email", "=", "b@x.example")], archived=True) == []
    assert rig.shop.journal.count("customer", "create") == len(ids)


def test_f36_many_people_wait_for_their_company_by_name_and_none_spins(rig: Rig, workers: Workers) -> None:
    people = [number(rig.shop.add_customer(Person("P", str(n), f"p{n}@x.example"), [HOME])["id"]) for n in range(5)]
    company = number(rig.shop.add_company("Wayne", [LOCATION], people=people)["id"])
    other = number(rig.shop.add_company("Other", [])["id"])
    rig.ledger.record_hints([Hint(SLUG, "company", other, why="companies/create")])
    settle(rig, workers, [f"{SLUG}/company/{other}"])
    rig.ledger.record_hints([Hint(SLUG, "customer", one, why="customers/create") for one in people])
    claimed = [workers.pipelines["customers"].look_at(SLUG, []) for _ in range(3)]
    assert claimed == [5, 0, 0]
    waiting = [rig.record(f"{SLUG}/customer/{one}") for one in people]
    assert {(one.state, one.waits_for, one.attempts) for one in waiting} == {
        (State.DUE, f"{SLUG}/company/{company}", 0)
    }
    until_quiet(rig, workers)
    (made,) = rig.odoo.find("res.partner", [("name", "=", "Wayne")])
    below = rig.odoo.find("res.partner", [("parent_id", "=", made["id"]), ("type", "=", "contact")])
    assert len(below) == len(people)
