"""Finds the orders that Odoo has not recorded: the ledger knows them, and Shopify those of this minute.

An order whose webhook has not come yet is found among the orders that were changed last, and announced. They are
looked at twice, before the ledger and after Shopify's levels (docs/inventory.md says why).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from libs.common.domain.rules import Until
from libs.common.ledger.model import Hint, Record, State, record_id
from libs.common.odoo.sale_orders import decimal, many2one
from libs.common.shopify.inventory import OrderUnits, Sighted
from services.workers.context import StoreContext
from services.workers.inventory.unrecorded import Pending

ENTITY = "order"
#: A webhook may be so late; what is older, the ledger has (or reconciliation finds it).
WINDOW = timedelta(hours=1)
#: Orders that a rule leaves out are looked at so long, as far back as Shopify shows them to every app, and so many.
LEFT_OUT_FOR = timedelta(days=60)
LEFT_OUT_AT_MOST = 1000
#: An order may be stamped so long before it shows, and a newer one show first.
STAMPED_BEFORE = timedelta(seconds=5)
#: More orders than this are forgotten and read again.
KEPT_ORDERS = 20_000
#: In one request, without the places that ship them and with these; for as many points as a hundred levels.
ORDERS_AT_ONCE, PLACED_AT_ONCE = 25, 6

Sightings = Mapping[str, Sighted]
"""The orders that were changed last, by id."""


class OrderBook:
    """Reads what is pending; keeps what orders hold until they are heard of again. Threads may share one."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[Any, OrderUnits]] = {}

    def newest(self, store: StoreContext) -> Sightings:
        return {one.id: one for one in store.shopify.stock.newest_orders(store.ledger.clock.now() - WINDOW)}

    def pending(self, store: StoreContext, products: Mapping[str, int], newest: Sightings) -> list[Pending]:
        """`products` are the variants that matter, with the product that each is linked to."""
        unsettled = {record.source_id: record for record in store.ledger.unsettled(store.slug, ENTITY)}
        left_out = self._left_out(store, unsettled)
        known = store.records(ENTITY, [one for one in newest if one not in unsettled])
        missing = [one for one in newest if one not in unsettled and not _settled(known.get(one), newest[one])]
        _announce(store, [newest[one] for one in missing])
        units = self._units(store, {**left_out, **unsettled}, newest, [*unsettled, *missing, *left_out])
        orders = _recorded(store, unsettled, products)
        found = [
            Pending(
                record_id(store.slug, ENTITY, one),
                one not in unsettled or unsettled[one].state is not State.HELD,
                units[one].units if one in units else {},
                orders.get(one, {}),
            )
            for one in (*unsettled, *missing)
        ]
        found += [
            Pending(record.id, moves=False, sold=units[one].unfulfilled)
            for one, record in left_out.items()
            if one in units
        ]
        return found + (_quotations(store, products) if store.rules.until is Until.QUOTATION else [])

    def late(self, store: StoreContext, before: Sightings) -> list[Pending]:
        """Orders that were made or changed since `before` was read, with all that they ever held.

        That is more than they hold now where something was cancelled: Odoo may have given it back already, and then
        nothing would stand for a sale that took its place.
        """
        window = store.ledger.clock.now() - WINDOW
        since = max((one.updated_at for one in before.values()), default=window) - STAMPED_BEFORE
        newest = {one.id: one for one in store.shopify.stock.newest_orders(max(since, window))}
        changed = [one for one in newest.values() if before.get(one.id) != one]
        if not changed:
            return []
        units = store.shopify.stock.order_units([one.id for one in changed], places=False)
        _announce(store, changed)
        return [
            Pending(
                record_id(store.slug, ENTITY, one.id),
                moves=True,
                sold={(variant, ""): number for variant, number in units[one.id].ordered.items()},
            )
            for one in changed
            if one.id in units
        ]

    def changed_since(self, store: StoreContext, newest: Sightings, moment: datetime) -> list[OrderUnits]:
        """What is in the orders that were changed since then."""
        orders = [one.id for one in newest.values() if one.updated_at >= moment]
        return list(self._units(store, store.records(ENTITY, orders), newest, orders).values())

    def _left_out(self, store: StoreContext, unsettled: Mapping[str, Record]) -> dict[str, Record]:
        """Those that may still hold units; what was cancelled or deleted holds none."""
        since = store.ledger.clock.now() - LEFT_OUT_FOR
        return {
            record.source_id: record
            for record in store.ledger.left_out(store.slug, ENTITY, since, LEFT_OUT_AT_MOST)
            if record.source_id not in unsettled and not str(record.ignored).startswith(("cancelled", "deleted"))
        }

    def _units(
        self, store: StoreContext, records: Mapping[str, Record], newest: Sightings, ids: Sequence[str]
    ) -> dict[str, OrderUnits]:
        """From memory where nothing was heard of the order since it was read; what is read is kept, some at a time.

        The shop's points may be enough for some of them only: the next look goes on with the others.
        """
        if len(self._known) > KEPT_ORDERS:
            self._known.clear()
        marks = {
            one: (records[one].wanted.seq if one in records else 0, newest[one].updated_at if one in newest else None)
            for one in ids
        }
        kept = {one: self._known.get(record_id(store.slug, ENTITY, one)) for one in marks}
        found = {one: known[1] for one, known in kept.items() if known is not None and known[0] == marks[one]}
        wanted = [one for one in marks if one not in found]
        places = len(store.rules.inventory.locations) > 1
        at_once = PLACED_AT_ONCE if places else ORDERS_AT_ONCE
        for start in range(0, len(wanted), at_once):
            for one, units in store.shopify.stock.order_units(wanted[start : start + at_once], places=places).items():
                self._known[record_id(store.slug, ENTITY, one)] = (marks[one], units)
                found[one] = units
        return found


