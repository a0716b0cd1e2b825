"""What to tell Shopify about a delivery."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from libs.common.domain.fulfillments import Fulfillment, FulfillmentOrder, OrderFulfillments, Tracking
from libs.common.domain.outcomes import Hold, Ignore, Needs, Nothing
from libs.common.domain.rules import FulfillmentRules, StoreRules
from libs.common.domain.sales import Move, SaleOrder
from services.workers.deliveries.model import Changes, Head, Retrack, Situation
from services.workers.deliveries.plan import plan
from tests.unit.shipping.builders import (
    BEFORE,
    CAP,
    DONE_AT,
    LATER,
    MUG,
    fulfillment,
    picking,
    place,
    sale_line,
    sale_order,
    shop_order,
    tracking,
)

HEAD = Head(70, "WH/OUT/00070", "done", "outgoing", 7, DONE_AT)


def situation(order: SaleOrder | None = None, shopify: OrderFulfillments | None = None, **changes: Any) -> Situation:
    values: dict[str, Any] = {
        "record_id": "acme/delivery/70",
        "head": HEAD,
        "order": order or sale_order(picking()),
        "shopify": shopify or shop_order(place()),
        "order_record": "acme/order/450",
        **changes,
    }
    return Situation(**values)


def rules(**changes: Any) -> StoreRules:
    return StoreRules(fulfillments=FulfillmentRules(**changes))


def made(decided: object) -> dict[str, dict[str, int]]:
    """By location: units by line."""
    assert isinstance(decided, Changes), decided
    return {creation.location_id: dict(creation.lines) for creation in decided.creations}


def held(decided: object) -> Hold:
    assert isinstance(decided, Hold), decided
    return decided


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"head": None}, "deleted in Odoo, or no delivery"),
        ({"head": replace(HEAD, code="incoming")}, "not an outgoing delivery"),
        ({"head": replace(HEAD, state="assigned")}, "not done: assigned"),
        ({"head": replace(HEAD, sale_id=None)}, "not the delivery of a sale order"),
        ({"order_record": None}, "not the delivery of a linked order"),
    ],
)
def test_what_is_no_done_delivery_of_a_linked_order_is_left_out_by_name(changes: dict[str, Any], rule: str) -> None:
    assert plan(situation(**changes), StoreRules()) == Ignore(rule)


def test_a_store_that_tells_shopify_nothing_leaves_all_out() -> None:
    assert plan(situation(), rules(to_shopify=False)) == Ignore("fulfillments.to_shopify: false")


def test_a_delivery_whose_order_is_not_linked_yet_waits_for_it_by_name() -> None:
    assert plan(replace(situation(), order=None), StoreRules()) == Needs("acme/order/450")


def test_a_delivery_becomes_a_fulfillment_of_its_units_with_the_carrier_as_shopify_calls_it() -> None:
    order = sale_order(
        picking(
            units={MUG: "2", CAP: "1"}, carrier="UPS Ground (EU)", tracking_number="1Z999", tracking_url="https://t/1"
        )
    )
    decided = plan(situation(order), rules(carriers={"UPS Ground (EU)": "UPS"}, notify_customer=True))
    assert isinstance(decided, Changes)
    assert made(decided) == {"61": {MUG: 2, CAP: 1}}
    assert decided.creations[0].units == {"300": {f"300{MUG}": 2, f"300{CAP}": 1}}
    assert (decided.tracking, decided.notify) == (Tracking("1Z999", "UPS", "https://t/1"), True)


def test_a_carrier_without_a_number_is_no_tracking() -> None:
    decided = plan(situation(sale_order(picking(carrier="UPS"))), StoreRules())
    assert isinstance(decided, Changes)
    assert decided.tracking == Tracking()


def test_a_line_in_two_parts_counts_as_one() -> None:
    lines = (sale_line(1, f"line_{MUG}", product_id=11), sale_line(2, f"line_{MUG}_part2", product_id=12))
    decided = plan(situation(sale_order(picking(units={MUG: "2", CAP: "1"}), lines=lines)), StoreRules())
    assert made(decided) == {"61": {MUG: 3}}


def test_what_odoo_added_itself_is_nothing_to_tell() -> None:
    lines = (sale_line(1, "shipping_450_3"), sale_line(2, ""))
    decided = plan(situation(sale_order(picking(units={MUG: "1", CAP: "1"}), lines=lines)), StoreRules())
    assert decided == Ignore("holds nothing that was ordered in Shopify")


def test_units_at_several_locations_become_a_fulfillment_for_each() -> None:
    shop = shop_order(place("300", {MUG: 1}), place("301", {MUG: 4, CAP: 1}, location_id="62"))
    decided = plan(situation(sale_order(picking(units={MUG: "3", CAP: "1"})), shop), StoreRules())
    assert made(decided) == {"61": {MUG: 1}, "62": {MUG: 2, CAP: 1}}


def test_several_fulfillment_orders_of_one_location_are_one_fulfillment() -> None:
    shop = shop_order(place("300", {MUG: 1}), place("301", {MUG: 4}))
    decided = plan(situation(sale_order(picking(units={MUG: "3"})), shop), StoreRules())
    assert isinstance(decided, Changes)
    assert [one.units for one in decided.creations] == [{"300": {f"300{MUG}": 1}, "301": {f"301{MUG}": 2}}]


def test_a_mapped_warehouse_takes_only_its_location() -> None:
    shop = shop_order(place("300", {MUG: 5}), place("301", {MUG: 5}, location_id="62"))
    decided = plan(situation(shopify=shop), rules(locations={1: "62"}))
    assert made(decided) == {"62": {MUG: 1}}


def test_units_that_a_mapped_location_does_not_have_are_held_and_say_where_they_are() -> None:
    shop = shop_order(place("300", {MUG: 5}), place("301", {CAP: 5}, location_id="62"))
    hold = held(plan(situation(shopify=shop), rules(locations={1: "62"})))
    assert hold.code == "fulfillment_short"
    assert hold.details["elsewhere"] == [f"5 of line {MUG} at location 61 (open)"]


def test_less_left_than_delivered_is_held_with_the_figures_of_each_line() -> None:
    shop = shop_order(place("300", {MUG: 1, CAP: 5}), place("301", {MUG: 1}, status="on_hold"))
    hold = held(plan(situation(sale_order(picking(units={MUG: "3", CAP: "1"})), shop), StoreRules()))
    assert hold.code == "fulfillment_short"
    assert "3 of 'Product 1' against 1" in hold.message
    assert hold.details["lines"] == {
        MUG: {
            "name": "Product 1",
            "delivered": "3",
            "fulfilled": "0",
            "to_fulfil": "3",
            "remaining": "1",
            "missing": "2",
        }
    }
    assert hold.details["elsewhere"] == [f"1 of line {MUG} at location 61 (on_hold)"]


def test_a_part_of_a_unit_is_held() -> None:
    hold = held(plan(situation(sale_order(picking(units={MUG: "0.5"}))), StoreRules()))
    assert (hold.code, hold.details["lines"]) == ("units_not_whole", {MUG: "0.5"})


def test_an_order_that_shopify_does_not_have_any_more_is_held() -> None:
    assert held(plan(replace(situation(), shopify=None), StoreRules())).code == "order_gone"


def test_a_delivery_waits_for_an_earlier_one_that_is_not_told_yet() -> None:
    decided = plan(situation(earlier="acme/delivery/69"), StoreRules())
    assert isinstance(decided, Needs)
    assert decided.record_id == "acme/delivery/69"


def test_a_fulfillment_whose_answer_was_lost_is_found_by_its_units() -> None:
    shop = shop_order(place(remaining={MUG: 4}), fulfillment("900", {MUG: 1}))
    other = picking(69, done_at=BEFORE)
    decided = plan(situation(sale_order(picking(), other), shop), StoreRules())
    assert isinstance(decided, Changes)
    assert (decided.found, decided.creations) == (("900",), ())


def test_all_fulfillments_of_several_locations_are_found_and_only_the_rest_is_made() -> None:
    shop = shop_order(place("301", {CAP: 1}, location_id="62"), fulfillment("900", {MUG: 2}))
    decided = plan(situation(sale_order(picking(units={MUG: "2", CAP: "1"})), shop), StoreRules())
    assert isinstance(decided, Changes)
    assert (decided.found, made(decided)) == (("900",), {"62": {CAP: 1}})


def test_of_two_that_could_be_it_the_one_with_the_same_number_is_taken() -> None:
    shop = shop_order(place(), fulfillment("900"), fulfillment("901", tracking=(tracking(),)))
    order = sale_order(picking(tracking_number="1Z999"), picking(69), picking(68))
    decided = plan(situation(order, shop), StoreRules())
    assert isinstance(decided, Changes)
    assert (decided.found, decided.creations) == (("901",), ())


def test_one_with_another_number_is_not_it() -> None:
    shop = shop_order(place(), fulfillment("900", tracking=(tracking("OTHER"),)))
    order = sale_order(picking(tracking_number="1Z999"), picking(69))
    decided = plan(situation(order, shop), StoreRules())
    assert isinstance(decided, Changes)
    assert (decided.found, made(decided)) == ((), {"61": {MUG: 1}})


def test_one_of_another_delivery_or_made_before_this_one_was_done_is_not_it() -> None:
    shop = shop_order(place(), fulfillment("900"), fulfillment("901", created_at=BEFORE))
    order = sale_order(picking(), picking(69), picking(68))
    decided = plan(situation(order, shop, others=frozenset({"900"})), StoreRules())
    assert isinstance(decided, Changes)
    assert (decided.found, made(decided)) == ((), {"61": {MUG: 1}})


def test_what_somebody_fulfilled_in_shopify_by_hand_is_not_fulfilled_again() -> None:
    shop = shop_order(place(remaining={MUG: 3}), fulfillment("900", {MUG: 2}, created_at=BEFORE))
    decided = plan(situation(sale_order(picking(units={MUG: "2"})), shop), StoreRules())
    assert isinstance(decided, Changes)
    assert (decided.found, decided.creations, decided.notes["covered_by"]) == ((), (), ["#1001-F0"])


def test_only_what_odoo_delivered_beyond_shopify_is_made() -> None:
    shop = shop_order(place(remaining={MUG: 4}), fulfillment("900", {MUG: 1}, created_at=BEFORE))
    decided = plan(situation(sale_order(picking(units={MUG: "3"})), shop), StoreRules())
    assert made(decided) == {"61": {MUG: 2}}


def test_a_cancelled_fulfillment_made_by_others_does_not_count() -> None:
    shop = shop_order(place(), fulfillment("900", status="cancelled"))
    assert made(plan(situation(shopify=shop), StoreRules())) == {"61": {MUG: 1}}


def test_a_repeat_changes_nothing() -> None:
    first = plan(situation(), StoreRules())
    assert isinstance(first, Changes)
    shop = shop_order(place(remaining={MUG: 4}), fulfillment("900"))
    again = situation(shopify=shop, own=("900",), synced_digest=first.digest)
    assert plan(again, StoreRules()) == Nothing(first.digest)


def test_tracking_that_changes_later_is_told_and_only_then() -> None:
    first = plan(situation(), StoreRules())
    assert isinstance(first, Changes)
    shop = shop_order(place(remaining={MUG: 4}), fulfillment("900"))
    order = sale_order(picking(tracking_number="1Z999", carrier="UPS"))
    changed = plan(situation(order, shop, own=("900",), synced_digest=first.digest), StoreRules())
    assert isinstance(changed, Changes)
    assert (changed.retrack, changed.creations) == ((Retrack("900", (tracking(),)),), ())
    told = shop_order(place(remaining={MUG: 4}), fulfillment("900", tracking=(tracking(url="https://ups/1Z999"),)))
    lost = situation(order, told, own=("900",), synced_digest=first.digest)
    assert plan(lost, StoreRules()) == Nothing(changed.digest)


def test_tracking_that_somebody_changed_in_shopify_is_left_alone() -> None:
    order = sale_order(picking(tracking_number="1Z999", carrier="UPS"))
    first = plan(situation(order), StoreRules())
    assert isinstance(first, Changes)
    shop = shop_order(place(remaining={MUG: 4}), fulfillment("900", tracking=(tracking("BY-HAND"),)))
    assert plan(situation(order, shop, own=("900",), synced_digest=first.digest), StoreRules()) == Nothing(first.digest)


def retracked(shown: tuple[Tracking, ...], before: dict[str, Any], after: dict[str, Any]) -> list[Tracking] | None:
    """What Shopify is to show, once Odoo's delivery has these figures after it was told with those; None for no call."""
    told = plan(situation(sale_order(picking(**before))), StoreRules())
    assert isinstance(told, Changes)
    shop = shop_order(place(remaining={MUG: 4}), fulfillment("900", tracking=shown))
    order = sale_order(picking(**after))
    decided = plan(situation(order, shop, own=("900",), synced_digest=told.digest), StoreRules())
    if isinstance(decided, Nothing):
        return None
    assert isinstance(decided, Changes)
    assert not decided.creations
    (one,) = decided.retrack
    return list(one.tracking)


