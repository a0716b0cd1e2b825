"""A shop, an Odoo and a ledger in memory, in which things happen between any two calls of the room of stock.

One variant at one location. Every call of the room is a gap; what happens in it is told beforehand, so that one and the
same course of events is walked through again and again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from libs.common.clock import ManualClock
from libs.common.domain.outcomes import Needs
from libs.common.domain.rules import StoreRules
from libs.common.domain.stock import Level, level_digest
from libs.common.ledger.model import Hint, Record, State, Synced, Target, Wanted
from libs.common.shopify.inventory import Answer, OrderUnits, Setting, Sighted
from services.workers.inventory.entity import Inventory
from services.workers.inventory.levels import POLLED
from services.workers.inventory.model import Changes

VARIANT, LOCATION, PRODUCT, ITEM = "4", "61", 9, 7
PAIR = f"acme/inventory/{VARIANT}-{LOCATION}"

Gaps = Mapping[int, Sequence[Callable[[], object]]]
"""What happens before the nth call of the room."""


@cache
def rules_with(buffer: int) -> StoreRules:
    location = {"location": LOCATION, "warehouses": [1], "buffer": buffer}
    return StoreRules.model_validate({"inventory": {"to_shopify": True, "drift": "correct", "locations": [location]}})


@dataclass
class Sale:
    """An order of the shop, and what has become of it in the ledger and in Odoo."""

    id: str
    units: int
    stamp: datetime
    state: State | None = None
    seq: int = 0
    version: datetime | None = None
    live: bool = True
    reserved: int = 0
    """Units that Odoo has confirmed."""
    hidden: bool = False
    """Whether Shopify's level has it and its queries do not show it yet."""

    @property
    def holds(self) -> int:
        return self.units if self.live else 0


@dataclass
class Market:
    """`free` is what really is left: on hand, less every live sale and what Odoo has sold by itself."""

    stock: int
    available: int
    buffer: int = 0
    remembered: bool = False
    """Whether the room goes by the level that it last saw, as it does in large batches."""
    counter: int = 0
    sales: dict[str, Sale] = field(default_factory=dict)
    gaps: Gaps = field(default_factory=dict)
    calls: int = 0
    writes: list[int] = field(default_factory=list)
    counter_read: int = 0
    """What the counter had sold when Odoo's figure was last read."""
    counter_shown: int = 0
    """What it had sold when the figure was read that Shopify shows."""
    clock: ManualClock = field(default_factory=ManualClock)
    told: dict[str, str] = field(default_factory=dict)
    """What the ledger keeps with the pair."""
    settlements: int = 0
    behind: float = 0.0
    """Seconds by which Shopify's clock is behind the ledger's."""

    def __post_init__(self) -> None:
        self.level_seen = level_digest(self.available, self.available)
        self.seen_at = self.clock.now()
        self.due = True
        self.why = POLLED
        self.heard = 0
        self.slug = "acme"
        self.rules = rules_with(self.buffer)
        self.room = Inventory()

    @property
    def free(self) -> int:
        return self.stock - self.counter - sum(one.holds for one in self.sales.values())

    # What may happen.

    def place(self, name: str, units: int = 1) -> None:
        if self.available >= units and name not in self.sales:
            self.available -= units
            self.sales[name] = Sale(name, units, self._tick())

    def hide(self, name: str) -> None:
        """It is bought, and Shopify does not show the order yet."""
        self.place(name)
        if name in self.sales:
            self.sales[name].hidden = True

    def show(self, name: str) -> None:
        self.sales[name].hidden = False

    def cancel(self, name: str) -> None:
        sale = self.sales.get(name)
        if sale is not None and sale.live:
            sale.live, sale.stamp = False, self._tick()
            self.available += sale.units

    def tell(self, name: str) -> None:
        """Its webhook comes."""
        sale = self.sales.get(name)
        if sale is not None:
            sale.state, sale.seq = State.DUE, sale.seq + 1

    def record(self, name: str) -> None:
        """The orders' room brings Odoo to what Shopify has of it; the ledger does not know yet."""
        sale = self.sales.get(name)
        if sale is not None and sale.state is State.DUE and not sale.hidden:
            sale.reserved, sale.version = sale.holds, sale.stamp
            self._heard()

    def settle(self, name: str) -> None:
        sale = self.sales.get(name)
        if sale is not None and sale.state is State.DUE and sale.version == sale.stamp:
            sale.state = State.SYNCED
            self._heard()

    def sell(self) -> None:
        """Over Odoo's counter: no more than the buffer since the figure was read that Shopify shows."""
        if self.counter - self.counter_shown < self.buffer and self.stock - self.counter - self.reserved() > 0:
            self.counter += 1
            self._heard()

    def receive(self) -> None:
        self.stock += 1
        self._heard()

    # The room at work.

    def work(self, gaps: Gaps | None = None, *, asleep: Callable[[], object] = lambda: None) -> None:
        """One look at the pair, with all its calls; `asleep` is what happens after all is read and before it is written."""
        self.gaps, self.calls, self.due = gaps or {}, 0, False
        seq = self.heard
        store: Any = _Store(self)
        [read] = self.room.gather([self.pair()], store)
        decided = self.room.plan(read.situation, store)  # type: ignore[union-attr]
        asleep()
        self.due = isinstance(decided, Needs)
        if isinstance(decided, Changes):
            [outcome] = self.room.carry_out([decided], store)
            if getattr(outcome, "digest", ""):
                self.level_seen, self.seen_at = outcome.digest, outcome.version or self.seen_at  # type: ignore[union-attr]
                self.due = isinstance(outcome.again, Needs)  # type: ignore[union-attr]
                self.settlements += 1
            else:
                self.due = True
        if not self.due:
            self.counter_shown = self.counter_read
        self.due = self.due or self.heard != seq
        for happenings in [some for at, some in sorted(self.gaps.items()) if at > self.calls]:
            for happening in happenings:
                happening()

    def pair(self) -> Record:
        return Record(
            *("acme", "inventory", f"{VARIANT}-{LOCATION}", State.RUNNING),
            wanted=Wanted(seq=self.heard, why=self.why if self.remembered else "by hand"),
            synced=Synced(self.seen_at, self.level_seen, self.seen_at + timedelta(microseconds=self.settlements)),
            told=self.told,
            target=Target(f"InventoryLevel/{LOCATION}", ITEM),
        )

    def call(self) -> None:
        self.calls += 1
        for happening in self.gaps.get(self.calls, ()):
            happening()

    def free_qty(self) -> int:
        self.counter_read = self.counter
        return self.stock - self.counter - self.reserved()

    def reserved(self) -> int:
        return sum(one.reserved for one in self.sales.values())

    def _heard(self) -> None:
        """Odoo's quants have changed: the poll makes the pair due."""
        self.heard, self.due = self.heard + 1, True

    def _tick(self) -> datetime:
        self.clock.advance(1)
        return self.clock.now() - timedelta(seconds=self.behind)


