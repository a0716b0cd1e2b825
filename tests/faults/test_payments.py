"""Payments under fire, on the real ledger: FAULTS.md F13, F22, F23, F26, F27, and one payment tried by many at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from libs.common.domain.facts import JournalFact
from libs.common.domain.money import Money
from libs.common.domain.rules import StoreRules
from libs.common.errors import Failure
from libs.common.ledger.model import State
from libs.sandbox.faults import Action, Delay, Drop, Error, Fault, Refuse, Truncate
from libs.sandbox.shopify.drafts import Payment
from services.workers.bootstrap import Workers
from services.workers.payments.apply import apply
from services.workers.payments.model import Applied, Books, PlannedPayment
from services.workers.payments.plan import plan_payment
from tests.faults.bomb import Bomb
from tests.integration.payments.till import MODULE, SLUG, Till, number
from tests.rig import Rig, open_rig

WRITES = ["account.payment.load", "account.payment.action_post", "account.move.js_assign_outstanding_line"]
READS = ["sale.order.web_read", "account.move.line.search_read"]
PARTS = (Decimal(10), None)
"""Each order is paid by two gateways: 10.00 in cash, of which change is given, and the rest."""


@pytest.fixture
def rig(mongodb_url: str, mongodb_database: str, rabbitmq_vhost: str) -> Iterator[Rig]:
    with open_rig(mongodb_url, mongodb_database, rabbitmq_vhost) as rig:
        yield rig


@pytest.fixture
def till(rig: Rig) -> Iterator[Till]:
    till = Till.of(rig.shop, rig.odoo, rig.ledger)
    journals = {"bogus": till.bank, "cash": till.journal("cash")}
    rules = StoreRules.model_validate({"until": "paid", "journals": journals})
    store = rig.stores.get(SLUG)
    assert store
    rig.stores.save(store.model_copy(update={"rules": rules}))
    yield till
    till.client.close()


@pytest.fixture
def workers(rig: Rig, till: Till) -> Iterator[Workers]:
    with rig.workers_here("payments") as workers:
        yield workers


def place(till: Till, count: int) -> tuple[list[dict[str, Any]], list[int]]:
    """Orders of different amounts, and their sale orders with posted invoices; change is given for the cash."""
    payments = [Payment("cash", PARTS[0], change=Decimal("5.35")), Payment("bogus", PARTS[1])]
    orders = [till.place(f"{20 + index}.50", *payments) for index in range(count)]
    return orders, [till.book(order) for order in orders]


def work(rig: Rig, workers: Workers, ids: list[str], *, rounds: int = 300) -> None:
    """As a sweeping scheduler would have it done."""
    for _ in range(rounds):
        if rig.settled(ids) == len(ids):
            return
        if not workers.pipelines["payments"].look_at(SLUG, ids):
            threading.Event().wait(0.05)
    raise AssertionError([rig.record(one) for one in ids])


def exactly_once(rig: Rig, till: Till, ids: list[str], sales: list[int]) -> None:
    """I1 and I2: every transaction is one payment, posted and matched once, and every invoice is paid."""
    records = [rig.record(one) for one in ids]
    assert {record.state for record in records} == {State.SYNCED}, [record.held for record in records]
    booked = till.booked()
    assert sorted(external for external, _, _ in booked) == sorted(
        f"{MODULE}.payment_{record.source_id}" for record in records
    )
    assert all(used for _, _, used in booked)
    assert all(till.standing(sale) == [("paid", Decimal(0))] for sale in sales)
    assert rig.odoo.journal.count("account.payment", "create") == len(ids)
    assert rig.odoo.journal.count("account.payment", "post") == len(ids)
    assert till.matches() == len(ids)


@pytest.mark.parametrize("operation", WRITES)
@pytest.mark.parametrize(
    "action", [Drop(applied=True), Drop(applied=False), Truncate(0.5)], ids=["applied", "never arrived", "cut short"]
)
def test_f23_a_payment_whose_answer_is_lost_is_found_and_not_made_again(
    rig: Rig, till: Till, workers: Workers, operation: str, action: Action
) -> None:
    orders, sales = place(till, 3)
    ids = till.announce(orders)
    rig.odoo.faults.add(Fault(operation, action))
    work(rig, workers, ids)
    exactly_once(rig, till, ids, sales)


@pytest.mark.parametrize("operation", [*WRITES, *READS])
def test_f26_a_page_of_html_with_200_is_no_payment(rig: Rig, till: Till, workers: Workers, operation: str) -> None:
    orders, sales = place(till, 2)
    ids = till.announce(orders)
    rig.odoo.faults.add(Fault(operation, Refuse(200, "<html><title>Maintenance</title></html>")))
    rig.shop.faults.add(Fault("TransactionsByIds", Refuse(200, "<html>busy</html>")))
    work(rig, workers, ids)
    exactly_once(rig, till, ids, sales)


@pytest.mark.parametrize("operation", WRITES)
def test_f27_a_payment_that_lost_a_race_is_repeated_in_place(
    rig: Rig, till: Till, workers: Workers, operation: str
) -> None:
    orders, sales = place(till, 2)
    ids = till.announce(orders)
    rig.odoo.faults.add(Fault(operation, Error("serialization"), times=2))
    assert workers.pipelines["payments"].look_at(SLUG, ids) == 6
    assert workers.pipelines["payments"].look_at(SLUG, ids) == 2  # the change waited for the cash
    exactly_once(rig, till, ids, sales)


@pytest.mark.timeout(200)
@pytest.mark.parametrize("at_write", [1, 2, 3, 6, 8, 9, 10, 11, 13])
def test_f13_a_worker_killed_at_any_write_leaves_no_payment_missing_and_none_twice(
    rig: Rig, till: Till, at_write: int
) -> None:
    """Three orders with two payments each and the change: a load, a post and six matches, then the same for the change.

    Killed after each step, and between matches of either kind.
    """
    orders, sales = place(till, 3)
    bomb = Bomb(rig)
    ids = till.announce(orders)
    victim = rig.start_worker("payments", worker_lease_seconds=1)
    bomb.arm(victim, at_write, among=frozenset(WRITES))
    with rig.scheduler(sweep_seconds=0.1, overdue_seconds=0.5):
        assert bomb.gone.wait(30)
        rig.start_worker("payments", worker_lease_seconds=1)
        rig.wait_settled(ids, seconds=40)
    exactly_once(rig, till, ids, sales)


def test_f22_two_workers_on_one_backlog_make_each_payment_once(rig: Rig, till: Till) -> None:
    orders, sales = place(till, 12)
    ids = till.announce(orders)
    with rig.scheduler(sweep_seconds=0.1, overdue_seconds=0.5):
        for _ in range(2):
            rig.start_worker("payments", worker_threads=2, worker_batch_size=3, worker_lease_seconds=60)
        rig.wait_settled(ids)
    exactly_once(rig, till, ids, sales)


def test_change_waits_for_a_payment_beside_its_cash_that_is_still_at_work(
    rig: Rig, till: Till, workers: Workers
) -> None:
    """Neither would see the other, and what the cash paid in the card's place would stay open on both for good."""
    orders, sales = place(till, 1)
    ids = till.announce(orders)
    (card,) = [number(one) for one in orders[0]["transactions"] if one["gateway"] == "bogus"]
    records = rig.connection.database["records"]
    later = rig.ledger.clock.now() + timedelta(hours=1)
    records.update_one({"_id": f"{SLUG}/payment/{card}"}, {"$set": {"due_at": later}})
    while workers.pipelines["payments"].look_at(SLUG, []):
        pass
    assert len(till.booked()) == 1, "the cash, and no change yet"
    records.update_one({"_id": f"{SLUG}/payment/{card}"}, {"$set": {"due_at": rig.ledger.clock.now()}})
    work(rig, workers, ids)
    exactly_once(rig, till, ids, sales)


