from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from libs.common.domain.orders import Order
from libs.common.domain.refunds import Refund, RefundLine
from libs.common.domain.sales import SaleOrder
from services.workers.orders.kept import without_cancelled
from tests.unit.orders.builders import line, order, tax, usd
from tests.unit.orders.sales import picking, sale, sale_line

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def refund(restock_type: str = "cancel") -> Refund:
    taken = RefundLine("1", 1, usd("9.00"), usd("1.35"), restock_type)
    return Refund("77", "5", "#1001", NOW, NOW, "USD", usd("10.35"), lines=(taken,))


ORDER = replace(
    order(line(quantity=3, price="10.00", discounts=(usd("3.00"),), taxes=(tax("0.15", "4.05"),))), refunds=(refund(),)
)


def test_units_that_never_left_come_off_the_order_with_their_money() -> None:
    kept = without_cancelled(ORDER, {"77"})
    (left,) = kept.lines
    assert (left.sold_quantity, left.sold_total, left.sold_taxes[0].price) == (2, usd("18.00"), usd("2.70"))
    assert (kept.total, kept.total_tax) == (usd("20.70"), usd("2.70"))
    assert ORDER.lines[0].sold_quantity == 3


def test_a_refund_that_is_not_in_odoo_yet_changes_nothing() -> None:
    assert without_cancelled(ORDER, ()) is ORDER


def test_units_that_were_delivered_stay_on_the_order() -> None:
    returned = replace(ORDER, refunds=(refund("return"),))
    assert without_cancelled(returned, {"77"}) is returned


def test_units_said_to_be_returned_that_odoo_never_delivered_left_the_order_as_well() -> None:
    returned = replace(ORDER, refunds=(refund("return"),))
    kept = without_cancelled(returned, {"77"}, sale(sale_line(1, "2")))
    assert (kept.lines[0].sold_quantity, kept.total) == (2, usd("20.70"))
    assert without_cancelled(returned, {"77"}, sale(sale_line(1, "3"))) is returned


def test_what_came_back_leaves_with_what_an_edit_takes_off_so_that_it_is_not_shipped_again() -> None:
    """Of three one was delivered and came back; an edit took another one off, so one is to be delivered."""
    edited = line(quantity=3, price="10.00", current_quantity=1, refunded_quantity=1, reduced=True)
    returned = replace(order(edited), refunds=(refund("return"),))
    pickings = (picking(1, "done", "1"), picking(2, "assigned", "2"), picking(3, "done", "1", code="incoming"))
    assert sold(returned, sale(sale_line(1, "3"), pickings=pickings)) == 1
    followed = (picking(1, "done", "1"), picking(2, "assigned", "1"), picking(3, "done", "1", code="incoming"))
    assert sold(returned, sale(sale_line(1, "1"), pickings=followed)) == 1


def test_units_that_nobody_kept_leave_with_an_edit_and_those_that_somebody_may_have_kept_do_not() -> None:
    edited = line(quantity=3, price="10.00", current_quantity=1, refunded_quantity=1, reduced=True)
    refunded = replace(order(edited), refunds=(refund("no_restock"),), fulfillment_status="unfulfilled")
    there = sale(sale_line(1, "2"), pickings=(picking(1, "assigned", "2"),))
    assert sold(refunded, there) == 1
    assert sold(replace(refunded, fulfillment_status="partially_fulfilled"), there) == 2


def sold(changed: Order, there: SaleOrder) -> int:
    return without_cancelled(changed, {"77"}, there).lines[0].sold_quantity


def test_an_edited_line_counts_what_is_left_and_what_was_refunded() -> None:
    edited = line(quantity=5, price="10.00", current_quantity=2, refunded_quantity=1, reduced=True)
    assert (edited.sold_quantity, edited.sold_total) == (3, usd("30.00"))
    third = line(quantity=3, price="3.33", current_quantity=2, reduced=True, discounts=(usd("0.01"),))
    assert third.sold_total.amount == Decimal("6.65")
