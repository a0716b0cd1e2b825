"""A paid order all the way to its invoice and its payment: exactly once, and in how many calls."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from libs.common.ledger.model import State
from libs.sandbox.shopify.drafts import Payment
from tests.integration.orders.desk import Desk


def paid_rules(desk: Desk, **more: Any) -> None:
    bank = next(one["id"] for one in desk.odoo.find("account.journal") if one["type"] == "bank")
    desk.rules(until="paid", journals={"bogus": bank, "gift_card": bank}, **more)


def warm(desk: Desk) -> None:
    """Reference data is read, and the carriers are made."""
    desk.sync(desk.place())
    desk.odoo.calls.clear()


def amount(value: Any) -> Decimal:
    return Decimal(str(value)).quantize(Decimal("0.01"))


def total(placed: dict[str, Any]) -> Decimal:
    return Decimal(placed["totalPriceSet"]["shopMoney"]["amount"])


def test_a_paid_order_is_invoiced_and_paid_in_at_most_fourteen_calls(desk: Desk) -> None:
    paid_rules(desk)
    warm(desk)
    placed = desk.place(desk.line(3))
    (record,) = desk.sync(placed)
    assert record.state is State.SYNCED, record.held
    calls = [call.operation for call in desk.odoo.calls.entries()]
    assert len(calls) <= 14, calls
    (invoice,) = desk.odoo.invoices(desk.order(record)["id"])
    assert (invoice["state"], invoice["payment_state"]) == ("posted", "paid")
    assert amount(invoice["amount_total"]) == amount(total(placed))
    payment = desk.ledger.get(f"acme/payment/{placed['transactions'][0]['id'].rpartition('/')[2]}")
    assert payment
    assert payment.target
    assert payment.target.model == "account.payment"


def test_twenty_paid_orders_take_sixteen_calls_and_one_more_for_each_payment(desk: Desk) -> None:
    paid_rules(desk)
    warm(desk)
    orders = [desk.place(desk.line(1 + number % 4)) for number in range(20)]
    records = desk.sync(*orders)
    assert all(record.state is State.SYNCED for record in records)
    calls = [call.operation for call in desk.odoo.calls.entries()]
    assert calls.count("account.move.js_assign_outstanding_line") == 20
    assert len(calls) <= 16 + 20, calls
    assert desk.odoo.journal.count("account.payment", "post") == 21
    assert len(desk.odoo.invoices()) == 21


def test_a_repeat_of_a_paid_order_writes_nothing(desk: Desk) -> None:
    paid_rules(desk)
    placed = desk.place()
    desk.sync(placed)
    before = desk.writes()
    desk.odoo.calls.clear()
    changed = desk.shop.update_order(placed["id"].rpartition("/")[2], note="later")
    (record,) = desk.sync(changed, why="orders/updated")
    assert record.state is State.SYNCED
    assert desk.writes() == before
    assert desk.odoo.calls.count() == 0


def test_two_gateways_pay_one_invoice_each_with_its_own_amount(desk: Desk) -> None:
    paid_rules(desk)
    card = Payment("gift_card", Decimal("1.50"))
    placed = desk.place(desk.line(2), taxes=(), payments=(card, Payment("bogus", Decimal("6.50"))))
    (record,) = desk.sync(placed)
    assert record.state is State.SYNCED, record.held
    assert sorted(amount(one["amount"]) for one in desk.odoo.payments()) == [Decimal("1.50"), Decimal("6.50")]
    (invoice,) = desk.odoo.invoices(desk.order(record)["id"])
    assert invoice["payment_state"] == "paid"


def test_an_unmapped_gateway_is_held_as_a_payment_and_holds_up_no_order(desk: Desk) -> None:
    desk.rules(until="paid")
    placed = desk.place()
    (record,) = desk.sync(placed)
    assert record.state is State.SYNCED, record.held
    payment = desk.ledger.get(f"acme/payment/{placed['transactions'][0]['id'].rpartition('/')[2]}")
    assert payment
    assert payment.held
    assert payment.held.code == "gateway_unmapped"


def test_an_unpaid_order_is_invoiced_and_paid_when_the_money_comes(desk: Desk) -> None:
    paid_rules(desk)
    placed = desk.place(desk.line(1), paid=False)
    (record,) = desk.sync(placed)
    order = desk.order(record)["id"]
    assert desk.odoo.invoices(order)[0]["payment_state"] == "not_paid"
    number = placed["id"].rpartition("/")[2]
    desk.shop.pay(number)
    desk.sync(desk.shop.order(number), why="orders/paid")
    assert desk.odoo.invoices(order)[0]["payment_state"] == "paid"
    assert len(desk.odoo.payments()) == 1


@pytest.mark.parametrize(
    ("until", "state", "invoices"), [("quotation", "draft", 0), ("confirmed", "sale", 0), ("invoiced", "sale", 1)]
)
def test_an_order_goes_as_far_as_the_rule_says(desk: Desk, until: str, state: str, invoices: int) -> None:
    desk.rules(until=until)
    (record,) = desk.sync(desk.place())
    assert record.state is State.SYNCED, record.held
    order = desk.order(record)
    assert (order["state"], len(desk.odoo.invoices(order["id"])), len(desk.odoo.payments())) == (state, invoices, 0)


def test_a_rule_that_goes_further_takes_the_order_along_at_its_next_change(desk: Desk) -> None:
    placed = desk.place()
    (record,) = desk.sync(placed)
    paid_rules(desk)
    again = desk.retry(record)
    assert again.state is State.SYNCED, again.held
    (invoice,) = desk.odoo.invoices(desk.order(record)["id"])
    assert invoice["payment_state"] == "paid"


def test_an_order_left_out_comes_in_when_it_is_paid(desk: Desk) -> None:
    desk.rules(orders={"financial_status": ["paid"]})
    placed = desk.place(paid=False)
    (record,) = desk.sync(placed)
    assert (record.state, record.ignored) == (State.IGNORED, "orders.financial_status: pending")
    assert desk.odoo.calls.count("res.partner.search_read") == 0
    number = placed["id"].rpartition("/")[2]
    desk.shop.pay(number)
    (record,) = desk.sync(desk.shop.order(number), why="orders/paid")
    assert record.state is State.SYNCED, record.held


def test_a_draft_that_somebody_began_is_theirs_to_finish(desk: Desk) -> None:
    (record,) = desk.sync(desk.place(desk.line(2)))
    order = desk.order(record)
    line = order["lines"][0]
    values = {
        "product_id": line["product_id"][0],
        "quantity": 2.0,
        "price_unit": line["price_unit"],
        "sale_line_ids": [(6, 0, [line["id"]])],
    }
    desk.odoo.add(
        "account.move", move_type="out_invoice", partner_id=order["partner_id"][0], invoice_line_ids=[(0, 0, values)]
    )
    desk.rules(until="invoiced")
    held = desk.retry(record)
    assert held.held
    assert held.held.code in {"invoice_draft", "invoice_differs"}
    assert [one["state"] for one in desk.odoo.invoices(order["id"])] == ["draft"]
