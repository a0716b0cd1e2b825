"""What an order has to do with its deliveries: moves for its goods lines, and how far they have come."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from libs.sandbox.odoo.conversion import DATETIME, parse_datetime
from libs.sandbox.odoo.database import Row
from libs.sandbox.odoo.env import Env
from libs.sandbox.odoo.errors import user_error
from libs.sandbox.odoo.models.picking_actions import cancel, confirm
from libs.sandbox.odoo.models.places import TYPE, WAREHOUSE, usage_of
from libs.sandbox.odoo.models.quantities import parts_of
from libs.sandbox.odoo.models.reservations import (
    ENDED,
    MOVE,
    PICKING,
    assign,
    change_move,
    ready_state,
    refresh,
    unreserve,
)
from libs.sandbox.odoo.writing import create

ORDER = "sale.order"
LINE = "sale.order.line"
GROUP = "procurement.group"
PROTECTED = frozenset({"name", "price_unit", "product_id", "product_uom_qty", "product_uom_id", "product_uom"})


def moves_of_line(env: Env, line_id: int) -> list[Row]:
    return [env.db.tables[MOVE][one] for one in env.db.referring(MOVE, "sale_line_id", line_id) or ()]


def pickings_of(env: Env, order: Row) -> list[Row]:
    return [env.db.tables[PICKING][one] for one in env.db.referring(PICKING, "sale_id", order["id"]) or ()]


def is_goods(env: Env, line: Row) -> bool:
    product = env.row("product.product", line.get("product_id"))
    return product is not None and env.value("product.product", product, "type") == "consu"


def qty_delivered(env: Env, line: Row) -> float:
    """What went out less what came back; of a service, what somebody entered."""
    if not is_goods(env, line):
        return float(line.get("qty_delivered") or 0.0)
    done = [move for move in moves_of_line(env, line["id"]) if move["state"] == "done"]
    parts = _parts(env, line)
    sent = [
        sum((_direction(env, move) * move["quantity"] for move in done if part.has(move)), 0.0) / part.each
        for part in parts
    ]
    return sent[0] if parts[0].bom_line_id is False else float(math.floor(min(sent)))


def delivery_status(env: Env, order: Row) -> str | bool:
    states = [picking["state"] for picking in pickings_of(env, order)]
    if all(state == "cancel" for state in states):
        return False
    if all(state in ENDED for state in states):
        return "full"
    if "done" not in states:
        return "pending"
    lines = [env.db.tables[LINE][one] for one in env.children(env.fields(ORDER)["order_line"], order["id"])]
    return "partial" if any(qty_delivered(env, line) for line in lines) else "started"


def effective_date(env: Env, order: Row) -> str | bool:
    """When the first delivery was done."""
    done = [picking for picking in pickings_of(env, order) if picking["state"] == "done"]
    dates = [one["date_done"] for one in done if usage_of(env, one["location_dest_id"]) == "customer"]
    return min(dates) if dates else False


def deliver(env: Env, line: Row) -> None:
    """Brings the moves of a confirmed order's line up to its quantity, or down to it.

    As the server, it counts what is delivered, on its way and returned: where that differs from the quantity, even
    if the quantity did not change, something is sent or fetched back.
    """
    order = env.db.tables[ORDER][line["order_id"]]
    if order["state"] != "sale":
        return
    if is_goods(env, line) and not order.get("locked"):
        _balance(env, order, line)
    for picking in pickings_of(env, order):
        if picking["state"] not in ENDED:
            confirm(env, picking["id"])  # drafts of returns too


@dataclass(frozen=True, slots=True)
class Part:
    """What a line is delivered as: its product, or one part of a kit."""

    bom_line_id: int | Literal[False]
    product_id: int
    each: float
    """Units of it in one unit of the line."""

    def has(self, move: Row) -> bool:
        return bool(move["product_id"] == self.product_id and (move.get("bom_line_id") or False) == self.bom_line_id)


def _parts(env: Env, line: Row) -> list[Part]:
    product = line["product_id"]
    kit = [Part(*one) for one in parts_of(env, product)]
    return kit or [Part(bom_line_id=False, product_id=product, each=1.0)]


def _balance(env: Env, order: Row, line: Row) -> None:
    for part in _parts(env, line):
        moves = [move for move in moves_of_line(env, line["id"]) if move["state"] != "cancel" and part.has(move)]
        underway = sum(_direction(env, move) * _amount(move) for move in moves)
        missing = (line.get("product_uom_qty") or 0.0) * part.each - underway
        if missing < 0:
            due = _deadline(order, line)
            fitting = [
                one for one in moves if _direction(env, one) > 0 and one.get("date_deadline") in {due, False, None}
            ]
            missing += _shrink(env, fitting, -missing)
        if missing:
            _enlarge(env, order, line, part, missing)


def cancel_deliveries(env: Env, order: Row) -> None:
    for picking in pickings_of(env, order):
        if picking["state"] != "done":
            cancel(env, picking)


def check_line(env: Env, line: Row, changes: dict[str, Any]) -> None:
    """What a confirmed line refuses: another product once it has moves, less than was delivered, all when locked."""
    order = env.db.tables[ORDER][line["order_id"]]
    kept = sorted(PROTECTED.intersection(changes)) if order.get("locked") else []
    if kept:
        labels = "\n".join(env.fields(LINE)[name].label for name in kept)
        raise user_error(f"It is forbidden to modify the following fields in a locked order:\n{labels}")
    if order["state"] != "sale":
        return
    moves = [move for move in moves_of_line(env, line["id"]) if move["state"] != "cancel"]
    if moves and changes.get("product_id", line.get("product_id")) != line.get("product_id"):
        raise user_error("You cannot modify the product of this order line.")
    quantity = changes.get("product_uom_qty", line.get("product_uom_qty")) or 0.0
    delivered = qty_delivered(env, line) if is_goods(env, line) else 0.0
    if quantity != line.get("product_uom_qty") and delivered and quantity < delivered:
        raise user_error(
            "The ordered quantity of a sale order line cannot be decreased below the amount already delivered. "
            "Instead, create a return in your inventory."
        )


def _direction(env: Env, move: Row) -> int:
    """1 for what goes to the customer, -1 for what comes back and counts as returned, else 0."""
    if usage_of(env, move["location_dest_id"]) == "customer":
        return 1 if move["to_refund"] or not move.get("origin_returned_move_id") else 0
    return -1 if move["to_refund"] and usage_of(env, move["location_id"]) == "customer" else 0


def _amount(move: Row) -> float:
    return float(move["quantity"] if move["state"] == "done" else move["product_uom_qty"])


def _deadline(order: Row, line: Row) -> Any:
    """When a move that is made now is due; Odoo merges moves of one deadline only."""
    if order.get("commitment_date") or not order.get("date_order"):
        return order.get("commitment_date") or False
    due = parse_datetime(order["date_order"]) + timedelta(days=line.get("customer_lead") or 0)
    return due.strftime(DATETIME)


def _shrink(env: Env, moves: list[Row], quantity: float) -> float:
    """Takes that much from the open moves, the newest first; how much could be taken."""
    taken = 0.0
    for move in sorted(moves, key=lambda one: -one["id"]):
        if move["state"] in ENDED or taken >= quantity:
            continue
        part = min(move["product_uom_qty"], quantity - taken)
        taken += part
        _set_demand(env, move, move["product_uom_qty"] - part)
    return taken


def _set_demand(env: Env, move: Row, demand: float) -> None:
    picked = move["picked"] and move["quantity"]
    if not demand and not picked:
        unreserve(env, move)
        change_move(env, move, product_uom_qty=0.0, state="cancel", picked=False)
    elif move["state"] == "draft":
        change_move(env, move, product_uom_qty=demand)
    else:
        if move["quantity"] > demand and not picked:
            unreserve(env, move)
        change_move(env, move, product_uom_qty=demand)
        change_move(env, move, state=ready_state(move))
        assign(env, move)
    refresh(env, move["picking_id"])


def _enlarge(env: Env, order: Row, line: Row, part: Part, quantity: float) -> None:
    """Adds to the line's move in the open delivery, or a move to it; below zero the goods are fetched back."""
    warehouse = env.db.tables[WAREHOUSE][order["warehouse_id"]]
    kind = env.db.tables[TYPE][warehouse["out_type_id"]]
    if quantity < 0:
        kind = env.db.tables[TYPE][kind["return_picking_type_id"]]
    source, target = kind["default_location_src_id"], kind["default_location_dest_id"]
    if quantity < 0:
        source = env.db.tables[TYPE][warehouse["out_type_id"]]["default_location_dest_id"]
    picking_id = _open_picking(env, order, kind["id"]) or _new_picking(env, order, kind["id"], source, target)
    same = [
        move
        for move in moves_of_line(env, line["id"])
        if part.has(move)
        and move["picking_id"] == picking_id
        and move["state"] not in ENDED
        and move.get("date_deadline") in {_deadline(order, line), False, None}
    ]
    if same:
        _set_demand(env, same[0], same[0]["product_uom_qty"] + abs(quantity))
        return
    values = {
        "picking_id": picking_id,
        "sale_line_id": line["id"],
        "product_id": part.product_id,
        "product_uom_qty": abs(quantity),
        "date_deadline": _deadline(order, line),
        "product_uom": _unit(env, line, part),
        "sequence": line.get("sequence") or 10,
        "to_refund": env.version != "18" or quantity < 0,
    }
    if part.bom_line_id:
        values["bom_line_id"] = part.bom_line_id
    if env.version == "18":
        name = env.display_name("product.product", part.product_id)
        values |= {"name": name, "group_id": order["procurement_group_id"]}
    create(env.as_superuser(), MOVE, [values], nested=True)
    confirm(env, picking_id)


