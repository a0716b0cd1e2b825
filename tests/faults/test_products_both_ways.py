"""Products under fire at every call, both ways: FAULTS.md F13, F19, F24, F29, on the room with the embedded ledger."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from decimal import Decimal

import pytest

from libs.common.ledger.model import Hint, Record, State
from libs.sandbox.faults import Action, Drop, Error, Fault, Refuse, Truncate
from libs.sandbox.shopify.selling import Offer, picture
from tests.embedded import die_before_settling
from tests.integration.products.stall import Stall, open_stall, shirts
from tests.integration.products.test_to_odoo import PNG
from tests.integration.products.test_to_shopify import shirt

TO_ODOO = ["product.template.load", "product.product.load", "product.template.web_read", "ProductsByIds"]
TO_SHOPIFY = ["ProductSet", "ProductsByIds", "VariantsByCodes", "product.template.web_read"]


@pytest.fixture
def inwards() -> Iterator[Stall]:
    """Shopify leads."""
    with open_stall("19", {"products": {"lead": "shopify"}}) as opened:
        yield opened


@pytest.fixture
def outwards() -> Iterator[Stall]:
    """Odoo leads."""
    with open_stall("19", {"products": {"lead": "odoo"}}) as opened:
        yield opened


def hit(stall: Stall, operation: str, action: Action) -> None:
    (stall.odoo if operation.startswith("product.") else stall.shop).faults.add(Fault(operation, action))


def announced(stall: Stall) -> Record:
    """A product of Shopify's with three variants, due."""
    hint = Hint("acme", "product", stall.offer("Shirt", shirts()), why="products/create")
    stall.ledger.record_hints([hint])
    return stall.record(hint.id)


def polled(stall: Stall) -> Record:
    """A template of Odoo's with two variants, due."""
    shirt(stall)
    stall.poller.round(wait=True)
    (record,) = stall.ledger.find(store="acme", entity="product")
    return record


def work(stall: Stall) -> None:
    while stall.workers.pipelines["products"].look_at("acme", []):
        pass


def until_synced(stall: Stall, record_id: str) -> None:
    """As a sweeping scheduler would have it done, without its waits."""
    for _ in range(12):
        work(stall)
        if stall.record(record_id).state is State.SYNCED:
            return
        stall.ledger.retry([record_id], why="test")
    raise AssertionError(stall.record(record_id))


def in_odoo_once(stall: Stall) -> None:
    assert len(stall.odoo.find("product.template", [("name", "=", "Shirt")], archived=True)) == 1
    found = stall.odoo.find("product.product", [("name", "=", "Shirt")], archived=True)
    assert {(one["default_code"], one["lst_price"]) for one in found} == {
        ("SHIRT-S", 19.9),
        ("SHIRT-M", 19.9),
        ("SHIRT-L", 21.4),
    }


def in_shopify_once(stall: Stall) -> None:
    (product,) = stall.shop.store.catalog.products()
    assert [(one["sku"], one["price"]) for one in product["variants"]] == [
        ("SHIRT-S", Decimal("19.90")),
        ("SHIRT-L", Decimal("21.40")),
    ]


def ends_well(stall: Stall, record: Record) -> None:
    """Synced in the end, and made once on the other side."""
    until_synced(stall, record.id)
    (in_shopify_once if record.source == "odoo" else in_odoo_once)(stall)


def dies_once(stall: Stall, record: Record) -> None:
    die_before_settling(stall.workers.pipelines["products"])
    dead = stall.record(record.id)
    assert dead.lease
    stall.ledger.hand_back(dead.lease.token)


def is_put_off(stall: Stall, record: Record, operation: str, action: Action) -> None:
    """The other side asks for patience: the record waits, and no attempt counts."""
    hit(stall, operation, action)
    work(stall)
    waiting = stall.record(record.id)
    assert (waiting.state, waiting.attempts) == (State.DUE, 0)


def is_broken_once(stall: Stall, record: Record, operation: str, action: Action) -> None:
    hit(stall, operation, action)
    work(stall)
    assert stall.record(record.id).state in {State.DUE, State.SYNCED}


@pytest.mark.parametrize("operation", TO_ODOO)
@pytest.mark.parametrize("applied", [False, True], ids=["before", "after"])
def test_f13_a_worker_that_dies_at_any_call_leaves_one_product_in_odoo(
    inwards: Stall, operation: str, *, applied: bool
) -> None:
    record = announced(inwards)
    hit(inwards, operation, Drop(applied=applied))
    dies_once(inwards, record)
    ends_well(inwards, record)


