"""Deliveries that change with their order, are cancelled with it, or come back."""

from __future__ import annotations

from typing import Any

import pytest

from libs.common.errors import Rejected
from tests.contract.odoo.depot import Depot

BELOW_DELIVERED = "cannot be decreased below the amount already delivered"


@pytest.mark.parametrize(
    ("quantity", "expected"),
    [
        (5, ("assigned", [(5.0, 5.0, "assigned")])),
        (1, ("assigned", [(1.0, 1.0, "assigned")])),
        (0, ("cancel", [(0.0, 0.0, "cancel")])),
    ],
)
def test_the_delivery_follows_the_quantity_of_the_line(depot: Depot, quantity: float, expected: Any) -> None:
    product = depot.product(20)
    order = depot.order((product, "3"))
    depot.requantify(order, quantity)
    assert depot.states(order) == [expected]
    assert depot.held(product) == (20.0, quantity)


def test_a_line_added_after_confirmation_joins_the_delivery(depot: Depot) -> None:
    order = depot.order((depot.product(), "3"))
    columns = [".id", "order_line/id", "order_line/product_id/.id", "order_line/product_uom_qty"]
    depot.lab.client.update("sale.order", columns, [[order, depot.lab.external("line"), depot.product(), "2"]])
    assert depot.states(order) == [("assigned", [(3.0, 3.0, "assigned"), (2.0, 2.0, "assigned")])]


def test_after_a_part_the_rest_follows_but_never_below_it(depot: Depot) -> None:
    order = depot.order((depot.product(), "5"))
    depot.deliver(order, 2)
    depot.requantify(order, 4)
    assert depot.states(order)[1] == ("assigned", [(2.0, 2.0, "assigned")])
    depot.requantify(order, 2)
    assert depot.states(order)[1] == ("cancel", [(0.0, 0.0, "cancel")])
    with pytest.raises(Rejected, match=BELOW_DELIVERED):
        depot.requantify(order, 1)
    depot.requantify(order, 3)
    assert depot.states(order)[2] == ("assigned", [(1.0, 1.0, "assigned")])


def test_the_same_quantity_again_sends_what_was_dropped(depot: Depot) -> None:
    """Why a quantity is only written when it changes."""
    order = depot.order((depot.product(), "3"))
    depot.deliver(order, 2, picking_ids_not_to_backorder=[depot.picking(order)["id"]])
    depot.requantify(order, 3)
    assert depot.states(order)[1] == ("assigned", [(1.0, 1.0, "assigned")])


def test_what_was_delivered_too_much_is_fetched_back(depot: Depot) -> None:
    order = depot.order((depot.product(), "2"))
    depot.deliver(order, 5)
    assert depot.delivered(order) == [5.0]
    depot.requantify(order, 2)
    back = depot.picking(order)
    assert (back["picking_type_code"], depot.states(order)[1]) == ("incoming", ("assigned", [(3.0, 3.0, "assigned")]))


def test_a_line_on_its_way_keeps_its_product(depot: Depot) -> None:
    order = depot.order((depot.product(), "2"))
    line = depot.read(order)["order_line"][0]["id"]
    with pytest.raises(Rejected, match="cannot modify the product"):
        depot.lab.client.call("sale.order.line", "write", [[line], {"product_id": depot.product()}], write=True)


@pytest.mark.parametrize(("delivered", "states"), [(0, ["cancel"]), (2, ["done", "cancel"]), (3, ["done"])])
def test_cancelling_an_order_keeps_what_is_delivered(depot: Depot, delivered: float, states: list[str]) -> None:
    product = depot.product(5)
    order = depot.order((product, "3"))
    if delivered:
        depot.deliver(order, delivered)
    for _ in range(2):
        context = {"disable_cancel_warning": True}
        assert depot.lab.client.call("sale.order", "action_cancel", [[order]], write=True, context=context) is True
    found = depot.read(order)
    assert (found["state"], found["delivery_status"]) == ("cancel", "full" if delivered else False)
    assert [state for state, _ in depot.states(order)] == states
    assert (depot.delivered(order), depot.held(product)) == ([delivered], (5.0 - delivered, 0.0))


def test_only_18_asks_before_it_cancels_a_confirmed_order(depot: Depot) -> None:
    order = depot.order((depot.product(), "3"))
    answer = depot.lab.client.call("sale.order", "action_cancel", [[order]], write=True)
    asks = depot.lab.client.version()[0] < 19
    assert (answer is True, depot.read(order)["state"]) == (not asks, "sale" if asks else "cancel")


def test_a_return_is_made_once_and_lowers_what_is_delivered(depot: Depot) -> None:
    product = depot.product(4)
    order = depot.order((product, "4"), (depot.product(), "3"))
    depot.deliver(order)
    columns, rows = depot.return_rows(order, 1)
    made = depot.lab.client.load("stock.picking", columns, rows).ids
    assert depot.lab.client.load("stock.picking", columns, rows).ids == made
    back = depot.picking(order)
    assert (back["id"], back["state"], back["picking_type_code"]) == (made[0], "draft", "incoming")
    assert (back["return_id"], back["sale_id"]) == (depot.picking(order, 0)["id"], order)
    assert depot.read(order)["delivery_status"] == "partial"
    for _ in range(2):
        assert depot.validate(back) is True
    assert depot.lab.client.load("stock.picking", columns, rows).ids == made
    assert depot.states(order)[1] == ("done", [(1.0, 1.0, "done"), (1.0, 1.0, "done")])
    assert (depot.delivered(order), depot.held(product)) == ([3.0, 2.0], (1.0, 0.0))
    assert depot.read(order)["delivery_status"] == "full"


def test_a_return_needs_to_know_its_places(depot: Depot) -> None:
    order = depot.order((depot.product(), "1"))
    depot.deliver(order)
    columns, rows = depot.return_rows(order, 1)
    kept = [index for index, name in enumerate(columns) if name != "location_id/.id"]
    with pytest.raises(Rejected, match="Source Location"):
        depot.lab.client.load("stock.picking", [columns[i] for i in kept], [[row[i] for i in kept] for row in rows])


def test_a_return_that_names_no_order_line_lowers_none(depot: Depot) -> None:
    """A real 18 even adds a line of -1 to the order, because of the group."""
    order = depot.order((depot.product(), "2"))
    depot.deliver(order)
    columns, rows = depot.return_rows(order, 1)
    kept = [index for index, name in enumerate(columns) if name != "move_ids/sale_line_id/.id"]
    made = depot.lab.client.load("stock.picking", [columns[i] for i in kept], [[row[i] for i in kept] for row in rows])
    assert depot.validate({"id": made.ids[0]}) is True
    assert depot.delivered(order)[0] == 2.0
