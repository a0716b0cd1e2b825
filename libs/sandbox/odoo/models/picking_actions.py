"""The buttons of a transfer: confirm, check availability, cancel, validate."""

from __future__ import annotations

from typing import Any

from libs.sandbox.odoo.database import Row
from libs.sandbox.odoo.env import Env
from libs.sandbox.odoo.errors import user_error
from libs.sandbox.odoo.models.picking_done import finish
from libs.sandbox.odoo.models.places import TYPE
from libs.sandbox.odoo.models.reservations import ENDED, PICKING, assign, change_move, moves_of, refresh, unreserve

# Database ids of the views that the answers name; their values mean nothing here.
BACKORDER_VIEW = {"18": 892, "19": 933}
SMS_VIEW = 1116
NOTHING_TO_MOVE = {
    "18": "You cannot validate a transfer if no quantities are reserved. To force the transfer, encode quantities.",
    "19": (
        "Transfer trouble alert! Validating a zero quantity transfer? You're not moving invisible goods around are "
        "you?\nSet some quantities and let's get moving!"
    ),
}


def action_confirm(env: Env, ids: list[int]) -> bool:
    """Drafts are confirmed, and what is there is reserved for them."""
    for picking in _writable(env, ids):
        confirm(env, picking["id"])
    return True


def action_assign(env: Env, ids: list[int]) -> bool:
    pickings = _writable(env, ids)
    for picking in pickings:
        if picking["state"] == "draft":
            confirm(env, picking["id"])
    moves = [m for picking in pickings for m in moves_of(env, picking["id"]) if m["state"] not in (*ENDED, "draft")]
    if not moves:
        raise user_error("Nothing to check the availability for.")
    for move in moves:
        assign(env, move)
    for picking in pickings:
        refresh(env, picking["id"])
    return True


def action_cancel(env: Env, ids: list[int]) -> bool:
    for picking in _writable(env, ids):
        cancel(env, picking)
    return True


def button_validate(env: Env, ids: list[int]) -> Any:
    """True, or the action of a wizard that wants to be answered first; what is done already is left alone."""
    pickings = [picking for picking in _writable(env, ids) if picking["state"] != "done"]
    for picking in pickings:
        if picking["state"] == "draft":
            _force(env, picking["id"])
    if len(pickings) == 1:
        _check(env, pickings[0])
    for picking in pickings:
        _pick_all(env, moves_of(env, picking["id"]))
    question = _question(env, pickings)
    if question is not None:
        return question
    dropped = env.context.get("picking_ids_not_to_backorder") or ()
    for picking in pickings:
        never = env.db.tables[TYPE][picking["picking_type_id"]]["create_backorder"] == "never"
        rest = finish(env, picking, backorder=not (never or picking["id"] in dropped))
        if rest:
            confirm(env, rest)
            for move in moves_of(env, rest):
                assign(env, move)
            refresh(env, rest)
    return True


def confirm(env: Env, picking_id: int) -> None:
    """Reserves for the moves that are new; those that wait already are left as they are."""
    for move in moves_of(env, picking_id):
        if move["state"] == "draft":
            change_move(env, move, state="confirmed")
            assign(env, move)
    refresh(env, picking_id)


def cancel(env: Env, picking: Row) -> None:
    moves = moves_of(env, picking["id"])
    cancel_moves(env, moves)
    if not moves and picking["state"] != "cancel":
        env.db.set(PICKING, picking["id"], "state", "cancel")
    refresh(env, picking["id"])
    env.note(PICKING, "action_cancel", picking["id"], {"state": picking["state"]}, None)


def cancel_moves(env: Env, moves: list[Row]) -> None:
    if any(move["state"] == "done" for move in moves):
        raise user_error(
            "You cannot cancel a stock move that has been set to 'Done'. Create a return in order to reverse the moves "
            "which took place."
        )
    for move in moves:
        if move["state"] != "cancel":
            unreserve(env, move)
            change_move(env, move, state="cancel", picked=False)


def _writable(env: Env, ids: list[int]) -> list[Row]:
    rows = env.rows(PICKING, ids)
    env.check(PICKING, "write")
    env.check_visible(PICKING, rows, "write")
    return rows


def _force(env: Env, picking_id: int) -> None:
    """A draft that is validated is confirmed first; where nothing could be reserved, all of it is taken."""
    confirm(env, picking_id)
    for move in moves_of(env, picking_id):
        if not move["quantity"] and move["state"] not in ENDED:
            env.model("stock.move").before_write(env, move, changes := {"quantity": move["product_uom_qty"]})
            change_move(env, move, **changes)
    refresh(env, picking_id)


def _check(env: Env, picking: Row) -> None:
    moves = moves_of(env, picking["id"])
    if not moves:
        raise user_error(
            "You can\u2019t validate an empty transfer. Please add some products to move before proceeding."
        )
    todo = [move for move in moves if move["state"] not in ENDED]
    picked = [move for move in todo if move["picked"] and env.version != "18"]
    if not any(move["quantity"] for move in picked or todo):
        raise user_error(NOTHING_TO_MOVE[env.version])


def _pick_all(env: Env, moves: list[Row]) -> None:
    """When nobody said what is picked, all that has a quantity is."""
    todo = [move for move in moves if move["state"] not in ENDED]
    if not any(move["picked"] for move in todo):
        for move in todo:
            change_move(env, move, picked=bool(move["quantity"]))


def _question(env: Env, pickings: list[Row]) -> dict[str, Any] | None:
    """The wizard that comes first; its context remembers what is to be validated."""
    context = {**env.context, "button_validate_picking_ids": [picking["id"] for picking in pickings]}
    if not env.context.get("skip_backorder"):
        partial = [picking for picking in pickings if _partial(env, picking)]
        if partial:
            context["default_show_transfers"] = len(pickings) > 1
            context["default_pick_ids"] = [[4, picking["id"]] for picking in partial]
            return _wizard("Create Backorder?", "stock.backorder.confirmation", BACKORDER_VIEW[env.version], context)
    if not env.context.get("skip_sms") and any(_would_text(env, picking) for picking in pickings):
        wizard = env.db.new_id("confirm.stock.sms")
        return {**_wizard("SMS", "confirm.stock.sms", SMS_VIEW, context), "res_id": wizard}
    return None


def _partial(env: Env, picking: Row) -> bool:
    if env.db.tables[TYPE][picking["picking_type_id"]]["create_backorder"] != "ask":
        return False
    return any(
        (move["product_uom_qty"] and not move["picked"]) or move["quantity"] < move["product_uom_qty"]
        for move in moves_of(env, picking["id"])
        if move["state"] != "cancel"
    )


def _would_text(env: Env, picking: Row) -> bool:
    """A fresh server asks whether customers with a phone shall get a text message of their delivery."""
    partner = env.row("res.partner", picking.get("partner_id"))
    outgoing = env.db.tables[TYPE][picking["picking_type_id"]]["code"] == "outgoing"
    return outgoing and partner is not None and bool(partner.get("phone") or partner.get("mobile"))


def _wizard(name: str, model: str, view: int, context: dict[str, Any]) -> dict[str, Any]:
    shown = {"name": name, "type": "ir.actions.act_window", "view_mode": "form", "res_model": model}
    return {**shown, "views": [[view, "form"]], "view_id": view, "target": "new", "context": context}
