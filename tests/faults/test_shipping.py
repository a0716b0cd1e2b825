"""Deliveries and fulfillments under fire, on the real ledger: FAULTS.md F13, F21, F22, F23, F26, F27."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from libs.common.domain.fulfillments import Tracking
from libs.common.domain.rules import FulfillmentRules, StoreRules
from libs.common.ledger.model import Hint, State
from libs.sandbox.faults import Action, Call, Delay, Drop, Error, Fault, Refuse, Truncate
from libs.sandbox.odoo.sandbox import OdooSandbox
from libs.sandbox.shopify.bench import bench_catalog
from services.workers.bootstrap import Workers
from tests.faults.bomb import Bomb
from tests.integration.shipping.dock import QUEUES, Dock, number
from tests.rig import SLUG, Rig, open_rig

LOST = [Drop(applied=True), Drop(applied=False), Truncate(0.5)]
LOST_IDS = ["applied", "never arrived", "cut short"]
TO_SHOPIFY = ["FulfillmentCreate", "FulfillmentTrackingUpdate"]
TO_ODOO = ["stock.move.load", "stock.picking.load", "stock.picking.button_validate"]
#: What a worker asks of both sides for one delivery, and for one fulfillment, reference data left aside.
CALLS_OF_A_DELIVERY = frozenset(
    {"stock.picking.web_read", "sale.order.web_read", "OrderFulfillmentsByIds", "FulfillmentsByIds", *TO_SHOPIFY}
)
CALLS_OF_A_FULFILLMENT = frozenset(
    {"sale.order.web_read", "sale.order.line.get_external_id", "OrderFulfillmentsByIds", "FulfillmentsByIds", *TO_ODOO}
)
HTML = Refuse(200, "<html><title>Maintenance</title></html>")


@pytest.fixture
def rig(mongodb_url: str, mongodb_database: str, rabbitmq_vhost: str) -> Iterator[Rig]:
    both = FulfillmentRules.model_validate({"from_shopify": "validate"})
    rules = StoreRules.model_validate({"missing_product": "create", "fulfillments": both})
    odoo = OdooSandbox(delivery=True)
    with open_rig(mongodb_url, mongodb_database, rabbitmq_vhost, rules=rules, odoo=odoo) as rig:
        rig.shop.add_products(bench_catalog())
        yield rig


@pytest.fixture
def workers(rig: Rig) -> Iterator[Workers]:
    with rig.workers_here(*QUEUES) as workers:
        yield workers


@pytest.fixture
def dock(rig: Rig, workers: Workers) -> Iterator[Dock]:
    poller = rig.poller()
    yield Dock(rig.shop, rig.odoo, rig.ledger, rig.stores, workers, poller)
    poller.stop()


def settle(rig: Rig, dock: Dock, ids: list[str], *, rounds: int = 400) -> None:
    """As a sweeping scheduler would have it done."""
    for _ in range(rounds):
        dock.work()
        if rig.settled(ids) == len(ids):
            return
        threading.Event().wait(0.02)
    raise AssertionError([rig.record(one) for one in ids])


def announce(rig: Rig, fulfillments: list[dict[str, Any]], *, why: str = "fulfillments/create") -> list[str]:
    hints = [Hint(SLUG, "fulfillment", number(one["id"]), why=why) for one in fulfillments]
    rig.ledger.record_hints(hints)
    return [hint.id for hint in hints]


def exactly_once(rig: Rig, dock: Dock, orders: list[str], ids: list[str], *, fulfillments: int = 1) -> None:
    """I1 and I2: every unit left once on both sides, and each record knows the one that stands for it."""
    records = [rig.record(one) for one in ids]
    assert {record.state for record in records} == {State.SYNCED}, [record.held for record in records]
    for order in orders:
        assert len(dock.shipped(order)) == fulfillments
        assert [sum(units) for units in zip(*dock.shipped(order), strict=True)] == [2, 1]
        moves = [move for one in dock.pickings(order) for move in one["moves"]]
        assert sorted((move["state"], move["quantity"]) for move in moves) == [("done", 1), ("done", 2)]
        assert {one["carrier_tracking_ref"] for one in dock.pickings(order)} == {f"T-{order}"}
        for one in dock.fulfillments(order):
            assert [each["number"] for each in one["trackingInfo"]] == [f"T-{order}"]
    created = [one for one in rig.shop.journal.entries() if (one.model, one.operation) == ("fulfillment", "create")]
    assert len(created) == len(orders) * fulfillments


def delivered(dock: Dock, count: int) -> tuple[list[str], list[str]]:
    """Orders whose deliveries are done in Odoo; their numbers and the deliveries' records."""
    orders = [dock.order() for _ in range(count)]
    return orders, [f"acme/delivery/{dock.deliver(order, tracking=f'T-{order}', carrier='Lorry')}" for order in orders]


