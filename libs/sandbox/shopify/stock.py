"""The shop's inventory: levels of items at locations, moved by orders and set by apps.

A variant without a level is not counted: anybody may buy as many as they like. `committed` is what orders have sold
and nobody has shipped; `on_hand` is `available` and `committed` together. Each change of a level is one entry of the
journal and one `inventory_levels/update`.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from libs.sandbox.journal import Journal
from libs.sandbox.shopify.derived import Document
from libs.sandbox.shopify.parts import all_lines
from libs.sandbox.shopify.people import gid
from libs.sandbox.shopify.routing import LEFT

TOPIC = "inventory_levels/update"
ITEM = 9_000_000_000_000
"""An item's number is this and the end of its variant's: told apart at a glance, and never the variant's own."""
Place = tuple[str, str]
"""Item and location, by number."""


class NotEnough(ValueError):
    """Nobody can buy what is not there."""


@dataclass(slots=True)
class Count:
    """What there is of an item at a location."""

    available: int = 0
    committed: int = 0

    @property
    def on_hand(self) -> int:
        return self.available + self.committed


@dataclass(frozen=True, slots=True)
class Wrong:
    """A user error: its code, where, and in Shopify's words."""

    code: str
    field: tuple[str, ...]
    message: str


@dataclass
class StockBook:
    """All levels. `tell(item, location, available)` is called after every change, outside of the lock's care."""

    journal: Journal
    tell: Callable[[str, str, int], None] = lambda *_: None
    items: dict[str, str] = field(default_factory=dict)
    """Item number to the variant's global id."""
    counts: dict[Place, Count] = field(default_factory=dict)
    untracked: set[str] = field(default_factory=set)
    lock: threading.RLock = field(default_factory=threading.RLock)
    _keys: dict[str, tuple[str, Any]] = field(default_factory=dict)

    def item_of(self, variant: str) -> str:
        """The number of a variant's item; `variant` is its number or global id."""
        number = variant.rpartition("/")[2]
        item = str(ITEM + int(number) % ITEM)
        self.items.setdefault(item, gid("ProductVariant", number))
        return item

    def set(self, item: str, location: str, available: int, *, why: str = "by hand") -> None:
        with self.lock:
            count = self.counts.setdefault((item, location), Count())
            self._change((item, location), count, available - count.available, 0, why)

    def follow(self, before: Document | None, after: Document) -> None:
        """Moves what an order has changed in: what is left to ship, what left, what came back."""
        with self.lock:
            old, new = _tally(before), _tally(after)
            for key in {*old.open, *new.open, *old.gone, *new.gone, *old.back, *new.back}:
                variant, location = key
                place = (self.item_of(variant), location)
                count = self.counts.get(place)
                if count is None:
                    continue
                opened, gone = new.open[key] - old.open[key], new.gone[key] - old.gone[key]
                back = new.back[key] - old.back[key]
                self._change(place, count, back - opened - gone, opened, after["name"])

    def check(self, order: Document) -> None:
        """Raises NotEnough when a checkout would not let this new order through."""
        with self.lock:
            for (variant, location), units in _tally(order).open.items():
                count = self.counts.get((self.item_of(variant), location))
                if count is not None and count.available < units:
                    raise NotEnough(f"{variant} at {location}: {count.available} are left, {units} are wanted")

    def set_many(self, name: str, quantities: Sequence[Document]) -> tuple[list[Wrong], list[Document]]:
        """All or none: what is wrong with them, or the changes."""
        with self.lock:
            wrong = [fault for at, one in enumerate(quantities) for fault in self._faults(name, at, one, quantities)]
            changes: list[Document] = []
            for one in [] if wrong else quantities:
                place = _place(one)
                count = self.counts[place]
                delta = one["quantity"] - _named(count, name)
                self._change(place, count, delta, 0, f"set {name}")
                parts = {"item": {"id": one["inventoryItemId"]}, "location": {"id": one["locationId"]}}
                changes += [{"name": each, "delta": delta, **parts} for each in ("available", "on_hand") if delta]
            return wrong, changes

    def activate(self, item: str, location: str, available: int | None) -> bool:
        """Whether it is stocked there only since now."""
        with self.lock:
            if (item, location) in self.counts:
                return False
            self.counts[item, location] = Count()
            self.journal.record("inventory_level", "activate", f"{item}@{location}")
            if available:
                self.set(item, location, available, why="activated")
            return True

    def repeated(self, key: str, asked: Any) -> tuple[str, Any]:
        """`new`, `same` with the answer of the first time, `other` when the key was for something else, or `busy`."""
        fingerprint = json.dumps(asked, sort_keys=True)
        with self.lock:
            known = self._keys.get(key)
            if known is None:
                self._keys[key] = (fingerprint, None)
                return "new", None
            if known[0] != fingerprint:
                return "other", None
            return ("busy", None) if known[1] is None else ("same", known[1])

    def answered(self, key: str, answer: Any) -> None:
        """Keeps what a key was answered with; a refusal makes the key useless, as in Shopify."""
        with self.lock:
            self._keys[key] = (self._keys[key][0], answer)

    def _faults(self, name: str, at: int, one: Document, quantities: Sequence[Document]) -> Iterable[Wrong]:
        where = ("input", "quantities", str(at))
        item, location = _place(one)
        count = self.counts.get((item, location))
        if item not in self.items:
            message = "The specified inventory item could not be found."
            yield Wrong("INVALID_INVENTORY_ITEM", (*where, "inventoryItemId"), message)
        elif count is None:
            yield Wrong("INVALID_LOCATION", (*where, "locationId"), "The specified location could not be found.")
        elif at and _place(one) in (_place(other) for other in quantities[:at]):
            message = "The combination of inventoryItemId and locationId must be unique."
            yield Wrong("NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR", where, message)
        elif one["quantity"] < 0:
            yield Wrong("INVALID_QUANTITY_NEGATIVE", (*where, "quantity"), "The quantity can't be negative.")
        elif one["changeFromQuantity"] not in {None, _named(count, name)}:
            message = "The changeFromQuantity value does not match persisted value."
            yield Wrong("CHANGE_FROM_QUANTITY_STALE", (*where, "changeFromQuantity"), message)

    def _change(self, place: Place, count: Count, available: int, committed: int, why: str) -> None:
        if not available and not committed:
            return
        count.available += available
        count.committed += committed
        item, location = place
        summary = {"available": count.available, "committed": count.committed, "by": available, "why": why}
        self.journal.record("inventory_level", "write", f"{item}@{location}", summary=summary)
        self.tell(item, location, count.available)


