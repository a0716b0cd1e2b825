"""How much there is of a product, by warehouse and by place, and stock that is imported once."""

from __future__ import annotations

from typing import Any

from services.workers.inventory.apply import IMPORT_FIELDS
from tests.contract.odoo.conftest import MODULE
from tests.contract.odoo.depot import Depot

NAMES = ["free_qty", "qty_available", "virtual_available"]


def quantities(depot: Depot, product: int, **context: Any) -> list[float]:
    asked = [[product]], {"fields": NAMES}
    (row,) = depot.lab.client.call("product.product", "read", *asked, write=False, context=context)
    return [row[name] for name in NAMES]


def warehouse(depot: Depot) -> tuple[int, int]:
    """Its id, and that of its stock's location."""
    (found, *_) = depot.lab.client.search_read("stock.warehouse", [("company_id", "=", 1)], ["lot_stock_id"])
    return found["id"], found["lot_stock_id"][0]


def test_what_is_reserved_is_not_free_and_what_is_to_leave_is_not_forecast(depot: Depot) -> None:
    number, place = warehouse(depot)
    product = depot.product(5)
    depot.order((product, "2"))
    depot.order((product, "4"))
    for context in ({"warehouse_id": [number], "warehouse": [number]}, {"location": [place]}):
        assert quantities(depot, product, **context) == [0, 5, -1]


def test_a_place_inside_another_one_counts_for_both(depot: Depot) -> None:
    number, place = warehouse(depot)
    values = {"name": depot.lab.new("shelf"), "usage": "internal", "location_id": place}
    (shelf,) = depot.lab.client.call("stock.location", "create", [[values]], write=True)
    product = depot.product(5)
    row = {"product_id": product, "location_id": shelf, "inventory_quantity_auto_apply": 3}
    depot.lab.client.call("stock.quant", "create", [[row]], write=True, context={"inventory_mode": True})
    assert quantities(depot, product, location=[shelf])[1] == 3
    assert quantities(depot, product, warehouse_id=[number])[1] == 8


def test_stock_is_imported_once_whatever_is_counted_since(depot: Depot) -> None:
    _, place = warehouse(depot)
    product = depot.product(0)
    row = (f"{MODULE}.{depot.lab.new('stock')}", product, place, 12)
    client = depot.lab.client
    first = client.load("stock.quant", IMPORT_FIELDS, [row], context={"inventory_mode": True}).ids
    depot.stock(product, 5)
    assert client.load("stock.quant", IMPORT_FIELDS, [row], context={"inventory_mode": True}).ids == first
    assert depot.held(product) == (5, 0)
