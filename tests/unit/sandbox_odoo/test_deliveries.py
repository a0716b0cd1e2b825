"""Deliveries of orders: what confirming, changing, cancelling and validating do, as measured on real 18 and 19."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.unit.sandbox_odoo.conftest import Client, Connect

VALIDATE = {"skip_sms": True, "skip_backorder": True}


def order_of(odoo: Client, *lines: tuple[int, float]) -> int:
    """A confirmed order of (product, quantity)."""
    partner = odoo.sandbox.add("res.partner", name="Ada")
    values = [(0, 0, {"product_id": product, "product_uom_qty": quantity}) for product, quantity in lines]
    order = odoo.sandbox.add("sale.order", partner_id=partner, order_line=values)
    assert odoo("sale.order", "action_confirm", [order]) is True
    return order


def read(odoo: Client, order: int) -> dict[str, Any]:
    [found] = odoo.sandbox.orders([("id", "=", order)])
    return found


def states(odoo: Client, order: int) -> list[tuple[str, list[tuple[float, float, str]]]]:
    """Of each picking its state and its moves (demand, quantity, state)."""
    return [
        (one["state"], [(move["product_uom_qty"], move["quantity"], move["state"]) for move in one["moves"]])
        for one in odoo.sandbox.pickings(order)
    ]


def set_quantity(odoo: Client, order: int, quantity: float) -> None:
    odoo("sale.order.line", "write", [read(odoo, order)["order_line"][0]], {"product_uom_qty": quantity})


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


def test_what_is_not_in_stock_waits_until_it_is(odoo: Client) -> None:
    product = odoo.sandbox.add_product(name="box", storable=True)
    order = order_of(odoo, (product, 2))
    [picking] = read(odoo, order)["picking_ids"]
    assert odoo("stock.picking", "action_assign", [picking]) is True
    assert states(odoo, order) == [("confirmed", [(2.0, 0.0, "confirmed")])]
    refused = odoo.refused("stock.picking", "button_validate", [picking])
    assert refused.message.startswith(("Transfer trouble alert!", "You cannot validate a transfer if no quantities"))
    odoo.sandbox.set_stock(product, 5)
    odoo("stock.picking", "action_assign", [picking])
    assert states(odoo, order) == [("assigned", [(2.0, 2.0, "assigned")])]
    quant = odoo.sandbox.find("stock.quant", [("product_id", "=", product), ("location_id.usage", "=", "internal")])
    assert [(one["quantity"], one["reserved_quantity"]) for one in quant] == [(5.0, 2.0)]


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


def test_a_customer_with_a_phone_would_be_texted(odoo: Client) -> None:
    order = order_of(odoo, (odoo.sandbox.add_product(name="a"), 1))
    odoo.sandbox.change("res.partner", read(odoo, order)["partner_id"][0], phone="+1 650 555 0111")
    [picking] = read(odoo, order)["picking_ids"]
    asked = odoo("stock.picking", "button_validate", [picking], context={"skip_backorder": True})
    assert asked["res_model"] == "confirm.stock.sms"
    assert states(odoo, order)[0][0] == "assigned"


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


def test_another_company_delivers_from_its_own_warehouse(odoo19: Client) -> None:
    company = odoo19.sandbox.add_company("Second")
    [warehouse] = odoo19.sandbox.find("stock.warehouse", [("company_id", "=", company)])
    assert warehouse["lot_stock_id"][1] == "Secon/Stock"
    assert warehouse["out_type_id"][1] == "Second: Delivery Orders"


@pytest.mark.parametrize("version", ["18", "19"])
def test_a_delivery_has_a_carrier_with_the_app_that_brings_them(connect: Connect, version: str) -> None:
    odoo = connect(version, delivery=True)
    odoo.sandbox.add_carrier("DHL", "https://dhl.example/track/<shipmenttrackingnumber>")
    order = order_of(odoo, (odoo.sandbox.add_product(name="a"), 1))
    odoo.sandbox.deliver(read(odoo, order)["picking_ids"][0], carrier="DHL", tracking="JD01")
    [picking] = odoo.sandbox.pickings(order)
    assert (picking["carrier_id"][1], picking["carrier_tracking_ref"]) == ("DHL", "JD01")
    assert picking["carrier_tracking_url"] == "https://dhl.example/track/JD01"
    odoo.sandbox.track(picking["id"], "JD02")
    assert odoo.sandbox.pickings(order)[0]["carrier_tracking_ref"] == "JD02"


def test_without_that_app_there_is_no_carrier(odoo: Client) -> None:
    assert "carrier_id" not in odoo("stock.picking", "fields_get")
    assert odoo.refused("delivery.carrier", "search", []).message == "Object delivery.carrier doesn't exist"


def test_a_count_below_what_is_reserved_frees_the_latest_reservation(odoo: Client) -> None:
    product = odoo.sandbox.add_product(name="box", storable=True)
    odoo.sandbox.set_stock(product, 5)
    first, second = order_of(odoo, (product, 2)), order_of(odoo, (product, 3))
    odoo.sandbox.set_stock(product, 3)
    assert states(odoo, first) == [("assigned", [(2.0, 2.0, "assigned")])]
    assert states(odoo, second) == [("assigned", [(3.0, 1.0, "partially_available")])]


def test_a_delivery_of_what_another_had_reserved_takes_it_away(odoo: Client) -> None:
    product = odoo.sandbox.add_product(name="box", storable=True)
    odoo.sandbox.set_stock(product, 2)
    waiting, urgent = order_of(odoo, (product, 2)), order_of(odoo, (product, 2))
    odoo.sandbox.deliver(read(odoo, urgent)["picking_ids"][0])
    assert states(odoo, waiting) == [("confirmed", [(2.0, 0.0, "confirmed")])]


def test_a_done_delivery_is_corrected_by_its_quantity(odoo: Client) -> None:
    product = odoo.sandbox.add_product(name="box", storable=True)
    odoo.sandbox.set_stock(product, 5)
    order = order_of(odoo, (product, 3))
    odoo.sandbox.deliver(read(odoo, order)["picking_ids"][0])
    odoo("stock.move", "write", odoo.sandbox.pickings(order)[0]["move_ids"], {"quantity": 1})
    assert read(odoo, order)["lines"][0]["qty_delivered"] == 1.0
    assert odoo("product.product", "read", [product], fields=["qty_available", "free_qty"])[0]["qty_available"] == 4.0


def test_a_sales_user_confirms_and_reads_deliveries(odoo: Client) -> None:
    uid = odoo.sandbox.add_user("sally", "sally-key")
    partner, product = odoo.sandbox.add("res.partner", name="Ada"), odoo.sandbox.add_product(name="a")
    values = {"partner_id": partner, "order_line": [(0, 0, {"product_id": product, "product_uom_qty": 2})]}
    sally = odoo.as_user(uid, "sally-key")
    order = sally("sale.order", "create", values)
    sally("sale.order", "action_confirm", [order])
    [picking] = sally("stock.picking", "search_read", [("sale_id", "=", order)], ["state"])
    assert picking["state"] == "assigned"
    assert sally("stock.picking", "button_validate", [picking["id"]], context=VALIDATE) is True


def test_an_order_is_delivered_from_its_warehouse(odoo: Client) -> None:
    product = odoo.sandbox.add_product(name="box", storable=True)
    west = odoo.sandbox.add("stock.warehouse", name="West", code="WST")
    [warehouse] = odoo.sandbox.find("stock.warehouse", [("id", "=", west)])
    odoo.sandbox.set_stock(product, 1)
    odoo.sandbox.set_stock(product, 5, location_id=warehouse["lot_stock_id"][0])
    partner = odoo.sandbox.add("res.partner", name="Ada")
    line = [(0, 0, {"product_id": product, "product_uom_qty": 4})]
    order = odoo.sandbox.add("sale.order", partner_id=partner, warehouse_id=west, order_line=line)
    odoo("sale.order", "action_confirm", [order])
    [picking] = odoo.sandbox.pickings(order)
    assert (picking["name"], picking["location_id"][1]) == ("WST/OUT/00001", "WST/Stock")
    assert states(odoo, order) == [("assigned", [(4.0, 4.0, "assigned")])]
    [kind] = odoo("stock.picking", "web_read", [picking["id"]], {"picking_type_id": {"fields": {"warehouse_id": {}}}})
    assert kind["picking_type_id"]["warehouse_id"] == west
    assert odoo("product.product", "read", [product], fields=["qty_available", "free_qty"])[0]["free_qty"] == 2.0


def test_deliveries_are_found_as_a_poll_looks_for_them(odoo: Client) -> None:
    order = order_of(odoo, (odoo.sandbox.add_product(name="a"), 3))
    [picking] = read(odoo, order)["picking_ids"]
    domain = [("picking_type_code", "=", "outgoing"), ("state", "=", "done"), ("sale_id", "!=", False)]
    assert odoo("stock.picking", "search", domain) == []
    odoo.sandbox.deliver(picking, {read(odoo, order)["order_line"][0]: 1})
    [found] = odoo("stock.picking", "search_read", domain, ["write_date", "date_done"])
    assert found["id"] == picking
    since = [*domain, ("write_date", ">=", found["date_done"])]
    assert odoo("stock.picking", "search", since) == [picking]
