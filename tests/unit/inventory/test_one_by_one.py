"""What takes a request for each, by REST or to stock an item: how long one look goes on with it, and what ends it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

import pytest

from libs.common.clock import ManualClock
from libs.common.domain.rules import StoreRules
from libs.common.domain.stock import Level
from libs.common.errors import Ambiguous, Failure, Outage, RateLimited, Rejected
from libs.common.shopify.inventory import Answer, Setting
from services.workers.context import StoreContext
from services.workers.inventory.apply import ONE_BY_ONE, Result, apply
from services.workers.inventory.model import Applied, Changes, Situation
from services.workers.inventory.plan import plan

MANY = 5


@dataclass
class Shop:
    """`happens` at each request."""

    clock: ManualClock
    happens: Callable[[str], object]
    asked: list[str] = field(default_factory=list)

    def set_by_rest(self, setting: Setting) -> int:
        self._ask(setting.item_id)
        return setting.quantity

    def activate(self, item_id: str, _location: str, _key: str) -> None:
        self._ask(item_id)

    def set_quantities(self, _name: str, _settings: Sequence[Setting], _key: str) -> Answer:
        return Answer()

    def _ask(self, item: str) -> None:
        self.asked.append(item)
        self.happens(item)


def carried_out(happens: Callable[[str], object], clock: ManualClock, *, rest: bool) -> tuple[Shop, list[Result]]:
    """Five pairs of which Odoo has 10 each."""
    how = {"writes": "rest"} if rest else {"not_stocked": "activate"}
    stock = {"to_shopify": True, "locations": [{"location": "61", "warehouses": [1]}], **how}
    rules = StoreRules.model_validate({"inventory": stock})
    shop = Shop(clock, happens)
    store: Any = SimpleNamespace(
        rules=rules, ledger=SimpleNamespace(clock=clock), shopify=SimpleNamespace(stock=shop), slug="acme"
    )
    plans = [decided(one, rules, clock, stocked=rest) for one in range(MANY)]
    return shop, apply(plans, cast("StoreContext", store))


def decided(one: int, rules: StoreRules, clock: ManualClock, *, stocked: bool) -> Changes:
    level = Level(str(one), available=3, on_hand=3) if stocked else Level(str(one))
    situation = Situation(
        f"acme/inventory/{one}-61",
        variant_id=str(one),
        location="61",
        product_id=9,
        level=level,
        quantity=Decimal(10),
        read_at=clock.now(),
    )
    changes = plan(situation, rules.inventory)
    assert isinstance(changes, Changes)
    return changes


def at(item: str, failure: Failure) -> Callable[[str], None]:
    def happens(asked: str) -> None:
        if asked == item:
            raise failure

    return happens


@pytest.mark.parametrize("rest", [True, False], ids=["set by REST", "activated"])
def test_one_that_is_refused_is_refused_alone(*, rest: bool) -> None:
    refused = Rejected("no", "shopify")
    shop, results = carried_out(at("1", refused), ManualClock(), rest=rest)
    assert len(shop.asked) == MANY
    assert results[1] is refused
    assert [type(one) for one in results] == [Applied, Rejected, Applied, Applied, Applied]


@pytest.mark.parametrize("rest", [True, False], ids=["set by REST", "activated"])
def test_one_without_an_answer_ends_it_and_the_others_come_back_without_an_attempt(*, rest: bool) -> None:
    """Each would hang as long, and all together longer than the lease."""
    shop, results = carried_out(at("1", Ambiguous("no answer", "shopify")), ManualClock(), rest=rest)
    assert shop.asked == ["0", "1"]
    assert [type(one) for one in results] == [Applied, Ambiguous, RateLimited, RateLimited, RateLimited]
    assert [one.after_seconds for one in results if isinstance(one, RateLimited)] == [0.5, 1.0, 1.5]


@pytest.mark.parametrize("rest", [True, False], ids=["set by REST", "activated"])
def test_a_shop_that_is_down_is_asked_once(*, rest: bool) -> None:
    shop, results = carried_out(at("0", Outage("down", "shopify")), ManualClock(), rest=rest)
    assert shop.asked == ["0"]
    assert {type(one) for one in results} == {Outage}


@pytest.mark.parametrize("rest", [True, False], ids=["set by REST", "activated"])
def test_a_full_bucket_is_waited_for_in_its_rhythm(*, rest: bool) -> None:
    full = RateLimited("full", "shopify", after_seconds=4.0)
    _, results = carried_out(at("2", full), ManualClock(), rest=rest)
    assert [one.after_seconds for one in results if isinstance(one, RateLimited)] == [4.0, 4.5, 5.0]


def test_a_look_ends_before_its_figures_grow_old() -> None:
    clock = ManualClock()
    shop, results = carried_out(lambda _: clock.advance(ONE_BY_ONE.total_seconds() * 0.6), clock, rest=True)
    assert len(shop.asked) == 2
    assert [type(one) for one in results] == [Applied, Applied, RateLimited, RateLimited, RateLimited]
