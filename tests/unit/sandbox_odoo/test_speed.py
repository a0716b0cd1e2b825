from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from libs.sandbox.odoo import OdooSpeed

if TYPE_CHECKING:
    from tests.unit.sandbox_odoo.conftest import Connect

MEASURED_ORDERS_A_SECOND = {1: 6.0, 5: 16.0, 20: 23.0, 50: 25.0}


@pytest.mark.parametrize(("batch", "rate"), MEASURED_ORDERS_A_SECOND.items())
def test_the_chain_of_calls_takes_what_it_took_on_a_real_server(batch: int, rate: float) -> None:
    speed = OdooSpeed()
    http = 0.001  # what the transport adds to each call
    calls = [
        ("res.partner.search_read", batch, 0),
        ("product.product.search_read", batch, 0),
        ("res.partner.load", batch, 0),
        ("sale.order.load", batch, 2 * batch),
        ("sale.order.web_read", batch, 0),
        ("sale.order.action_confirm", batch, 0),
        ("sale.order.update", batch, 0),
        ("sale.order.web_read", batch, 0),
    ]
    seconds = sum(speed.seconds(*call) + http for call in calls)
    assert batch / seconds == pytest.approx(rate, rel=0.03)


def test_a_call_takes_its_time(connect: Connect) -> None:
    odoo = connect("19", speed=OdooSpeed(costs={"res.partner.create": (0.1, 0.05), "*": (0.0, 0.0)}))
    assert odoo.http
    begun = time.perf_counter()
    odoo("res.partner", "create", [{"name": "a"}, {"name": "b"}])
    assert 0.19 <= time.perf_counter() - begun < 1.0


@pytest.mark.parametrize(("workers", "least", "most"), [(1, 0.39, 2.0), (4, 0.09, 0.35)])
def test_workers_say_how_many_calls_take_their_time_at_once(
    connect: Connect, workers: int, least: float, most: float
) -> None:
    odoo = connect("19", speed=OdooSpeed(costs={"*": (0.101, 0.0)}), workers=workers)
    assert odoo.http
    begun = time.perf_counter()
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: odoo("res.partner", "search_count", []), range(4)))
    assert len(set(answers)) == 1
    assert least <= time.perf_counter() - begun <= most


def test_lines_of_orders_and_a_factor_count() -> None:
    speed = OdooSpeed(costs={"sale.order.load": (0.01, 0.001)}, line_seconds=0.002)
    assert speed.seconds("sale.order.load", 10, 20) == pytest.approx(0.059)
    assert OdooSpeed(costs=speed.costs, factor=2).seconds("sale.order.load", 10) == pytest.approx(0.039)
    assert speed.seconds("res.partner.load", 10) == 0.0
