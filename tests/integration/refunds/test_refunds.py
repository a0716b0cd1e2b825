"""Refunds of the sandbox shop in the sandbox Odoo's books and warehouse, on the embedded ledger, for Odoo 18 and 19."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from libs.common.ledger.model import Hint, State
from libs.sandbox.shopify.bench import BENCH_TAX
from libs.sandbox.shopify.drafts import Discount, Line, Shipping, Tax
from tests.integration.orders.desk import Desk
from tests.integration.refunds.counter import Counter, money, number


@pytest.fixture
def counter(desk: Desk) -> Counter:
    counter = Counter(desk)
    counter.rules()
    return counter


def test_a_part_refund_is_credited_restocked_and_paid_back(counter: Counter) -> None:
    placed = counter.sell(deliver=True)
    record = counter.refunded(placed, 1)
    refund = counter.desk.shop.order(placed["id"])["refunds"][0]
    total = money(refund["totalRefundedSet"]["shopMoney"]["amount"])
    invoice, credit = counter.books(placed)
    assert invoice[1:3] == ("posted", "paid")
    assert credit == ("out_refund", "posted", "paid", total, Decimal("0.00"))
    note = counter.credit(record)
    assert note["external_id"] == f"tandem_acme.credit_{number(refund)}"
    assert note["reversed_entry_id"][0] == counter.desk.odoo.invoices(counter.order(placed)["id"])[0]["id"]
    (transaction,) = refund["transactions"]
    assert counter.paid_back() == [(f"tandem_acme.payback_{number(transaction)}", total, True)]
    delivery, back = counter.pickings(placed)
    assert (back["state"], back["external_id"]) == ("done", f"tandem_acme.return_{number(refund)}")
    assert (back["return_id"][0], [move["quantity"] for move in back["moves"]]) == (delivery["id"], [1.0])
    (line,) = counter.order(placed)["lines"]
    assert (line["product_uom_qty"], line["qty_delivered"], line["qty_invoiced"]) == (3.0, 2.0, 2.0)


def test_a_repeat_writes_nothing_and_asks_odoo_nothing(counter: Counter) -> None:
    placed = counter.sell(deliver=True)
    record = counter.refunded(placed, 1)
    before = counter.desk.writes()
    counter.asked()
    (again,) = counter.again([record])
    assert (again.state, again.target, counter.desk.writes()) == (State.SYNCED, record.target, before)
    assert counter.asked() == []


def test_units_that_were_not_delivered_are_not_to_be_delivered_any_more(counter: Counter) -> None:
    placed = counter.sell()
    counter.refunded(placed, 2, "cancel")
    (line,) = counter.order(placed)["lines"]
    assert (line["product_uom_qty"], line["qty_invoiced"]) == (1.0, 1.0)
    (delivery,) = counter.pickings(placed)
    assert [move["product_uom_qty"] for move in delivery["moves"]] == [1.0]
    assert counter.order(placed)["invoice_status"] == "invoiced"


def test_units_that_are_not_restocked_leave_the_warehouse_as_it_is(counter: Counter) -> None:
    placed = counter.sell(deliver=True)
    counter.refunded(placed, 1, "no_restock")
    assert [one["state"] for one in counter.pickings(placed)] == ["done"]
    assert counter.order(placed)["lines"][0]["qty_delivered"] == 3.0


@pytest.mark.parametrize(("until", "held"), [("paid", ""), ("confirmed", "refund_not_followed")])
def test_of_units_that_are_not_restocked_those_never_sent_are_not_to_be_delivered_any_more(
    counter: Counter, until: str, held: str
) -> None:
    counter.rules(until=until)
    placed = counter.sell()
    counter.deliver(placed, 1)
    (record,) = counter.announce(counter.refund(placed, 2, "no_restock"))
    # Without an invoice nothing can say that the customer keeps a unit for nothing.
    assert (record.held.code if record.held else "") == held
    (line,) = counter.order(placed)["lines"]
    # Of the two, Shopify takes the one that was sent first: one is left to be sent, and one is not sent any more.
    figures = (line["product_uom_qty"], line["qty_delivered"])
    still_open = [move["product_uom_qty"] for one in counter.pickings(placed) for move in one["moves"]
                  if move["state"] != "done"]  # fmt: skip
    (left,) = counter.desk.shop.order(placed["id"])["fulfillmentOrders"][0]["lineItems"]
    assert (figures, still_open, left["remainingQuantity"]) == ((2.0, 1.0), [1.0], 1)


def test_before_the_invoice_units_never_sent_leave_the_order_without_being_restocked(counter: Counter) -> None:
    counter.rules(until="confirmed")
    placed = counter.sell()
    counter.refunded(placed, 2, "no_restock")
    (delivery,) = counter.pickings(placed)
    assert [move["product_uom_qty"] for move in delivery["moves"]] == [1.0]
    assert counter.order(placed)["amount_total"] == pytest.approx(4.6)


def test_what_is_not_restocked_and_was_never_sent_leaves_once_and_no_edit_brings_it_back(counter: Counter) -> None:
    placed = counter.sell()
    record = counter.refunded(placed, 2, "no_restock")
    (delivery,) = counter.pickings(placed)
    assert [move["product_uom_qty"] for move in delivery["moves"]] == [1.0]
    assert counter.order(placed)["lines"][0]["qty_invoiced"] == 1.0
    before = len(counter.desk.odoo.journal.entries())
    counter.again([record])
    counter.desk.sync(counter.desk.shop.order(placed["id"]))
    assert len(counter.desk.odoo.journal.entries()) == before
    counter.deliver(placed)
    counter.desk.sync(counter.desk.shop.order(placed["id"]))
    assert [one["state"] for one in counter.pickings(placed)] == ["done"]


def test_a_delivery_in_part_gives_back_what_it_delivered(counter: Counter) -> None:
    placed = counter.sell()
    counter.deliver(placed, 2)
    record = counter.refunded(placed, 3, "legacy_restock")
    (line,) = counter.order(placed)["lines"]
    assert (line["product_uom_qty"], line["qty_delivered"], line["qty_invoiced"]) == (2.0, 0.0, 0.0)
    assert counter.credit(record)["payment_state"] == "paid"
    states = {(one["picking_type_code"], one["state"]) for one in counter.pickings(placed)}
    assert states == {("outgoing", "done"), ("outgoing", "cancel"), ("incoming", "done")}


def test_shipping_adjustments_and_awkward_prices_come_to_shopifys_figure(counter: Counter) -> None:
    desk = counter.desk
    placed = counter.sell(
        Line(desk.shop.product("BENCH-001"), 3, discount=Decimal("0.20")),
        Line(desk.shop.product("BENCH-002"), 2),
        discounts=(Discount("TENOFF", amount=Decimal("10.00")),),
        shipping=(Shipping("Courier", Decimal("8.00")),),
        taxes=(BENCH_TAX,),
        deliver=True,
    )
    record = counter.refunded(placed, 2, shipping=Decimal("3.00"), adjustment=Decimal("1.50"))
    refund = desk.shop.order(placed["id"])["refunds"][0]
    note = counter.credit(record)
    assert money(note["amount_total"]) == money(refund["totalRefundedSet"]["shopMoney"]["amount"])
    names = [line["name"].split("\n")[0] for line in note["lines"]]
    assert "Courier" in names
    assert "Refund adjustment: refund discrepancy" in names
    counter.refunded(placed, 1, shipping="full")
    assert all(one[2] == "paid" for one in counter.books(placed))


def test_money_alone_is_credited_on_the_orders_invoice(counter: Counter) -> None:
    placed = counter.sell(deliver=True)
    record = counter.refunded(placed, adjustment=Decimal("2.00"))
    assert money(counter.credit(record)["amount_total"]) == Decimal("2.00")
    assert len(counter.books(placed)) == 2, "it is one of the order's"
    assert counter.order(placed)["lines"][0]["qty_invoiced"] == 3.0


def test_without_money_there_is_a_credit_note_and_no_payment(counter: Counter) -> None:
    placed = counter.sell(deliver=True)
    record = counter.refunded(placed, 1, pay_back=False)
    assert counter.credit(record)["payment_state"] == "not_paid"
    assert counter.paid_back() == []


def test_money_that_is_on_its_way_is_paid_back_when_it_arrives(counter: Counter) -> None:
    placed = counter.sell(deliver=True)
    refund = counter.refund(placed, 1, status="pending")
    (record,) = counter.announce(refund)
    assert record.state is State.SYNCED, record.held
    assert counter.paid_back() == []
    counter.desk.shop.settle_refund(refund["id"])
    (record,) = counter.announce(refund)
    assert record.state is State.SYNCED, record.held
    assert [one[2] for one in counter.paid_back()] == [True]
    assert [one[2] for one in counter.books(placed)] == ["paid", "paid"]


def test_several_refunds_of_one_order_in_one_batch_are_each_matched_with_its_invoice(counter: Counter) -> None:
    first, second = counter.sell(deliver=True), counter.sell(deliver=True)
    refunds = [counter.refund(one, 1) for one in (first, first, second)]
    counter.asked()
    records = counter.announce(*refunds)
    assert [record.state for record in records] == [State.SYNCED] * 3, [record.held for record in records]
    assert [one[2] for one in (*counter.books(first), *counter.books(second))] == ["paid"] * 5
    posts = [name for name in counter.asked() if name == "account.move.action_post"]
    assert len(posts) == 2, "two credit notes of one invoice never go in one call"
    assert [one[2] for one in counter.paid_back()] == [True] * 3


def test_an_invoice_that_is_not_paid_is_lowered_by_its_credit_note(counter: Counter) -> None:
    counter.rules(until="invoiced")
    placed = counter.sell(deliver=True)
    counter.refunded(placed, 1)
    invoice, credit = counter.books(placed)
    assert (invoice[2], credit[2]) == ("partial", "paid")
    assert counter.paid_back() == []


def test_by_rule_a_draft_waits_for_a_person_and_is_matched_once_it_is_posted(counter: Counter) -> None:
    counter.rules(credit_notes="draft")
    placed = counter.sell(deliver=True)
    record = counter.refunded(placed, 1)
    assert counter.credit(record)["state"] == "draft"
    assert [one[2] for one in counter.paid_back()] == [False]
    client = counter.desk.workers.contexts("acme").odoo
    client.call("account.move", "action_post", [[counter.credit(record)["id"]]], write=True)
    (again,) = counter.again([record])
    assert again.state is State.SYNCED, again.held
    assert counter.credit(again)["payment_state"] == "paid"
    assert len(counter.paid_back()) == 1


def test_without_an_invoice_the_order_follows(counter: Counter) -> None:
    counter.rules(until="confirmed")
    placed = counter.sell()
    counter.refunded(placed, 2, "cancel")
    order = counter.order(placed)
    assert (order["lines"][0]["product_uom_qty"], counter.books(placed)) == (1.0, [])
    current = counter.desk.shop.order(placed["id"])["currentTotalPriceSet"]["shopMoney"]["amount"]
    assert money(order["amount_total"]) == money(current)


def test_without_an_invoice_what_comes_back_leaves_the_rest_to_be_delivered(counter: Counter) -> None:
    counter.rules(until="confirmed")
    placed = counter.sell()
    counter.deliver(placed, 2)
    counter.refunded(placed, 2)
    (line,) = counter.order(placed)["lines"]
    assert (line["product_uom_qty"], line["qty_delivered"]) == (1.0, 0.0)
    assert [one["state"] for one in counter.pickings(placed)] == ["done", "assigned", "done"]


def test_a_day_later_units_still_leave_the_open_delivery(counter: Counter) -> None:
    """The order's date is the day it was placed, and its moves are due by the day it was confirmed."""
    placed = counter.sell(processed_at=datetime.now(UTC) - timedelta(days=1))
    counter.refunded(placed, 2, "cancel")
    assert [[move["product_uom_qty"] for move in one["moves"]] for one in counter.pickings(placed)] == [[1.0]]


