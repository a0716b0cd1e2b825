"""Products of Odoo's that Shopify has: looked at anew from time to time, and at once when Odoo has them no more.

Odoo tells no poll of what was deleted, and not of every reason for another price: a rate of exchange, say.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from libs.common.ledger.model import Hint, Lane, Record
from services.scheduler.odoo_poll.polled import Looking

ENTITY = "product"
PREFIX = "odoo-"
TEMPLATE = "product.template"
#: Records in one question to the ledger, and ids in one to Odoo.
PAGE = 1000
#: How often those that were deleted in Odoo are looked for.
GONE_EVERY = timedelta(minutes=15)
#: What such a product was last told, when it was told already (services/workers/products/to_shopify).
DELETED = "deleted"


def audit_hints(look: Looking) -> Iterator[list[Hint]]:
    """All of them when their audit is due; else those that are gone, where it is time to look for them."""
    slug, now = look.store.slug, look.ledger.clock.now()
    audited, looked = (look.cursors.reached(f"{slug}/{what}/{ENTITY}") for what in ("audit", "gone"))
    hours = timedelta(hours=look.store.rules.products.audit_hours)
    if audited is not None and now - audited >= hours:
        for page in _pages(look):
            yield [_hint(slug, one, "audit", Lane.BACKFILL) for one in page]
        look.cursors.advance(f"{slug}/audit/{ENTITY}", now)
    elif looked is None or now - looked >= GONE_EVERY:
        for page in _pages(look):
            yield [_hint(slug, one, "deleted in Odoo", Lane.LIVE) for one in _gone(look, page)]
        look.cursors.advance(f"{slug}/gone/{ENTITY}", now)
    if audited is None:
        look.cursors.advance(f"{slug}/audit/{ENTITY}", now)


def linked(look: Looking) -> Iterator[set[int]]:
    """Ids of the templates that Shopify has, some at a time."""
    for page in _pages(look):
        yield {_template(one) for one in page}


def _pages(look: Looking) -> Iterator[list[Record]]:
    after = ""
    while True:
        page = look.ledger.linked_since(look.store.slug, ENTITY, None, after, PAGE)
        yield [one for one in page if one.source_id.startswith(PREFIX)]
        if len(page) < PAGE:
            return
        after = page[-1].id


def _gone(look: Looking, page: Sequence[Record]) -> list[Record]:
    untold = [one for one in page if not (one.synced and one.synced.digest == DELETED)]
    if not untold:
        return []
    domain = [("id", "in", [_template(one) for one in untold]), ("active", "in", [True, False])]
    there = {row["id"] for row in look.client.search_read(TEMPLATE, domain, ["id"])}
    return [one for one in untold if _template(one) not in there]


def _template(record: Record) -> int:
    return int(record.source_id.removeprefix(PREFIX))


def _hint(slug: str, record: Record, why: str, lane: Lane) -> Hint:
    return Hint(slug, ENTITY, record.source_id, "odoo", name=record.name or None, why=why, lane=lane)
