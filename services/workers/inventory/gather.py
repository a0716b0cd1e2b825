"""Reads both sides of a batch of pairs: orders and the ledger, then Odoo's figures, then Shopify's levels.

The order matters (docs/inventory.md has the argument). The ledger comes before Odoo: an order that is recorded while
this reads is then taken off twice, never not at all, and its reservation makes the pair due again. The levels come
after Odoo, and the newest orders once more after the levels: whatever lowered a level that was read is counted. What
is sold after that makes the write stale.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from libs.common.domain.rules_inventory import InventoryRules, LocationRules, Quantity
from libs.common.domain.stock import ENTITY, NONE, level_of, pair_id, pair_of, sighting_of
from libs.common.ledger.model import Hint, Record, State
from libs.common.odoo.sale_orders import decimal
from services.workers.context import StoreContext
from services.workers.inventory.doubt import Look, doubted
from services.workers.inventory.levels import Unread, trusted_levels, with_levels
from services.workers.inventory.model import Situation
from services.workers.inventory.order_book import OrderBook, many2one_of
from services.workers.inventory.unrecorded import Unrecorded

WEBHOOK = "inventory_levels/update"
#: What tells units that are to leave from those that are reserved.
PROMISED = frozenset({"qty_available", "outgoing_qty"})
INNER = ("internal", "transit")
SETTLED = frozenset({State.SYNCED.value, State.IGNORED.value, State.HELD.value})

Quantities = dict[tuple[str, int], tuple[Decimal, Decimal]]
"""Odoo's quantity and what of it is promised, by location and product."""


def imported_name(module: str, pair: str = "") -> str:
    """External id of the quant that was imported for a pair."""
    return f"{module}.stock_{pair}"


def linked_level(location: str) -> str:
    """What a pair is linked to, in the ledger's words: an item's level at a location, by the item's id."""
    return f"InventoryLevel/{location}"


def gather(
    batch: Sequence[Record], store: StoreContext, book: OrderBook, *, read_all: bool = False
) -> list[Situation | Unread]:
    """One answer for each record of the batch, in its order."""
    rules = store.rules.inventory
    found: dict[str, Situation | Unread] = {}
    bare = {record.id: _bare(record) for record in batch}
    if not rules.to_shopify:
        return list(bare.values())
    news = [record for record in batch if sighting_of(record.source_id)]
    bare |= {record.id: Situation(record.id, news=pair) for record, pair in _news(news, store)}
    pairs = [one for one in bare.values() if rules.of(one.location) is not None]
    links = store.links("variant", [one.variant_id for one in pairs])
    pairs = [replace(one, product_id=links[one.variant_id]) for one in pairs if one.variant_id in links]
    if pairs:
        records = {record.id: record for record in batch}
        found = {one.record_id: one for one in _read(pairs, records, store, book, read_all=read_all)}
    return [found.get(record_id, one) for record_id, one in bare.items()]


def _read(
    pairs: Sequence[Situation], records: Mapping[str, Record], store: StoreContext, book: OrderBook, *, read_all: bool
) -> list[Situation | Unread]:
    rules = store.rules.inventory
    read_at = store.ledger.clock.now()
    newest = book.newest(store)
    links = {one.variant_id: one.product_id for one in pairs if one.product_id}
    unrecorded = Unrecorded(book.pending(store, links, newest))
    quantities = _quantities(pairs, store, rules)
    untouched = _untouched(pairs, store)
    trusted = {} if read_all else trusted_levels(pairs, records, store, book, newest)
    answers = with_levels(pairs, trusted, store)
    levelled = [replace(one, read_at=read_at) for one in answers if isinstance(one, Situation)]
    late = book.late(store, newest)
    unrecorded.add(late)
    doubts = doubted(Look(levelled, records, store, book, newest, late))
    whole = {
        one.record_id: _whole(
            replace(one, doubt=doubts.get(one.record_id, 0)), rules, unrecorded, quantities, untouched
        )
        for one in levelled
    }
    return [one if isinstance(one, Unread) else whole[one.record_id] for one in answers]


def _bare(record: Record) -> Situation:
    variant, location = pair_of(record.source_id) or ("", "")
    settled = record.synced.at.isoformat() if record.synced else ""
    return Situation(
        record.id,
        seen=record.synced.digest if record.synced else "",
        linked=record.target is not None,
        mark=f"{record.wanted.seq} {settled}",
        variant_id=variant,
        location=location,
    )


def _whole(
    one: Situation,
    rules: InventoryRules,
    unrecorded: Unrecorded,
    quantities: Quantities,
    untouched: frozenset[str],
) -> Situation:
    rule = rules.of(one.location)
    product = one.product_id or 0
    quantity, unreserved = quantities.get((one.location, product), (None, NONE))
    return replace(
        one,
        quantity=quantity,
        unreserved=unreserved,
        unrecorded=unrecorded.units(one.variant_id, rules.shown_by(rule)) if rule else 0,
        waits_for=unrecorded.waits_for(one.variant_id),
        untouched=one.record_id in untouched,
    )


