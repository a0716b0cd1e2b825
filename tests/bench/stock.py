"""Stock: how many calls ten thousand changed pairs take, how many one takes, and how fast they go."""

from __future__ import annotations

import time
import uuid
from decimal import Decimal

from pydantic import SecretStr

from libs.common.domain.rules import StoreRules
from libs.common.ledger.model import Link, State, Target
from libs.common.settings import WorkerSettings
from libs.sandbox.odoo.models.quants import set_stock
from libs.sandbox.odoo.sandbox import OdooSandbox
from libs.sandbox.odoo.writing import create
from libs.sandbox.shopify.drafts import Product
from libs.sandbox.shopify.sandbox import LOCATION, ShopifySandbox
from services.scheduler.odoo_poll.poller import Poller
from services.workers.bootstrap import Ports, Workers, build
from tests.rig import SLUG, Rig, open_rig

PAIRS = 10_000
#: So many pairs where the shop's points are scarce: they come back at this rate, and none is left in the beginning.
BOUND_PAIRS, BOUND_POINTS, BOUND_RATE = 2500, 100.0, 5.0
BOUND_SECONDS = 300.0
BOUND_UNITS = 11
#: So many pairs that must be read first, and what there is of points then.
READ_PAIRS, READ_POINTS, READ_RATE, READ_UNITS = 400, 1000.0, 100.0, 13
SETTING = "InventorySetQuantities"


def count_stock_calls(mongodb_url: str, rabbitmq_url: str, *, pairs: int = PAIRS) -> dict[str, float]:
    """Mutations, GraphQL points and Odoo calls, the poll's among them, for all pairs and for one alone."""
    shop, odoo = ShopifySandbox(bucket=10_000_000, restore_rate=10_000_000), OdooSandbox()
    location = {"location": LOCATION, "warehouses": [1]}
    stock = {"to_shopify": True, "locations": [location]}
    rules = StoreRules.model_validate({"inventory": stock, "fulfillments": {"to_shopify": False}})
    database = f"bench_{uuid.uuid4().hex[:12]}"
    with open_rig(mongodb_url, database, rabbitmq_url, shop=shop, odoo=odoo, rules=rules) as rig:
        products = _products(rig, pairs)
        settings = WorkerSettings(
            ledger_url=rig.mongodb_url, broker_url=rig.rabbitmq_url, secret_key=SecretStr(rig.key), lease_seconds=600
        )
        ports = Ports(rig.ledger, rig.budgets, rig.breakers, rig.stores, lambda *_: None)
        workers, poller = build(["inventory"], ports, settings), rig.poller()
        counts: dict[str, float] = {}
        try:
            for name, units, some in (("first", 5, products), ("all", 7, products), ("one", 9, products[:1])):
                if name == "one":
                    # Now and then it looks farther back, and at quants: here, and not while it is measured.
                    poller.stop()
                    for _ in range(2):  # to work on what the first one finds may take so long that it is time again
                        poller.round(wait=True)
                        _work(workers)
                _count(odoo, some, units)
                shop.calls.clear()
                odoo.calls.clear()
                started = time.monotonic()
                poller.round(wait=True)
                polled, polled_seconds = odoo.calls.count(), time.monotonic() - started
                _work(workers)
                counts[f"{name}_worked_seconds"] = time.monotonic() - started - polled_seconds
                counts[f"{name}_seconds"] = time.monotonic() - started
                counts[f"{name}_mutations"] = shop.calls.count(SETTING)
                counts[f"{name}_points"] = sum(int(call.detail.get("actual", 0)) for call in shop.calls.entries())
                counts[f"{name}_odoo"] = odoo.calls.count()
                counts[f"{name}_odoo_after_poll"] = odoo.calls.count() - polled
                _all_show(rig, len(some), units)
            counts |= _bound(rig, workers, poller, products[:BOUND_PAIRS])
            counts |= _read_bound(rig, workers, poller, products[:READ_PAIRS])
        finally:
            poller.stop()
            workers.close()
            rig.connection.database.client.drop_database(database)
        return counts


def _bound(rig: Rig, workers: Workers, poller: Poller, products: list[int]) -> dict[str, float]:
    """How long it takes when the points decide, and how long these points take to come."""
    _count(rig.odoo, products, BOUND_UNITS)
    poller.round(wait=True)
    seconds, points = _until_shown(rig, workers, len(products), BOUND_UNITS, (BOUND_POINTS, BOUND_RATE))
    return {"bound_seconds": seconds, "bound_points": points, "bound_budget_seconds": points / BOUND_RATE}


def _read_bound(rig: Rig, workers: Workers, poller: Poller, products: list[int]) -> dict[str, float]:
    """The same of pairs of which nothing is taken for granted, as at the first look at a shop."""
    _count(rig.odoo, products, READ_UNITS)
    poller.round(wait=True)
    rig.connection.database["records"].update_many({"entity": "inventory"}, {"$set": {"wanted.why": "audit"}})
    seconds, points = _until_shown(rig, workers, len(products), READ_UNITS, (READ_POINTS, READ_RATE))
    return {"read_seconds": seconds, "read_points": points, "read_budget_seconds": points / READ_RATE}


def _until_shown(
    rig: Rig, workers: Workers, pairs: int, units: int, bucket: tuple[float, float]
) -> tuple[float, float]:
    """Seconds and points until so many pairs show these units, from an empty bucket of this size and rate."""
    rig.shop.bucket.maximum, rig.shop.bucket.restore_rate = bucket
    rig.shop.bucket.drain()
    rig.shop.calls.clear()
    started = time.monotonic()
    while sum(1 for count in rig.shop.stock.counts.values() if count.available == units) < pairs:
        if not workers.pipelines["inventory"].look_at(SLUG, []):
            time.sleep(0.05)
        assert time.monotonic() - started < BOUND_SECONDS, "too late"
    seconds = time.monotonic() - started
    return seconds, sum(int(call.detail.get("actual", 0)) for call in rig.shop.calls.entries())


def _products(rig: Rig, pairs: int) -> list[int]:
    skus = [f"STOCK-{number:05}" for number in range(pairs)]
    sold = rig.shop.add_products(Product(sku, sku, Decimal(1), str(80_000 + at)) for at, sku in enumerate(skus))
    with rig.odoo.registry.db.transaction():
        values = [{"name": sku, "default_code": sku, "is_storable": True} for sku in skus]
        ids = create(rig.odoo.env(), "product.product", values)
    for product in sold:
        rig.shop.set_level(product.sku, 0)
    pairs_of = zip(sold, ids, strict=True)
    rig.ledger.link(
        SLUG,
        [Link("variant", one.variant_id, Target("product.product", product), one.sku) for one, product in pairs_of],
    )
    return ids


def _count(odoo: OdooSandbox, products: list[int], units: int) -> None:
    """The whole stock in one transaction, as an inventory does."""
    [warehouse] = odoo.find("stock.warehouse", [("id", "=", 1)])
    with odoo.registry.db.transaction():
        env = odoo.env()
        for product in products:
            set_stock(env, product, warehouse["lot_stock_id"][0], units)


def _work(workers: Workers) -> None:
    while workers.pipelines["inventory"].look_at(SLUG, []):
        pass


def _all_show(rig: Rig, pairs: int, units: int) -> None:
    """A fast wrong answer is no answer."""
    shown = sum(1 for count in rig.shop.stock.counts.values() if count.available == units)
    assert shown == pairs, f"{shown} of {pairs} show {units}"
    states = {state for _, entity, state in rig.ledger.counts() if entity == "inventory"}
    assert states == {State.SYNCED}, states
