"""What to do in Odoo about a fulfillment."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from libs.common.domain.fulfillments import Fulfillment
from libs.common.domain.outcomes import Hold, Ignore, Needs, Nothing
from libs.common.domain.rules import FulfillmentRules, StoreRules, Until
from libs.common.domain.sales import Move, SaleOrder
from services.workers.fulfillments.model import Changes, OrderState, Situation
from services.workers.fulfillments.plan import fulfillment_digest, plan
from tests.unit.shipping.builders import BEFORE, CAP, LATER, MUG, fulfillment, picking, sale_line, sale_order, tracking

LINKED = OrderState("acme/order/450", 7)


def rules(**changes: Any) -> StoreRules:
    return StoreRules(fulfillments=FulfillmentRules(**{"from_shopify": "validate", **changes}))


def to_do(number: int = 70, units: dict[str, str] | None = None, **changes: Any) -> Any:
    return picking(number, units, state="assigned", **changes)


def situation(
    one: Fulfillment | None = None, order: SaleOrder | None = None, *others: Fulfillment, **changes: Any
) -> Situation:
    one = one or fulfillment()
    values: dict[str, Any] = {
        "record_id": "acme/fulfillment/900",
        "fulfillment": one,
        "siblings": (one, *others),
        "order_state": LINKED,
        "order": order or sale_order(to_do()),
        **changes,
    }
    return Situation(**values)


def units(decided: object) -> dict[int, dict[int, tuple[str, bool]]]:
    """By picking: move to quantity and whether it goes out."""
    assert isinstance(decided, Changes), decided
    return {one.picking_id: {m.move_id: (str(m.quantity), m.picked) for m in one.moves} for one in decided.pickings}


def held(decided: object) -> Hold:
    assert isinstance(decided, Hold), decided
    return decided


def test_by_default_fulfillments_made_elsewhere_are_left_alone_by_name() -> None:
    assert plan(situation(), StoreRules()) == Ignore("fulfillments.from_shopify: ignore")


def test_a_fulfillment_validates_its_delivery() -> None:
    decided = plan(situation(fulfillment(units={MUG: 2}), sale_order(to_do(units={MUG: "2"}))), rules())
    assert units(decided) == {70: {701: ("2", True)}}


def test_what_is_not_part_of_it_stays_for_the_backorder() -> None:
    order = sale_order(to_do(units={MUG: "3", CAP: "2"}))
    assert units(plan(situation(order=order), rules())) == {70: {701: ("1", True), 702: ("2", False)}}


def test_units_in_several_deliveries_validate_each() -> None:
    order = sale_order(to_do(71, {MUG: "2"}), to_do(70, {MUG: "1"}))
    decided = plan(situation(fulfillment(units={MUG: 2}), order), rules())
    assert units(decided) == {70: {701: ("1", True)}, 71: {711: ("1", True)}}


def test_a_location_stands_for_its_warehouse_only() -> None:
    order = sale_order(to_do(70), to_do(71, warehouse_id=2))
    assert units(plan(situation(order=order), rules(locations={2: "61"}))) == {71: {711: ("1", True)}}
    assert held(plan(situation(order=order), rules(locations={3: "61"}))).code == "delivery_short"


def test_a_fulfillment_of_our_own_that_comes_back_changes_nothing() -> None:
    one = fulfillment()
    by_link = situation(one, delivery="acme/delivery/70")
    assert plan(by_link, rules()) == Nothing(fulfillment_digest(one))
    before_the_record_is_settled = situation(one, sale_order(picking(), to_do(71)))
    assert plan(before_the_record_is_settled, rules()) == Nothing(fulfillment_digest(one))


def test_only_what_odoo_has_not_delivered_yet_is_delivered() -> None:
    order = sale_order(picking(70, {MUG: "1"}), to_do(71, {MUG: "4"}))
    decided = plan(situation(fulfillment(units={MUG: 3}), order), rules())
    assert units(decided) == {71: {711: ("2", True)}}


def test_each_fulfillment_takes_its_own_part_and_a_repeat_none() -> None:
    first, second = fulfillment("900"), fulfillment("901", created_at=LATER + timedelta(minutes=1))
    order = sale_order(picking(70), to_do(71))
    assert plan(situation(first, order, second), rules()) == Nothing(fulfillment_digest(first))
    assert units(plan(situation(second, order, first), rules())) == {71: {711: ("1", True)}}


def test_an_earlier_fulfillment_goes_first() -> None:
    decided = plan(situation(earlier="acme/fulfillment/899"), rules())
    assert isinstance(decided, Needs)
    assert decided.record_id == "acme/fulfillment/899"


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (OrderState("acme/order/450"), Needs("acme/order/450")),
        (OrderState("acme/order/450", None, "orders.tags: vip"), Ignore("order left out: orders.tags: vip")),
        (None, Ignore("not of an order")),
    ],
)
def test_its_order_comes_first(state: OrderState | None, expected: object) -> None:
    assert plan(situation(order_state=state), rules()) == expected


def test_an_order_that_is_still_a_quotation_is_waited_for_unless_the_rule_leaves_it_so() -> None:
    order = sale_order(state="draft")
    assert plan(situation(order=order), rules()) == Needs("acme/order/450")
    stays = rules().model_copy(update={"until": Until.QUOTATION})
    assert plan(situation(order=order), stays) == Ignore("until: quotation")


def test_an_order_that_was_deleted_in_odoo_gets_nothing() -> None:
    assert plan(_without_order(), rules()) == Ignore("the order was deleted in Odoo")


def _without_order() -> Situation:
    one = fulfillment()
    return Situation("acme/fulfillment/900", one, (one,), LINKED)


def test_an_order_that_was_cancelled_in_odoo_is_held() -> None:
    order = sale_order(picking(state="cancel"), state="cancel")
    hold = held(plan(situation(order=order), rules()))
    assert (hold.code, hold.details["lines"]) == ("order_cancelled_in_odoo", {MUG: "1"})


def test_less_open_than_fulfilled_is_held_with_the_figures_of_each_line() -> None:
    order = sale_order(to_do(70, {MUG: "1"}), picking(71, {MUG: "4"}, state="cancel"))
    hold = held(plan(situation(fulfillment(units={MUG: 3}), order), rules()))
    assert hold.code == "delivery_short"
    assert hold.details["lines"] == {
        MUG: {"name": "Product 1", "to_deliver": "3", "open": "1", "delivered": "0", "missing": "2"}
    }
    assert hold.details["deliveries"] == ["WH/OUT/00070 (assigned)", "WH/OUT/00071 (cancel)"]


def test_a_delivery_that_waits_for_another_operation_is_not_validated_before_it() -> None:
    assert held(plan(situation(order=sale_order(picking(state="waiting"))), rules())).code == "delivery_short"


def test_services_are_delivered_by_nobody() -> None:
    one = fulfillment(units={MUG: 1, CAP: 1})
    assert units(plan(situation(one, sale_order(to_do())), rules())) == {70: {701: ("1", True)}}


def part(number: int, demand: int, state: str = "assigned", product: int = 0) -> Move:
    """Of a kit that is line 1: two of the first part, one of the second."""
    product = product or 90 + number % 2
    return Move(number, product, 1, Decimal(demand), Decimal(demand), state, bom_line_id=40 + product)


def of_kits(*pickings: Any, delivered: int = 0) -> SaleOrder:
    return sale_order(*pickings, lines=(sale_line(1, f"line_{MUG}", "4", delivered=Decimal(delivered)),))


def test_kits_are_delivered_by_their_parts() -> None:
    order = of_kits(to_do(moves=(part(1, 8), part(2, 4))))
    decided = plan(situation(fulfillment(units={MUG: 3}), order), rules())
    assert units(decided) == {70: {1: ("6", True), 2: ("3", True)}}


def test_parts_that_left_ahead_are_not_sent_again() -> None:
    order = of_kits(picking(69, moves=(part(1, 6, "done"),)), to_do(moves=(part(3, 2), part(2, 4))))
    assert units(plan(situation(fulfillment(units={MUG: 2}), order), rules())) == {
        70: {2: ("2", True), 3: ("2", False)}
    }


def test_less_open_than_a_whole_kit_needs_is_held() -> None:
    order = of_kits(
        picking(69, moves=(part(1, 6, "done"), part(2, 3, "done"))),
        to_do(moves=(part(3, 2), part(4, 1, "cancel"))),
        delivered=3,
    )
    one, other = fulfillment("899", {MUG: 3}, created_at=BEFORE), fulfillment(units={MUG: 1})
    assert held(plan(situation(other, order, one), rules())).code == "delivery_short"


def test_a_kit_that_odoo_counts_otherwise_is_held() -> None:
    order = of_kits(picking(69, moves=(part(1, 5, "done"),)), to_do(moves=(part(2, 4),)), delivered=1)
    assert held(plan(situation(fulfillment(units={MUG: 2}), order), rules())).code == "delivery_of_kit"


def test_one_that_was_cancelled_before_anything_was_delivered_is_left_out() -> None:
    decided = plan(situation(fulfillment(status="cancelled")), rules())
    assert decided == Ignore("cancelled in Shopify before anything was delivered for it")


@pytest.mark.parametrize("known", [{"picking_id": 70}, {"delivery": "acme/delivery/70"}])
def test_one_that_was_cancelled_afterwards_is_held_whatever_the_rule(known: dict[str, Any]) -> None:
    decided = plan(situation(fulfillment(status="cancelled"), sale_order(picking()), **known), StoreRules())
    hold = held(decided)
    assert (hold.code, hold.details["lines"]) == ("fulfillment_cancelled", {MUG: "1"})


def test_one_that_was_cancelled_is_settled_once_the_goods_are_back() -> None:
    one = fulfillment(status="cancelled")
    order = sale_order(picking(), picking(71, code="incoming"))
    assert plan(situation(one, order, picking_id=70), rules()) == Nothing(fulfillment_digest(one))


def test_its_tracking_number_is_written_where_odoo_keeps_one() -> None:
    one = fulfillment(tracking=(tracking(),))
    decided = plan(situation(one, keeps_tracking=True), rules())
    assert isinstance(decided, Changes)
    assert (decided.tracking_ref, decided.tracked) == ("1Z999", (70,))
    without = plan(situation(one), rules())
    assert isinstance(without, Changes)
    assert without.tracked == ()


def test_a_tracking_number_that_comes_later_is_written_alone() -> None:
    one = fulfillment(tracking=(tracking(),))
    later = situation(one, sale_order(picking()), picking_id=70, keeps_tracking=True, synced_digest="before")
    decided = plan(later, rules())
    assert isinstance(decided, Changes)
    assert (decided.pickings, decided.tracking_ref, decided.tracked) == ((), "1Z999", (70,))


def test_where_both_directions_are_on_a_number_that_odoo_has_stays() -> None:
    one = fulfillment(tracking=(tracking(),))
    order = sale_order(picking(tracking_number="FROM-ODOO"))
    later = situation(one, order, picking_id=70, keeps_tracking=True, synced_digest="before")
    assert plan(later, rules()) == Nothing(fulfillment_digest(one))
    alone = plan(later, rules(to_shopify=False))
    assert isinstance(alone, Changes)
    assert alone.tracked == (70,)