def test_a_payment_tried_by_eight_at_once_is_made_and_matched_once(rig: Rig, till: Till, workers: Workers) -> None:
    """As when the orders' room takes it along while this room is at it: no ledger keeps the eight apart."""
    orders, sales = place(till, 1)
    store = workers.contexts(SLUG)
    store.facts()
    (invoice,) = rig.odoo.invoices(sales[0])
    transactions = store.shopify.transactions([number(one) for one in orders[0]["transactions"]], {})
    payer, books = invoice["commercial_partner_id"][0], books_of(till)
    plans = [
        plan_payment(one, orders[0]["name"], payer, [invoice["id"]], store.rules, books, change_of=one.parent_id)
        for one in transactions.values()
    ]
    wanted = [plan for plan in plans if isinstance(plan, PlannedPayment)]
    came = {plan.external_id: None for plan in wanted if not plan.outbound}
    wanted = [replace(plan, set_off=came) if plan.outbound else plan for plan in wanted]
    rig.odoo.faults.add(Fault("account.move.line.search_read", Delay(0.3), times=None))
    barrier = threading.Barrier(8)
    answers: list[Applied | Failure] = []

    def attempt() -> None:
        barrier.wait()
        try:
            answers.extend(apply(wanted, store))
        except Failure as failure:
            answers.append(failure)

    threads = [threading.Thread(target=attempt) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one for one in answers if isinstance(one, Failure)] == []
    assert len(answers) == 24
    ids = till.announce(orders)
    work(rig, workers, ids)
    exactly_once(rig, till, ids, sales)


def books_of(till: Till) -> Books:
    journals = {one: JournalFact(one, "", kind) for kind in ("bank", "cash") for one in [till.journal(kind)]}
    (currency,) = till.odoo.find("res.currency", [("name", "=", "USD")])
    return Books(MODULE, {Money.zero("USD").currency: currency["id"]}, journals)
