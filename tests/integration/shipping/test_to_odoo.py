"""Fulfillments made elsewhere validate the deliveries of the sandbox Odoo, on 18 and 19."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from libs.common.domain.fulfillments import Tracking
from libs.common.ledger.model import Hint, State
from libs.sandbox.faults import Call, Fault
from tests.integration.shipping.dock import MUG, Dock, number, open_dock


@pytest.fixture(params=["18", "19"])
def dock(request: pytest.FixtureRequest) -> Iterator[Dock]:
    with open_dock(request.param, delivery=True) as dock:
        dock.rules(from_shopify="validate", to_shopify=False)
        yield dock


def states(dock: Dock, order: str) -> list[tuple[str, list[float]]]:
    """Of the order's deliveries, oldest first: state, and quantity of each move."""
    return [(one["state"], [move["quantity"] for move in one["moves"]]) for one in dock.pickings(order)]


def lines(dock: Dock, order: str, *units: int) -> dict[str, int]:
    ids = [line["id"] for line in dock.shop.order(order)["lineItems"]]
    return {line: n for line, n in zip(ids, units, strict=True) if n}


def test_by_default_a_fulfillment_made_elsewhere_is_left_alone(dock: Dock) -> None:
    dock.rules()
    order = dock.order()
    record = dock.announce(dock.shop.fulfill_order(order))
    assert (record.state, record.ignored) == (State.IGNORED, "fulfillments.from_shopify: ignore")
    assert states(dock, order) == [("assigned", [2, 1])]


def test_a_fulfillment_validates_the_delivery_and_tells_its_number(dock: Dock) -> None:
    order = dock.order()
    record = dock.announce(dock.shop.fulfill_order(order, tracking=Tracking("T-1", "UPS", "")))
    (picking,) = dock.pickings(order)
    assert (record.state, record.target and record.target.id) == (State.SYNCED, picking["id"])
    assert states(dock, order) == [("done", [2, 1])]
    assert picking["carrier_tracking_ref"] == "T-1"


def test_a_part_leaves_a_backorder_and_the_next_part_validates_that(dock: Dock) -> None:
    order = dock.order(mugs=3)
    first = dock.announce(dock.shop.fulfill_order(order, lines(dock, order, 1, 0)))
    assert states(dock, order) == [("done", [1]), ("assigned", [1, 2])]
    second = dock.announce(dock.shop.fulfill_order(order))
    assert states(dock, order) == [("done", [1]), ("done", [1, 2])]
    assert first.target != second.target


def test_several_found_at_once_are_worked_on_one_after_the_other(dock: Dock) -> None:
    order = dock.order(mugs=3, caps=0)
    made = [dock.shop.fulfill_order(order, lines(dock, order, 1)) for _ in range(3)]
    dock.ledger.record_hints([Hint("acme", "fulfillment", number(one["id"])) for one in made])
    dock.work()
    assert [dock.record("fulfillment", number(one["id"])).state for one in made] == [State.SYNCED] * 3
    assert states(dock, order) == [("done", [1])] * 3


def test_missing_stock_hinders_nothing(dock: Dock) -> None:
    (product,) = dock.odoo.find("product.product", [("default_code", "=", MUG)])
    dock.odoo.set_stock(product["id"], 1)
    order = dock.order(mugs=3, caps=0)
    assert dock.announce(dock.shop.fulfill_order(order)).state is State.SYNCED
    assert states(dock, order) == [("done", [3])]


def test_a_repeat_writes_nothing(dock: Dock) -> None:
    order = dock.order()
    made = dock.shop.fulfill_order(order)
    dock.announce(made)
    before = dock.writes()
    assert dock.announce(made, "fulfillments/update").state is State.SYNCED
    assert dock.writes() == before


def test_what_somebody_delivered_by_hand_is_not_delivered_again(dock: Dock) -> None:
    order = dock.order(mugs=3)
    dock.deliver(order, 1)
    record = dock.announce(dock.shop.fulfill_order(order, lines(dock, order, 1, 0)))
    assert (record.state, record.target) == (State.SYNCED, None)
    assert states(dock, order) == [("done", [1]), ("assigned", [1, 2])]


def test_what_somebody_picked_and_has_not_sent_stays(dock: Dock) -> None:
    order = dock.order(mugs=2)
    (picking,) = dock.pickings(order)
    dock.odoo.change("stock.move", picking["moves"][1]["id"], picked=True)
    dock.announce(dock.shop.fulfill_order(order, lines(dock, order, 2, 0)))
    assert states(dock, order) == [("done", [2]), ("assigned", [1])]