def _unit(env: Env, line: Row, part: Part) -> Any:
    if part.bom_line_id:
        return env.value("product.product", env.db.tables["product.product"][part.product_id], "uom_id")
    return line["product_uom" if env.version == "18" else "product_uom_id"]


def _open_picking(env: Env, order: Row, kind: int) -> int | None:
    for picking in sorted(pickings_of(env, order), key=lambda one: -one["id"]):
        open_still = picking["state"] not in ENDED and not picking.get("printed")
        if open_still and picking["picking_type_id"] == kind and not picking.get("return_id"):
            return int(picking["id"])
    return None


def _new_picking(env: Env, order: Row, kind: int, source: int, target: int) -> int:
    values = {
        "picking_type_id": kind,
        "location_id": source,
        "location_dest_id": target,
        "partner_id": order["partner_shipping_id"],
        "origin": order["name"],
        "company_id": order["company_id"],
        "move_type": order.get("picking_policy") or "direct",
        "scheduled_date": order.get("commitment_date") or env.now,
        "date_deadline": order.get("commitment_date") or env.now,
        "sale_id": order["id"],
    }
    if order.get("carrier_id"):
        values["carrier_id"] = order["carrier_id"]
    if env.version == "18" and not order.get("procurement_group_id"):
        policy = order.get("picking_policy") or "direct"
        group = {"name": order["name"], "sale_id": order["id"], "move_type": policy}
        [made] = create(env.as_superuser(), GROUP, [group], nested=True)
        env.db.set(ORDER, order["id"], "procurement_group_id", made)
    return create(env.as_superuser(), PICKING, [values], nested=True)[0]
