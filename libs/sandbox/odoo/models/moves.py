"""Stock moves: how much of which product goes from where to where, and for which order line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from libs.sandbox.odoo.database import Row
from libs.sandbox.odoo.env import Env
from libs.sandbox.odoo.errors import user_error
from libs.sandbox.odoo.model import Model
from libs.sandbox.odoo.models.places import LOCATION, TYPE, usage_of
from libs.sandbox.odoo.models.reservations import (
    ENDED,
    MOVE,
    PICKING,
    counted,
    moves_of,
    ready_state,
    refresh,
    unreserve,
)
from libs.sandbox.odoo.models.stock_levels import PRODUCT, relocate, reserve, storable
from libs.sandbox.odoo.schema import Fields


class Move(Model):
    order = "sequence, id"
    defaults: ClassVar[Mapping[str, Any]] = {
        "state": "draft",
        "sequence": 10,
        "priority": "0",
        "procure_method": "make_to_stock",
        "product_uom_qty": 0.0,
        "quantity": 0.0,
        "picked": False,
    }
    cascade_from = ("picking_id",)

    def __init__(self, name: str, schema: dict[str, Fields], version: str) -> None:
        super().__init__(name, schema, version)
        self.computed |= {
            "product_qty": lambda _, row: row["product_uom_qty"],
            "product_tmpl_id": lambda env, row: env.db.tables[PRODUCT][row["product_id"]]["product_tmpl_id"],
            "is_storable": lambda env, row: storable(env, row["product_id"]),
            "location_usage": lambda env, row: usage_of(env, row["location_id"]),
            "location_dest_usage": lambda env, row: usage_of(env, row["location_dest_id"]),
            "picking_code": lambda env, row: (env.related(MOVE, row, "picking_type_id") or {}).get("code", False),
            "reference": lambda env, row: (env.related(MOVE, row, "picking_id") or {}).get("name", False),
        }

    def display_name(self, env: Env, row: Row) -> str:
        picking, product = env.row(PICKING, row.get("picking_id")) or {}, env.db.tables[PRODUCT][row["product_id"]]
        origin = f"{picking['origin']}/" if picking.get("origin") else ""
        code = f"{product['default_code']}: " if product.get("default_code") else ""
        places = [env.db.tables[LOCATION][row[field]]["name"] for field in ("location_id", "location_dest_id")]
        return f"{origin}{code}{'>'.join(places)}"

    def complete(self, env: Env, values: dict[str, Any]) -> None:
        picking = env.row(PICKING, values.get("picking_id"))
        if picking is not None:
            for field in ("location_id", "location_dest_id", "picking_type_id", "partner_id", "company_id", "origin"):
                values.setdefault(field, picking.get(field, False))
            values.setdefault("date", picking["scheduled_date"])
        kind = env.row(TYPE, values.get("picking_type_id"))
        values.setdefault("warehouse_id", kind["warehouse_id"] if kind else False)
        values.setdefault("company_id", env.company_id or False)
        values.setdefault("date", env.now)
        values.setdefault("to_refund", env.version != "18")
        product = env.row(PRODUCT, values.get("product_id"))
        if product is not None:
            values.setdefault("product_uom", env.value(PRODUCT, product, "uom_id"))

    def before_write(self, env: Env, row: Row, changes: dict[str, Any]) -> None:
        if "quantity" in changes:
            if row["state"] == "cancel":
                raise user_error("You cannot change a cancelled stock move, create a new line instead.")
            self._requantify(env, row, changes)
        demand = changes.get("product_uom_qty", row["product_uom_qty"])
        if row["state"] not in (*ENDED, "draft") and demand < row["quantity"] and "quantity" not in changes:
            unreserve(env, row)
            changes["state"] = "confirmed"

    def _requantify(self, env: Env, row: Row, changes: dict[str, Any]) -> None:
        """Moves or reserves the difference; a move of endless goods that is lowered stays available."""
        more = changes["quantity"] - row["quantity"]
        if row["state"] == "done":
            if storable(env, row["product_id"]):
                relocate(env, row["product_id"], row["location_id"], row["location_dest_id"], more)
            return
        if counted(env, row):
            reserve(env, row["product_id"], row["location_id"], more)
        stays = more < 0 and changes["quantity"] and row["quantity"] <= row["product_uom_qty"]
        if row["state"] != "draft" and (counted(env, row) or not stays):
            changes["state"] = ready_state({**row, **changes})

    def after_write(self, env: Env, row: Row, names: set[str], *, created: bool) -> None:  # noqa: ARG002 - the names
        if row.get("picking_id") and names & {"quantity", "state", "product_uom_qty", "sale_line_id", "picking_id"}:
            of_sale(env, row["picking_id"])
            refresh(env, row["picking_id"])

    def before_unlink(self, env: Env, row: Row) -> None:
        if row["state"] == "done":
            message = (
                "You can not delete product moves if the picking is done. You can only correct the done quantities."
            )
            raise user_error(message)
        unreserve(env, row)


def of_sale(env: Env, picking_id: int) -> None:
    """Ties a picking to the order of its moves: 19 by their order lines, 18 by their procurement group."""
    for move in moves_of(env, picking_id):
        line = env.row("sale.order.line", move.get("sale_line_id"))
        order = line["order_id"] if line is not None else False
        if env.version == "18":
            group = env.row("procurement.group", move.get("group_id"))
            order = group["sale_id"] if group is not None else False
        if order:
            env.db.set(PICKING, picking_id, "sale_id", order)
            return
