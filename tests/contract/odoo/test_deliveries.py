"""Deliveries: reserved, delivered in parts, changed with the order, cancelled, taken back."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

from libs.common.errors import Failure, Rejected
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
BELOW_DELIVERED = "cannot be decreased below the amount already delivered"


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


@pytest.fixture
def depot(lab: Lab) -> Depot:
    return Depot(lab)


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
