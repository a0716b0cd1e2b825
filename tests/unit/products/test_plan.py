"""What becomes of a product: decided without a server."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.domain.outcomes import Hold, Ignore, Nothing
from libs.common.domain.products import Image, Product, Variant
from libs.common.domain.rules import StoreRules
from libs.common.domain.variant_prices import decompose
from services.workers.products.differences import not_kept, product_digest
from services.workers.products.model import Changes, Situation
from services.workers.products.plan import plan

NOW = datetime(2026, 11, 25, tzinfo=UTC)
SHOPIFY = StoreRules.model_validate({"products": {"lead": "shopify"}})
MUG = Product("70", "Mug", "ACTIVE", NOW, variants=(Variant("7", "MUG", "111", "12.50"),))


def decide(product: Product | None, **more: Any) -> Any:
    rules = more.pop("rules", SHOPIFY)
    return plan(Situation("acme/product/70", "70", product, "tandem_acme", **more), rules)


def with_variant(**changes: Any) -> Product:
    return replace(MUG, variants=(replace(MUG.variants[0], **changes),))


def test_a_new_product_is_made_under_its_external_id() -> None:
    changes = decide(MUG)
    assert isinstance(changes, Changes)
    assert (changes.external_id, changes.template_id) == ("tandem_acme.product_70", None)
    assert changes.values["default_code"] == "MUG"
    assert changes.values["list_price"] == Decimal("12.50")


def test_compare_at_price_and_hs_code_go_where_this_odoo_keeps_them() -> None:
    product = with_variant(compare_at="15.00", hs_code="691200")
    changes = decide(product, optional=frozenset({"hs_code", "compare_list_price"}))
    assert isinstance(changes, Changes)
    assert (changes.values["hs_code"], changes.values["compare_list_price"]) == ("691200", Decimal(15))
    assert not {"hs_code", "compare_list_price"} & decide(product).values.keys()


def test_what_was_applied_is_not_applied_again() -> None:
    assert decide(MUG, target_id=1, synced_digest=product_digest(MUG)) == Nothing(product_digest(MUG))


@pytest.mark.parametrize(
    ("product", "code"),
    [
        (with_variant(sku="S" * 300), "code_too_long"),
        (with_variant(barcode="1" * 300), "code_too_long"),
        (with_variant(price="abc"), "price_unreadable"),
        (with_variant(price="-1"), "price_unreadable"),
        (with_variant(price="NaN"), "price_unreadable"),
        (with_variant(cost="much"), "price_unreadable"),
        (with_variant(weight=Decimal(2), weight_unit="STONES"), "unit_unknown"),
        (replace(MUG, title=" "), "product_untitled"),
        (replace(MUG, variants=()), "variants_unfit"),
        (replace(MUG, variants=(MUG.variants[0], replace(MUG.variants[0], id="8"))), "barcode_twice"),
    ],
)
def test_bad_input_is_held_with_its_reason(product: Product, code: str) -> None:
    held = decide(product)
    assert isinstance(held, Hold)
    assert held.code == code
    assert held.hint


def test_an_archived_product_that_odoo_never_had_is_left_out() -> None:
    assert isinstance(decide(replace(MUG, status="ARCHIVED")), Ignore)
    assert isinstance(decide(None), Ignore)


def test_prices_that_no_extras_give_are_planned_as_rules() -> None:
    prices = {("S", "Red"): "10", ("L", "Red"): "12", ("S", "Blue"): "11", ("L", "Blue"): "15"}
    variants = tuple(
        Variant(str(n), f"V{n}", "", price, (("Size", size), ("Color", colour)))
        for n, ((size, colour), price) in enumerate(prices.items())
    )
    changes = decide(replace(MUG, variants=variants))
    assert isinstance(changes, Changes)
    assert changes.values["list_price"] == 10
    assert dict(changes.exact) == {"3": Decimal(15)}


@pytest.mark.parametrize(
    ("weight", "unit", "kg", "lb"),
    [
        ("250", "GRAMS", "0.25", "0.551"),
        ("1", "POUNDS", "0.454", "1"),
        ("8", "OUNCES", "0.227", "0.5"),
        ("1", "KILOGRAMS", "1", "2.205"),
    ],
)
def test_a_weight_is_told_in_the_unit_that_odoo_weighs_in(weight: str, unit: str, kg: str, lb: str) -> None:
    product = with_variant(weight=Decimal(weight), weight_unit=unit)
    for there, told in (("KILOGRAMS", kg), ("POUNDS", lb)):
        changes = decide(product, weight_unit=there)
        assert isinstance(changes, Changes)
        assert changes.values["weight"] == Decimal(told)


@given(
    base=st.integers(0, 5000),
    sizes=st.lists(st.integers(0, 900), min_size=1, max_size=6),
    colours=st.lists(st.integers(0, 900), min_size=1, max_size=6),
    left_out=st.sets(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=10),
)
def test_prices_that_add_up_are_kept_to_the_cent(
    base: int, sizes: list[int], colours: list[int], left_out: set[tuple[int, int]]
) -> None:
    prices = [
        ((("Size", str(s)), ("Color", str(c))), Decimal(base + size + colour) / 100)
        for s, size in enumerate(sizes)
        for c, colour in enumerate(colours)
        if (s, c) not in left_out
    ]
    if prices:
        found = decompose(prices)
        assert all(found.price(options) == price for options, price in prices)


def test_two_thousand_variants_of_one_option_are_decomposed_at_once() -> None:
    prices = [((("Number", str(n)),), Decimal(n)) for n in range(2048)]
    found = decompose(prices)
    assert found.extra["Number", "2047"] == 2047


IMAGE = Image("1", "https://cdn/1.png")


@pytest.mark.parametrize(
    "changed",
    [
        with_variant(sku="CUP"),
        with_variant(barcode="222"),
        with_variant(price="12.51"),
        with_variant(compare_at="15.00"),
        with_variant(cost="3.10"),
        with_variant(weight=Decimal("0.26")),
        with_variant(hs_code="691200"),
        with_variant(image=IMAGE),
        with_variant(image=replace(IMAGE, url="https://cdn/1.png?v=2")),
        replace(MUG, image=IMAGE),
        replace(MUG, title="Cup"),
        replace(MUG, status="ARCHIVED"),
        replace(MUG, type="Mugs"),
        replace(MUG, vendor="Acme"),
        replace(MUG, tags=("blue",)),
        replace(MUG, description_html="<p>Blue.</p>"),
        replace(MUG, variants=(replace(MUG.variants[0], options=(("Size", "S"),)),)),
        replace(MUG, variants=(*MUG.variants, replace(MUG.variants[0], id="8"))),
    ],
)
def test_whatever_changes_is_another_product_than_was_applied(changed: Product) -> None:
    digests = {product_digest(MUG), product_digest(with_variant(image=IMAGE)), product_digest(changed)}
    assert len(digests) == (2 if changed == with_variant(image=IMAGE) else 3)


def test_a_part_of_the_digest_is_another_only_where_that_part_is() -> None:
    before = product_digest(MUG).split(":")
    assert product_digest(replace(MUG, description_html="<p>Blue.</p>")).split(":")[::2] == before[::2]
    assert product_digest(replace(MUG, image=IMAGE)).split(":")[:2] == before[:2]
    assert product_digest(replace(MUG, title="Cup")).split(":")[1:] == before[1:]


def test_a_cost_that_shopify_does_not_keep_is_left_alone_and_a_service_is_no_goods() -> None:
    changes = decide(MUG)
    assert isinstance(changes, Changes)
    assert "standard_price" not in changes.values
    assert changes.stored
    service = decide(with_variant(requires_shipping=False))
    assert isinstance(service, Changes)
    assert not service.stored


def test_compare_at_prices_that_odoo_keeps_but_one_of_are_told() -> None:
    cheap, dear = MUG.variants[0], replace(MUG.variants[0], id="8", price="20.00", compare_at="25.00")
    kept = frozenset({"compare_list_price"})
    assert "compare-at prices but that of the cheapest" in not_kept(replace(MUG, variants=(cheap, dear)), kept)
    assert not not_kept(with_variant(compare_at="15.00"), kept)
