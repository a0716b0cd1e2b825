"""What Shopify's orders have sold that Odoo has not recorded. Pure.

A sale lowers what Shopify has available at once; Odoo reserves the units when its order is confirmed. In between they
must be taken off Odoo's figure, or they would be sold twice.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Pending:
    """An order that Odoo has not recorded, or not as it is now."""

    record_id: str
    moves: bool
    """Whether it is on its way: neither held nor left out by a rule."""
    sold: Mapping[tuple[str, str], int]
    """Units by variant and location; the location is "" where nobody says it."""
    recorded: Mapping[str, int] = field(default_factory=dict)
    """Units by variant that Odoo has confirmed of it."""

    def units(self, variant_id: str, locations: Collection[str]) -> int:
        """What of a variant is sold at these locations and not recorded; an unknown location counts for all."""
        total = sum(units for (variant, _), units in self.sold.items() if variant == variant_id)
        here = sum(
            units
            for (variant, location), units in self.sold.items()
            if variant == variant_id and (not location or location in locations)
        )
        return max(0, min(here, total - self.recorded.get(variant_id, 0)))


class Unrecorded:
    """All pending orders of a store at one moment."""

    def __init__(self, pending: Sequence[Pending]) -> None:
        self._of: dict[str, list[Pending]] = {}
        self.add(pending)

    def add(self, pending: Sequence[Pending]) -> None:
        for one in pending:
            for variant in {*(variant for variant, _ in one.sold), *one.recorded}:
                self._of.setdefault(variant, []).append(one)

    def units(self, variant_id: str, locations: Collection[str]) -> int:
        return sum(one.units(variant_id, locations) for one in self._of.get(variant_id, ()))

    def waits_for(self, variant_id: str) -> str | None:
        """One that is on its way and has to do with the variant."""
        return next((one.record_id for one in self._of.get(variant_id, ()) if one.moves), None)