def test_without_an_invoice_money_that_cannot_follow_is_held_with_the_difference(counter: Counter) -> None:
    counter.rules(until="confirmed")
    placed = counter.sell()
    (record,) = counter.announce(counter.refund(placed, adjustment=Decimal("2.00")))
    assert record.held
    assert (record.held.code, record.held.details["difference"]) == ("refund_not_followed", "2.00")


def test_a_cancelled_order_is_cancelled_credited_and_paid_back(counter: Counter) -> None:
    placed = counter.sell(shipping=(Shipping("Courier", Decimal("8.00")),))
    order = counter.desk.shop.cancel_order(placed["id"], topics=())
    (record,) = counter.announce(order["refunds"][0])
    assert record.state is State.SYNCED, record.held
    assert counter.order(placed)["state"] == "cancel"
    assert [one[2] for one in counter.books(placed)] == ["paid", "paid"]
    of_order = counter.desk.ledger.get(f"acme/order/{number(placed)}")
    assert of_order
    assert of_order.state is State.SYNCED, of_order.held


def test_f36_a_refund_waits_for_its_order_by_name_and_follows_it(counter: Counter) -> None:
    placed = counter.desk.place(counter.desk.line(3))
    refund = counter.refund(placed, 1, "cancel")
    pipeline = counter.desk.workers.pipelines["refunds"]
    counter.desk.ledger.record_hints([_hint(refund)])
    assert pipeline.look_at("acme", []) == 1
    waiting = counter.record(refund)
    assert (waiting.state, waiting.waits_for) == (State.DUE, f"acme/order/{number(placed)}")
    assert pipeline.look_at("acme", []) == 0, "it does not spin"
    counter.desk.work()
    assert counter.record(refund).state is State.SYNCED, counter.record(refund).held
    assert len(counter.books(placed)) == 2


