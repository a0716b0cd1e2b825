"""Quants, and counting them: what a person or a connector says is there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from libs.sandbox.odoo.database import Row
from libs.sandbox.odoo.env import Env
from libs.sandbox.odoo.errors import validation_error
from libs.sandbox.odoo.model import Model
from libs.sandbox.odoo.models.places import LOCATION, loss_of
from libs.sandbox.odoo.models.reservations import MOVE, free_reserved, reserve_waiting
from libs.sandbox.odoo.models.stock_levels import EMPTY, PRODUCT, QUANT, change_quant, free, quant_at, storable
from libs.sandbox.odoo.schema import Fields
from libs.sandbox.odoo.writing import create

COUNTED = ("inventory_quantity", "inventory_quantity_auto_apply")


class Quant(Model):
    order = "id"
    defaults: ClassVar[Mapping[str, Any]] = EMPTY

    def __init__(self, name: str, schema: dict[str, Fields], version: str) -> None:
        super().__init__(name, schema, version)
        self.computed |= {
            "available_quantity": free,
            "company_id": lambda env, row: (env.related(QUANT, row, "location_id") or {}).get("company_id", False),
            "product_tmpl_id": lambda env, row: env.db.tables[PRODUCT][row["product_id"]]["product_tmpl_id"],
            "product_uom_id": lambda env, row: env.value(PRODUCT, env.db.tables[PRODUCT][row["product_id"]], "uom_id"),
            "warehouse_id": lambda env, row: env.value(
                LOCATION, env.db.tables[LOCATION][row["location_id"]], "warehouse_id"
            ),
            "inventory_quantity_auto_apply": lambda _, row: row.get("quantity", 0.0),
            "inventory_diff_quantity": _difference,
        }
        self.methods["action_apply_inventory"] = action_apply_inventory

    def display_name(self, env: Env, row: Row) -> str:
        return env.display_name(LOCATION, row["location_id"])

    def standing(self, env: Env, values: Mapping[str, Any]) -> int | None:
        """In `inventory_mode` a count goes to the quant that is there; otherwise a further one is made."""
        if not env.context.get("inventory_mode") or not any(name in values for name in COUNTED):
            return None
        for one in env.db.referring(QUANT, "product_id", values.get("product_id")) or ():
            if env.db.tables[QUANT][one]["location_id"] == values.get("location_id"):
                return one
        return None

    def complete(self, env: Env, values: dict[str, Any]) -> None:
        values.setdefault("in_date", env.now)
        product = env.row(PRODUCT, values.get("product_id"))
        if product is not None and not storable(env, product["id"]):
            raise validation_error("Quants cannot be created for consumables or services.")
        if values.get("inventory_quantity") and (env.version != "18" or env.context.get("inventory_mode")):
            values["inventory_quantity_set"] = True

    def after_write(self, env: Env, row: Row, names: set[str], *, created: bool) -> None:
        if not created and "inventory_quantity" in names:
            env.db.set(QUANT, row["id"], "inventory_quantity_set", True)

    def inverse(self, env: Env, row: Row, values: dict[str, Any]) -> None:
        """A count that applies at once; without `inventory_mode` it is left out, as the server does."""
        if "inventory_quantity_auto_apply" in values and env.context.get("inventory_mode"):
            _count(env, row, float(values["inventory_quantity_auto_apply"] or 0.0))


def action_apply_inventory(env: Env, ids: list[int]) -> None:
    env.check(QUANT, "write")
    for row in env.rows(QUANT, ids):
        if row.get("inventory_quantity_set") or row.get("inventory_quantity"):
            _count(env, row, row.get("inventory_quantity") or 0.0)


def set_stock(env: Env, product: int, location: int, quantity: float) -> None:
    """As somebody who counts and applies."""
    values = {"product_id": product, "location_id": location, "inventory_quantity_auto_apply": quantity}
    create(env.with_context(inventory_mode=True), QUANT, [values])


def _count(env: Env, quant: Row, counted: float) -> None:
    """Books the difference against the company's inventory adjustment; 19 then reserves for what waits."""
    location = env.db.tables[LOCATION][quant["location_id"]]
    elsewhere = loss_of(env, location["company_id"] or env.company_id)
    difference = counted - quant["quantity"]
    change_quant(env, quant, quantity=counted, inventory_quantity=0.0, inventory_quantity_set=False)
    if elsewhere is not None and difference:
        other = quant_at(env, quant["product_id"], elsewhere)
        change_quant(env, other, quantity=other["quantity"] - difference)
        _book(env, quant, elsewhere, difference)
    if difference < 0:
        free_reserved(env, quant["product_id"], quant["location_id"])
    elif env.version != "18" and difference:
        reserve_waiting(env, quant["product_id"], quant["location_id"])


def _book(env: Env, quant: Row, elsewhere: int, difference: float) -> None:
    """The done move that every count leaves behind: from the adjustment what is found, to it what is missing."""
    here = quant["location_id"]
    start, end = (elsewhere, here) if difference > 0 else (here, elsewhere)
    values = {
        "product_id": quant["product_id"],
        "location_id": start,
        "location_dest_id": end,
        "product_uom_qty": abs(difference),
        "quantity": abs(difference),
        "picked": True,
        "is_inventory": True,
        "state": "done",
    }
    if env.version == "18":
        values["name"] = "Product Quantity Updated"
    create(env.as_superuser(), MOVE, [values], nested=True)


def _difference(_: Env, quant: Row) -> float:
    if not quant.get("inventory_quantity_set") and not quant.get("inventory_quantity"):
        return 0.0
    return float((quant.get("inventory_quantity") or 0.0) - (quant.get("quantity") or 0.0))
