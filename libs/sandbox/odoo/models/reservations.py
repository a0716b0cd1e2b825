"""Reserving stock for moves, and what state a move and its picking are in because of it."""

from __future__ import annotations

from libs.sandbox.odoo.database import Row
from libs.sandbox.odoo.env import Env
from libs.sandbox.odoo.models.places import endless, within
from libs.sandbox.odoo.models.stock_levels import available, reserve, storable

MOVE = "stock.move"
PICKING = "stock.picking"
ENDED = ("done", "cancel")
WAITING = ("confirmed", "partially_available")


def counted(env: Env, move: Row) -> bool:
    """Whether the move takes from quants."""
    return storable(env, move["product_id"]) and not endless(env, move["location_id"])


def moves_of(env: Env, picking_id: int) -> list[Row]:
    rows = [env.db.tables[MOVE][one] for one in env.db.referring(MOVE, "picking_id", picking_id) or ()]
    return sorted(rows, key=lambda move: (move.get("sequence") or 0, move["id"]))


def assign(env: Env, move: Row) -> None:
    """Reserves what is missing, as far as it is there. A picked move is as somebody wants it and stays."""
    missing = move["product_uom_qty"] - move["quantity"]
    if move["state"] not in WAITING or missing <= 0 or move["picked"]:
        return
    if counted(env, move):
        missing = max(0.0, min(missing, available(env, move["product_id"], move["location_id"])))
        reserve(env, move["product_id"], move["location_id"], missing)
    change_move(env, move, quantity=move["quantity"] + missing)
    change_move(env, move, state=ready_state(move))


def unreserve(env: Env, move: Row) -> None:
    if counted(env, move):
        reserve(env, move["product_id"], move["location_id"], -move["quantity"])
    change_move(env, move, quantity=0.0)


def ready_state(move: Row) -> str:
    if move["quantity"] >= move["product_uom_qty"]:
        return "assigned"
    return "partially_available" if move["quantity"] else "confirmed"


def reserve_waiting(env: Env, product: int, location: int) -> None:
    """Stock has come: reserves it for the moves that wait for it, in the order of their dates."""
    moves = [env.db.tables[MOVE][one] for one in env.db.referring(MOVE, "product_id", product) or ()]
    waiting = [move for move in moves if move["state"] in WAITING and location in within(env, move["location_id"])]
    for move in sorted(waiting, key=lambda move: (move["date"], move["id"])):
        assign(env, move)
        refresh(env, move["picking_id"])


def free_reserved(env: Env, product: int, location: int, picking_id: int | None = None) -> None:
    """More is reserved than there is: takes it from what is not picked, of this picking first, then the latest."""
    short = -available(env, product, location)
    moves = [env.db.tables[MOVE][one] for one in env.db.referring(MOVE, "product_id", product) or ()]
    places = set(within(env, location))
    held = [m for m in moves if m["state"] not in ENDED and m["quantity"] > 0 and not m["picked"]]
    held = [move for move in held if move["location_id"] in places]
    for move in sorted(held, key=lambda one: (one["picking_id"] == picking_id, one["date"], one["id"]), reverse=True):
        if short <= 0:
            return
        part = min(short, move["quantity"])
        short -= part
        reserve(env, product, move["location_id"], -part)
        change_move(env, move, quantity=move["quantity"] - part)
        change_move(env, move, state=ready_state(move))
        refresh(env, move["picking_id"])


def change_move(env: Env, move: Row, **values: object) -> None:
    if any(move.get(name) != value for name, value in values.items()):
        for name, value in {**values, "write_date": env.stamp}.items():
            env.db.set(MOVE, move["id"], name, value)


def refresh(env: Env, picking_id: int | bool) -> None:
    """Brings the picking's state up to date with its moves."""
    picking = env.row(PICKING, picking_id)
    if picking is None:
        return
    state = _state(picking, [str(move["state"]) for move in moves_of(env, picking["id"])])
    if picking.get("state") != state:
        env.db.set(PICKING, picking["id"], "state", state)
        env.db.set(PICKING, picking["id"], "write_date", env.stamp)


def _state(picking: Row, states: list[str]) -> str:
    if not states or "draft" in states:
        return "cancel" if not states and picking.get("state") == "cancel" else "draft"
    if all(state == "cancel" for state in states):
        return "cancel"
    if all(state in ENDED for state in states):
        return "done"
    waiting = [state for state in states if state not in ENDED]
    if picking.get("move_type") == "one":
        return "assigned" if all(state == "assigned" for state in waiting) else "confirmed"
    return "assigned" if any(state != "confirmed" for state in waiting) else "confirmed"
