"""The whole life of orders: from a shop of the sandbox through all workers into every Odoo, compared to the cent.

What is said of an order is read from Odoo anew; `repeat` has everything done once more, and nothing is written.
"""

from __future__ import annotations

from decimal import Decimal

import pytest

from libs.common.domain.fulfillments import Tracking
from libs.common.errors import Rejected
from libs.common.ledger.model import State
from libs.sandbox.shopify.drafts import Payment, Shipping
from tests.contract.odoo.books import money
from tests.contract.odoo.conftest import Access, Lab
from tests.contract.odoo.depot import Depot
from tests.contract.odoo.life import AWKWARD, OFFICE, STOCK, VAT, Life, make_user, number

PAID = ("out_invoice", "posted", "paid")
CREDITED = ("out_refund", "posted", "paid")


def test_a_paid_order_becomes_an_invoice_and_a_payment_in_at_most_fourteen_calls(life: Life) -> None:
    life.sell(shipping=(Shipping("Courier", Decimal("8.00")),))
    before = life.calls()
    placed = life.sell(life.line("MUG", 2), life.line("CAP"), shipping=(Shipping("Courier", Decimal("8.00")),))
    assert (life.calls() - before).total() <= 14, life.calls() - before
    total = money(placed["totalPriceSet"]["shopMoney"]["amount"])
    assert life.books(placed) == [(*PAID, total)]
    assert life.payments(placed) == [("inbound", total, True)]
    assert life.pickings(placed) == [("outgoing", "assigned", [1.0, 2.0])]
    life.agree(placed)
    life.repeat(placed)
    life.forget(placed)


def test_a_batch_of_paid_orders_takes_sixteen_calls_and_one_more_for_each_payment(life: Life) -> None:
    life.sell()
    orders = [life.place(life.line("MUG", 1 + count % 3), life.line("CAP")) for count in range(6)]
    before = life.calls()
    life.synced("order", *orders)
    made = life.calls() - before
    assert made["account.move.js_assign_outstanding_line"] == len(orders)
    assert made.total() <= 16 + len(orders), made
    for placed in orders:
        life.agree(placed)
        life.repeat(placed)


def test_an_edit_before_anything_is_invoiced_is_followed_and_then_invoiced_whole(life: Life) -> None:
    life.rules(until="confirmed")
    placed = life.sell(life.line("MUG", 2), life.line("CAP", 3), paid=False)
    mug, cap = (number(line) for line in placed["lineItems"])
    life.shop.edit_order(placed["id"], {mug: 5, cap: 0}, add=[life.line("PEN", 2)])
    life.synced("order", placed)
    assert life.quantities(placed) == [(5.0, 0.0, 0.0), (0.0, 0.0, 0.0), (2.0, 0.0, 0.0)]
    assert life.pickings(placed) == [("outgoing", "assigned", [0.0, 2.0, 5.0])]
    life.rules()
    life.shop.pay(placed["id"])
    life.synced("order", placed)
    assert [one[:3] for one in life.books(placed)] == [PAID]
    life.agree(placed)
    life.repeat(placed)


@pytest.mark.parametrize("fetched", ["one by one", "at once"])
def test_an_edit_of_a_paid_order_is_invoiced_and_paid_besides(life: Life, fetched: str) -> None:
    """8.875 % of 19.90 twice is a cent more than of 39.80: rounding lines make both sides the same."""
    placed = life.sell(life.line("CAP"), taxes=(AWKWARD,))
    life.shop.edit_order(placed["id"], {number(placed["lineItems"][0]): 2}, add=[life.line("PEN", 2, taxes=())])
    if fetched == "one by one":
        life.synced("order", placed)
        assert [one[:3] for one in life.books(placed)] == [PAID, ("out_invoice", "posted", "not_paid")]
    paid = life.shop.pay(placed["id"])
    life.synced("order", placed)
    life.synced("payment", paid)
    assert [one[:3] for one in life.books(placed)] == [PAID, PAID]
    lines = [line["name"] for line in life.order(placed)["invoice_ids"][1]["invoice_line_ids"]]
    assert "Rounding" in lines
    life.agree(placed)
    life.repeat(placed)


