"""What makes a pair be looked at again, beside what changes in Odoo: other rules, and webhooks of levels."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from libs.common.ledger.model import Hint, State
from libs.sandbox.shopify.sandbox import LOCATION
from tests.integration.inventory.shelf import ELSEWHERE, MUG, Shelf, open_shelf

NEWS = "inventory_levels/update"


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    with open_shelf() as shelf:
        shelf.shop.set_level(MUG, 0)
        shelf.count(10)
        shelf.settle()
        yield shelf


def location(number: str = LOCATION, **changes: object) -> dict[str, object]:
    return {"location": number, "warehouses": [1], **changes}


def test_other_rules_show_other_figures_at_the_next_look(shelf: Shelf) -> None:
    shelf.rules(location(buffer=3))
    shelf.sync()
    assert shelf.available() == 7
    shelf.rules(location())
    shelf.sync()
    assert shelf.available() == 10, "and so do rules that were there before"


def test_a_location_that_is_named_later_is_shown_at_the_next_look(shelf: Shelf) -> None:
    shelf.shop.set_level(MUG, 0, location=ELSEWHERE)
    shelf.rules(location(share=50), location(ELSEWHERE, share=50))
    shelf.sync()
    assert (shelf.available(), shelf.available(location=ELSEWHERE)) == (5, 5)


def test_the_same_rules_make_no_work(shelf: Shelf) -> None:
    shelf.rules(location(buffer=3))
    shelf.settle()
    before = shelf.pair().wanted.seq
    shelf.settle()
    assert shelf.pair().wanted.seq == before


@pytest.mark.parametrize("figures", [(4, 10), (10, 4)], ids=["our own comes last", "our own comes first"])
def test_of_two_webhooks_that_come_together_the_older_one_may_be_last(shelf: Shelf, figures: tuple[int, int]) -> None:
    """Our own write tells 10, and somebody has set 4 since: 10 is no echo then that says that all is well."""
    item = shelf.shop.set_level(MUG, 4)
    news = f"item{item}-{LOCATION}"
    for figure in figures:
        shelf.ledger.record_hints([Hint("acme", "inventory", news, name=f"available {figure}", why=NEWS)])
    shelf.work()
    shelf.a_minute_later()
    shelf.work()
    held = shelf.pair().held
    assert shelf.pair().state is State.HELD
    assert held
    assert held.code == "stock_drift"
