"""How much there is of a product, in the warehouses or places that the context names; of a kit, by its parts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

from libs.sandbox.odoo.database import Row
from libs.sandbox.odoo.env import Env
from libs.sandbox.odoo.model import Model
from libs.sandbox.odoo.models.places import WAREHOUSE, within
from libs.sandbox.odoo.models.reservations import MOVE
from libs.sandbox.odoo.models.stock_levels import PRODUCT, QUANT, storable

#: The app that brings kits.
MRP = "mrp"
BOM, BOM_LINE = "mrp.bom", "mrp.bom.line"
TO_COME = frozenset({"waiting", "confirmed", "assigned", "partially_available"})
NAMES = ("qty_available", "free_qty", "incoming_qty", "outgoing_qty", "virtual_available")


class Bom(Model):
    """A bill of materials; a `phantom` one makes its product a kit."""

    defaults: ClassVar[Mapping[str, Any]] = {"type": "normal", "product_qty": 1.0, "active": True}

    def complete(self, env: Env, values: dict[str, Any]) -> None:
        values.setdefault("company_id", env.company_id or False)


class BomLine(Model):
    defaults: ClassVar[Mapping[str, Any]] = {"product_qty": 1.0}
    cascade_from = ("bom_id",)


def quantity(env: Env, product: Row, name: str) -> float:
    """The field `name` of `NAMES`."""
    bom = _kit(env, product)
    if bom is not None:
        return _of_kit(env, bom, name)
    places = _places(env)
    if name == "virtual_available":
        return sum(
            sign * _quantity(env, product, one, places)
            for one, sign in (("qty_available", 1), ("incoming_qty", 1), ("outgoing_qty", -1))
        )
    return _quantity(env, product, name, places)


def _quantity(env: Env, product: Row, name: str, places: frozenset[int]) -> float:
    if name in {"incoming_qty", "outgoing_qty"}:
        return sum(_moved(env, product, places, incoming=name == "incoming_qty"))
    total = 0.0
    for one in env.db.referring(QUANT, "product_id", product["id"]) or ():
        quant = env.db.tables[QUANT][one]
        if quant["location_id"] in places:
            total += (quant.get("quantity") or 0.0) - (
                (quant.get("reserved_quantity") or 0.0) if name == "free_qty" else 0.0
            )
    return total


def _moved(env: Env, product: Row, places: frozenset[int], *, incoming: bool) -> list[float]:
    """What is on its way into these places, or out of them."""
    found = []
    for one in env.db.referring(MOVE, "product_id", product["id"]) or ():
        move = env.db.tables[MOVE][one]
        source, target = move["location_id"] in places, move["location_dest_id"] in places
        if move["state"] in TO_COME and (target and not source if incoming else source and not target):
            found.append(float(move["product_uom_qty"]))
    return found


def _places(env: Env) -> frozenset[int]:
    """Those that the context names with all below them; without any, those of the acting companies' warehouses."""
    warehouses, locations = _ids(env.context.get("warehouse_id")), _ids(env.context.get("location"))
    key = (tuple(warehouses), tuple(locations))
    known: dict[Any, frozenset[int]] = env.__dict__.setdefault("known_places", {})
    if key not in known:
        roots = locations
        if warehouses or not locations:
            rows = env.db.tables[WAREHOUSE].values()
            wanted = [
                row for row in rows if (row["id"] in warehouses if warehouses else row["company_id"] in env.company_ids)
            ]
            roots = [row["view_location_id"] for row in wanted]
        found = frozenset(place for root in roots for place in within(env, root))
        known[key] = found & frozenset(locations) if warehouses and locations else found
    return known[key]


def _ids(value: Any) -> list[int]:
    return list(value) if isinstance(value, (list, tuple)) else [value] if value else []


def parts_of(env: Env, product_id: int) -> list[tuple[int, int, float]]:
    """The parts of one kit, kits in it taken apart: the bill's line, the product, how much; [] for no kit."""
    bom = _kit(env, env.db.tables[PRODUCT][product_id])
    parts: list[tuple[int, int, float]] = []
    for one in env.db.referring(BOM_LINE, "bom_id", bom["id"]) or () if bom is not None else ():
        line = env.db.tables[BOM_LINE][one]
        each = line["product_qty"] / bom["product_qty"]  # type: ignore[index]
        inner = parts_of(env, line["product_id"])
        parts += [(b, p, each * n) for b, p, n in inner] if inner else [(one, line["product_id"], each)]
    return parts


def _kit(env: Env, product: Row) -> Row | None:
    for one in env.db.referring(BOM, "product_tmpl_id", product["product_tmpl_id"]) or () if BOM in env.models else ():
        bom = env.db.tables[BOM][one]
        if bom["type"] == "phantom" and bom.get("product_id", False) in {False, product["id"]}:
            return bom
    return None


def _of_kit(env: Env, bom: Row, name: str) -> float:
    """As many as the scarcest part makes; parts that nobody counts are always there."""
    needed: dict[int, float] = {}
    for one in env.db.referring(BOM_LINE, "bom_id", bom["id"]) or ():
        line = env.db.tables[BOM_LINE][one]
        if storable(env, line["product_id"]) or _kit(env, env.db.tables[PRODUCT][line["product_id"]]) is not None:
            needed[line["product_id"]] = needed.get(line["product_id"], 0.0) + line["product_qty"] / bom["product_qty"]
    ratios = [quantity(env, env.db.tables[PRODUCT][part], name) / each for part, each in needed.items() if each]
    return float(math.floor(min(ratios) * bom["product_qty"])) if ratios else 0.0
