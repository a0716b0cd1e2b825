"""Odoo's stock as what Shopify shows, between both sandboxes, on 18 and 19."""

from __future__ import annotations

from datetime import timedelta

import pytest

from libs.common.ledger.model import Hint, State
from libs.sandbox.faults import Call, Fault
from libs.sandbox.shopify.sandbox import LOCATION
from services.workers.inventory import levels
from tests.integration.inventory.shelf import CAP, ELSEWHERE, MUG, Shelf, link


def test_a_count_in_odoo_is_what_shopify_shows_with_its_numbers_on_the_record(shelf: Shelf) -> None:
    shelf.rules({"location": LOCATION, "warehouses": [1], "buffer": 2, "cap": 50})
    shelf.count(12)
    shelf.sync()
    assert shelf.available() == 10
    record = shelf.pair()
    assert record.state is State.SYNCED
    assert record.target
    assert record.target.model == f"InventoryLevel/{LOCATION}"
    (verified,) = [event for event in record.history if event.what == "verified"]
    told = {name: verified.details[name] for name in ("free_qty", "unrecorded", "buffer", "cap", "figure")}
    assert told == {"free_qty": "12", "unrecorded": "0", "buffer": "2", "cap": "50", "figure": "10"}


def test_a_change_of_one_pair_is_one_poll_two_odoo_calls_in_all_and_one_mutation(shelf: Shelf) -> None:
    shelf.count(12)
    shelf.settle()
    shelf.count(9)
    shelf.shop.calls.clear()
    shelf.odoo.calls.clear()
    shelf.poll()
    assert shelf.odoo.calls.count() == 1, "what moved"
    shelf.work()
    assert shelf.odoo.calls.count() == 2, "and how much there is"
    assert shelf.mutations() == 1
    assert shelf.available() == 9


def test_a_poll_that_finds_nothing_costs_one_call_and_no_work(shelf: Shelf) -> None:
    shelf.count(12)
    shelf.settle()
    shelf.odoo.calls.clear()
    shelf.shop.calls.clear()
    shelf.sync()
    assert (shelf.odoo.calls.count(), shelf.shop.calls.count()) == (1, 0)


@pytest.mark.parametrize("shown", ["warehouses", "places"])
def test_a_reservation_by_hand_that_no_move_tells_of_is_found_by_its_quant(shelf: Shelf, shown: str) -> None:
    [warehouse] = shelf.odoo.find("stock.warehouse", [("id", "=", 1)])
    ids = {"warehouses": [1], "places": [warehouse["lot_stock_id"][0]]}
    shelf.rules({"location": LOCATION, shown: ids[shown]})
    shelf.count(12)
    shelf.settle()
    [quant] = shelf.odoo.find("stock.quant", [("product_id", "=", shelf.products[MUG]), ("quantity", ">", 0)])
    shelf.odoo.change("stock.quant", quant["id"], reserved_quantity=5.0)
    shelf.sync()
    assert shelf.available() == 12
    shelf.poll_anew()
    shelf.work()
    assert shelf.available() == 7


def test_where_the_item_is_not_stocked_it_is_left_out_or_activated_by_rule(shelf: Shelf) -> None:
    shelf.count(4, CAP)
    shelf.sync()
    assert shelf.pair(CAP).ignored == "inventory.not_stocked: ignore"
    shelf.rules(not_stocked="activate")
    shelf.hint(CAP)
    shelf.work()
    assert shelf.available(CAP) == 4
    assert shelf.pair(CAP).state is State.SYNCED
    assert shelf.mutations("InventoryActivate") == 1


def test_one_warehouse_is_shown_at_many_locations_by_shares(shelf: Shelf) -> None:
    shelf.shop.set_level(MUG, 0, location=ELSEWHERE)
    shelf.rules(
        {"location": LOCATION, "warehouses": [1], "share": 70}, {"location": ELSEWHERE, "warehouses": [1], "share": 30}
    )
    shelf.count(11)
    shelf.settle()
    assert (shelf.available(), shelf.available(location=ELSEWHERE)) == (7, 3)
    shelf.count(20)
    shelf.sync()
    assert (shelf.available(), shelf.available(location=ELSEWHERE)) == (14, 6)


def test_many_warehouses_are_shown_at_one_location(shelf: Shelf) -> None:
    second = shelf.odoo.add("stock.warehouse", name="Second", code="SEC")
    place = shelf.odoo.find("stock.warehouse", [("id", "=", second)])[0]["lot_stock_id"][0]
    shelf.rules({"location": LOCATION, "warehouses": [1, second]})
    shelf.count(4)
    shelf.count(3, place=place)
    shelf.sync()
    assert shelf.available() == 7


def test_a_place_inside_a_warehouse_is_shown_alone(shelf: Shelf) -> None:
    stock = shelf.odoo.find("stock.warehouse", [("id", "=", 1)])[0]["lot_stock_id"][0]
    window = shelf.odoo.add("stock.location", name="Window", usage="internal", location_id=stock)
    shelf.rules({"location": LOCATION, "places": [window]})
    shelf.count(4)
    shelf.count(3, place=window)
    shelf.sync()
    assert shelf.available() == 3


def test_the_forecast_follows_what_is_ordered_in_odoo(shelf: Shelf) -> None:
    shelf.rules({"location": LOCATION, "warehouses": [1], "quantity": "virtual_available"})
    shelf.count(5)
    shelf.sync()
    partner = shelf.odoo.add("res.partner", name="Walk-in")
    line = {"product_id": shelf.products[MUG], "product_uom_qty": 8}
    order = shelf.odoo.add("sale.order", partner_id=partner, order_line=[(0, 0, line)])
    shelf.confirm(order)
    shelf.sync()
    assert shelf.available() == 0
    assert shelf.pair().history[-1].details.get("digest") == "available=0 on_hand=0"