@pytest.mark.parametrize("operation", TO_SHOPIFY)
@pytest.mark.parametrize("applied", [False, True], ids=["before", "after"])
def test_f13_a_worker_that_dies_at_any_call_leaves_one_product_in_shopify(
    outwards: Stall, operation: str, *, applied: bool
) -> None:
    record = polled(outwards)
    hit(outwards, operation, Drop(applied=applied))
    dies_once(outwards, record)
    ends_well(outwards, record)


def test_f13_a_worker_that_dies_when_all_is_told_leaves_one_product_in_shopify(outwards: Stall) -> None:
    record = polled(outwards)
    dies_once(outwards, record)
    ends_well(outwards, record)


PATIENCE = pytest.mark.parametrize(
    "action",
    [Refuse(429, headers={"Retry-After": "1"}), Refuse(503, headers={"Retry-After": "1"}), Error("THROTTLED")],
    ids=["429", "503", "THROTTLED"],
)


@PATIENCE
def test_f24_a_shop_that_asks_for_patience_is_read_later_and_no_attempt_counts(inwards: Stall, action: Action) -> None:
    record = announced(inwards)
    is_put_off(inwards, record, "ProductsByIds", action)
    ends_well(inwards, record)


@pytest.mark.parametrize("status", [429, 503])
def test_f24_an_odoo_that_asks_for_patience_gets_the_product_later_and_no_attempt_counts(
    inwards: Stall, status: int
) -> None:
    record = announced(inwards)
    is_put_off(inwards, record, "product.product.load", Refuse(status, headers={"Retry-After": "1"}))
    ends_well(inwards, record)


@pytest.mark.parametrize("status", [429, 503])
def test_f24_a_storage_of_pictures_that_asks_for_patience_is_asked_later_and_its_product_is_linked(
    inwards: Stall, status: int
) -> None:
    url = inwards.shop.add_file("shirt.png", PNG)
    number = inwards.offer("Shirt", shirts(), media=[picture(url, inwards.shop.store.new_id)])
    hint = Hint("acme", "product", number, why="products/create")
    inwards.ledger.record_hints([hint])
    record = inwards.record(hint.id)
    is_put_off(inwards, record, "files/get", Refuse(status, headers={"Retry-After": "1"}))
    ids = [one["id"] for one in inwards.odoo.find("product.product", [("name", "=", "Shirt")])]
    assert len(inwards.ledger.linked_to("acme", "product.product", ids)) == 3
    ends_well(inwards, record)


def test_f24_a_shop_that_asks_for_patience_is_not_asked_for_each_of_many(outwards: Stall) -> None:
    for number in range(5):
        outwards.odoo.add_product(default_code=f"MUG-{number}", name=f"Mug {number}")
    outwards.poller.round(wait=True)
    outwards.shop.faults.add(Fault("ProductSet", Error("THROTTLED"), times=None))
    outwards.workers.pipelines["products"].look_at("acme", [])
    assert outwards.shop.calls.count("ProductSet") == 1
    waiting = outwards.ledger.find(store="acme", entity="product")
    assert {(one.state, one.attempts) for one in waiting} == {(State.DUE, 0)}


@PATIENCE
@pytest.mark.parametrize("operation", ["ProductSet", "VariantsByCodes"])
def test_f24_a_shop_that_asks_for_patience_is_told_later_and_no_attempt_counts(
    outwards: Stall, operation: str, action: Action
) -> None:
    record = polled(outwards)
    is_put_off(outwards, record, operation, action)
    assert outwards.shop.store.catalog.products() == []
    ends_well(outwards, record)


@pytest.mark.parametrize("operation", TO_ODOO)
@pytest.mark.parametrize("action", [Truncate(0.5), Drop()], ids=["truncated", "reset"])
def test_f29_a_broken_answer_on_the_way_to_odoo_is_tried_again(inwards: Stall, operation: str, action: Action) -> None:
    record = announced(inwards)
    is_broken_once(inwards, record, operation, action)
    ends_well(inwards, record)


@pytest.mark.parametrize("operation", TO_SHOPIFY)
@pytest.mark.parametrize("action", [Truncate(0.5), Drop()], ids=["truncated", "reset"])
def test_f29_a_broken_answer_on_the_way_to_shopify_is_tried_again(
    outwards: Stall, operation: str, action: Action
) -> None:
    record = polled(outwards)
    is_broken_once(outwards, record, operation, action)
    ends_well(outwards, record)


