"""Deliveries of the sandbox Odoo become fulfillments in the sandbox shop, on 18 and 19."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from libs.common.ledger.model import Hint, State
from libs.common.shopify.check import REQUIRED_SCOPES
from libs.sandbox.faults import Call, Fault
from tests.integration.shipping.dock import CAP, Dock, number, open_dock


@pytest.fixture(params=["18", "19"])
def dock(request: pytest.FixtureRequest) -> Iterator[Dock]:
    with open_dock(request.param, delivery=True) as dock:
        yield dock


def test_a_done_delivery_is_a_fulfillment_with_carrier_number_and_link(dock: Dock) -> None:
    dock.rules(carriers={"Lorry": "UPS"}, notify_customer=True)
    order = dock.order()
    dock.odoo.add_carrier("Lorry", "https://lorry.example/<shipmenttrackingnumber>")
    picking = dock.deliver(order, carrier="Lorry", tracking="L-1")
    dock.ship()
    record = dock.record("delivery", picking)
    (made,) = dock.fulfillments(order)
    assert (record.state, record.target and record.target.id) == (State.SYNCED, int(number(made["id"])))
    assert dock.shipped(order) == [[2, 1]]
    (tracking,) = made["trackingInfo"]
    assert (tracking["company"], tracking["number"], tracking["url"]) == ("UPS", "L-1", "https://lorry.example/L-1")
    (entry,) = [one for one in dock.shop.journal.entries() if one.operation == "create" and one.model == "fulfillment"]
    assert entry.summary.get("notify") is True


def test_a_backorder_is_a_fulfillment_of_its_own(dock: Dock) -> None:
    order = dock.order(mugs=3)
    first = dock.deliver(order, 1)
    dock.ship()
    assert dock.shipped(order) == [[1, 0]]
    second = dock.deliver(order)
    dock.ship()
    assert dock.shipped(order) == [[1, 0], [2, 1]]
    assert dock.record("delivery", first).target != dock.record("delivery", second).target
    assert dock.shop.order(order)["displayFulfillmentStatus"] == "FULFILLED"


def test_two_deliveries_of_one_order_found_at_once_are_told_one_after_the_other(dock: Dock) -> None:
    order = dock.order(mugs=3, caps=0)
    ids = [dock.deliver(order, 1), dock.deliver(order, 1), dock.deliver(order)]
    dock.ship()
    assert dock.shipped(order) == [[1], [1], [1]]
    assert [dock.record("delivery", one).state for one in ids] == [State.SYNCED] * 3
    assert len({dock.record("delivery", one).target for one in ids}) == 3


def test_a_repeat_writes_nothing(dock: Dock) -> None:
    order = dock.order()
    picking = dock.deliver(order)
    dock.ship()
    before = dock.writes()
    dock.ledger.retry([f"acme/delivery/{picking}"], why="test")
    dock.work()
    dock.ship()
    assert dock.record("delivery", picking).state is State.SYNCED
    assert dock.writes() == before


def test_tracking_that_comes_later_is_told(dock: Dock) -> None:
    order = dock.order()
    picking = dock.deliver(order)
    dock.ship()
    dock.odoo.track(picking, "L-2", "Lorry")
    dock.ship()
    dock.odoo.track(picking, "L-3")
    dock.ship()
    (made,) = dock.fulfillments(order)
    assert [one["number"] for one in made["trackingInfo"]] == ["L-3"]
    assert [one.operation for one in dock.shop.journal.entries() if one.model == "fulfillment"] == [
        "create",
        "tracking",
        "tracking",
    ]


def test_a_number_that_is_taken_off_in_odoo_is_taken_off_in_shopify_and_by_one_write(dock: Dock) -> None:
    dock.rules(notify_customer=True)
    order = dock.order()
    picking = dock.deliver(order, tracking="L-1", carrier="Lorry")
    dock.ship()
    dock.odoo.track(picking, "")
    dock.ship()
    (made,) = dock.fulfillments(order)
    assert made["trackingInfo"] == []
    told = dock.shop.journal.entries("fulfillment", "tracking")
    assert [one.summary["notify"] for one in told] == [False], "nobody is written to about a number that is gone"
    before = dock.writes()
    dock.ledger.retry([f"acme/delivery/{picking}"], why="test")
    dock.ship()
    assert dock.record("delivery", picking).state is State.SYNCED
    assert dock.writes() == before
    dock.odoo.track(picking, "L-2")
    dock.ship()
    dock.odoo.track(picking, "L-2", "")
    dock.ship()
    (made,) = dock.fulfillments(order)
    assert [(one["number"], one["company"]) for one in made["trackingInfo"]] == [("L-2", None)]
    assert len(dock.shop.journal.entries("fulfillment", "tracking")) == 3


def test_each_location_has_a_fulfillment_and_a_repeat_finds_them_all() -> None:
    with open_dock(locations=("61", "62"), ships_from={CAP: "62"}) as dock:
        order = dock.order()
        picking = dock.deliver(order)
        dock.ship()
        assert sorted(dock.shipped(order)) == [[0, 1], [2, 0]]
        before = dock.writes()
        dock.ledger.retry([f"acme/delivery/{picking}"], why="test")
        dock.work()
        assert dock.writes() == before
        record = dock.record("delivery", picking)
        assert sorted(record.frozen) == sorted(f"fulfillment_{number(f['id'])}" for f in dock.fulfillments(order))


def test_a_delivery_of_nobodys_order_is_ignored_with_the_reason(dock: Dock) -> None:
    product = dock.odoo.find("product.product", [("default_code", "=", CAP)])[0]["id"]
    partner = dock.odoo.add("res.partner", name="Walk-in")
    lines = [(0, 0, {"product_id": product, "product_uom_qty": 1})]
    sale = dock.odoo.add("sale.order", partner_id=partner, order_line=lines)
    with dock.odoo.registry.db.transaction():
        dock.odoo.registry.models["sale.order"].methods["action_confirm"](dock.odoo.env(), [sale])
    (picking,) = dock.odoo.pickings(sale)
    dock.odoo.deliver(picking["id"])
    dock.ship()
    assert dock.ledger.get(f"acme/delivery/{picking['id']}") is None, "the poll leaves it out as well"
    dock.ledger.record_hints([Hint("acme", "delivery", str(picking["id"]), source="odoo")])
    dock.work()
    record = dock.record("delivery", picking["id"])
    assert (record.state, record.ignored) == (State.IGNORED, "not the delivery of a linked order")


def test_units_on_hold_in_shopify_are_held_and_go_out_when_they_are_let_go(dock: Dock) -> None:
    order = dock.order()
    dock.shop.hold_fulfillment_orders(order)
    picking = dock.deliver(order)
    dock.ship()
    record = dock.record("delivery", picking)
    assert record.held
    assert record.held.code == "fulfillment_short"
    dock.shop.hold_fulfillment_orders(order, release=True)
    dock.ledger.retry([record.id], why="test")
    dock.work()
    assert dock.shipped(order) == [[2, 1]]
    assert dock.record("delivery", picking).state is State.SYNCED


def test_what_was_fulfilled_by_hand_is_not_fulfilled_again(dock: Dock) -> None:
    order = dock.order()
    dock.shop.fulfill_order(order)
    dock.deliver(order)
    dock.ship()
    assert dock.shipped(order) == [[2, 1]]


def test_what_somebody_fulfils_at_the_same_moment_is_seen_and_nothing_is_held(dock: Dock) -> None:
    order = dock.order()
    picking = dock.deliver(order)
    dock.shop.faults.add(Fault("FulfillmentCreate", Call(lambda: dock.shop.fulfill_order(order))))
    dock.ship()
    dock.ledger.retry([f"acme/delivery/{picking}"], why="its back-off is over")
    dock.work()
    record = dock.record("delivery", picking)
    assert record.state is State.SYNCED
    assert [event.details["code"] for event in record.history if event.what == "failed"] == ["fulfillment_refused"]
    assert dock.shipped(order) == [[2, 1]]


def test_a_scope_that_only_deliveries_need_puts_off_deliveries_only() -> None:
    with open_dock(scopes=REQUIRED_SCOPES) as dock:
        order = dock.order()
        picking = dock.deliver(order)
        dock.ship()
        waiting = dock.record("delivery", picking)
        assert (waiting.state, waiting.attempts, waiting.waits_for) == (State.DUE, 0, None)
        failed = [event.details["code"] for event in waiting.history if event.what == "failed"]
        assert failed == ["missing_scope"]
        assert dock.record("order", dock.order()).state is State.SYNCED


def test_f36_a_delivery_whose_order_is_not_linked_yet_waits_for_it_by_name(dock: Dock) -> None:
    order = dock.order()
    picking = dock.deliver(order)
    # As a worker that died after the order was confirmed leaves it.
    records = dock.ledger._records
    records.update_one({"_id": f"acme/order/{order}"}, {"$unset": {"target": "", "synced": ""}})
    dock.poll()
    dock.workers.pipelines["deliveries"].look_at("acme", [])
    waiting = dock.record("delivery", picking)
    assert (waiting.state, waiting.waits_for, waiting.attempts) == (State.DUE, f"acme/order/{order}", 0)
    dock.ledger.record_hints([Hint("acme", "order", order, why="orders/updated")])
    dock.work()
    assert dock.record("delivery", picking).state is State.SYNCED
    assert dock.shipped(order) == [[2, 1]]


def test_f35_a_fulfillment_that_is_cancelled_afterwards_is_held_and_not_made_again(dock: Dock) -> None:
    order = dock.order()
    picking = dock.deliver(order)
    dock.ship()
    (made,) = dock.fulfillments(order)
    cancelled = dock.shop.cancel_fulfillment(made["id"])
    record = dock.announce(cancelled, "fulfillments/update")
    assert record.held
    assert record.held.code == "fulfillment_cancelled"
    dock.ledger.retry([f"acme/delivery/{picking}"], why="test")
    dock.work()
    delivery = dock.record("delivery", picking)
    assert delivery.held
    assert delivery.held.code == "fulfillment_cancelled"
    assert dock.shipped(order) == []
    dock.shop.fulfill_order(order)
    dock.ledger.retry([record.id, delivery.id], why="test")
    dock.work()
    assert dock.record("fulfillment", record.source_id).state is State.SYNCED
    assert dock.record("delivery", picking).state is State.SYNCED


def test_f35_one_that_is_cancelled_while_its_number_changes_is_held_and_told_nothing(dock: Dock) -> None:
    order = dock.order()
    picking = dock.deliver(order, tracking="L-1", carrier="Lorry")
    dock.ship()
    (made,) = dock.fulfillments(order)
    dock.shop.cancel_fulfillment(made["id"])
    before = dock.writes()[0]
    for tracking in ("L-2", ""):
        dock.odoo.track(picking, tracking)
        dock.ship()
        delivery = dock.record("delivery", picking)
        assert (delivery.held and delivery.held.code, dock.writes()[0]) == ("fulfillment_cancelled", before)


def test_f34_our_own_fulfillment_that_comes_back_writes_nothing(dock: Dock) -> None:
    dock.rules(from_shopify="validate")
    order = dock.order(mugs=3)
    dock.deliver(order, 1)
    dock.ship()
    before = dock.writes()
    (made,) = dock.fulfillments(order)
    record = dock.announce(made)
    assert (record.state, record.target) == (State.SYNCED, None)
    assert dock.writes() == before
