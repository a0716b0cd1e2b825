"""Webhooks, workers, sweeper and poll in one process and with the scheduler as a process: nobody does anything by hand."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from libs.common.domain.rules import FulfillmentRules, StoreRules
from libs.common.ledger.model import State
from libs.common.stores.model import OdooConnection, ShopifyConnection, Store
from libs.sandbox.odoo.sandbox import OdooSandbox
from libs.sandbox.shopify.bench import bench_catalog, bench_orders
from libs.sandbox.shopify.sandbox import ShopifySandbox
from services.all_in_one import AllInOne
from tests.integration.shipping.dock import number
from tests.rig import Rig, open_rig

RULES = StoreRules.model_validate({"missing_product": "create"})


def until(condition: Callable[[], object], *, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def shipped(shop: ShopifySandbox, order: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = shop.order(order).get("fulfillments", [])
    return found


def test_in_one_process_a_delivery_reaches_the_shop_and_a_fulfillment_reaches_odoo() -> None:
    both = RULES.model_copy(update={"fulfillments": FulfillmentRules.model_validate({"from_shopify": "validate"})})
    with ShopifySandbox() as shop, OdooSandbox() as odoo, AllInOne() as tandem:
        shop.add_products(bench_catalog())
        secrets = {"secret": SecretStr(shop.secret), "token": SecretStr(shop.token)}
        tandem.stores.save(
            Store(
                slug="acme",
                shopify=ShopifyConnection.model_validate({"shop": shop.shop, "url": shop.url, **secrets}),
                odoo=OdooConnection.model_validate(
                    {"url": odoo.url, "database": odoo.database, "login": odoo.login, "key": odoo.key}
                ),
                rules=both,
            )
        )
        shop.webhooks_to(tandem.webhook_url)
        here, there = (number(shop.place_order(draft)["id"]) for draft in bench_orders(2))

        def sale(order: str) -> int | None:
            record = tandem.ledger.get(f"acme/order/{order}")
            return record.target.id if record and record.target and record.state is State.SYNCED else None

        until(lambda: sale(here) and sale(there))
        (picking,) = odoo.pickings(sale(here))
        odoo.deliver(picking["id"])
        shop.fulfill_order(there)
        until(lambda: shipped(shop, here))
        until(lambda: [one["state"] for one in odoo.pickings(sale(there))] == ["done"])
        until(lambda: set(tandem.ledger.counts()) <= {("acme", e, State.SYNCED) for e in _ENTITIES})
        assert (len(shipped(shop, here)), len(shipped(shop, there))) == (1, 1)
        assert [one["state"] for one in odoo.pickings(sale(here))] == ["done"]


_ENTITIES = ("order", "fulfillment", "delivery", "customer", "variant", "payment")


@pytest.fixture
def rig(mongodb_url: str, mongodb_database: str, rabbitmq_vhost: str) -> Iterator[Rig]:
    with open_rig(mongodb_url, mongodb_database, rabbitmq_vhost, rules=RULES) as rig:
        rig.shop.add_products(bench_catalog())
        yield rig


def test_a_scheduler_process_polls(rig: Rig) -> None:
    rig.start_service("services.workers", "orders", "deliveries")
    rig.start_service("services.scheduler", scheduler_sweep_seconds=0.1, scheduler_poll_seconds=0.2)
    order = rig.shop.place_order(bench_orders(1)[0])
    ids = rig.announce([order])
    rig.wait_settled(ids)
    target = rig.record(ids[0]).target
    assert target
    (picking,) = rig.odoo.pickings(target.id)
    rig.odoo.deliver(picking["id"])
    until(lambda: shipped(rig.shop, number(order["id"])))
    rig.wait_settled([f"acme/delivery/{picking['id']}"])
    assert rig.record(f"acme/delivery/{picking['id']}").state is State.SYNCED