def level_document(item: str, location: str, count: Count) -> Document:
    return {
        "id": f"gid://shopify/InventoryLevel/{location}?inventory_item_id={item}",
        "sandboxCount": {"available": count.available, "committed": count.committed, "on_hand": count.on_hand},
    }


def _named(count: Count, name: str) -> int:
    return count.on_hand if name == "on_hand" else count.available


def _place(one: Document) -> Place:
    return _number(one["inventoryItemId"]), _number(one["locationId"])


def _number(global_id: str) -> str:
    return global_id.partition("?")[0].rpartition("/")[2]


@dataclass(slots=True)
class _Tally:
    """Units by variant and location."""

    open: Counter[tuple[str, str]] = field(default_factory=Counter)
    gone: Counter[tuple[str, str]] = field(default_factory=Counter)
    back: Counter[tuple[str, str]] = field(default_factory=Counter)


def _tally(order: Document | None) -> _Tally:
    tally = _Tally()
    if order is None:
        return tally
    variants = {line["id"]: line["variant"]["id"] for line in all_lines(order) if line["variant"]}
    for one in order.get("fulfillmentOrders", ()):
        location = _number(one["assignedLocation"]["location"]["id"])
        for line in one["lineItems"]:
            _count(tally.open, variants, line, location, line["remainingQuantity"])
    for one in order.get("fulfillments", ()):
        if one["status"] in LEFT:
            location = _number(one["location"]["id"])
            for line in one["fulfillmentLineItems"]:
                _count(tally.gone, variants, line, location, line["quantity"])
    for refund in order.get("refunds", ()):
        for line in refund["refundLineItems"]:
            location = _number(line["location"]["id"]) if line.get("location") else ""
            if line["restockType"] == "RETURN" and location:
                _count(tally.back, variants, line, location, line["quantity"])
    return tally


def _count(
    into: Counter[tuple[str, str]], variants: Mapping[str, str], part: Document, location: str, units: int
) -> None:
    variant = variants.get(part["lineItem"]["id"])
    if variant and units:
        into[variant, location] += units
