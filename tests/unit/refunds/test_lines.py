"""The lines of a credit note: Shopify's figures to the cent, on the order's lines."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.domain.money import Money
from libs.common.domain.outcomes import Hold
from libs.common.domain.refunds import Adjustment, Refund, RefundLine
from services.workers.refunds.lines import CreditLines, credit_total
from services.workers.refunds.model import Changes, PlannedLine
from services.workers.refunds.plan import plan
from tests.unit.refunds.builders import (
    FACTS,
    RULES,
    adjustment,
    refund,
    refund_line,
    refund_shipping,
    sale,
    sale_line,
    shipping_line,
    situation,
    transaction,
    usd,
)


def lines_of(made: Refund, *sold: Any, price_digits: int | None = 2) -> tuple[PlannedLine, ...]:
    planned = CreditLines(
        made, sale(*sold), FACTS.taxes, price_digits, adjustment="tandem_acme.adjustment_product", rounding=13
    )
    return planned.plan()


def told(line: PlannedLine) -> tuple[object, ...]:
    return (line.product, line.quantity, f"{line.price_unit.normalize():f}", line.tax_ids, line.sale_line_id)


def test_units_go_back_on_their_order_line_with_its_taxes() -> None:
    assert [told(line) for line in lines_of(refund(refund_line(2, "20.00")))] == [(11, 2, "10", (1,), 70)]


def test_an_amount_that_cannot_be_divided_takes_two_prices_on_18_and_one_on_19() -> None:
    made = refund(refund_line(3, "10.00"))
    assert [told(line)[1:3] for line in lines_of(made)] == [(2, "3.33"), (1, "3.34")]
    (line,) = lines_of(made, price_digits=None)
    assert (line.quantity * line.price_unit).quantize(Decimal("0.01")) == Decimal("10.00")


def test_dinars_that_18_cannot_price_are_priced_with_a_percentage() -> None:
    made = dataclasses.replace(
        refund(),
        currency="KWD",
        lines=(RefundLine("1", 1, Money.of("1.255", "KWD"), Money.of("0.000", "KWD"), "return"),),
        transactions=(),
        total=Money.of("1.255", "KWD"),
    )
    (line,) = lines_of(made)
    amount = line.quantity * line.price_unit * (1 - line.discount / 100)
    assert (line.price_unit, Money(amount, "KWD").rounded().amount) == (Decimal("1.26"), Decimal("1.255"))


def test_units_of_a_split_line_go_back_on_the_parts_that_are_invoiced() -> None:
    parts = (
        sale_line(id=70, quantity=Decimal(2), invoiced=Decimal(1)),
        sale_line(id=72, quantity=Decimal(1), invoiced=Decimal(1), key="line_1_part2"),
    )
    lines = lines_of(refund(refund_line(2, "6.67")), *parts)
    assert [told(line) for line in lines] == [(11, 1, "3.33", (1,), 70), (11, 1, "3.34", (1,), 72)]
    assert len({line.key for line in lines}) == 1, "their taxes are rounded together"


def test_two_refund_lines_of_one_line_take_different_units() -> None:
    parts = (
        sale_line(id=70, quantity=Decimal(1), invoiced=Decimal(1)),
        sale_line(id=72, quantity=Decimal(1), invoiced=Decimal(1), key="line_1_part2"),
    )
    made = refund(refund_line(1, "5.00"), refund_line(1, "6.00", restock_type="cancel"))
    assert [told(line)[2:] for line in lines_of(made, *parts)] == [("5", (1,), 70), ("6", (1,), 72)]


def test_of_two_refunds_on_their_way_each_takes_its_own_units() -> None:
    parts = (
        sale_line(id=70, quantity=Decimal(2), invoiced=Decimal(2)),
        sale_line(id=72, quantity=Decimal(1), invoiced=Decimal(1), key="line_1_part2"),
    )
    first, second = refund(refund_line(2, "20.00"), id="501"), refund(refund_line(1), id="502")
    found = situation(second, sale=sale(*parts), siblings=(first, second), open_refunds=("501",))
    decided = plan(found, RULES)
    assert isinstance(decided, Changes)
    assert decided.credit
    assert [line.sale_line_id for line in decided.credit.lines] == [72]


def test_whole_shipping_goes_back_on_its_line_and_a_part_of_it_as_money() -> None:
    whole = lines_of(refund(shipping=(refund_shipping("5.00"),)), sale_line(), shipping_line())
    assert told(whole[1]) == (12, 1, "5", (), 71)
    part = lines_of(refund(shipping=(refund_shipping("2.00"),)), sale_line(), shipping_line())
    assert told(part[1]) == (12, 1, "2", (), None)


def test_shipping_without_an_id_is_the_only_shipping_line() -> None:
    lines = lines_of(refund(shipping=(refund_shipping("5.00", line_id=""),)), sale_line(), shipping_line(tax_ids=(1,)))
    assert told(lines[1]) == (12, 1, "5", (1,), 71)


def test_duties_go_back_untaxed_on_the_duty_that_cost_as_much() -> None:
    duties = [sale_line(id=80 + n, key=f"duty_{n}", quantity=Decimal(1), price_unit=Decimal(n)) for n in (3, 4)]
    lines = lines_of(refund(duties=(usd("4.00"),)), sale_line(), *duties)
    assert told(lines[1]) == (11, 1, "4", (), 84)
    taxed = sale_line(id=85, key="duty_5", quantity=Decimal(1), price_unit=Decimal(5), tax=Decimal("0.75"))
    lines = lines_of(refund(duties=(usd("5.75"), usd("1.00"))), sale_line(), taxed, *duties)
    assert [told(line)[2:] for line in lines[1:]] == [("5", (1,), 85), ("1", (), None)]


def test_a_tip_goes_back_on_the_orders_one_tip_line() -> None:
    tip = sale_line(id=90, key="tip_1001", quantity=Decimal(1), price_unit=Decimal(4), tax_ids=(), product_id=14)
    made = refund(refund_line(1, "4.00", "0.00", line_id="66", restock_type="no_restock"))
    planned = CreditLines(made, sale(sale_line(), tip), FACTS.taxes, 2, adjustment=12, rounding=13, tip_ids=("66",))
    assert [told(line) for line in planned.plan()] == [(14, 1, "4", (), 90)]


def test_goods_are_credited_while_the_money_is_on_its_way_and_to_the_same_figure_afterwards() -> None:
    offset = adjustment("11.50")
    pending = refund(adjustments=(offset,), lines=(refund_line(),), transactions=(transaction(status="pending"),))
    back = Adjustment("32", usd("-11.50"), usd("0.00"), "pending_refund_discrepancy")
    settled = refund(adjustments=(offset, back), lines=(refund_line(),))
    failed = refund(adjustments=(offset,), lines=(refund_line(),), transactions=(transaction(status="failure"),))
    assert {str(credit_total(one)) for one in (pending, settled, failed)} == {"11.50 USD"}
    kept = refund(adjustments=(adjustment("2.00"),), lines=(refund_line(),), transactions=(transaction("9.50"),))
    assert credit_total(kept) == usd("9.50")


def test_an_adjustment_turns_its_sign_and_takes_the_taxes_that_come_to_its_tax() -> None:
    lines = lines_of(refund(refund_line(), adjustments=(adjustment("-4.00", "-0.60"),)))
    assert told(lines[1]) == ("tandem_acme.adjustment_product", 1, "4", (1,), None)
    lines = lines_of(refund(refund_line(), adjustments=(adjustment("-4.00", "-0.33"),)))
    assert told(lines[1]) == ("tandem_acme.adjustment_product", 1, "4.33", (), None)
    lines = lines_of(refund(refund_line(), adjustments=(adjustment("3.00"),)))
    assert told(lines[1]) == ("tandem_acme.adjustment_product", 1, "-3", (), None)


def test_money_alone_is_tied_to_the_order_by_a_note() -> None:
    lines = lines_of(refund(lines=(), adjustments=(adjustment(),)))
    assert [told(line) for line in lines] == [
        ("tandem_acme.adjustment_product", 1, "5", (), None),
        (None, 0, "0", (), 70),
    ]


@pytest.mark.parametrize("made", [refund(refund_line(line_id="77")), refund(shipping=(refund_shipping(),))])
def test_what_odoo_has_no_line_for_is_held(made: Refund) -> None:
    decided = plan(situation(made), RULES)
    assert isinstance(decided, Hold)
    assert decided.code == "refund_line_unknown"


@given(
    cents=st.integers(0, 10**7),
    units=st.lists(st.integers(1, 40), min_size=1, max_size=3),
    refunded=st.integers(1, 120),
    digits=st.sampled_from([2, None]),
)
def test_prices_times_quantities_come_to_what_was_refunded(
    cents: int, units: list[int], refunded: int, digits: int | None
) -> None:
    quantity = min(refunded, sum(units))
    parts = [
        sale_line(id=70 + n, key="line_1" + (f"_part{n + 1}" if n else ""), quantity=Decimal(u), invoiced=Decimal(u))
        for n, u in enumerate(units)
    ]
    amount = Decimal(cents) / 100
    lines = lines_of(refund(refund_line(quantity, str(amount))), *parts, price_digits=digits)
    assert sum(line.quantity for line in lines) == quantity
    total = sum((line.quantity * line.price_unit for line in lines), Decimal(0))
    assert Money(total, "USD").rounded().amount == amount
    for part, sold in zip(parts, units, strict=True):
        assert sum(line.quantity for line in lines if line.sale_line_id == part.id) <= sold
