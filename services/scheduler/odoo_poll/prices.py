"""Prices that changed in Odoo by a pricelist, for a store whose products follow Odoo and whose rules name one.

A rule may be for a category or for everything, begin or end by its dates without being written, or be deleted. So the
rules are kept in mind, with what each of them covers: what is told is every linked product that a changed rule covers
now or covered before.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from libs.common.domain.digests import digest
from libs.common.domain.rules import StoreRules
from libs.common.domain.rules_products import Lead
from libs.common.ledger.model import Hint
from libs.common.odoo.cells import parse_datetime
from services.scheduler.odoo_poll.offered import ENTITY, PREFIX, linked
from services.scheduler.odoo_poll.pages import Row
from services.scheduler.odoo_poll.polled import Looking, Polled

ITEM, PRICELIST, TEMPLATE = "product.pricelist.item", "product.pricelist", "product.template"
NOTES = "prices"
#: A second may be under way while its rules are read.
_SECOND = timedelta(seconds=1)
_WATCHED = (
    *("pricelist_id", "applied_on", "product_tmpl_id", "product_id", "categ_id", "base", "base_pricelist_id"),
    *("compute_price", "fixed_price", "percent_price", "price_discount", "price_round", "price_surcharge"),
    *("price_min_margin", "price_max_margin", "min_quantity", "date_start", "date_end", "currency_id"),
)
_KEPT = ("applied_on", "product_tmpl_id", "categ_id", "base", "base_pricelist_id", "date_start", "date_end")


def rule_hints(look: Looking, rows: list[Row]) -> list[Hint]:
    """Of a changed rule, or of a changed pricelist: it may have lost a rule."""
    if not rows:
        return []
    before, after = _known(look), _read(look)
    look.notes[NOTES] = after
    named = {row["id"] for row in rows if "applied_on" in row}
    changed = {one for one in before.keys() | after.keys() if one in named or before.get(one) != after.get(one)}
    states = [(before.get(one), after.get(one)) for one in sorted(changed)]
    return _hints(look, [rule for pair in states for rule in pair if rule], digest(states))


def dated_hints(look: Looking) -> Iterator[list[Hint]]:
    """Of rules that began or ended since the last look. Asks Odoo only when nothing is known yet."""
    now, key = look.ledger.clock.now(), f"{look.store.slug}/priced/{ENTITY}"
    looked = look.cursors.reached(key)
    found = _known(look).values()
    dates = [one for rule in found for one in _dates(rule)]
    if looked is None or any(looked < one <= now for one in dates):
        since = looked or now
        passed = [(rule, one) for rule in found for one in _dates(rule) if since < one <= now]
        yield _hints(look, [rule for rule, _ in passed], digest([(rule["id"], str(one)) for rule, one in passed]))
        look.cursors.advance(key, now)


def _dates(rule: Row) -> Iterator[datetime]:
    """Of the first moment at which it counts, and of the first at which it does not any more."""
    if rule["date_start"]:
        yield parse_datetime(rule["date_start"])
    if rule["date_end"]:
        yield parse_datetime(rule["date_end"]) + _SECOND


def _known(look: Looking) -> dict[int, Row]:
    """The rules of the store's pricelist and of those that it reckons from, as they were last read."""
    if NOTES not in look.notes:
        look.notes[NOTES] = _read(look)
    return look.notes[NOTES]


def _read(look: Looking) -> dict[int, Row]:
    """One call for each generation of pricelists."""
    chosen = look.store.rules.products.pricelist_id
    wanted, seen = {chosen} if chosen else set(), set()
    found: dict[int, Row] = {}
    while wanted:
        seen |= wanted
        rows = look.client.search_read(ITEM, [("pricelist_id", "in", sorted(wanted))], ["write_date", *_KEPT])
        found |= {row["id"]: row for row in rows}
        wanted = {r["base_pricelist_id"][0] for r in rows if r["base"] == "pricelist" and r["base_pricelist_id"]} - seen
    return found


def _hints(look: Looking, rules: list[Row], news: str) -> list[Hint]:
    """`news` tells one change from another: found again, by another scheduler, it is a duplicate to the ledger."""
    if not rules:
        return []
    named = {row["product_tmpl_id"][0] for row in rules if row["product_tmpl_id"]}
    categories = {row["categ_id"][0] for row in rules if row["applied_on"] == "2_product_category" and row["categ_id"]}
    everything = any(row["applied_on"] == "3_global" for row in rules)
    covered = set(named)
    if everything or categories:
        for page in linked(look):
            covered |= page if everything else _in_categories(look, page, categories)
    slug, why = look.store.slug, "priced anew in Odoo"
    return [
        Hint(slug, ENTITY, f"{PREFIX}{one}", "odoo", why=why, delivery_id=f"poll:{news}") for one in sorted(covered)
    ]


def _in_categories(look: Looking, templates: Iterable[int], categories: Collection[int]) -> set[int]:
    domain: list[Any] = [("id", "in", sorted(templates)), ("categ_id", "child_of", sorted(categories))]
    domain.append(("active", "in", [True, False]))
    return {int(row["id"]) for row in look.client.search_read(TEMPLATE, domain, ["id"])}


def _prices_count(rules: StoreRules) -> bool:
    return rules.products.lead is Lead.ODOO and rules.products.pricelist_id is not None


PRICES = Polled(
    entity=ENTITY,
    model=ITEM,
    domain=(),
    needs=("product_tmpl_id",),
    watched=_WATCHED,
    wanted=_prices_count,
    shared=True,
    key="product-price",
    hints=rule_hints,
    also=dated_hints,
)
PRICELISTS = Polled(
    entity=ENTITY,
    model=PRICELIST,
    domain=(("active", "in", [True, False]),),
    needs=("item_ids",),
    watched=("item_ids", "currency_id"),
    wanted=_prices_count,
    shared=True,
    key="product-pricelist",
    hints=rule_hints,
)
