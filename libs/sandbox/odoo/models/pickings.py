"""Transfers: deliveries, receipts and returns, each with its moves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from libs.sandbox.odoo.database import Row
from libs.sandbox.odoo.env import Env
from libs.sandbox.odoo.model import Model
from libs.sandbox.odoo.models.picking_actions import (
    action_assign,
    action_cancel,
    action_confirm,
    button_validate,
    cancel_moves,
)
from libs.sandbox.odoo.models.places import TYPE, WAREHOUSE
from libs.sandbox.odoo.models.reservations import PICKING, moves_of
from libs.sandbox.odoo.schema import Fields


class Picking(Model):
    order = "priority desc, scheduled_date asc, id desc"
    defaults: ClassVar[Mapping[str, Any]] = {
        "state": "draft",
        "move_type": "direct",
        "priority": "0",
        "is_locked": True,
        "printed": False,
    }

    def __init__(self, name: str, schema: dict[str, Fields], version: str) -> None:
        super().__init__(name, schema, version)
        self.computed |= {
            "picking_type_code": lambda env, row: env.db.tables[TYPE][row["picking_type_id"]]["code"],
            "return_count": lambda env, row: len(env.db.referring(PICKING, "return_id", row["id"]) or ()),
            "warehouse_address_id": _warehouse_address,
            "product_id": lambda env, row: next((move["product_id"] for move in moves_of(env, row["id"])), False),
            "country_code": _country_code,
        }
        if version == "18":
            self.computed["group_id"] = lambda env, row: next(
                (move["group_id"] for move in moves_of(env, row["id"]) if move.get("group_id")), False
            )
        if "carrier_id" in self.fields:
            self.computed |= {"carrier_tracking_url": _tracking_url, "delivery_type": _delivery_type}
        self.methods |= {
            "action_confirm": action_confirm,
            "action_assign": action_assign,
            "action_cancel": action_cancel,
            "button_validate": button_validate,
        }

    def complete(self, env: Env, values: dict[str, Any]) -> None:
        values.setdefault("scheduled_date", env.now)
        kind = env.row(TYPE, values.get("picking_type_id"))
        if kind is None:
            return
        values.setdefault("company_id", kind["company_id"])
        if not values.get("return_id"):  # a return says itself where it comes from
            values.setdefault("location_id", kind["default_location_src_id"])
            values.setdefault("location_dest_id", kind["default_location_dest_id"])
        if values.get("name") in (None, False, "/"):
            warehouse = env.row(WAREHOUSE, kind["warehouse_id"]) or {}
            number = env.db.new_id(f"{TYPE}/{kind['id']}")
            values["name"] = f"{warehouse.get('code', 'WH')}/{kind['sequence_code']}/{number:05d}"

    def before_unlink(self, env: Env, row: Row) -> None:
        cancel_moves(env, moves_of(env, row["id"]))


def _warehouse_address(env: Env, row: Row) -> Any:
    warehouse = env.row(WAREHOUSE, env.db.tables[TYPE][row["picking_type_id"]]["warehouse_id"])
    return warehouse.get("partner_id", False) if warehouse else False


def _country_code(env: Env, row: Row) -> Any:
    company = env.row("res.company", row.get("company_id")) or {}
    country = env.row("res.country", company.get("country_id"))
    return country["code"] if country else False


def _delivery_type(env: Env, row: Row) -> Any:
    carrier = env.row("delivery.carrier", row.get("carrier_id"))
    return carrier["delivery_type"] if carrier else False


def _tracking_url(env: Env, row: Row) -> Any:
    carrier, reference = env.row("delivery.carrier", row.get("carrier_id")), row.get("carrier_tracking_ref")
    if carrier is None or not reference or not carrier.get("tracking_url"):
        return False
    return str(carrier["tracking_url"]).replace("<shipmenttrackingnumber>", str(reference))
