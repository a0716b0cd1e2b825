"""Stock under fire: FAULTS.md F13, F19, F23, F24, F29, F34, F35, F36, at every call of its room."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import NoReturn

import pytest
from pydantic import SecretStr

from libs.common.ledger.model import Hint, Link, State, Target
from libs.common.stores.model import ShopifyConnection
from libs.sandbox.faults import Action, Call, Drop, Error, Fault, Refuse, Truncate
from libs.sandbox.shopify.bench import bench_catalog
from libs.sandbox.shopify.sandbox import LOCATION, ShopifySandbox
from tests.embedded import die_before_settling
from tests.integration.inventory.shelf import CAP, MUG, Shelf, open_shelf

READS = ["InventoryLevels", "NewestOrders"]
PRODUCT = "product.product.read"
LOST = [Drop(applied=True), Drop(applied=False), Truncate(0.5)]


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    with open_shelf() as shelf:
        shelf.shop.set_level(MUG, 0)
        yield shelf


def until_synced(shelf: Shelf, sku: str = MUG) -> None:
    """As a sweeping scheduler would have it done, without its waits."""
    for _ in range(12):
        shelf.work()
        if shelf.pair(sku).state is State.SYNCED:
            return
        shelf.ledger.retry([shelf.pair(sku).id], why="test")
    raise AssertionError(shelf.pair(sku))


def writes(shelf: Shelf) -> list[int]:
    return [one.summary["available"] for one in shelf.shop.journal.entries("inventory_level", "write")]


@pytest.mark.parametrize("action", LOST, ids=["applied", "never arrived", "cut short"])
def test_f23_a_figure_whose_answer_is_lost_is_found_and_not_set_twice(shelf: Shelf, action: Action) -> None:
    shelf.count(7)
    shelf.poll()
    shelf.shop.faults.add(Fault("InventorySetQuantities", action))
    until_synced(shelf)
    assert writes(shelf) == [7]


def test_a_key_that_shopify_spent_on_a_refusal_is_followed_by_another_one(shelf: Shelf) -> None:
    """What was stale may be as it was by the time it is read again: then just the same is asked for."""
    shelf.settle()
    shelf.count(7)
    shelf.poll()
    shelf.shop.faults.add(Fault("InventorySetQuantities", Call(lambda: shelf.shop.set_level(MUG, 1))))
    shelf.shop.faults.add(Fault("InventoryLevels", Call(lambda: shelf.shop.set_level(MUG, 0)), nth=2))
    shelf.look_once()
    assert (shelf.available(), shelf.mutations(), shelf.pair().attempts) == (7, 3, 0)


@pytest.mark.parametrize("action", LOST, ids=["applied", "never arrived", "cut short"])
def test_f23_a_figure_set_by_rest_whose_answer_is_lost_is_set_once(shelf: Shelf, action: Action) -> None:
    shelf.rules(writes="rest")
    shelf.count(7)
    shelf.poll()
    shelf.shop.faults.add(Fault("inventory_levels/set", action))
    shelf.look_once()
    assert shelf.pair().attempts == 1
    until_synced(shelf)
    assert writes(shelf) == [7]


@pytest.mark.parametrize("action", LOST, ids=["applied", "never arrived", "cut short"])
def test_f23_an_item_that_was_stocked_and_whose_answer_is_lost_is_stocked_once(shelf: Shelf, action: Action) -> None:
    shelf.rules(not_stocked="activate")
    shelf.count(7, CAP)
    shelf.poll()
    shelf.shop.faults.add(Fault("InventoryActivate", action))
    until_synced(shelf, CAP)
    assert len(shelf.shop.journal.entries("inventory_level", "activate")) == 1
    assert (shelf.available(CAP), writes(shelf)) == (7, [7])


@pytest.mark.parametrize("action", [Drop(applied=True), Drop(applied=False)], ids=["applied", "never arrived"])
def test_f23_an_import_whose_answer_is_lost_is_counted_once(shelf: Shelf, action: Action) -> None:
    stock = shelf.odoo.find("stock.warehouse", [("id", "=", 1)])[0]["lot_stock_id"][0]
    shelf.shop.set_level(MUG, 8)
    shelf.rules({"location": LOCATION, "warehouses": [1], "import_place": stock}, first_import=True)
    shelf.odoo.faults.add(Fault("stock.quant.load", action))
    shelf.poll()
    until_synced(shelf)
    quants = shelf.odoo.find("stock.quant", [("product_id", "=", shelf.products[MUG]), ("location_id", "=", stock)])
    assert [quant["quantity"] for quant in quants] == [8]


@pytest.mark.parametrize("operation", ["InventorySetQuantities", *READS, PRODUCT])
@pytest.mark.parametrize("applied", [False, True], ids=["before", "after"])
def test_f13_a_worker_that_dies_at_any_call_leaves_a_lease_and_the_next_one_finishes(
    shelf: Shelf, operation: str, *, applied: bool
) -> None:
    shelf.count(7)
    shelf.poll()
    far = shelf.odoo if operation == PRODUCT else shelf.shop
    far.faults.add(Fault(operation, Drop(applied=applied)))
    die_before_settling(shelf.workers.pipelines["inventory"])
    dead = shelf.pair()
    assert dead.state is State.RUNNING
    assert dead.lease
    shelf.ledger.hand_back(dead.lease.token)
    until_synced(shelf)
    assert writes(shelf) == [7]


def test_f24_a_lower_figure_that_arrived_although_patience_was_asked_for_is_not_taken_for_a_sale(shelf: Shelf) -> None:
    """As where the same request is still being carried out, and is asked for again."""
    shelf.count(10)
    shelf.settle()
    shelf.count(6)
    shelf.poll()
    shelf.shop.faults.add(Fault("InventorySetQuantities", Error("THROTTLED")))
    shelf.look_once()
    assert (shelf.pair().state, shelf.pair().attempts) == (State.DUE, 0)
    shelf.shop.set_level(MUG, 6)
    shelf.ledger.retry([shelf.pair().id], why="test")
    shelf.look_once()
    assert (shelf.pair().state, writes(shelf)) == (State.SYNCED, [10, 6])


def test_f13_a_lower_figure_that_a_dead_worker_has_set_is_not_taken_for_a_sale(shelf: Shelf) -> None:
    shelf.count(10)
    shelf.settle()
    shelf.count(6)
    shelf.poll()
    inventory = shelf.workers.pipelines["inventory"]
    settle = inventory.ledger.settle

    def die(*_: object) -> NoReturn:
        raise SystemExit

    inventory.ledger.settle = die  # type: ignore[method-assign, assignment]
    with pytest.raises(SystemExit):
        inventory.look_at("acme", [])
    inventory.ledger.settle = settle  # type: ignore[method-assign]
    assert (shelf.available(), shelf.pair().state) == (6, State.RUNNING)
    past = shelf.ledger.clock.now() - timedelta(seconds=5)
    shelf.cursors.database["records"].update_one({"_id": shelf.pair().id}, {"$set": {"lease.until": past}})
    shelf.look_once()
    assert (shelf.pair().state, writes(shelf)) == (State.SYNCED, [10, 6])


@pytest.mark.parametrize("operation", ["InventorySetQuantities", *READS])
@pytest.mark.parametrize(
    "action", [Refuse(429, headers={"Retry-After": "1"}), Error("THROTTLED")], ids=["429", "THROTTLED"]
)
def test_f24_a_shop_that_asks_for_patience_is_waited_for_and_no_attempt_counts(
    shelf: Shelf, operation: str, action: Action
) -> None:
    shelf.count(7)
    shelf.poll()
    shelf.shop.faults.add(Fault(operation, action))
    shelf.work()
    waiting = shelf.pair()
    assert (waiting.state, waiting.attempts) == (State.DUE, 0)
    assert writes(shelf) == []
    until_synced(shelf)
    assert writes(shelf) == [7]


def test_f24_rest_that_answers_429_is_waited_for_as_it_says(shelf: Shelf) -> None:
    shelf.rules(writes="rest")
    shelf.count(7)
    shelf.poll()
    shelf.shop.faults.add(Fault("inventory_levels/set", Refuse(429, headers={"Retry-After": "7"})))
    before = shelf.ledger.clock.now()
    shelf.work()
    waiting = shelf.pair()
    assert (waiting.state, waiting.attempts) == (State.DUE, 0)
    assert waiting.due_at
    assert 6 <= (waiting.due_at - before).total_seconds() <= 9
    until_synced(shelf)
    assert writes(shelf) == [7]


@pytest.mark.parametrize("operation", [*READS, PRODUCT])
@pytest.mark.parametrize(
    ("action", "times"),
    [(Drop(), 1), (Drop(), 3), (Truncate(0.5), 1)],
    ids=["one connection that is gone", "all connections gone", "truncated"],
)
def test_f29_a_broken_answer_is_asked_for_again_in_place_or_as_an_attempt(
    shelf: Shelf, operation: str, action: Action, *, times: int
) -> None:
    """A kept connection that proves closed before an answer began is replaced, and costs no attempt; all else does."""
    shelf.settle()  # the other pair is settled: a batch of several is cut in two at once, and each half tried again
    shelf.count(7)
    shelf.poll()
    (shelf.odoo if operation == PRODUCT else shelf.shop).faults.add(Fault(operation, action, times=times))
    shelf.look_once()
    found = (shelf.pair().state, shelf.pair().attempts, writes(shelf))
    replaced = [(State.SYNCED, 0, [7])] if (action, times) == (Drop(), 1) else []
    assert found in [(State.DUE, 1, []), *replaced]
    until_synced(shelf)
    assert (shelf.pair().attempts, writes(shelf)) == (0, [7])


@pytest.mark.parametrize("action", LOST, ids=["applied", "never arrived", "cut short"])
def test_f29_a_figure_without_an_answer_is_sent_again_in_place_and_is_an_attempt_when_none_comes(
    shelf: Shelf, action: Action
) -> None:
    shelf.count(7)
    shelf.poll()
    shelf.shop.faults.add(Fault("InventorySetQuantities", action, times=2))
    shelf.work()
    assert (shelf.pair().state, shelf.pair().attempts, shelf.mutations()) == (State.SYNCED, 0, 3)
    shelf.count(9)
    shelf.poll()
    shelf.shop.faults.add(Fault("InventorySetQuantities", action, times=3))
    shelf.look_once()
    assert (shelf.pair().state, shelf.pair().attempts) == (State.DUE, 1)
    until_synced(shelf)
    assert writes(shelf) == [7, 9]


def test_f24_a_shop_that_asks_for_patience_keeps_no_other_store_waiting(shelf: Shelf) -> None:
    mine = shelf.stores.get("acme")
    assert mine
    with ShopifySandbox(shop="other.myshopify.com") as shop:
        shop.add_products(bench_catalog())
        shop.set_level(MUG, 0)
        secret, token = SecretStr(shop.secret), SecretStr(shop.token)
        shopify = ShopifyConnection.model_validate(
            {"shop": shop.shop, "secret": secret, "token": token, "url": shop.url}
        )
        shelf.stores.save(mine.model_copy(update={"slug": "other", "shopify": shopify, "version": 0}))
        target = Target("product.product", shelf.products[MUG], MUG)
        shelf.ledger.link("other", [Link("variant", shop.product(MUG).variant_id, target, MUG)])
        shelf.count(7)
        shelf.poll()
        patience = Refuse(429, headers={"Retry-After": "600"})
        shelf.shop.faults.add(Fault("InventorySetQuantities", patience, times=None))
        shelf.work()
        assert shelf.workers.pipelines["inventory"].look_at("other", []) > 0
        level = shop.level(MUG)
        assert level
        assert (shelf.available(), level.available) == (0, 7)
        assert (shelf.pair().state, shelf.pair().attempts) == (State.DUE, 0)


def test_f19_a_pair_that_is_put_off_keeps_no_other_one_waiting(shelf: Shelf) -> None:
    shelf.rules(writes="rest")
    shelf.shop.set_level(CAP, 0)
    shelf.count(7)
    shelf.poll()
    shelf.shop.faults.add(Fault("inventory_levels/set", Refuse(429, headers={"Retry-After": "600"})))
    shelf.work()
    shelf.count(3, CAP)
    shelf.sync()
    assert (shelf.available(), shelf.available(CAP)) == (0, 3)


def test_f34_our_own_write_that_comes_back_makes_no_loop_and_a_drift_that_is_shown_stays_shown(shelf: Shelf) -> None:
    shelf.count(7)
    shelf.settle()
    item = shelf.shop.set_level(MUG, 4)
    news = f"item{item}-{LOCATION}"
    for figure in (4, 7, 4):
        why = "inventory_levels/update"
        shelf.ledger.record_hints([Hint("acme", "inventory", news, name=f"available {figure}", why=why)])
        shelf.work()
        if shelf.pair().state is State.DUE:
            shelf.a_minute_later()
            shelf.work()
    held = shelf.pair().held
    assert held
    assert held.code == "stock_drift"
    assert writes(shelf) == [7, 4]


def test_f35_a_variant_that_is_gone_is_left_out_and_a_product_that_is_gone_is_a_persons(shelf: Shelf) -> None:
    shelf.count(7)
    shelf.settle()
    shelf.odoo.registry.db.tables["product.product"].pop(shelf.products[MUG])
    shelf.hint()
    shelf.work()
    held = shelf.pair().held
    assert held
    assert (held.code, shelf.available()) == ("product_gone", 7)
    variant = shelf.variant()
    shelf.shop.store.remove_product(f"gid://shopify/ProductVariant/{variant}")
    identity = f"acme/inventory/{variant}-{LOCATION}"
    shelf.ledger.retry([identity], why="test")
    shelf.work()
    gone = shelf.ledger.get(identity)
    assert gone
    assert gone.ignored == "the variant is gone in Shopify"


def test_f36_a_pair_waits_for_the_order_by_name_and_does_not_spin(shelf: Shelf) -> None:
    shelf.count(7)
    shelf.settle()
    order = shelf.buy(2)
    shelf.count(9)
    shelf.poll()
    shelf.work("inventory")
    asked = shelf.shop.calls.count()
    shelf.work("inventory")
    assert shelf.shop.calls.count() == asked
    assert shelf.pair().waits_for == f"acme/order/{order}"
    shelf.settle()
    assert (shelf.pair().state, shelf.available()) == (State.SYNCED, 7)
