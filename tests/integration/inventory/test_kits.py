"""A kit is shown by what Odoo makes of its parts, and follows them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.inventory.shelf import CAP, MUG, Shelf, open_shelf

PART = "BENCH-002"


@pytest.fixture(params=["18", "19"])
def shelf(request: pytest.FixtureRequest) -> Iterator[Shelf]:
    with open_shelf(request.param, kits=True) as shelf:
        shelf.shop.set_level(MUG, 0)
        yield shelf


def make_kit(shelf: Shelf, kit: str, parts: dict[str, float]) -> None:
    [product] = shelf.odoo.find("product.product", [("id", "=", shelf.products[kit])])
    lines = [(0, 0, {"product_id": shelf.products[part], "product_qty": units}) for part, units in parts.items()]
    template = product["product_tmpl_id"][0]
    shelf.odoo.add("mrp.bom", type="phantom", product_tmpl_id=template, product_qty=1, bom_line_ids=lines)


def test_a_kit_shows_what_its_parts_make_and_follows_each_of_them(shelf: Shelf) -> None:
    make_kit(shelf, MUG, {CAP: 2, PART: 1})
    shelf.count(9, CAP)
    shelf.count(7, PART)
    shelf.settle()
    assert shelf.available() == 4
    shelf.count(3, PART)
    shelf.sync()
    assert shelf.available() == 3


def test_a_kit_in_a_kit_follows_the_innermost_part(shelf: Shelf) -> None:
    make_kit(shelf, CAP, {PART: 2})
    make_kit(shelf, MUG, {CAP: 1})
    shelf.count(8, PART)
    shelf.settle()
    assert shelf.available() == 4
    shelf.count(4, PART)
    shelf.sync()
    assert shelf.available() == 2
