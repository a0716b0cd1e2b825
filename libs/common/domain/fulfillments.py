"""Shopify's side of deliveries: what was shipped, and what is still to be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

#: States of a fulfillment order in which its remaining units can be fulfilled.
OPEN_STATES = frozenset({"open", "in_progress"})


@dataclass(frozen=True, slots=True)
class Tracking:
    """How a parcel can be followed; every part may be empty."""

    number: str = ""
    company: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class FulfilledLine:
    """Units of one order line in a fulfillment."""

    line_id: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Fulfillment:
    """One fulfillment, complete. Words are Shopify's, in lower case."""

    id: str
    order_id: str
    name: str
    """`#1001-F1`"""
    status: str
    """`success`, `cancelled`, `error`, `failure`; `open` and `pending` are of old."""
    created_at: datetime
    updated_at: datetime
    lines: tuple[FulfilledLine, ...]
    tracking: tuple[Tracking, ...] = ()
    location_id: str = ""

    @property
    def counts(self) -> bool:
        """Whether its units left: not when it was cancelled or failed."""
        return self.status in {"success", "open", "pending"}


@dataclass(frozen=True, slots=True)
class FulfillmentOrderLine:
    """Units of one order line that a location is to ship."""

    id: str
    line_id: str
    remaining_quantity: int
    total_quantity: int


@dataclass(frozen=True, slots=True)
class FulfillmentOrder:
    """What one location is to ship of an order."""

    id: str
    status: str
    """`open`, `in_progress`, `scheduled`, `on_hold`, `incomplete`, `closed`, `cancelled`"""
    location_id: str
    lines: tuple[FulfillmentOrderLine, ...]


@dataclass(frozen=True, slots=True)
class OrderFulfillments:
    """All of an order's fulfillment orders and fulfillments, read together."""

    order_id: str
    order_name: str
    fulfillment_orders: tuple[FulfillmentOrder, ...]
    fulfillments: tuple[Fulfillment, ...]
    cancelled: bool = False
