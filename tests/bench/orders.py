"""Orders: how many remote calls, how fast a backlog goes, how much memory a worker keeps."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from libs.common.domain.rules import StoreRules, Until
from libs.common.settings import WorkerSettings
from libs.sandbox.odoo.sandbox import OdooSandbox
from libs.sandbox.odoo.speed import OdooSpeed
from libs.sandbox.shopify.bench import bench_catalog, bench_orders
from libs.sandbox.shopify.sandbox import ShopifySandbox
from services.workers.bootstrap import Ports, build
from tests.rig import SLUG, Rig, open_rig

BACKLOG = 500
#: The same code with batch size 1 is timed on fewer: its rate is steady and each order takes long.
SINGLY = 150
MANY_ORDERS = 5000
FEW_ORDERS = 500


@contextmanager
def bench_rig(
    mongodb_url: str, rabbitmq_url: str, *, speed: OdooSpeed | None = None, paid: bool = False
) -> Iterator[Rig]:
    """A store whose products and tax Odoo knows, with a budget at Shopify that is never the bound.

    `paid`: orders go all the way to their invoice and their payment.
    """
    odoo = OdooSandbox(speed=speed)
    rules = StoreRules()
    if paid:
        bank = next(journal["id"] for journal in odoo.find("account.journal") if journal["type"] == "bank")
        rules = StoreRules(until=Until.PAID, journals={"bogus": bank})
    shop = ShopifySandbox(bucket=1_000_000, restore_rate=1_000_000)
    for product in bench_catalog():
        odoo.add_product(default_code=product.sku, barcode=product.barcode, list_price=float(product.price))
    shop.add_products(bench_catalog())
    database = f"bench_{uuid.uuid4().hex[:12]}"
    with open_rig(mongodb_url, database, rabbitmq_url, shop=shop, odoo=odoo, rules=rules) as rig:
        try:
            yield rig
        finally:
            rig.stop()
            rig.connection.database.client.drop_database(database)


def count_calls(mongodb_url: str, rabbitmq_url: str, *, paid: bool = False) -> dict[str, int]:
    """GraphQL requests and Odoo calls for one order alone and for twenty together, by a worker that is warm.

    `again_…` are those of the twenty when they change in nothing that matters.
    """
    with bench_rig(mongodb_url, rabbitmq_url, paid=paid) as rig:
        settings = WorkerSettings(
            ledger_url=rig.mongodb_url, broker_url=rig.rabbitmq_url, secret_key=SecretStr(rig.key), batch_size=20
        )
        ports = Ports(rig.ledger, rig.budgets, rig.breakers, rig.stores, lambda *_: None)
        workers = build(["orders"], ports, settings)
        counts: dict[str, int] = {}
        try:
            for name, start, size in (("warm-up", 0, 1), ("alone", 1, 1), ("batch", 2, 20)):
                ids = _place(rig, size, start, nudge=False)
                rig.shop.calls.clear()
                rig.odoo.calls.clear()
                claimed = workers.pipelines["orders"].look_at(SLUG, ids)
                assert claimed == size, f"{claimed} of {size} claimed"
                rig.wait_settled(ids, seconds=5)
                counts[f"{name}_shopify"] = len(rig.shop.calls.entries())
                counts[f"{name}_odoo"] = len(rig.odoo.calls.entries())
            before = len(rig.odoo.journal.entries())
            again = rig.announce([rig.shop.update_order(one.rpartition("/")[2], note="later") for one in ids])
            rig.odoo.calls.clear()
            assert workers.pipelines["orders"].look_at(SLUG, again) == len(again)
            rig.wait_settled(again, seconds=5)
            counts["again_odoo"] = len(rig.odoo.calls.entries())
            counts["again_writes"] = len(rig.odoo.journal.entries()) - before
            counts["payments"] = rig.odoo.journal.count("account.payment", "post")
        finally:
            workers.close()
        _all_synced(rig)
        return counts


def drain(mongodb_url: str, rabbitmq_url: str) -> dict[str, float]:
    """Orders a second from a backlog, in batches and one by one, on an Odoo as slow as a real one."""
    rates: dict[str, float] = {}
    for name, size, count in (("batched", 20, BACKLOG), ("singly", 1, SINGLY)):
        with bench_rig(mongodb_url, rabbitmq_url, speed=OdooSpeed()) as rig:
            rig.start_service("services.workers", "orders", worker_batch_size=size, worker_lease_seconds=120)
            with rig.scheduler(overdue_seconds=5):
                # The worker reads its reference data first, as one that has run for a while has.
                rig.wait_settled(_place(rig, 1, 0))
                backlog = _place(rig, BACKLOG, 1, nudge=False)
                started = time.monotonic()
                _wait_for(rig, backlog, count)
                rates[name] = rig.settled(backlog) / (time.monotonic() - started)
            _all_synced(rig)
    return {**rates, "ratio": rates["batched"] / rates["singly"]}


def memory(mongodb_url: str, rabbitmq_url: str) -> dict[str, float]:
    """Megabytes of a worker process after few and after many orders."""
    with bench_rig(mongodb_url, rabbitmq_url) as rig:
        worker = rig.start_service("services.workers", "orders", worker_lease_seconds=120)
        sizes: dict[str, float] = {}
        done = 0
        with rig.scheduler(overdue_seconds=5):
            for name, count in (("few", FEW_ORDERS), ("many", MANY_ORDERS)):
                while done < count:
                    part = _place(rig, FEW_ORDERS, done)
                    rig.wait_settled(part, seconds=300, poll_seconds=0.2)
                    done += len(part)
                sizes[name] = _resident_megabytes(worker.pid)
        _all_synced(rig)
        return sizes


def _place(rig: Rig, count: int, start: int, *, nudge: bool = True) -> list[str]:
    return rig.announce([rig.shop.place_order(draft) for draft in bench_orders(count, start=start)], nudge=nudge)


def _wait_for(rig: Rig, ids: list[str], count: int, *, seconds: float = 300) -> None:
    deadline = time.monotonic() + seconds
    while rig.settled(ids) < count:
        assert time.monotonic() < deadline, f"{rig.settled(ids)} of {count} after {seconds} s"
        time.sleep(0.1)


def _all_synced(rig: Rig) -> None:
    """A fast wrong answer is no answer: nothing is held, and no order is there twice."""
    states = {state.value for _, entity, state in rig.ledger.counts() if entity == "order"}
    assert states <= {"synced", "due", "running"}, states
    refs: list[Any] = [order["client_order_ref"] for order in rig.odoo.orders()]
    assert len(refs) == len(set(refs)), "an order was made twice"


def _resident_megabytes(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise AssertionError("no VmRSS")
