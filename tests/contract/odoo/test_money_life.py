"""Money that goes both ways: cash with change and rounding, cancels after returns, drafts that a person posts.

From a shop of the sandbox through all workers into every Odoo; `agree` reads both sides anew, `repeat` writes nothing.
"""

from __future__ import annotations

from decimal import Decimal

import pytest

from libs.common.ledger.cursors import MongoCursors
from libs.common.ledger.model import State
from libs.sandbox.shopify.drafts import Payment
from services.scheduler.odoo_poll.books import CREDIT_NOTES
from services.scheduler.odoo_poll.store_poll import StorePoll
from tests.contract.odoo.books import money
from tests.contract.odoo.life import Document, Life, number

PAID = ("out_invoice", "posted", "paid")
CREDITED = ("out_refund", "posted", "paid")
COIN = Decimal("0.05")


@pytest.fixture
def life(shared: Life) -> Life:
    shared.rules(journals={"bogus": shared.bank, "cash": shared.bank})
    return shared


def over_the_counter(life: Life, *payments: Payment) -> Document:
    """A pen of 1.59 without tax."""
    return life.place(life.line("PEN"), payments=payments, source_name="pos", taxes=())


def test_cash_and_its_change_are_two_payments_that_leave_nothing_open_within_the_calls(life: Life) -> None:
    life.synced("order", over_the_counter(life, Payment("cash", round_to=COIN)))
    before = life.calls()
    placed = over_the_counter(life, Payment("cash", round_to=COIN, change=Decimal("3.40")))
    life.synced("order", placed)
    made = life.calls() - before
    assert made["account.move.js_assign_outstanding_line"] == 2
    assert made.total() <= 14 + 1, made
    assert life.books(placed) == [(*PAID, Decimal("1.60"))]
    assert life.payments(placed) == [("inbound", Decimal("5.00"), True), ("outbound", Decimal("3.40"), True)]
    life.agree(placed)
    life.repeat(placed)
    life.forget(placed)


def test_change_that_comes_alone_is_matched_with_what_the_cash_left(life: Life) -> None:
    life.rules(until="invoiced")
    placed = over_the_counter(life, Payment("bogus", Decimal("1.00")), Payment("cash", change=Decimal("2.00")))
    life.synced("order", placed)
    life.rules(journals={"bogus": life.bank, "cash": life.bank})
    for one in reversed(placed["transactions"]):
        life.follow("payment", one)
    assert sorted(life.payments(placed)) == [
        ("inbound", Decimal("1.00"), True),
        ("inbound", Decimal("2.59"), True),
        ("outbound", Decimal("2.00"), True),
    ]
    assert [one[:3] for one in life.books(placed)] == [PAID]
    life.agree(placed)
    life.repeat(placed)


@pytest.mark.parametrize("coin", [COIN, Decimal(0)], ids=["rounded", "not rounded"])
def test_an_order_whose_cash_was_rounded_is_cancelled_and_both_sides_agree(life: Life, coin: Decimal) -> None:
    placed = over_the_counter(life, Payment("cash", round_to=COIN, change=Decimal("3.40")))
    life.synced("order", placed)
    order = life.shop.cancel_order(placed["id"], round_to=coin)
    life.hint("order", placed)
    life.synced("refund", order["refunds"][0])
    assert life.order(placed)["state"] == "cancel"
    assert life.record("order", number(placed)).state is State.SYNCED
    back = Decimal("1.60") if coin else Decimal("1.59")
    assert life.books(placed) == [(*PAID, Decimal("1.60")), (*CREDITED, back)]
    assert life.payments(placed)[2:] == [("outbound", back, True)]
    life.agree(placed)
    life.repeat(placed)


def test_an_order_is_cancelled_after_units_of_its_line_came_back(life: Life) -> None:
    placed = life.sell(life.line("MUG", 5))
    life.deliver(placed, 2)
    life.refunded(life.refund(placed, 2))
    life.refunded(life.refund(placed, 1, "cancel"))
    moved = [("outgoing", "done", [2.0]), ("incoming", "done", [2.0])]
    assert sorted(life.pickings(placed)) == sorted([*moved, ("outgoing", "assigned", [2.0])])
    assert life.quantities(placed) == [(2.0, 0.0, 2.0)]
    life.repeat(placed)
    order = life.shop.cancel_order(placed["id"])
    life.hint("order", placed)
    life.synced("refund", order["refunds"][-1])
    assert life.order(placed)["state"] == "cancel"
    assert life.record("order", number(placed)).state is State.SYNCED
    assert sorted(life.pickings(placed)) == sorted([*moved, ("outgoing", "cancel", [2.0])])
    life.repeat(placed)
    total = money(placed["totalPriceSet"]["shopMoney"]["amount"])
    assert sum(one[3] for one in life.books(placed)[1:]) == total


def test_a_draft_credit_note_is_matched_with_its_payment_once_a_person_has_posted_it(life: Life) -> None:
    journals = {"bogus": life.bank, "cash": life.bank}
    life.rules(journals=journals, credit_notes="draft")
    placed = life.sell(life.line("MUG", 2))
    life.deliver(placed)
    (record,) = life.refunded(life.refund(placed, 1))
    assert record.target
    store = life.stores.get(life.slug)
    assert store
    poll = StorePoll(store, life.client, life.ledger, MongoCursors(life.connection.database))
    assert poll.poll([CREDIT_NOTES], lambda: True) == 0
    assert [one[1:] for one in life.payments(placed)][1][1] is False
    life.client.call("account.move", "action_post", [[record.target.id]], write=True)
    assert poll.poll([CREDIT_NOTES], lambda: True) == 1
    life.work()
    assert all(matched for _, _, matched in life.payments(placed))
    assert life.books(placed)[1][:3] == CREDITED
    assert poll.poll([CREDIT_NOTES], lambda: True) == 0
    life.agree(placed)
    life.repeat(placed)
