"""What the four steps of stock hand to one another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from libs.common.domain.outcomes import Needs
from libs.common.domain.stock import NONE, Figure, Level


@dataclass(frozen=True, slots=True)
class Situation:
    """One pair of a variant and a location, or (without `location`) news of an item that a webhook brought."""

    record_id: str
    seen: str = ""
    """Digest of the level that was last seen or written; "" for a pair that was never worked on."""
    linked: bool = False
    """Whether the pair's item is kept with its record."""
    mark: str = ""
    """Another one as soon as the record was heard of or settled."""
    variant_id: str = ""
    location: str = ""
    product_id: int | None = None
    """The product.product that the variant is linked to."""
    level: Level | None = None
    """What Shopify has; None when the variant is gone there."""
    read: bool = True
    """Whether `level` was read just now, or is what was last seen or written."""
    read_at: datetime | None = None
    """When reading began, by the ledger's clock: all that had happened on either side by then is in the figure."""
    quantity: Decimal | None = None
    """Odoo's; None when the product is gone there."""
    unreserved: Decimal = NONE
    """What is to leave and Odoo has reserved nothing for; only where the rule shows what is free."""
    unrecorded: int = 0
    doubt: int = 0
    """Units that are missing from Shopify's level and that no order explains, for a minute: perhaps just sold."""
    waits_for: str | None = None
    """An order on its way to Odoo that has to do with the variant: a ledger id."""
    untouched: bool = False
    """Whether Odoo counted nothing of the product but what was imported for other pairs (asked for a first import)."""
    news: str = ""
    """Of an item: the pair that was announced because of it."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What to do for one pair. Without `quantity` and `import_quantity` only what is seen is kept."""

    situation: Situation
    level: Level
    figure: Figure
    quantity: int | None = None
    """To set, of the quantity that the store's rule names."""
    activate: bool = False
    import_quantity: int | None = None
    """To count in Odoo."""
    again: Needs | None = None
    notes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def record_id(self) -> str:
        return self.situation.record_id


@dataclass(frozen=True, slots=True)
class Applied:
    """One pair after its writes."""

    changes: Changes
    told: int | None = None
    """By how much Shopify says it changed the quantity (by REST: what it says is available); None when it does not."""
    by_rest: bool = False


@dataclass(frozen=True, slots=True)
class Stale:
    """Shopify's level is another one than expected: to be read and decided about again."""

    changes: Changes
