"""Odoo's products to Shopify under fire, on real engines: FAULTS.md F13 with real deaths, F24; and the largest product."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from libs.common.domain.rules import StoreRules
from libs.common.ledger.model import Hint, State
from libs.sandbox.faults import Error, Fault
from libs.sandbox.odoo.sandbox import OdooSandbox
from libs.sandbox.shopify.sandbox import ShopifySandbox
from libs.sandbox.shopify.selling import Offer, offer_product
from tests.embedded import store_between
from tests.faults.bomb import Bomb
from tests.faults.test_products import work
from tests.integration.products.test_to_odoo import PNG
from tests.rig import SLUG, Rig, open_rig

OTHER = "other"
MOST = 2048
GRAPHQL = ["ProductSet", "ProductVariantsBulkUpdate", "StagedUploadsCreate"]
WRITES = [*GRAPHQL, "variants/update"]


def rules(**products: Any) -> StoreRules:
    return StoreRules.model_validate({"products": {"lead": "odoo", **products}})


@pytest.fixture
def rig(mongodb_url: str, mongodb_database: str, rabbitmq_vhost: str) -> Iterator[Rig]:
    with open_rig(mongodb_url, mongodb_database, rabbitmq_vhost, rules=rules()) as rig:
        yield rig


def lead(rig: Rig, chosen: StoreRules) -> None:
    store = rig.stores.get(SLUG)
    assert store is not None
    rig.stores.save(store.model_copy(update={"rules": chosen}))


def mugs(odoo: OdooSandbox, count: int = 2) -> list[int]:
    """Templates with a picture each."""
    picture = base64.b64encode(PNG).decode()
    return [
        odoo.add("product.template", name=f"Mug {number}", list_price=12.5, image_1920=picture)
        for number in range(count)
    ]


def hints(templates: list[int], store: str = SLUG) -> list[Hint]:
    return [Hint(store, "product", f"odoo-{one}", "odoo", why="changed in Odoo") for one in templates]


def told_once(rig: Rig, price: str) -> None:
    products = rig.shop.store.catalog.products()
    assert sorted(one["title"] for one in products) == ["Mug 0", "Mug 1"]
    for one in products:
        (variant,) = one["variants"]
        (medium,) = one["media"]
        assert variant["price"] == Decimal(price)
        url = medium["preview"]["image"]["url"]
        assert rig.shop.files[url.rpartition("/")[2]] == (PNG, "image/png")


@pytest.mark.timeout(200)
@pytest.mark.parametrize("operation", WRITES)
def test_f13_a_worker_killed_at_a_write_to_shopify_leaves_each_product_there_once(rig: Rig, operation: str) -> None:
    templates = mugs(rig.odoo)
    ids = [one.id for one in hints(templates)]
    price = "12.50"
    if operation in {"ProductVariantsBulkUpdate", "variants/update"}:
        lead(rig, rules(writes="rest" if "/" in operation else "graphql"))
        rig.ledger.record_hints(hints(templates))
        with rig.workers_here("products") as workers:
            work(rig, workers, ids)
        price = "13.75"
        for one in templates:
            rig.odoo.change("product.template", one, list_price=13.75)
    bomb = Bomb(rig)
    victim = rig.start_worker("products", worker_lease_seconds=1)
    bomb.arm(victim, 1, among=frozenset({operation}))
    rig.ledger.record_hints(hints(templates))
    with rig.scheduler(sweep_seconds=0.1, overdue_seconds=0.5):
        assert bomb.gone.wait(60)
        rig.start_worker("products", worker_lease_seconds=1)
        rig.wait_settled(ids, seconds=60)
    assert {rig.record(one).state for one in ids} == {State.SYNCED}
    told_once(rig, price)


def test_f24_a_shop_that_asks_for_patience_keeps_no_other_store_waiting(rig: Rig) -> None:
    with ShopifySandbox(shop="other.myshopify.com") as shop, OdooSandbox() as odoo:
        store = store_between(shop, odoo).model_copy(update={"slug": OTHER, "rules": rules()})
        rig.stores.save(store)
        ours, theirs = hints(mugs(rig.odoo)), hints(mugs(odoo), OTHER)
        rig.ledger.record_hints([*ours, *theirs])
        rig.shop.faults.add(Fault("*", Error("THROTTLED"), times=None))
        with rig.workers_here("products") as workers:
            pipeline = workers.pipelines["products"]
            pipeline.look_at(SLUG, [one.id for one in ours])
            assert pipeline.look_at(OTHER, [one.id for one in theirs]) == len(theirs)
            waiting = [rig.record(one.id) for one in ours]
            assert {(one.state, one.attempts) for one in waiting} == {(State.DUE, 0)}
            assert {rig.record(one.id).state for one in theirs} == {State.SYNCED}
            assert len(shop.store.catalog.products()) == len(theirs)
            rig.shop.faults.clear()
            rig.ledger.retry([one.id for one in ours], why="test")
            work(rig, workers, [one.id for one in ours])
        told_once(rig, "12.50")


@pytest.mark.timeout(200)
def test_the_largest_product_goes_to_odoo_and_its_changes_come_back(rig: Rig) -> None:
    lead(rig, StoreRules.model_validate({"products": {"lead": "shopify"}}))
    options = [{"Size": str(n // 256), "Color": str(n % 256 // 16), "Cut": str(n % 16)} for n in range(MOST)]
    offers = [Offer(f"T{n}", Decimal(1 + n % 16), one, f"{n:013d}") for n, one in enumerate(options)]
    number = offer_product(rig.shop, "Thread", offers)["id"].rpartition("/")[2]
    hint = Hint(SLUG, "product", number, why="products/create")
    rig.ledger.record_hints([hint])
    with rig.workers_here("products") as workers:
        work(rig, workers, [hint.id])
    record = rig.record(hint.id)
    assert record.state is State.SYNCED, record.held
    assert record.target
    assert rig.odoo.journal.count("product.product", "create") == MOST
    lead(rig, rules())
    rig.odoo.change("product.template", record.target.id, list_price=3.0)
    back = hints([record.target.id])
    rig.shop.calls.clear()
    rig.ledger.record_hints(back)
    with rig.workers_here("products") as workers:
        work(rig, workers, [back[0].id])
    assert rig.record(back[0].id).state is State.SYNCED, rig.record(back[0].id).held
    (product,) = rig.shop.store.catalog.products()
    found = {one["sku"]: one["price"] for one in product["variants"]}
    assert found == {f"T{n}": Decimal(3 + n % 16) for n in range(MOST)}
    assert rig.shop.calls.count("ProductVariantsBulkUpdate") == 9  # 250 in each
    assert rig.shop.calls.count("ProductSet") == 0
