"""What goes wrong between an order and the books, and when it is edited or cancelled: F13, F23, F26, F27, F34, F35."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest

from libs.common.domain.rules import StoreRules, Until
from libs.common.ledger.model import Hint, State
from libs.sandbox.faults import Drop, Error, Fault, Refuse
from libs.sandbox.odoo.sandbox import OdooSandbox
from libs.sandbox.shopify.bench import bench_catalog, bench_orders
from libs.sandbox.shopify.drafts import Line
from services.workers.bootstrap import Workers, known_queues
from tests.faults.bomb import Bomb
from tests.faults.test_orders_far_side import until
from tests.rig import SLUG, Rig, open_rig

BOOKS = (
    "account.move.load",
    "account.move.action_post",
    "account.payment.load",
    "account.payment.action_post",
    "account.move.js_assign_outstanding_line",
)
Change = Callable[[Rig, str], None]


@pytest.fixture
def rig(mongodb_url: str, mongodb_database: str, rabbitmq_vhost: str) -> Iterator[Rig]:
    odoo = OdooSandbox()
    bank = next(journal["id"] for journal in odoo.find("account.journal") if journal["type"] == "bank")
    rules = StoreRules(missing_product="create", until=Until.PAID, journals={"bogus": bank})
    with open_rig(mongodb_url, mongodb_database, rabbitmq_vhost, rules=rules, odoo=odoo) as rig:
        rig.shop.add_products(bench_catalog())
        yield rig


@pytest.fixture
def workers(rig: Rig) -> Iterator[Workers]:
    with rig.workers_here() as workers:
        yield workers


def work(rig: Rig, workers: Workers, ids: list[str], *, seconds: float = 30) -> None:
    """Until these are settled and nothing more is due, as a sweeping scheduler would have it done."""
    deadline = time.monotonic() + seconds
    while not is_quiet(rig, ids):
        assert time.monotonic() < deadline, [rig.record(record_id) for record_id in ids]
        if not any(pipeline.look_at(SLUG, []) for pipeline in workers.pipelines.values()):
            time.sleep(0.02)


def is_quiet(rig: Rig, ids: list[str]) -> bool:
    """Settled, and nothing of the store due or running."""
    busy = [count for (_, _, state), count in rig.ledger.counts().items() if state in {State.DUE, State.RUNNING}]
    return not busy and rig.settled(ids) == len(ids)


def place(rig: Rig, count: int) -> list[str]:
    return rig.announce([rig.shop.place_order(draft) for draft in bench_orders(count)], nudge=False)


def hint(rig: Rig, record_id: str, why: str) -> None:
    rig.ledger.record_hints([Hint(SLUG, "order", record_id.rpartition("/")[2], why=why)])


def paid_once(rig: Rig, ids: list[str]) -> None:
    """Each order has one posted invoice of its total, paid by one payment; nothing was made twice."""
    for record_id in ids:
        record = rig.record(record_id)
        assert record.state is State.SYNCED, record.held
        assert record.target
        (invoice,) = rig.odoo.invoices(record.target.id)
        total = rig.shop.order(record.source_id)["totalPriceSet"]["shopMoney"]["amount"]
        assert Decimal(str(invoice["amount_total"])).quantize(Decimal("0.01")) == total
        assert (invoice["state"], invoice["payment_state"]) == ("posted", "paid")
    count = rig.odoo.journal.count
    assert count("sale.order", "create") == len(ids)
    assert count("account.move", "create") == count("account.move", "post") == len(ids)
    assert count("account.payment", "create") == count("account.payment", "post") == len(ids)


@pytest.mark.parametrize("operation", BOOKS)
def test_f23_a_lost_answer_on_the_way_to_the_books_is_found(rig: Rig, workers: Workers, operation: str) -> None:
    rig.odoo.faults.add(Fault(operation, Drop(applied=True)))
    ids = place(rig, 3)
    work(rig, workers, ids)
    paid_once(rig, ids)


def test_f23_what_never_arrived_on_the_way_to_the_books_is_done_the_next_time(rig: Rig, workers: Workers) -> None:
    for operation in BOOKS:
        rig.odoo.faults.add(Fault(operation, Drop(applied=False)))
    ids = place(rig, 3)
    work(rig, workers, ids)
    paid_once(rig, ids)


def test_f27_a_lost_race_in_the_books_is_repeated_in_place(rig: Rig, workers: Workers) -> None:
    for operation in BOOKS:
        rig.odoo.faults.add(Fault(operation, Error("serialization"), times=2))
    ids = place(rig, 2)
    assert workers.pipelines["orders"].look_at(SLUG, ids) == 2
    paid_once(rig, ids)


def test_f26_a_page_of_html_with_200_is_no_success_in_the_books(rig: Rig, workers: Workers) -> None:
    for operation in BOOKS:
        rig.odoo.faults.add(Fault(operation, Refuse(200, "<html><title>Maintenance</title></html>")))
    ids = place(rig, 2)
    work(rig, workers, ids)
    paid_once(rig, ids)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("at_write", [1, 2], ids=["made", "posted"])
def test_f13_a_worker_killed_at_the_invoice_leaves_each_order_invoiced_and_paid_once(rig: Rig, at_write: int) -> None:
    bomb = Bomb(rig)
    orders = [rig.shop.place_order(draft) for draft in bench_orders(3)]
    ids = rig.announce(orders, nudge=False)
    victim = rig.start_worker("orders", "payments", worker_lease_seconds=1)
    bomb.arm(victim, at_write, among=frozenset(BOOKS))
    payments = [f"{SLUG}/payment/{one['transactions'][0]['id'].rpartition('/')[2]}" for one in orders]
    with rig.scheduler(sweep_seconds=0.1, overdue_seconds=0.5):
        assert bomb.gone.wait(30)
        rig.start_worker("orders", "payments", worker_lease_seconds=1)
        rig.wait_settled([*ids, *payments], seconds=60)
    paid_once(rig, ids)


def _edit(rig: Rig, number: str) -> None:
    line = rig.shop.order(number)["lineItems"][0]
    rig.shop.edit_order(number, {line["id"]: line["quantity"] + 2}, add=[Line(rig.shop.product("BENCH-039"), 1)])


def _cancel(rig: Rig, number: str) -> None:
    rig.shop.cancel_order(number)


@pytest.mark.parametrize("applied", [True, False], ids=["applied", "never arrived"])
@pytest.mark.parametrize("nth", [1, 2], ids=["the quantity", "the new line"])
def test_f23_an_edit_whose_answer_is_lost_is_made_once(rig: Rig, workers: Workers, nth: int, applied: bool) -> None:
    (record_id,) = ids = place(rig, 1)
    work(rig, workers, ids)
    before = rig.odoo.journal.count("sale.order.line", "create")
    rig.odoo.faults.add(Fault("sale.order.load", Drop(applied=applied), nth=nth))
    _edit(rig, record_id.rpartition("/")[2])
    hint(rig, record_id, "orders/edited")
    work(rig, workers, ids)
    record = rig.record(record_id)
    assert record.state is State.SYNCED, record.held
    assert rig.odoo.journal.count("sale.order.line", "create") == before + 1
    (order,) = rig.odoo.orders()
    assert len(order["lines"]) == 3
    total = rig.shop.order(record.source_id)["currentTotalPriceSet"]["shopMoney"]["amount"]
    assert Decimal(str(order["amount_total"])).quantize(Decimal("0.01")) == total
    invoices = rig.odoo.invoices(order["id"])
    assert len(invoices) == 2, "what the edit added has an invoice of its own, once"
    assert sum(round(one["amount_total"] * 100) for one in invoices) == int(total * 100)


@pytest.mark.parametrize("operation", ["stock.picking.action_cancel", "sale.order.action_cancel"])
def test_f23_a_cancellation_whose_answer_is_lost_is_done_once(rig: Rig, workers: Workers, operation: str) -> None:
    (record_id,) = ids = place(rig, 1)
    work(rig, workers, ids)
    rig.odoo.faults.add(Fault(operation, Drop(applied=True)))
    rig.odoo.faults.add(Fault(operation, Drop(applied=False), nth=2))
    _cancel(rig, record_id.rpartition("/")[2])
    hint(rig, record_id, "orders/cancelled")
    work(rig, workers, ids)
    record = rig.record(record_id)
    assert record.state is State.SYNCED, record.held
    (order,) = rig.odoo.orders()
    assert order["state"] == "cancel"


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    ("change", "why", "operation", "state"),
    [
        (_edit, "orders/edited", "sale.order.load", "sale"),
        (_cancel, "orders/cancelled", "sale.order.action_cancel", "cancel"),
    ],
    ids=["edited", "cancelled"],
)
def test_f13_a_worker_killed_while_it_follows_a_change_leaves_it_done_once(
    rig: Rig, change: Change, why: str, operation: str, state: str
) -> None:
    bomb = Bomb(rig)
    queues = tuple(known_queues())
    first = rig.start_worker(*queues, worker_lease_seconds=1)
    with rig.scheduler(sweep_seconds=0.1, overdue_seconds=0.5):
        (record_id,) = ids = place(rig, 1)
        rig.wait_settled(ids)
        change(rig, record_id.rpartition("/")[2])
        bomb.arm(first, 1, among=frozenset({operation}))
        hint(rig, record_id, why)
        assert bomb.gone.wait(30)
        rig.start_worker(*queues, worker_lease_seconds=1)
        until(lambda: is_quiet(rig, ids), seconds=60)
    record = rig.record(record_id)
    assert record.state is State.SYNCED, record.held
    (order,) = rig.odoo.orders()
    assert order["state"] == state
    assert rig.odoo.journal.count("sale.order", "create") == 1


def test_f35_an_order_deleted_in_odoo_is_not_made_again_when_it_is_edited(rig: Rig, workers: Workers) -> None:
    rig.stores.save(rig.stores.get(SLUG).model_copy(update={"rules": StoreRules(missing_product="create")}))  # type: ignore[union-attr]
    (record_id,) = ids = place(rig, 1)
    work(rig, workers, ids)
    (order,) = rig.odoo.orders()
    rig.odoo.change("sale.order", order["id"], state="cancel")
    rig.odoo.delete("sale.order", order["id"])
    _edit(rig, record_id.rpartition("/")[2])
    hint(rig, record_id, "orders/edited")
    work(rig, workers, ids)
    record = rig.record(record_id)
    assert record.held
    assert record.held.code == "order_deleted_in_odoo"
    assert rig.odoo.orders() == []


def test_f34_what_tandem_wrote_comes_back_as_a_hint_and_nothing_is_written(rig: Rig, workers: Workers) -> None:
    ids = place(rig, 2)
    work(rig, workers, ids)
    before = len(rig.odoo.journal.entries())
    for record_id in ids:
        hint(rig, record_id, "orders/updated")
    work(rig, workers, ids)
    assert len(rig.odoo.journal.entries()) == before
    assert {rig.record(record_id).state for record_id in ids} == {State.SYNCED}