def fulfilled(rig: Rig, dock: Dock, count: int) -> tuple[list[str], list[str]]:
    """Orders that are fulfilled in Shopify; their numbers and the fulfillments' records."""
    orders = [dock.order() for _ in range(count)]
    made = [dock.shop.fulfill_order(order, tracking=Tracking(f"T-{order}", "UPS", "")) for order in orders]
    return orders, announce(rig, made)


@pytest.mark.parametrize("action", LOST, ids=LOST_IDS)
def test_f23_a_fulfillment_whose_answer_is_lost_is_found_and_not_made_again(
    rig: Rig, dock: Dock, action: Action
) -> None:
    orders, ids = delivered(dock, 3)
    rig.shop.faults.add(Fault("FulfillmentCreate", action))
    dock.poll()
    settle(rig, dock, ids)
    exactly_once(rig, dock, orders, ids)


@pytest.mark.parametrize("action", LOST, ids=LOST_IDS)
def test_f23_tracking_whose_answer_is_lost_is_told_again(rig: Rig, dock: Dock, action: Action) -> None:
    orders = [dock.order() for _ in range(2)]
    ids = [dock.deliver(order) for order in orders]
    dock.ship()
    for order, picking in zip(orders, ids, strict=True):
        dock.odoo.track(picking, f"T-{order}", "Lorry")
    rig.shop.faults.add(Fault("FulfillmentTrackingUpdate", action))
    dock.poll()
    records = [f"acme/delivery/{one}" for one in ids]
    settle(rig, dock, records)
    exactly_once(rig, dock, orders, records)
    for picking in ids:
        dock.odoo.track(picking, "")
    rig.shop.faults.add(Fault("FulfillmentTrackingUpdate", action))
    dock.poll()
    settle(rig, dock, records)
    assert [one["trackingInfo"] for order in orders for one in dock.fulfillments(order)] == [[], []]


@pytest.mark.parametrize("operation", TO_ODOO)
@pytest.mark.parametrize("action", LOST, ids=LOST_IDS)
def test_f23_a_delivery_whose_answer_is_lost_is_found_and_not_done_again(
    rig: Rig, dock: Dock, operation: str, action: Action
) -> None:
    orders, ids = fulfilled(rig, dock, 3)
    rig.odoo.faults.add(Fault(operation, action))
    settle(rig, dock, ids)
    exactly_once(rig, dock, orders, ids)


@pytest.mark.parametrize("operation", sorted(CALLS_OF_A_DELIVERY - {"FulfillmentTrackingUpdate"}))
def test_f26_a_page_of_html_with_200_is_no_fulfillment(rig: Rig, dock: Dock, operation: str) -> None:
    orders, ids = delivered(dock, 2)
    for sandbox in (rig.shop, rig.odoo):
        sandbox.faults.add(Fault(operation, HTML))
    dock.poll()
    settle(rig, dock, ids)
    exactly_once(rig, dock, orders, ids)


@pytest.mark.parametrize("operation", sorted(CALLS_OF_A_FULFILLMENT))
def test_f26_a_page_of_html_with_200_is_no_delivery(rig: Rig, dock: Dock, operation: str) -> None:
    orders, ids = fulfilled(rig, dock, 2)
    for sandbox in (rig.shop, rig.odoo):
        sandbox.faults.add(Fault(operation, HTML))
    settle(rig, dock, ids)
    exactly_once(rig, dock, orders, ids)


