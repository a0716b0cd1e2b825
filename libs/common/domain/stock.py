"""Stock of a variant at a location: what Shopify shows, and what it should show. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal

from libs.common.domain.rules_inventory import WHOLE_PERCENT, LocationRules

ENTITY = "inventory"
#: Shopify takes no more.
MOST = 1_000_000_000
NONE = Decimal(0)


@dataclass(frozen=True, slots=True)
class Level:
    """What Shopify has of an item at a location; `available` and `on_hand` are None where it does not stock it."""

    item_id: str
    tracked: bool = True
    available: int | None = None
    on_hand: int | None = None
    sku: str = ""

    @property
    def stocked(self) -> bool:
        return self.available is not None


@dataclass(frozen=True, slots=True)
class Figure:
    """What a location should show as available, with every number that went into it."""

    source: str
    """Odoo's name of the quantity."""
    quantity: Decimal
    unreserved: Decimal
    """Units that are to leave and for which Odoo has reserved nothing."""
    unrecorded: int
    """Units that Shopify has sold and Odoo has not recorded yet."""
    share: int
    buffer: int
    cap: int | None
    value: int

    def shown(self) -> dict[str, str]:
        """For the record: `{"free_qty": "12", "unrecorded": "1", "buffer": "2", "figure": "9"}`"""
        numbers: dict[str, object] = {self.source: f"{self.quantity.normalize():f}"}
        if self.unreserved:
            numbers["unreserved"] = f"{self.unreserved.normalize():f}"
        numbers["unrecorded"] = self.unrecorded
        if self.share != WHOLE_PERCENT:
            numbers["share"] = f"{self.share} %"
        numbers["buffer"] = self.buffer
        if self.cap is not None:
            numbers["cap"] = self.cap
        return {name: str(number) for name, number in {**numbers, "figure": self.value}.items()}


def figure(rule: LocationRules, quantity: Decimal, unrecorded: int, unreserved: Decimal = NONE) -> Figure:
    """Share of what is left, rounded down, less the buffer; never below zero, never above the cap."""
    left = (quantity - unreserved - unrecorded) * rule.share / WHOLE_PERCENT
    value = int(left.to_integral_value(ROUND_FLOOR)) - rule.buffer
    value = max(0, min(value, MOST if rule.cap is None else rule.cap))
    numbers = (unreserved, unrecorded, rule.share, rule.buffer, rule.cap)
    return Figure(rule.quantity.value, quantity, *numbers, min(value, MOST))


def pair_id(variant_id: str, location: str) -> str:
    """What the ledger calls a pair: `40001-64700001`"""
    return f"{variant_id}-{location}"


def pair_of(source_id: str) -> tuple[str, str] | None:
    """Variant and location; None for what is no pair."""
    variant, dash, location = source_id.partition("-")
    return (variant, location) if dash and variant.isdigit() and location.isdigit() else None


def sighting_id(item_id: str, location: str) -> str:
    """What the ledger calls news of an item: a webhook knows the item, and not its variant."""
    return f"item{item_id}-{location}"


def sighting_of(source_id: str) -> tuple[str, str] | None:
    """Item and location of `sighting_id`."""
    return pair_of(source_id.removeprefix("item")) if source_id.startswith("item") else None


def level_digest(available: int, on_hand: int) -> str:
    """What was last seen or written, short enough to be its own digest."""
    return f"available={available} on_hand={on_hand}"


def level_of(digest: str) -> tuple[int, int] | None:
    """`available` and `on_hand` of `level_digest`."""
    parts = [part.partition("=")[2] for part in digest.split()]
    try:
        available, on_hand = (int(part) for part in parts)
    except ValueError:
        return None
    return available, on_hand
