"""`tandem products link` against a shop and an Odoo that answer over HTTP."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from rich.progress import Progress, ProgressColumn

from libs.common.ledger.model import Link, Target
from libs.common.shopify import walking
from libs.sandbox.odoo import OdooSandbox
from libs.sandbox.shopify.drafts import Product
from libs.sandbox.shopify.sandbox import ShopifySandbox
from services.console import far_sides, link_command, linking
from tests.integration.console.test_store_check import world_of
from tests.unit.console.world import World

PRODUCT = "product.product"


def sell(shop: ShopifySandbox, *codes: tuple[str, str]) -> list[str]:
    """Variants of these SKUs and barcodes; their numbers."""
    made = shop.add_products(Product(sku, f"{sku or 'None'}!", Decimal(1), barcode=barcode) for sku, barcode in codes)
    return [one.variant_id for one in made]


def linked(world: World) -> dict[str, int]:
    found = world.documents("records")
    return {one["source_id"]: one["target"]["id"] for one in found if one["entity"] == "variant"}


def test_the_catalogue_is_reported_and_then_linked(shop: ShopifySandbox, odoo: OdooSandbox, tmp_path: Path) -> None:
    by_barcode = odoo.add_product(default_code="OTHER", barcode="111")
    by_sku = odoo.add_product(default_code="LAMP")
    for _ in range(2):
        odoo.add_product(default_code="TWICE")
    odoo.add_product(default_code="SHARED")
    ids = sell(
        shop, ("MUG", "111"), ("LAMP", ""), ("TWICE", ""), ("NONE", ""), ("SHARED", ""), ("SHARED", ""), ("", "")
    )
    world = world_of(shop, odoo)

    dry = world.run("products", "link", "acme", "--dry-run", "--json", "--csv", str(tmp_path / "q.csv"))
    assert dry.exit_code == 1, dry.output
    report = json.loads(dry.stdout)
    assert {key: report[key] for key in ("linked", "matched", "missing", "ambiguous", "duplicate_skus")} == {
        "linked": 0,
        "matched": 2,
        "missing": 2,
        "ambiguous": 3,
        "duplicate_skus": 1,
    }
    assert world.documents("records") == []
    rows = list(csv.DictReader((tmp_path / "q.csv").read_text(encoding="utf-8").splitlines()))
    assert {row["variant"]: row["found"] for row in rows}.keys() == set(ids[2:])
    twice = next(row for row in rows if row["sku"] == "TWICE")
    assert twice["candidates"].count("[TWICE]") == 2

    real = world.run("products", "link", "acme")
    assert "2 links recorded." in real.stderr
    assert linked(world) == {ids[0]: by_barcode, ids[1]: by_sku}
    again = json.loads(world.run("products", "link", "acme", "--json").stdout)
    assert (again["linked"], again["matched"], again["linked_now"]) == (2, 0, 0)
    assert odoo.journal.count(operation="write") == 0


def test_one_of_odoos_variants_is_never_given_to_two(shop: ShopifySandbox, odoo: OdooSandbox) -> None:
    odoo.add_product(default_code="MUG", barcode="111")
    taken = odoo.add_product(default_code="PEN")
    *_, owner = sell(shop, ("MUG", ""), ("OTHER", "111"), ("PEN", ""), ("PENCIL", ""))
    world = world_of(shop, odoo)
    lamp = odoo.add_product(default_code="LAMP")
    (last,) = sell(shop, ("LAMP", ""))
    later = str(int(last) + 1)  # as if it was made after the catalogue was read
    links = [Link("variant", owner, Target(PRODUCT, taken)), Link("variant", later, Target(PRODUCT, lamp))]
    world.ledger.link("acme", links)
    report = json.loads(world.run("products", "link", "acme", "--json").stdout)
    assert (report["ambiguous"], report["matched"], report["linked"]) == (4, 0, 1)
    assert linked(world) == {owner: taken, later: lamp}


def test_a_link_to_what_is_gone_on_either_side_is_moved_on(shop: ShopifySandbox, odoo: OdooSandbox) -> None:
    mug, pen = odoo.add_product(default_code="MUG"), odoo.add_product(default_code="PEN")
    ids = sell(shop, ("MUG", ""), ("PEN", ""))
    world = world_of(shop, odoo)
    gone = str(int(ids[0]) - 1)
    links = [Link("variant", ids[0], Target(PRODUCT, 999)), Link("variant", gone, Target(PRODUCT, pen))]
    world.ledger.link("acme", links)
    report = json.loads(world.run("products", "link", "acme", "--json").stdout)
    assert (report["matched"], report["linked_now"], report["ambiguous"]) == (2, 2, 0)
    found = world.ledger.links("acme", "variant", [*ids, gone])
    assert {one: target.id for one, target in found.items()} == {ids[0]: mug, ids[1]: pen}
    again = json.loads(world.run("products", "link", "acme", "--json").stdout)
    assert (again["linked"], again["matched"]) == (2, 0)


def test_a_file_that_cannot_be_written_is_told_before_anything_is_read(
    shop: ShopifySandbox, odoo: OdooSandbox, tmp_path: Path
) -> None:
    result = world_of(shop, odoo).run("products", "link", "acme", "--csv", str(tmp_path / "none" / "q.csv"))
    assert result.exit_code == 2
    assert "cannot be written: No such file or directory." in result.stderr
    assert shop.calls.count("VariantCodes") == 0


def test_questions_become_records_where_the_store_only_links(shop: ShopifySandbox, odoo: OdooSandbox) -> None:
    odoo.add_product(default_code="MUG")
    sell(shop, ("MUG", ""), ("LAMP", ""))
    world = world_of(shop, odoo, {"products": {"lead": "link"}})
    world.run("products", "link", "acme")
    (asked,) = [one for one in world.documents("records") if one["entity"] == "product"]
    product = shop.store.catalog.products()[1]
    assert (asked["source_id"], asked["state"]) == (product["id"].rpartition("/")[2], "due")


def test_a_catalogue_without_questions_ends_well(shop: ShopifySandbox, odoo: OdooSandbox) -> None:
    odoo.add_product(default_code="MUG")
    sell(shop, ("MUG", ""))
    result = world_of(shop, odoo).run("products", "link", "acme")
    assert result.exit_code == 0, result.output
    assert "1  matched" in result.stdout


def test_few_requests_for_many_variants(
    shop: ShopifySandbox, odoo: OdooSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """250 variants to a request of Shopify's and 500 to one of Odoo's, past the end of a cursor as well."""
    monkeypatch.setattr(walking, "CURSOR_OBJECTS", 500)
    for number in range(20):
        odoo.add_product(default_code=f"S{number * 50}")
    sell(shop, *((f"S{number}", "") for number in range(1000)))
    result = world_of(shop, odoo).run("products", "link", "acme", "--json")
    report = json.loads(result.stdout)
    assert (report["matched"], report["missing"]) == (20, 980)
    assert shop.calls.count("VariantCodes") == 1000 / walking.PAGE
    assert odoo.calls.count("product.product.*") == 1000 / linking.CHUNK


def test_an_unknown_store_is_told(shop: ShopifySandbox, odoo: OdooSandbox) -> None:
    result = world_of(shop, odoo).run("products", "link", "other")
    assert result.exit_code == 2
    assert "Known: acme" in result.stderr


def test_help_teaches_by_examples(shop: ShopifySandbox, odoo: OdooSandbox) -> None:
    result = world_of(shop, odoo).run("products", "link", "--help")
    assert result.exit_code == 0
    assert "tandem products link acme --dry-run" in result.output
    assert "--csv" in result.output


def test_somebody_who_looks_sees_how_far_it_is(
    shop: ShopifySandbox, odoo: OdooSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = io.StringIO()

    def watched(*columns: ProgressColumn, **options: Any) -> Progress:
        seen = Console(file=screen, force_terminal=True, width=100)
        return Progress(*columns, **(options | {"console": seen, "auto_refresh": False}))

    told: list[tuple[str, int, int]] = []

    def shown_by(bar: Progress) -> Callable[[str, int, int], None]:
        show = far_sides.shown_by(bar)

        def tell(what: str, done: int, of: int) -> None:
            told.append((what, done, of))
            show(what, done, of)
            bar.refresh()

        return tell

    monkeypatch.setattr(far_sides, "Progress", watched)
    monkeypatch.setattr(link_command, "shown_by", shown_by)
    monkeypatch.setattr(walking, "PAGE", 2)
    sell(shop, *((f"MUG-{number}", "") for number in range(5)))
    odoo.add_product(default_code="MUG-1")
    assert world_of(shop, odoo).run("products", "link", "acme").exit_code == 1
    assert [one for one in told if one[0] == "Reading Shopify"] == [("Reading Shopify", done, 5) for done in (2, 4, 5)]
    assert ("Asking Odoo", 5, 5) in told
    assert ("Recording links", 1, 1) in told
    for line in ("Reading Shopify", "4/5", "5/5", "Asking Odoo", "Recording links"):
        assert line in screen.getvalue(), line


def test_nobody_who_looks_sees_no_bar(shop: ShopifySandbox, odoo: OdooSandbox) -> None:
    sell(shop, ("MUG", ""))
    assert "Reading Shopify" not in world_of(shop, odoo).run("products", "link", "acme").stderr
