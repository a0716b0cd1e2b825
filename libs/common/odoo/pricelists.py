"""A pricelist with all that its prices come from: its rules, the pricelists that those reckon from, and currencies."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from libs.common.domain.pricelists import Currency, Pricelist, PriceRule, bases
from libs.common.odoo.cells import parse_datetime
from libs.common.odoo.client import OdooClient
from libs.common.odoo.templates import number

ITEM = "product.pricelist.item"
_FIELDS = (
    *("pricelist_id", "applied_on", "compute_price", "base", "base_pricelist_id", "fixed_price", "percent_price"),
    *("price_discount", "price_round", "price_surcharge", "price_min_margin", "price_max_margin", "min_quantity"),
    *("product_id", "product_tmpl_id", "categ_id", "date_start", "date_end"),
)


def read_pricelists(
    client: OdooClient, pricelist_id: int, template_ids: Collection[int], category_ids: Collection[int]
) -> dict[int, Pricelist]:
    """By id: this one and those that its rules reckon from, as far as they may concern these templates.

    A call for each generation of pricelists, then two: their currencies, and what these are worth today. One that was
    deleted is absent; an archived one counts.
    """
    rules: dict[int, list[PriceRule]] = {}
    wanted = {pricelist_id}
    while wanted:
        rules |= {one: [] for one in wanted}
        domain: list[Any] = [("pricelist_id", "in", sorted(wanted)), *_concerning(template_ids, category_ids)]
        for row in client.search_read(ITEM, domain, _FIELDS):
            rules[row["pricelist_id"][0]].append(_rule(row))
        wanted = {base for one in wanted for base in bases(rules[one])} - rules.keys()
    currencies = _currencies(client, sorted(rules))
    return {one: Pricelist(tuple(found), currencies[one]) for one, found in rules.items() if one in currencies}


def _concerning(template_ids: Collection[int], category_ids: Collection[int]) -> list[Any]:
    """Rules for these products, for their categories or ones above them, and for everything."""
    of_category = ("categ_id", "parent_of", sorted(category_ids)) if category_ids else ("categ_id", "=", False)
    of_product = ("product_tmpl_id", "in", sorted(template_ids))
    return ["|", ("categ_id", "=", False), of_category, "|", ("product_tmpl_id", "=", False), of_product]


def _currencies(client: OdooClient, pricelists: Sequence[int]) -> dict[int, Currency]:
    """By pricelist."""
    context = {"active_test": False}
    found = client.search_read("product.pricelist", [("id", "in", pricelists)], ["currency_id"], context=context)
    ids = sorted({row["currency_id"][0] for row in found})
    names = ["name", "rate", "decimal_places"]
    rows = client.search_read("res.currency", [("id", "in", ids)], names, context=context) if ids else []
    known = {r["id"]: Currency(number(r["rate"], 12), int(r["decimal_places"]), str(r["name"])) for r in rows}
    return {row["id"]: known[row["currency_id"][0]] for row in found}


def _rule(row: dict[str, Any]) -> PriceRule:
    return PriceRule(
        id=row["id"],
        applied_on=row["applied_on"],
        compute=row["compute_price"],
        base=row["base"] or "list_price",
        base_pricelist=_id(row["base_pricelist_id"]),
        fixed=number(row["fixed_price"]),
        percent=number(row["percent_price"]),
        discount=number(row["price_discount"]),
        step=number(row["price_round"]),
        surcharge=number(row["price_surcharge"]),
        min_margin=number(row["price_min_margin"]),
        max_margin=number(row["price_max_margin"]),
        min_quantity=number(row["min_quantity"]),
        variant_id=_id(row["product_id"]),
        template_id=_id(row["product_tmpl_id"]),
        category_id=_id(row["categ_id"]),
        start=parse_datetime(row["date_start"]) if row["date_start"] else None,
        end=parse_datetime(row["date_end"]) if row["date_end"] else None,
    )


def _id(value: Any) -> int | None:
    return int(value[0]) if value else None
