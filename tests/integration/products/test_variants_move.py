"""Variants that are made again, codes that move from one to another, and codes that several have: Shopify leads."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import pytest

from libs.common.ledger.model import Hint, Link, State, Target
from libs.common.shopify import images
from libs.sandbox.faults import Drop, Fault, Rewrite
from libs.sandbox.shopify.sandbox import ShopifySandbox
from libs.sandbox.shopify.selling import Offer, change_product, delete_product, picture
from tests.integration.products.stall import Stall, open_stall, shirts
from tests.integration.products.test_to_odoo import PNG, writes


def numbers(stall: Stall, product: str) -> dict[str, str]:
    """By SKU: the variant's number."""
    found = stall.shop.store.catalog.product(f"gid://shopify/Product/{product}")
    assert found
    return {str(one["sku"]): str(one["id"]).rpartition("/")[2] for one in found["variants"]}


def again(stall: Stall, number: str, *offers: Offer) -> None:
    """The product with these variants; those that have a SKU it had are the same ones."""
    known = numbers(stall, number)
    kept = [Offer(one.sku, one.price, one.options, one.barcode, id=known.get(one.sku, "")) for one in offers]
    stall.offer("Shirt", kept, product_id=number)


def own(template: int, stall: Stall) -> Mapping[str, tuple[int, bool]]:
    """By SKU: the variant in Odoo and whether it is in use."""
    return {one["default_code"]: (one["id"], one["active"]) for one in stall.variants(template)}


@pytest.mark.parametrize("sku", ["SHIRT-S", "NEW-S"], ids=["with its SKU", "with another one"])
def test_a_variant_that_was_deleted_and_made_again_has_its_product_back(stall: Stall, sku: str) -> None:
    number = stall.offer("Shirt", shirts())
    stall.sync(number)
    before, old = own(stall.target(number), stall), numbers(stall, number)["SHIRT-S"]
    small = Offer(sku, Decimal("18.00"), {"Size": "S"})
    known = numbers(stall, number)
    kept = [Offer(one.sku, one.price, one.options, id=known[one.sku]) for one in shirts()[1:]]
    stall.offer("Shirt", [small, *kept], product_id=number)
    record = stall.sync(number)
    assert record.state is State.SYNCED, record.held
    after = own(stall.target(number), stall)
    assert after == {sku if code == "SHIRT-S" else code: found for code, found in before.items()}
    new = numbers(stall, number)[sku]
    assert new != old
    assert stall.ledger.links("acme", "variant", [old, new]) == {new: Target("product.product", after[sku][0])}
    count = writes(stall)
    assert stall.sync(number).state is State.SYNCED
    assert writes(stall) == count


def test_one_that_comes_back_after_it_was_taken_out_is_unarchived(stall: Stall) -> None:
    number = stall.offer("Shirt", shirts())
    stall.sync(number)
    small = own(stall.target(number), stall)["SHIRT-S"][0]
    again(stall, number, *shirts()[1:])
    stall.sync(number)
    assert own(stall.target(number), stall)["SHIRT-S"] == (small, False)
    again(stall, number, *shirts())
    record = stall.sync(number)
    assert record.state is State.SYNCED, record.held
    assert own(stall.target(number), stall)["SHIRT-S"] == (small, True)
    assert len(stall.variants(stall.target(number))) == 3


def test_what_is_linked_to_a_variant_of_another_product_is_left_to_it(stall: Stall) -> None:
    number = stall.offer("Shirt", shirts())
    lamp = stall.offer("Lamp", [Offer("LAMP")])
    stall.sync(number)
    stray = stall.odoo.add("product.product", product_tmpl_id=stall.target(number), default_code="STRAY", active=True)
    (other,) = numbers(stall, lamp).values()
    stall.ledger.link("acme", [Link("variant", other, Target("product.product", stray))])
    change_product(stall.shop, number, title="Shirt, new")
    stall.sync(number)
    assert own(stall.target(number), stall)["STRAY"] == (stray, True)


