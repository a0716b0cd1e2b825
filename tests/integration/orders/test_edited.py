"""Orders edited in Shopify after they came to Odoo."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from libs.common.ledger.model import Hint, Record, State
from libs.sandbox.shopify.drafts import Line, Shipping
from libs.sandbox.shopify.refunds import RestockType
from tests.integration.orders.desk import Desk
from tests.integration.orders.test_paid import amount, paid_rules


def edit(desk: Desk, placed: dict[str, Any], **changes: Any) -> Record:
    number = placed["id"].rpartition("/")[2]
    lines = {placed["lineItems"][index]["id"]: units for index, units in changes.pop("units", {}).items()}
    desk.shop.edit_order(number, lines or None, **changes)
    (record,) = desk.sync(desk.shop.order(number), why="orders/edited")
    return record


def two_lines(desk: Desk, **fields: Any) -> dict[str, Any]:
    return desk.place(desk.line(2), Line(desk.shop.product("BENCH-001"), 3), **fields)


def test_quantities_and_lines_follow_before_anything_is_delivered(desk: Desk) -> None:
    placed = two_lines(desk, paid=False)
    (record,) = desk.sync(placed)
    record = edit(desk, placed, units={0: 5, 1: 0}, add=[Line(desk.shop.product("BENCH-002"), 1)])
    assert record.state is State.SYNCED, record.held
    lines = desk.order(record)["lines"]
    assert [line["product_uom_qty"] for line in lines] == [5.0, 0.0, 1.0]
    placed = desk.shop.order(placed["id"])
    assert amount(desk.order(record)["amount_total"]) == placed["currentTotalPriceSet"]["shopMoney"]["amount"]
    (picking,) = [one for one in desk.odoo.pickings(desk.order(record)["id"]) if one["state"] != "cancel"]
    units = {move["product_id"][0]: move["product_uom_qty"] for move in picking["moves"] if move["state"] != "cancel"}
    assert sorted(units.values()) == [1.0, 5.0]
    before = desk.writes()
    assert desk.retry(record).state is State.SYNCED
    assert desk.writes() == before


def test_what_an_edit_adds_is_invoiced_and_paid_as_well(desk: Desk) -> None:
    paid_rules(desk)
    placed = desk.place(desk.line(2))
    (record,) = desk.sync(placed)
    number = placed["id"].rpartition("/")[2]
    record = edit(desk, placed, units={0: 3}, add=[Line(desk.shop.product("BENCH-002"), 1)])
    assert record.state is State.SYNCED, record.held
    desk.shop.pay(number)
    (record,) = desk.sync(desk.shop.order(number), why="orders/paid")
    invoices = desk.odoo.invoices(desk.order(record)["id"])
    assert [(one["state"], one["payment_state"]) for one in invoices] == [("posted", "paid")] * 2
    total = desk.shop.order(number)["currentTotalPriceSet"]["shopMoney"]["amount"]
    assert sum(amount(one["amount_total"]) for one in invoices) == total
    assert desk.shop.outstanding(number) == Decimal(0)


def test_shipping_that_an_edit_removes_leaves_the_order_while_it_is_not_invoiced(desk: Desk) -> None:
    placed = two_lines(desk, paid=False, shipping=(Shipping("Standard", Decimal("5.00")),))
    (record,) = desk.sync(placed)
    assert len(desk.order(record)["lines"]) == 3
    record = edit(desk, placed, remove_shipping=True)
    assert record.state is State.SYNCED, record.held
    assert [line["product_uom_qty"] for line in desk.order(record)["lines"]] == [2.0, 3.0, 0.0]
    placed = desk.shop.order(placed["id"])
    assert amount(desk.order(record)["amount_total"]) == placed["currentTotalPriceSet"]["shopMoney"]["amount"]
    before = desk.writes()
    assert desk.retry(record).state is State.SYNCED
    assert desk.writes() == before


def test_shipping_that_an_edit_removes_after_the_invoice_is_held_with_what_to_do(desk: Desk) -> None:
    paid_rules(desk)
    placed = desk.place(desk.line(2), shipping=(Shipping("Standard", Decimal("5.00")),))
    desk.sync(placed)
    record = edit(desk, placed, remove_shipping=True)
    assert (record.state, record.held and record.held.code) == (State.HELD, "order_changed")
    assert [line["product_uom_qty"] for line in desk.order(record)["lines"]] == [2.0, 1.0]


def test_what_is_delivered_stays_and_is_held_with_what_to_do(desk: Desk) -> None:
    placed = desk.place(desk.line(5), paid=False)
    (record,) = desk.sync(placed)
    order = desk.order(record)
    (picking,) = desk.odoo.pickings(order["id"])
    desk.odoo.deliver(picking["id"], {order["lines"][0]["id"]: 3})
    record = edit(desk, placed, units={0: 1})
    assert record.held
    assert record.held.code == "order_changed"
    (left,) = record.held.details["left"]
    assert (left["shopify"], left["odoo"]) == ({"quantity": "1"}, {"quantity": "3"})
    assert desk.order(record)["lines"][0]["product_uom_qty"] == 3.0


def test_a_price_that_is_invoiced_is_held_and_the_rest_follows(desk: Desk) -> None:
    desk.rules(until="invoiced")
    placed = two_lines(desk, paid=False)
    (record,) = desk.sync(placed)
    record = edit(desk, placed, units={0: 1, 1: 4})
    assert record.held
    assert "it is invoiced" in record.held.message
    assert [line["product_uom_qty"] for line in desk.order(record)["lines"]] == [2.0, 4.0]


def test_an_edit_before_confirmation_is_followed_and_confirmed_later(desk: Desk) -> None:
    desk.rules(until="quotation")
    placed = two_lines(desk, paid=False)
    desk.sync(placed)
    record = edit(desk, placed, units={0: 1, 1: 0})
    assert record.state is State.SYNCED, record.held
    assert desk.order(record)["state"] == "draft"
    desk.rules(until="confirmed")
    record = desk.retry(record)
    assert (record.state, desk.order(record)["state"]) == (State.SYNCED, "sale")


@pytest.mark.parametrize("until", ["confirmed", "paid"])
def test_what_came_back_is_not_shipped_again_when_an_edit_takes_units_off(desk: Desk, until: str) -> None:
    if until == "paid":
        paid_rules(desk)
    placed = desk.place(desk.line(5))
    number, line = placed["id"].rpartition("/")[2], placed["lineItems"][0]["id"]
    (record,) = desk.sync(placed)
    sale = desk.order(record)["id"]
    (picking,) = desk.odoo.pickings(sale)
    desk.odoo.deliver(picking["id"], {desk.order(record)["lines"][0]["id"]: 2})
    desk.shop.fulfill_order(number, {line: 2})
    refund(desk, number, {line: (2, "return")})
    record = edit(desk, placed, units={0: 2})
    if until == "paid":  # all was invoiced, so the unit that the edit took off is a person's, or a refund's
        assert record.held
        assert record.held.code == "order_changed"
        assert record.held.details["left"][0]["shopify"] == {"quantity": "2"}
        assert open_units(desk, sale) == 3
        return
    assert record.state is State.SYNCED, record.held
    assert open_units(desk, sale) == 2
    before = desk.writes()
    assert desk.retry(record).state is State.SYNCED
    assert desk.writes() == before


def test_an_edit_is_followed_after_units_were_refunded_unsent(desk: Desk) -> None:
    placed = desk.place(desk.line(5))
    number, line = placed["id"].rpartition("/")[2], placed["lineItems"][0]["id"]
    (record,) = desk.sync(placed)
    refund(desk, number, {line: (2, "no_restock")})
    record = edit(desk, placed, units={0: 2})
    assert record.state is State.SYNCED, record.held
    assert open_units(desk, desk.order(record)["id"]) == 2


def refund(desk: Desk, number: str, units: dict[str, tuple[int, RestockType]]) -> None:
    done = desk.shop.refund_order(number, units)["id"].rpartition("/")[2]
    desk.ledger.record_hints([Hint("acme", "refund", done, why="refunds/create")])
    desk.work(number)
    record = desk.ledger.get(f"acme/refund/{done}")
    assert record
    assert record.state is State.SYNCED, record.held


def open_units(desk: Desk, sale: int) -> float:
    """What Odoo is still to deliver."""
    moves = [
        move for one in desk.odoo.pickings(sale) if one["picking_type_code"] == "outgoing" for move in one["moves"]
    ]
    return sum(float(move["product_uom_qty"]) for move in moves if move["state"] not in {"done", "cancel"})
