"""What the fulfillments' room writes and what the poll reads, against every Odoo."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from libs.common.domain.fulfillments import FulfilledLine, Fulfillment
from libs.common.domain.outcomes import Nothing
from libs.common.domain.rules import FulfillmentRules, StoreRules
from libs.common.domain.sales import SaleOrder
from libs.common.odoo.cells import parse_datetime
from libs.common.odoo.sale_orders import read_sale_orders
from services.scheduler.odoo_poll.models import DELIVERIES
from services.scheduler.odoo_poll.pages import changed_since
from services.workers.context import StoreContext
from services.workers.fulfillments.apply import apply
from services.workers.fulfillments.model import Applied, Changes, OrderState, Situation
from services.workers.fulfillments.plan import plan
from tests.contract.odoo.conftest import Lab, store_of
from tests.contract.odoo.depot import Depot

RULES = StoreRules(fulfillments=FulfillmentRules.model_validate({"from_shopify": "validate"}))
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.fixture
def store(lab: Lab) -> StoreContext:
    return store_of(lab.client, RULES)


def read(store: StoreContext, order_id: int) -> SaleOrder:
    """The order, its lines named `line_0`, `line_1`, … as those of Tandem's orders are by Shopify's ids."""
    order = read_sale_orders(store.odoo, store.odoo_fields, [order_id], keys=False)[order_id]
    return replace(order, lines=tuple(replace(line, key=f"line_{n}") for n, line in enumerate(order.lines)))


def fulfillment(number: int, *units: int) -> Fulfillment:
    lines = tuple(FulfilledLine(str(line), n) for line, n in enumerate(units) if n)
    at = NOON + timedelta(minutes=number)
    return Fulfillment(str(number), "1", f"#1001-F{number}", "success", at, at, lines)


def decide(store: StoreContext, order_id: int, *fulfillments: Fulfillment) -> object:
    """What the last one of them asks for."""
    state = OrderState("acme/order/1", order_id)
    one = fulfillments[-1]
    return plan(Situation("acme/fulfillment/1", one, fulfillments, state, read(store, order_id)), RULES)


def carried_out(store: StoreContext, decided: object) -> None:
    assert isinstance(decided, Changes), decided
    (answer,) = apply([decided], store)
    assert isinstance(answer, Applied), answer
    assert answer.unanswered is None


def test_a_part_is_validated_the_rest_waits_and_a_repeat_finds_nothing_to_do(depot: Depot, store: StoreContext) -> None:
    order = depot.order((depot.product(), "3"), (depot.product(4), "4"))
    first, second = fulfillment(1, 1, 0), fulfillment(2, 2, 4)
    carried_out(store, decide(store, order, first))
    assert depot.delivered(order) == [1.0, 0.0]
    assert isinstance(decide(store, order, first), Nothing)
    carried_out(store, decide(store, order, first, second))
    assert depot.delivered(order) == [3.0, 4.0]
    assert [state for state, _ in depot.states(order)] == ["done", "done"]
    assert isinstance(decide(store, order, first, second), Nothing)


def test_what_somebody_else_had_picked_does_not_go_out_with_it(depot: Depot, store: StoreContext) -> None:
    order = depot.order((depot.product(), "2"), (depot.product(3), "3"))
    depot.pick(depot.picking(order), 2, 3)
    carried_out(store, decide(store, order, fulfillment(1, 0, 1)))
    assert depot.delivered(order) == [0.0, 1.0]


def test_missing_stock_is_delivered_all_the_same(depot: Depot, store: StoreContext) -> None:
    order = depot.order((depot.product(0), "2"))
    carried_out(store, decide(store, order, fulfillment(1, 2)))
    assert depot.delivered(order) == [2.0]


def test_several_orders_are_validated_in_two_calls(depot: Depot, store: StoreContext) -> None:
    product = depot.product()
    orders = [depot.order((product, "2")) for _ in range(3)]
    plans = [decide(store, order, fulfillment(1, 1)) for order in orders]
    changes = [
        replace(one, record_id=f"acme/fulfillment/{n}") for n, one in enumerate(plans) if isinstance(one, Changes)
    ]
    assert all(isinstance(answer, Applied) for answer in apply(changes, store))
    assert [depot.delivered(order) for order in orders] == [[1.0]] * 3


@pytest.mark.parametrize("page", [1, 2, 50])
def test_the_poll_finds_every_done_delivery_of_one_second_on_pages_of_any_size(
    depot: Depot, store: StoreContext, page: int
) -> None:
    product = depot.product()
    pickings = [depot.picking(depot.order((product, "1")))["id"] for _ in range(5)]
    before = depot.picking(depot.order((product, "1")))
    store.odoo.call(
        "stock.picking", "button_validate", [pickings], write=True, context={"skip_sms": True, "skip_backorder": True}
    )
    domain = [*DELIVERIES.domain, ("partner_id", "=", before["partner_id"]), ("id", "in", [*pickings, before["id"]])]
    (row,) = store.odoo.search_read("stock.picking", [("id", "=", pickings[0])], ["write_date"])
    since = parse_datetime(row["write_date"]) - timedelta(minutes=1)
    found = changed_since(store.odoo, "stock.picking", domain, ["name", "write_date"], since, page_records=page)
    assert sorted(one["id"] for rows in found for one in rows) == sorted(pickings)