def test_a_line_removed_from_a_paid_order_is_credited(life: Life) -> None:
    placed = life.sell(life.line("MUG", 2), life.line("CAP"))
    cap = number(placed["lineItems"][1])
    refund = life.shop.refund_order(placed["id"], {cap: (1, "cancel")})
    life.refunded(refund)
    assert life.quantities(placed) == [(2.0, 0.0, 2.0), (0.0, 0.0, 0.0)]
    assert [one[:3] for one in life.books(placed)] == [PAID, CREDITED]
    life.agree(placed)
    life.repeat(placed)


def test_what_is_delivered_and_invoiced_stays_and_is_held_with_the_difference(life: Life) -> None:
    placed = life.sell(life.line("MUG", 5), paid=False)
    life.deliver(placed, 3)
    life.shop.edit_order(placed["id"], {number(placed["lineItems"][0]): 3})
    (record,) = life.follow("order", placed)
    assert record.held
    (left,) = record.held.details["left"]
    assert (record.held.code, left["shopify"], left["odoo"]) == ("order_changed", {"quantity": "3"}, {"quantity": "5"})
    assert (left["delivered"], left["invoiced"], left["why"]) == ("3", "5", "it is invoiced")
    assert life.quantities(placed) == [(5.0, 3.0, 5.0)]
    life.repeat(placed)


def test_a_changed_address_is_followed_by_the_order_and_its_open_delivery(life: Life) -> None:
    placed = life.sell(paid=False)
    life.shop.edit_order(placed["id"], shipping_address=OFFICE)
    life.synced("order", placed)
    order = life.order(placed)
    assert order["partner_shipping_id"]["street"] == "2 River Road"
    assert [one["partner_id"] for one in order["picking_ids"]] == [order["partner_shipping_id"]["id"]]
    life.repeat(placed)


def test_a_paid_order_that_is_cancelled_is_cancelled_credited_and_paid_back(life: Life) -> None:
    placed = life.sell(life.line("MUG", 2), shipping=(Shipping("Courier", Decimal("8.00")),))
    order = life.shop.cancel_order(placed["id"])
    life.hint("order", placed)
    life.synced("refund", order["refunds"][0])
    total = money(placed["totalPriceSet"]["shopMoney"]["amount"])
    assert life.order(placed)["state"] == "cancel"
    assert life.books(placed) == [(*PAID, total), (*CREDITED, total)]
    assert life.payments(placed) == [("inbound", total, True), ("outbound", total, True)]
    assert [state for _, state, _ in life.pickings(placed)] == ["cancel"]
    assert life.record("order", number(placed)).state is State.SYNCED
    life.agree(placed)
    life.repeat(placed)


def test_a_delivered_order_that_is_cancelled_is_held_with_what_is_out(life: Life) -> None:
    placed = life.sell(life.line("MUG", 2))
    life.deliver(placed)
    life.shop.cancel_order(placed["id"], refund=False)
    (record,) = life.follow("order", placed)
    assert record.held
    assert record.held.code == "order_cancelled"
    assert [one["delivered"] for one in record.held.details["delivered"]] == ["2"]
    assert "is invoiced and not credited" in record.held.message
    assert [state for _, state, _ in life.pickings(placed)] == ["done"]
    life.repeat(placed)


def test_a_part_refund_comes_back_to_the_stock_and_is_credited_and_paid_back(life: Life) -> None:
    placed = life.sell(life.line("MUG", 3), shipping=(Shipping("Courier", Decimal("8.00")),))
    life.deliver(placed)
    stock = life.stock()
    refund = life.refund(placed, 1, shipping=Decimal("3.00"))
    life.refunded(refund)
    total = money(refund["totalRefundedSet"]["shopMoney"]["amount"])
    assert life.books(placed)[1] == (*CREDITED, total)
    assert life.payments(placed)[1] == ("outbound", total, True)
    assert life.pickings(placed) == [("outgoing", "done", [3.0]), ("incoming", "done", [1.0])]
    assert life.stock() == stock + 1
    assert life.quantities(placed)[0] == (3.0, 2.0, 2.0)
    life.agree(placed)
    life.repeat(placed)
    life.forget(placed)


