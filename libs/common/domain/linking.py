"""Which variants of Shopify are which of Odoo's, for a whole catalogue at once: pure.

The same ladder as an order's line takes (link, barcode, SKU), with what only the whole catalogue shows: a code that two
variants share says of neither what it is, and one of Odoo's variants is not given to two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from libs.common.domain.matching import Ambiguous, ProductFact, archived_twin, match_product, normalise_code


class Found(StrEnum):
    """What became of one variant."""

    LINKED = "linked"
    """Known before."""
    MATCHED = "matched"
    MISSING = "missing"
    AMBIGUOUS = "ambiguous"


@dataclass(frozen=True, slots=True)
class Coded:
    """A variant as Shopify has it."""

    id: str
    product_id: str
    name: str
    """`T-shirt - M`"""
    sku: str = ""
    barcode: str = ""
    changed_at: datetime | None = None
    """When its product changed last, where that was asked for."""


@dataclass(frozen=True, slots=True)
class Match:
    """`by` is `link`, `barcode` or `SKU`; `why` is a sentence for a person, where there is a question."""

    variant: Coded
    found: Found
    product: ProductFact | None = None
    by: str = ""
    why: str = ""
    candidates: tuple[ProductFact, ...] = ()


@dataclass(frozen=True, slots=True)
class Shared:
    """Codes that several of the shop's variants have."""

    skus: frozenset[str] = frozenset()
    barcodes: frozenset[str] = frozenset()


def match_variants(
    variants: Sequence[Coded],
    products: Sequence[ProductFact],
    *,
    links: Mapping[str, int],
    taken: Mapping[int, str],
    shared: Shared,
) -> list[Match]:
    """One answer for each variant.

    `links` is what the ledger knows, by variant id; `taken` which variant an Odoo variant is linked to already.
    """
    by_code: dict[str, list[ProductFact]] = {}
    by_id = {product.id: product for product in products}
    for product in products:
        for code in {product.barcode, product.default_code} - {""}:
            by_code.setdefault(code, []).append(product)
    return [_match(variant, by_id, by_code, links.get(variant.id), taken, shared) for variant in variants]


def _match(  # noqa: PLR0917 - the ladder and what it is climbed with
    variant: Coded,
    by_id: Mapping[int, ProductFact],
    by_code: Mapping[str, Sequence[ProductFact]],
    linked_id: int | None,
    taken: Mapping[int, str],
    shared: Shared,
) -> Match:
    if linked_id is not None and linked_id in by_id:
        return Match(variant, Found.LINKED, by_id[linked_id], "link")
    barcode, sku = normalise_code(variant.barcode), normalise_code(variant.sku)
    near = [*by_code.get(barcode, ()), *by_code.get(sku, ())]
    found = match_product(list({one.id: one for one in near}.values()), linked_id=None, barcode=barcode, sku=sku)
    if found is None:
        return Match(variant, Found.MISSING, why=_missing(near, barcode, sku))
    if isinstance(found, Ambiguous):
        why = f"{len(found.candidates)} products in Odoo have the {found.by} {found.value}"
        return Match(variant, Found.AMBIGUOUS, by=found.by, why=why, candidates=found.candidates)
    by = "barcode" if barcode and found.barcode == barcode else "SKU"
    code, common = (barcode, shared.barcodes) if by == "barcode" else (sku, shared.skus)
    if code in common:
        why = f"several variants in Shopify have the {by} {code}"
        return Match(variant, Found.AMBIGUOUS, by=by, why=why, candidates=(found,))
    owner = taken.get(found.id)
    if owner is not None and owner != variant.id:
        why = f"{found.name} in Odoo is linked to another variant ({owner}) already"
        return Match(variant, Found.AMBIGUOUS, by=by, why=why, candidates=(found,))
    return Match(variant, Found.MATCHED, found, by)


def _missing(near: Sequence[ProductFact], barcode: str, sku: str) -> str:
    if not barcode and not sku:
        return "has neither SKU nor barcode"
    archived = archived_twin(near, barcode=barcode, sku=sku)
    return f"is archived in Odoo: {archived.name}" if archived else "is not in Odoo"
