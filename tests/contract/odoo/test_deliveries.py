"""Deliveries: reserved, delivered in parts, asked about, raced for."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from libs.common.errors import Failure, Rejected
from tests.contract.odoo.depot import Depot


def test_a_confirmed_order_has_one_delivery_of_its_goods(depot: Depot) -> None:
    order = depot.order((depot.product(), "3"), (depot.product(4), "4"), (depot.product(kind="service"), "1"))
    found = depot.read(order)
    (picking,) = found["picking_ids"]
    assert (picking["state"], picking["picking_type_code"], picking["origin"]) == (
        "assigned",
        "outgoing",
        found["name"],
    )
    assert (picking["sale_id"], picking["date_done"], picking["backorder_id"]) == (order, False, False)
    lines = [line["id"] for line in found["order_line"]]
    assert sorted(move["sale_line_id"] for move in picking["move_ids"]) == lines[:2]
    assert found["delivery_status"] == "pending"


def test_an_order_of_services_has_no_delivery(depot: Depot) -> None:
    found = depot.read(depot.order((depot.product(kind="service"), "1")))
    assert (found["picking_ids"], found["delivery_status"]) == ([], False)


def test_missing_stock_waits_and_is_reserved_when_it_comes(depot: Depot) -> None:
    product = depot.product(0)
    order = depot.order((product, "2"))
    picking = depot.picking(order)
    assert depot.states(order) == [("confirmed", [(2.0, 0.0, "confirmed")])]
    with pytest.raises(Rejected):
        depot.validate(picking)
    depot.stock(product, 1)
    depot.lab.client.call("stock.picking", "action_assign", [[picking["id"]]], write=True)
    assert depot.states(order) == [("assigned", [(2.0, 1.0, "partially_available")])]
    assert depot.held(product) == (1.0, 1.0)
    depot.deliver(order)
    assert depot.states(order) == [("done", [(1.0, 1.0, "done")]), ("confirmed", [(1.0, 0.0, "confirmed")])]


def test_missing_stock_may_be_delivered_all_the_same(depot: Depot) -> None:
    product = depot.product(1)
    order = depot.order((product, "3"))
    depot.deliver(order, 3)
    assert (depot.delivered(order), depot.held(product)) == ([3.0], (-2.0, 0.0))


def test_a_part_is_delivered_with_a_backorder(depot: Depot) -> None:
    order = depot.order((depot.product(), "3"), (depot.product(5), "2"))
    first = depot.deliver(order, 2)
    assert depot.states(order) == [
        ("done", [(2.0, 2.0, "done")]),
        ("assigned", [(2.0, 2.0, "assigned"), (1.0, 1.0, "assigned")]),
    ]
    found = depot.read(order)
    assert found["picking_ids"][1]["backorder_id"] == first["id"]
    assert (found["delivery_status"], bool(found["effective_date"])) == ("partial", True)
    depot.deliver(order)
    assert (depot.delivered(order), depot.read(order)["delivery_status"]) == ([3.0, 2.0], "full")


def test_a_part_is_delivered_without_a_backorder(depot: Depot) -> None:
    order = depot.order((depot.product(), "3"), (depot.product(), "2"))
    picking = depot.picking(order)
    depot.deliver(order, 2, picking_ids_not_to_backorder=[picking["id"]])
    assert depot.states(order) == [("done", [(3.0, 2.0, "done"), (2.0, 0.0, "cancel")])]
    assert (depot.delivered(order), depot.read(order)["delivery_status"]) == ([2.0, 0.0], "full")


def test_a_lower_quantity_shrinks_the_open_move_only_while_their_deadlines_are_the_same(depot: Depot) -> None:
    """The order's date, put back after the confirmation, is the deadline of what Odoo makes from then on."""
    client, update = depot.lab.client, depot.lab.client.update
    aligned, late = depot.order((depot.product(), "3")), depot.order((depot.product(), "3"))
    update("sale.order", [".id", "date_order"], [[order, "2026-11-20 10:00:00"] for order in (aligned, late)])
    move = depot.picking(aligned)["move_ids"][0]["id"]
    lead = client.search_read("sale.order.line", [("order_id", "=", aligned)], ["customer_lead"])[0]["customer_lead"]
    assert lead == 0
    update("stock.move", [".id", "date_deadline"], [[move, "2026-11-20 10:00:00"]])
    for order in (aligned, late):
        (line,) = depot.read(order)["order_line"]
        update("sale.order.line", [".id", "product_uom_qty"], [[line["id"], "1"]])
    assert depot.states(aligned) == [("assigned", [(1.0, 1.0, "assigned")])]
    assert depot.states(late) == [("assigned", [(3.0, 3.0, "assigned")]), ("assigned", [(2.0, 2.0, "assigned")])]


def test_without_an_answer_a_partial_delivery_asks(depot: Depot) -> None:
    order = depot.order((depot.product(), "3"))
    picking = depot.picking(order)
    depot.pick(picking, 1)
    asked = depot.validate(picking, skip_backorder=False)
    assert (asked["res_model"], asked["type"]) == ("stock.backorder.confirmation", "ir.actions.act_window")
    assert depot.picking(order)["state"] == "assigned"


def test_a_race_of_validations_delivers_once(depot: Depot) -> None:
    product = depot.product(10)
    order = depot.order((product, "3"))
    picking = depot.picking(order)

    def validate(_: int) -> Any:
        try:
            return depot.validate(picking)
        except Failure as error:
            return error

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(validate, range(4)))
    assert True in answers
    assert depot.validate(picking) is True
    assert (depot.delivered(order), depot.held(product)) == ([3.0], (7.0, 0.0))
    assert [state for state, _ in depot.states(order)] == ["done"]


def test_a_done_delivery_is_neither_cancelled_nor_assigned(depot: Depot) -> None:
    order = depot.order((depot.product(), "1"))
    picking = depot.deliver(order)
    for method, words in (("action_cancel", "set to 'Done'"), ("action_assign", "Nothing to check")):
        with pytest.raises(Rejected, match=words):
            depot.lab.client.call("stock.picking", method, [[picking["id"]]], write=True)


def test_a_move_of_a_cancelled_delivery_takes_no_quantity(depot: Depot) -> None:
    order = depot.order((depot.product(), "1"))
    picking = depot.picking(order)
    depot.lab.client.call("stock.picking", "action_cancel", [[picking["id"]]], write=True)
    with pytest.raises(Rejected, match="cancelled stock move"):
        depot.pick(picking, 1)
    assert depot.read(order)["delivery_status"] is False
