"""Products under fire at every call, both ways: FAULTS.md F13, F19, F24, F29, on the room with the embedded ledger."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import NoReturn

import pytest

from libs.common.ledger.model import Hint, Record, State
from libs.sandbox.faults import Action, Drop, Error, Fault, Refuse, Truncate
from libs.sandbox.shopify.selling import Offer
from tests.integration.products.stall import Stall, open_stall, shirts
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


def die_once(stall: Stall, record_id: str) -> None:
    """What a killed worker leaves: a lease that runs out, and perhaps an effect that nobody has heard of."""
    pipeline = stall.workers.pipelines["products"]
    settle = pipeline.ledger.settle

    def die(*_: object) -> NoReturn:
        raise SystemExit

    pipeline.ledger.settle = die  # type: ignore[method-assign, assignment]
    with pytest.raises(SystemExit):
        pipeline.look_at("acme", [])
    pipeline.ledger.settle = settle  # type: ignore[method-assign]
    dead = stall.record(record_id)
    assert dead.lease
    stall.ledger.hand_back(dead.lease.token)


@pytest.mark.parametrize("operation", TO_ODOO)
@pytest.mark.parametrize("applied", [False, True], ids=["before", "after"])
def test_f13_a_worker_that_dies_at_any_call_leaves_one_product_in_odoo(
    inwards: Stall, operation: str, *, applied: bool
) -> None:
    record = announced(inwards)
    hit(inwards, operation, Drop(applied=applied))
    die_once(inwards, record.id)
    until_synced(inwards, record.id)
    in_odoo_once(inwards)


@pytest.mark.parametrize("operation", TO_SHOPIFY)
@pytest.mark.parametrize("applied", [False, True], ids=["before", "after"])
def test_f13_a_worker_that_dies_at_any_call_leaves_one_product_in_shopify(
    outwards: Stall, operation: str, *, applied: bool
) -> None:
    record = polled(outwards)
    hit(outwards, operation, Drop(applied=applied))
    die_once(outwards, record.id)
    until_synced(outwards, record.id)
    in_shopify_once(outwards)


def test_f13_a_worker_that_dies_when_all_is_told_leaves_one_product_in_shopify(outwards: Stall) -> None:
    record = polled(outwards)
    die_once(outwards, record.id)
    until_synced(outwards, record.id)
    in_shopify_once(outwards)


PATIENCE = pytest.mark.parametrize(
    "action",
    [Refuse(429, headers={"Retry-After": "1"}), Refuse(503, headers={"Retry-After": "1"}), Error("THROTTLED")],
    ids=["429", "503", "THROTTLED"],
)


@PATIENCE
def test_f24_a_shop_that_asks_for_patience_is_read_later_and_no_attempt_counts(inwards: Stall, action: Action) -> None:
    record = announced(inwards)
    hit(inwards, "ProductsByIds", action)
    work(inwards)
    waiting = inwards.record(record.id)
    assert (waiting.state, waiting.attempts) == (State.DUE, 0)
    until_synced(inwards, record.id)
    in_odoo_once(inwards)


@PATIENCE
@pytest.mark.parametrize("operation", ["ProductSet", "VariantsByCodes"])
def test_f24_a_shop_that_asks_for_patience_is_told_later_and_no_attempt_counts(
    outwards: Stall, operation: str, action: Action
) -> None:
    record = polled(outwards)
    hit(outwards, operation, action)
    work(outwards)
    waiting = outwards.record(record.id)
    assert (waiting.state, waiting.attempts) == (State.DUE, 0)
    assert outwards.shop.store.catalog.products() == []
    until_synced(outwards, record.id)
    in_shopify_once(outwards)


@pytest.mark.parametrize("operation", TO_ODOO)
@pytest.mark.parametrize("action", [Truncate(0.5), Drop()], ids=["truncated", "reset"])
def test_f29_a_broken_answer_on_the_way_to_odoo_is_tried_again(inwards: Stall, operation: str, action: Action) -> None:
    record = announced(inwards)
    hit(inwards, operation, action)
    work(inwards)
    assert inwards.record(record.id).state in {State.DUE, State.SYNCED}
    until_synced(inwards, record.id)
    in_odoo_once(inwards)


@pytest.mark.parametrize("operation", TO_SHOPIFY)
@pytest.mark.parametrize("action", [Truncate(0.5), Drop()], ids=["truncated", "reset"])
def test_f29_a_broken_answer_on_the_way_to_shopify_is_tried_again(
    outwards: Stall, operation: str, action: Action
) -> None:
    record = polled(outwards)
    hit(outwards, operation, action)
    work(outwards)
    assert outwards.record(record.id).state in {State.DUE, State.SYNCED}
    until_synced(outwards, record.id)
    in_shopify_once(outwards)


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