def _news(records: Sequence[Record], store: StoreContext) -> Iterable[tuple[Record, str]]:
    """Each with the pair that it tells of; the pair is announced, unless it tells what we know."""
    hints = []
    told = []
    for location in {place for record in records for _, place in [sighting_of(record.source_id) or ("", "")]}:
        mine = {item: r for r in records for item, place in [sighting_of(r.source_id) or ("", "")] if place == location}
        pairs = store.linked_to(linked_level(location), [int(item) for item in mine])
        for item, record in mine.items():
            pair = pairs.get(int(item))
            told.append((record, pair.source_id if pair else ""))
            if pair is not None and not _echo(record, pair):
                hints.append(Hint(store.slug, ENTITY, pair.source_id, source="odoo", why=WEBHOOK))
    store.hint(hints)
    return told


def _echo(news: Record, pair: Record) -> bool:
    """Whether the webhook (which left its figure as the record's name) tells what was last seen or written.

    Of several the older one may have come last: then its figure says nothing.
    """
    seen = level_of(pair.synced.digest) if pair.synced else None
    return seen is not None and news.name == f"available {seen[0]}" and _heard(news) <= 1


def _heard(news: Record) -> int:
    """How often since it was last settled."""
    since = itertools.takewhile(lambda event: event.what not in SETTLED, reversed(news.history))
    return sum(1 for event in since if event.what == "hint")


def _quantities(pairs: Sequence[Situation], store: StoreContext, rules: InventoryRules) -> Quantities:
    """By location and product; one call for each set of warehouses or places."""
    found: Quantities = {}
    wanted: dict[str, list[int]] = {}
    for one in pairs:
        wanted.setdefault(one.location, []).append(one.product_id or 0)
    asked: dict[Any, tuple[LocationRules, list[LocationRules]]] = {}
    for location in wanted:
        rule = rules.of(location)
        if rule is not None:
            asked.setdefault(rule.sources, (rule, []))[1].append(rule)
    for rule, each in asked.values():
        products = list(dict.fromkeys(product for one in each for product in wanted[one.location]))
        names = {one.quantity.value for one in each}
        if Quantity.FREE in names:
            names |= PROMISED
        rows = store.odoo.call(
            "product.product",
            "read",
            [products],
            {"fields": sorted(names)},
            write=False,
            context=_where(rule),
            records=len(products),
        )
        found |= {(one.location, row["id"]): _quantity(one, row) for row in rows or () for one in each}
    return found


def _quantity(rule: LocationRules, row: Mapping[str, Any]) -> tuple[Decimal, Decimal]:
    """The rule's quantity, and what is promised but not reserved.

    Odoo reserves nothing for an order that was confirmed when there was too little, nor (18) when a count finds more,
    nor where an operation type reserves by hand or by date.
    """
    quantity = decimal(row[rule.quantity.value])
    if rule.quantity is not Quantity.FREE:
        return quantity, NONE
    return quantity, max(NONE, quantity - (decimal(row["qty_available"]) - decimal(row["outgoing_qty"])))


def _where(rule: LocationRules) -> dict[str, Any]:
    """The context in which Odoo reckons a product's quantities; `warehouse` is what it was called before 17."""
    if rule.warehouses:
        return {"warehouse_id": list(rule.warehouses), "warehouse": list(rule.warehouses)}
    return {"location": list(rule.places)}


def _untouched(pairs: Sequence[Situation], store: StoreContext) -> frozenset[str]:
    """Pairs of whose product Odoo counted nothing but what was imported for others; asked of those that may be.

    A product may be at several locations, and one of them may be imported before the others are looked at.
    """
    new = [one for one in pairs if one.product_id and not one.seen]
    if not store.rules.inventory.first_import or not new:
        return frozenset()
    products = sorted({one.product_id or 0 for one in new})
    domain = [("product_id", "in", products), ("location_id.usage", "in", list(INNER))]
    quants = store.odoo.search_read("stock.quant", domain, ["product_id"])
    ids = [row["id"] for row in quants]
    told = store.odoo.call("stock.quant", "get_external_id", [ids], write=False, records=len(ids)) if ids else {}
    names = {int(one): str(name or "") for one, name in told.items()}
    imported = {name for name in names.values() if name.startswith(imported_name(store.module))}
    counted = {many2one_of(row["product_id"]) for row in quants if names.get(row["id"]) not in imported}
    return frozenset(
        one.record_id
        for one in new
        if one.product_id not in counted
        and imported_name(store.module, pair_id(one.variant_id, one.location)) not in imported
    )
