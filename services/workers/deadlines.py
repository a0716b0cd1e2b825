"""Before a confirmed order's quantities change: its open moves are due when the order says so now.

Odoo takes a lower quantity off an open move by merging a negative one into it, and merges only moves of the same
deadline. A move keeps the deadline of the day it was made: the order's date when it was confirmed, and the lead time.
Tandem puts the order's date back to when it was placed; a negative move of that date finds nobody to merge with and
becomes a receipt, and the delivery stays as large as it was (measured on 18 and 19).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from libs.common.odoo.cells import Cell, parse_datetime
from services.workers.context import StoreContext

_OPEN = {"draft", "waiting", "confirmed", "partially_available", "assigned"}
_LINE: dict[str, Any] = {
    "customer_lead": {},
    "order_id": {"fields": {"date_order": {}, "commitment_date": {}}},
    "move_ids": {"fields": {"state": {}, "date_deadline": {}}},
}


def align_deadlines(store: StoreContext, line_ids: Iterable[int]) -> None:
    """One read for all lines, and one write where a deadline differs. Nothing where Odoo keeps no stock."""
    wanted = sorted(set(line_ids))
    if not wanted or not store.odoo_fields.order_pickings:
        return
    rows: list[list[Cell]] = []
    for line in store.odoo.web_read("sale.order.line", wanted, _LINE):
        due = _due(line)
        if due is None:
            continue
        for move in line["move_ids"]:
            there = parse_datetime(move["date_deadline"]) if move["date_deadline"] else None
            if move["state"] in _OPEN and there != due:
                rows.append([move["id"], due])
    if rows:
        store.odoo.update("stock.move", [".id", "date_deadline"], rows)


def _due(line: dict[str, Any]) -> datetime | None:
    """What was promised, else the order's date and the line's lead time."""
    order = line["order_id"]
    if order["commitment_date"]:
        return parse_datetime(order["commitment_date"])
    if not order["date_order"]:
        return None
    return parse_datetime(order["date_order"]) + timedelta(days=line["customer_lead"] or 0)
