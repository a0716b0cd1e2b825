"""Stock that changed in Odoo, as pairs of a variant and a location to be looked at.

Moves tell of all of it: what is promised, reserved, delivered, received, produced and counted (a count is a done move),
and of the last unit that leaves, of which Odoo may delete the quant. Only who reserves more or less of a move by hand
changes nothing but the quant: quants are looked at now and then.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

from libs.common.domain.digests import digest
from libs.common.domain.rules_inventory import InventoryRules, LocationRules
from libs.common.domain.stock import ENTITY, pair_id
from libs.common.ledger.model import Hint, Lane, Record
from services.scheduler.odoo_poll.pages import Row
from services.scheduler.odoo_poll.polled import Looking, Polled

#: Rows are small, and a count of the whole stock changes all of them at once.
PAGE_RECORDS = 2000
#: How often quants are looked at for what moves do not tell.
QUANTS_SECONDS = 300.0
VARIANTS = 1000
PRODUCT, VARIANT = "product.product", "variant"
BOM_LINE = "mrp.bom.line"
CHANGED = "changed in Odoo"
#: A link may be written while this looks.
OVERLAP = timedelta(minutes=2)


def quant_hints(look: Looking, rows: list[Row]) -> list[Hint]:
    return _hints(look, [(_id(row["product_id"]), _id(row.get("warehouse_id")), row) for row in rows])


def move_hints(look: Looking, rows: list[Row]) -> list[Hint]:
    """A move touches two places: every location that shows the product is looked at."""
    return _hints(look, [(_id(row["product_id"]), 0, row) for row in rows])


def linked_hints(look: Looking) -> Iterator[list[Hint]]:
    """All pairs of the variants that were linked since the last look; for an audit, of all that are linked.

    Audited is at the first look, from time to time, and when the rules were changed: every figure may be another one.
    """
    slug, rules = look.store.slug, look.store.rules.inventory
    now = look.ledger.clock.now()
    under_these = f"{slug}/audit/{ENTITY}/{digest(rules.model_dump(mode='json'))}"
    audited, so = (look.cursors.reached(key) for key in (f"{slug}/audit/{ENTITY}", under_these))
    looked = look.cursors.reached(f"{slug}/linked/{ENTITY}")
    audit = audited is None or so is None or so < audited or now - audited >= timedelta(hours=rules.audit_hours)
    since = None if audit or looked is None else looked - OVERLAP
    known: set[str] = set()
    after = ""
    while True:
        page = look.ledger.linked_since(slug, VARIANT, since, after, VARIANTS)
        pairs = [(record, pair_id(record.source_id, rule.location)) for record in page for rule in rules.locations]
        if since is not None:
            known = set(look.ledger.many([f"{slug}/{ENTITY}/{pair}" for _, pair in pairs]))
        why, lane = ("audit", Lane.BACKFILL) if audit else ("linked", Lane.LIVE)
        yield [
            Hint(slug, ENTITY, pair, source="odoo", name=record.name or None, why=why, lane=lane)
            for record, pair in pairs
            if f"{slug}/{ENTITY}/{pair}" not in known
        ]
        if len(page) < VARIANTS:
            break
        after = page[-1].id
    look.cursors.advance(f"{slug}/linked/{ENTITY}", now)
    if audit:
        for key in (f"{slug}/audit/{ENTITY}", under_these):
            look.cursors.advance(key, now)


def _hints(look: Looking, changed: list[tuple[int, int, Row]]) -> list[Hint]:
    """One for each pair that shows the product of a row, or a kit of which it is a part."""
    if not changed:
        return []
    slug, rules = look.store.slug, look.store.rules.inventory
    kits = kits_with(look, {product for product, _, _ in changed})
    products = {one for product, _, _ in changed for one in (product, *kits.get(product, ()))}
    linked = {
        product: record
        for product, record in look.ledger.linked_to(slug, PRODUCT, sorted(products)).items()
        if record.entity == VARIANT
    }
    return [
        _hint(slug, linked[one], rule, row)
        for product, warehouse, row in changed
        for one in (product, *kits.get(product, ()))
        if one in linked
        for rule in _showing(rules, warehouse)
    ]


def _hint(slug: str, variant: Record, rule: LocationRules, row: Row) -> Hint:
    return Hint(
        slug,
        ENTITY,
        pair_id(variant.source_id, rule.location),
        source="odoo",
        name=variant.name or None,
        why=CHANGED,
        # Two quants of one product may change within a second: the whole row tells them apart.
        delivery_id=f"poll:{digest(row)}",
    )


def _showing(rules: InventoryRules, warehouse: int) -> Iterable[LocationRules]:
    """Those that may show what is in a warehouse; all where the row names none, or the rule names places."""
    return (one for one in rules.locations if not warehouse or one.places or warehouse in one.warehouses)


def kits_with(look: Looking, products: set[int]) -> dict[int, set[int]]:
    """By product: the kits of which it is a part, kits of kits among them. Asks Odoo only where it has kits."""
    found: dict[int, set[int]] = {}
    if not look.has_model(BOM_LINE):
        return found
    parts = {one: {one} for one in products}  # what is to be asked about: a part, and which of `products` are in it
    while parts:
        domain = [("product_id", "in", sorted(parts)), ("bom_id.type", "=", "phantom")]
        lines = look.client.search_read(BOM_LINE, domain, ["product_id", "bom_id"])
        further: dict[int, set[int]] = {}
        for bom, kits in _of_boms(look, {_id(line["bom_id"]) for line in lines}).items():
            inside = {one for line in lines if _id(line["bom_id"]) == bom for one in parts[_id(line["product_id"])]}
            for kit in kits:
                new = {one for one in inside if kit not in found.get(one, set())}
                for one in new:
                    found.setdefault(one, set()).add(kit)
                if new:
                    further.setdefault(kit, set()).update(new)
        parts = further
    return found


def _of_boms(look: Looking, boms: set[int]) -> dict[int, set[int]]:
    """The products that each bill of materials makes."""
    if not boms:
        return {}
    rows = look.client.search_read("mrp.bom", [("id", "in", sorted(boms))], ["product_id", "product_tmpl_id"])
    templates = {_id(row["product_tmpl_id"]) for row in rows if not row["product_id"]}
    domain = [("product_tmpl_id", "in", sorted(templates))]
    variants = look.client.search_read(PRODUCT, domain, ["product_tmpl_id"]) if templates else []
    return {
        row["id"]: {_id(row["product_id"])}
        if row["product_id"]
        else {one["id"] for one in variants if _id(one["product_tmpl_id"]) == _id(row["product_tmpl_id"])}
        for row in rows
    }


def _id(value: Any) -> int:
    """Of a many2one as `search_read` gives it; 0 for one that is not set."""
    return int(value[0]) if value else 0


QUANTS = Polled(
    entity=ENTITY,
    model="stock.quant",
    domain=(("location_id.usage", "in", ("internal", "transit")),),
    needs=("product_id", "quantity"),
    watched=("product_id", "warehouse_id", "location_id", "quantity", "reserved_quantity"),
    wanted=lambda rules: rules.inventory.to_shopify,
    key=f"{ENTITY}.quants",
    every_seconds=QUANTS_SECONDS,
    page_records=PAGE_RECORDS,
    hints=quant_hints,
)
MOVES = Polled(
    entity=ENTITY,
    model="stock.move",
    domain=(("state", "!=", "draft"),),
    needs=("product_id", "state"),
    watched=("product_id", "state", "product_uom_qty", "quantity"),
    wanted=lambda rules: rules.inventory.to_shopify,
    key=f"{ENTITY}.moves",
    page_records=PAGE_RECORDS,
    hints=move_hints,
    also=linked_hints,
)
