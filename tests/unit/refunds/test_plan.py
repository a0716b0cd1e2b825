"""What becomes of a refund, decided without a server."""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from libs.common.domain.outcomes import Hold, Ignore, Needs, Nothing
from libs.common.domain.rules import Posting, StoreRules, Until
from services.workers.refunds.model import Registered
from services.workers.refunds.plan import plan, refund_digest
from tests.unit.refunds.builders import (
    PAID,
    REFUNDED,
    RULES,
    adjustment,
    changes_of,
    credit_note,
    delivered_sale,
    invoice,
    line_item,
    order,
    refund,
    refund_line,
    refund_shipping,
    sale,
    sale_line,
    shipping_line,
    situation,
    transaction,
    usd,
)


def held(code: str, decided: object) -> Hold:
    assert isinstance(decided, Hold), decided
    assert decided.code == code, decided
    return decided


def test_a_refund_becomes_a_credit_note_of_its_invoice_and_a_payment_back() -> None:
    changes = changes_of(situation())
    credit, (payback,) = changes.credit, changes.paybacks
    assert credit
    assert (credit.external_id, credit.invoice_id, credit.partner_id) == ("tandem_acme.credit_501", 90, 71)
    assert (credit.date, credit.origin, credit.total) == (date(2026, 11, 22), "S00050", usd("11.50"))
    assert (payback.external_id, payback.amount, payback.outbound) == ("tandem_acme.payback_9002", usd("11.50"), True)
    assert (payback.journal_id, payback.partner_id, payback.memo) == (6, 70, "#1001 / 9002")
    assert changes.post


def test_a_refund_that_was_synced_just_so_is_left_alone() -> None:
    made = refund()
    assert plan(situation(made, synced_digest=refund_digest(made)), RULES) == Nothing(refund_digest(made))


def test_money_that_goes_back_later_is_a_change() -> None:
    pending = refund(transactions=(transaction(status="pending"),))
    assert refund_digest(pending) != refund_digest(refund())
    found = situation(synced_digest=refund_digest(pending), credits={"501": credit_note(total=Decimal("11.50"))})
    changes = changes_of(found)
    assert changes.credit
    assert (changes.credit.existing_id, changes.credit.lines, len(changes.paybacks)) == (95, (), 1)


@pytest.mark.parametrize(
    ("order_values", "expected"),
    [
        ({"order_state": "", "order_synced": False}, Needs("acme/order/1001")),
        ({"order_state": "due", "order_synced": False}, Needs("acme/order/1001")),
        ({"order_state": "held", "order_synced": False}, Needs("acme/order/1001")),
        ({"order_state": "held", "sale": sale(invoices=())}, Needs("acme/order/1001")),
        ({"order_state": "ignored", "order_ignored": "tags"}, Ignore("its order is left out: tags")),
        ({"refund": None}, Ignore("deleted in Shopify")),
    ],
)
def test_it_waits_for_its_order_or_goes_with_it(order_values: dict[str, Any], expected: object) -> None:
    assert plan(situation(**order_values), RULES) == expected


def test_a_held_order_with_a_posted_invoice_is_credited_and_looked_at_again() -> None:
    assert changes_of(situation(order_state="held")).hint_order
    assert not changes_of(situation()).hint_order


def test_f35_a_refund_of_an_order_that_was_deleted_in_odoo_is_held_with_its_figures() -> None:
    hold = held("order_deleted_in_odoo", plan(situation(sale=None), RULES))
    assert hold.details["refunded"] == "11.50 USD"


@pytest.mark.parametrize("state", ["", "due", "running"])
def test_it_waits_for_a_payment_that_is_on_its_way(state: str) -> None:
    known = {"9001": Registered(state)} if state else {}
    assert plan(situation(payments=known), RULES) == Needs("acme/payment/9001")


@pytest.mark.parametrize("state", ["held", "ignored"])
def test_a_payment_that_does_not_come_is_not_waited_for(state: str) -> None:
    changes = changes_of(situation(payments={"9001": Registered(state)}))
    assert ("9001", usd("34.50")) in changes.check.transactions


def test_f36_a_cancelled_order_waits_for_its_refund_so_the_refund_waits_for_no_payment() -> None:
    cancelled = order(cancelled_at=REFUNDED)
    changes = changes_of(situation(order=cancelled, order_state="due", payments={}))
    assert changes.hint_order


def test_it_waits_for_the_lines_of_an_exchange() -> None:
    exchanged = order(line_item(), line_item(id="2", quantity=1, exchange=True))
    behind = REFUNDED - timedelta(seconds=5)
    assert plan(situation(order=exchanged, order_version=behind), RULES) == Needs("acme/order/1001")
    both = sale(sale_line(), sale_line(id=72, key="line_2"))
    changes_of(situation(order=exchanged, order_version=behind, sale=both))
    changes_of(situation(order=exchanged))  # seen by the orders' room, and not carried over: compared in the end


def test_nothing_is_paid_back_where_payments_are_not_registered() -> None:
    changes = changes_of(situation(payments={}), RULES.model_copy(update={"until": Until.INVOICED}))
    assert changes.paybacks == ()
    assert changes.check.transactions == (("9001", usd("34.50")), ("9002", usd("-11.50")))