def test_a_refund_of_an_order_that_is_left_out_is_left_out(counter: Counter) -> None:
    counter.rules(orders={"except_tags": ["wholesale"]})
    placed = counter.desk.place(counter.desk.line(3), tags=("wholesale",))
    (record,) = counter.announce(counter.refund(placed, 1, "cancel"))
    assert record.state is State.IGNORED
    assert "except_tags" in (record.ignored or "")


def test_f35_a_refund_of_an_order_that_was_deleted_in_odoo_is_held_and_makes_nothing(counter: Counter) -> None:
    counter.rules(until="quotation")
    placed = counter.sell()
    counter.desk.odoo.delete("sale.order", counter.order(placed)["id"])
    before = counter.desk.writes()
    (record,) = counter.announce(counter.refund(placed, 1, "cancel"))
    assert record.held
    assert (record.held.code, counter.desk.writes()) == ("order_deleted_in_odoo", before)


def test_f34_what_a_refund_does_to_its_order_comes_back_and_changes_nothing(counter: Counter) -> None:
    placed = counter.sell()
    counter.refunded(placed, 1, "cancel")
    before = counter.desk.writes()
    (record,) = counter.desk.sync(placed, why="orders/updated")
    assert (record.state, counter.desk.writes()) == (State.SYNCED, before)
    assert counter.order(placed)["lines"][0]["product_uom_qty"] == 2.0


