"""Stock on the real ledger: FAULTS.md F13 with workers that really die, and F19 with ten thousand that are put off."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest

from libs.common.domain.rules import StoreRules
from libs.common.ledger.model import Hint, Link, State, Target
from libs.sandbox.shopify.bench import bench_catalog
from libs.sandbox.shopify.sandbox import LOCATION
from tests.faults.bomb import Bomb
from tests.rig import SLUG, Rig, open_rig

IMPORT, ACTIVATE, SET = "stock.quant.load", "InventoryActivate", "InventorySetQuantities"
MANY = 10_000


@pytest.fixture
def rig(mongodb_url: str, mongodb_database: str, rabbitmq_vhost: str) -> Iterator[Rig]:
    with open_rig(mongodb_url, mongodb_database, rabbitmq_vhost) as rig:
        [warehouse] = rig.odoo.find("stock.warehouse", [("id", "=", 1)])
        location = {"location": LOCATION, "warehouses": [1], "import_place": warehouse["lot_stock_id"][0]}
        stock = {"to_shopify": True, "locations": [location], "first_import": True, "not_stocked": "activate"}
        rules = StoreRules.model_validate({"inventory": stock, "fulfillments": {"to_shopify": False}})
        store = rig.stores.get(SLUG)
        assert store
        rig.stores.save(store.model_copy(update={"rules": rules}))
        rig.shop.add_products(bench_catalog())
        yield rig


def pair(rig: Rig, sku: str, *, odoo: float = 0, shop: int | None = 0) -> str:
    """A linked variant with what both sides have of it; the id of its record."""
    product = rig.odoo.add_product(default_code=sku, storable=True)
    if odoo:
        rig.odoo.set_stock(product, odoo)
    if shop is not None:
        rig.shop.set_level(sku, shop)
    variant = rig.shop.product(sku).variant_id
    rig.ledger.link(SLUG, [Link("variant", variant, Target("product.product", product), sku)])
    return f"{SLUG}/inventory/{variant}-{LOCATION}"


def announce(rig: Rig, ids: Sequence[str]) -> None:
    names = [one.rpartition("/")[2] for one in ids]
    rig.ledger.record_hints([Hint(SLUG, "inventory", one, source="odoo", why="by hand") for one in names])


def settings(rig: Rig) -> list[int]:
    """What Tandem has set, in its order."""
    written = rig.shop.journal.entries("inventory_level", "write")
    return [one.summary["available"] for one in written if one.summary["why"] == "set available"]


@pytest.mark.timeout(200)
@pytest.mark.parametrize("applied", [False, True], ids=["before", "after"])
def test_f13_a_worker_killed_at_any_write_of_stock_leaves_each_done_once(rig: Rig, *, applied: bool) -> None:
    """One worker dies of each write, and the next one finds what became of it, and dies of the next."""
    bomb = Bomb(rig, applied=applied)
    pairs = {
        IMPORT: pair(rig, "BENCH-000", shop=8),
        ACTIVATE: pair(rig, "BENCH-001", odoo=4, shop=None),
        SET: pair(rig, "BENCH-002", odoo=7),
    }
    victim = rig.start_worker("inventory", worker_lease_seconds=1)
    with rig.scheduler(sweep_seconds=0.1, overdue_seconds=0.5):
        for write, one in pairs.items():
            bomb.arm(victim, 1, among=frozenset({write}))
            announce(rig, [one])
            assert bomb.gone.wait(40), write
            victim = rig.start_worker("inventory", worker_lease_seconds=1)
            rig.wait_settled([one], seconds=40)
    assert {rig.record(one).state for one in pairs.values()} == {State.SYNCED}
    shown = [level.available if (level := rig.shop.level(f"BENCH-00{number}")) else None for number in range(3)]
    assert shown == [8, 4, 7]
    assert settings(rig) == [4, 7], "each once"
    counted = [quant["quantity"] for quant in rig.odoo.find("stock.quant", [("location_id.usage", "=", "internal")])]
    assert sorted(counted) == [4, 7, 8]


def test_f19_ten_thousand_that_are_put_off_keep_the_one_that_is_due_soon_on_time(rig: Rig) -> None:
    soon = pair(rig, "BENCH-000", odoo=7)
    others = [f"{SLUG}/inventory/{9_000_000 + number}-{LOCATION}" for number in range(MANY)]
    for start in range(0, MANY, 2000):
        announce(rig, others[start : start + 2000])
    announce(rig, [soon])
    records, now = rig.connection.database["records"], rig.ledger.clock.now()
    records.update_many({"_id": {"$ne": soon}, "entity": "inventory"}, {"$set": {"due_at": now + timedelta(hours=1)}})
    due_at = now + timedelta(seconds=1.5)
    records.update_one({"_id": soon}, {"$set": {"due_at": due_at}})
    with rig.workers_here("inventory") as workers:
        room = workers.pipelines["inventory"]
        assert room.look_at(SLUG, []) == 0
        while not room.look_at(SLUG, []):
            time.sleep(0.02)
    synced = rig.record(soon).synced
    assert synced
    assert synced.at - due_at < timedelta(seconds=3)
    assert records.count_documents({"entity": "inventory", "state": "due"}) == MANY
