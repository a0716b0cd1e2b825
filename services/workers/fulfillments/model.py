"""What the four steps of a fulfillment hand to one another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from libs.common.domain.fulfillments import Fulfillment
from libs.common.domain.sales import SaleOrder
from libs.common.domain.shipping import Units


@dataclass(frozen=True, slots=True)
class OrderState:
    """What the ledger has of the fulfillment's order."""

    record_id: str
    target_id: int | None = None
    ignored: str | None = None
    """The rule that left the order out."""


@dataclass(frozen=True, slots=True)
class Situation:
    """One fulfillment with its order on both sides."""

    record_id: str
    fulfillment: Fulfillment | None
    """None when Shopify does not have it (any more), or was not asked."""
    siblings: tuple[Fulfillment, ...] = ()
    """All fulfillments of the order, this one among them."""
    order_state: OrderState | None = None
    order: SaleOrder | None = None
    """None when the order is not linked, or was deleted in Odoo."""
    delivery: str | None = None
    """The delivery's record that made this fulfillment or found it; None when it was made elsewhere."""
    picking_id: int | None = None
    """The delivery that was validated because of it."""
    earlier: str | None = None
    """An earlier fulfillment of the same order that is still to be worked on."""
    synced_digest: str | None = None
    keeps_tracking: bool = False
    """Whether deliveries in this Odoo have a tracking number (the app `stock_delivery`)."""


@dataclass(frozen=True, slots=True)
class MoveUnits:
    """What is to become of one move of a delivery."""

    move_id: int
    quantity: Decimal
    picked: bool
    """Goes out now; one that does not stays for the backorder with what is reserved for it."""


@dataclass(frozen=True, slots=True)
class PickingUnits:
    """One delivery to validate: every open move of it, so that nothing goes out that somebody else had picked."""

    picking_id: int
    name: str
    moves: tuple[MoveUnits, ...]


@dataclass(frozen=True, slots=True)
class Changes:
    """What to do for one fulfillment."""

    record_id: str
    digest: str
    version: datetime
    name: str
    order_id: int
    pickings: tuple[PickingUnits, ...]
    expected: Units
    """What is to be delivered of these lines in all, at least."""
    tracking_ref: str | None = None
    """The tracking number that the deliveries are to have; None to leave it."""
    tracked: tuple[int, ...] = ()
    """The deliveries that are to have it."""
    notes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def move_count(self) -> int:
        return sum(len(picking.moves) for picking in self.pickings)


@dataclass(frozen=True, slots=True)
class Applied:
    """One fulfillment whose deliveries were validated."""

    changes: Changes
    unanswered: Mapping[str, Any] | None = None
    """The question that Odoo asked instead of validating."""
