"""What Shopify is told of one of Odoo's products: decided without a server."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from libs.common.domain.outcomes import Hold, Ignore, Nothing
from libs.common.domain.pricelists import Pricelist, PriceRule
from libs.common.domain.products import OdooVariant, Product, Template, TemplateLine, TemplateValue, Variant
from libs.common.domain.rules import StoreRules
from services.workers.products.to_shopify.model import Changes, Situation
from services.workers.products.to_shopify.plan import plan

ODOO = StoreRules.model_validate({"products": {"lead": "odoo"}})
PRICED = StoreRules.model_validate({"products": {"lead": "odoo", "pricelist_id": 3}})
MUG = OdooVariant(
    50, "MUG", "111", cost=Decimal("3.10"), weight=Decimal("0.25"), price=Decimal("12.50"), values=frozenset()
)
TEMPLATE = Template(5, "Mug", True, Decimal("12.50"), variants=(MUG,), hs_code="691200", compare_at=Decimal(15))


def decide(template: Template, rules: StoreRules = ODOO, **more: Any) -> Any:
    return plan(Situation("acme/product/odoo-5", 5, template, **more), rules)


def told(template: Template, **more: Any) -> dict[str, Any]:
    """The one variant of a new product."""
    changes = decide(template, **more)
    assert isinstance(changes, Changes)
    (variant,) = changes.set["variants"]
    return dict(variant)


def sizes(count: int) -> Template:
    values = tuple(TemplateValue(n, n, str(n)) for n in range(count))
    variants = tuple(replace(MUG, id=n, barcode="", values=frozenset({n})) for n in range(count))
    return replace(TEMPLATE, lines=(TemplateLine(1, 1, "Size", values),), variants=variants)


def test_a_variant_is_told_with_its_prices_cost_weight_and_hs_code() -> None:
    variant = told(TEMPLATE)
    assert (variant["price"], variant["compareAtPrice"], variant["barcode"]) == ("12.50", "15.00", "111")
    assert variant["inventoryItem"] == {
        "sku": "MUG",
        "measurement": {"weight": {"value": 0.25, "unit": "KILOGRAMS"}},
        "tracked": False,
        "requiresShipping": True,
        "cost": "3.10",
        "harmonizedSystemCode": "691200",
    }


def test_of_a_new_variant_shopify_is_told_whether_it_is_counted_and_shipped() -> None:
    goods, service = replace(TEMPLATE, stored=True), replace(TEMPLATE, kind="service", tags=frozenset({"Web"}))
    rules = StoreRules.model_validate({"products": {"lead": "odoo", "tag": "Web"}})
    (variant,) = decide(service, rules).set["variants"]
    found = [one["inventoryItem"] for one in (told(goods), variant)]
    assert [(one["tracked"], one["requiresShipping"]) for one in found] == [(True, True), (False, False)]


def test_a_compare_at_price_that_is_not_above_the_price_is_not_told() -> None:
    assert told(replace(TEMPLATE, compare_at=Decimal("12.50")))["compareAtPrice"] is None


def test_what_was_told_is_not_told_again() -> None:
    changes = decide(TEMPLATE)
    assert isinstance(changes, Changes)
    again = decide(TEMPLATE, target_id="70", synced_digest=changes.digest)
    assert again == Nothing(changes.digest)


def test_as_many_variants_as_shopify_takes_are_told() -> None:
    changes = decide(sizes(2048))
    assert isinstance(changes, Changes)
    assert len(changes.set["variants"]) == 2048


@pytest.mark.parametrize(
    ("template", "code"),
    [
        (sizes(2049), "variants_unfit"),
        (replace(TEMPLATE, variants=()), "variants_unfit"),
        (replace(TEMPLATE, variants=(replace(MUG, default_code="S" * 300),)), "code_too_long"),
        (replace(TEMPLATE, variants=(replace(MUG, barcode="1" * 300),)), "code_too_long"),
    ],
)
def test_what_shopify_would_not_take_is_held_with_its_reason(template: Template, code: str) -> None:
    held = decide(template)
    assert isinstance(held, Hold)
    assert held.code == code
    assert held.hint


def test_prices_are_those_of_the_pricelist_and_one_that_is_gone_is_told() -> None:
    tenth = PriceRule(1, "3_global", "percentage", percent=Decimal(10))
    changes = decide(TEMPLATE, PRICED, prices={3: Pricelist((tenth,))})
    assert isinstance(changes, Changes)
    assert changes.set["variants"][0]["price"] == "11.25"
    held = decide(TEMPLATE, PRICED, prices={})
    assert isinstance(held, Hold)
    assert held.code == "pricelist_gone"


def test_pounds_are_told_as_pounds() -> None:
    weight = told(replace(TEMPLATE, weight_unit="POUNDS"))["inventoryItem"]["measurement"]["weight"]
    assert weight == {"value": 0.25, "unit": "POUNDS"}


def test_more_pictures_than_shopify_takes_are_held_and_one_that_many_show_is_one() -> None:
    template = sizes(300)
    many = replace(template, variants=tuple(replace(one, image=f"{one.id:08d}") for one in template.variants))
    held = decide(many)
    assert isinstance(held, Hold)
    assert held.code == "pictures_too_many"
    same = replace(template, variants=tuple(replace(one, image="5" * 32) for one in template.variants))
    changes = decide(same)
    assert isinstance(changes, Changes)
    (picture,) = changes.pictures
    assert picture.places == tuple(range(300))


SHOWN = Product(
    "70",
    "Mug",
    "ACTIVE",
    datetime(2026, 11, 25, tzinfo=UTC),
    variants=(
        Variant("7", "MUG", "111", "12.50", compare_at="15.00", cost="3.10", weight=Decimal("0.25"), hs_code="691200"),
    ),
)
KILOGRAMS = {"weight": {"value": 0.25, "unit": "KILOGRAMS"}}


@pytest.mark.parametrize(
    ("there", "told"),
    [
        ({}, {}),
        ({"price": "12.5"}, {}),
        ({"weight": Decimal(250), "weight_unit": "GRAMS"}, {}),
        ({"price": "12.51"}, {"price": "12.50"}),
        ({"compare_at": ""}, {"compareAtPrice": "15.00"}),
        ({"barcode": "222"}, {"barcode": "111"}),
        ({"sku": "CUP"}, {"inventoryItem": {"sku": "MUG"}}),
        ({"cost": "3.00"}, {"inventoryItem": {"cost": "3.10"}}),
        ({"hs_code": ""}, {"inventoryItem": {"harmonizedSystemCode": "691200"}}),
        ({"weight": Decimal(1)}, {"inventoryItem": {"measurement": KILOGRAMS}}),
    ],
)
def test_of_a_variant_only_what_differs_is_told(there: dict[str, Any], told: dict[str, Any]) -> None:
    product = replace(SHOWN, variants=(replace(SHOWN.variants[0], **there),))
    changes = decide(TEMPLATE, target_id="70", product=product, links={50: "7"})
    assert isinstance(changes, Changes)
    assert (dict(changes.set), dict(changes.variants)) == ({}, {"7": told} if told else {})


@pytest.mark.parametrize(
    ("there", "told"),
    [
        ({"title": "Cup"}, {"title": "Mug"}),
        ({"status": "DRAFT"}, {"status": "ACTIVE"}),
        ({"type": "Cups"}, {"productType": ""}),
        ({"tags": ("blue",)}, {"tags": []}),
        ({"description_html": "<p>Blue.</p>"}, {"descriptionHtml": ""}),
    ],
)
def test_of_a_product_only_what_differs_is_told(there: dict[str, Any], told: dict[str, Any]) -> None:
    changes = decide(TEMPLATE, target_id="70", product=replace(SHOWN, **there), links={50: "7"})
    assert isinstance(changes, Changes)
    assert (dict(changes.set), dict(changes.variants)) == (told, {})


def test_the_barcode_tells_which_variant_it_is_before_the_sku() -> None:
    swapped = (replace(SHOWN.variants[0], id="8", barcode="", options=()), replace(SHOWN.variants[0], sku=""))
    changes = decide(TEMPLATE, target_id="70", product=replace(SHOWN, variants=swapped))
    assert isinstance(changes, Changes)
    assert dict(changes.links) == {50: "7"}


@pytest.mark.parametrize(
    ("template", "why"),
    [
        (replace(TEMPLATE, kind="service"), "no goods, and products.tag is not given"),
        (replace(TEMPLATE, active=False), "archived or not sold in Odoo, and not in Shopify"),
        (replace(TEMPLATE, sale_ok=False), "archived or not sold in Odoo, and not in Shopify"),
    ],
)
def test_what_is_not_offered_is_left_out_with_the_rule(template: Template, why: str) -> None:
    assert decide(template) == Ignore(why)


@pytest.mark.parametrize("away", [{"active": False}, {"sale_ok": False}])
def test_what_is_sold_no_more_becomes_a_draft(away: dict[str, bool]) -> None:
    template = replace(TEMPLATE, **away, variants=(replace(MUG, active=away.get("active", True)),))  # type: ignore[arg-type]
    changes = decide(template, target_id="70", product=SHOWN, links={50: "7"})
    assert isinstance(changes, Changes)
    assert dict(changes.set) == {"status": "DRAFT"}


def test_a_code_that_is_too_long_is_told_with_its_variant() -> None:
    held = decide(replace(TEMPLATE, variants=(replace(MUG, barcode="1" * 300),)))
    assert isinstance(held, Hold)
    assert "the barcode of variant MUG has 300 characters; 255 are the most" in held.message


def test_a_product_with_attributes_and_no_variant_yet_is_asked_for_one() -> None:
    held = decide(replace(sizes(2), variants=()))
    assert isinstance(held, Hold)
    assert "no variant yet" in held.message
