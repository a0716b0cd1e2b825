"""When a shop's points are not enough for all of a batch: what was read and written is kept, and the rest comes back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from libs.common.ledger.model import State
from libs.sandbox.faults import Call, Error, Fault, Refuse
from services.workers.inventory import levels, order_book
from tests.integration.inventory.shelf import CAP, MUG, Shelf, link, open_shelf

THIRD = "BENCH-002"
ALL = (MUG, CAP, THIRD)
THROTTLED = Error("THROTTLED")


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    with open_shelf() as shelf:
        link(shelf, THIRD)
        for sku in ALL:
            shelf.shop.set_level(sku, 0)
            shelf.count(5, sku)
        yield shelf


def test_pairs_that_were_read_are_written_and_the_others_come_back_one_request_after_the_other(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were all of them put off for want of points, as many would come back, and none would ever be done."""
    monkeypatch.setattr(levels, "LEVELS_AT_ONCE", 1)
    shelf.poll()
    shelf.shop.faults.add(Fault("InventoryLevels", Refuse(429, headers={"Retry-After": "10"}), nth=2))
    shelf.look_once()
    assert sorted(shelf.available(sku) or 0 for sku in ALL) == [0, 0, 5]
    late = [pair for pair in map(shelf.pair, ALL) if pair.state is State.DUE]
    assert [pair.attempts for pair in late] == [0, 0]
    first, second = sorted(pair.due_at for pair in late if pair.due_at)
    assert 9 <= (second - first).total_seconds() <= 11
    shelf.ledger.retry([pair.id for pair in late], why="test")
    shelf.work()
    assert [shelf.available(sku) for sku in ALL] == [5, 5, 5]


def test_orders_that_were_read_are_not_read_again(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order_book, "ORDERS_AT_ONCE", 1)
    shelf.settle()
    for _ in range(3):
        shelf.buy()
    shelf.count(12)
    shelf.poll()
    shelf.shop.calls.clear()
    shelf.shop.faults.add(Fault("OrderUnits", THROTTLED, nth=3))
    shelf.look_once()
    assert shelf.shop.calls.count("OrderUnits") == 3
    shelf.ledger.retry([shelf.pair().id], why="test")
    shelf.look_once()
    assert shelf.shop.calls.count("OrderUnits") == 3 + 1
    assert shelf.available() == 9


def test_what_cannot_be_read_again_leaves_what_was_written_as_it_is(shelf: Shelf) -> None:
    shelf.poll()
    shelf.shop.faults.add(Fault("InventorySetQuantities", Call(lambda: shelf.shop.set_level(CAP, 1))))
    shelf.shop.faults.add(Fault("InventoryLevels", THROTTLED, nth=2))
    shelf.look_once()
    assert [shelf.available(sku) for sku in ALL] == [5, 1, 5]
    assert [shelf.pair(sku).state for sku in ALL] == [State.SYNCED, State.DUE, State.SYNCED]
    assert shelf.pair(CAP).attempts == 0
