"""Matching a whole catalogue: the ladder, and what only the whole shows."""

from __future__ import annotations

import pytest

from libs.common.domain.linking import Coded, Found, Match, Shared, match_variants
from libs.common.domain.matching import ProductFact

MUG = ProductFact(1, "Mug", "MUG", "111")
MUG_TOO = ProductFact(2, "Mug, old", "MUG", "")
LAMP = ProductFact(3, "Lamp", "LAMP", "333")
GONE = ProductFact(4, "Pen", "PEN", "", active=False)


def match(
    variant: Coded,
    *products: ProductFact,
    links: dict[str, int] | None = None,
    taken: dict[int, str] | None = None,
    shared: Shared | None = None,
) -> Match:
    (found,) = match_variants([variant], products, links=links or {}, taken=taken or {}, shared=shared or Shared())
    return found


def test_the_link_goes_before_the_barcode_and_the_barcode_before_the_sku() -> None:
    variant = Coded("7", "70", "Mug", sku="LAMP", barcode="111")
    assert match(variant, MUG, LAMP, links={"7": 3}).product == LAMP
    assert match(variant, MUG, LAMP, links={"7": 3}).found is Found.LINKED
    by_barcode = match(variant, MUG, LAMP)
    assert (by_barcode.product, by_barcode.by) == (MUG, "barcode")
    by_sku = match(Coded("7", "70", "Lamp", sku=" LAMP "), MUG, LAMP)
    assert (by_sku.product, by_sku.by, by_sku.found) == (LAMP, "SKU", Found.MATCHED)


def test_a_link_to_what_is_gone_is_looked_for_anew() -> None:
    assert match(Coded("7", "70", "Mug", sku="MUG"), MUG, links={"7": 99}).product == MUG


def test_several_of_one_code_in_odoo_are_a_question_with_the_candidates() -> None:
    found = match(Coded("7", "70", "Mug", sku="MUG"), MUG, MUG_TOO)
    assert found.found is Found.AMBIGUOUS
    assert found.candidates == (MUG, MUG_TOO)
    assert found.product is None
    assert "2 products in Odoo have the SKU MUG" in found.why


def test_a_code_that_two_variants_share_decides_nothing() -> None:
    variant = Coded("7", "70", "Mug", sku="MUG", barcode="111")
    assert match(variant, MUG, shared=Shared(barcodes=frozenset({"111"}))).found is Found.AMBIGUOUS
    # The SKU is shared as well, but it was the barcode that decided.
    assert match(variant, MUG, shared=Shared(skus=frozenset({"MUG"}))).found is Found.MATCHED


def test_what_is_linked_to_another_variant_is_not_given_away() -> None:
    found = match(Coded("7", "70", "Mug", sku="MUG"), MUG, taken={1: "8"})
    assert found.found is Found.AMBIGUOUS
    assert "(8)" in found.why
    assert match(Coded("8", "70", "Mug", sku="MUG"), MUG, taken={1: "8"}).found is Found.MATCHED


@pytest.mark.parametrize(
    ("variant", "why"),
    [
        (Coded("7", "70", "Card"), "has neither SKU nor barcode"),
        (Coded("7", "70", "Card", sku="CARD"), "is not in Odoo"),
        (Coded("7", "70", "Pen", sku="PEN"), "is archived in Odoo: Pen"),
    ],
)
def test_what_is_missing_says_why(variant: Coded, why: str) -> None:
    found = match(variant, MUG, GONE)
    assert (found.found, found.why) == (Found.MISSING, why)
