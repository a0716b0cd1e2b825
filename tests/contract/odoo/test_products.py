"""What the products' room sends, on the sandbox and on a real Odoo: templates, attributes and variants, exactly once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, cast

import pytest

from libs.common.domain.matching import ProductFact
from libs.common.domain.products import Product, Template, Variant
from libs.common.domain.rules import StoreRules
from libs.common.ledger.connect import connect
from libs.common.ledger.repository import MongoLedger
from libs.common.odoo.facts import FactsCache
from libs.common.odoo.pricelists import read_pricelists
from libs.common.odoo.templates import read_picture, read_templates
from services.scheduler.odoo_poll.catalog import CATALOG
from services.workers.context import Shopify, StoreContext
from services.workers.products.apply import apply
from services.workers.products.differences import product_digest
from services.workers.products.exact_prices import read_exact
from services.workers.products.model import Applied, Changes, Known, Situation
from services.workers.products.plan import plan
from services.workers.products.verify import still_differs
from tests.contract.odoo.conftest import MODULE, Lab

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
RULES = StoreRules.model_validate({"products": {"lead": "shopify"}})


@pytest.fixture
def store(lab: Lab) -> Any:
    with connect("embedded", "contract") as connection:
        ledger = MongoLedger(connection.database, connection.clock)
        yield StoreContext(
            "acme", MODULE, RULES, cast("Shopify", None), lab.client, FactsCache(lab.client), cast("Any", ledger)
        )


def shirt(lab: Lab) -> Product:
    """Two sizes in two colours, one combination left out, no two of one price."""
    name = lab.new("shirt")
    prices = {("S", "Red"): "19.90", ("L", "Red"): "21.40", ("L", "Blue"): "22.90"}
    number = str(int(name.rpartition("_")[2], 16) % 10**12)
    variants = tuple(
        Variant(
            id=f"{number}{index}",
            sku=f"{name}-{size}-{colour}",
            barcode=f"{number}{index}",
            price=price,
            options=(("Size", size), ("Color", colour)),
            cost="8.25",
            weight=Decimal("0.25"),
        )
        for index, ((size, colour), price) in enumerate(prices.items())
    )
    return Product(
        number,
        name,
        "ACTIVE",
        datetime.now(UTC),
        "<p>Soft.</p>",
        "Acme",
        "Shirts",
        ("summer", lab.new("tag")),
        variants,
    )


def planned(store: StoreContext, product: Product, *, target: Applied | None = None) -> Changes:
    situation = Situation(f"acme/product/{product.id}", product.id, product, store.module)
    if target is not None:
        template = read_templates(store.odoo, store.odoo_fields, [target.template.id])[target.template.id]
        links = dict(target.links)
        near = _known(template, links)
        taken = {there: variant for variant, there in links.items()}
        situation = replace(
            situation, target_id=template.id, template=template, links=links, near=tuple(near), taken=taken
        )
        situation = replace(situation, exact=read_exact(store, [template.id]))
    changes = plan(situation, store.rules)
    assert isinstance(changes, Changes), changes
    return changes


def _known(template: Template, links: dict[str, int]) -> Sequence[Known]:
    return [
        Known(ProductFact(v.id, template.name, v.default_code, v.barcode, v.active), template.id)
        for v in template.variants
        if v.id in links.values()
    ]


def applied(store: StoreContext, changes: Changes) -> Applied:
    (answer,) = apply([changes], store)
    assert isinstance(answer, Applied), answer
    assert still_differs(answer) == []
    return answer


def test_a_product_is_made_with_its_variants_and_a_repeat_makes_nothing(lab: Lab, store: StoreContext) -> None:
    product = shirt(lab)
    first = applied(store, planned(store, product))
    again = applied(store, planned(store, product))
    assert first.template.id == again.template.id
    assert first.links == again.links
    assert again.template.stored
    assert {v.default_code: v.price for v in again.template.variants} == {
        one.sku: Decimal(one.price) for one in product.variants
    }
    by_id = {v.id: v for v in again.template.variants}
    for one in product.variants:
        assert again.template.options_of(by_id[again.links[one.id]]) == dict(one.options)
    assert again.template.category == "Shirts"
    assert again.template.tags == {"Acme", *product.tags}


def test_what_changed_is_written_and_a_value_is_added(lab: Lab, store: StoreContext) -> None:
    product = shirt(lab)
    made = applied(store, planned(store, product))
    first, *others = product.variants
    new = replace(first, id=f"{product.id}9", sku=f"{first.sku}-9", barcode="", price="25.00")
    new = replace(new, options=(("Size", "XL"), ("Color", "Red")))
    changed = replace(product, title=f"{product.title} new", variants=(replace(first, cost="9.5"), *others, new))
    assert product_digest(changed) != product_digest(product)
    again = applied(store, planned(store, changed, target=made))
    found = {v.default_code: (v.price, v.cost) for v in again.template.variants}
    assert found[new.sku][0] == Decimal("25.0")
    assert found[first.sku] == (Decimal("19.9"), Decimal("9.5"))
    assert again.template.id == made.template.id


def test_archived_with_its_variants_and_back(lab: Lab, store: StoreContext) -> None:
    product = shirt(lab)
    made = applied(store, planned(store, product))
    gone = applied(store, planned(store, replace(product, status="ARCHIVED"), target=made))
    assert (gone.template.active, {v.active for v in gone.template.variants}) == (False, {False})
    back = applied(store, planned(store, replace(product, title=f"{product.title} b"), target=gone))
    assert (back.template.active, {v.active for v in back.template.variants}) == (True, {True})


def test_what_is_told_to_shopify_can_be_read(lab: Lab, store: StoreContext) -> None:
    made = applied(store, planned(store, shirt(lab))).template
    client = lab.client
    values: dict[str, Any] = {"name": lab.new("pricelist"), "currency_id": lab.facts.currency_ids[lab.facts.currency]}
    (pricelist,) = client.call("product.pricelist", "create", [[values]], write=True)
    variant = made.variants[0].id
    item = {"pricelist_id": pricelist, "compute_price": "fixed", "fixed_price": 15.0}
    item |= {"applied_on": "0_product_variant", "product_id": variant, "product_tmpl_id": made.id}
    client.call("product.pricelist.item", "create", [[item]], write=True)
    rules = read_pricelists(client, pricelist, [made.id], [])[pricelist].rules
    assert [(one.variant_id, one.fixed, one.compute) for one in rules] == [(variant, Decimal("15.0"), "fixed")]
    client.update("product.template", [".id", "image_1920"], [[made.id, PNG]])
    (template,) = read_templates(client, store.odoo_fields, [made.id], images=True).values()
    assert template.image
    assert read_picture(client, made.id).startswith(b"\x89PNG")
    assert not any(one.image for one in template.variants)
    client.update("product.product", [".id", "image_variant_1920"], [[variant, PNG]])
    (template,) = read_templates(client, store.odoo_fields, [made.id], images=True).values()
    assert [one.id for one in template.variants if one.image] == [variant]
    assert read_picture(client, variant, of_variant=True).startswith(b"\x89PNG")
    for polled in CATALOG:
        condition = [("write_date", ">=", "2020-01-01 00:00:00"), *polled.domain]
        company = [("company_id", "in", [False, client.company_id])] if polled.owned else []
        names = ["write_date", *(one for one in polled.watched)]
        assert client.search_read(polled.model, [*condition, *company], names, limit=1, order="write_date, id")


def test_a_price_that_no_extras_give_is_kept_by_a_rule_for_the_variant(lab: Lab, store: StoreContext) -> None:
    product = shirt(lab)
    red, other, blue = product.variants
    fourth = replace(red, id=f"{product.id}8", sku=f"{red.sku}-8", barcode="", price="31.07")
    fourth = replace(fourth, options=(("Size", "S"), ("Color", "Blue")))
    made = applied(store, planned(store, replace(product, variants=(red, other, blue, fourth))))
    again = applied(store, planned(store, replace(product, variants=(red, other, blue, fourth))))
    assert again.links == made.links
    variant = made.links[fourth.id]
    assert made.rules[variant].price == Decimal("31.07")
    (rule,) = lab.client.search_read("product.pricelist.item", [("product_id", "=", variant)], ["pricelist_id"])
    told = lab.client.call(
        "product.product",
        "get_contextual_price",
        [[variant]],
        write=False,
        context={"pricelist": rule["pricelist_id"][0]},
    )
    assert round(told, 2) == 31.07
    changed = replace(fourth, price="29.01")
    target = applied(store, planned(store, replace(product, variants=(red, other, blue, changed)), target=made))
    assert target.rules[variant].price == Decimal("29.01")


def test_a_barcode_of_another_product_takes_out_that_product_alone(lab: Lab, store: StoreContext) -> None:
    taken = applied(store, planned(store, shirt(lab)))
    good, bad = shirt(lab), shirt(lab)
    barcode = taken.template.variants[0].barcode
    bad = replace(bad, variants=(replace(bad.variants[0], barcode=barcode), *bad.variants[1:]))
    answers = apply([planned(store, good), planned(store, bad)], store)
    assert isinstance(answers[0], Applied)
    assert not isinstance(answers[1], Applied)
    assert barcode in str(answers[1])


def test_barcodes_change_places(lab: Lab, store: StoreContext) -> None:
    product = shirt(lab)
    made = applied(store, planned(store, product))
    first, second, third = product.variants
    swapped = (replace(first, barcode=second.barcode), replace(second, barcode=first.barcode), third)
    again = applied(store, planned(store, replace(product, variants=swapped), target=made))
    found = {v.default_code: v.barcode for v in again.template.variants}
    assert found == {first.sku: second.barcode, second.sku: first.barcode, third.sku: third.barcode}


def test_tags_are_taken_off(lab: Lab, store: StoreContext) -> None:
    product = shirt(lab)
    made = applied(store, planned(store, product))
    changes = planned(store, replace(product, tags=(), vendor=""), target=made)
    assert applied(store, changes).template.tags == frozenset()


def test_a_variant_that_was_deleted_is_made_anew(lab: Lab, store: StoreContext) -> None:
    product = shirt(lab)
    made = applied(store, planned(store, product))
    first = product.variants[0]
    lab.client.call("product.product", "unlink", [[made.links[first.id]]], write=True)
    left = replace(made, links={variant: there for variant, there in made.links.items() if variant != first.id})
    again = applied(store, planned(store, replace(product, title=f"{product.title} b"), target=left))
    assert again.links[first.id] != made.links[first.id]
    assert {v.default_code for v in again.template.variants} == {one.sku for one in product.variants}


def test_a_value_of_a_persons_attribute_brings_its_variant_along(lab: Lab, store: StoreContext) -> None:
    client, name = lab.client, lab.new("size")
    (attribute,) = client.call("product.attribute", "create", [[{"name": name}]], write=True)
    ids = [
        client.call("product.attribute.value", "create", [[{"name": one, "attribute_id": attribute}]], write=True)[0]
        for one in "SL"
    ]
    line = {"attribute_id": attribute, "value_ids": [[6, 0, ids]]}
    values = {"name": name, "list_price": 19.9, "attribute_line_ids": [[0, 0, line]]}
    (template,) = client.call("product.template", "create", [[values]], write=True)
    there = read_templates(client, store.odoo_fields, [template])[template]
    product = shirt(lab)
    sizes = dict(zip(("S", "L", "XL"), product.variants, strict=True))
    variants = tuple(replace(one, options=((name, size),), price="19.90") for size, one in sizes.items())
    target = Applied(cast("Changes", None), there, {})
    answer = applied(store, planned(store, replace(product, variants=variants), target=target))
    assert answer.template.id == template
    told = {next(iter(answer.template.options_of(v).values())): v.default_code for v in answer.template.variants}
    assert told == {size: one.sku for size, one in sizes.items()}
    assert set(answer.links) == {one.id for one in variants}


def test_values_of_many_products_are_added_in_one_call_and_what_a_person_took_off_comes_back(
    lab: Lab, store: StoreContext
) -> None:
    products = [shirt(lab), shirt(lab)]
    made = [applied(store, planned(store, product)) for product in products]
    line = next(one for one in made[0].template.lines if one.attribute == "Size")
    small = [value.value_id for value in line.values if value.name == "S"]
    lab.client.call("product.template.attribute.line", "write", [[line.id], {"value_ids": [[6, 0, small]]}], write=True)
    changed = []
    for product in products:
        first = product.variants[0]
        more = [
            Variant(
                id=f"{product.id}9{n}",
                sku=f"{first.sku}-{size}-{colour}",
                barcode="",
                price="30.00",
                options=(("Size", size), ("Color", colour)),
            )
            for n, (size, colour) in enumerate([("XL", "Red"), ("XXL", "Green")])
        ]
        changed.append(replace(product, variants=(*product.variants, *more)))
    answers = apply([planned(store, p, target=t) for p, t in zip(changed, made, strict=True)], store)
    for product, answer in zip(changed, answers, strict=True):
        assert isinstance(answer, Applied), answer
        assert still_differs(answer) == []
        assert {v.default_code for v in answer.template.variants if v.active} == {one.sku for one in product.variants}