class _Store:
    """What the room asks of `StoreContext`; it is its own ledger, shop and Odoo."""

    def __init__(self, market: Market) -> None:
        self.market, self.slug, self.rules, self.clock = market, "acme", market.rules, market.clock
        self.ledger = self.odoo = self
        self.shopify = _Shop(market)

    def links(self, _entity: str, _ids: Sequence[str]) -> dict[str, int]:
        return {VARIANT: PRODUCT}

    def unsettled(self, _store: str, _entity: str) -> list[Record]:
        self.market.call()
        return [_order(one) for one in self.market.sales.values() if one.state is State.DUE]

    def left_out(self, *_: Any) -> list[Record]:
        return []

    def tell(self, _pair: str, told: Mapping[str, str]) -> None:
        self.market.told |= told

    def many(self, ids: Sequence[str]) -> dict[str, Record]:
        return {one: self.market.pair() for one in ids}

    def records(self, _entity: str, ids: Sequence[str]) -> dict[str, Record]:
        self.market.call()
        known = [one for one in self.market.sales.values() if one.id in ids and one.state is not None]
        return {one.id: _order(one) for one in known}

    def hint(self, hints: Sequence[Hint]) -> None:
        for hint in hints:
            self.market.tell(hint.source_id)

    def call(self, _model: str, _method: str, *_args: Any, **_options: Any) -> list[dict[str, Any]]:
        self.market.call()
        on_hand, outgoing = self.market.stock - self.market.counter, self.market.reserved()
        return [{"id": PRODUCT, "free_qty": self.market.free_qty(), "qty_available": on_hand, "outgoing_qty": outgoing}]

    def search_read(self, _model: str, domain: Any, _fields: Any) -> list[dict[str, Any]]:
        self.market.call()
        [orders] = [value for name, _, value in domain if name == "order_id"]
        return [
            {"order_id": [_number(one), ""], "product_id": [PRODUCT, ""], "product_uom_qty": one.reserved}
            for one in self.market.sales.values()
            if one.version is not None and _number(one) in orders
        ]


class _Shop:
    def __init__(self, market: Market) -> None:
        self.market, self.stock = market, self

    def newest_orders(self, since: datetime) -> Iterator[Sighted]:
        self.market.call()
        newest = sorted(self.market.sales.values(), key=lambda one: one.stamp, reverse=True)
        return iter([Sighted(one.id, "", one.stamp) for one in newest if one.stamp >= since and not one.hidden])

    def order_units(self, ids: Sequence[str], *, places: bool) -> dict[str, OrderUnits]:
        assert not places
        self.market.call()
        some = [self.market.sales[one] for one in ids if not self.market.sales[one].hidden]
        return {
            one.id: OrderUnits({(VARIANT, ""): one.holds} if one.holds else {}, {}, {VARIANT: one.units}, one.stamp)
            for one in some
        }

    def levels(self, _location: str, _variants: Sequence[str]) -> dict[str, Level]:
        self.market.call()
        return {VARIANT: Level(str(ITEM), available=self.market.available, on_hand=self.market.available)}

    def set_quantities(self, _name: str, settings: Sequence[Setting], _key: str) -> Answer:
        self.market.call()
        [setting] = settings
        if setting.change_from != self.market.available:
            return Answer(stale=(0,))
        self.market.available, self.market.counter_shown = setting.quantity, self.market.counter_read
        self.market.writes.append(setting.quantity)
        return Answer()


def _number(one: Sale) -> int:
    return sum(map(ord, one.id))


def _order(one: Sale) -> Record:
    return Record(
        *("acme", "order", one.id, one.state or State.DUE),
        wanted=Wanted(seq=one.seq),
        synced=Synced(one.version, "x", one.version) if one.version is not None and one.state is State.SYNCED else None,
        target=Target("sale.order", _number(one)) if one.version is not None else None,
    )
