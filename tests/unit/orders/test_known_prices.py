"""A line that an order in Odoo has keeps its price where that comes to what Shopify charges."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from libs.common.domain.orders import Order
from libs.common.domain.refunds import Refund, RefundLine
from libs.common.domain.rules import StoreRules
from libs.common.domain.sales import SaleOrder
from services.workers.orders.model import Changes, PlannedLine
from services.workers.orders.plan import plan
from tests.unit.orders.builders import PLACED, line, order, situation, usd
from tests.unit.orders.sales import sale, sale_line


def planned(placed: Order, there: SaleOrder, **more: Any) -> Changes:
    decided = plan(situation(placed, existing=there, target_id=7, **more), StoreRules())
    assert isinstance(decided, Changes), decided
    return decided


def prices(lines: tuple[PlannedLine, ...]) -> list[tuple[str, int, Decimal, Decimal]]:
    return [(one.key, one.quantity, one.unit_price, one.discount) for one in lines]


def test_more_units_at_the_same_price_are_not_split_anew() -> None:
    """3 for 10.00 was two lines where prices have two digits; here one line with a percentage comes to each total."""
    known = sale_line(1, "2", "5.01", discount=Decimal("0.20"), tax_ids=())
    decided = planned(order(line(quantity=4, price="5.00")), sale(known))
    assert prices(decided.order.lines) == [("line_1", 4, Decimal("5.01"), Decimal("0.20"))]
    assert decided.order.lines[0].amount == usd("20.00")


def test_another_price_is_another_price() -> None:
    decided = planned(order(line(quantity=4, price="5.50")), sale(sale_line(1, "2", "5.00", tax_ids=())))
    assert prices(decided.order.lines) == [("line_1", 4, Decimal("5.5"), Decimal(0))]
    assert decided.edit
    assert [write.priced is not None for write in decided.edit.writes] == [True]


def refunded(subtotal: str, **fields: Any) -> Order:
    taken = RefundLine("1", 1, usd(subtotal), usd("0"), "cancel")
    gone = Refund("R1", "1001", "#1001", PLACED, PLACED, "USD", usd(subtotal), lines=(taken,))
    return order(line(**fields), refunds=(gone,))


def test_what_a_refund_left_of_a_line_may_be_a_cent_apart() -> None:
    """9.97 for two, 4.99 went back: 4.98 are left in Shopify, and one at 4.985 is 4.99 in Odoo."""
    placed = refunded("4.99", quantity=2, price="4.99", discounts=(usd("0.01"),))
    there = sale(sale_line(1, "1", "4.985", tax_ids=()))
    decided = planned(placed, there, done_refunds=frozenset({"R1"}))
    assert prices(decided.order.lines) == [("line_1", 1, Decimal("4.985"), Decimal(0))]
    assert decided.order.lines[0].amount == usd("4.99")
    assert decided.total == usd("4.98")
    assert decided.edit
    assert decided.edit.writes_nothing
    far = planned(placed, sale(sale_line(1, "1", "5.20", tax_ids=())), done_refunds=frozenset({"R1"}))
    assert far.order.lines[0].unit_price == Decimal("4.98")


def test_a_line_in_parts_keeps_the_parts_that_are_left() -> None:
    placed = refunded("3.33", quantity=3, price="3.34", discounts=(usd("0.02"),))
    parts = (sale_line(1, "1", "3.33", tax_ids=()), sale_line(2, "1", "3.34", tax_ids=(), key="line_1_part2"))
    decided = planned(placed, sale(*parts), done_refunds=frozenset({"R1"}))
    assert prices(decided.order.lines) == [
        ("line_1", 1, Decimal("3.33"), Decimal(0)),
        ("line_1_part2", 1, Decimal("3.34"), Decimal(0)),
    ]


def test_a_line_of_which_nothing_is_left_to_pay_keeps_its_taxes() -> None:
    placed = refunded("5.00", quantity=2, price="5.00", discounts=(usd("5.00"),))
    there = sale(replace(sale_line(1, "1", "0.00"), tax_ids=(1,)))
    decided = planned(placed, there, done_refunds=frozenset({"R1"}))
    assert decided.order.lines[0].tax_ids == (1,)
