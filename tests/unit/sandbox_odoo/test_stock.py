"""What is in stock and who gets it, warehouses, carriers: as measured on real 18 and 19."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.sandbox_odoo.delivering import VALIDATE, order_of, read, states

if TYPE_CHECKING:
    from tests.unit.sandbox_odoo.conftest import Client, Connect


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


def test_a_customer_with_a_phone_would_be_texted(odoo: Client) -> None:
    order = order_of(odoo, (odoo.sandbox.add_product(name="a"), 1))
    odoo.sandbox.change("res.partner", read(odoo, order)["partner_id"][0], phone="+1 650 555 0111")
    [picking] = read(odoo, order)["picking_ids"]
    asked = odoo("stock.picking", "button_validate", [picking], context={"skip_backorder": True})
    assert asked["res_model"] == "confirm.stock.sms"
    assert states(odoo, order)[0][0] == "assigned"


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
