"""What Shopify says that it did, compared with what was asked."""

from __future__ import annotations

import pytest

from libs.common.domain.outcomes import Hold
from libs.common.domain.rules_inventory import LocationRules, Named
from libs.common.domain.stock import NONE, Level, figure
from services.workers.inventory.model import Applied, Changes, Situation
from services.workers.inventory.verify import present_digest, verify

RULE = LocationRules(location="61", warehouses=(1,))
SITUATION = Situation("acme/inventory/4-61", variant_id="4", location="61")


def applied(quantity: int | None, told: int | None, *, by_rest: bool = False) -> Applied:
    """Of 3 available and 5 on hand."""
    level = Level("7", available=3, on_hand=5, sku="MUG")
    return Applied(Changes(SITUATION, level, figure(RULE, NONE, 0), quantity), told, by_rest=by_rest)


@pytest.mark.parametrize(
    ("one", "name"),
    [
        (applied(10, 7), Named.AVAILABLE),
        (applied(12, 7), Named.ON_HAND),
        (applied(10, 10, by_rest=True), Named.AVAILABLE),
        (applied(None, None), Named.AVAILABLE),
    ],
    ids=["available", "on hand", "by REST", "nothing was asked"],
)
def test_what_was_done_as_asked_is_as_it_should_be(one: Applied, name: Named) -> None:
    assert verify(one, name) is None


@pytest.mark.parametrize(
    ("one", "name", "words"),
    [
        (applied(10, 6), Named.AVAILABLE, "was changed by 6 in Shopify, and not 7"),
        (applied(12, 9), Named.ON_HAND, "was changed by 9 in Shopify, and not 7"),
        (applied(10, 9, by_rest=True), Named.AVAILABLE, "is 9 in Shopify, and not 10"),
    ],
    ids=["available", "on hand", "by REST"],
)
def test_what_was_done_otherwise_is_held_with_both_figures(one: Applied, name: Named, words: str) -> None:
    held = verify(one, name)
    assert isinstance(held, Hold)
    assert held.code == "stock_differs"
    assert words in held.message
    assert held.hint


def test_the_level_that_is_expected_the_next_time_is_the_one_that_was_written() -> None:
    assert present_digest(applied(10, 7), Named.AVAILABLE) == "available=10 on_hand=12"
    assert present_digest(applied(12, 7), Named.ON_HAND) == "available=10 on_hand=12"
    assert present_digest(applied(None, None), Named.AVAILABLE) == "available=3 on_hand=5"
