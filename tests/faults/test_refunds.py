"""Refunds under fire, on the real ledger: FAULTS.md F13, F22, F23, F26, F27 for every write of theirs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from libs.common.ledger.model import Hint, State
from libs.sandbox.faults import Action, Drop, Error, Fault, Refuse, Truncate
from libs.sandbox.shopify.bench import bench_catalog
from libs.sandbox.shopify.drafts import Line
from services.workers.bootstrap import Workers
from tests.faults.bomb import Bomb
from tests.integration.orders.desk import Desk
from tests.integration.refunds.counter import Counter, money, number
from tests.rig import SLUG, Rig, open_rig

WRITES = [
    "account.move.load",
    "account.move.action_post",
    "sale.order.line.load",
    "stock.picking.load",
    "stock.picking.button_validate",
    "account.payment.load",
    "account.payment.action_post",
    "account.move.js_assign_outstanding_line",
]
READS = ["sale.order.web_read", "account.move.web_read", "stock.picking.web_read", "account.move.line.search_read"]


@pytest.fixture
def rig(mongodb_url: str, mongodb_database: str, rabbitmq_vhost: str) -> Iterator[Rig]:
    with open_rig(mongodb_url, mongodb_database, rabbitmq_vhost) as rig:
        for product in bench_catalog():
            rig.odoo.add_product(default_code=product.sku, barcode=product.barcode, list_price=float(product.price))
        rig.shop.add_products(bench_catalog())
        yield rig


@pytest.fixture
def workers(rig: Rig) -> Iterator[Workers]:
    with rig.workers_here() as workers:
        yield workers


@pytest.fixture
def counter(rig: Rig, workers: Workers) -> Counter:
    counter = Counter(Desk(rig.shop, rig.odoo, rig.ledger, rig.stores, workers))
    counter.rules()
    return counter


def refunds_of(counter: Counter, count: int) -> list[dict[str, Any]]:
    """Refunds of orders of which one line was delivered and the other not: a unit of each goes back."""
    return [_refund(counter, index) for index in range(count)]


def _refund(counter: Counter, index: int) -> dict[str, Any]:
    desk = counter.desk
    lines = [Line(desk.shop.product(f"BENCH-00{index}"), 2), Line(desk.shop.product("BENCH-009"), 2)]
    placed = counter.sell(*lines)
    (picking,) = counter.pickings(placed)
    shipped, kept = picking["moves"]
    desk.odoo.deliver(picking["id"], {shipped["product_id"][0]: 2.0, kept["product_id"][0]: 0.0})
    desk.shop.fulfill_order(placed["id"], {counter.line_id(placed): 2})
    back: dict[str, Any] = {counter.line_id(placed): (1, "return"), counter.line_id(placed, 1): (1, "cancel")}
    return desk.shop.refund_order(placed["id"], back, topics=())


def announce(rig: Rig, refunds: list[dict[str, Any]]) -> list[str]:
    hints = [Hint(SLUG, "refund", number(one), why="refunds/create") for one in refunds]
    rig.ledger.record_hints(hints)
    return [hint.id for hint in hints]


def work(rig: Rig, workers: Workers, ids: list[str], *, rounds: int = 300) -> None:
    """As a sweeping scheduler would have it done."""
    for _ in range(rounds):
        if rig.settled(ids) == len(ids):
            return
        if not workers.pipelines["refunds"].look_at(SLUG, ids):
            threading.Event().wait(0.05)
    raise AssertionError([rig.record(one) for one in ids])


def exactly_once(rig: Rig, refunds: list[dict[str, Any]], ids: list[str]) -> None:
    """I1 and I2: each has one credit note, one return, one payment back, and each line went down once."""
    records = [rig.record(one) for one in ids]
    assert {record.state for record in records} == {State.SYNCED}, [record.held for record in records]
    notes = {one["external_id"]: one for one in rig.odoo.invoices() if one["move_type"] == "out_refund"}
    assert set(notes) == {f"tandem_acme.credit_{number(one)}" for one in refunds}
    for refund in refunds:
        note = notes[f"tandem_acme.credit_{number(refund)}"]
        total = money(refund["totalRefundedSet"]["shopMoney"]["amount"])
        assert (note["state"], note["payment_state"], money(note["amount_total"])) == ("posted", "paid", total)
    paid = [one for one in rig.odoo.payments() if one["payment_type"] == "outbound"]
    transactions = [one for refund in refunds for one in refund["transactions"]]
    assert sorted(one["external_id"] for one in paid) == sorted(
        f"tandem_acme.payback_{number(one)}" for one in transactions
    )
    assert all(one["is_reconciled"] for one in paid)
    back = [one for one in rig.odoo.pickings() if one["picking_type_code"] == "incoming"]
    assert sorted(one["external_id"] for one in back) == sorted(f"tandem_acme.return_{number(one)}" for one in refunds)
    assert all(one["state"] == "done" and [move["quantity"] for move in one["moves"]] == [1.0] for one in back)
    for order in rig.odoo.orders():
        figures = [(x["product_uom_qty"], x["qty_delivered"], x["qty_invoiced"]) for x in order["lines"]]
        assert figures == [(2.0, 1.0, 1.0), (1.0, 0.0, 1.0)]
    still_out = [
        one for one in rig.odoo.pickings() if one["picking_type_code"] == "outgoing" and one["state"] != "done"
    ]
    assert [[move["product_uom_qty"] for move in one["moves"]] for one in still_out] == [[1.0]] * len(refunds)


@pytest.mark.parametrize("operation", WRITES)
@pytest.mark.parametrize(
    "action", [Drop(applied=True), Drop(applied=False), Truncate(0.5)], ids=["applied", "never arrived", "cut short"]
)
def test_f23_a_write_of_a_refund_whose_answer_is_lost_is_found_and_not_done_again(
    rig: Rig, counter: Counter, workers: Workers, operation: str, action: Action
) -> None:
    refunds = refunds_of(counter, 2)
    ids = announce(rig, refunds)
    rig.odoo.faults.add(Fault(operation, action))
    work(rig, workers, ids)
    exactly_once(rig, refunds, ids)


@pytest.mark.parametrize("operation", [*WRITES, *READS])
def test_f26_a_page_of_html_with_200_is_no_refund(rig: Rig, counter: Counter, workers: Workers, operation: str) -> None:
    refunds = refunds_of(counter, 1)
    ids = announce(rig, refunds)
    rig.odoo.faults.add(Fault(operation, Refuse(200, "<html><title>Maintenance</title></html>")))
    rig.shop.faults.add(Fault("RefundsByIds", Refuse(200, "<html>busy</html>")))
    work(rig, workers, ids)
    exactly_once(rig, refunds, ids)


@pytest.mark.parametrize("operation", WRITES)
def test_f27_a_refund_that_lost_a_race_is_repeated_in_place(
    rig: Rig, counter: Counter, workers: Workers, operation: str
) -> None:
    refunds = refunds_of(counter, 2)
    ids = announce(rig, refunds)
    rig.odoo.faults.add(Fault(operation, Error("serialization"), times=2))
    assert workers.pipelines["refunds"].look_at(SLUG, ids) == 2
    exactly_once(rig, refunds, ids)


@pytest.mark.timeout(200)
@pytest.mark.parametrize("at_write", range(1, 10))
def test_f13_a_worker_killed_at_any_write_leaves_no_refund_missing_and_none_twice(
    rig: Rig, counter: Counter, at_write: int
) -> None:
    """Two refunds: a load and a post, quantities, a return and its validation, a load, a post and two matches."""
    refunds = refunds_of(counter, 2)
    bomb = Bomb(rig)
    ids = announce(rig, refunds)
    victim = rig.start_worker("refunds", worker_lease_seconds=1)
    bomb.arm(victim, at_write, among=frozenset(WRITES))
    with rig.scheduler(sweep_seconds=0.1, overdue_seconds=0.5):
        assert bomb.gone.wait(30)
        rig.start_worker("refunds", worker_lease_seconds=1)
        rig.wait_settled(ids, seconds=40)
    exactly_once(rig, refunds, ids)


def test_f22_two_workers_on_the_refunds_of_one_order_do_each_once(rig: Rig, counter: Counter) -> None:
    placed = counter.sell(counter.desk.line(8), deliver=True)
    refunds = [counter.refund(placed, 1) for _ in range(6)]
    ids = announce(rig, refunds)
    with rig.scheduler(sweep_seconds=0.1, overdue_seconds=0.5):
        for _ in range(2):
            rig.start_worker("refunds", worker_threads=2, worker_batch_size=1, worker_lease_seconds=60)
        rig.wait_settled(ids)
    records = [rig.record(one) for one in ids]
    assert {record.state for record in records} == {State.SYNCED}, [record.held for record in records]
    assert {one[2] for one in counter.books(placed)} == {"paid"}
    assert len(counter.books(placed)) == 1 + len(refunds)
    assert counter.order(placed)["lines"][0]["qty_delivered"] == 2.0
    total = sum((money(one["totalRefundedSet"]["shopMoney"]["amount"]) for one in refunds), Decimal(0))
    assert sum((amount for _, amount, _ in counter.paid_back()), Decimal(0)) == total
