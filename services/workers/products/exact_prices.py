"""Prices that no sum of extras gives: a rule of a pricelist for each such variant, in which Odoo keeps any price.

It is the pricelist that `products.pricelist_id` names, or else one of Tandem's own. That one is made archived, so that
no contact is sold to by it unless somebody says so.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from libs.common.domain.products import ExactPrice
from libs.common.errors import Rejected
from libs.common.odoo.cells import Cell
from libs.common.odoo.client import OdooClient
from libs.common.odoo.external_ids import external_id, find_external_id
from libs.common.odoo.templates import ALL, number
from services.workers.context import StoreContext

PRICELIST, ITEM = "product.pricelist", "product.pricelist.item"
OWN = "prices"
_COLUMNS = ["id", "pricelist_id/.id", "applied_on", "product_tmpl_id/.id", "product_id/.id", "compute_price"]
_VARIANT = "0_product_variant"


@dataclass(frozen=True, slots=True)
class Price:
    """Of a variant of Shopify's, and where it is in Odoo."""

    variant_id: str
    template_id: int
    product_id: int
    price: Decimal


def read_exact(store: StoreContext, templates: Collection[int]) -> dict[int, ExactPrice]:
    """By `product.product`: the rules there are for the variants of these templates; of several the newest."""
    pricelist = _pricelist(store) if templates else None
    if pricelist is None:
        return {}
    return read_rules(store.odoo, pricelist, templates)


def read_rules(client: OdooClient, pricelist: int, templates: Collection[int]) -> dict[int, ExactPrice]:
    domain = [("pricelist_id", "=", pricelist), ("applied_on", "=", _VARIANT), ("compute_price", "=", "fixed")]
    domain += [("min_quantity", "<=", 1.0), ("date_start", "=", False), ("date_end", "=", False)]
    named = ("product_tmpl_id", "in", sorted(templates))
    rows = client.search_read(ITEM, [*domain, named], ["product_id", "fixed_price"], context=ALL)
    return {row["product_id"][0]: ExactPrice(row["id"], number(row["fixed_price"])) for row in rows}


def write_exact(store: StoreContext, prices: Sequence[Price], there: Mapping[int, int]) -> None:
    """`there` are the rules by `product.product`."""
    changed: list[list[Cell]] = [[there[one.product_id], one.price] for one in prices if one.product_id in there]
    store.odoo.update(ITEM, [".id", "fixed_price"], changed)
    new = [one for one in prices if one.product_id not in there]
    if new:
        pricelist = _pricelist(store) or _make(store)
        _same_money(store, pricelist)
        rows: list[list[Cell]] = [
            [_name(store, pricelist, o.variant_id), pricelist, _VARIANT, o.template_id, o.product_id, "fixed", o.price]
            for o in new
        ]
        store.odoo.load(ITEM, [*_COLUMNS, "fixed_price"], rows)


def _same_money(store: StoreContext, pricelist: int) -> None:
    """A rule's price is in its pricelist's currency. Raises Rejected where that is not the company's."""
    if pricelist != store.rules.products.pricelist_id:
        return
    company = store.reference.currency()
    for row in store.odoo.search_read(PRICELIST, [("id", "=", pricelist)], ["currency_id"], context=ALL):
        told = str(row["currency_id"][1])
        if told != company:
            what = f"the prices do not add up, and pricelist {pricelist} for them is in {told}, not in {company}"
            hint = "name a pricelist in the shop's currency under products.pricelist_id, or none, then retry"
            raise Rejected(what, "odoo", "currency_differs", hint)


def _name(store: StoreContext, pricelist: int, variant: str) -> str:
    return external_id(store.module, f"price_{pricelist}_{variant}")


def _pricelist(store: StoreContext) -> int | None:
    """None while there is none of Tandem's own; looked for once."""
    chosen = store.rules.products.pricelist_id
    if chosen is not None:
        return chosen
    key = external_id(store.module, OWN)
    if key not in store.made:
        found = find_external_id(store.odoo, store.module, OWN)
        if found is None:
            return None
        store.made[key] = found[1]
    return store.made[key]


def _make(store: StoreContext) -> int:
    key = external_id(store.module, OWN)
    row: list[Cell] = [key, f"Shopify: {store.slug}", False]
    store.made[key] = store.odoo.load(PRICELIST, ["id", "name", "active"], [row]).ids[0]
    return store.made[key]
