"""Products that an order names and Odoo lacks, where Shopify's products are made in Odoo: their records are waited for.

Only their room makes them, with their attributes and all variants. An order that makes one itself would make another.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import timedelta

from libs.common.clock import to_milliseconds
from libs.common.domain.linking import Coded
from libs.common.domain.matching import ProductFact, match_product
from libs.common.domain.orders import Order
from libs.common.domain.rules_products import Lead
from libs.common.ledger.model import Hint, Record, State, record_id
from libs.common.ledger.states import FINAL
from services.workers.context import StoreContext
from services.workers.orders.model import Awaited

ORDERED = "ordered and not in Odoo"
VERSIONS_TICK = timedelta(seconds=1)


def awaited_products(
    store: StoreContext, orders: Iterable[Order], products: Sequence[ProductFact], links: Mapping[str, int]
) -> dict[str, Awaited]:
    """By variant id. Nothing is asked where all are there; else one request to Shopify, one look into the ledger.

    The records that have not been told of the product's present state are hinted. One that has seen it and did not
    make the variant is not waited for again (FAULTS.md F36): what becomes of the line is the store's rule.
    """
    if store.rules.products.lead is not Lead.SHOPIFY:
        return {}
    missing = {
        line.variant_id
        for order in orders
        for line in order.lines
        if line.variant_id and line.sold_quantity and not line.gift_card
        if match_product(products, linked_id=links.get(line.variant_id), barcode=line.barcode, sku=line.sku) is None
    }
    if not missing:
        return {}
    variants = store.shopify.variants(sorted(missing))
    records = store.records("product", [one.product_id for one in variants.values()])
    untold: dict[str, list[Coded]] = {}
    for one in variants.values():
        if not _has_seen(records.get(one.product_id), one):
            untold.setdefault(one.product_id, []).append(one)
    store.hint([_hint(store, some) for one, some in untold.items() if _is_idle(records.get(one))])
    found = {id_: _awaited(store, one, records, untold) for id_, one in variants.items()}
    return {id_: one for id_, one in found.items() if one}


def _hint(store: StoreContext, variants: Sequence[Coded]) -> Hint:
    first = variants[0]
    why = f"{ORDERED}: {', '.join(one.id for one in variants)}"
    return Hint(store.slug, "product", first.product_id, name=first.name, why=why, version=first.changed_at)


def _is_idle(record: Record | None) -> bool:
    return record is None or record.state in FINAL


def _has_seen(record: Record | None, variant: Coded) -> bool:
    """Whether its worker is done with the product as Shopify has it now."""
    if record is None or record.state not in FINAL:
        return False
    synced = record.synced if record.state is State.SYNCED else None
    seen = synced.version if synced else record.wanted.version
    if seen is None or variant.changed_at is None:
        return True
    changed_at = to_milliseconds(variant.changed_at)
    if seen != changed_at:
        return seen > changed_at
    # Shopify's versions tick in seconds: within that second it may have changed once more, so it is asked again, once.
    why, _, asked_for = record.wanted.why.partition(": ")
    asked = why == ORDERED and variant.id in asked_for.split(", ")
    return asked or (synced is not None and synced.at >= changed_at + VERSIONS_TICK)


def _awaited(
    store: StoreContext, variant: Coded, records: Mapping[str, Record], untold: Collection[str]
) -> Awaited | None:
    awaited = record_id(store.slug, "product", variant.product_id)
    if variant.product_id in untold:
        return Awaited(awaited)
    held = records[variant.product_id].held
    return Awaited(awaited, held.code, held.message) if held else None