def test_what_came_back_is_not_delivered_again_when_an_edit_takes_units_off(life: Life) -> None:
    life.rules(until="confirmed")
    placed = life.sell(life.line("MUG", 5))
    life.deliver(placed, 2)
    life.refunded(life.refund(placed, 2))
    life.shop.edit_order(placed["id"], {number(placed["lineItems"][0]): 2})
    life.synced("order", placed)
    assert life.quantities(placed) == [(2.0, 0.0, 0.0)]
    assert life.pickings(placed) == [
        ("outgoing", "done", [2.0]),
        ("outgoing", "assigned", [2.0]),
        ("incoming", "done", [2.0]),
    ]
    life.repeat(placed)


def test_a_refund_before_the_delivery_leaves_less_to_deliver(life: Life) -> None:
    placed = life.sell(life.line("MUG", 3))
    life.refunded(life.refund(placed, 2, "cancel"))
    assert life.quantities(placed) == [(1.0, 0.0, 1.0)]
    assert life.pickings(placed) == [("outgoing", "assigned", [1.0])]
    life.agree(placed)
    life.repeat(placed)
    life.deliver(placed)
    life.agree(placed)


def test_two_refunds_of_one_invoice_in_one_batch_are_matched_with_the_right_one(life: Life) -> None:
    """Odoo itself, asked to post both at once, matches the second one with another customer's invoice."""
    first, second = life.sell(life.line("MUG", 3)), life.sell(life.line("MUG", 3))
    for placed in (first, second):
        life.deliver(placed)
    life.refunded(*(life.refund(placed, 1) for placed in (first, first, second)))
    for placed, count in ((first, 2), (second, 1)):
        invoice, *notes = life.order(placed)["invoice_ids"]
        assert [one["reversed_entry_id"] for one in notes] == [invoice["id"]] * count
        assert [one[:3] for one in life.books(placed)] == [PAID, *[CREDITED] * count]
        assert [kind for kind, _, matched in life.payments(placed) if matched] == ["inbound", *["outbound"] * count]
        life.agree(placed)
        life.repeat(placed)


def test_two_refunds_of_an_unpaid_invoice_in_one_batch_lower_the_right_one(life: Life) -> None:
    first, second = (life.sell(life.line("MUG", 3), paid=False, taxes=()) for _ in range(2))
    life.refunded(*(life.refund(placed, 1, "cancel") for placed in (first, first, second)))
    for placed, left in ((first, 1), (second, 2)):
        invoice, *notes = life.order(placed)["invoice_ids"]
        assert money(invoice["amount_residual"]) == money(invoice["amount_total"]) * left / 3
        assert [one["payment_state"] for one in notes] == ["paid"] * (3 - left)
        life.agree(placed)


def test_a_delivery_in_part_and_its_backorder_become_two_fulfillments(life: Life) -> None:
    placed = life.sell(life.line("MUG", 3))
    (first, one), (second, two) = life.deliver(placed, 1), life.deliver(placed)
    assert life.pickings(placed) == [("outgoing", "done", [1.0]), ("outgoing", "done", [2.0])]
    made = life.shop.order(placed["id"])["fulfillments"]
    assert [sum(line["quantity"] for line in f["fulfillmentLineItems"]) for f in made] == [1, 2]
    assert [record.target and record.target.id for record in (one, two)] == [int(number(f)) for f in made]
    numbers = [[t["number"] for t in f["trackingInfo"]] for f in made]
    assert numbers == [[done.tracking] if done.tracking else [] for done in (first, second)]
    assert life.shop.order(placed["id"])["displayFulfillmentStatus"] == "FULFILLED"
    life.agree(placed)
    life.repeat(placed)