def test_an_exchange_leaves_open_what_shopify_says(counter: Counter) -> None:
    placed = counter.sell(deliver=True)
    desk = counter.desk
    returned = desk.shop.return_order(
        placed["id"], {counter.line_id(placed): 1}, exchange=(Line(desk.shop.product("BENCH-003"), 1),), topics=()
    )
    _, refund = desk.shop.process_return(returned["id"], topics=())
    (record,) = counter.announce(refund)
    assert record.state is State.SYNCED, record.held
    assert len(counter.order(placed)["lines"]) == 2
    assert counter.credit(record)["payment_state"] == "paid", "with the invoice of what was given in exchange"
    left = sum(one[4] for one in counter.books(placed))
    assert left == desk.shop.outstanding(placed["id"])


def test_a_return_that_is_processed_in_parts_comes_back_in_parts(counter: Counter) -> None:
    placed = counter.sell(deliver=True)
    desk = counter.desk
    mugs = counter.line_id(placed)
    opened = desk.shop.return_order(
        placed["id"], {mugs: 2}, exchange=(Line(desk.shop.product("BENCH-003"), 1),), topics=()
    )
    _, first = desk.shop.process_return(opened["id"], {mugs: 1}, exchange=False, topics=())
    (record,) = counter.announce(first)
    assert record.state is State.SYNCED, record.held
    assert [line["qty_delivered"] for line in counter.order(placed)["lines"]] == [2.0]
    closed, second = desk.shop.process_return(opened["id"], topics=())
    assert closed["status"] == "CLOSED"
    (record,) = counter.announce(second)
    assert record.state is State.SYNCED, record.held
    assert [line["qty_delivered"] for line in counter.order(placed)["lines"]] == [1.0, 0.0]
    assert sum(one[4] for one in counter.books(placed)) == desk.shop.outstanding(placed["id"])
    back = [one["moves"][0]["quantity"] for one in counter.pickings(placed) if one["picking_type_code"] == "incoming"]
    assert back == [1.0, 1.0]


