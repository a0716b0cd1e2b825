"""Which lines of an order are its tip, and that it is told once."""

from __future__ import annotations

from typing import Any

import pytest

from libs.common.domain.money import Money
from libs.common.shopify.reading import Node
from libs.common.shopify.tips import tip_lines
from tests.unit.shopify.shop import bag, line, order
from tests.unit.shopify.test_orders import fetch_one


def tip_line(number: int, amount: str, title: str = "Tip", **changes: Any) -> dict[str, Any]:
    bare: dict[str, Any] = {
        "sku": None,
        "variant": None,
        "requiresShipping": False,
        "quantity": 1,
        "discountAllocations": [],
    }
    return line(number, **{**bare, "title": title, "taxLines": [], "originalUnitPriceSet": bag(amount), **changes})


def goods(number: int, amount: str) -> dict[str, Any]:
    return line(number, quantity=1, discountAllocations=[], originalUnitPriceSet=bag(amount))


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ([goods(1, "10.00"), tip_line(2, "4.50")], ["2"]),
        ([goods(1, "10.00"), tip_line(2, "1.50"), tip_line(3, "3.00")], ["2", "3"]),
        ([goods(1, "10.00"), tip_line(2, "4.50", "Trinkgeld")], ["2"]),
        ([goods(1, "10.00")], []),
        ([goods(1, "5.50"), tip_line(2, "4.50", "Engraving")], []),
        ([goods(1, "10.00"), tip_line(2, "4.50", "Trinkgeld", requiresShipping=True)], []),
    ],
    ids=["named", "several", "in another language", "no line", "a line of the same price", "something to ship"],
)
def test_a_tip_is_found_among_the_lines(lines: list[dict[str, Any]], found: list[str]) -> None:
    tipped = order(1, totalTipReceivedSet=bag("4.50"), subtotalPriceSet=bag("10.00"))
    nodes = [Node.of(one, "order 1") for one in lines]
    ids = tip_lines(Node.of(tipped, "order 1"), nodes)
    assert [one.rpartition("/")[2] for one in ids] == found


def test_a_line_named_tip_is_goods_when_the_order_states_no_tip() -> None:
    nodes = [Node.of(tip_line(1, "4.50"), "order 1")]
    assert tip_lines(Node.of(order(1), "order 1"), nodes) == ()


def test_a_tip_that_is_a_line_is_told_once() -> None:
    lines = {"nodes": [goods(1, "10.00"), tip_line(2, "4.50")], "pageInfo": {"hasNextPage": False, "endCursor": None}}
    made = fetch_one(
        order(1, totalTipReceivedSet=bag("4.50"), subtotalPriceSet=bag("10.00"), lineItems=lines),
    )
    assert [one.id for one in made.lines] == ["1"]
    assert (made.tip, made.tip_line_ids) == (Money.of("4.50", "EUR"), ("2",))
