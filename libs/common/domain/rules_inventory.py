"""Stock: which quantity of which Odoo warehouses a location in Shopify shows, and what else a store decides on it."""

from __future__ import annotations

from collections import defaultdict
from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

WHOLE_PERCENT = 100


class Quantity(StrEnum):
    """Odoo's own names for how much there is of a product."""

    FREE = "free_qty"
    """On hand less what is reserved."""
    ON_HAND = "qty_available"
    FORECAST = "virtual_available"
    """On hand, less all that is to leave, and all that is to come."""


class Named(StrEnum):
    """The quantity of Shopify's that is set."""

    AVAILABLE = "available"
    ON_HAND = "on_hand"


class Writes(StrEnum):
    """How Shopify is told."""

    GRAPHQL = "graphql"
    REST = "rest"


class NotStocked(StrEnum):
    """What to do at a location where Shopify does not stock the item."""

    ACTIVATE = "activate"
    IGNORE = "ignore"


class Drift(StrEnum):
    """What to do when Shopify's figure was changed there and Odoo's was not."""

    REPORT = "report"
    CORRECT = "correct"


class _Rules(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LocationRules(_Rules):
    """The formula of one location."""

    location: str = Field(pattern=r"^\d{1,20}$", description="id of the location in Shopify")
    warehouses: tuple[int, ...] = Field(default=(), description="ids of the warehouses whose stock it shows")
    places: tuple[int, ...] = Field(default=(), description="or ids of stock.location records, with all inside them")
    quantity: Quantity = Quantity.FREE
    buffer: int = Field(default=0, ge=0, description="units that are kept back")
    share: int = Field(default=WHOLE_PERCENT, ge=1, le=WHOLE_PERCENT, description="percent of the stock, rounded down")
    cap: int | None = Field(default=None, ge=0, description="never shows more")
    import_place: int | None = Field(default=None, gt=0, description="stock.location that takes the first import")

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if bool(self.warehouses) == bool(self.places):
            message = f"location {self.location} needs warehouses or places, and not both"
            raise ValueError(message)
        return self

    @property
    def sources(self) -> frozenset[tuple[str, int]]:
        """Where its stock comes from, to tell locations apart that show the same stock."""
        kind, ids = ("warehouse", self.warehouses) if self.warehouses else ("place", self.places)
        return frozenset((kind, one) for one in ids)


class InventoryRules(_Rules):
    """Stock, both ways. Nothing is done unless `to_shopify` says so."""

    to_shopify: bool = Field(default=False, description="Shopify shows what Odoo has")
    name: Named = Named.AVAILABLE
    writes: Writes = Writes.GRAPHQL
    not_stocked: NotStocked = NotStocked.IGNORE
    drift: Drift = Drift.REPORT
    first_import: bool = Field(default=False, description="Odoo takes Shopify's stock of what it has none of, once")
    audit_hours: float = Field(default=24.0, gt=0, description="how often every figure is compared anew")
    locations: tuple[LocationRules, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.to_shopify and not self.locations:
            raise ValueError("to_shopify needs locations")
        known = [one.location for one in self.locations]
        if len(known) != len(set(known)):
            raise ValueError("a location is named twice")
        if self.writes is Writes.REST and self.name is not Named.AVAILABLE:
            raise ValueError("REST sets `available` only")
        if self.first_import and not all(one.import_place for one in self.locations):
            raise ValueError("first_import needs an import_place for every location")
        places = [one.import_place for one in self.locations]
        if self.first_import and len(places) != len(set(places)):
            raise ValueError(
                "first_import needs another import_place for each location: one would be counted over another"
            )
        shares: dict[tuple[str, int], int] = defaultdict(int)
        for one in self.locations:
            for source in one.sources:
                shares[source] += one.share
        for (kind, number), share in shares.items():
            if share > WHOLE_PERCENT:
                message = f"{kind} {number} is shown by several locations with {share} % in all: units would sell twice"
                raise ValueError(message)
        return self

    def of(self, location: str) -> LocationRules | None:
        return next((one for one in self.locations if one.location == location), None)

    def shown_by(self, rule: LocationRules) -> frozenset[str]:
        """The locations that show (part of) the same stock, this one among them: a sale at one takes from all."""
        return frozenset(one.location for one in self.locations if one.sources & rule.sources)
