"""What takes many requests, by REST, to stock items, or to import: how long one look goes on with it, and what ends it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
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
from services.workers.inventory import apply as apply_module
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
    after = [0.5, 1.0, 1.5] if rest else [0.1, 0.2, 0.3]
    assert [one.after_seconds for one in results if isinstance(one, RateLimited)] == pytest.approx(after)


@pytest.mark.parametrize("rest", [True, False], ids=["set by REST", "activated"])
def test_a_shop_that_is_down_is_asked_once(*, rest: bool) -> None:
    shop, results = carried_out(at("0", Outage("down", "shopify")), ManualClock(), rest=rest)
    assert shop.asked == ["0"]
    assert {type(one) for one in results} == {Outage}


@pytest.mark.parametrize("rest", [True, False], ids=["set by REST", "activated"])
def test_a_full_bucket_is_waited_for_in_its_rhythm(*, rest: bool) -> None:
    full = RateLimited("full", "shopify", after_seconds=4.0)
    _, results = carried_out(at("2", full), ManualClock(), rest=rest)
    after = [4.0, 4.5, 5.0] if rest else [4.0, 4.1, 4.2]
    assert [one.after_seconds for one in results if isinstance(one, RateLimited)] == pytest.approx(after)


def test_a_look_ends_before_its_figures_grow_old() -> None:
    clock = ManualClock()
    shop, results = carried_out(lambda _: clock.advance(ONE_BY_ONE.total_seconds() * 0.6), clock, rest=True)
    assert len(shop.asked) == 2
    assert [type(one) for one in results] == [Applied, Applied, RateLimited, RateLimited, RateLimited]


@dataclass
class Odoo:
    """Takes its time to count; `refuses` to answer at the call of this number."""

    clock: ManualClock
    seconds: float
    refuses: int = 0
    counted: list[int] = field(default_factory=list)
    """How many in each call."""

    def load(self, _model: str, _fields: Sequence[str], rows: Sequence[Any], **_: Any) -> SimpleNamespace:
        self.counted.append(len(rows))
        self.clock.advance(self.seconds)
        if len(self.counted) == self.refuses:
            raise Ambiguous("no answer", "odoo")
        return SimpleNamespace(ids=list(range(len(rows))))


def imported(odoo: Odoo, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Five pairs, two in a call: what comes of each."""
    monkeypatch.setattr(apply_module, "IMPORTED_AT_ONCE", 2)
    location = {"location": "61", "warehouses": [1], "import_place": 8}
    stock = {"to_shopify": True, "locations": [location], "first_import": True}
    rules = StoreRules.model_validate({"inventory": stock})
    store: Any = SimpleNamespace(rules=rules, ledger=SimpleNamespace(clock=odoo.clock), odoo=odoo, module="tandem_acme")
    plans = [replace(decided(one, rules, odoo.clock, stocked=True), import_quantity=3) for one in range(MANY)]
    return [type(one).__name__ for one in apply([replace(one, quantity=None) for one in plans], store)]


def test_an_import_of_many_goes_in_several_calls_as_far_as_time_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    quick = Odoo(ManualClock(), seconds=1)
    assert imported(quick, monkeypatch) == ["Applied"] * MANY
    assert quick.counted == [2, 2, 1]
    slow = Odoo(ManualClock(), seconds=ONE_BY_ONE.total_seconds() * 0.6)
    assert imported(slow, monkeypatch) == ["Applied"] * 4 + ["RateLimited"]
    assert slow.counted == [2, 2]


def test_an_import_ends_with_the_first_call_that_has_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    odoo = Odoo(ManualClock(), seconds=1, refuses=2)
    assert imported(odoo, monkeypatch) == ["Applied"] * 2 + ["Ambiguous"] * 3
    assert odoo.counted == [2, 2]