def test_a_link_to_what_is_gone_from_odoo_is_given_up_for_what_has_the_code_now(stall: Stall) -> None:
    stall.rules({"products": {"lead": "link"}})
    old = stall.odoo.add_product(default_code="MUG", name="Old mug")
    number = stall.offer("Mug", [Offer("MUG")])
    stall.sync(number)
    variant = numbers(stall, number)["MUG"]
    stall.odoo.delete("product.product", old)
    new = stall.odoo.add_product(default_code="MUG", name="New mug")
    change_product(stall.shop, number, title="Mug, new")
    assert stall.sync(number).state is State.SYNCED
    assert stall.ledger.links("acme", "variant", [variant])[variant].id == new


@pytest.mark.parametrize(("small", "large"), [("222", "111"), ("222", "333"), ("333", "111"), ("", "111")])
def test_barcodes_move_between_the_variants_of_a_product(stall: Stall, small: str, large: str) -> None:
    offers = [Offer("A", Decimal(1), {"Size": "S"}, "111"), Offer("B", Decimal(1), {"Size": "L"}, "222")]
    number = stall.offer("Shirt", offers)
    stall.sync(number)
    again(stall, number, Offer("A", Decimal(1), {"Size": "S"}, small), Offer("B", Decimal(1), {"Size": "L"}, large))
    record = stall.sync(number)
    assert record.state is State.SYNCED, record.held
    assert [one["barcode"] or "" for one in stall.template(number)["variants"]] == [small, large]


def test_a_barcode_moves_from_one_product_to_a_new_one(stall: Stall) -> None:
    old = stall.offer("Mug", [Offer("MUG", barcode="111")])
    stall.sync(old)
    stall.offer("Mug", [Offer("MUG", barcode="", id=numbers(stall, old)["MUG"])], product_id=old)
    new = stall.offer("Cup", [Offer("CUP", barcode="111")])
    record = stall.sync(new, old)
    assert record.state is State.SYNCED, record.held
    assert stall.record(f"acme/product/{old}").state is State.SYNCED
    assert [stall.template(one)["variants"][0]["barcode"] or "" for one in (old, new)] == ["", "111"]


def test_one_sku_on_several_variants_of_a_product_is_told_apart_by_their_values(stall: Stall) -> None:
    offers = [Offer("SHIRT", Decimal(9), {"Size": one}) for one in "SM"]
    number = stall.offer("Shirt", offers)
    stall.odoo.faults.add(Fault("product.product.load", Drop(applied=True)))
    stall.sync(number)
    record = stall.sync(number)
    assert record.state is State.SYNCED, record.held
    kept = [one["id"].rpartition("/")[2] for one in stall.shop.store.catalog.products()[0]["variants"]]
    more = [*(Offer("SHIRT", Decimal(9), {"Size": s}, id=i) for s, i in zip("SM", kept, strict=True))]
    stall.offer("Shirt", [*more, Offer("SHIRT", Decimal(9), {"Size": "L"})], product_id=number)
    record = stall.sync(number)
    assert record.state is State.SYNCED, record.held
    assert [one["display_name"] for one in stall.template(number)["variants"]] == [
        f"[SHIRT] Shirt ({one})" for one in "SML"
    ]


@pytest.mark.parametrize("together", [True, False], ids=["in one batch", "one after the other"])
def test_of_two_products_with_one_sku_the_second_is_a_question(stall: Stall, *, together: bool) -> None:
    first, second = (stall.offer(f"Mug {n}", [Offer("MUG")]) for n in (1, 2))
    if not together:
        stall.sync(first)
    stall.sync(first, second)
    assert stall.record(f"acme/product/{first}").state is State.SYNCED
    held = stall.record(f"acme/product/{second}").held
    assert held
    assert held.code == "product_ambiguous"
    assert len(stall.odoo.find("product.template", [("name", "like", "Mug")])) == 1


