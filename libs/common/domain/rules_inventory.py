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
            raise ValueError("to_shopify needs locations: name at least one")
        known = [one.location for one in self.locations]
        for twice in (one for one in known if known.count(one) > 1):
            message = f"location {twice} is named twice: put all that it shows into one entry"
            raise ValueError(message)
        if self.writes is Writes.REST and self.name is not Named.AVAILABLE:
            raise ValueError("REST sets `available` only: set `name: available`, or `writes: graphql`")
        if self.first_import:
            self._each_has_its_own_place()
        shares: dict[tuple[str, int], int] = defaultdict(int)
        for one in self.locations:
            for source in one.sources:
                shares[source] += one.share
        for (kind, number), share in shares.items():
            if share > WHOLE_PERCENT:
                message = f"{kind} {number} is shown by several locations with {share} % in all: units would sell twice"
                raise ValueError(message)
        return self

    def _each_has_its_own_place(self) -> None:
        taken: dict[int, str] = {}
        for one in self.locations:
            if one.import_place is None:
                message = f"first_import needs an import_place for every location: {one.location} has none"
                raise ValueError(message)
            other = taken.setdefault(one.import_place, one.location)
            if other != one.location:
                message = (
                    f"first_import needs another import_place for each location: {one.location} and {other} name "
                    f"{one.import_place}, and one would be counted over the other"
                )
                raise ValueError(message)

    def of(self, location: str) -> LocationRules | None:
        return next((one for one in self.locations if one.location == location), None)

    def shown_by(self, rule: LocationRules) -> frozenset[str]:
        """The locations that show (part of) the same stock, this one among them: a sale at one takes from all."""
        return frozenset(one.location for one in self.locations if one.sources & rule.sources)