def _settled(record: Record | None, order: Sighted) -> bool:
    """Whether the ledger has nothing more to do with the order as it is now."""
    if record is None or record.state is State.IGNORED:
        return record is not None
    version = record.synced.version if record.synced else None
    return version is not None and version >= order.updated_at


def _announce(store: StoreContext, orders: Sequence[Sighted]) -> None:
    why = "seen while stock was reckoned"
    store.hint(
        [Hint(store.slug, ENTITY, one.id, version=one.updated_at, name=one.name or None, why=why) for one in orders]
    )


def _recorded(
    store: StoreContext, unsettled: Mapping[str, Record], products: Mapping[str, int]
) -> dict[str, dict[str, int]]:
    """Units that Odoo has confirmed of pending orders that are linked already, by order and variant."""
    orders = {record.target.id: one for one, record in unsettled.items() if record.target is not None}
    if not orders:
        return {}
    variants = {product: variant for variant, product in products.items()}
    found: dict[str, dict[str, int]] = {}
    for line in _sale_lines(store, variants, ("sale", "done"), list(orders)):
        units = found.setdefault(orders[many2one_of(line["order_id"])], {})
        variant = variants[many2one_of(line["product_id"])]
        units[variant] = units.get(variant, 0) + int(decimal(line["product_uom_qty"]))
    return found


def _quotations(store: StoreContext, products: Mapping[str, int]) -> list[Pending]:
    """Where orders stay quotations, nothing is reserved before a person confirms them."""
    variants = {product: variant for variant, product in products.items()}
    lines = _sale_lines(store, variants, ("draft", "sent"), None)
    linked = store.linked_to("sale.order", [many2one_of(line["order_id"]) for line in lines])
    found = []
    for line in lines:
        record = linked.get(many2one_of(line["order_id"]))
        if record is not None and record.entity == ENTITY and record.state is State.SYNCED:
            sold = {(variants[many2one_of(line["product_id"])], ""): int(decimal(line["product_uom_qty"]))}
            found.append(Pending(record.id, moves=False, sold=sold))
    return found


def _sale_lines(
    store: StoreContext, variants: Mapping[int, str], states: Sequence[str], orders: Sequence[int] | None
) -> list[dict[str, Any]]:
    domain: list[Any] = [("product_id", "in", list(variants)), ("state", "in", list(states))]
    if orders is not None:
        domain.append(("order_id", "in", list(orders)))
    return store.odoo.search_read("sale.order.line", domain, ["order_id", "product_id", "product_uom_qty"])


def many2one_of(value: Any) -> int:
    """The id of what `search_read` gives for a many2one that is set: `[7, "Name"]`."""
    return int(value[0]) if isinstance(value, (list, tuple)) else many2one(value) or 0