def persons_shirt(stall: Stall) -> int:
    """A template in two sizes, of an attribute that a person made."""
    odoo = stall.odoo
    attribute = odoo.add("product.attribute", name="Size", create_variant="always")
    values = [odoo.add("product.attribute.value", name=one, attribute_id=attribute) for one in ("S", "L")]
    line = {"attribute_id": attribute, "value_ids": [(6, 0, values)]}
    template = odoo.add("product.template", name="Shirt", attribute_line_ids=[(0, 0, line)])
    for size, variant in zip("SL", stall.variants(template), strict=True):
        odoo.change("product.product", variant["id"], default_code=f"SHIRT-{size}")
    return template


def test_a_value_of_an_attribute_that_a_person_made_brings_its_variant_along(stall: Stall) -> None:
    template = persons_shirt(stall)
    number = stall.offer("Shirt", [Offer(f"SHIRT-{one}", Decimal("19.90"), {"Size": one}) for one in ("S", "L", "XL")])
    record = stall.sync(number)
    assert record.state is State.SYNCED, record.held
    assert stall.target(number) == template
    assert set(own(template, stall)) == {"SHIRT-S", "SHIRT-L", "SHIRT-XL"}
    linked = stall.ledger.links("acme", "variant", list(numbers(stall, number).values()))
    assert {one.id for one in linked.values()} == {one["id"] for one in stall.variants(template)}


def test_where_only_links_are_recorded_two_products_may_be_variants_of_one_and_a_repeat_asks_nothing(
    stall: Stall,
) -> None:
    stall.rules({"products": {"lead": "link"}})
    persons_shirt(stall)
    ids = [stall.offer(f"Shirt {one}", [Offer(f"SHIRT-{one}")]) for one in "SL"]
    for _ in range(2):
        stall.sync(*ids)
        records = [stall.record(f"acme/product/{one}") for one in ids]
        assert [one.state for one in records] == [State.SYNCED] * 2, [one.held for one in records]


def test_f35_a_product_that_is_deleted_before_its_worker_could_tell_that_it_was_made_is_archived(stall: Stall) -> None:
    number = stall.offer("Shirt", shirts())
    stall.odoo.faults.add(Fault("product.template.load", Drop(applied=True)))
    stall.sync(number)
    delete_product(stall.shop, number)
    hint = Hint("acme", "product", number, why="products/delete")
    stall.ledger.record_hints([hint])
    stall.ledger.retry([hint.id], why="products/delete")
    assert stall.look([hint]).state is State.SYNCED
    (template,) = stall.odoo.find("product.template", [("name", "=", "Shirt")], archived=True)
    assert template["active"] is False


def test_tags_that_are_taken_off_are_taken_off_even_when_nothing_else_changed(stall: Stall) -> None:
    number = stall.offer("Mug", [Offer("MUG")], tags=["sale"])
    stall.sync(number)
    change_product(stall.shop, number, tags=[])
    assert stall.sync(number).state is State.SYNCED
    assert not stall.template(number)["product_tag_ids"]


def test_pictures_are_written_again_only_when_one_is_another(stall: Stall) -> None:
    url = stall.shop.add_file("shirt.png", PNG)
    media = [picture(url, stall.shop.store.new_id)]
    number = stall.offer("Shirt", shirts(), media=media)
    stall.sync(number)
    stall.odoo.change("product.template", stall.target(number), image_1920=False)
    again(stall, number, *shirts(), Offer("SHIRT-XL", Decimal(30), {"Size": "XL"}))
    assert stall.sync(number).state is State.SYNCED
    assert not stall.template(number)["image_1920"]
    media[0]["preview"]["image"]["url"] = stall.shop.add_file("shirt-2.png", PNG)
    change_product(stall.shop, number, media=media)
    assert stall.sync(number).state is State.SYNCED
    assert stall.template(number)["image_1920"]


def test_pictures_come_along_once_the_store_has_them_come(stall: Stall) -> None:
    stall.rules({"products": {"lead": "shopify", "images": False}})
    url = stall.shop.add_file("mug.png", PNG)
    number = stall.offer("Mug", [Offer("MUG")], media=[picture(url, stall.shop.store.new_id)])
    stall.sync(number)
    assert not stall.template(number)["image_1920"]
    stall.rules({"products": {"lead": "shopify"}})
    assert stall.sync(number).state is State.SYNCED
    assert stall.template(number)["image_1920"]