PARCEL: dict[str, Any] = {"tracking_number": "1Z999", "carrier": "UPS", "tracking_url": "https://ups/1Z999"}


def test_a_number_that_odoo_takes_off_is_taken_off_in_shopify_and_only_once() -> None:
    shown = (tracking(url="https://ups/1Z999"),)
    assert retracked(shown, PARCEL, {"carrier": "UPS"}) == []
    assert retracked((), PARCEL, {"carrier": "UPS"}) is None, "its answer was lost"


def test_a_number_is_taken_off_though_shopify_has_completed_it() -> None:
    shown = (tracking(url="https://ups/1Z999"),)
    assert retracked(shown, {"tracking_number": "1Z999"}, {}) == []


def test_a_number_that_somebody_else_gave_is_not_taken_off() -> None:
    assert retracked((tracking("BY-HAND"),), PARCEL, {}) is None
    assert retracked((tracking("BY-HAND"),), {"carrier": "UPS"}, {}) is None


def test_of_several_numbers_only_the_one_that_was_told_changes() -> None:
    other = Tracking("SECOND", "UPS", "https://ups/SECOND")
    shown = (tracking(url="https://ups/1Z999"), other)
    assert retracked(shown, PARCEL, {}) == [other]
    changed = {**PARCEL, "tracking_number": "1Z000", "tracking_url": "https://ups/1Z000"}
    assert retracked(shown, PARCEL, changed) == [Tracking("1Z000", "UPS", "https://ups/1Z000"), other]