def test_on_hand_is_set_so_that_what_is_available_is_the_figure(shelf: Shelf) -> None:
    shelf.rules(name="on_hand")
    shelf.count(10)
    shelf.sync()
    shelf.buy(3)
    shelf.settle()
    shelf.count(12)
    shelf.settle()
    level = shelf.shop.level(MUG)
    assert level
    assert (level.available, level.committed, level.on_hand) == (9, 3, 12)


def test_a_variant_that_is_linked_later_is_shown_at_the_next_look(shelf: Shelf) -> None:
    other = "BENCH-002"
    shelf.shop.set_level(other, 0)
    shelf.count(6, other)
    shelf.settle()
    assert shelf.available(other) == 0
    link(shelf, other)
    shelf.sync()
    assert shelf.available(other) == 6


def test_our_own_write_that_comes_back_as_a_webhook_is_recognised(shelf: Shelf) -> None:
    shelf.count(10)
    shelf.settle()
    item = shelf.pair().target
    assert item
    before, calls = shelf.pair().wanted.seq, shelf.shop.calls.count()
    shelf.ledger.record_hints(
        [Hint("acme", "inventory", f"item{item.id}-{LOCATION}", name="available 10", why="inventory_levels/update")]
    )
    shelf.work()
    assert shelf.pair().wanted.seq == before
    assert shelf.shop.calls.count() == calls


def test_drift_is_reported_or_corrected_by_rule(shelf: Shelf) -> None:
    shelf.count(10)
    shelf.settle()
    item = shelf.shop.set_level(MUG, 4)
    news = Hint("acme", "inventory", f"item{item}-{LOCATION}", name="available 4", why="inventory_levels/update")
    shelf.ledger.record_hints([news])
    shelf.work()
    assert shelf.pair().state is State.DUE, "an order may be on its way"
    shelf.a_minute_later()
    shelf.work()
    held = shelf.pair().held
    assert held
    assert (held.code, held.details["shopify"], held.details["figure"]) == ("stock_drift", 4, "10")
    assert shelf.available() == 4
    shelf.rules(drift="correct")
    shelf.hint()
    shelf.work()
    assert shelf.available() == 10
    assert shelf.pair().state is State.SYNCED


@pytest.mark.parametrize("read_at_most", [100, 0], ids=["few", "many"])
def test_drift_is_found_by_the_daily_audit_where_no_webhook_tells_of_it(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch, read_at_most: int
) -> None:
    """Of many as well, where what was last seen stands for what Shopify has when only Odoo tells of a change."""
    monkeypatch.setattr(levels, "READ_AT_MOST", read_at_most)
    shelf.count(10)
    shelf.settle()
    shelf.shop.set_level(MUG, 4)
    shelf.sync()
    assert shelf.pair().state is State.SYNCED
    [audited] = [one for one in shelf.cursors.find() if one["_id"] == "acme/audit/inventory"]
    shelf.cursors.update_one({"_id": audited["_id"]}, {"$set": {"reached": audited["reached"] - timedelta(hours=25)}})
    shelf.sync()
    shelf.a_minute_later()
    shelf.work()
    held = shelf.pair().held
    assert held
    assert (held.code, held.details["shopify"]) == ("stock_drift", 4)
    audits = [event for event in shelf.pair().history if event.details.get("why") == "audit"]
    assert len(audits) == 2, "the first one, and that of the next day"


@pytest.mark.parametrize("drift", ["report", "correct"])
def test_drift_is_reported_or_corrected_by_rest_as_well(shelf: Shelf, drift: str) -> None:
    shelf.rules(writes="rest", drift=drift)
    shelf.count(10)
    shelf.settle()
    shelf.shop.set_level(MUG, 4)
    shelf.hint()
    shelf.work()
    shelf.a_minute_later()
    shelf.work()
    held = shelf.pair().held
    assert (shelf.available(), held.code if held else "") == ((4, "stock_drift") if drift == "report" else (10, ""))
    assert shelf.mutations() == 0


def test_shopifys_stock_is_taken_over_once_and_leads_no_more(shelf: Shelf) -> None:
    stock = shelf.odoo.find("stock.warehouse", [("id", "=", 1)])[0]["lot_stock_id"][0]
    shelf.shop.set_level(MUG, 8)
    shelf.rules({"location": LOCATION, "warehouses": [1], "import_place": stock}, first_import=True)
    shelf.settle()
    product = [("id", "=", shelf.products[MUG])]
    assert shelf.odoo.find("product.product", product)[0]["qty_available"] == 8
    assert shelf.available() == 8
    shelf.count(0)
    shelf.settle()
    assert shelf.available() == 0
    assert shelf.odoo.find("product.product", product)[0]["qty_available"] == 0


def test_rest_sets_the_same_figure_and_honours_its_bucket(shelf: Shelf) -> None:
    shelf.rules(writes="rest")
    shelf.count(10)
    shelf.poll()
    # The last reading before the writing: a bucket fills by itself.
    shelf.shop.faults.add(Fault("NewestOrders", Call(shelf.shop.rest_bucket.drain), nth=2))
    shelf.work()
    waiting = shelf.pair()
    assert (waiting.state, waiting.attempts) == (State.DUE, 0)
    shelf.shop.rest_bucket.give_back(40)
    shelf.ledger.retry([waiting.id], why="test")
    shelf.work()
    assert shelf.available() == 10
    assert shelf.mutations() == 0
