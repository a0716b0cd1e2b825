"""Kits of Odoo both ways: what Shopify counts whole, Odoo delivers in parts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from libs.common.ledger.model import State
from tests.integration.shipping.dock import MUG, Dock, open_dock


@pytest.fixture(params=["18", "19"])
def dock(request: pytest.FixtureRequest) -> Iterator[Dock]:
    with open_dock(request.param, delivery=True, kits=True) as dock:
        dock.make_kit(MUG, BENCH_002=2, BENCH_003=1)
        yield dock


def moved(dock: Dock, order: str) -> list[tuple[str, list[float]]]:
    return [(one["state"], [move["quantity"] for move in one["moves"]]) for one in dock.pickings(order)]


def test_a_fulfillment_of_kits_validates_their_parts_and_the_rest_waits(dock: Dock) -> None:
    dock.rules(from_shopify="validate")
    order = dock.order(mugs=3, caps=0)
    (line,) = dock.shop.order(order)["lineItems"]
    record = dock.announce(dock.shop.fulfill_order(order, {line["id"]: 2}))
    assert record.state is State.SYNCED, record.held
    assert moved(dock, order) == [("done", [4, 2]), ("assigned", [2, 1])]
    before = dock.writes()
    dock.ledger.retry([record.id], why="test")
    dock.ship()
    assert dock.writes() == before, "what it did comes back as a done delivery"
    dock.announce(dock.shop.fulfill_order(order))
    dock.ship()
    assert moved(dock, order) == [("done", [4, 2]), ("done", [2, 1])]
    assert dock.shipped(order) == [[2], [1]]


def test_parts_wait_for_the_rest_of_their_kit_and_whole_kits_are_told_once(dock: Dock) -> None:
    order = dock.order(mugs=3, caps=0)
    (picking,) = dock.pickings(order)
    first, second = (move["product_id"][0] for move in picking["moves"])
    ahead = dock.odoo.deliver(picking["id"], {first: 6})
    dock.ship()
    waiting = dock.record("delivery", ahead)
    assert waiting.state is State.IGNORED
    assert "holds parts of a kit that is not whole yet" in str(waiting.ignored)
    assert dock.shipped(order) == []
    rest = dock.pickings(order)[-1]
    two = dock.odoo.deliver(rest["id"], {second: 2})
    dock.ship()
    assert dock.record("delivery", two).state is State.SYNCED
    assert dock.shipped(order) == [[2]]
    dock.odoo.deliver(dock.pickings(order)[-1]["id"])
    dock.ship()
    assert dock.shipped(order) == [[2], [1]]
    before = dock.writes()
    dock.ledger.retry([waiting.id, f"acme/delivery/{two}"], why="test")
    dock.ship()
    assert dock.writes() == before