def test_f26_what_shopify_refuses_inside_200_is_held_in_its_own_words(rig: Rig, dock: Dock) -> None:
    refused = '{"data": {"fulfillmentCreate": {"fulfillment": null, "userErrors": [{"field": ["fulfillment"], "message": "No."}]}}}'
    orders, ids = delivered(dock, 1)
    rig.shop.faults.add(Fault("FulfillmentCreate", Refuse(200, refused, content_type="application/json"), times=2))
    dock.poll()
    settle(rig, dock, ids)
    held = rig.record(ids[0]).held
    assert held
    assert (held.code, held.message) == ("fulfillment_refused", "No.")
    rig.ledger.retry(ids, why="test")
    settle(rig, dock, ids)
    exactly_once(rig, dock, orders, ids)


@pytest.mark.parametrize("operation", ["OrderFulfillmentsByIds", "FulfillmentCreate", "FulfillmentsByIds"])
def test_f26_half_an_answer_of_shopify_is_no_answer(rig: Rig, dock: Dock, operation: str) -> None:
    half = '{"data": {"nodes": [null], "fulfillmentCreate": null}, "errors": [{"message": "Internal error"}]}'
    orders, ids = delivered(dock, 1)
    rig.shop.faults.add(Fault(operation, Refuse(200, half, content_type="application/json")))
    dock.poll()
    settle(rig, dock, ids)
    exactly_once(rig, dock, orders, ids)


@pytest.mark.parametrize("operation", TO_ODOO)
def test_f27_a_lost_race_is_repeated_in_place(rig: Rig, dock: Dock, operation: str) -> None:
    orders, ids = fulfilled(rig, dock, 2)
    rig.odoo.faults.add(Fault(operation, Error("serialization"), times=2))
    dock.work()
    exactly_once(rig, dock, orders, ids)
    assert {rig.record(one).attempts for one in ids} == {0}


def test_a_delivery_that_odoo_refuses_is_taken_out_and_the_rest_goes_through(rig: Rig, dock: Dock) -> None:
    orders, ids = fulfilled(rig, dock, 3)
    rig.odoo.faults.add(Fault("stock.picking.button_validate", Error("UserError", "Lot numbers are missing."), times=3))
    settle(rig, dock, ids)
    held = [rig.record(one).held for one in ids if rig.record(one).state is State.HELD]
    assert [one.message for one in held if one] == ["Lot numbers are missing."]
    rig.ledger.retry(ids, why="test")
    settle(rig, dock, ids)
    exactly_once(rig, dock, orders, ids)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("direction", ["to shopify", "to odoo"])
def test_f13_a_worker_killed_at_any_call_leaves_no_unit_out_and_sends_none_twice(
    rig: Rig, dock: Dock, direction: str
) -> None:
    among = CALLS_OF_A_DELIVERY if direction == "to shopify" else CALLS_OF_A_FULFILLMENT
    queue = "deliveries" if direction == "to shopify" else "fulfillments"
    bomb = Bomb(rig)
    orders: list[str] = []
    ids: list[str] = []
    for at_call in range(1, 30):
        more, records = delivered(dock, 1) if direction == "to shopify" else fulfilled(rig, dock, 1)
        orders, ids = orders + more, ids + records
        victim = rig.start_worker(queue, worker_lease_seconds=1)
        bomb.arm(victim, at_call, among=among)
        with rig.scheduler(sweep_seconds=0.1, overdue_seconds=0.5, poll=direction == "to shopify"):
            while rig.settled(records) == 0 and not bomb.gone.wait(0.05):
                assert victim.poll() is None or bomb.gone.wait(5), "the worker died by itself"
            bomb.disarm()
            killed = bomb.gone.is_set()
            if killed:
                victim = rig.start_worker(queue, worker_lease_seconds=1)
            rig.wait_settled(records, seconds=30)
        victim.kill()
        victim.wait()
        if not killed:
            break
    assert at_call > len(among) - 2, "every call had its turn"
    exactly_once(rig, dock, orders, ids)


