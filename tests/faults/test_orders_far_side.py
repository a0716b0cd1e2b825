"""What the far sides do wrong in mid-order, on the real ledger: FAULTS.md F21 to F29 as far as they concern orders."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from libs.common.domain.rules import StoreRules
from libs.common.ledger.model import State
from libs.sandbox.faults import Action, Call, Delay, Drop, Error, Fault, Refuse, Truncate
from libs.sandbox.shopify.bench import bench_catalog, bench_orders
from services.workers.bootstrap import Workers
from tests.faults.test_worker_killed import exactly_once
from tests.rig import SLUG, Rig, open_rig

WRITES = ["res.partner.load", "sale.order.load", "sale.order.action_confirm"]


@pytest.fixture
def rig(mongodb_url: str, mongodb_database: str, rabbitmq_vhost: str) -> Iterator[Rig]:
    with open_rig(mongodb_url, mongodb_database, rabbitmq_vhost, rules=StoreRules(missing_product="create")) as rig:
        rig.shop.add_products(bench_catalog())
        yield rig


@pytest.fixture
def workers(rig: Rig) -> Iterator[Workers]:
    with rig.workers_here("orders") as workers:
        yield workers


def until(condition: Callable[[], bool], *, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def work(rig: Rig, workers: Workers, ids: list[str], *, seconds: float = 30) -> None:
    """As a sweeping scheduler would have it done."""
    import time

    deadline = time.monotonic() + seconds
    while rig.settled(ids) < len(ids):
        assert time.monotonic() < deadline, [rig.record(record_id) for record_id in ids]
        if not workers.pipelines["orders"].look_at(SLUG, ids):
            time.sleep(0.05)


def place(rig: Rig, count: int, start: int = 0) -> list[str]:
    return rig.announce([rig.shop.place_order(draft) for draft in bench_orders(count, start=start)], nudge=False)


@pytest.mark.parametrize("operation", WRITES)
@pytest.mark.parametrize(
    "action", [Drop(applied=True), Drop(applied=False), Truncate(0.5)], ids=["applied", "never arrived", "cut short"]
)
def test_f23_a_write_whose_answer_is_lost_is_found_and_not_done_again(
    rig: Rig, workers: Workers, operation: str, action: Action
) -> None:
    rig.odoo.faults.add(Fault(operation, action))
    ids = place(rig, 4)
    work(rig, workers, ids)
    exactly_once(rig, ids)


@pytest.mark.parametrize("operation", [*WRITES, "sale.order.web_read", "product.product.search_read"])
def test_f26_a_page_of_html_with_200_is_no_success(rig: Rig, workers: Workers, operation: str) -> None:
    rig.odoo.faults.add(Fault(operation, Refuse(200, "<html><title>Maintenance</title></html>")))
    ids = place(rig, 3)
    work(rig, workers, ids)
    exactly_once(rig, ids)


def test_f26_an_error_in_shopifys_answer_is_no_empty_result(rig: Rig, workers: Workers) -> None:
    rig.shop.faults.add(Fault("OrdersByIds", Refuse(200, "<html>busy</html>")))
    rig.shop.faults.add(Fault("OrdersByIds", Refuse(502, "bad gateway"), nth=2))
    ids = place(rig, 3)
    work(rig, workers, ids)
    exactly_once(rig, ids)


@pytest.mark.parametrize("operation", WRITES)
def test_f27_a_serialization_failure_is_repeated_in_place(rig: Rig, workers: Workers, operation: str) -> None:
    rig.odoo.faults.add(Fault(operation, Error("serialization"), times=2))
    ids = place(rig, 3)
    assert workers.pipelines["orders"].look_at(SLUG, ids) == 3
    assert all(rig.record(record_id).state is State.SYNCED for record_id in ids), "in the first go"
    exactly_once(rig, ids)


def test_f24_a_throttled_shop_is_waited_for_without_counting_an_attempt(rig: Rig, workers: Workers) -> None:
    rig.shop.faults.add(Fault("OrdersByIds", Refuse(429, "slow down", headers={"Retry-After": "1"})))
    ids = place(rig, 2)
    workers.pipelines["orders"].look_at(SLUG, ids)
    assert {rig.record(record_id).attempts for record_id in ids} == {0}
    assert {rig.record(record_id).state for record_id in ids} == {State.DUE}
    work(rig, workers, ids)
    exactly_once(rig, ids)


def test_f28_refused_credentials_pause_the_side_and_hold_nothing(rig: Rig, workers: Workers) -> None:
    rig.odoo.faults.add(Fault("*", Error("AccessDenied"), times=None))
    ids = place(rig, 3)
    workers.pipelines["orders"].look_at(SLUG, ids)
    records = [rig.record(record_id) for record_id in ids]
    assert {(r.state, r.attempts, r.waits_for) for r in records} == {(State.DUE, 0, "breaker:acme/odoo")}
    assert rig.breakers.open_until(SLUG, "odoo") is not None
    rig.odoo.faults.clear()
    work(rig, workers, ids)
    exactly_once(rig, ids)


def test_f21_a_worker_paused_past_its_lease_changes_nothing_when_it_wakes(rig: Rig) -> None:
    ids = place(rig, 3)
    asleep = threading.Event()
    sleeper = rig.start_worker(worker_lease_seconds=1)

    def pause() -> None:
        sleeper.send_signal(signal.SIGSTOP)
        asleep.set()

    rig.odoo.faults.add(Fault("sale.order.action_confirm", Call(pause, applied=False)))
    with rig.scheduler(sweep_seconds=0.1, overdue_seconds=0.5):
        assert asleep.wait(30)
        rig.start_worker(worker_lease_seconds=5)
        rig.wait_settled(ids)
        settled = [rig.record(record_id) for record_id in ids]
        sleeper.send_signal(signal.SIGCONT)
        sleeper.terminate()
        assert sleeper.wait(30) == 0
    assert [rig.record(record_id).synced for record_id in ids] == [record.synced for record in settled]
    exactly_once(rig, ids)


def test_f14_a_worker_told_to_stop_finishes_its_batch_inside_the_grace_period(rig: Rig) -> None:
    ids = place(rig, 5)
    rig.odoo.faults.add(Fault("sale.order.load", Delay(1.0)))
    worker = rig.start_worker(worker_lease_seconds=60)
    with rig.scheduler(sweep_seconds=0.1):
        until(lambda: any(rig.record(record_id).state is State.RUNNING for record_id in ids))
        worker.terminate()
        assert worker.wait(20) == 0
    assert all(rig.record(record_id).state in {State.SYNCED, State.DUE} for record_id in ids)
    assert not any(rig.record(record_id).lease for record_id in ids)


def test_f22_two_workers_on_one_backlog_do_each_order_once(rig: Rig) -> None:
    ids = place(rig, 40)
    with rig.scheduler(sweep_seconds=0.1, overdue_seconds=0.5):
        rig.start_worker(worker_threads=2, worker_batch_size=5, worker_lease_seconds=60)
        rig.start_worker(worker_threads=2, worker_batch_size=5, worker_lease_seconds=60)
        rig.wait_settled(ids)
    exactly_once(rig, ids)


def test_two_orders_of_one_new_customer_in_two_workers_make_one_customer(rig: Rig) -> None:
    drafts = bench_orders(1)
    ids = rig.announce([rig.shop.place_order(drafts[0]) for _ in range(8)], nudge=False)
    with rig.scheduler(sweep_seconds=0.1, overdue_seconds=0.5):
        rig.start_worker(worker_threads=2, worker_batch_size=1, worker_lease_seconds=60)
        rig.start_worker(worker_threads=2, worker_batch_size=1, worker_lease_seconds=60)
        rig.wait_settled(ids)
    exactly_once(rig, ids)
