"""Shopify's products as Odoo's templates and variants."""

from __future__ import annotations

import base64
from decimal import Decimal
from typing import Any

import pytest

from libs.common.ledger.model import Hint, State
from libs.sandbox.faults import Drop, Fault, Rewrite
from libs.sandbox.shopify.selling import Offer, change_product, delete_product, picture
from tests.integration.products.stall import Stall, shirts

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
)
WRITES = ("*.load", "*.create", "*.write")


def writes(stall: Stall) -> int:
    return sum(stall.odoo.calls.count(pattern) for pattern in WRITES)


def test_a_product_with_options_becomes_a_template_with_its_variants(stall: Stall) -> None:
    number = stall.offer(
        "Shirt",
        [
            Offer(
                "SHIRT-S", Decimal("19.90"), {"Size": "S", "Color": "Red"}, "111", cost="8.25", weight=250, unit="GRAMS"
            ),
            Offer("SHIRT-L", Decimal("21.40"), {"Size": "L", "Color": "Red"}, "222", cost="8.25", weight=0.3),
            Offer("SHIRT-LB", Decimal("22.40"), {"Size": "L", "Color": "Blue"}, "333"),
        ],
        vendor="Acme",
        productType="Shirts",
        tags=["summer", "cotton"],
        descriptionHtml="<p>Soft.</p>",
    )
    record = stall.sync(number)
    assert record.state is State.SYNCED, record.held
    template = stall.template(number)
    assert (template["name"], template["list_price"], template["active"]) == ("Shirt", 19.9, True)
    assert template["description"] == "<p>Soft.</p>"
    assert template["categ_id"][1] == "Shirts"
    tags = stall.odoo.find("product.tag", [("id", "in", template["product_tag_ids"])])
    assert {tag["name"] for tag in tags} == {"Acme", "summer", "cotton"}
    found = {v["default_code"]: v for v in template["variants"]}
    assert {code: (v["barcode"], v["lst_price"]) for code, v in found.items()} == {
        "SHIRT-S": ("111", 19.9),
        "SHIRT-L": ("222", 21.4),
        "SHIRT-LB": ("333", 22.4),
    }
    assert found["SHIRT-S"]["standard_price"] == 8.25
    assert (found["SHIRT-S"]["weight"], found["SHIRT-L"]["weight"]) == (0.25, 0.3)
    assert found["SHIRT-LB"]["display_name"] == "[SHIRT-LB] Shirt (L, Blue)"
    shop = {v["sku"]: v["id"].rpartition("/")[2] for v in stall.shop.store.catalog.products()[0]["variants"]}
    links = stall.ledger.links("acme", "variant", list(shop.values()))
    assert {sku: links[one].id for sku, one in shop.items()} == {code: v["id"] for code, v in found.items()}


def test_a_product_without_options_is_one_variant(stall: Stall) -> None:
    number = stall.offer("Mug", [Offer("MUG", Decimal("12.50"), barcode="999", cost="3.10")])
    assert stall.sync(number).state is State.SYNCED
    (variant,) = stall.template(number)["variants"]
    assert (variant["default_code"], variant["barcode"], variant["lst_price"]) == ("MUG", "999", 12.5)
    assert variant["standard_price"] == 3.1


def test_a_repeat_writes_nothing_and_a_change_writes_what_differs(stall: Stall) -> None:
    number = stall.offer("Shirt", shirts(), tags=["cotton"])
    stall.sync(number)
    before = writes(stall)
    assert stall.sync(number).state is State.SYNCED
    assert writes(stall) == before
    ids = [v["id"].rpartition("/")[2] for v in stall.shop.store.catalog.products()[0]["variants"]]
    offers = [
        Offer("SHIRT-S", Decimal("19.90"), {"Size": "S"}, id=ids[0], cost="7.00"),
        Offer("SHIRT-M", Decimal("19.90"), {"Size": "M"}, id=ids[1]),
        Offer("SHIRT-L", Decimal("25.00"), {"Size": "L"}, id=ids[2]),
    ]
    stall.offer("Shirt, new", offers, product_id=number, tags=["wool"])
    stall.odoo.calls.clear()
    record = stall.sync(number)
    assert record.state is State.SYNCED, record.held
    template = stall.template(number)
    assert template["name"] == "Shirt, new"
    assert [v["lst_price"] for v in template["variants"]] == [19.9, 19.9, 25.0]
    assert template["variants"][0]["standard_price"] == 7.0
    (tag,) = stall.odoo.find("product.tag", [("id", "in", template["product_tag_ids"])])
    assert tag["name"] == "wool"


