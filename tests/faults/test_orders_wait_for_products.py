"""An order names a product that Odoo lacks, where Shopify's products are made in Odoo: FAULTS.md F36, on the real ledger."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from libs.common.domain.rules import StoreRules
from libs.common.ledger.model import Hint, Record, State
from libs.sandbox.shopify.drafts import Draft, Line, Person
from libs.sandbox.shopify.selling import Offer, offer_product
from services.workers.bootstrap import Workers
from tests.integration.products.stall import shirts
from tests.rig import SLUG, Rig, open_rig

JANE = Person("Jane", "Doe", "jane@example.com")
LEADS = StoreRules.model_validate({"products": {"lead": "shopify"}})


@pytest.fixture
def rig(mongodb_url: str, mongodb_database: str, rabbitmq_vhost: str) -> Iterator[Rig]:
    with open_rig(mongodb_url, mongodb_database, rabbitmq_vhost, rules=LEADS) as rig:
        yield rig


@pytest.fixture
def workers(rig: Rig) -> Iterator[Workers]:
    with rig.workers_here("orders", "products") as workers:
        yield workers


def offer(rig: Rig, title: str, offers: list[Offer], **more: Any) -> str:
    """The number of a product whose webhooks never come."""
    return str(offer_product(rig.shop, title, offers, **more)["id"]).rpartition("/")[2]


def order_of(rig: Rig, *skus: str) -> str:
    lines = tuple(Line(rig.shop.product(sku)) for sku in skus)
    return rig.announce([rig.shop.place_order(Draft(lines=lines, customer=JANE))], nudge=False)[0]


def look(workers: Workers, queue: str) -> int:
    """How many records were worked on until none was due; few, or somebody spins."""
    count = 0
    while worked := workers.pipelines[queue].look_at(SLUG, []):
        count += worked
        assert count < 20, "it spins"
    return count


def settle(rig: Rig, workers: Workers, order: str) -> Record:
    while look(workers, "orders") + look(workers, "products"):
        pass
    return rig.record(order)


def test_f36_an_order_waits_by_name_for_its_products_and_goes_on_by_itself(rig: Rig, workers: Workers) -> None:
    shirt, mug = offer(rig, "Shirt", shirts()), offer(rig, "Mug", [Offer("MUG")])
    both, other = order_of(rig, "SHIRT-S", "MUG"), order_of(rig, "SHIRT-L")
    assert look(workers, "orders") == 2
    waiting = [rig.record(one) for one in (both, other)]
    assert [(one.state, one.waits_for) for one in waiting] == [(State.DUE, f"{SLUG}/product/{shirt}")] * 2
    assert not rig.odoo.orders()
    assert {rig.record(f"{SLUG}/product/{one}").state for one in (shirt, mug)} == {State.DUE}
    assert look(workers, "products") == 2
    assert look(workers, "orders") == 2
    for order in (both, other):
        record = rig.record(order)
        assert (record.state, record.attempts, record.claims) == (State.SYNCED, 0, 2), record.held
    assert len(rig.odoo.orders()) == 2
    sold = {line["product_id"][0] for one in rig.odoo.orders() for line in one["lines"]}
    made = rig.odoo.find("product.product", [("default_code", "in", ["SHIRT-S", "SHIRT-L", "MUG"])])
    assert sold == {one["id"] for one in made}
    templates = rig.odoo.find("product.template", [("name", "in", ["Shirt", "Mug"])])
    targets = [rig.record(f"{SLUG}/product/{one}").target for one in (shirt, mug)]
    assert {one["id"] for one in templates} == {one.id for one in targets if one}


def test_f36_a_product_that_is_held_holds_its_order_with_its_reason(rig: Rig, workers: Workers) -> None:
    shirt = offer(rig, "Shirt", [Offer("SHIRT", "abc")])
    order = order_of(rig, "SHIRT")
    record = settle(rig, workers, order)
    assert record.held, record
    assert record.held.code == "product_held"
    product = rig.record(f"{SLUG}/product/{shirt}")
    assert product.held
    assert (product.held.code, record.held.details["reason"]) == ("price_unreadable", "price_unreadable")
    assert product.held.message in record.held.message
    offer(rig, "Shirt", [Offer("SHIRT", "12.00", id=rig.shop.product("SHIRT").variant_id)], product_id=shirt)
    rig.ledger.record_hints([Hint(SLUG, "product", shirt, why="products/update")])
    rig.ledger.retry([order], why="test")
    record = settle(rig, workers, order)
    assert record.state is State.SYNCED, record.held


def test_f36_what_its_product_does_not_bring_is_asked_about_and_what_is_new_in_it_is_waited_for(
    rig: Rig, workers: Workers
) -> None:
    shirt = offer(rig, "Shirt", shirts())
    rig.ledger.record_hints([Hint(SLUG, "product", shirt, why="products/create")])
    look(workers, "products")
    (small,) = rig.odoo.find("product.product", [("default_code", "=", "SHIRT-S")])
    rig.odoo.delete("product.product", small["id"])
    record = settle(rig, workers, order_of(rig, "SHIRT-S"))
    assert record.held, record
    assert record.held.code == "product_missing"
    assert record.claims <= 2
    kept = [Offer(one.sku, one.price, one.options, id=rig.shop.product(one.sku).variant_id) for one in shirts()]
    offer(rig, "Shirt", [*kept, Offer("SHIRT-XL", "21.40", {"Size": "XL"})], product_id=shirt)
    new = order_of(rig, "SHIRT-XL")
    record = settle(rig, workers, new)
    assert record.state is State.SYNCED, record.held
    assert record.claims == 2


def test_where_shopify_does_not_lead_the_stores_rule_decides_at_once(rig: Rig, workers: Workers) -> None:
    store = rig.stores.get(SLUG)
    assert store
    rig.stores.save(store.model_copy(update={"rules": StoreRules()}))
    workers.contexts.close()
    mug = offer(rig, "Mug", [Offer("MUG")])
    record = settle(rig, workers, order_of(rig, "MUG"))
    assert record.held
    assert record.held.code == "product_missing"
    assert rig.ledger.get(f"{SLUG}/product/{mug}") is None
