"""Odoo leads: codes that several products have, what is gone on one side, and what Shopify writes otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from libs.common.ledger.model import Record, State
from libs.sandbox.faults import Fault, Rewrite
from libs.sandbox.shopify.drafts import Product
from libs.sandbox.shopify.sandbox import ShopifySandbox
from libs.sandbox.shopify.selling import Offer, change_product
from tests.integration.products.stall import Stall, open_stall
from tests.integration.products.test_to_shopify import mutations, poll, shirt, shown


@pytest.fixture(params=["18", "19"])
def stall(request: pytest.FixtureRequest) -> Iterator[Stall]:
    """Odoo leads."""
    with open_stall(request.param, {"products": {"lead": "odoo"}}) as opened:
        yield opened


def after(seconds: int) -> Callable[[], datetime]:
    """What is written later is in a second of its own, or no poll would tell it from what was there."""
    return lambda: datetime.now(UTC) + timedelta(seconds=seconds)


def by_id(records: list[Record]) -> dict[str, Record]:
    return {one.source_id: one for one in records}


@pytest.mark.parametrize("together", [True, False], ids=["in one batch", "one after the other"])
def test_of_two_products_with_one_sku_the_second_is_a_question_and_the_first_stays(
    stall: Stall, *, together: bool
) -> None:
    stall.odoo.add_product(default_code="MUG", name="First mug")
    if not together:
        poll(stall)
    stall.odoo.now = after(5)
    stall.odoo.add_product(default_code="MUG", name="Second mug")
    records = by_id(poll(stall))
    assert records["odoo-1"].state is State.SYNCED, records["odoo-1"].held
    held = records["odoo-2"].held
    assert held
    assert held.code == "product_ambiguous"
    assert "'First mug'" in held.message
    assert shown(stall)["title"] == "First mug"


def test_f35_what_was_deleted_in_odoo_and_made_again_has_its_product_back(
    stall: Stall, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = stall.odoo.add_product(default_code="MUG", name="Mug")
    poll(stall)
    product = shown(stall)
    (template,) = stall.odoo.find("product.product", [("id", "=", old)])
    stall.odoo.delete("product.template", template["product_tmpl_id"][0])
    real = stall.ledger.clock.now
    monkeypatch.setattr(stall.ledger.clock, "now", lambda: real() + timedelta(minutes=16))
    poll(stall)
    assert shown(stall)["status"] == "DRAFT"
    stall.odoo.now = after(1000)
    new = stall.odoo.add_product(default_code="MUG", name="Mug, new")
    record = by_id(poll(stall))["odoo-2"]
    assert record.state is State.SYNCED, record.held
    assert (shown(stall)["id"], shown(stall)["status"], shown(stall)["title"]) == (product["id"], "ACTIVE", "Mug, new")
    variant = str(product["variants"][0]["id"]).rpartition("/")[2]
    assert stall.ledger.links("acme", "variant", [variant])[variant].id == new


def test_a_variant_that_was_deleted_in_shopify_and_made_again_is_the_linked_one(stall: Stall) -> None:
    template = shirt(stall)
    poll(stall)
    number = shown(stall)["id"].rpartition("/")[2]
    small, large = (one["id"].rpartition("/")[2] for one in shown(stall)["variants"])
    offers = [Offer("SHIRT-S", Decimal("19.90"), {"Size": "S"}), Offer("SHIRT-L", "21.40", {"Size": "L"}, id=large)]
    stall.offer("Shirt", offers, product_id=number)
    stall.odoo.now = after(5)
    stall.odoo.change("product.template", template, name="Shirt, new")
    (record,) = poll(stall)
    assert record.state is State.SYNCED, record.held
    new = shown(stall)["variants"][0]["id"].rpartition("/")[2]
    links = stall.ledger.links("acme", "variant", [small, new, large])
    ids = [one["id"] for one in stall.variants(template)]
    assert {variant: target.id for variant, target in links.items()} == {new: ids[0], large: ids[1]}


def test_a_code_is_found_among_many_that_begin_so(stall: Stall) -> None:
    stall.shop.add_products([Product(f"MUG{n}", f"Mug {n}", Decimal(1)) for n in range(251)])
    (old,) = stall.shop.add_products([Product("MUG", "Old mug", Decimal(1))])
    stall.odoo.add_product(default_code="MUG", name="Mug")
    (record,) = poll(stall)
    assert record.target
    assert record.target.id == int(stall.shop.store.catalog.product_of(old.gid)["id"].rpartition("/")[2])  # type: ignore[index]
    assert len(stall.shop.store.catalog.products()) == 252


def test_a_product_that_loses_the_stores_tag_is_a_draft_until_it_has_it_again(stall: Stall) -> None:
    stall.rules({"products": {"lead": "odoo", "tag": "Webshop"}})
    tag = stall.odoo.add("product.tag", name="Webshop")
    template = stall.odoo.add("product.template", name="Mug", product_tag_ids=[(6, 0, [tag])])
    poll(stall)
    for seconds, tags, status in ((5, [], "DRAFT"), (10, [tag], "ACTIVE")):
        stall.odoo.now = after(seconds)
        stall.odoo.change("product.template", template, product_tag_ids=[(6, 0, tags)])
        poll(stall)
        assert shown(stall)["status"] == status


def test_spaces_and_commas_that_shopify_does_not_keep_are_no_difference(stall: Stall) -> None:
    tag = stall.odoo.add("product.tag", name="summer, cotton")
    template = stall.odoo.add("product.template", name="Mug ", product_tag_ids=[(6, 0, [tag])])
    (variant,) = stall.variants(template)
    stall.odoo.change("product.product", variant["id"], default_code=" MUG ")
    (record,) = poll(stall)
    assert record.state is State.SYNCED, record.held
    assert (shown(stall)["title"], shown(stall)["tags"], shown(stall)["variants"][0]["sku"]) == (
        "Mug",
        ["cotton", "summer"],
        "MUG",
    )


def test_a_description_whose_markup_shopify_tidies_is_no_other_one_and_one_with_other_words_is(stall: Stall) -> None:
    stall.odoo.add("product.template", name="Mug", description="<p>Blue &amp; round<br></p>")
    stall.shop.faults.add(Fault("ProductsByIds", Rewrite("<br></p>", "</p>"), times=None))
    (record,) = poll(stall)
    assert record.state is State.SYNCED, record.held
    stall.shop.faults.clear()
    stall.shop.faults.add(Fault("ProductsByIds", Rewrite("round", "square"), times=None))
    stall.ledger.retry([record.id], why="test")
    stall.odoo.now = after(5)
    stall.odoo.change("product.template", 1, name="Mug, new")
    (record,) = poll(stall)
    assert record.held
    assert (record.held.code, record.held.details["fields"]) == ("product_differs", "descriptionHtml")


@pytest.mark.parametrize(("price", "told"), [(12.345, "12.35"), (12.335, "12.34"), (0.005, "0.01")])
def test_a_price_of_more_decimals_is_rounded_half_up_as_odoo_rounds(stall: Stall, price: float, told: str) -> None:
    stall.odoo.add_product(default_code="MUG", name="Mug", list_price=price)
    poll(stall)
    assert shown(stall)["variants"][0]["price"] == Decimal(told)


def test_prices_in_another_currency_than_the_shops_are_not_told() -> None:
    shop = ShopifySandbox(currency="EUR", bucket=1_000_000, restore_rate=1_000_000)
    with open_stall("19", {"products": {"lead": "odoo"}}, shop=shop) as stall:
        mug = stall.odoo.add_product(default_code="MUG", name="Mug", list_price=12.5)
        stall.odoo.change("product.product", mug, standard_price=5.0)
        (record,) = poll(stall)
        assert record.held
        assert record.held.code == "currency_differs"
        assert mutations(stall) == 0
        euros = stall.odoo.add_pricelist("EUR", "Euros")
        stall.odoo.set_rate("EUR", 0.8)
        stall.rules({"products": {"lead": "odoo", "pricelist_id": euros}})
        stall.ledger.retry([record.id], why="test")
        (record,) = poll(stall)
        assert record.state is State.SYNCED, record.held
        variant = shown(stall)["variants"][0]
        assert (variant["price"], variant["item"]["unitCost"]["amount"]) == (Decimal("10.00"), Decimal("4.00"))


def test_f34_a_hold_stays_shown_when_our_own_write_comes_back(stall: Stall) -> None:
    stall.odoo.add("product.template", name="Mug")
    stall.shop.faults.add(Fault("ProductsByIds", Rewrite('"title":"Mug"', '"title":"Cup"'), times=None))
    (record,) = poll(stall)
    assert record.held
    assert record.held.code == "product_differs"
    told = mutations(stall)
    stall.sync(shown(stall)["id"].rpartition("/")[2])
    poll(stall)
    assert stall.record(record.id).held == record.held
    assert mutations(stall) == told


def test_a_variant_that_somebody_adds_in_shopify_is_left_there(stall: Stall) -> None:
    template = shirt(stall)
    poll(stall)
    before = shown(stall)["variants"]
    more = {**before[0], "id": "gid://shopify/ProductVariant/999", "sku": "OWN"}
    more["selectedOptions"] = [{"name": "Size", "value": "XXL"}]
    change_product(stall.shop, shown(stall)["id"].rpartition("/")[2], variants=[*before, more])
    (line,) = stall.odoo.find("product.template.attribute.line")
    value = stall.odoo.add("product.attribute.value", name="XL", attribute_id=line["attribute_id"][0])
    stall.odoo.now = after(5)
    stall.odoo.change("product.template.attribute.line", line["id"], value_ids=[(4, value)])
    stall.odoo.change("product.template", template, name="Shirt, new")
    (record,) = poll(stall)
    assert record.state is State.SYNCED, record.held
    assert {one["selectedOptions"][0]["value"] for one in shown(stall)["variants"]} == {"S", "L", "XL", "XXL"}


def test_stock_of_goods_that_odoo_counts_is_tracked_in_shopify_from_the_start(stall: Stall) -> None:
    stall.odoo.add("product.template", name="Mug", is_storable=True)
    stall.odoo.add("product.template", name="Sticker")
    poll(stall)
    found = {one["title"]: one["variants"][0]["item"]["tracked"] for one in stall.shop.store.catalog.products()}
    assert found == {"Mug": True, "Sticker": False}


def test_the_variant_of_an_archived_one_is_given_to_no_other_one_that_has_its_code_now(stall: Stall) -> None:
    template = shirt(stall)
    poll(stall)
    number = shown(stall)["id"].rpartition("/")[2]
    small, large = (one["id"] for one in shown(stall)["variants"])
    change_product(stall.shop, number, variants=[one for one in shown(stall)["variants"] if one["id"] == large])
    ids = [one["id"] for one in stall.variants(template)]
    stall.odoo.now = after(5)
    stall.odoo.change("product.product", ids[1], active=False)
    stall.odoo.change("product.product", ids[0], default_code="SHIRT-L")
    (record,) = poll(stall)
    assert record.state is State.SYNCED, record.held
    found = {one["selectedOptions"][0]["value"]: one["id"] for one in shown(stall)["variants"]}
    assert found["L"] == large
    assert found["S"] not in {small, large}
    numbers = [one.rpartition("/")[2] for one in (large, found["S"])]
    links = stall.ledger.links("acme", "variant", numbers)
    assert [links[one].id for one in numbers] == [ids[1], ids[0]]