def test_variants_come_and_go(stall: Stall) -> None:
    number = stall.offer("Shirt", shirts())
    stall.sync(number)
    ids = [v["id"].rpartition("/")[2] for v in stall.shop.store.catalog.products()[0]["variants"]]
    offers = [
        Offer("SHIRT-M", Decimal("19.90"), {"Size": "M"}, id=ids[1]),
        Offer("SHIRT-L", Decimal("21.40"), {"Size": "L"}, id=ids[2]),
        Offer("SHIRT-XL", Decimal("23.00"), {"Size": "XL"}),
    ]
    stall.offer("Shirt", offers, product_id=number)
    record = stall.sync(number)
    assert record.state is State.SYNCED, record.held
    found = {v["default_code"]: (v["active"], v["lst_price"]) for v in stall.template(number)["variants"]}
    assert found["SHIRT-S"][0] is False
    assert found["SHIRT-XL"] == (True, 23.0)
    assert len(found) == 4


def test_archived_and_deleted_products_are_archived_and_come_back(stall: Stall) -> None:
    number = stall.offer("Shirt", shirts())
    stall.sync(number)
    change_product(stall.shop, number, status="ARCHIVED")
    stall.sync(number)
    template = stall.template(number)
    assert (template["active"], [v["active"] for v in template["variants"]]) == (False, [False] * 3)
    change_product(stall.shop, number, status="ACTIVE")
    record = stall.sync(number)
    assert record.state is State.SYNCED, record.held
    template = stall.template(number)
    assert (template["active"], [v["active"] for v in template["variants"]]) == (True, [True] * 3)
    delete_product(stall.shop, number)
    assert stall.sync(number, why="products/delete").state is State.SYNCED
    assert stall.template(number)["active"] is False


def test_images_go_along_and_are_written_once(stall: Stall) -> None:
    url = stall.shop.add_file("mug.png", PNG)
    number = stall.offer("Mug", [Offer("MUG")], media=[picture(url, stall.shop.store.new_id)])
    assert stall.sync(number).state is State.SYNCED
    assert base64.b64decode(stall.template(number)["image_1920"]) == PNG
    change_product(stall.shop, number, title="Mug, blue")
    stall.odoo.calls.clear()
    stall.sync(number)
    assert stall.odoo.calls.count("product.template.load") == 1
    assert stall.template(number)["name"] == "Mug, blue"


def test_what_is_in_odoo_already_is_taken_over_by_its_codes(stall: Stall) -> None:
    mug = stall.odoo.add_product(default_code="MUG", name="Old mug", list_price=1.0)
    number = stall.offer("Mug", [Offer("MUG", Decimal("12.50"))])
    assert stall.sync(number).state is State.SYNCED
    (variant,) = stall.template(number)["variants"]
    assert (variant["id"], variant["name"], variant["lst_price"]) == (mug, "Mug", 12.5)
    assert stall.odoo.journal.count("product.template", "create") == 1


def test_several_that_fit_are_a_question_with_the_candidates(stall: Stall) -> None:
    ids = [stall.odoo.add_product(default_code="MUG") for _ in range(2)]
    record = stall.sync(stall.offer("Mug", [Offer("MUG")]))
    assert record.held
    assert record.held.code == "product_ambiguous"
    assert all(f"{one} [MUG]" in record.held.details["candidates"] for one in ids)
    assert stall.odoo.journal.count("product.template", "create") == 2


