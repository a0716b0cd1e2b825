"""Kits (phantom bills of materials), as every Odoo delivers, counts and takes them back. Real ones need the app mrp."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace
from typing import cast

import pytest

from libs.common.domain.kits import Kit, kit_of
from libs.common.domain.outcomes import Hold, Nothing
from libs.common.domain.sales import SaleOrder
from libs.common.domain.shipping import delivered_units, moved_units, returned_units
from services.scheduler.odoo_poll.polled import Looking
from services.scheduler.odoo_poll.stock import kits_with
from services.workers.context import StoreContext
from services.workers.refunds.far_side import read_deliveries
from services.workers.refunds.kits import returned_kits
from services.workers.refunds.model import PlannedReturn
from services.workers.refunds.rows import return_fields, return_rows
from tests.contract.odoo.conftest import Lab, store_of
from tests.contract.odoo.depot import VALIDATE, Depot
from tests.contract.odoo.test_deliveries_applied import RULES, carried_out, decide, fulfillment, read


@pytest.fixture
def store(lab: Lab) -> StoreContext:
    return store_of(lab.client, RULES)


def understood(order: SaleOrder, line: int = 0) -> Kit:
    kit = kit_of(order, order.lines[line])
    assert kit is not None
    assert kit.understood
    return kit


def test_kits_are_delivered_in_part_the_rest_waits_and_a_repeat_finds_nothing_to_do(
    depot: Depot, store: StoreContext
) -> None:
    kit = depot.kit(two=(depot.product(20), 2), one=(depot.product(20), 1))
    order = depot.order((kit, "5"), (depot.product(), "1"))
    first, second = fulfillment(1, 2, 0), fulfillment(2, 3, 1)
    carried_out(store, decide(store, order, first))
    assert depot.delivered(order) == [2.0, 0.0]
    assert sorted(depot.states(order)[0][1]) == [(2.0, 2.0, "done"), (4.0, 4.0, "done")]
    assert isinstance(decide(store, order, first), Nothing)
    carried_out(store, decide(store, order, first, second))
    assert depot.delivered(order) == [5.0, 1.0]
    assert [state for state, _ in depot.states(order)] == ["done", "done"]
    assert isinstance(decide(store, order, first, second), Nothing)
    held = decide(store, order, first, second, fulfillment(3, 1, 0))
    assert isinstance(held, Hold), "no kit is left"
    assert held.code == "delivery_short"


def test_parts_that_left_ahead_count_when_their_kit_is_delivered(depot: Depot, store: StoreContext) -> None:
    kit = depot.kit(two=(depot.product(20), 2), one=(depot.product(20), 1))
    order = depot.order((kit, "3"))
    depot.deliver(order, 4)  # of the first part only: none of the kits is whole
    alone = read(store, order)
    assert (moved_units(alone, alone.deliveries), depot.delivered(order)) == ({}, [0.0])
    carried_out(store, decide(store, order, fulfillment(1, 2)))
    assert depot.delivered(order) == [2.0]
    done = read(store, order)
    first, second, *_ = sorted(done.deliveries, key=lambda one: one.id)
    assert [moved_units(done, [one]) for one in (first, second)] == [{}, {"0": Decimal(2)}]
    assert delivered_units(done) == {"0": Decimal(2)}


def test_a_rest_that_was_given_up_leaves_the_kit_understood(depot: Depot, store: StoreContext) -> None:
    kit = depot.kit(two=(depot.product(20), 2), one=(depot.product(20), 1))
    order = depot.order((kit, "5"))
    picking = depot.picking(order)
    depot.deliver(order, 4, 2, picking_ids_not_to_backorder=[picking["id"]])
    found = read(store, order)
    assert (understood(found).delivered, delivered_units(found)) == (2, {"0": Decimal(2)})


def test_a_kit_in_a_kit_is_delivered_by_its_innermost_parts(depot: Depot, store: StoreContext) -> None:
    inner = depot.kit(one=(depot.product(20), 2))
    order = depot.order((depot.kit(inner=(inner, 2), loose=(depot.product(20), 1)), "3"))
    carried_out(store, decide(store, order, fulfillment(1, 1)))
    assert depot.delivered(order) == [1.0]
    assert sorted(depot.states(order)[0][1]) == [(1.0, 1.0, "done"), (4.0, 4.0, "done")]


def test_an_order_that_was_lowered_delivers_what_is_left_of_its_kits(depot: Depot, store: StoreContext) -> None:
    order = depot.order((depot.kit(two=(depot.product(20), 2), one=(depot.product(20), 1)), "5"))
    carried_out(store, decide(store, order, fulfillment(1, 2)))
    depot.requantify(order, 3)
    carried_out(store, decide(store, order, fulfillment(1, 2), fulfillment(2, 1)))
    assert depot.delivered(order) == [3.0]
    assert understood(read(store, order)).delivered == 3


def test_a_kit_comes_back_with_all_its_parts_and_only_once(depot: Depot, store: StoreContext) -> None:
    two, one = depot.product(20), depot.product(20)
    order = depot.order((depot.kit(two=(two, 2), one=(one, 1)), "3"))
    depot.deliver(order)
    sale = read(store, order)
    moves = returned_kits(understood(sale), sale, None, wanted=1, before=0)
    assert sorted(str(move.quantity) for move in moves) == ["1", "2"]
    grouped = store.odoo_fields.move_name
    planned = PlannedReturn(depot.lab.external("return"), tuple(moves))
    deliveries = read_deliveries(store.odoo, [move.picking_id for move in moves], grouped=grouped)
    rows = return_rows(planned, deliveries, store.odoo_fields, grouped=grouped)
    columns = return_fields(store.odoo_fields, grouped=grouped)
    made = {store.odoo.load("stock.picking", columns, rows).ids[0] for _ in range(2)}
    assert len(made) == 1
    for _ in range(2):
        store.odoo.call("stock.picking", "button_validate", [list(made)], write=True, context=VALIDATE)
    assert depot.delivered(order) == [2.0]
    assert (depot.held(two)[0], depot.held(one)[0]) == (16.0, 18.0)
    back = read(store, order)
    assert (returned_units(back), delivered_units(back)) == ({"0": Decimal(1)}, {"0": Decimal(3)})
    assert returned_kits(understood(back), back, None, wanted=3, before=1)[0].line_units == 1


def test_stock_of_a_kit_is_what_its_parts_make_and_a_reserved_part_is_not_free(depot: Depot) -> None:
    kit = depot.kit(two=(depot.product(9), 2), one=(depot.product(7), 1))
    (shown,) = depot.lab.client.web_read("product.product", [kit], {"free_qty": {}, "qty_available": {}})
    assert (shown["free_qty"], shown["qty_available"]) == (4.0, 4.0)
    depot.order((kit, "3"))
    (shown,) = depot.lab.client.web_read("product.product", [kit], {"free_qty": {}, "qty_available": {}})
    assert (shown["free_qty"], shown["qty_available"]) == (1.0, 4.0)


def test_what_is_a_part_of_a_kit_tells_of_it_and_of_the_kits_that_it_is_in(depot: Depot) -> None:
    part = depot.product(9)
    inner = depot.kit(two=(part, 2))
    outer = depot.kit(inner=(inner, 1), loose=(depot.product(4), 1))
    look = cast("Looking", SimpleNamespace(client=depot.lab.client, has_model=lambda _: True))
    assert kits_with(look, {part}) == {part: {inner, outer}}
