"""What Shopify sells while Odoo's stock is shown: taken off once, until Odoo has it, whatever comes between."""

from __future__ import annotations

from libs.common.ledger.model import Hint, State
from libs.sandbox.faults import Call, Fault
from libs.sandbox.shopify.sandbox import LOCATION
from tests.integration.inventory.shelf import ELSEWHERE, MUG, Shelf


def test_a_sale_that_odoo_has_not_recorded_is_taken_off_and_waited_for(shelf: Shelf) -> None:
    shelf.count(10)
    shelf.sync()
    order = shelf.buy(3)
    shelf.count(12)
    shelf.poll()
    shelf.work("inventory")
    assert shelf.available() == 9
    waiting = shelf.pair()
    assert (waiting.state, waiting.waits_for) == (State.DUE, f"acme/order/{order}")
    shelf.settle()
    assert shelf.available() == 9
    assert shelf.pair().state is State.SYNCED


def test_what_odoo_has_confirmed_of_an_order_is_taken_off_once_while_its_record_waits(shelf: Shelf) -> None:
    """Odoo has reserved it; the record is due again, or held, for whatever else became of the order."""
    shelf.count(10)
    shelf.settle()
    order = shelf.buy(3)
    shelf.settle()
    shelf.ledger.record_hints([Hint("acme", "order", order, why="orders/updated")])
    shelf.count(12)
    shelf.poll()
    shelf.work("inventory")
    assert shelf.available() == 9
    (*_, verified) = [event for event in shelf.pair().history if event.what == "verified"]
    assert (verified.details["free_qty"], verified.details["unrecorded"]) == ("9", "0")


def test_a_sale_whose_webhook_has_not_come_is_found_and_announced(shelf: Shelf) -> None:
    shelf.count(10)
    shelf.sync()
    order = shelf.buy(3, told=False)
    shelf.count(12)
    shelf.poll()
    shelf.work("inventory")
    assert shelf.available() == 9
    assert shelf.ledger.get(f"acme/order/{order}")
    shelf.settle()
    assert shelf.available() == 9


def test_an_order_that_a_rule_leaves_out_is_taken_off_until_it_is_shipped(shelf: Shelf) -> None:
    shelf.rules(rules={"orders": {"tags": ["wholesale"]}})
    shelf.count(10)
    shelf.sync()
    order = shelf.buy(3)
    shelf.settle()
    assert shelf.ledger.get(f"acme/order/{order}").state is State.IGNORED  # type: ignore[union-attr]
    shelf.count(12)
    shelf.settle()
    assert shelf.available() == 9
    assert shelf.pair().state is State.SYNCED
    shelf.shop.fulfill_order(order)
    shelf.ledger.record_hints([Hint("acme", "order", order, why="orders/updated")])
    shelf.count(20)
    shelf.settle()
    assert shelf.available() == 20


def test_where_orders_stay_quotations_they_are_taken_off_until_somebody_confirms_them(shelf: Shelf) -> None:
    shelf.rules(rules={"until": "quotation"})
    shelf.count(10)
    shelf.settle()
    order = shelf.buy(3)
    shelf.settle()
    record = shelf.ledger.get(f"acme/order/{order}")
    assert record
    assert record.target
    assert record.state is State.SYNCED
    shelf.count(12)
    shelf.settle()
    assert shelf.available() == 9
    shelf.confirm(record.target.id)
    shelf.count(14)
    shelf.settle()
    assert shelf.available() == 11


def test_a_sale_between_reading_and_writing_makes_it_stale_and_is_decided_again(shelf: Shelf) -> None:
    shelf.count(10)
    shelf.sync()
    shelf.count(8)
    shelf.poll()
    shelf.shop.faults.add(Fault("InventorySetQuantities", Call(lambda: shelf.buy(3, told=False))))
    shelf.work("inventory")
    assert shelf.available() == 5
    assert shelf.mutations() == 1 + 2, "the one that was stale, and the one with what was sold meanwhile"
    shelf.settle()
    assert shelf.available() == 5
    assert shelf.odoo.find("product.product", [("id", "=", shelf.products[MUG])])[0]["free_qty"] == 5


def test_a_sale_at_one_location_is_taken_off_at_all_that_show_the_same_stock(shelf: Shelf) -> None:
    shelf.shop.set_level(MUG, 0, location=ELSEWHERE)
    shelf.rules(
        {"location": LOCATION, "warehouses": [1], "share": 50}, {"location": ELSEWHERE, "warehouses": [1], "share": 50}
    )
    shelf.count(10)
    shelf.settle()
    shelf.buy(4)
    shelf.count(20)
    shelf.poll()
    shelf.work("inventory")
    assert (shelf.available(), shelf.available(location=ELSEWHERE)) == (8, 8)


def test_a_sale_while_on_hand_is_set_stays_taken_off(shelf: Shelf) -> None:
    """It changes nothing of what is on hand: the comparison holds, and what is available is lower by it."""
    shelf.rules(name="on_hand")
    shelf.count(10)
    shelf.settle()
    shelf.count(12)
    shelf.poll()
    shelf.shop.faults.add(Fault("InventorySetQuantities", Call(lambda: shelf.buy(3))))
    shelf.work("inventory")
    assert shelf.available() == 9
    shelf.settle()
    assert shelf.available() == 9