def test_prices_in_another_currency_than_the_companys_are_not_written() -> None:
    shop = ShopifySandbox(currency="EUR", bucket=1_000_000, restore_rate=1_000_000)
    with open_stall("19", {"products": {"lead": "shopify"}}, shop=shop) as stall:
        held = stall.sync(stall.offer("Mug", [Offer("MUG")])).held
        assert held
        assert held.code == "currency_differs"
        assert "EUR" in held.message
        assert "USD" in held.message
        assert not stall.odoo.find("product.template", [("name", "=", "Mug")])


def test_a_variant_that_was_deleted_in_odoo_is_made_anew_and_linked_to_its_new_self(stall: Stall) -> None:
    number = stall.offer("Shirt", shirts())
    stall.sync(number)
    variant, small = numbers(stall, number)["SHIRT-S"], own(stall.target(number), stall)["SHIRT-S"][0]
    stall.odoo.delete("product.product", small)
    change_product(stall.shop, number, title="Shirt, new")
    record = stall.sync(number)
    assert record.state is State.SYNCED, record.held
    new = own(stall.target(number), stall)["SHIRT-S"][0]
    assert new != small
    assert stall.ledger.links("acme", "variant", [variant])[variant].id == new


def test_values_and_variants_of_many_products_are_added_in_as_few_calls_as_those_of_one(stall: Stall) -> None:
    calls = []
    for count in (1, 6):
        ids = [
            stall.offer(f"Shirt {count} {n}", [Offer(f"{count}-{n}", Decimal(1), {"Size": "S"})]) for n in range(count)
        ]
        stall.sync(*ids)
        for n, number in enumerate(ids):
            kept = Offer(f"{count}-{n}", Decimal(1), {"Size": "S"}, id=numbers(stall, number)[f"{count}-{n}"])
            more = [Offer(f"{count}-{n}-{one}", Decimal(2), {"Size": f"{one}{count}"}) for one in "ML"]
            stall.offer(f"Shirt {count} {n}", [kept, *more], product_id=number)
        stall.odoo.calls.clear()
        stall.sync(*ids)
        assert {stall.record(f"acme/product/{one}").state for one in ids} == {State.SYNCED}
        calls.append(stall.odoo.calls.count("*.*"))
    assert calls[1] <= calls[0]


def test_a_picture_that_is_too_large_holds_its_product_with_its_size(
    stall: Stall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(images, "MAX_BYTES", 60)
    url = stall.shop.add_file("mug.png", PNG)
    record = stall.sync(stall.offer("Mug", [Offer("MUG")], media=[picture(url, stall.shop.store.new_id)]))
    assert record.held
    assert record.held.code == "image_unreadable"
    assert f"{len(PNG)} bytes; 60 are the most" in record.held.message
    assert stall.odoo.find("product.template", [("name", "=", "Mug")])


@pytest.mark.parametrize(
    ("written", "shown", "fields"),
    [
        ('"lst_price": 12.5', '"lst_price": 12.51', "price"),
        ('"list_price": 12.5', '"list_price": 12.51', "list_price"),
        ('"default_code": "MUG"', '"default_code": "CUP"', "default_code"),
        ('"standard_price": 3.1', '"standard_price": 4.1', "standard_price"),
        ('"active": true', '"active": false', "active"),
    ],
)
def test_what_odoo_shows_otherwise_than_it_was_written_is_held_with_its_field(
    stall: Stall, written: str, shown: str, fields: str
) -> None:
    stall.odoo.faults.add(Fault("product.template.web_read", Rewrite(written, shown), times=None))
    record = stall.sync(stall.offer("Mug", [Offer("MUG", Decimal("12.50"), cost="3.10")]))
    assert record.held
    assert (record.held.code, record.held.details["fields"]) == ("product_differs", fields)
    stall.odoo.faults.clear()
    assert stall.sync(record.source_id).state is State.SYNCED
