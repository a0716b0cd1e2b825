"""The rules of a pricelist, as far as they may concern some products."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from libs.common.domain.pricelists import PriceRule
from libs.common.odoo.cells import parse_datetime
from libs.common.odoo.client import OdooClient
from libs.common.odoo.templates import number

_FIELDS = (
    *("applied_on", "compute_price", "fixed_price", "percent_price", "min_quantity", "product_id"),
    *("product_tmpl_id", "categ_id", "date_start", "date_end"),
)


def read_price_rules(client: OdooClient, pricelist_id: int, template_ids: Sequence[int]) -> tuple[PriceRule, ...]:
    """One call: the rules for these templates and their variants, for categories, and for everything."""
    domain: list[Any] = [("pricelist_id", "=", pricelist_id), "|", ("product_tmpl_id", "in", sorted(template_ids))]
    domain.append(("applied_on", "in", ["2_product_category", "3_global"]))
    return tuple(_rule(row) for row in client.search_read("product.pricelist.item", domain, _FIELDS))


def _rule(row: dict[str, Any]) -> PriceRule:
    return PriceRule(
        id=row["id"],
        applied_on=row["applied_on"],
        compute=row["compute_price"],
        fixed=number(row["fixed_price"]),
        percent=number(row["percent_price"]),
        min_quantity=number(row["min_quantity"]),
        variant_id=row["product_id"][0] if row["product_id"] else None,
        template_id=row["product_tmpl_id"][0] if row["product_tmpl_id"] else None,
        category_id=row["categ_id"][0] if row["categ_id"] else None,
        start=parse_datetime(row["date_start"]) if row["date_start"] else None,
        end=parse_datetime(row["date_end"]) if row["date_end"] else None,
    )
