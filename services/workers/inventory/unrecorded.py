"""What Shopify's orders have sold that Odoo has not recorded: the ledger knows them, and Shopify those of this minute.

A sale lowers what Shopify has available at once; Odoo reserves the units when its order is confirmed. In between they
must be taken off Odoo's figure, or they would be sold twice. An order whose webhook has not come yet is found among
the orders that were changed last, and announced.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from libs.common.domain.rules import Until
from libs.common.ledger.model import Hint, Record, State, record_id
from libs.common.odoo.sale_orders import decimal, many2one
from libs.common.shopify.inventory import OrderUnits, Sighted
from services.workers.context import StoreContext

ENTITY = "order"
#: A webhook may be so late; what is older, the ledger has (or reconciliation finds it).
WINDOW = timedelta(hours=1)
#: More orders than this are forgotten and read again.
KEPT_ORDERS = 20_000


@dataclass(frozen=True, slots=True)
class Pending:
    """An order that Odoo has not recorded, or not as it is now."""

    record_id: str
    moves: bool
    """Whether it is on its way, and not held."""
    sold: Mapping[tuple[str, str], int]
    """Units by variant and location."""
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

    def concerns(self, variant_id: str) -> bool:
        return variant_id in self.recorded or any(variant == variant_id for variant, _ in self.sold)


class Unrecorded:
    """All pending orders of a store at one moment."""

    def __init__(self, pending: Sequence[Pending]) -> None:
        self._of: dict[str, list[Pending]] = {}
        for one in pending:
            for variant in {*(variant for variant, _ in one.sold), *one.recorded}:
                self._of.setdefault(variant, []).append(one)

    def units(self, variant_id: str, locations: Collection[str]) -> int:
        return sum(one.units(variant_id, locations) for one in self._of.get(variant_id, ()))

    def waits_for(self, variant_id: str) -> str | None:
        """One that is on its way and has to do with the variant."""
        return next((one.record_id for one in self._of.get(variant_id, ()) if one.moves), None)


class OrderBook:
    """Reads what is pending; keeps what orders hold until they are heard of again. Threads may share one."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[Any, OrderUnits]] = {}

    def read(self, store: StoreContext, products: Mapping[str, int]) -> Unrecorded:
        """`products` are the variants that matter, with the product that each is linked to."""
        sighted = {one.id: one for one in store.shopify.stock.newest_orders(store.ledger.clock.now() - WINDOW)}
        pending = {record.source_id: record for record in store.ledger.unsettled(store.slug, ENTITY)}
        missing = self._missing(store, sighted, pending)
        units = self._units(store, pending, sighted, missing)
        orders = self._recorded(store, pending, products)
        found = [
            Pending(
                record_id(store.slug, ENTITY, one),
                one not in pending or pending[one].state is not State.HELD,
                units[one].units if one in units else {},
                orders.get(one, {}),
            )
            for one in (*pending, *missing)
        ]
        return Unrecorded(found + (_quotations(store, products) if store.rules.until is Until.QUOTATION else []))

    def _missing(self, store: StoreContext, sighted: Mapping[str, Sighted], pending: Mapping[str, Record]) -> list[str]:
        """Orders changed so lately that the ledger does not know it; announced."""
        known = store.records(ENTITY, [one for one in sighted if one not in pending])
        missing = []
        for one, order in sighted.items():
            record = known.get(one)
            settled = record is not None and (
                record.state is State.IGNORED
                or (
                    record.synced is not None
                    and record.synced.version is not None
                    and record.synced.version >= order.updated_at
                )
            )
            if one not in pending and not settled:
                missing.append(one)
        why = "seen while stock was reckoned"
        store.hint(
            [
                Hint(store.slug, ENTITY, one, version=sighted[one].updated_at, name=sighted[one].name, why=why)
                for one in missing
            ]
        )
        return missing

    def _units(
        self, store: StoreContext, pending: Mapping[str, Record], sighted: Mapping[str, Sighted], missing: Sequence[str]
    ) -> dict[str, OrderUnits]:
        """From memory where nothing was heard of the order since it was read."""
        if len(self._known) > KEPT_ORDERS:
            self._known.clear()
        marks: dict[str, Any] = {}
        for one in (*pending, *missing):
            seq = pending[one].wanted.seq if one in pending else 0
            marks[one] = (seq, sighted[one].updated_at if one in sighted else None)
        keys = {one: record_id(store.slug, ENTITY, one) for one in marks}
        wanted = [one for one, mark in marks.items() if self._known.get(keys[one], (None,))[0] != mark]
        if wanted:
            places = len(store.rules.inventory.locations) > 1
            for one, units in store.shopify.stock.order_units(wanted, places=places).items():
                self._known[keys[one]] = (marks[one], units)
        return {one: self._known[keys[one]][1] for one in marks if keys[one] in self._known}

    def _recorded(
        self, store: StoreContext, pending: Mapping[str, Record], products: Mapping[str, int]
    ) -> dict[str, dict[str, int]]:
        """Units that Odoo has confirmed of pending orders that are linked already, by order and variant."""
        orders = {record.target.id: one for one, record in pending.items() if record.target is not None}
        if not orders:
            return {}
        variants = {product: variant for variant, product in products.items()}
        found: dict[str, dict[str, int]] = {}
        for line in _sale_lines(store, variants, ("sale", "done"), list(orders)):
            units = found.setdefault(orders[line["order_id"][0]], {})
            variant = variants[many2one_of(line["product_id"])]
            units[variant] = units.get(variant, 0) + int(decimal(line["product_uom_qty"]))
        return found


def _quotations(store: StoreContext, products: Mapping[str, int]) -> list[Pending]:
    """Where orders stay quotations, nothing is reserved before a person confirms them."""
    variants = {product: variant for variant, product in products.items()}
    lines = _sale_lines(store, variants, ("draft", "sent"), None)
    linked = store.linked_to("sale.order", [line["order_id"][0] for line in lines])
    found = []
    for line in lines:
        record = linked.get(line["order_id"][0])
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
