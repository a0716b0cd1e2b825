"""What a warehouse's people do, for tests and the demo: count, ship, track."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from libs.sandbox.odoo import reading, writing
from libs.sandbox.odoo.database import Row
from libs.sandbox.odoo.env import Env, Registry
from libs.sandbox.odoo.models.picking_actions import button_validate
from libs.sandbox.odoo.models.quants import set_stock
from libs.sandbox.odoo.models.reservations import ENDED, MOVE, PICKING, moves_of
from libs.sandbox.odoo.query import search
from libs.sandbox.odoo.seed import ADMIN, COMPANY

CARRIER = "delivery.carrier"


class StockSide:
    """The part of a sandbox that is about goods; each call is a transaction of its own."""

    registry: Registry

    def set_stock(self, product_id: int, quantity: float, *, location_id: int | None = None) -> None:
        """So much of the product is there from now on, in the main warehouse; it becomes storable by it."""
        with self.registry.db.transaction():
            env = Env(self.registry, ADMIN)
            product = env.db.tables["product.product"][product_id]
            if not env.value("product.product", product, "is_storable"):
                writing.write(env, "product.template", [product["product_tmpl_id"]], {"is_storable": True})
            [warehouse, *_] = env.db.referring("stock.warehouse", "company_id", COMPANY) or [0]
            place = location_id or env.db.tables["stock.warehouse"][warehouse]["lot_stock_id"]
            set_stock(env, product_id, place, quantity)

    def add_carrier(self, name: str, tracking_url: str | None = None) -> int:
        """A shipping method; `<shipmenttrackingnumber>` in the address stands for the reference of a parcel."""
        with self.registry.db.transaction():
            return _new_carrier(Env(self.registry, ADMIN), name, tracking_url)

    def pickings(self, order_id: int | None = None) -> list[dict[str, Any]]:
        """Every transfer, or those of an order, oldest first, as `read`, with `external_id` and its `moves`."""
        with self.registry.db.lock:
            env = Env(self.registry, ADMIN, {"active_test": False})
            domain = [("sale_id", "=", order_id)] if order_id is not None else []
            rows = search(env, PICKING, domain, order="id", visible=False)
            found = reading.search_read(env, PICKING, rows, None)
            reader = env.as_superuser()
            for picking in found:
                picking["external_id"] = env.external_id(PICKING, picking["id"])
                picking["moves"] = reading.read(reader, MOVE, picking["move_ids"], None, "_classic_read")
            return found

    def deliver(
        self,
        picking_id: int,
        quantities: Mapping[int, float] | None = None,
        *,
        carrier: str | None = None,
        tracking: str | None = None,
        backorder: bool = True,
    ) -> int:
        """Validates a transfer as a person would: all of it, or so much by order line (or product) id.

        A carrier that is not there yet is made. What is left goes to a backorder or is dropped. Stock may go below
        zero. The id of the transfer that is done now.
        """
        with self.registry.db.transaction():
            env = Env(self.registry, ADMIN, {"skip_sms": True, "skip_backorder": True})
            todo = [move for move in moves_of(env, picking_id) if move["state"] not in ENDED]
            for move in todo:
                quantity = _wanted(todo, move, quantities)
                writing.write(env, MOVE, [move["id"]], {"quantity": quantity, "picked": quantity > 0})
            self._ship(env, picking_id, carrier, tracking)
            dropped = {} if backorder else {"picking_ids_not_to_backorder": [picking_id]}
            button_validate(env.with_context(**dropped), [picking_id])
        return picking_id

    def track(self, picking_id: int, tracking: str, carrier: str | None = None) -> None:
        """Gives a transfer its parcel's reference, or another one, whatever its state; an empty one is taken off."""
        with self.registry.db.transaction():
            self._ship(Env(self.registry, ADMIN), picking_id, carrier, tracking)

    def _ship(self, env: Env, picking_id: int, carrier: str | None, tracking: str | None) -> None:
        values: dict[str, Any] = {} if tracking is None else {"carrier_tracking_ref": tracking or False}
        if carrier == "":
            values["carrier_id"] = False
        elif carrier is not None:
            known = [row["id"] for row in env.db.tables[CARRIER].values() if row["name"] == carrier]
            values["carrier_id"] = known[0] if known else _new_carrier(env, carrier, None)
        if values:
            writing.write(env, PICKING, [picking_id], values)


def _new_carrier(env: Env, name: str, tracking_url: str | None) -> int:
    """With the service that stands for it on orders."""
    service = {"name": name, "type": "service", "sale_ok": False}
    [product] = writing.create(env, "product.product", [service])
    values = {"name": name, "product_id": product, "tracking_url": tracking_url or False}
    return writing.create(env, CARRIER, [values])[0]


def _wanted(moves: list[Row], move: Row, quantities: Mapping[int, float] | None) -> float:
    """By order line when all keys are lines of this transfer, else by product."""
    if quantities is None:
        return float(move["product_uom_qty"])
    by_line = set(quantities) <= {one.get("sale_line_id") for one in moves}
    return float(quantities.get(move["sale_line_id"] if by_line else move["product_id"], 0.0))
