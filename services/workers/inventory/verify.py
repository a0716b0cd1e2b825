"""Compares what Shopify says it did with what was asked.

The comparison that Shopify itself makes before it sets a quantity, and the change it tells afterwards, come with the
mutation: reading the level again would cost as much as everything else, and show what was sold since.
"""

from __future__ import annotations

from libs.common.domain.outcomes import Hold
from libs.common.domain.rules_inventory import Named
from libs.common.domain.stock import level_digest
from services.workers.inventory.model import Applied


def verify(applied: Applied, name: Named) -> Hold | None:
    """None when it is as it should be."""
    changes = applied.changes
    if changes.quantity is None or applied.told is None:
        return None
    wanted = changes.quantity if applied.by_rest else changes.quantity - _before(applied, name)
    if applied.told == wanted:
        return None
    what = "is" if applied.by_rest else "was changed by"
    return Hold(
        "stock_differs",
        f"{changes.level.sku or changes.level.item_id} at location {changes.situation.location} {what} {applied.told} "
        f"in Shopify, and not {wanted} as was asked",
        "look at the item's inventory history in Shopify, then retry",
        {"asked": wanted, "told": applied.told, "quantity": name.value},
    )


def present_digest(applied: Applied, name: Named) -> str:
    """The level as it is now, to be expected the next time."""
    changes = applied.changes
    more = 0 if changes.quantity is None else changes.quantity - _before(applied, name)
    return level_digest((changes.level.available or 0) + more, (changes.level.on_hand or 0) + more)


def _before(applied: Applied, name: Named) -> int:
    level = applied.changes.level
    return (level.on_hand if name is Named.ON_HAND else level.available) or 0
