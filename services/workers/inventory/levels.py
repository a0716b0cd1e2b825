"""Shopify's levels of a batch: read some at a time, or taken from what was last seen or written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from libs.common.domain.stock import Level, level_of
from libs.common.errors import Failure, RateLimited, Rejected
from libs.common.ledger.model import Record
from services.workers.context import StoreContext
from services.workers.inventory.model import Situation
from services.workers.inventory.order_book import OrderBook, Sightings

#: In a larger batch what was last seen or written is taken for what Shopify has: its comparison tells where it is not.
READ_AT_MOST = 100
POLLED = "changed in Odoo"
#: By so much Shopify's clock may differ from the ledger's.
CLOCKS = timedelta(minutes=1)
#: In one request: fewer than it can hold, or other rooms that spend points could keep it waiting for a full bucket.
LEVELS_AT_ONCE = 100

Place = tuple[str, str]
"""Location and variant."""


@dataclass(frozen=True, slots=True)
class Unread:
    """A pair whose level could not be had in this look, after others could."""

    record_id: str
    failure: Failure


def with_levels(
    pairs: Sequence[Situation], trusted: Mapping[str, Level], store: StoreContext
) -> list[Situation | Unread]:
    """The pairs with what Shopify has of them.

    The shop's points may not be enough for all: what was read is gone on with, and the others come back one request
    after the other. Were all of them put off, as many would come back, and none would ever be done.
    """
    levels: dict[Place, Level] = {}
    late: dict[Place, Failure] = {}
    stop: Failure | None = None
    answered = requests_late = 0
    for location, variants in _requests([one for one in pairs if one.record_id not in trusted]):
        if stop is None:
            try:
                found = store.shopify.stock.levels(location, variants)
                levels |= {(location, variant): level for variant, level in found.items()}
                answered += 1
                continue
            except Rejected:
                raise
            except Failure as failure:
                if not answered:
                    raise
                stop = failure
        requests_late += 1
        late |= {(location, variant): _again(stop, requests_late) for variant in variants}
    return [_with_level(one, trusted, levels, late) for one in pairs]


def _requests(pairs: Sequence[Situation]) -> Iterator[tuple[str, list[str]]]:
    variants: dict[str, list[str]] = {}
    for one in pairs:
        variants.setdefault(one.location, []).append(one.variant_id)
    for location, all_of_it in variants.items():
        for start in range(0, len(all_of_it), LEVELS_AT_ONCE):
            yield location, all_of_it[start : start + LEVELS_AT_ONCE]


def _again(stop: Failure, requests_late: int) -> Failure:
    """When points are free for so many requests more."""
    if not isinstance(stop, RateLimited):
        return stop
    after = stop.after_seconds * requests_late
    return RateLimited(stop.message, stop.side, stop.code, details=stop.details, after_seconds=after)


def _with_level(
    one: Situation, trusted: Mapping[str, Level], levels: Mapping[Place, Level], late: Mapping[Place, Failure]
) -> Situation | Unread:
    if one.record_id in trusted:
        return replace(one, level=trusted[one.record_id], read=False)
    place = (one.location, one.variant_id)
    return Unread(one.record_id, late[place]) if place in late else replace(one, level=levels.get(place))


def trusted_levels(
    pairs: Sequence[Situation], records: Mapping[str, Record], store: StoreContext, book: OrderBook, newest: Sightings
) -> dict[str, Level]:
    """By record, the levels that were last seen or written, of pairs that changed in Odoo and in no order since then.

    What an order has given back and another one has taken would otherwise look like no change at all.
    """
    if len(pairs) <= READ_AT_MOST:
        return {}
    remembered: dict[str, tuple[Level, datetime]] = {}
    for one in pairs:
        record = records[one.record_id]
        level = _remembered(record) if record.wanted.why == POLLED else None
        version = record.synced.version if record.synced else None
        if level is not None and version is not None:
            remembered[one.record_id] = (level, version - CLOCKS)
    if not remembered:
        return {}
    since = min(version for _, version in remembered.values())
    touched = {variant for units in book.changed_since(store, newest, since) for variant in units.ordered}
    return {
        one.record_id: remembered[one.record_id][0]
        for one in pairs
        if one.record_id in remembered and one.variant_id not in touched
    }


def _remembered(record: Record) -> Level | None:
    seen = level_of(record.synced.digest) if record.synced else None
    if seen is None or record.target is None:
        return None
    return Level(str(record.target.id), available=seen[0], on_hand=seen[1], sku=record.target.name)
