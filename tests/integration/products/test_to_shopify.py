"""Odoo's products as Shopify's: polled, told, and only what differs."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from libs.common.ledger.model import Record, State
from libs.sandbox.faults import Drop, Fault, Refuse
from libs.sandbox.shopify.drafts import Product
from libs.sandbox.shopify.selling import change_product, delete_product
from tests.integration.products.stall import Stall, open_stall
from tests.integration.products.test_to_odoo import PNG

MUTATIONS = ("ProductSet", "ProductVariantsBulkUpdate")


@pytest.fixture(params=["18", "19"])
def stall(request: pytest.FixtureRequest) -> Iterator[Stall]:
    """Odoo leads."""
    with open_stall(request.param, {"products": {"lead": "odoo"}}) as opened:
        yield opened


def poll(stall: Stall) -> list[Record]:
    """As the scheduler looks, and the workers after it, until nothing is due."""
    stall.poller.round(wait=True)
    while stall.workers.pipelines["products"].look_at("acme", []):
        pass
    return stall.ledger.find(store="acme", entity="product")


def shirt(stall: Stall) -> int:
    """A template of two sizes, the larger dearer; its id."""
    odoo = stall.odoo
    attribute = odoo.add("product.attribute", name="Size")
    values = [odoo.add("product.attribute.value", name=one, attribute_id=attribute) for one in ("S", "L")]
    line = {"attribute_id": attribute, "value_ids": [(6, 0, values)]}
    category = odoo.add("product.category", name="Shirts")
    tag = odoo.add("product.tag", name="cotton")
    template = odoo.add(
        "product.template",
        name="Shirt",
        list_price=19.9,
        categ_id=category,
        description="<p>Soft.</p>",
        product_tag_ids=[(6, 0, [tag])],
        attribute_line_ids=[(0, 0, line)],
    )
    (large,) = odoo.find("product.template.attribute.value", [("product_attribute_value_id", "=", values[1])])
    odoo.change("product.template.attribute.value", large["id"], price_extra=1.5)
    for size, variant in zip("SL", stall.variants(template), strict=True):
        odoo.change("product.product", variant["id"], default_code=f"SHIRT-{size}", standard_price=8.25, weight=0.25)
    return template


def shown(stall: Stall) -> dict[str, Any]:
    (product,) = stall.shop.store.catalog.products()
    return product


def mutations(stall: Stall) -> int:
    return sum(stall.shop.calls.count(name) for name in MUTATIONS)


def test_a_product_is_made_in_shopify_with_its_variants(stall: Stall) -> None:
    template = shirt(stall)
    (record,) = poll(stall)
    assert record.state is State.SYNCED, record.held
    product = shown(stall)
    assert (product["title"], product["status"], product["productType"]) == ("Shirt", "ACTIVE", "Shirts")
    assert (product["tags"], product["descriptionHtml"]) == (["cotton"], "<p>Soft.</p>")
    assert [(v["sku"], v["price"]) for v in product["variants"]] == [
        ("SHIRT-S", Decimal("19.90")),
        ("SHIRT-L", Decimal("21.40")),
    ]
    assert [v["selectedOptions"] for v in product["variants"]] == [
        [{"name": "Size", "value": "S"}],
        [{"name": "Size", "value": "L"}],
    ]
    item = product["variants"][0]["item"]
    assert item["unitCost"]["amount"] == Decimal("8.25")
    assert item["measurement"]["weight"] == {"value": 0.25, "unit": "KILOGRAMS"}
    numbers = [v["id"].rpartition("/")[2] for v in product["variants"]]
    links = stall.ledger.links("acme", "variant", numbers)
    assert [links[one].id for one in numbers] == [v["id"] for v in stall.variants(template)]
    assert record.target
    assert str(record.target.id) == product["id"].rpartition("/")[2]


def test_only_what_differs_is_told(stall: Stall) -> None:
    template = shirt(stall)
    poll(stall)
    stall.shop.calls.clear()
    poll(stall)
    assert mutations(stall) == 0
    stall.odoo.change("product.product", stall.variants(template)[0]["id"], default_code="SHIRT-SMALL")
    poll(stall)
    assert (stall.shop.calls.count("ProductSet"), stall.shop.calls.count("ProductVariantsBulkUpdate")) == (0, 1)
    stall.odoo.change("product.template", template, name="Shirt, new")
    (record,) = poll(stall)
    assert record.state is State.SYNCED, record.held
    assert (stall.shop.calls.count("ProductSet"), stall.shop.calls.count("ProductVariantsBulkUpdate")) == (1, 1)
    assert shown(stall)["title"] == "Shirt, new"
    assert [v["sku"] for v in shown(stall)["variants"]] == ["SHIRT-SMALL", "SHIRT-L"]


def test_a_new_variant_comes_and_none_is_deleted(stall: Stall) -> None:
    template = shirt(stall)
    poll(stall)
    before = [v["id"] for v in shown(stall)["variants"]]
    (line,) = stall.odoo.find("product.template.attribute.line")
    value = stall.odoo.add("product.attribute.value", name="XL", attribute_id=line["attribute_id"][0])
    stall.odoo.change("product.template.attribute.line", line["id"], value_ids=[(4, value)])
    stall.odoo.change("product.product", stall.variants(template)[0]["id"], active=False)
    (record,) = poll(stall)
    assert record.state is State.SYNCED, record.held
    after = shown(stall)["variants"]
    assert set(before) < {v["id"] for v in after}
    assert {v["selectedOptions"][0]["value"] for v in after} == {"S", "L", "XL"}


def test_archived_or_deleted_products_become_drafts(stall: Stall) -> None:
    template = shirt(stall)
    poll(stall)
    stall.odoo.change("product.template", template, active=False)
    poll(stall)
    assert shown(stall)["status"] == "DRAFT"
    # The same state in the same second is no news to a poll.
    stall.odoo.now = lambda: datetime.now(UTC) + timedelta(seconds=5)
    stall.odoo.change("product.template", template, active=True)
    poll(stall)
    assert shown(stall)["status"] == "ACTIVE"
    stall.odoo.delete("product.template", template)
    (record,) = stall.ledger.find(store="acme", entity="product")
    stall.ledger.retry([record.id], why="test")
    (record,) = poll(stall)
    assert record.state is State.SYNCED, record.held
    assert shown(stall)["status"] == "DRAFT"


def test_prices_come_from_the_stores_pricelist(stall: Stall) -> None:
    pricelist = stall.odoo.add_pricelist("USD", "Webshop")
    stall.rules({"products": {"lead": "odoo", "pricelist_id": pricelist}})
    template = shirt(stall)
    small = stall.variants(template)[0]["id"]
    stall.odoo.add("product.pricelist.item", pricelist_id=pricelist, compute_price="percentage", percent_price=10.0)
    item = stall.odoo.add("product.pricelist.item", pricelist_id=pricelist, product_id=small, fixed_price=15.0)
    poll(stall)
    assert [v["price"] for v in shown(stall)["variants"]] == [Decimal("15.00"), Decimal("19.26")]
    stall.odoo.change("product.pricelist.item", item, fixed_price=14.0)
    poll(stall)
    assert [v["price"] for v in shown(stall)["variants"]] == [Decimal("14.00"), Decimal("19.26")]


def test_prices_and_skus_go_by_rest_where_the_store_says_so(stall: Stall) -> None:
    stall.rules({"products": {"lead": "odoo", "writes": "rest"}})
    template = shirt(stall)
    poll(stall)
    stall.shop.calls.clear()
    stall.odoo.change("product.template", template, list_price=29.9)
    stall.odoo.change("product.product", stall.variants(template)[0]["id"], default_code="SHIRT-SMALL")
    (record,) = poll(stall)
    assert record.state is State.SYNCED, record.held
    assert (stall.shop.calls.count("variants/update"), mutations(stall)) == (2, 0)
    assert [(v["sku"], v["price"]) for v in shown(stall)["variants"]] == [
        ("SHIRT-SMALL", Decimal("29.90")),
        ("SHIRT-L", Decimal("31.40")),
    ]


def test_f24_a_full_bucket_of_rest_is_waited_for_as_it_says(stall: Stall) -> None:
    stall.rules({"products": {"lead": "odoo", "writes": "rest"}})
    template = shirt(stall)
    poll(stall)
    stall.odoo.change("product.template", template, list_price=29.9)
    stall.shop.faults.add(Fault("variants/update", Refuse(429, "{}", headers={"Retry-After": "3.0"})))
    (record,) = poll(stall)
    assert (record.state, record.attempts) == (State.DUE, 0)
    stall.ledger.retry([record.id], why="test")
    (record,) = poll(stall)
    assert record.state is State.SYNCED, record.held
    assert [v["price"] for v in shown(stall)["variants"]] == [Decimal("29.90"), Decimal("31.40")]


def test_what_shopify_has_already_is_taken_over_by_its_codes(stall: Stall) -> None:
    (mug,) = stall.shop.add_products([Product("MUG", "Old mug", Decimal("1.00"))])
    stall.odoo.add_product(default_code="MUG", name="Mug", list_price=12.5)
    (record,) = poll(stall)
    assert record.state is State.SYNCED, record.held
    product = shown(stall)
    assert (product["title"], product["variants"][0]["price"]) == ("Mug", Decimal("12.50"))
    assert product["variants"][0]["id"] == mug.gid


def test_the_picture_goes_along_once_and_again_when_it_is_another(stall: Stall) -> None:
    mug = stall.odoo.add_product(default_code="MUG", name="Mug")
    (template,) = stall.odoo.find("product.product", [("id", "=", mug)])
    stall.odoo.change("product.template", template["product_tmpl_id"][0], image_1920=base64.b64encode(PNG).decode())
    (record,) = poll(stall)
    assert record.state is State.SYNCED, record.held
    url = shown(stall)["media"][0]["preview"]["image"]["url"]
    assert stall.shop.files[url.rpartition("/")[2]] == (PNG, "image/png")
    stall.odoo.change("product.template", template["product_tmpl_id"][0], list_price=3.0)
    poll(stall)
    assert stall.shop.calls.count("StagedUploadsCreate") == 1
    stall.odoo.change(
        "product.template", template["product_tmpl_id"][0], image_1920=base64.b64encode(b"<html>").decode()
    )
    stall.odoo.change("product.template", template["product_tmpl_id"][0], list_price=4.0)
    (record,) = poll(stall)
    assert record.held
    assert record.held.code == "image_unreadable"


def test_a_variants_own_picture_goes_along_and_only_another_one_is_sent(stall: Stall) -> None:
    template = shirt(stall)
    front, small, large = (PNG + bytes([number]) for number in range(3))

    def paint(model: str, there: int, content: bytes) -> None:
        field = "image_1920" if model == "product.template" else "image_variant_1920"
        stall.odoo.change(model, there, **{field: base64.b64encode(content).decode()})

    def pictures() -> list[bytes]:
        urls = [one["preview"]["image"]["url"] for one in shown(stall)["media"]]
        urls += [one["image"]["url"] for one in shown(stall)["variants"] if one["image"]]
        return [stall.shop.files[url.rpartition("/")[2]][0] for url in urls]

    ids = [one["id"] for one in stall.variants(template)]
    paint("product.template", template, front)
    paint("product.product", ids[0], small)
    (record,) = poll(stall)
    assert record.state is State.SYNCED, record.held
    assert pictures() == [front, small, small]
    assert stall.shop.calls.count("StagedUploadsCreate") == 2
    stall.odoo.now = lambda: datetime.now(UTC) + timedelta(seconds=5)
    paint("product.product", ids[1], large)
    (record,) = poll(stall)
    assert record.state is State.SYNCED, record.held
    assert pictures() == [front, small, large, small, large]
    assert stall.shop.calls.count("StagedUploadsCreate") == 3
    stall.odoo.now = lambda: datetime.now(UTC) + timedelta(seconds=10)
    paint("product.product", ids[0], large)
    poll(stall)
    assert pictures() == [front, large, large, large]
    assert stall.shop.calls.count("StagedUploadsCreate") == 3
    told = mutations(stall)
    stall.odoo.now = lambda: datetime.now(UTC) + timedelta(seconds=15)
    stall.odoo.change("product.template", template, categ_id=stall.odoo.add("product.category", name="Tops"))
    poll(stall)
    assert mutations(stall) == told + 1
    assert pictures() == [front, large, large, large]


def test_two_products_with_the_code_are_a_question(stall: Stall) -> None:
    stall.shop.add_products([Product("MUG", f"Mug {n}", Decimal("1.00")) for n in range(2)])
    stall.odoo.add_product(default_code="MUG", name="Mug")
    (record,) = poll(stall)
    assert record.held
    assert record.held.code == "product_ambiguous"
    assert mutations(stall) == 0


def test_only_products_with_the_tag_where_one_is_given(stall: Stall) -> None:
    stall.rules({"products": {"lead": "odoo", "tag": "Webshop"}})
    tag = stall.odoo.add("product.tag", name="Webshop")
    stall.odoo.add("product.template", name="Shown", product_tag_ids=[(6, 0, [tag])])
    stall.odoo.add("product.template", name="Kept")
    assert sorted(str(one.state) for one in poll(stall)) == ["ignored", "synced"]
    assert (shown(stall)["title"], shown(stall)["tags"]) == ("Shown", [])


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_f23_a_product_told_whose_answer_is_lost_is_not_made_again(stall: Stall, mutation: str) -> None:
    template = shirt(stall)
    if mutation == "ProductVariantsBulkUpdate":
        poll(stall)
        stall.odoo.change("product.template", template, list_price=29.9)
    stall.shop.faults.add(Fault(mutation, Drop(applied=True)))
    (record,) = poll(stall)
    assert any(event.what == "failed" for event in stall.record(record.id).history)
    stall.ledger.retry([record.id], why="test")
    (record,) = poll(stall)
    assert record.state is State.SYNCED, record.held
    assert len(shown(stall)["variants"]) == 2


@pytest.mark.parametrize("query", ["ProductSet", "ProductsByIds", "VariantsByCodes"])
def test_f26_a_page_of_html_with_200_tells_shopify_nothing_twice(stall: Stall, query: str) -> None:
    shirt(stall)
    stall.shop.faults.add(Fault(query, Refuse(200, "<html>busy</html>")))
    (record,) = poll(stall)
    assert any(event.what == "failed" for event in stall.record(record.id).history)
    stall.ledger.retry([record.id], why="test")
    (record,) = poll(stall)
    assert record.state is State.SYNCED, record.held
    assert len(shown(stall)["variants"]) == 2


def test_f34_our_own_write_that_comes_back_as_a_webhook_is_left_alone(stall: Stall) -> None:
    shirt(stall)
    poll(stall)
    before = mutations(stall)
    number = shown(stall)["id"].rpartition("/")[2]
    record = stall.sync(number)
    assert (record.state, record.ignored) == (State.IGNORED, "products.lead: odoo")
    poll(stall)
    assert mutations(stall) == before


def test_f35_a_product_that_was_deleted_in_shopify_is_held_and_not_made_again(stall: Stall) -> None:
    template = shirt(stall)
    poll(stall)
    delete_product(stall.shop, shown(stall)["id"].rpartition("/")[2])
    stall.odoo.change("product.template", template, name="Shirt, new")
    (record,) = poll(stall)
    assert record.held
    assert record.held.code == "template_gone"
    assert stall.shop.store.catalog.products() == []


def test_what_somebody_changes_in_shopify_is_put_right_at_the_next_change(stall: Stall) -> None:
    template = shirt(stall)
    poll(stall)
    change_product(stall.shop, shown(stall)["id"].rpartition("/")[2], title="Hemd")
    stall.odoo.change("product.template", template, list_price=20.9)
    poll(stall)
    assert shown(stall)["title"] == "Shirt"