def test_a_gateway_without_journal_is_held_before_anything_is_done() -> None:
    held("gateway_unmapped", plan(situation(), StoreRules(until=Until.PAID)))


def test_by_rule_the_credit_note_stays_a_draft() -> None:
    assert not changes_of(situation(), RULES.model_copy(update={"credit_notes": Posting.DRAFT})).post


def test_of_several_invoices_the_one_with_room_is_credited() -> None:
    first, second = invoice(id=90, total=Decimal(12)), invoice(id=91, total=Decimal(20))
    earlier = credit_note(reversed_id=90, total=Decimal("5.00"))
    found = situation(sale=sale(invoices=(first, second, earlier)), credits={"500": earlier})
    credit = changes_of(found).credit
    assert credit
    assert credit.invoice_id == 91


def test_a_cancelled_credit_note_is_not_made_again_behind_somebodys_back() -> None:
    hold = held("credit_note_cancelled", plan(situation(credits={"501": credit_note(state="cancel")}), RULES))
    assert hold.details["credit_note"] == 95


def test_a_refund_that_took_nothing_back_has_no_credit_note() -> None:
    made = refund(lines=(), transactions=(transaction("3.00"),), total=usd("3.00"))
    changes = changes_of(situation(made))
    assert (changes.credit, len(changes.paybacks)) == (None, 1)


def test_more_kept_back_than_given_back_is_held() -> None:
    held("refund_negative", plan(situation(refund(adjustments=(adjustment("2.00"),), transactions=())), RULES))


def test_the_check_knows_documents_payments_and_what_is_open() -> None:
    second = refund(id="502")
    found = situation(siblings=(refund(), second), open_refunds=("502",), order=order(refund_ids=("501", "502")))
    check = changes_of(found).check
    assert (check.invoice_ids, check.payment_ids, check.open_refunds) == ((90,), (33,), ("502",))
    assert (check.outstanding, check.transactions) == (usd("0.00"), (("9002", usd("-11.50")),))


def test_a_draft_invoice_beside_a_posted_one_leaves_nothing_to_compare() -> None:
    check = changes_of(situation(sale=sale(invoices=(invoice(), invoice(id=91, state="draft"))))).check
    assert (check.outstanding, check.reason) == (None, "an invoice of the order is still a draft")


def test_cash_that_was_rounded_is_credited_as_it_was_paid_back() -> None:
    made = refund(transactions=(transaction("11.55", gateway="cash"),))
    credit = changes_of(situation(made), RULES.model_copy(update={"journals": {"cash": 6}})).credit
    assert credit
    assert credit.total == usd("11.55")
    assert credit.lines[-1].price_unit == Decimal("0.05")


class TestWithoutInvoice:
    rules = StoreRules(until=Until.CONFIRMED)

    def test_units_that_were_not_delivered_leave_the_order(self) -> None:
        changes = changes_of(situation(sale=sale(invoices=())), self.rules)
        ((quantity),) = changes.quantities
        assert (quantity.line.id, quantity.quantity, changes.credit) == (70, Decimal(2), None)
        assert changes.check.order_total == usd("23.00")

    def test_delivered_units_come_back_and_then_leave_the_order(self) -> None:
        changes = changes_of(situation(sale=delivered_sale(3, invoices=())), self.rules)
        assert changes.returned
        assert [one.quantity for one in changes.returned.moves] == [1]
        assert (changes.quantities, [one.quantity for one in changes.quantities_after]) == ((), [Decimal(2)])

    def test_shipping_that_was_given_back_whole_leaves_the_order(self) -> None:
        made = refund(shipping=(refund_shipping(),))
        found = situation(made, sale=sale(sale_line(), shipping_line(), invoices=()), order=order(total=usd("39.50")))
        changes = changes_of(found, self.rules)
        assert {one.line.id: one.quantity for one in changes.quantities} == {70: Decimal(2), 71: Decimal(0)}
        assert changes.check.order_total == usd("23.00")

    def test_a_draft_invoice_is_for_a_person_to_post(self) -> None:
        found = situation(sale=sale(invoices=(invoice(state="draft"),)))
        assert held("invoice_not_posted", plan(found, self.rules)).details["invoice"] == 90

    def test_an_order_that_was_cancelled_has_nothing_to_credit(self) -> None:
        decided = plan(situation(sale=sale(invoices=(), state="cancel")), self.rules)
        assert isinstance(decided, Ignore)


def test_a_refund_of_two_kinds_counts_the_invoiced_units_once() -> None:
    lines = (refund_line(2, "20.00", "3.00"), refund_line(2, "20.00", "3.00", restock_type="cancel"))
    hold = held("refund_exceeds_invoice", plan(situation(refund(*lines)), RULES))
    assert (hold.details["refunded"], hold.details["invoiced"]) == (4, "3")


def test_the_total_is_the_one_that_shopify_refunded() -> None:
    made = refund(refund_line(), shipping=(refund_shipping("5.00", "0.75"),), adjustments=(adjustment(),))
    found = dataclasses.replace(situation(made), sale=sale(sale_line(), shipping_line()))
    credit = changes_of(found).credit
    assert credit
    assert credit.total == usd("22.25")
    assert PAID.pays
