"""FAULTS.md F13: the worker dies between any two remote calls, and no order is missing or there twice."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from libs.common.domain.rules import StoreRules
from libs.common.ledger.model import Hint, State
from libs.sandbox.shopify.bench import bench_catalog, bench_orders
from tests.faults.bomb import Bomb, kill_at_every_call
from tests.rig import Rig, hint_of_order, open_rig

#: In the order in which a batch does them: products, customers, quotations, confirmation, dates.
WRITES = frozenset({"product.product.load", "res.partner.load", "sale.order.load", "sale.order.action_confirm"})


@pytest.fixture
def rig(mongodb_url: str, mongodb_database: str, rabbitmq_vhost: str) -> Iterator[Rig]:
    with open_rig(mongodb_url, mongodb_database, rabbitmq_vhost, rules=StoreRules(missing_product="create")) as rig:
        rig.shop.add_products(bench_catalog())
        yield rig


@pytest.mark.timeout(400)
def test_f13_a_worker_killed_at_any_remote_call_leaves_no_order_missing_and_none_twice(rig: Rig) -> None:
    def place(at: int) -> Hint:
        return hint_of_order(rig.shop.place_order(bench_orders(1, start=at)[0]))

    placed, kills = kill_at_every_call(rig, "orders", place)
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
