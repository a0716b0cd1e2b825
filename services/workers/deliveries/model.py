"""What the four steps of a delivery hand to one another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from libs.common.domain.fulfillments import OrderFulfillments, Tracking
from libs.common.domain.sales import SaleOrder


@dataclass(frozen=True, slots=True)
class Head:
    """A transfer, as much of it as tells whether it matters."""

    id: int
    name: str
    state: str
    code: str
    sale_id: int | None
    write_date: datetime


@dataclass(frozen=True, slots=True)
class Situation:
    """One delivery with its order on both sides, and what the ledger knows of the order's other deliveries."""

    record_id: str
    head: Head | None
    """None when Odoo does not have it (any more), or was not asked."""
    order: SaleOrder | None = None
    """The sale order with all its transfers; None when its record is not linked."""
    shopify: OrderFulfillments | None = None
    """None when the order is gone in Shopify."""
    order_record: str | None = None
    """The ledger's id of the order: set for a linked one, and for one that Tandem made and has yet to link."""
    own: tuple[str, ...] = ()
    """Fulfillments that are this delivery's, by id, oldest link first."""
    others: frozenset[str] = frozenset()
    """Fulfillments that belong to other deliveries."""
    earlier: str | None = None
    """An earlier delivery of the same order that is still to be told to Shopify."""
    synced_digest: str | None = None
    failed_before: bool = False


@dataclass(frozen=True, slots=True)
class Creation:
    """A fulfillment to make; all of one location."""

    location_id: str
    units: Mapping[str, Mapping[str, int]]
    """By fulfillment order id: fulfillment order line id to a number of units."""
    lines: Mapping[str, int]
    """The same by line id."""


@dataclass(frozen=True, slots=True)
class Retrack:
    """A fulfillment that is there and is to be followed in another way, or in none."""

    fulfillment_id: str
    tracking: tuple[Tracking, ...]


@dataclass(frozen=True, slots=True)
class Changes:
    """What to do for one delivery."""

    record_id: str
    digest: str
    version: datetime
    name: str
    order_name: str
    found: tuple[str, ...]
    """Fulfillments that are there already and are this delivery's."""
    found_name: str
    """What the first of them is called."""
    creations: tuple[Creation, ...]
    tracking: Tracking
    """Of the fulfillments to make."""
    retrack: tuple[Retrack, ...]
    """Those of `found` that are to have other tracking."""
    notify: bool
    failed_before: bool = False
    notes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Applied:
    """One delivery that Shopify knows of now."""

    changes: Changes
    made: Mapping[str, Creation] = field(default_factory=dict)
    """By the id of the new fulfillment."""

    @property
    def ids(self) -> tuple[str, ...]:
        return (*self.changes.found, *self.made)