@pytest.mark.parametrize("gone", ["carrier", "tracking_url"])
def test_a_carrier_or_a_link_that_odoo_takes_off_is_taken_off_in_shopify(gone: str) -> None:
    shown = (tracking(url="https://ups/1Z999"),)
    after = {**PARCEL, gone: ""}
    left = Tracking("1Z999", after["carrier"], after["tracking_url"])
    assert retracked(shown, PARCEL, after) == [left]
    assert retracked((left,), PARCEL, after) is None, "its answer was lost"


def test_a_carrier_or_a_link_that_changes_is_told() -> None:
    shown = (tracking(url="https://ups/1Z999"),)
    assert retracked(shown, PARCEL, {**PARCEL, "carrier": "DHL"}) == [Tracking("1Z999", "DHL", "https://ups/1Z999")]
    assert retracked(shown, PARCEL, {**PARCEL, "tracking_url": "https://n/1"}) == [
        Tracking("1Z999", "UPS", "https://n/1")
    ]


def test_a_fulfillment_of_ours_that_was_cancelled_is_held_and_not_made_again() -> None:
    shop = shop_order(place(), fulfillment("900", status="cancelled"))
    hold = held(plan(situation(shopify=shop, own=("900",)), StoreRules()))
    assert (hold.code, hold.details["lines"]) == ("fulfillment_cancelled", {MUG: "1"})


