"""Rules of pricelists, and what a product costs by them, reckoned in floats as Odoo does."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from libs.sandbox.odoo.database import Row
from libs.sandbox.odoo.env import Env
from libs.sandbox.odoo.model import Model
from libs.sandbox.odoo.query import search

ITEM, PRODUCT, TEMPLATE = "product.pricelist.item", "product.product", "product.template"
#: What each kind of rule is not about.
_EMPTIED = {
    "3_global": ("product_id", "product_tmpl_id", "categ_id"),
    "2_product_category": ("product_id", "product_tmpl_id"),
    "1_product": ("product_id", "categ_id"),
    "0_product_variant": ("categ_id",),
}


class PricelistItem(Model):
    order = "applied_on, min_quantity desc, categ_id desc, id desc"
    defaults: ClassVar[Mapping[str, Any]] = {
        "applied_on": "3_global",
        "compute_price": "fixed",
        "base": "list_price",
        "min_quantity": 0.0,
    }
    cascade_from = ("pricelist_id", "product_id", "product_tmpl_id", "categ_id")

    def complete(self, env: Env, values: dict[str, Any]) -> None:
        if values.get("product_id") and not values.get("product_tmpl_id"):
            values["product_tmpl_id"] = env.db.tables[PRODUCT][values["product_id"]]["product_tmpl_id"]
        if values.get("applied_on") in (None, False, "3_global"):
            values["applied_on"] = _kind(values)
        values |= dict.fromkeys(_EMPTIED[values["applied_on"]], False)
        pricelist = env.row("product.pricelist", values.get("pricelist_id"))
        if pricelist is not None:
            values["currency_id"] = pricelist["currency_id"]

    def display_name(self, env: Env, row: Row) -> str:
        kinds = {
            "0_product_variant": (PRODUCT, "product_id"),
            "1_product": (TEMPLATE, "product_tmpl_id"),
            "2_product_category": ("product.category", "categ_id"),
        }
        model, field = kinds.get(row["applied_on"], ("", ""))
        return env.display_name(model, row[field]) if model else "All Products"


def _kind(values: Mapping[str, Any]) -> str:
    named = (("product_id", "0_product_variant"), ("product_tmpl_id", "1_product"), ("categ_id", "2_product_category"))
    return next((kind for field, kind in named if values.get(field)), "3_global")


def contextual_price(env: Env, ids: Sequence[int]) -> float:
    """`get_contextual_price` of one variant: by the pricelist in the context, unrounded."""
    (variant,) = ids
    return _price(env, env.db.tables[PRODUCT][variant], env.context.get("pricelist"), env.context.get("quantity", 1.0))


def _price(env: Env, product: Row, pricelist_id: Any, quantity: float) -> float:
    pricelist = env.row("product.pricelist", pricelist_id)
    rate = _rate(env, pricelist)
    rule = next((one for one in _rules(env, pricelist) if _fits(env, one, product, quantity)), None)
    list_price = float(env.value(PRODUCT, product, "lst_price")) * rate
    if rule is None:
        return list_price
    if rule["compute_price"] == "fixed":
        return float(rule["fixed_price"])
    base = list_price
    if rule["base"] == "standard_price":
        base = float(env.value(PRODUCT, product, "standard_price") or 0.0) * rate
    elif rule["base"] == "pricelist" and rule.get("base_pricelist_id"):
        other = env.db.tables["product.pricelist"][rule["base_pricelist_id"]]
        base = _price(env, product, other["id"], quantity) / _rate(env, other) * rate
    if rule["compute_price"] == "percentage":
        return base - base * ((rule.get("percent_price") or 0.0) / 100)
    return _formula(rule, base)


def _formula(rule: Row, base: float) -> float:
    price = base - base * ((rule.get("price_discount") or 0.0) / 100)
    if step := rule.get("price_round"):
        price = math.floor(abs(price) / step + 0.5 + 1e-9) * step * (1 if price >= 0 else -1)
    price += rule.get("price_surcharge") or 0.0
    if rule.get("price_min_margin"):
        price = max(price, base + rule["price_min_margin"])
    if rule.get("price_max_margin"):
        price = min(price, base + rule["price_max_margin"])
    return price


def _rules(env: Env, pricelist: Row | None) -> list[Row]:
    """In the order in which Odoo tries them; within one kind the category that is further down comes first."""
    if pricelist is None:
        return []
    dates: list[Any] = ["|", ("date_start", "=", False), ("date_start", "<=", env.now)]
    dates += ["|", ("date_end", "=", False), ("date_end", ">=", env.now)]
    found = search(env, ITEM, [("pricelist_id", "=", pricelist["id"]), *dates])

    def place(one: Row) -> tuple[Any, ...]:
        depth = len(_above(env, one.get("categ_id")))
        return one["applied_on"], -(one.get("min_quantity") or 0.0), -depth, -one["id"]

    return sorted(found, key=place)


def _fits(env: Env, rule: Row, product: Row, quantity: float) -> bool:
    if rule.get("min_quantity") and quantity < rule["min_quantity"]:
        return False
    if rule["applied_on"] == "2_product_category":
        return rule["categ_id"] in _above(env, env.value(PRODUCT, product, "categ_id"))
    if rule["applied_on"] == "1_product":
        return bool(rule["product_tmpl_id"] == product["product_tmpl_id"])
    return bool(rule["applied_on"] == "3_global" or rule.get("product_id") == product["id"])


def _above(env: Env, category_id: Any) -> list[int]:
    """A category and those above it."""
    row = env.row("product.category", category_id)
    return [row["id"], *_above(env, row.get("parent_id"))] if row else []


def _rate(env: Env, pricelist: Row | None) -> float:
    currency = env.row("res.currency", pricelist["currency_id"]) if pricelist else None
    return float(env.value("res.currency", currency, "rate")) if currency else 1.0