def test_fulfillments_made_elsewhere_validate_the_delivery(life: Life) -> None:
    life.rules(fulfillments={"from_shopify": "validate"})
    placed = life.sell(life.line("MUG", 3), life.line("CAP"))
    mug = number(placed["lineItems"][0])
    stock = life.stock()
    life.synced("fulfillment", life.shop.fulfill_order(placed["id"], {mug: 1}, tracking=Tracking("T-1", "UPS", "")))
    assert life.pickings(placed) == [("outgoing", "done", [1.0]), ("outgoing", "assigned", [1.0, 2.0])]
    life.synced("fulfillment", life.shop.fulfill_order(placed["id"]))
    assert life.pickings(placed) == [("outgoing", "done", [1.0]), ("outgoing", "done", [1.0, 2.0])]
    assert life.stock() == stock - 3
    life.agree(placed)
    life.repeat(placed)
    life.forget(placed)


def test_prices_with_tax_in_them_are_invoiced_and_credited_to_the_cent(life: Life) -> None:
    how = {"taxes_included": True, "taxes": (VAT,), "shipping": (Shipping("Post", Decimal("4.99")),)}
    placed = life.sell(life.line("MUG", 3, discount=Decimal("0.20")), life.line("CAP", 2), **how)
    total = money(placed["totalPriceSet"]["shopMoney"]["amount"])
    assert life.books(placed) == [(*PAID, total)]
    assert money(life.order(placed)["amount_tax"]) == money(placed["totalTaxSet"]["shopMoney"]["amount"])
    life.deliver(placed)
    life.refunded(life.refund(placed, 1))
    life.refunded(life.refund(placed, 2, shipping="full"))
    assert [one[:3] for one in life.books(placed)] == [PAID, CREDITED, CREDITED]
    life.agree(placed)
    life.repeat(placed)


def test_another_currency_goes_all_the_way(life: Life) -> None:
    life.rules(pricelists={"EUR": life.pricelist("EUR")})
    placed = life.sell(life.line("MUG", 3), currency="EUR")
    assert life.order(placed)["currency_id"]["name"] == "EUR"
    assert [one[:3] for one in life.books(placed)] == [PAID]
    life.deliver(placed)
    life.refunded(life.refund(placed, 1))
    assert [one[:3] for one in life.books(placed)] == [PAID, CREDITED]
    assert [matched for *_, matched in life.payments(placed)] == [True, True]
    life.agree(placed)
    life.repeat(placed)


def test_two_gateways_pay_one_invoice(life: Life) -> None:
    card = Payment("gift_card", Decimal("10.00"))
    placed = life.sell(life.line("CAP", 2), payments=(card, Payment("bogus")))
    assert [one[:3] for one in life.books(placed)] == [PAID]
    assert min(amount for _, amount, _ in life.payments(placed)) == Decimal("10.00")
    life.agree(placed)
    life.repeat(placed)


def test_stock_is_what_was_there_less_what_was_sent(life: Life) -> None:
    before = life.stock("PEN")
    placed = life.sell(life.line("PEN", 4))
    life.deliver(placed)
    assert before <= STOCK
    assert life.stock("PEN") == before - 4


def test_a_user_without_an_email_address_may_change_nothing_that_is_told_of_on_18(access: Access, lab: Lab) -> None:
    login, password = make_user(access, lab, lab.new("silent"), email="")
    client = access.client(login=login, key=password)
    order = Depot(lab).order((lab.product, "2"))
    line = Depot(lab).read(order)["order_line"][0]["id"]
    if client.version() < (19, 0):
        with pytest.raises(Rejected, match="configure the sender's email address"):
            client.call("sale.order.line", "write", [[line], {"product_uom_qty": 3}], write=True)
    else:
        client.call("sale.order.line", "write", [[line], {"product_uom_qty": 3}], write=True)


def test_a_quantity_alone_brings_the_products_own_price_back(lab: Lab) -> None:
    """Why the workers write the price with every quantity."""
    order = lab.order([("2", "12.50", "")])
    (line,) = lab.client.search_read("sale.order.line", [("order_id", "=", order)], ["product_uom_qty"])
    lab.client.update("sale.order.line", [".id", "product_uom_qty"], [[line["id"], 3]])
    assert [one["price_unit"] for one in lab.read_order(order)["order_line"]] == [1.0]
    lab.client.update("sale.order.line", [".id", "product_uom_qty", "price_unit"], [[line["id"], 4, "12.50"]])
    assert [one["price_unit"] for one in lab.read_order(order)["order_line"]] == [12.5]
