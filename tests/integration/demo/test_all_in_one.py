"""The embedded mode: it starts, works, stops, and leaves nothing behind."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from libs.common.ledger.model import Record, State
from libs.common.settings import GatewaySettings, SchedulerSettings
from libs.common.stores.model import Store
from libs.sandbox.odoo import OdooSandbox
from libs.sandbox.shopify.drafts import Line, Product
from libs.sandbox.shopify.sandbox import ShopifySandbox
from services.all_in_one import AllInOne, embedded

MUG = Product("MUG", "Mug", Decimal("12.50"), "40001")
DESCRIPTORS = Path("/proc/self/fd")


def store_of(shop: ShopifySandbox, odoo: OdooSandbox, **rules: str) -> Store:
    shopify = {"shop": shop.shop, "secret": shop.secret, "token": shop.token, "url": shop.url}
    company = {"url": odoo.url, "database": odoo.database, "login": odoo.login, "key": odoo.key}
    return Store.model_validate({"slug": "acme", "shopify": shopify, "odoo": company, "rules": rules})


def until(condition: Callable[[], bool], seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def record(tandem: AllInOne, order_id: str) -> Record | None:
    return tandem.ledger.get(f"acme/order/{order_id}")


def settled(found: Record) -> bool:
    return found.state not in {State.DUE, State.RUNNING}


def state(tandem: AllInOne, order_id: str) -> State | None:
    found = record(tandem, order_id)
    return found.state if found else None


def test_an_order_goes_from_webhook_to_confirmed_and_a_repeat_changes_nothing() -> None:
    with ShopifySandbox() as shop, OdooSandbox() as odoo, AllInOne() as tandem:
        tandem.stores.save(store_of(shop, odoo, missing_product="create"))
        shop.webhooks_to(tandem.webhook_url)
        order = shop.place_order(lines=(Line(MUG, 2),))
        order_id = order["id"].rpartition("/")[2]
        assert until(lambda: state(tandem, order_id) is State.SYNCED)
        made = odoo.journal.count("sale.order", "create")
        assert shop.deliver_now(order) == 200
        assert until(lambda: (found := record(tandem, order_id)) is not None and found.claims == 2 and settled(found))
        assert [(o["client_order_ref"], o["state"]) for o in odoo.orders()] == [(order["name"], "sale")]
        assert odoo.journal.count("sale.order", "create") == made == 1


def test_it_starts_and_stops_again_and_leaves_no_thread_and_no_socket() -> None:
    with AllInOne():
        pass  # what is made once for the process is made now
    threads = set(threading.enumerate())
    descriptors = len(list(DESCRIPTORS.iterdir())) if DESCRIPTORS.exists() else 0
    for _ in range(3):
        with AllInOne() as tandem:
            assert httpx.get(f"{tandem.gateway_url}/health/ready").json() == {"ledger": True, "broker": True}
            address = httpx.URL(tandem.gateway_url)
        with pytest.raises(OSError), socket.create_connection((address.host, address.port or 0), 1):
            pass
    assert set(threading.enumerate()) <= threads
    if DESCRIPTORS.exists():
        assert len(list(DESCRIPTORS.iterdir())) <= descriptors


def test_started_again_it_still_has_its_ledger_and_its_stores() -> None:
    tandem = AllInOne()
    with ShopifySandbox() as shop, OdooSandbox() as odoo:
        with tandem:
            tandem.stores.save(store_of(shop, odoo))
            shop.webhooks_to(tandem.webhook_url)
            order = shop.place_order(lines=(Line(MUG),))
            order_id = order["id"].rpartition("/")[2]
            assert until(lambda: state(tandem, order_id) is State.HELD)
        with tandem:
            assert state(tandem, order_id) is State.HELD
            shop.webhooks_to(tandem.webhook_url)
            second = shop.place_order(lines=(Line(MUG),))
            assert until(lambda: state(tandem, second["id"].rpartition("/")[2]) is State.HELD)


def test_what_has_no_message_is_found_by_the_scheduler() -> None:
    """A retry by hand publishes nothing here: the sweeper alone brings it to the worker."""
    scheduler = embedded(SchedulerSettings, sweep_seconds=0.1)
    with ShopifySandbox() as shop, OdooSandbox() as odoo, AllInOne(scheduler=scheduler) as tandem:
        tandem.stores.save(store_of(shop, odoo))
        shop.webhooks_to(tandem.webhook_url)
        order_id = shop.place_order(lines=(Line(MUG),))["id"].rpartition("/")[2]
        assert until(lambda: state(tandem, order_id) is State.HELD)
        odoo.add_product(default_code="MUG")
        assert tandem.ledger.retry([f"acme/order/{order_id}"], why="retry by hand") == [f"acme/order/{order_id}"]
        assert until(lambda: state(tandem, order_id) is State.SYNCED)


def test_a_port_that_is_taken_is_told_and_nothing_is_left_running() -> None:
    threads = set(threading.enumerate())
    with socket.create_server(("127.0.0.1", 0)) as taken:
        tandem = AllInOne(gateway=embedded(GatewaySettings, port=taken.getsockname()[1]))
        with pytest.raises(OSError):
            tandem.start()
    assert until(lambda: set(threading.enumerate()) <= threads, 5)
