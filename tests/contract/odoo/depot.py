"""A warehouse for the contract tests: products with a stock, orders, their deliveries, and what comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from libs.common.odoo.cells import Cell
from tests.contract.odoo.conftest import Lab

VALIDATE = {"skip_sms": True, "skip_backorder": True}
MOVES = ("product_uom_qty", "quantity", "picked", "state", "sale_line_id", "product_id", "origin_returned_move_id")
PICKING = (
    "name",
    "state",
    "picking_type_code",
    "date_done",
    "backorder_id",
    "return_id",
    "origin",
    "sale_id",
    "partner_id",
    "location_id",
    "location_dest_id",
)


@dataclass
class Depot:
    """The warehouse of a lab."""

    lab: Lab

    def product(self, stock: float | None = None, kind: str = "consu") -> int:
        """A product; storable when a stock is given."""
        values = [self.lab.external("product"), self.lab.new("product"), kind, "1" if stock is not None else ""]
        (product,) = self.lab.client.load("product.product", ["id", "name", "type", "is_storable"], [values]).ids
        if stock:
            self.stock(product, stock)
        return product

    def kit(self, **parts: tuple[int, float]) -> int:
        """A product that is delivered as (product, quantity) of each part; skipped where Odoo has no app for it."""
        if not self.lab.fields.move_bom_line:
            pytest.skip("the app mrp is not installed")
        kit = self.product()
        (found,) = self.lab.client.search_read("product.product", [("id", "=", kit)], ["product_tmpl_id"])
        lines = [(0, 0, {"product_id": part, "product_qty": each}) for part, each in parts.values()]
        bom = {
            "type": "phantom",
            "product_tmpl_id": found["product_tmpl_id"][0],
            "product_qty": 1,
            "bom_line_ids": lines,
        }
        self.lab.client.call("mrp.bom", "create", [[bom]], write=True)
        return kit

    def stock(self, product: int, quantity: float) -> None:
        (warehouse, *_) = self.lab.client.search_read("stock.warehouse", [("company_id", "=", 1)], ["lot_stock_id"])
        place = warehouse["lot_stock_id"][0]
        values = {"product_id": product, "location_id": place, "inventory_quantity_auto_apply": quantity}
        self.lab.client.call("stock.quant", "create", [[values]], write=True, context={"inventory_mode": True})

    def held(self, product: int) -> tuple[float, float]:
        """What is there, and how much of it is reserved."""
        domain = [("product_id", "=", product), ("location_id.usage", "=", "internal")]
        quants = self.lab.client.search_read("stock.quant", domain, ["quantity", "reserved_quantity"])
        return sum(one["quantity"] for one in quants), sum(one["reserved_quantity"] for one in quants)

    def order(self, *lines: tuple[int, str]) -> int:
        """A confirmed order of (product, quantity)."""
        columns = [
            "id",
            "partner_id/.id",
            *(f"order_line/{name}" for name in ("id", "product_id/.id", "product_uom_qty")),
        ]
        external = self.lab.external("order")
        rows: list[list[Cell]] = [
            [external if number == 0 else "", self.lab.customer if number == 0 else "", f"{external}_{number}", *line]
            for number, line in enumerate(lines)
        ]
        (order,) = self.lab.client.load("sale.order", columns, rows).ids
        self.lab.client.call("sale.order", "action_confirm", [[order]], write=True)
        return order

    def read(self, order: int) -> dict[str, Any]:
        """The order with its lines, and its pickings oldest first."""
        specification: dict[str, Any] = {name: {} for name in ("name", "state", "delivery_status", "effective_date")}
        specification["order_line"] = _fields("product_uom_qty", "qty_delivered", "product_id")
        specification["picking_ids"] = _fields(*PICKING, move_ids=_fields(*MOVES))
        (found,) = self.lab.client.web_read("sale.order", [order], specification)
        found["picking_ids"].sort(key=lambda picking: picking["id"])
        return found

    def states(self, order: int) -> list[tuple[str, list[tuple[float, float, str]]]]:
        """Of each picking its state and its moves (demand, quantity, state), in the order of their ids."""
        told = []
        for picking in self.read(order)["picking_ids"]:
            moves = sorted(picking["move_ids"], key=lambda move: move["id"])
            told.append((picking["state"], [(m["product_uom_qty"], m["quantity"], m["state"]) for m in moves]))
        return told

    def delivered(self, order: int) -> list[float]:
        return [line["qty_delivered"] for line in self.read(order)["order_line"]]

    def picking(self, order: int, number: int = -1) -> dict[str, Any]:
        found: dict[str, Any] = self.read(order)["picking_ids"][number]
        return found

    def pick(self, picking: Mapping[str, Any], *quantities: float) -> None:
        """Says of the first moves how much is picked."""
        moves = sorted(move["id"] for move in picking["move_ids"])
        rows: list[list[Cell]] = [[move, str(quantity), "1"] for move, quantity in zip(moves, quantities, strict=False)]
        self.lab.client.update("stock.move", [".id", "quantity", "picked"], rows)

    def validate(self, picking: Mapping[str, Any], **context: Any) -> Any:
        given = {**VALIDATE, **context}
        return self.lab.client.call("stock.picking", "button_validate", [[picking["id"]]], write=True, context=given)

    def deliver(self, order: int, *quantities: float, **context: Any) -> dict[str, Any]:
        picking = self.picking(order)
        if quantities:
            self.pick(picking, *quantities)
        assert self.validate(picking, **context) is True
        return picking

    def requantify(self, order: int, quantity: float) -> None:
        line = self.read(order)["order_line"][0]["id"]
        self.lab.client.call("sale.order.line", "write", [[line], {"product_uom_qty": quantity}], write=True)

    def return_rows(self, order: int, quantity: float) -> tuple[list[str], list[list[Cell]]]:
        """Columns and rows that take back so much of every move of the order's first delivery."""
        client, delivery = self.lab.client, self.picking(order, 0)
        old = "name" in client.fields_get("stock.move")
        wanted = {"picking_type_id": _fields("return_picking_type_id"), **({"group_id": {}} if old else {})}
        (read,) = client.web_read("stock.picking", [delivery["id"]], wanted)
        back, there = delivery["location_dest_id"], delivery["location_id"]
        head: dict[str, Cell] = {
            "id": self.lab.external("return"),
            "picking_type_id/.id": read["picking_type_id"]["return_picking_type_id"],
            "location_id/.id": back,
            "location_dest_id/.id": there,
            "partner_id/.id": delivery["partner_id"],
            "origin": f"Return of {delivery['name']}",
            "return_id/.id": delivery["id"],
            "move_type": "direct",
        }
        rows = []
        for number, move in enumerate(delivery["move_ids"]):
            cells: dict[str, Cell] = {
                "product_id/.id": move["product_id"],
                "product_uom_qty": str(quantity),
                "location_id/.id": back,
                "location_dest_id/.id": there,
                "origin_returned_move_id/.id": move["id"],
                "to_refund": "1",
                "sale_line_id/.id": move["sale_line_id"],
            }
            cells |= {"name": "return", "group_id/.id": read["group_id"]} if old else {}
            of_picking = head if number == 0 else dict.fromkeys(head, "")
            rows.append({**of_picking, **{f"move_ids/{name}": cell for name, cell in cells.items()}})
        return list(rows[0]), [list(row.values()) for row in rows]


def _fields(*names: str, **nested: Any) -> dict[str, Any]:
    return {"fields": {**{name: {} for name in names}, **nested}}
