"""How much of a product is where, and how much of it is spoken for.

A product that is not storable has no quants: as much as anybody wants is always there.
"""

from __future__ import annotations

from typing import Any

from libs.sandbox.odoo.database import Row
from libs.sandbox.odoo.env import Env
from libs.sandbox.odoo.models.places import within

QUANT = "stock.quant"
PRODUCT = "product.product"
EMPTY = {"quantity": 0.0, "reserved_quantity": 0.0, "inventory_quantity": 0.0}


def storable(env: Env, product: int) -> bool:
    return bool(env.value(PRODUCT, env.db.tables[PRODUCT][product], "is_storable"))


def free(_: Env, quant: Row) -> float:
    return float((quant.get("quantity") or 0.0) - (quant.get("reserved_quantity") or 0.0))


def in_stock(env: Env, product: int, location: int) -> list[Row]:
    """The quants of a product at a location and below it."""
    places = set(within(env, location))
    rows = [env.db.tables[QUANT][one] for one in env.db.referring(QUANT, "product_id", product) or ()]
    return [row for row in rows if row["location_id"] in places]


def available(env: Env, product: int, location: int) -> float:
    return sum((free(env, quant) for quant in in_stock(env, product, location)), 0.0)


def reserve(env: Env, product: int, location: int, quantity: float) -> None:
    """Speaks for so much more (negative: less), of what is there first; the rest is owed by the first quant."""
    left = quantity
    for quant in in_stock(env, product, location):
        held = quant["reserved_quantity"]
        part = max(left, -held) if left < 0 else min(left, max(free(env, quant), 0.0))
        change_quant(env, quant, reserved_quantity=held + part)
        left -= part
    if left > 0:
        quant = quant_at(env, product, location)
        change_quant(env, quant, reserved_quantity=quant["reserved_quantity"] + left)


def relocate(env: Env, product: int, source: int, target: int, quantity: float) -> None:
    """Takes from one place, below zero if need be, and adds to the other."""
    left = quantity
    for quant in in_stock(env, product, source):
        part = min(left, max(quant["quantity"], 0.0))
        change_quant(env, quant, quantity=quant["quantity"] - part)
        left -= part
    if left:
        quant = quant_at(env, product, source)
        change_quant(env, quant, quantity=quant["quantity"] - left)
    quant = quant_at(env, product, target)
    change_quant(env, quant, quantity=quant["quantity"] + quantity)


def quant_at(env: Env, product: int, location: int) -> Row:
    """The first quant at just this place, made when there is none."""
    for one in env.db.referring(QUANT, "product_id", product) or ():
        if env.db.tables[QUANT][one]["location_id"] == location:
            return env.db.tables[QUANT][one]
    stamps = {"create_date": env.stamp, "write_date": env.stamp, "in_date": env.now}
    row = {**EMPTY, "product_id": product, "location_id": location, **stamps}
    return env.db.tables[QUANT][env.db.insert(QUANT, row)]


def change_quant(env: Env, quant: Row, **values: Any) -> None:
    if any(quant.get(name) != value for name, value in values.items()):
        for name, value in {**values, "write_date": env.stamp}.items():
            env.db.set(QUANT, quant["id"], name, value)
        if "quantity" in values:
            env.note(QUANT, "write", quant["id"], {"quantity": values["quantity"]}, None)
