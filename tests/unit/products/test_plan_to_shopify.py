"""What Shopify is told of one of Odoo's products: decided without a server."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from libs.common.domain.outcomes import Hold, Nothing
from libs.common.domain.pricelists import Pricelist, PriceRule
from libs.common.domain.products import OdooVariant, Template, TemplateLine, TemplateValue
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
        "cost": "3.10",
        "harmonizedSystemCode": "691200",
    }


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