def test_a_batch_takes_few_calls_and_one_more_for_each_payment(counter: Counter) -> None:
    orders = [counter.sell(deliver=True) for _ in range(5)]
    refunds = [counter.refund(one, 1) for one in orders]
    counter.desk.ledger.record_hints([_hint(one) for one in refunds])
    counter.asked()
    assert counter.desk.workers.pipelines["refunds"].look_at("acme", []) == 5
    asked = counter.asked()
    assert [counter.record(one).state for one in refunds] == [State.SYNCED] * 5
    assert asked.count("account.move.js_assign_outstanding_line") == 5
    assert len(asked) - 5 <= 14, asked


def _hint(refund: dict[str, Any]) -> Hint:
    return Hint("acme", "refund", number(refund), why="refunds/create")


def test_what_odoos_own_rounding_misses_is_closed_by_a_line_before_it_is_posted(counter: Counter) -> None:
    placed = _sold_with_odd_taxes(counter)
    record = counter.announce(_refund_of_all_lines(counter, placed))[0]
    assert record.state is State.SYNCED, record.held
    note = counter.credit(record)
    refund = counter.desk.shop.order(placed["id"])["refunds"][0]
    assert money(note["amount_total"]) == money(refund["totalRefundedSet"]["shopMoney"]["amount"])
    rounding = [line for line in note["lines"] if line["name"] == "Rounding"]
    assert len(rounding) == (1 if counter.desk.odoo.version == "18" else 0), "19 rounds each line apart when told to"


def test_beyond_the_tolerance_the_draft_is_held_with_both_sums(counter: Counter) -> None:
    placed = _sold_with_odd_taxes(counter)
    counter.rules(rounding_tolerance="0")
    (record,) = counter.announce(_refund_of_all_lines(counter, placed))
    if counter.desk.odoo.version == "19":
        assert record.state is State.SYNCED, "each line is rounded apart, and nothing is missed"
        return
    assert record.held
    assert record.held.code == "refund_differs"
    total = record.held.details["total"]
    assert money(total["difference"]) == money(total["odoo"]) - money(total["shopify"]) != 0
    assert len(record.held.details["lines"]) == 3
    assert counter.credit(record)["state"] == "draft"
    assert counter.paid_back() == []


def _sold_with_odd_taxes(counter: Counter) -> dict[str, Any]:
    """Three lines of which each tax ends in half a cent, in a company that rounds globally."""
    odoo = counter.desk.odoo
    odoo.change("res.company", 1, tax_calculation_rounding_method="round_globally")
    tax = Tax("Half", Decimal("0.05"))
    odoo.add_tax("Half", 5.0)
    counter.desk.workers.contexts.close()
    lines = [Line(title=f"Thing {one}", price=Decimal("0.10")) for one in range(3)]
    return counter.sell(*lines, taxes=(tax,))


def _refund_of_all_lines(counter: Counter, placed: dict[str, Any]) -> dict[str, Any]:
    lines: dict[str, Any] = {counter.line_id(placed, one): (1, "no_restock") for one in range(3)}
    return counter.desk.shop.refund_order(placed["id"], lines, topics=())
