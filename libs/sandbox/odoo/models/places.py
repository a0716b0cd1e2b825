"""Where goods are and how they move: locations, operation types, and what a warehouse comes with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from libs.sandbox.odoo.database import Row
from libs.sandbox.odoo.env import Env
from libs.sandbox.odoo.model import Model
from libs.sandbox.odoo.schema import Fields

LOCATION = "stock.location"
TYPE = "stock.picking.type"
WAREHOUSE = "stock.warehouse"
# Places whose stock nobody counts: what leaves them is always there.
ENDLESS = ("supplier", "customer", "inventory", "production")
# (id, name, usage, id of the parent) of the places that all companies share, as a fresh server has them.
SHARED: Mapping[str, tuple[tuple[int, str, str, int], ...]] = {
    "18": (
        (1, "Physical Locations", "view", 0),
        (2, "Partners", "view", 0),
        (3, "Virtual Locations", "view", 0),
        (4, "Vendors", "supplier", 2),
        (5, "Customers", "customer", 2),
    ),
    "19": ((1, "Vendors", "supplier", 0), (2, "Customers", "customer", 0)),
}
# Ids of the first warehouse's view, stock and inventory adjustment, and the parents of the first and the last.
FIRST = {"18": (7, 8, 14, 1, 3), "19": (4, 5, 11, 0, 0)}


class Location(Model):
    order = "complete_name, id"
    defaults: ClassVar[Mapping[str, Any]] = {"active": True, "usage": "internal"}

    def __init__(self, name: str, schema: dict[str, Fields], version: str) -> None:
        super().__init__(name, schema, version)
        self.computed["complete_name"] = self.display_name
        self.computed["warehouse_id"] = _warehouse_of

    def complete(self, env: Env, values: dict[str, Any]) -> None:
        values.setdefault("company_id", env.company_id or False)

    def display_name(self, env: Env, row: Row) -> str:
        parent = env.row(LOCATION, row.get("location_id"))
        if parent is None or row.get("usage") == "view":
            return str(row["name"])
        return f"{self.display_name(env, parent)}/{row['name']}"


class PickingType(Model):
    order = "sequence, id"
    defaults: ClassVar[Mapping[str, Any]] = {
        "active": True,
        "create_backorder": "ask",
        "reservation_method": "at_confirm",
    }

    def complete(self, env: Env, values: dict[str, Any]) -> None:
        values.setdefault("company_id", env.company_id or False)

    def display_name(self, env: Env, row: Row) -> str:
        warehouse = env.row(WAREHOUSE, row.get("warehouse_id"))
        return f"{warehouse['name']}: {row['name']}" if warehouse else str(row["name"])


class ProcurementGroup(Model):
    """18 ties a delivery to its order through one of these."""

    order = "id desc"
    defaults: ClassVar[Mapping[str, Any]] = {"move_type": "direct"}


def share_places(env: Env) -> None:
    """The locations that belong to no company."""
    for number, name, usage, parent in SHARED[env.version]:
        row = {"id": number, "name": name, "usage": usage, "location_id": parent or False, "company_id": False}
        _put(env, LOCATION, row)


def equip(env: Env, warehouse: Row) -> None:
    """Gives a new warehouse its locations and operation types; the first one has the ids of a fresh server."""
    first = not any(row["usage"] == "internal" for row in env.db.tables[LOCATION].values())
    view, stock, loss, above_view, above_loss = FIRST[env.version]
    company = warehouse["company_id"]
    shared = {"company_id": company, "location_id": above_view or False}
    view = _put(env, LOCATION, {**_id(view, given=first), **shared, "name": warehouse["code"], "usage": "view"})
    inside = {"name": "Stock", "usage": "internal", "location_id": view, "company_id": company}
    stock = _put(env, LOCATION, {**_id(stock, given=first), **inside})
    if loss_of(env, company) is None:
        lost = {"name": "Inventory adjustment", "usage": "inventory", "company_id": company}
        _put(env, LOCATION, {**_id(loss, given=first), **lost, "location_id": above_loss or False})
    receipts = _operation(env, warehouse, "incoming", located(env, "supplier"), stock)
    deliveries = _operation(env, warehouse, "outgoing", stock, located(env, "customer"))
    env.db.set(TYPE, receipts, "return_picking_type_id", deliveries)
    env.db.set(TYPE, deliveries, "return_picking_type_id", receipts)
    own = {"view_location_id": view, "lot_stock_id": stock, "in_type_id": receipts, "out_type_id": deliveries}
    for field, value in {**own, "reception_steps": "one_step", "delivery_steps": "ship_only"}.items():
        env.db.set(WAREHOUSE, warehouse["id"], field, value)


def located(env: Env, usage: str) -> int:
    """The first location of that usage that all companies share."""
    return min(
        int(one["id"]) for one in env.db.tables[LOCATION].values() if one["usage"] == usage and not one["company_id"]
    )


def loss_of(env: Env, company: Any) -> int | None:
    """Where a company's inventory adjustments come from and go to."""
    found = env.db.referring(LOCATION, "company_id", company) or []
    lost = [one for one in found if env.db.tables[LOCATION][one]["usage"] == "inventory"]
    return lost[0] if lost else None


def endless(env: Env, location: Any) -> bool:
    return bool(env.db.tables[LOCATION][location]["usage"] in ENDLESS)


def usage_of(env: Env, location: Any) -> Any:
    row = env.row(LOCATION, location)
    return row["usage"] if row else False


def within(env: Env, location: int) -> list[int]:
    """A location and all those below it."""
    below = env.db.referring(LOCATION, "location_id", location) or []
    return [location, *(deep for one in below for deep in within(env, one))]


def _warehouse_of(env: Env, row: Row) -> int | bool:
    """The warehouse whose view a location is, or lies in."""
    found = env.db.referring(WAREHOUSE, "view_location_id", row["id"]) or []
    if found:
        return found[0]
    parent = env.row(LOCATION, row.get("location_id"))
    return _warehouse_of(env, parent) if parent else False


def _operation(env: Env, warehouse: Row, code: str, source: int, target: int) -> int:
    incoming = code == "incoming"
    row = {"name": "Receipts" if incoming else "Delivery Orders", "code": code, "sequence": 1 if incoming else 7}
    row |= {"sequence_code": "IN" if incoming else "OUT", "warehouse_id": warehouse["id"]}
    row |= {"default_location_src_id": source, "default_location_dest_id": target}
    defaults = dict(PickingType.defaults)
    return _put(env, TYPE, {**defaults, **row, "return_picking_type_id": False, "company_id": warehouse["company_id"]})


def _id(number: int, *, given: bool) -> Row:
    return {"id": number} if given else {}


def _put(env: Env, model: str, row: Row) -> int:
    stamps = {"create_date": env.stamp, "write_date": env.stamp}
    return env.db.insert(model, {"active": True, **row, **stamps})
