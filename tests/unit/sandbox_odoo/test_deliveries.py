"""Deliveries of orders: what confirming, changing, cancelling and validating do, as measured on real 18 and 19."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.sandbox_odoo.delivering import VALIDATE, order_of, read, set_quantity, states

if TYPE_CHECKING:
    from tests.unit.sandbox_odoo.conftest import Client


def test_confirming_makes_one_delivery_of_the_goods(odoo: Client) -> None:
    goods, storable = odoo.sandbox.add_product(name="goods"), odoo.sandbox.add_product(name="box", storable=True)
    service = odoo.sandbox.add_product(name="work", type="service")
    odoo.sandbox.set_stock(storable, 1)
    order = order_of(odoo, (goods, 3), (storable, 2), (service, 1))
    [picking] = odoo.sandbox.pickings(order)
    assert (picking["name"], picking["picking_type_code"], picking["origin"]) == ("WH/OUT/00001", "outgoing", "S00001")
    assert picking["sale_id"] == [order, "S00001"]
    assert states(odoo, order) == [("assigned", [(3.0, 3.0, "assigned"), (2.0, 1.0, "partially_available")])]
    assert read(odoo, order)["delivery_status"] == "pending"
    assert read(odoo, order)["picking_ids"] == [picking["id"]]


def test_services_alone_are_not_delivered(odoo: Client) -> None:
    order = order_of(odoo, (odoo.sandbox.add_product(name="work", type="service"), 1))
    assert odoo.sandbox.pickings(order) == []
    assert read(odoo, order)["delivery_status"] is False


def test_a_part_is_delivered_and_the_rest_is_a_backorder(odoo: Client) -> None:
    order = order_of(odoo, (odoo.sandbox.add_product(name="a"), 3), (odoo.sandbox.add_product(name="b"), 2))
    [picking] = odoo.sandbox.pickings(order)
    rows = [[str(picking["move_ids"][0]), "2", "1"]]
    assert odoo.load("stock.move", [".id", "quantity", "picked"], rows, noupdate=False)["ids"]
    asked = odoo("stock.picking", "button_validate", [picking["id"]], context={"skip_sms": True})
    assert asked["res_model"] == "stock.backorder.confirmation"
    assert odoo("stock.picking", "button_validate", [picking["id"]], context=VALIDATE) is True
    done, rest = odoo.sandbox.pickings(order)
    assert rest["backorder_id"][0] == done["id"]
    assert states(odoo, order) == [
        ("done", [(2.0, 2.0, "done")]),
        ("assigned", [(2.0, 2.0, "assigned"), (1.0, 1.0, "assigned")]),
    ]
    found = read(odoo, order)
    assert [line["qty_delivered"] for line in found["lines"]] == [2.0, 0.0]
    assert (found["delivery_status"], found["effective_date"]) == ("partial", done["date_done"])
    assert odoo.sandbox.journal.count("stock.picking", "done") == 1


def test_without_a_backorder_the_rest_is_dropped(odoo: Client) -> None:
    order = order_of(odoo, (odoo.sandbox.add_product(name="a"), 3), (odoo.sandbox.add_product(name="b"), 2))
    [picking] = odoo.sandbox.pickings(order)
    odoo.sandbox.deliver(picking["id"], {picking["moves"][0]["product_id"][0]: 2}, backorder=False)
    assert states(odoo, order) == [("done", [(3.0, 2.0, "done"), (2.0, 0.0, "cancel")])]
    assert read(odoo, order)["delivery_status"] == "full"


def test_validating_twice_delivers_once(odoo: Client) -> None:
    product = odoo.sandbox.add_product(name="box", storable=True)
    odoo.sandbox.set_stock(product, 5)
    order = order_of(odoo, (product, 2))
    [picking] = read(odoo, order)["picking_ids"]
    for _ in range(2):
        assert odoo("stock.picking", "button_validate", [picking], context=VALIDATE) is True
    assert read(odoo, order)["lines"][0]["qty_delivered"] == 2.0
    assert odoo("product.product", "read", [product], fields=["qty_available", "free_qty"])[0]["qty_available"] == 3.0
    assert odoo.sandbox.journal.count("stock.picking", "done", id=picking) == 1
    assert "set to 'Done'" in odoo.refused("stock.picking", "action_cancel", [picking]).message


@pytest.mark.parametrize(
    ("quantity", "expected"),
    [
        (5, [("assigned", [(5.0, 5.0, "assigned")])]),
        (1, [("assigned", [(1.0, 1.0, "assigned")])]),
        (0, [("cancel", [(0.0, 0.0, "cancel")])]),
    ],
)
def test_the_open_move_follows_the_quantity(odoo: Client, quantity: float, expected: Any) -> None:
    order = order_of(odoo, (odoo.sandbox.add_product(name="a"), 3))
    set_quantity(odoo, order, quantity)
    assert states(odoo, order) == expected


def test_a_line_raised_again_from_nothing_gets_a_new_delivery(odoo: Client) -> None:
    order = order_of(odoo, (odoo.sandbox.add_product(name="a"), 3))
    set_quantity(odoo, order, 0)
    set_quantity(odoo, order, 2)
    assert states(odoo, order) == [("cancel", [(0.0, 0.0, "cancel")]), ("assigned", [(2.0, 2.0, "assigned")])]


def test_a_line_may_not_go_below_what_is_delivered(odoo: Client) -> None:
    order = order_of(odoo, (odoo.sandbox.add_product(name="a"), 5))
    odoo.sandbox.deliver(read(odoo, order)["picking_ids"][0], {read(odoo, order)["order_line"][0]: 2})
    set_quantity(odoo, order, 4)
    assert states(odoo, order)[1] == ("assigned", [(2.0, 2.0, "assigned")])
    set_quantity(odoo, order, 2)
    assert states(odoo, order)[1] == ("cancel", [(0.0, 0.0, "cancel")])
    line = read(odoo, order)["order_line"]
    refused = odoo.refused("sale.order.line", "write", line, {"product_uom_qty": 1})
    assert "cannot be decreased below the amount already delivered" in refused.message


def test_more_than_was_delivered_makes_another_delivery(odoo: Client) -> None:
    order = order_of(odoo, (odoo.sandbox.add_product(name="a"), 3))
    odoo.sandbox.deliver(read(odoo, order)["picking_ids"][0])
    set_quantity(odoo, order, 4)
    assert states(odoo, order)[1] == ("assigned", [(1.0, 1.0, "assigned")])
    assert read(odoo, order)["delivery_status"] == "partial"


def test_a_line_added_to_a_confirmed_order_joins_its_delivery(odoo: Client) -> None:
    first, second = odoo.sandbox.add_product(name="a"), odoo.sandbox.add_product(name="b")
    order = order_of(odoo, (first, 3))
    odoo("sale.order", "write", [order], {"order_line": [(0, 0, {"product_id": second, "product_uom_qty": 2})]})
    assert states(odoo, order) == [("assigned", [(3.0, 3.0, "assigned"), (2.0, 2.0, "assigned")])]


def test_a_line_with_moves_keeps_its_product(odoo: Client) -> None:
    order = order_of(odoo, (odoo.sandbox.add_product(name="a"), 3))
    values = {"product_id": odoo.sandbox.add_product(name="b")}
    refused = odoo.refused("sale.order.line", "write", read(odoo, order)["order_line"], values)
    assert refused.message == "You cannot modify the product of this order line."


def test_cancelling_cancels_what_is_not_delivered(odoo: Client) -> None:
    product = odoo.sandbox.add_product(name="box", storable=True)
    odoo.sandbox.set_stock(product, 9)
    order = order_of(odoo, (product, 3))
    odoo.sandbox.deliver(read(odoo, order)["picking_ids"][0], {product: 2})
    assert odoo("sale.order", "action_cancel", [order], context={"disable_cancel_warning": True}) is True
    assert states(odoo, order) == [("done", [(2.0, 2.0, "done")]), ("cancel", [(1.0, 0.0, "cancel")])]
    found = read(odoo, order)
    assert (found["state"], found["delivery_status"]) == ("cancel", "full")
    assert odoo("product.product", "read", [product], fields=["qty_available", "free_qty"])[0]["free_qty"] == 7.0


def test_a_cancelled_order_confirmed_anew_is_delivered_anew(odoo: Client) -> None:
    order = order_of(odoo, (odoo.sandbox.add_product(name="a"), 3))
    odoo("sale.order", "action_cancel", [order], context={"disable_cancel_warning": True})
    odoo("sale.order", "action_draft", [order])
    odoo("sale.order", "action_confirm", [order])
    assert [state for state, _ in states(odoo, order)] == ["cancel", "assigned"]


def test_a_locked_order_is_neither_cancelled_nor_changed(odoo: Client) -> None:
    order = order_of(odoo, (odoo.sandbox.add_product(name="a"), 3))
    odoo("sale.order", "action_lock", [order])
    refused = odoo.refused("sale.order", "action_cancel", [order], context={"disable_cancel_warning": True})
    assert refused.message == "You cannot cancel a locked order. Please unlock it first."
    refused = odoo.refused("sale.order.line", "write", read(odoo, order)["order_line"], {"product_uom_qty": 1})
    assert refused.message.endswith("in a locked order:\nQuantity")
    odoo("sale.order", "action_unlock", [order])
    set_quantity(odoo, order, 1)
    assert states(odoo, order) == [("assigned", [(1.0, 1.0, "assigned")])]


def test_what_is_picked_stays_when_its_line_goes(odoo: Client) -> None:
    order = order_of(odoo, (odoo.sandbox.add_product(name="a"), 3))
    [picking] = odoo.sandbox.pickings(order)
    odoo.sandbox.change("stock.move", picking["move_ids"][0], quantity=2, picked=True)
    set_quantity(odoo, order, 0)
    assert states(odoo, order) == [("assigned", [(0.0, 2.0, "assigned")])]
