"""Products under fire, on the real ledger: FAULTS.md F13, F19, F23, F26, F27 for every write of theirs."""

from __future__ import annotations

import threading
import tracemalloc
from collections.abc import Iterator
from datetime import timedelta

import pytest

from libs.common.domain.rules import StoreRules
from libs.common.ledger.model import Hint, State
from libs.sandbox.faults import Action, Drop, Error, Fault, Refuse, Truncate
from libs.sandbox.shopify.selling import offer_product
from services.workers.bootstrap import Workers
from tests.faults.bomb import Bomb
from tests.integration.products.stall import shirts
from tests.rig import SLUG, Rig, open_rig

WRITES = [
    "product.attribute.load",
    "product.attribute.value.load",
    "product.category.load",
    "product.tag.load",
    "product.template.load",
    "product.product.load",
]
READS = ["product.product.search_read", "product.template.web_read", "product.tag.search_read"]
MANY = 10_000
PROMPT_SECONDS = 5
RULES = StoreRules.model_validate({"products": {"lead": "shopify"}})


@pytest.fixture
def rig(mongodb_url: str, mongodb_database: str, rabbitmq_vhost: str) -> Iterator[Rig]:
    with open_rig(mongodb_url, mongodb_database, rabbitmq_vhost, rules=RULES) as rig:
        yield rig


@pytest.fixture
def workers(rig: Rig) -> Iterator[Workers]:
    with rig.workers_here() as workers:
        yield workers


def announce(rig: Rig, count: int = 2, *, first: int = 0) -> list[str]:
    hints = []
    for number in range(first, first + count):
        offers = [type(one)(f"{one.sku}-{number}", one.price, one.options) for one in shirts()]
        made = offer_product(rig.shop, f"Shirt {number}", offers, productType="Shirts", tags=["cotton"])
        hints.append(Hint(SLUG, "product", made["id"].rpartition("/")[2], why="products/create"))
    rig.ledger.record_hints(hints)
    return [hint.id for hint in hints]


def work(rig: Rig, workers: Workers, ids: list[str], *, rounds: int = 300) -> None:
    """As a sweeping scheduler would have it done."""
    for _ in range(rounds):
        if rig.settled(ids) == len(ids):
            return
        if not workers.pipelines["products"].look_at(SLUG, ids):
            threading.Event().wait(0.05)
    raise AssertionError([rig.record(one) for one in ids])


def exactly_once(rig: Rig, ids: list[str]) -> None:
    """I1 and I2: each product is there once, with its three variants at their prices, and linked."""
    records = [rig.record(one) for one in ids]
    assert {record.state for record in records} == {State.SYNCED}, [record.held for record in records]
    templates = rig.odoo.find("product.template", [("name", "like", "Shirt")], archived=True)
    assert sorted(one["id"] for one in templates) == sorted(r.target.id for r in records if r.target)
    for number, template in enumerate(sorted(templates, key=lambda one: str(one["name"]))):
        found = rig.odoo.find("product.product", [("product_tmpl_id", "=", template["id"])], archived=True)
        assert {(v["default_code"], v["lst_price"]) for v in found} == {
            (f"SHIRT-S-{number}", 19.9),
            (f"SHIRT-M-{number}", 19.9),
            (f"SHIRT-L-{number}", 21.4),
        }
        assert set(rig.ledger.linked_to(SLUG, "product.product", [v["id"] for v in found])) == {v["id"] for v in found}
    assert len(rig.odoo.find("product.attribute")) == 1
    assert len(rig.odoo.find("product.tag")) == 1


@pytest.mark.parametrize("operation", WRITES)
@pytest.mark.parametrize("action", [Drop(applied=True), Truncate(0.5)], ids=["no answer", "cut short"])
def test_f23_a_write_of_a_product_whose_answer_is_lost_is_found_and_not_done_again(
    rig: Rig, workers: Workers, operation: str, action: Action
) -> None:
    ids = announce(rig)
    rig.odoo.faults.add(Fault(operation, action))
    work(rig, workers, ids)
    exactly_once(rig, ids)


@pytest.mark.parametrize("operation", [*WRITES, *READS])
def test_f26_a_page_of_html_with_200_is_no_product(rig: Rig, workers: Workers, operation: str) -> None:
    ids = announce(rig, 1)
    rig.odoo.faults.add(Fault(operation, Refuse(200, "<html><title>Maintenance</title></html>")))
    rig.shop.faults.add(Fault("ProductsByIds", Refuse(200, "<html>busy</html>")))
    work(rig, workers, ids)
    exactly_once(rig, ids)


@pytest.mark.parametrize("operation", ["product.template.load", "product.product.load"])
def test_f27_a_product_that_lost_a_race_is_repeated_in_place(rig: Rig, workers: Workers, operation: str) -> None:
    ids = announce(rig)
    rig.odoo.faults.add(Fault(operation, Error("serialization"), times=2))
    assert workers.pipelines["products"].look_at(SLUG, ids) == len(ids)
    exactly_once(rig, ids)


def test_f19_ten_thousand_products_that_are_put_off_keep_the_one_that_is_due_soon_on_time(
    rig: Rig, workers: Workers
) -> None:
    peak_of_one(rig, workers, 0)  # what a first batch reads and keeps counts for neither
    alone = peak_of_one(rig, workers, 1)
    later = rig.ledger.clock.now() + timedelta(hours=1)
    rig.put_off("product", MANY, later)
    among_many = peak_of_one(rig, workers, 2)
    assert among_many < alone * 1.5, (among_many, alone)
    assert rig.connection.database["records"].count_documents({"state": "due", "due_at": later}) == MANY


def peak_of_one(rig: Rig, workers: Workers, number: int) -> int:
    """One product is due in a second and synced in time; the most bytes that Python took meanwhile."""
    [soon] = announce(rig, 1, first=number)
    due_at = rig.ledger.clock.now() + timedelta(seconds=1)
    rig.connection.database["records"].update_one({"_id": soon}, {"$set": {"due_at": due_at}})
    tracemalloc.start()
    assert workers.pipelines["products"].look_at(SLUG, []) == 0
    while not workers.pipelines["products"].look_at(SLUG, []):
        threading.Event().wait(0.02)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    synced = rig.record(soon).synced
    assert synced
    assert synced.at - due_at < timedelta(seconds=PROMPT_SECONDS)
    return peak


@pytest.mark.timeout(200)
@pytest.mark.parametrize("at_write", [1, 3, 5, 6])
def test_f13_a_worker_killed_at_any_write_leaves_no_product_missing_and_none_twice(rig: Rig, at_write: int) -> None:
    bomb = Bomb(rig)
    ids = announce(rig)
    victim = rig.start_worker("products", worker_lease_seconds=1)
    bomb.arm(victim, at_write, among=frozenset(WRITES))
    with rig.scheduler(sweep_seconds=0.1, overdue_seconds=0.5):
        assert bomb.gone.wait(30)
        rig.start_worker("products", worker_lease_seconds=1)
        rig.wait_settled(ids, seconds=40)
    exactly_once(rig, ids)