def test_f19_a_product_that_is_put_off_for_minutes_keeps_no_other_one_waiting(inwards: Stall) -> None:
    record = announced(inwards)
    hit(inwards, "ProductsByIds", Refuse(429, headers={"Retry-After": "600"}))
    before = inwards.ledger.clock.now()
    work(inwards)
    waiting = inwards.record(record.id)
    assert waiting.state is State.DUE
    assert waiting.due_at
    assert (waiting.due_at - before).total_seconds() > 500
    short = inwards.sync(inwards.offer("Lamp", [Offer("LAMP")]))
    assert short.state is State.SYNCED, short.held
    assert inwards.record(record.id).state is State.DUE


EXTENDED = [
    "product.template.attribute.line.load",
    "product.template.attribute.value.load",
    "product.attribute.value.load",
    "product.template.load",
    "product.product.load",
]


@pytest.mark.parametrize("operation", EXTENDED)
@pytest.mark.parametrize("action", [Drop(applied=True), Truncate(0.5)], ids=["no answer", "cut short"])
def test_f23_a_change_of_a_product_whose_answer_is_lost_is_found_and_not_done_again(
    inwards: Stall, operation: str, action: Action
) -> None:
    record = announced(inwards)
    until_synced(inwards, record.id)
    known = [one["id"].rpartition("/")[2] for one in inwards.shop.store.catalog.products()[0]["variants"]]
    kept = [Offer(o.sku, o.price, o.options, id=i, cost="3.00") for o, i in zip(shirts(), known, strict=True)]
    kept[2] = Offer("SHIRT-L", "25.00", {"Size": "L"}, id=known[2], cost="3.00")
    number = record.source_id
    inwards.offer("Shirt, new", [*kept, Offer("SHIRT-XL", "30.00", {"Size": "XL"})], product_id=number, tags=["wool"])
    hit(inwards, operation, action)
    inwards.ledger.record_hints([Hint("acme", "product", number, why="products/update")])
    until_synced(inwards, record.id)
    assert operation in {call.operation for call in inwards.odoo.calls.entries(operation)}
    template = inwards.template(number)
    assert template["name"] == "Shirt, new"
    assert {v["default_code"]: v["lst_price"] for v in template["variants"]} == {
        "SHIRT-S": 19.9,
        "SHIRT-M": 19.9,
        "SHIRT-L": 25.0,
        "SHIRT-XL": 30.0,
    }
    assert len(template["variants"]) == 4


@pytest.mark.parametrize("operation", ["StagedUploadsCreate", "files/put", "ProductMedia", "ProductSet"])
@pytest.mark.parametrize("action", [Drop(applied=True), Truncate(0.5)], ids=["no answer", "cut short"])
def test_f23_a_picture_whose_answer_is_lost_is_shown_once(outwards: Stall, operation: str, action: Action) -> None:
    outwards.odoo.add_product(default_code="MUG", name="Mug")
    outwards.odoo.change("product.template", 1, image_1920=base64.b64encode(PNG).decode())
    outwards.poller.round(wait=True)
    (record,) = outwards.ledger.find(store="acme", entity="product")
    if operation == "ProductMedia":
        until_synced(outwards, record.id)
        outwards.odoo.change("product.template", 1, image_1920=base64.b64encode(PNG + b"2").decode())
        outwards.ledger.retry([record.id], why="test")
    hit(outwards, operation, action)
    until_synced(outwards, record.id)
    (product,) = outwards.shop.store.catalog.products()
    (medium,) = product["media"]
    content, _ = outwards.shop.files[medium["preview"]["image"]["url"].rpartition("/")[2]]
    assert content == (PNG + b"2" if operation == "ProductMedia" else PNG)


@pytest.mark.parametrize("action", [Drop(applied=True), Truncate(0.5)], ids=["no answer", "cut short"])
def test_f23_a_price_told_by_rest_whose_answer_is_lost_is_told_again(outwards: Stall, action: Action) -> None:
    outwards.rules({"products": {"lead": "odoo", "writes": "rest"}})
    record = polled(outwards)
    until_synced(outwards, record.id)
    outwards.odoo.change("product.template", 1, list_price=30.0)
    hit(outwards, "variants/update", action)
    outwards.ledger.retry([record.id], why="test")
    until_synced(outwards, record.id)
    (product,) = outwards.shop.store.catalog.products()
    assert [one["price"] for one in product["variants"]] == [Decimal("30.00"), Decimal("31.50")]
