"""What `tandem store check` says of the places that a store's locations show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from libs.common.domain.rules_inventory import InventoryRules
from libs.common.odoo.check import CheckLine
from libs.common.odoo.check_places import check_places
from tests.contract.odoo.conftest import Lab


@dataclass
class House:
    """The first warehouse, and a place inside of its stock with another one inside of that."""

    lab: Lab
    warehouse: int
    stock: int
    shop: int
    window: int

    def lines(self, *locations: dict[str, Any], **inventory: Any) -> list[CheckLine]:
        shown = [{"location": str(number), **one} for number, one in enumerate(locations, start=61)]
        rules = InventoryRules.model_validate({"to_shopify": True, "locations": shown, **inventory})
        return check_places(self.lab.client, rules)


@pytest.fixture
def house(lab: Lab) -> House:
    client = lab.client
    [warehouse, *_] = client.search_read("stock.warehouse", [("company_id", "=", 1)], ["lot_stock_id"])
    place = warehouse["lot_stock_id"][0]
    inside: list[int] = []
    for name in ("Shop", "Window"):
        values = {"name": lab.new(name), "usage": "internal", "location_id": [place, *inside][-1]}
        inside += client.call("stock.location", "create", [[values]], write=True)
    return House(lab, warehouse["id"], place, *inside)


def test_places_that_are_apart_are_well(house: House) -> None:
    [line] = house.lines({"places": [house.window]})
    assert line.ok
    [line] = house.lines({"warehouses": [house.warehouse], "share": 60}, {"places": [house.window], "share": 40})
    assert line.ok


@pytest.mark.parametrize("outer", ["warehouse", "stock", "shop"])
def test_a_place_inside_of_what_another_location_shows_would_sell_twice(house: House, outer: str) -> None:
    around = {"warehouses": [house.warehouse]} if outer == "warehouse" else {"places": [getattr(house, outer)]}
    [line] = house.lines(around, {"places": [house.window]})
    assert not line.ok
    assert f"stock.location {house.window} is shown at 61 and 62, 200 %" in line.detail
    assert line.to_do


def test_what_is_imported_must_be_shown(house: House) -> None:
    good, bad = ({"places": [house.shop], "import_place": one} for one in (house.window, house.stock))
    [line] = house.lines(good, first_import=True)
    assert line.ok
    [line] = house.lines(bad, first_import=True)
    assert not line.ok
    assert f"{house.stock} is in nothing that 61 shows" in line.detail
    assert line.what == "rules.inventory.locations.61.import_place"


def test_a_place_that_is_not_there_breaks_nothing(house: House) -> None:
    [line] = house.lines({"places": [2_000_000_000]}, {"warehouses": [2_000_000_000]})
    assert line.ok