@pytest.mark.parametrize(
    ("bad", "code", "words"),
    [
        ({"sku": "S" * 300}, "code_too_long", "300 characters"),
        ({"price": "abc"}, "price_unreadable", "'abc'"),
        ({"compare_at": "abc"}, "price_unreadable", "compare-at price"),
        ({"barcode": "111"}, "row_refused", 'Barcode "111" already assigned'),
    ],
)
def test_bad_input_holds_that_product_and_nothing_else(
    stall: Stall, bad: dict[str, str], code: str, words: str
) -> None:
    good = [stall.offer(f"Good {n}", [Offer(f"GOOD-{n}", barcode=f"11{n}")]) for n in range(1, 4)]
    values: dict[str, Any] = {"sku": "BAD", "price": Decimal(1), **bad}
    wrong = stall.offer("Bad", [Offer(**values)])
    record = stall.sync(wrong, *good)
    if code == "row_refused" and record.held is None:
        record = stall.record(f"acme/product/{good[0]}")
        good[0] = wrong
    assert record.held, record.state
    assert record.held.code == code
    assert words in record.held.message
    assert [stall.record(f"acme/product/{one}").state for one in good] == [State.SYNCED] * 3


def test_an_unknown_unit_holds_its_product_and_nothing_else(stall: Stall) -> None:
    stall.shop.faults.add(Fault("ProductsByIds", Rewrite('"OUNCES"', '"STONES"'), times=None))
    wrong = stall.offer("Mug", [Offer("MUG", weight=2, unit="OUNCES")])
    good = stall.offer("Lamp", [Offer("LAMP", weight=2, unit="POUNDS")])
    record = stall.sync(wrong, good)
    assert record.held
    assert record.held.code == "unit_unknown"
    assert "variant MUG weighs 2.0 STONES" in record.held.message
    assert stall.record(f"acme/product/{good}").state is State.SYNCED
    stall.shop.faults.clear()
    assert stall.sync(wrong).state is State.SYNCED


def test_an_odoo_that_weighs_in_pounds_gets_pounds(stall: Stall) -> None:
    stall.odoo.add_product(default_code="ANY", name="Any")
    stall.odoo.weigh_in_pounds()
    number = stall.offer("Mug", [Offer("MUG", weight=2.25, unit="POUNDS")])
    other = stall.offer("Lamp", [Offer("LAMP", weight=1, unit="KILOGRAMS")])
    assert stall.sync(number, other).state is State.SYNCED
    assert [stall.template(one)["variants"][0]["weight"] for one in (number, other)] == [2.25, 2.21]
    assert stall.record(f"acme/product/{other}").state is State.SYNCED


def test_what_this_odoo_has_no_field_for_is_told_on_the_record(stall: Stall) -> None:
    record = stall.sync(stall.offer("Mug", [Offer("MUG", Decimal(5), compare_at=Decimal(9), hs_code="691200")]))
    assert record.state is State.SYNCED, record.held
    told = next(event.details["not kept"] for event in record.history if event.what == "verified")
    assert "compare-at price" in told
    assert "website_sale" in told
    assert "harmonized system code" in told
    assert "stock_delivery" in told
    plain = stall.sync(stall.offer("Lamp", [Offer("LAMP", Decimal(5))]))
    assert "not kept" not in str(plain.history)


def test_an_image_that_is_a_page_holds_its_product_with_the_reason(stall: Stall) -> None:
    url = stall.shop.add_file("mug.png", b"<html><title>Not found</title></html>", "text/html")
    wrong = stall.offer("Mug", [Offer("MUG")], media=[picture(url, stall.shop.store.new_id)])
    good = stall.offer("Lamp", [Offer("LAMP")])
    record = stall.sync(wrong, good)
    assert record.held
    assert record.held.code == "image_unreadable"
    assert "Not found" in record.held.message
    assert stall.record(f"acme/product/{good}").state is State.SYNCED
    stall.shop.add_file("mug.png", PNG)
    again = stall.sync(wrong)
    assert again.state is State.SYNCED, again.held
    assert base64.b64decode(stall.template(wrong)["image_1920"]) == PNG