@pytest.mark.parametrize("by", ["fulfilled again by hand", "returned"])
def test_a_cancelled_fulfillment_is_settled_when_both_sides_agree_again(by: str) -> None:
    parts: list[FulfillmentOrder | Fulfillment] = [place(), fulfillment("900", status="cancelled")]
    pickings = [picking()]
    if by == "returned":
        pickings.append(picking(71, code="incoming"))
    else:
        parts.append(fulfillment("901", created_at=LATER, tracking=(tracking(),)))
    decided = plan(situation(sale_order(*pickings), shop_order(*parts), own=("900",)), StoreRules())
    assert isinstance(decided, Changes | Nothing)
    assert not isinstance(decided, Changes) or not decided.creations


def test_what_came_back_and_left_again_is_not_fulfilled_twice() -> None:
    shop = shop_order(place(remaining={MUG: 0}), fulfillment("900", created_at=BEFORE))
    order = sale_order(picking(), picking(69), picking(68, code="incoming"))
    decided = plan(situation(order, shop, others=frozenset({"900"})), StoreRules())
    assert isinstance(decided, Changes)
    assert decided.creations == ()


def test_a_kit_is_told_when_it_is_delivered_whole() -> None:
    parts = (Move(1, 91, 1, Decimal(2), Decimal(2), "done"), Move(2, 92, 1, Decimal(4), Decimal(4), "done"))
    lines = (sale_line(1, f"line_{MUG}", delivered=Decimal(2)),)
    decided = plan(situation(sale_order(picking(moves=parts), lines=lines)), StoreRules())
    assert made(decided) == {"61": {MUG: 2}}
    half = sale_order(picking(moves=parts[:1]), lines=(sale_line(1, f"line_{MUG}"),))
    waiting = plan(situation(half), StoreRules())
    assert isinstance(waiting, Changes)
    assert waiting.creations == ()


def test_two_deliveries_without_an_answer_make_no_more_than_both_together() -> None:
    order = sale_order(picking(70, {MUG: "2"}), picking(71, {MUG: "3"}))
    assert made(plan(situation(order), StoreRules())) == {"61": {MUG: 2}}
    second = situation(
        order, head=replace(HEAD, id=71), shopify=shop_order(place(remaining={MUG: 3}), fulfillment("900", {MUG: 2}))
    )
    assert made(plan(replace(second, others=frozenset({"900"})), StoreRules())) == {"61": {MUG: 3}}