def test_f13_a_worker_killed_while_it_tells_of_tracking_leaves_the_newest(rig: Rig, dock: Dock) -> None:
    orders, ids = delivered(dock, 1)
    dock.ship()
    bomb = Bomb(rig)
    for turn, operation in enumerate(("OrderFulfillmentsByIds", "FulfillmentTrackingUpdate")):
        for tracking in (f"L-{turn}", ""):
            dock.odoo.track(int(ids[0].rpartition("/")[2]), tracking)
            victim = rig.start_worker("deliveries", worker_lease_seconds=1)
            bomb.arm(victim, 1, among=frozenset({operation}))
            with rig.scheduler(sweep_seconds=0.1, overdue_seconds=0.5, poll=True):
                assert bomb.gone.wait(30)
                victim = rig.start_worker("deliveries", worker_lease_seconds=1)
                rig.wait_settled(ids, seconds=30)
            victim.kill()
            victim.wait()
            (made,) = dock.fulfillments(orders[0])
            assert [one["number"] for one in made["trackingInfo"]] == ([tracking] if tracking else [])
    assert len(rig.shop.journal.entries("fulfillment", "create")) == 1


@pytest.mark.parametrize("operation", ["stock.picking.web_read", "sale.order.web_read"])
def test_f27_a_reading_of_a_delivery_that_lost_a_race_is_repeated_in_place(
    rig: Rig, dock: Dock, operation: str
) -> None:
    orders, ids = delivered(dock, 2)
    rig.odoo.faults.add(Fault(operation, Error("serialization"), times=2))
    dock.poll()
    dock.work()
    exactly_once(rig, dock, orders, ids)
    assert {rig.record(one).attempts for one in ids} == {0}


@pytest.mark.parametrize("applied", [True, False], ids=["written", "not written"])
@pytest.mark.parametrize("direction", ["to shopify", "to odoo"])
def test_f21_a_worker_paused_past_its_lease_delivers_and_tells_nothing_when_it_wakes(
    rig: Rig, dock: Dock, direction: str, *, applied: bool
) -> None:
    to_shopify = direction == "to shopify"
    orders, ids = delivered(dock, 2) if to_shopify else fulfilled(rig, dock, 2)
    queue, far = ("deliveries", rig.shop) if to_shopify else ("fulfillments", rig.odoo)
    asleep = threading.Event()
    sleeper = rig.start_worker(queue, worker_lease_seconds=1)

    def pause() -> None:
        sleeper.send_signal(signal.SIGSTOP)
        asleep.set()

    far.faults.add(Fault("FulfillmentCreate" if to_shopify else TO_ODOO[-1], Call(pause, applied=applied)))
    with rig.scheduler(sweep_seconds=0.1, overdue_seconds=0.5, poll=to_shopify):
        assert asleep.wait(30)
        rig.start_worker(queue, worker_lease_seconds=5)
        _wait_known(rig, ids)
        rig.wait_settled(ids)
        settled = [rig.record(one) for one in ids]
        sleeper.send_signal(signal.SIGCONT)
        sleeper.terminate()
        assert sleeper.wait(30) == 0
    again = [rig.record(one) for one in ids]
    assert [(one.synced, one.target) for one in again] == [(one.synced, one.target) for one in settled]
    exactly_once(rig, dock, orders, ids)


def test_f22_two_workers_on_one_backlog_tell_each_delivery_once(rig: Rig, dock: Dock) -> None:
    orders = [dock.order() for _ in range(8)]
    ids = []
    for order in orders:
        ids += [dock.deliver(order, 2, tracking=f"T-{order}", carrier="Lorry")]
        ids += [dock.deliver(order, tracking=f"T-{order}", carrier="Lorry")]
    rig.shop.faults.add(Fault("FulfillmentCreate", Delay(0.05), times=None))
    records = [f"acme/delivery/{one}" for one in ids]
    with rig.scheduler(sweep_seconds=0.1, overdue_seconds=0.5, poll=True):
        for _ in range(2):
            rig.start_worker("deliveries", worker_batch_size=2, worker_threads=2, worker_lease_seconds=60)
        _wait_known(rig, records)
        rig.wait_settled(records)
    exactly_once(rig, dock, orders, records, fulfillments=2)


def _wait_known(rig: Rig, ids: list[str]) -> None:
    for _ in range(200):
        if all(rig.ledger.get(one) for one in ids):
            return
        threading.Event().wait(0.05)
    raise AssertionError("the poll did not find them all")
