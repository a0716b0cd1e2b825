"""Units that are missing from Shopify's level and that no order explains.

Shopify may show an order a moment after its level. Until then a sale looks like a change by hand, and a figure that
goes up would sell its units again. So what is missing is taken off for a minute; then it was changed by hand.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from libs.common.domain.stock import level_of
from libs.common.ledger.model import Record, State
from services.workers.context import StoreContext
from services.workers.inventory.model import Situation
from services.workers.inventory.order_book import OrderBook, Sightings
from services.workers.inventory.unrecorded import Pending

#: So long an order may take to be among the newest once its level has it.
LASTS = timedelta(minutes=1)
#: Older orders explain nothing: to read all of a busy hour would cost more than to look again in a minute.
RECENT = timedelta(minutes=10)
#: By so much Shopify's clock may be behind the ledger's; it tells whole seconds, too.
CLOCKS = timedelta(seconds=5)
#: What the ledger keeps a doubt under.
TOLD = "doubt"


@dataclass(frozen=True, slots=True)
class Doubt:
    """What was missing, until when that counts, and by which settlement and which figure it was noticed."""

    units: int
    until: datetime
    settled_at: datetime
    available: int

    def text(self) -> str:
        return f"{self.units} {self.until.isoformat()} {self.settled_at.isoformat()} {self.available}"

    @classmethod
    def read(cls, text: str) -> Doubt | None:
        try:
            units, until, settled_at, available = text.split()
            return cls(int(units), datetime.fromisoformat(until), datetime.fromisoformat(settled_at), int(available))
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class Look:
    """One batch as it was read: the pairs with their levels, and the orders that may explain them."""

    pairs: Sequence[Situation]
    records: Mapping[str, Record]
    store: StoreContext
    book: OrderBook
    newest: Sightings
    late: Sequence[Pending]


def doubted(look: Look) -> dict[str, int]:
    """By record, the units that are to be taken off. Asks for nothing unless something is missing."""
    missing = _missing(look)
    ledger = look.store.ledger
    now = ledger.clock.now()
    found: dict[str, int] = {}
    for one in look.pairs:
        record = look.records[one.record_id]
        if record.synced is None or one.level is None or one.level.available is None:
            continue
        known = Doubt.read(record.told.get(TOLD, ""))
        doubt = weighed(known, missing.get(one.record_id, 0), record.synced.at, one.level.available, now)
        if doubt is not None and doubt != known:
            ledger.tell(record.id, {TOLD: doubt.text()})
        if doubt is not None and now < doubt.until:
            found[one.record_id] = doubt.units
    return found


def weighed(known: Doubt | None, missing: int, settled_at: datetime, available: int, now: datetime) -> Doubt | None:
    """The doubt that holds now, from the one that was known and what is missing since the record was settled.

    What was missing already when it was last settled is missing no more in the level that was seen then: it counts on.
    """
    same = known is not None and known.settled_at == settled_at
    if missing <= 0:
        return None if same else known
    if known is not None and same and known.available == available:
        return Doubt(missing, known.until, settled_at, available)
    before = known.units if known is not None and not same and now < known.until else 0
    return Doubt(before + missing, now + LASTS, settled_at, available)


def _missing(look: Look) -> dict[str, int]:
    """By record: how much less Shopify has than when it was last settled, but for what orders took since then."""
    less: dict[str, tuple[Situation, int, datetime]] = {}
    recent = look.store.ledger.clock.now() - RECENT
    for one in look.pairs:
        record, seen, level = look.records[one.record_id], level_of(one.seen), one.level
        version = record.synced.version if record.synced else None
        if _failed_since(record) or not one.read or seen is None or version is None:
            continue
        if level is not None and level.available is not None:
            less[one.record_id] = (one, seen[0] - level.available, max(version - CLOCKS, recent))
    less = {key: value for key, value in less.items() if value[1] > 0}
    if not less:
        return {}
    orders = look.book.changed_since(look.store, look.newest, min(since for _, _, since in less.values()))
    missing = {}
    for key, (one, units, since) in less.items():
        explained = sum(order.ordered.get(one.variant_id, 0) for order in orders if order.updated_at >= since)
        explained += sum(pending.sold.get((one.variant_id, ""), 0) for pending in look.late)
        missing[key] = units - explained
    return missing


def _failed_since(record: Record) -> bool:
    """Whether it was at work and not settled: then Shopify's level may be lower by what was written."""
    since = itertools.takewhile(
        lambda event: event.what not in {State.SYNCED.value, "verified"}, reversed(record.history)
    )
    return record.attempts > 0 or any(event.what == "failed" for event in since)
