"""What validating a transfer does: goods change places, the rest goes to a backorder or is dropped."""

from __future__ import annotations

from libs.sandbox.odoo.database import Row
from libs.sandbox.odoo.env import Env
from libs.sandbox.odoo.models.messages import speak
from libs.sandbox.odoo.models.reservations import (
    ENDED,
    MOVE,
    PICKING,
    change_move,
    counted,
    free_reserved,
    moves_of,
    refresh,
    reserve_waiting,
    unreserve,
)
from libs.sandbox.odoo.models.stock_levels import relocate, reserve, storable
from libs.sandbox.odoo.writing import create

# What a backorder and the rest of a move take over from the one that they are left over from.
_OF_PICKING = (
    "picking_type_id",
    "location_id",
    "location_dest_id",
    "partner_id",
    "company_id",
    "origin",
    "move_type",
    "priority",
    "scheduled_date",
    "date_deadline",
    "return_id",
    "user_id",
    "sale_id",
    "carrier_id",
)
_OF_MOVE = (
    "name",
    "sequence",
    "priority",
    "date",
    "date_deadline",
    "company_id",
    "product_id",
    "product_uom",
    "description_picking",
    "location_id",
    "location_dest_id",
    "partner_id",
    "origin",
    "group_id",
    "picking_type_id",
    "warehouse_id",
    "price_unit",
    "origin_returned_move_id",
    "to_refund",
    "sale_line_id",
    "bom_line_id",
)


def finish(env: Env, picking: Row, *, backorder: bool) -> int | None:
    """The id of the backorder, when there is one; its moves are still to be confirmed."""
    todo = [move for move in moves_of(env, picking["id"]) if move["state"] not in ENDED]
    taken = [move for move in todo if move["picked"] and move["quantity"]]
    left = [move for move in todo if not (move["picked"] and move["quantity"])]
    if not taken:
        env.db.set(PICKING, picking["id"], "date_done", env.now)  # and nothing else, as the server does
        return None
    rest: list[Row] = left if backorder else []
    for move in taken:
        missing = move["product_uom_qty"] - move["quantity"]
        if missing > 0 and backorder:
            rest = [*rest, env.db.tables[MOVE][_split(env, move, missing)]]
            change_move(env, move, product_uom_qty=move["quantity"])
        _transfer(env, move)
    if not backorder:
        for move in left:
            unreserve(env, move)
            change_move(env, move, state="cancel", picked=False)
    following = _backorder(env, picking, rest) if rest else None
    if following:
        speak(env)
    _close(env, picking, taken)
    return following


def _close(env: Env, picking: Row, taken: list[Row]) -> None:
    refresh(env, picking["id"])
    for name, value in (("date_done", env.now), ("write_date", env.stamp)):
        env.db.set(PICKING, picking["id"], name, value)
    summary = {"state": "done", "moves": {move["id"]: move["quantity"] for move in taken}}
    env.note(PICKING, "done", picking["id"], summary, None)
    for move in taken:
        if storable(env, move["product_id"]):
            reserve_waiting(env, move["product_id"], move["location_dest_id"])


def _transfer(env: Env, move: Row) -> None:
    if counted(env, move):
        reserve(env, move["product_id"], move["location_id"], -move["quantity"])
    if storable(env, move["product_id"]):
        relocate(env, move["product_id"], move["location_id"], move["location_dest_id"], move["quantity"])
    change_move(env, move, state="done", date=env.now)
    if counted(env, move):
        free_reserved(env, move["product_id"], move["location_id"], move["picking_id"])


def _split(env: Env, move: Row, quantity: float) -> int:
    values = {name: move[name] for name in _OF_MOVE if move.get(name)}
    values |= {"product_uom_qty": quantity, "to_refund": move["to_refund"]}
    return create(env.as_superuser(), MOVE, [values], nested=True)[0]


def _backorder(env: Env, picking: Row, rest: list[Row]) -> int:
    values = {name: picking[name] for name in _OF_PICKING if picking.get(name)}
    values["backorder_id"] = picking["id"]
    [backorder] = create(env.as_superuser(), PICKING, [values], nested=True)
    for move in rest:
        change_move(env, move, picking_id=backorder, picked=False)
    refresh(env, backorder)
    return backorder
