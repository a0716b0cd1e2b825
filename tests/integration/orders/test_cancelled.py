"""Orders cancelled in Shopify after they came to Odoo."""

from __future__ import annotations

from libs.common.ledger.model import State
from libs.sandbox.shopify.drafts import Line
from tests.integration.orders.desk import Desk
from tests.integration.orders.test_paid import paid_rules


def goods(desk: Desk) -> Line:
    """Something that has to be shipped."""
    return desk.line(2)


def test_an_undelivered_order_is_cancelled_with_its_delivery(desk: Desk) -> None:
    placed = desk.place(goods(desk), paid=False)
    (record,) = desk.sync(placed)
    number = placed["id"].rpartition("/")[2]
    desk.shop.cancel_order(number, refund=False)
    (record,) = desk.sync(desk.shop.order(number), why="orders/cancelled")
    assert record.state is State.SYNCED, record.held
    order = desk.order(record)
    assert order["state"] == "cancel"
    assert [one["state"] for one in desk.odoo.pickings(order["id"])] == ["cancel"]
    before = desk.writes()
    assert desk.retry(record).state is State.SYNCED
    assert desk.writes() == before


def test_a_delivered_order_is_held_with_what_was_delivered(desk: Desk) -> None:
    placed = desk.place(goods(desk), paid=False)
    (record,) = desk.sync(placed)
    (picking,) = desk.odoo.pickings(desk.order(record)["id"])
    desk.odoo.deliver(picking["id"])
    number = placed["id"].rpartition("/")[2]
    desk.shop.cancel_order(number, refund=False)
    (record,) = desk.sync(desk.shop.order(number), why="orders/cancelled")
    assert record.held
    assert record.held.code == "order_cancelled"
    assert record.held.details["delivered"][0]["delivered"] == "2"
    assert desk.order(record)["state"] == "sale"


def test_what_is_not_delivered_is_cancelled_and_the_rest_held(desk: Desk) -> None:
    placed = desk.place(desk.line(5), paid=False)
    (record,) = desk.sync(placed)
    order = desk.order(record)
    (picking,) = desk.odoo.pickings(order["id"])
    desk.odoo.deliver(picking["id"], {order["lines"][0]["id"]: 2})
    number = placed["id"].rpartition("/")[2]
    desk.shop.cancel_order(number, refund=False)
    (record,) = desk.sync(desk.shop.order(number), why="orders/cancelled")
    assert record.held
    assert "2 of" in record.held.message
    assert sorted(one["state"] for one in desk.odoo.pickings(order["id"])) == ["cancel", "done"]


def test_an_invoiced_order_that_nobody_paid_is_credited_and_cancelled(desk: Desk) -> None:
    """Shopify makes a refund of every cancellation, also where no money goes back."""
    desk.rules(until="invoiced")
    placed = desk.place(goods(desk), paid=False)
    (record,) = desk.sync(placed)
    number = placed["id"].rpartition("/")[2]
    desk.shop.cancel_order(number, refund=False)
    (record,) = desk.sync(desk.shop.order(number), why="orders/cancelled")
    assert record.state is State.SYNCED, record.held
    order = desk.order(record)
    assert order["state"] == "cancel"
    assert [one["state"] for one in desk.odoo.pickings(order["id"])] == ["cancel"]
    kinds = {one["move_type"]: one["state"] for one in desk.odoo.invoices(order["id"])}
    assert kinds == {"out_invoice": "posted", "out_refund": "posted"}


def test_a_paid_order_is_cancelled_once_its_refund_is_in_odoo(desk: Desk) -> None:
    paid_rules(desk)
    placed = desk.place(goods(desk))
    (record,) = desk.sync(placed)
    number = placed["id"].rpartition("/")[2]
    desk.shop.cancel_order(number)
    (refund,) = desk.shop.order(number)["refunds"]
    (record,) = desk.sync(desk.shop.order(number), why="orders/cancelled")
    followed = desk.ledger.get(f"acme/refund/{refund['id'].rpartition('/')[2]}")
    assert followed
    assert followed.state is State.SYNCED, followed.held
    assert record.state is State.SYNCED, record.held
    assert desk.order(record)["state"] == "cancel"
    assert desk.odoo.journal.count("account.move", "button_cancel") == 0, "its credit note was never in danger"
    credit = next(one for one in desk.odoo.invoices(desk.order(record)["id"]) if one["move_type"] == "out_refund")
    assert (credit["state"], credit["payment_state"]) == ("posted", "paid")


def test_a_refund_that_is_held_holds_the_cancellation_as_well(desk: Desk) -> None:
    placed = desk.place(goods(desk), paid=False)
    (record,) = desk.sync(placed)
    (picking,) = desk.odoo.pickings(desk.order(record)["id"])
    desk.odoo.deliver(picking["id"])
    number = placed["id"].rpartition("/")[2]
    desk.shop.cancel_order(number, refund=False)
    (record,) = desk.sync(desk.shop.order(number), why="orders/cancelled")
    assert record.held
    assert (record.held.code, record.waits_for) == ("order_cancelled", None)
