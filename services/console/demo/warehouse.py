"""What the people in the warehouse do during the demo: deliver orders in Odoo, by the calls its own screens make."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from libs.common.odoo.client import OdooClient

#: Neither dialogue: what is not sent now is left for a further delivery.
NO_DIALOGUES = {"skip_sms": True, "skip_backorder": True}
OPEN = ("confirmed", "assigned", "waiting")


@dataclass(frozen=True, slots=True)
class Delivered:
    """One delivery that was done: its picking, what was sent, and the number to follow it by."""

    picking_id: int
    name: str
    units: int
    tracking: str


class Warehouse:
    """Delivers for one Odoo; `client` stays the caller's."""

    def __init__(self, client: OdooClient) -> None:
        self._client = client
        self._tracks = "carrier_tracking_ref" in client.fields_get("stock.picking", ("type",))

    def deliver(self, order_id: int, tracking: str, *, most_units: int | None = None) -> Delivered | None:
        """Send the order's goods, all or at most so many units; None when there is nothing to deliver."""
        domain = [("sale_id", "=", order_id), ("picking_type_code", "=", "outgoing"), ("state", "in", list(OPEN))]
        found = self._client.search_read("stock.picking", domain, ["name", "move_ids"], limit=1)
        if not found:
            return None
        picking = found[0]
        moves = self._client.search_read("stock.move", [("id", "in", picking["move_ids"])], ["product_uom_qty"])
        left = most_units if most_units is not None else sum(int(move["product_uom_qty"]) for move in moves)
        rows: list[list[Any]] = []
        for move in moves:
            units = min(left, int(move["product_uom_qty"]))
            left -= units
            if units:
                rows.append([move["id"], units, True])
        self._client.update("stock.move", [".id", "quantity", "picked"], rows)
        if self._tracks:
            self._client.update("stock.picking", [".id", "carrier_tracking_ref"], [[picking["id"], tracking]])
        self._client.call("stock.picking", "button_validate", [[picking["id"]]], write=True, context=NO_DIALOGUES)
        sent = sum(units for _, units, _ in rows)
        return Delivered(picking["id"], picking["name"], sent, tracking if self._tracks else "")
