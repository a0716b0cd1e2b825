"""What a refund does to deliveries, by `restockType`."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from typing import Any

import pytest

from libs.common.domain.fulfillments import (
    FulfilledLine,
    Fulfillment,
    FulfillmentOrder,
    FulfillmentOrderLine,
    OrderFulfillments,
)
from libs.common.domain.rules import StoreRules
from libs.common.domain.sales import SaleOrder
from services.workers.refunds.model import Changes
from tests.unit.refunds.builders import (
    REFUNDED,
    RULES,
    came_back,
    changes_of,
    delivered_sale,
    line_item,
    move,
    order,
    picking,
    refund,
    refund_line,
    sale,
    sale_line,
    situation,
)

OPEN = picking(move(state="assigned"), state="assigned")


def returned(changes: Changes) -> list[tuple[int, int]]:
    """(move, units) that come back."""
    return [(one.move_id, int(one.quantity)) for one in changes.returned.moves] if changes.returned else []


def lowered(changes: Changes) -> dict[int, str]:
    return {one.line.id: str(one.quantity) for one in changes.quantities}


def of(kind: str, sold: SaleOrder, quantity: int = 1, rules: StoreRules = RULES) -> Changes:
    made = refund(refund_line(quantity, f"{10 * quantity}.00", restock_type=kind))
    return changes_of(situation(made, sale=sold), rules)


@pytest.mark.parametrize("kind", ["return", "legacy_restock"])
def test_delivered_units_come_back_and_the_order_keeps_its_quantity(kind: str) -> None:
    changes = of(kind, delivered_sale(3), 2)
    assert (returned(changes), lowered(changes)) == ([(300, 2)], {})
    assert changes.returned
    assert changes.returned.external_id == "tandem_acme.return_501"


@pytest.mark.parametrize("kind", ["cancel", "legacy_restock", "return"])
def test_units_that_were_never_delivered_are_not_to_be_any_more(kind: str) -> None:
    changes = of(kind, sale(pickings=(OPEN,)), 2)
    assert (returned(changes), lowered(changes), changes.hold_after) == ([], {70: "1"}, None)


def shop(shipped: int, left: int, status: str = "open") -> OrderFulfillments:
    """What Shopify shipped of the line, and still wants shipped."""
    lines = (FulfillmentOrderLine("31", "1", left, 3),)
    done = (Fulfillment("41", "1001", "#1001-F1", "success", REFUNDED, REFUNDED, (FulfilledLine("1", shipped),)),)
    return OrderFulfillments("1001", "#1001", (FulfillmentOrder("30", status, "61", lines),), done if shipped else ())


def kept(units: int, sold: SaleOrder, shipping: OrderFulfillments | None, **changes: Any) -> Changes:
    """Units are refunded that nobody restocks."""
    made = refund(refund_line(units, f"{10 * units}.00", restock_type="no_restock"))
    return changes_of(situation(made, sale=sold, shipping=shipping, **changes))


def test_delivered_units_that_are_not_restocked_stay_delivered() -> None:
    changes = kept(1, delivered_sale(3), None)
    assert (returned(changes), lowered(changes), changes.hold_after) == ([], {}, None)


@pytest.mark.parametrize("shipping", [shop(0, 1), shop(0, 1, "on_hold"), None])
def test_units_that_are_not_restocked_and_were_never_sent_are_not_to_be(shipping: OrderFulfillments | None) -> None:
    changes = kept(2, sale(pickings=(OPEN,)), shipping)
    assert (returned(changes), lowered(changes), changes.hold_after) == ([], {70: "1"}, None)


IN_PART = (picking(move(1)), picking(move(2, id=301, state="assigned"), id=202, state="assigned"))


@pytest.mark.parametrize(
    ("units", "shipping", "left"),
    [
        (1, shop(1, 2), {}),  # the one that was sent
        (1, None, {}),
        (2, shop(1, 1), {70: "2"}),
        (2, None, {70: "2"}),
        (1, shop(1, 1), {70: "2"}),  # as Shopify says, whatever its rule is
        (3, shop(1, 0, "closed"), {70: "1"}),
    ],
)
def test_of_units_sent_in_part_as_many_are_not_sent_any_more_as_shopify_says(
    units: int, shipping: OrderFulfillments | None, left: dict[int, str]
) -> None:
    sold = sale(sale_line(delivered=Decimal(1)), pickings=IN_PART)
    changes = kept(units, sold, shipping)
    assert (returned(changes), lowered(changes), changes.hold_after) == ([], left, None)


def test_a_repeat_takes_no_further_unit_off() -> None:
    sold = sale(sale_line(quantity=Decimal(1)), pickings=(picking(move(1, state="assigned"), state="assigned"),))
    assert lowered(kept(2, sold, shop(0, 1))) == {}


def test_cancelled_and_kept_units_of_one_line_both_leave_the_order() -> None:
    first = refund(refund_line(1, restock_type="cancel"))
    second = refund(refund_line(1, restock_type="no_restock"), id="502")
    given = situation(second, sale=sale(pickings=(OPEN,)), siblings=(first, second), shipping=shop(0, 1))
    assert lowered(changes_of(given)) == {70: "1"}


def test_before_the_invoice_units_that_were_not_sent_leave_and_sent_ones_stay() -> None:
    unpaid = {"invoices": (), "pickings": (OPEN,)}
    assert lowered(kept(2, sale(sale_line(invoiced=Decimal(0)), **unpaid), shop(0, 1))) == {70: "1"}
    part = sale(sale_line(invoiced=Decimal(0), delivered=Decimal(1)), invoices=(), pickings=IN_PART)
    assert lowered(kept(1, part, shop(1, 2))) == {}


def test_by_rule_nothing_comes_back() -> None:
    changes = of("return", delivered_sale(3), rules=RULES.model_copy(update={"restock": False}))
    assert (returned(changes), lowered(changes)) == ([], {})


def test_of_units_delivered_in_part_some_come_back_and_the_others_are_not_delivered() -> None:
    sold = sale(
        sale_line(delivered=Decimal(2)), pickings=(picking(move(2)), picking(move(1, state="assigned"), id=202))
    )
    changes = of("return", sold, 3)
    assert (returned(changes), lowered(changes)) == ([(300, 2)], {70: "2"})


def test_what_came_back_before_does_not_come_back_again() -> None:
    earlier = refund(refund_line(2, "20.00"), id="500")
    made = refund(refund_line(1))
    found = situation(made, sale=delivered_sale(3, came_back(2)), siblings=(earlier, made))
    assert returned(changes_of(found)) == [(300, 1)]


def test_of_two_refunds_on_their_way_each_brings_its_own_units_back() -> None:
    first, second = refund(id="501"), refund(id="502")
    sold = sale(sale_line(delivered=Decimal(2)), pickings=(picking(move(1, id=310)), picking(move(1, id=311), id=203)))
    one = situation(first, sale=sold, siblings=(first, second), open_refunds=("502",))
    other = situation(second, sale=sold, siblings=(first, second), open_refunds=("501",))
    assert [returned(changes_of(found)) for found in (one, other)] == [[(310, 1)], [(311, 1)]]


def test_a_return_of_an_earlier_try_is_not_made_again() -> None:
    mine = came_back(1, state="assigned")
    changes = changes_of(situation(sale=delivered_sale(3, mine), returns={"501": mine}))
    assert changes.returned
    assert (changes.returned.existing_id, changes.returned.moves) == (201, ())


def test_a_quantity_that_was_lowered_by_an_earlier_try_is_not_lowered_again() -> None:
    made = refund(refund_line(1, restock_type="cancel"))
    sold = sale(sale_line(quantity=Decimal(2)), pickings=(OPEN,))
    assert lowered(changes_of(situation(made, sale=sold))) == {}


def test_two_refunds_of_one_line_come_to_the_same_quantity() -> None:
    first, second = (refund(refund_line(1, restock_type="cancel"), id=one) for one in ("501", "502"))
    found = [situation(one, sale=sale(pickings=(OPEN,)), siblings=(first, second)) for one in (first, second)]
    assert [lowered(changes_of(one)) for one in found] == [{70: "1"}, {70: "1"}]


def test_an_edit_counts_before_the_refund() -> None:
    edited = order(line_item(quantity=4, current_quantity=2, refunded_quantity=1, reduced=True))
    made = refund(refund_line(1, restock_type="cancel"))
    assert lowered(changes_of(situation(made, order=edited, sale=sale(pickings=(OPEN,))))) == {70: "2"}


def test_units_of_a_split_line_are_taken_off_the_last_part_first() -> None:
    parts = (
        sale_line(id=70, quantity=Decimal(2), invoiced=Decimal(2)),
        sale_line(id=72, quantity=Decimal(1), invoiced=Decimal(1), key="line_1_part2"),
    )
    changes = of("cancel", sale(*parts, pickings=(OPEN,)), 2)
    assert lowered(changes) == {72: "0", 70: "1"}


def test_units_refunded_as_not_delivered_that_were_are_held_after_the_rest_is_done() -> None:
    changes = of("cancel", delivered_sale(2), 2)
    assert lowered(changes) == {70: "2"}
    assert changes.credit
    assert changes.hold_after
    assert changes.hold_after.code == "refund_units_delivered"
    assert changes.hold_after.details["lines"] == [{"line": "[MUG-1] Mug", "units": "1"}]


def test_units_that_came_back_before_leave_the_order_too_or_odoo_would_ship_them_again() -> None:
    earlier = refund(refund_line(1), id="500")
    made = refund(refund_line(1, restock_type="cancel"))
    sold = sale(
        sale_line(delivered=Decimal(1)),
        pickings=(picking(move(2)), came_back(1), picking(move(1, state="assigned"), id=203)),
    )
    changes = changes_of(situation(made, sale=sold, siblings=(earlier, made)))
    assert (lowered(changes), changes.hold_after) == ({70: "1"}, None)


def test_a_second_cancel_takes_no_more_off_for_what_came_back_before() -> None:
    earlier = refund(refund_line(1), id="500")
    first = refund(refund_line(1, restock_type="cancel"), id="502")
    made = refund(refund_line(1, restock_type="cancel"))
    sold = sale(
        sale_line(quantity=Decimal(3), delivered=Decimal(0)),
        pickings=(picking(move(1)), came_back(1), picking(move(3, state="assigned"), id=203)),
    )
    five = order(line_item(quantity=5))
    changes = changes_of(situation(made, order=five, sale=sold, siblings=(earlier, first, made)))
    assert lowered(changes) == {70: "2"}
    again = dataclasses.replace(sold, lines=(sale_line(quantity=Decimal(2), delivered=Decimal(0)),))
    assert lowered(changes_of(situation(made, order=five, sale=again, siblings=(earlier, first, made)))) == {}


def test_what_is_not_kept_in_stock_is_only_credited() -> None:
    changes = of("return", sale())
    assert (returned(changes), lowered(changes)) == ([], {})


def test_a_cancelled_order_keeps_its_deliveries_as_they_are() -> None:
    changes = of("cancel", sale(state="cancel", pickings=(OPEN,)))
    assert (lowered(changes), changes.credit is not None) == ({}, True)


def test_units_come_back_from_several_deliveries() -> None:
    sold = sale(
        sale_line(delivered=Decimal(3)),
        pickings=(picking(move(1, id=310), id=203), picking(move(2, id=300), id=200)),
    )
    assert returned(of("return", sold, 3)) == [(300, 2), (310, 1)]


def test_a_kit_comes_back_with_all_its_parts_and_is_counted_as_a_kit() -> None:
    parts = [
        move(each * 3, id=300 + number, product_id=90 + number, bom_line_id=40 + number)
        for number, each in ((1, 2), (2, 1))
    ]
    sold = sale(sale_line(delivered=Decimal(3)), pickings=(picking(*parts),))
    changes = of("return", sold, 2)
    assert (returned(changes), lowered(changes)) == ([(301, 4), (302, 2)], {})
    assert changes.returned
    assert [one.bom_line_id for one in changes.returned.moves] == [41, 42]


def test_kits_that_were_never_delivered_leave_the_order_as_kits() -> None:
    parts = [
        move(each * 3, id=300 + number, product_id=90 + number, bom_line_id=40 + number, state="assigned")
        for number, each in ((1, 2), (2, 1))
    ]
    assert lowered(of("return", sale(pickings=(picking(*parts, state="assigned"),)), 2)) == {70: "1"}


def test_a_kit_that_odoo_counts_otherwise_is_a_persons_to_bring_back() -> None:
    parts = [move(5, id=301, product_id=91, bom_line_id=41), move(3, id=302, product_id=92, bom_line_id=42)]
    sold = sale(sale_line(delivered=Decimal(1)), pickings=(picking(*parts),))
    assert of("return", sold, 3).hold_after is not None
    assert returned(of("return", sold, 3)) == []