def test_only_linking_links_and_writes_nothing(stall: Stall) -> None:
    stall.rules({"products": {"lead": "link"}})
    mug = stall.odoo.add_product(default_code="MUG", name="Old mug")
    number = stall.offer("Mug", [Offer("MUG")])
    missing = stall.offer("Lamp", [Offer("LAMP")])
    before = writes(stall)
    assert stall.sync(number).state is State.SYNCED
    (variant,) = stall.shop.store.catalog.products()[0]["variants"]
    (link,) = stall.ledger.links("acme", "variant", [variant["id"].rpartition("/")[2]]).values()
    assert link.id == mug
    held = stall.sync(missing).held
    assert held
    assert held.code == "product_missing"
    assert writes(stall) == before


def test_a_store_that_says_nothing_of_products_ignores_them(stall: Stall) -> None:
    stall.rules({})
    record = stall.sync(stall.offer("Mug", [Offer("MUG")]))
    assert (record.state, record.ignored) == (State.IGNORED, "products.lead: nobody")


def test_a_product_of_more_variants_than_a_page_has_comes_whole(stall: Stall) -> None:
    offers = [Offer(f"T{n}", Decimal(1), {"Size": str(n // 20), "Color": str(n % 20)}) for n in range(240)]
    number = stall.offer("Thread", offers)
    record = stall.sync(number)
    assert record.state is State.SYNCED, record.held
    variants = stall.template(number)["variants"]
    assert {one["default_code"] for one in variants} == {f"T{n}" for n in range(240)}
    assert len(stall.ledger.linked_to("acme", "product.product", [one["id"] for one in variants])) == 240


def test_a_hundred_products_are_a_handful_of_calls(stall: Stall) -> None:
    numbers = [
        stall.offer(
            f"Shirt {n}", [Offer(f"S{n}-{size}", Decimal(10 + i), {"Size": size}) for i, size in enumerate("SML")]
        )
        for n in range(100)
    ]
    stall.sync(stall.offer("First", [Offer("FIRST-S", Decimal(1), {"Size": s}) for s in "SML"][:1]))
    stall.odoo.calls.clear()
    stall.sync(*numbers)
    assert {stall.record(f"acme/product/{one}").state for one in numbers} == {State.SYNCED}
    assert stall.odoo.calls.count("*.*") <= 7
    assert stall.odoo.journal.count("product.template", "create") == 101
    assert stall.odoo.journal.count("product.product", "create") == 301


@pytest.mark.parametrize("call", ["product.attribute.load", "product.template.load", "product.product.load"])
def test_f23_a_product_whose_answer_is_lost_is_found_and_not_made_again(stall: Stall, call: str) -> None:
    number = stall.offer("Shirt", shirts())
    stall.odoo.faults.add(Fault(call, Drop(applied=True)))
    hint = Hint("acme", "product", number, why="products/create")
    assert stall.look([hint]).state is State.DUE
    stall.ledger.retry([hint.id], why="test")
    record = stall.look([hint])
    assert record.state is State.SYNCED, record.held
    assert stall.odoo.journal.count("product.template", "create") == 1
    assert stall.odoo.journal.count("product.product", "create") == 3
    assert [v["default_code"] for v in stall.template(number)["variants"]] == ["SHIRT-S", "SHIRT-M", "SHIRT-L"]


def test_f34_a_product_that_comes_back_as_a_webhook_writes_nothing(stall: Stall) -> None:
    number = stall.offer("Shirt", shirts())
    stall.sync(number)
    before = writes(stall)
    stall.sync(number, times=3)
    assert writes(stall) == before


def test_f35_a_product_that_was_deleted_in_odoo_is_held_and_not_made_again(stall: Stall) -> None:
    number = stall.offer("Shirt", shirts())
    stall.sync(number)
    stall.odoo.delete("product.template", stall.target(number))
    change_product(stall.shop, number, title="Shirt, new")
    record = stall.sync(number)
    assert record.held
    assert record.held.code == "template_gone"
    assert stall.odoo.find("product.template", [("name", "like", "Shirt")]) == []
