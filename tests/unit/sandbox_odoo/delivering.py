"""What the tests of deliveries do to a sandbox again and again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.unit.sandbox_odoo.conftest import Client

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
