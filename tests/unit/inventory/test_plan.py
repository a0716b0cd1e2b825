"""What a location should show, and what is decided about it: the formula by example, and every way out."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from libs.common.domain.outcomes import Hold, Ignore, Needs, Nothing
from libs.common.domain.rules_inventory import InventoryRules, LocationRules
from libs.common.domain.stock import Level, figure, level_digest, level_of, pair_of, sighting_id, sighting_of
from libs.common.shopify.inventory import Setting
from services.workers.inventory.apply import idempotency_key
from services.workers.inventory.model import Changes, Situation
from services.workers.inventory.plan import DOUBT_AT_LATEST, plan
from services.workers.inventory.unrecorded import Pending, Unrecorded

LOCATION = "61"


def rules(*, location: dict[str, Any] | None = None, **inventory: Any) -> InventoryRules:
    shown = {"location": LOCATION, "warehouses": [1], **(location or {})}
    return InventoryRules.model_validate({"to_shopify": True, "locations": [shown], **inventory})


def situation(**changes: Any) -> Situation:
    usual: dict[str, Any] = {"variant_id": "4", "location": LOCATION, "product_id": 9, "quantity": Decimal(10)}
    usual |= {"level": Level("7", available=3, on_hand=5, sku="MUG"), "record_id": "acme/inventory/4-61", "mark": "1 "}
    return Situation(**{**usual, **changes})


@pytest.mark.parametrize(
    ("rule", "quantity", "unrecorded", "value"),
    [
        ({}, "15", 0, 15),
        ({}, "15", 2, 13),
        ({"buffer": 3, "share": 80, "cap": 50}, "15", 2, 7),
        ({"buffer": 3}, "2", 0, 0),
        ({"cap": 5}, "15", 0, 5),
        ({"cap": 0}, "15", 0, 0),
        ({}, "2.9", 0, 2),
        ({}, "-4", 0, 0),
        ({"share": 30}, "11", 0, 3),
    ],
)
def test_the_figure(rule: dict[str, Any], quantity: str, unrecorded: int, value: int) -> None:
    location = LocationRules.model_validate({"location": LOCATION, "warehouses": [1], **rule})
    found = figure(location, Decimal(quantity), unrecorded)
    assert found.value == value
    assert found.shown()["figure"] == str(value)
    assert found.shown()["free_qty"] == quantity


def test_what_is_promised_and_not_reserved_is_taken_off() -> None:
    rule = LocationRules.model_validate({"location": LOCATION, "warehouses": [1], "share": 50})
    found = figure(rule, Decimal(15), 2, Decimal(3))
    assert (found.value, found.shown()["unreserved"]) == (5, "3")


def test_available_is_set_to_the_figure_and_on_hand_so_that_available_becomes_it() -> None:
    available, on_hand = plan(situation(), rules()), plan(situation(), rules(name="on_hand"))
    assert isinstance(available, Changes)
    assert isinstance(on_hand, Changes)
    assert (available.quantity, on_hand.quantity) == (10, 12)


def test_what_agrees_is_kept_and_not_written() -> None:
    same = plan(situation(quantity=Decimal(3)), rules())
    assert isinstance(same, Changes)
    assert same.quantity is None
    known = situation(quantity=Decimal(3), seen=level_digest(3, 5), linked=True, read=False)
    assert plan(known, rules()) == Nothing(level_digest(3, 5))


def test_an_order_on_its_way_is_waited_for() -> None:
    waiting = plan(situation(unrecorded=2, waits_for="acme/order/1"), rules())
    assert isinstance(waiting, Changes)
    assert isinstance(waiting.again, Needs)
    assert (waiting.quantity, waiting.again.record_id) == (8, "acme/order/1")


@pytest.mark.parametrize(
    ("changes", "rule", "words"),
    [
        ({}, {"to_shopify": False}, "inventory.to_shopify: false"),
        ({"location": "99"}, {}, "99 is not among them"),
        ({"product_id": None}, {}, "not linked"),
        ({"level": None}, {}, "gone in Shopify"),
        ({"level": Level("7", tracked=False)}, {}, "does not track"),
        ({"level": Level("7")}, {}, "inventory.not_stocked: ignore"),
        ({"location": "", "variant_id": ""}, {}, "nobody keeps"),
    ],
)
def test_what_is_left_out_says_by_which_rule(changes: dict[str, Any], rule: dict[str, Any], words: str) -> None:
    decided = plan(situation(**changes), rules(**rule))
    assert isinstance(decided, Ignore)
    assert words in decided.rule


def test_drift_is_only_what_nothing_else_explains() -> None:
    drifted = situation(seen=level_digest(10, 12))
    held = plan(drifted, rules())
    assert isinstance(held, Hold)
    assert held.code == "stock_drift"
    corrected = plan(drifted, rules(drift="correct"))
    assert isinstance(corrected, Changes)
    assert corrected.quantity == 10
    for other in ({"waits_for": "acme/order/1"}, {"quantity": Decimal(9)}, {"seen": level_digest(3, 5)}):
        assert isinstance(plan(situation(**{"seen": level_digest(10, 12), **other}), rules()), Changes)


def test_a_product_that_odoo_tells_nothing_of_is_held() -> None:
    held = plan(situation(quantity=None), rules())
    assert isinstance(held, Hold)
    assert held.code == "product_gone"


def test_shopifys_stock_is_imported_at_the_first_look_alone() -> None:
    importing = rules(location={"import_place": 8}, first_import=True)
    all_free = Level("7", available=5, on_hand=5)
    first = plan(situation(quantity=Decimal(0), untouched=True, level=all_free), importing)
    assert isinstance(first, Changes)
    assert (first.import_quantity, first.quantity) == (5, None)
    for later in ({"untouched": False}, {"seen": level_digest(5, 5), "untouched": True}):
        decided = plan(situation(quantity=Decimal(0), level=all_free, **later), importing)
        assert isinstance(decided, Changes)
        assert decided.import_quantity is None


@pytest.mark.parametrize(
    ("known", "counted"),
    [
        ({}, 3),
        ({"unrecorded": 2}, 5),
        ({"unrecorded": 1}, 4),
        ({"unreserved": Decimal(1), "unrecorded": 1}, 5),
        ({"quantity": Decimal(-2)}, 5),
        ({"unrecorded": 9}, 5),
    ],
)
def test_what_is_promised_to_orders_that_nobody_knows_is_not_imported(known: dict[str, Any], counted: int) -> None:
    """3 are available and 5 on hand: two are promised, damaged or set aside."""
    importing = rules(location={"import_place": 8}, first_import=True)
    first = plan(situation(**{"quantity": Decimal(0), "untouched": True, **known}), importing)
    assert isinstance(first, Changes)
    assert first.import_quantity == counted


def test_what_is_missing_without_an_order_is_taken_off_and_nothing_goes_up_meanwhile() -> None:
    """Shopify had 5, shows 3, and no order explains it: two may have been sold just now."""
    seen = level_digest(5, 5)
    for quantity in (5, 9):
        assert plan(situation(seen=seen, quantity=Decimal(quantity), doubt=2), rules()) == Needs("", DOUBT_AT_LATEST)
    less = plan(situation(seen=seen, quantity=Decimal(4), doubt=2), rules())
    assert isinstance(less, Changes)
    assert (less.quantity, less.again) == (2, Needs("", DOUBT_AT_LATEST))
    equal = plan(situation(seen=seen, quantity=Decimal(3), doubt=2), rules())
    assert isinstance(equal, Changes)
    assert equal.quantity == 1


def two(**second: Any) -> list[dict[str, Any]]:
    return [{"location": "1", "warehouses": [1], "import_place": 8}, {"location": "2", "warehouses": [2], **second}]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"locations": []}, "name at least one"),
        ({"locations": [{"location": LOCATION}]}, "location 61 needs warehouses or places"),
        (
            {"locations": [{"location": LOCATION, "warehouses": [1], "places": [2]}]},
            "61 needs warehouses or places, and",
        ),
        ({"locations": two(warehouses=[1, 2])}, "warehouse 1 is shown by several locations with 200 %"),
        ({"locations": two(location="1")}, "location 1 is named twice: put"),
        ({"writes": "rest", "name": "on_hand"}, "set `name: available`, or `writes: graphql`"),
        ({"first_import": True, "locations": two()}, "2 has none"),
        ({"first_import": True, "locations": two(import_place=8)}, "2 and 1 name 8"),
    ],
)
def test_rules_that_would_sell_twice_or_mean_nothing_are_refused(wrong: dict[str, Any], words: str) -> None:
    usual = {"to_shopify": True, "locations": [{"location": LOCATION, "warehouses": [1]}]}
    with pytest.raises(ValidationError, match=re.escape(words)):
        InventoryRules.model_validate({**usual, **wrong})


def test_the_key_is_the_same_on_every_retry_and_another_one_for_anything_else() -> None:
    decided = plan(situation(), rules())
    assert isinstance(decided, Changes)
    asked = Setting("7", LOCATION, 10, 3)
    key = idempotency_key([decided], [asked])
    assert idempotency_key([decided], [asked]) == key
    heard_of = plan(situation(mark="2 "), rules())
    assert isinstance(heard_of, Changes)
    others = {
        idempotency_key([heard_of], [asked]),
        idempotency_key([decided], [Setting("7", LOCATION, 10, 4)]),
        idempotency_key([decided], [Setting("7", LOCATION, 9, 3)]),
        idempotency_key([decided], [asked], salt=1),
    }
    assert len(others | {key}) == 5


def test_units_that_odoo_has_not_recorded_count_where_they_are_shipped_from() -> None:
    partly = Pending("acme/order/1", True, {("4", "61"): 3, ("4", "62"): 2}, {"4": 1})
    held = Pending("acme/order/2", False, {("4", ""): 1})
    unrecorded = Unrecorded([partly, held])
    assert unrecorded.units("4", {"61"}) == 3 + 1
    assert unrecorded.units("4", {"61", "62"}) == 4 + 1
    assert unrecorded.units("5", {"61"}) == 0
    assert unrecorded.waits_for("4") == "acme/order/1"
    assert Unrecorded([held]).waits_for("4") is None


def test_names_of_pairs_and_news_are_read_back() -> None:
    assert pair_of("4-61") == ("4", "61")
    assert pair_of("4") is None
    assert sighting_of(sighting_id("7", "61")) == ("7", "61")
    assert sighting_of("4-61") is None
    assert level_of(level_digest(-1, 5)) == (-1, 5)
    assert level_of("0a1b") is None
