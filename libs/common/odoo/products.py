"""Odoo's variants as what they are called and coded: what a match goes by."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from libs.common.domain.matching import ProductFact
from libs.common.odoo.client import OdooClient

MATCHED_BY = ("name", "default_code", "barcode", "active")


def find_products(
    client: OdooClient, *, ids: Collection[int], skus: Collection[str], barcodes: Collection[str]
) -> tuple[ProductFact, ...]:
    """Every variant of these ids, SKUs or barcodes, archived ones too: one call, none when there is nothing to ask."""
    domain = codes_domain(ids=ids, skus=skus, barcodes=barcodes)
    if not domain:
        return ()
    rows = client.search_read("product.product", domain, MATCHED_BY, context={"active_test": False})
    return tuple(product_fact(row) for row in rows)


def codes_domain(*, ids: Collection[int], skus: Collection[str], barcodes: Collection[str]) -> list[Any]:
    """Any of these; an empty list when there is nothing to look for."""
    terms: list[Any] = []
    for name, values in (("id", sorted(ids)), ("default_code", sorted(skus)), ("barcode", sorted(barcodes))):
        if values:
            terms.append((name, "in", values))
    return ["|"] * (len(terms) - 1) + terms


def product_fact(row: dict[str, Any]) -> ProductFact:
    return ProductFact(
        id=row["id"],
        name=row["name"] or "",
        default_code=(row["default_code"] or "").strip(),
        barcode=(row["barcode"] or "").strip(),
        active=row["active"],
    )