def test_a_tracking_number_that_comes_later_is_written(dock: Dock) -> None:
    order = dock.order()
    made = dock.shop.fulfill_order(order)
    dock.announce(made)
    changed = dock.shop.update_tracking(made["id"], Tracking("T-2", "UPS", ""))
    dock.announce(changed, "fulfillments/update")
    (picking,) = dock.pickings(order)
    assert picking["carrier_tracking_ref"] == "T-2"


def test_f36_a_fulfillment_whose_order_is_not_there_waits_for_it_by_name(dock: Dock) -> None:
    order = dock.place()
    record = dock.announce(dock.shop.fulfill_order(order))
    assert (record.state, record.waits_for, record.attempts) == (State.DUE, f"acme/order/{order}", 0)
    dock.ledger.record_hints([Hint("acme", "order", order, why="orders/create")])
    dock.work()
    assert dock.record("fulfillment", record.source_id).state is State.SYNCED
    assert states(dock, order) == [("done", [2, 1])]


def test_f35_one_that_is_cancelled_after_the_delivery_is_held_until_the_goods_are_back(dock: Dock) -> None:
    order = dock.order()
    made = dock.shop.fulfill_order(order)
    dock.announce(made)
    record = dock.announce(dock.shop.cancel_fulfillment(made["id"]), "fulfillments/update")
    assert record.held
    assert (record.held.code, record.held.details["lines"] != {}) == ("fulfillment_cancelled", True)
    assert states(dock, order) == [("done", [2, 1])]
    dock.shop.fulfill_order(order)
    dock.ledger.retry([record.id], why="test")
    dock.work()
    assert dock.record("fulfillment", record.source_id).state is State.SYNCED


def test_f35_an_order_that_was_deleted_or_cancelled_in_odoo_is_not_delivered(dock: Dock) -> None:
    order = dock.order()
    sale = dock.sale_id(order)
    with dock.odoo.registry.db.transaction():
        env = dock.odoo.env(disable_cancel_warning=True)
        dock.odoo.registry.models["sale.order"].methods["action_cancel"](env, [sale])
    record = dock.announce(dock.shop.fulfill_order(order))
    assert record.held
    assert record.held.code == "order_cancelled_in_odoo"
    dock.odoo.delete("sale.order", sale)
    dock.ledger.retry([record.id], why="test")
    dock.work()
    deleted = dock.record("fulfillment", record.source_id)
    assert (deleted.state, deleted.ignored) == (State.IGNORED, "the order was deleted in Odoo")


@pytest.mark.parametrize("first", ["shopify", "odoo"])
def test_f34_with_both_directions_on_nothing_goes_round(dock: Dock, first: str) -> None:
    dock.rules(from_shopify="validate")
    order = dock.order(mugs=3)
    if first == "shopify":
        dock.announce(dock.shop.fulfill_order(order, lines(dock, order, 1, 0), tracking=Tracking("T-1", "UPS", "")))
    else:
        dock.deliver(order, 1, tracking="T-1")
        dock.ship()
    ended = None
    for _ in range(3):
        dock.poll()
        dock.ledger.record_hints([Hint("acme", "fulfillment", number(f["id"])) for f in dock.fulfillments(order)])
        dock.work()
        before, ended = ended, dock.writes()
    assert before == ended
    assert dock.shipped(order) == [[1, 0]]
    assert states(dock, order) == [("done", [1]), ("assigned", [1, 2])]
    assert _both_synced(dock, order)


def _both_synced(dock: Dock, order: str) -> bool:
    done: Any = [one["id"] for one in dock.pickings(order) if one["state"] == "done"]
    records = [dock.record("delivery", one) for one in done]
    records += [dock.record("fulfillment", number(one["id"])) for one in dock.fulfillments(order)]
    return all(record.state is State.SYNCED for record in records)


def test_f34_the_webhook_of_our_own_fulfillment_may_come_before_the_delivery_is_settled(dock: Dock) -> None:
    dock.rules(from_shopify="validate")
    order = dock.order()
    picking = dock.deliver(order)
    seen: list[State] = []

    def tell() -> None:
        (made,) = dock.fulfillments(order)
        seen.append(dock.announce(made).state)

    dock.shop.faults.add(Fault("FulfillmentCreate", Call(tell, applied=True)))
    dock.ship()
    assert seen == [State.SYNCED]
    assert dock.record("delivery", picking).state is State.SYNCED
    assert dock.shipped(order) == [[2, 1]]
    assert states(dock, order) == [("done", [2, 1])]
