"""FAULTS.md F13: the worker dies between any two remote calls, and no order is missing or there twice."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator

import pytest

from libs.common.domain.rules import StoreRules
from libs.common.ledger.model import State
from libs.sandbox.faults import Call, Fault
from libs.sandbox.shopify.bench import bench_catalog, bench_orders
from tests.rig import Rig, open_rig
from tests.workers import Worker

#: More calls than an order can need: the loop must end before, because a worker got through.
TOO_MANY_CALLS = 60
#: In the order in which a batch does them: products, customers, quotations, confirmation, dates.
WRITES = frozenset({"product.product.load", "res.partner.load", "sale.order.load", "sale.order.action_confirm"})


class Bomb:
    """Kills a process at the n-th call that reaches either sandbox: after it was applied (or before), unanswered."""

    def __init__(self, rig: Rig, *, applied: bool = True) -> None:
        self._lock = threading.Lock()
        self._left = 0
        self._among: frozenset[str] | None = None
        self._victim: Worker | None = None
        self.gone = threading.Event()
        for sandbox in (rig.shop, rig.odoo):
            sandbox.faults.add(Fault(self._now, Call(self._kill, applied=applied, drop=True), times=None))

    def arm(self, victim: Worker, at_call: int, *, among: frozenset[str] | None = None) -> None:
        """`among` counts only calls of these names."""
        with self._lock:
            self._victim, self._left, self._among = victim, at_call, among
            self.gone.clear()

    def disarm(self) -> None:
        with self._lock:
            self._victim = None

    def _now(self, operation: str) -> bool:
        with self._lock:
            if self._victim is None or (self._among is not None and operation not in self._among):
                return False
            self._left -= 1
            return self._left == 0

    def _kill(self) -> None:
        with self._lock:
            victim, self._victim = self._victim, None
        assert victim is not None
        victim.send_signal(signal.SIGKILL)
        victim.wait()
        self.gone.set()


@pytest.fixture
def rig(mongodb_url: str, mongodb_database: str, rabbitmq_vhost: str) -> Iterator[Rig]:
    with open_rig(mongodb_url, mongodb_database, rabbitmq_vhost, rules=StoreRules(missing_product="create")) as rig:
        rig.shop.add_products(bench_catalog())
        yield rig


@pytest.mark.timeout(400)
def test_f13_a_worker_killed_at_any_remote_call_leaves_no_order_missing_and_none_twice(rig: Rig) -> None:
    bomb = Bomb(rig)
    placed: list[str] = []
    kills = 0
    with rig.scheduler(sweep_seconds=0.1, overdue_seconds=0.5):
        for at_call in range(1, TOO_MANY_CALLS):
            order = rig.shop.place_order(bench_orders(1, start=at_call)[0])
            victim = rig.start_worker(worker_lease_seconds=1)
            bomb.arm(victim, at_call)
            (record_id,) = rig.announce([order])
            placed.append(record_id)
            while rig.settled([record_id]) == 0 and not bomb.gone.wait(0.05):
                assert victim.poll() is None or bomb.gone.wait(5), "the worker died by itself"
            bomb.disarm()
            killed = bomb.gone.is_set()
            if killed:
                kills += 1
                victim = rig.start_worker(worker_lease_seconds=1)
            rig.wait_settled(placed, seconds=30)
            victim.kill()
            victim.wait()
            if not killed:
                break
        else:
            pytest.fail("no worker got through")
    assert kills > 20, "every call of a fresh worker, reference data included, had its turn"
    exactly_once(rig, placed)


@pytest.mark.timeout(200)
@pytest.mark.parametrize("at_write", [1, 2, 3, 4, 5])
def test_f13_a_worker_killed_in_mid_batch_leaves_no_order_of_it_missing_and_none_twice(rig: Rig, at_write: int) -> None:
    bomb = Bomb(rig)
    orders = [rig.shop.place_order(draft) for draft in bench_orders(12)]
    ids = rig.announce(orders, nudge=False)
    victim = rig.start_worker(worker_lease_seconds=1)
    bomb.arm(victim, at_write, among=WRITES)
    with rig.scheduler(sweep_seconds=0.1, overdue_seconds=0.5):
        assert bomb.gone.wait(30)
        rig.start_worker(worker_lease_seconds=1)
        rig.wait_settled(ids, seconds=40)
    exactly_once(rig, ids)


def exactly_once(rig: Rig, record_ids: list[str]) -> None:
    """I1 and I2: each is synced, and Odoo has made each order, its customer and its confirmation once."""
    states = {record_id: rig.record(record_id).state for record_id in record_ids}
    assert set(states.values()) == {State.SYNCED}, states
    orders = rig.odoo.orders()
    refs = [order["client_order_ref"] for order in orders]
    assert sorted(refs) == sorted({order["name"] for order in rig.shop.orders()})
    assert all(order["state"] == "sale" for order in orders)
    assert rig.odoo.journal.count("sale.order", "create") == len(record_ids)
    totals = {order["name"]: order["totalPriceSet"]["shopMoney"]["amount"] for order in rig.shop.orders()}
    for order in orders:
        assert f"{order['amount_total']:.2f}" == f"{float(totals[order['client_order_ref']]):.2f}"
    emails = [partner["email"] for partner in rig.odoo.find("res.partner", archived=True) if partner["email"]]
    assert len(emails) == len(set(emails)), "a customer was made twice"
