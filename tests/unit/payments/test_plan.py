"""What becomes of one transaction."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
import yaml

from libs.common.domain.money import Money
from libs.common.domain.outcomes import Hold, Ignore, Needs, Nothing
from libs.common.domain.rules import HandlingOfTestOrders, StoreRules, Until
from services.workers.payments.change import APART
from services.workers.payments.model import ChangeGiven, PlannedPayment, Situation
from services.workers.payments.plan import INVOICE_AT_LATEST, open_digest, payment_digest, plan, plan_payment
from tests.unit.payments.builders import (
    BOOKS,
    PAYER,
    RULES,
    existing,
    invoice,
    sale,
    situation,
    transaction,
    usd,
)


def planned(**changes: Any) -> PlannedPayment:
    decided = plan(situation(**changes), RULES)
    assert isinstance(decided, PlannedPayment), decided
    return decided


def held(code: str, **changes: Any) -> Hold:
    rules = changes.pop("rules", RULES)
    decided = plan(situation(**changes), rules)
    assert isinstance(decided, Hold), decided
    assert decided.code == code
    assert decided.hint
    return decided


def test_a_sale_becomes_a_payment_with_everything_that_odoo_must_know() -> None:
    assert planned() == PlannedPayment(
        external_id="tandem_acme.payment_9001",
        partner_id=PAYER,
        amount=usd("25.00"),
        currency_id=1,
        date=date(2026, 11, 20),
        journal_id=6,
        memo="#1001 / 9001",
        move_ids=(90,),
        record_id="acme/payment/9001",
        digest=payment_digest(transaction()),
    )


def test_a_capture_is_a_payment_and_its_amount_is_its_own() -> None:
    assert planned(money=transaction("10.00", kind="capture")).amount == usd("10.00")


def test_the_date_is_the_day_in_utc() -> None:
    late = datetime(2026, 11, 20, 23, 30, tzinfo=timezone(timedelta(hours=-5)))
    assert planned(money=transaction(processed_at=late)).date == late.astimezone(UTC).date() == date(2026, 11, 21)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"kind": "authorization"}, "authorization: no payment before it is captured"),
        ({"kind": "void"}, "void: an authorization was given up"),
        ({"kind": "refund"}, "refund: booked with its refund"),
        ({"kind": "emv_authorization"}, "authorization: no payment before it is captured"),
        ({"kind": "change", "status": "failure"}, "status: failure"),
        ({"kind": "suggested_refund"}, "suggested_refund: brings no money in"),
        ({"status": "pending"}, "status: pending"),
        ({"status": "failure"}, "status: failure"),
        ({"amount": usd("0.00")}, "amount: nothing was paid"),
    ],
)
def test_what_brings_no_money_in_is_ignored_and_says_why(changes: dict[str, Any], rule: str) -> None:
    assert plan(situation(transaction(**changes)), RULES) == Ignore(rule)


CHANGE = transaction("5.00", id="9002", kind="change", gateway="Cash on Delivery (COD)")
GIVEN = ChangeGiven(
    in_sales=True,
    moved={"net_by_shopify": "20.00 USD"},
    sale_id="9001",
    sale_record_id="acme/payment/9001",
    sale_state="synced",
    set_off={"9001": 33, "9000": 32},
)


def change_situation(given: ChangeGiven | None = GIVEN, **changes: Any) -> Situation:
    """The invoice is paid, mostly by the cash of which the change is what is left."""
    values = {"order": sale(invoice("0.00")), "change": given, "record_id": "acme/payment/9002", **changes}
    return situation(CHANGE, **values)


def test_change_is_money_that_goes_back_and_belongs_to_the_payment_of_its_sale() -> None:
    assert plan(change_situation(), RULES) == PlannedPayment(
        external_id="tandem_acme.payment_9002",
        partner_id=PAYER,
        amount=usd("5.00"),
        currency_id=1,
        date=date(2026, 11, 20),
        journal_id=7,
        memo="#1001 / 9002",
        outbound=True,
        change_of="tandem_acme.payment_9001",
        set_off={"tandem_acme.payment_9001": 33, "tandem_acme.payment_9000": 32},
        record_id="acme/payment/9002",
        digest=payment_digest(CHANGE),
    )


def test_change_waits_by_name_for_all_else_that_came_in() -> None:
    """The cash may have paid in its place: then the change is matched with what that one has too much."""
    given = dataclasses.replace(GIVEN, at_work="acme/payment/9000")
    assert plan(change_situation(given), RULES) == Needs("acme/payment/9000")


def test_change_waits_by_name_for_the_payment_of_its_sale_and_is_left_out_with_it() -> None:
    for state in ("", "due", "held"):
        waiting = dataclasses.replace(GIVEN, sale_state=state)
        assert plan(change_situation(waiting), RULES) == Needs("acme/payment/9001")
    ignored = dataclasses.replace(GIVEN, sale_state="ignored", sale_rule="test_orders: ignore")
    assert plan(change_situation(ignored), RULES) == Ignore("its sale is left out: test_orders: ignore")


def test_change_that_the_amount_of_its_sale_is_without_is_no_payment() -> None:
    apart = dataclasses.replace(GIVEN, in_sales=False)
    assert plan(change_situation(apart), RULES) == Ignore(APART)


@pytest.mark.parametrize("changes", [{"in_sales": None}, {"sale_id": ""}])
def test_change_is_for_a_person_only_where_shopify_s_own_figures_do_not_explain_it(changes: dict[str, Any]) -> None:
    decided = plan(change_situation(dataclasses.replace(GIVEN, **changes)), RULES)
    assert isinstance(decided, Hold)
    assert decided.code == "change_given"
    assert decided.details == {"amount": "5.00 USD", "transaction_id": "9002", "net_by_shopify": "20.00 USD"}


def test_change_follows_the_store_s_rules_as_any_payment_does() -> None:
    invoiced = RULES.model_copy(update={"until": Until.INVOICED})
    assert plan(change_situation(None), invoiced) == Ignore("until: invoiced")
    left_out = change_situation(None, order_state="ignored", order_rule="orders.sources: pos")
    assert plan(left_out, RULES) == Ignore("orders.sources: pos")
    unmapped = RULES.model_copy(update={"journals": {}})
    held_back = plan(change_situation(), unmapped)
    assert isinstance(held_back, Hold)
    assert held_back.code == "gateway_unmapped"


def test_what_cash_paid_in_its_stead_a_payment_sets_off_against_the_change() -> None:
    """Cash took the whole invoice: what comes by card later is what the change was given of."""
    card = situation(order=sale(invoice("0.00")), change=ChangeGiven(in_sales=True, set_off={"9002": 34}))
    decided = plan(card, RULES)
    assert isinstance(decided, PlannedPayment)
    assert (decided.move_ids, decided.set_off) == ((), {"tandem_acme.payment_9002": 34})
    assert held("invoice_paid_already", order=sale(invoice("0.00")), change=ChangeGiven(in_sales=True))


def test_change_that_is_matched_is_not_planned_again() -> None:
    done = existing(amount=usd("5.00"), used_up=True)
    decided = plan(change_situation(existing=done, target_id=33), RULES)
    assert decided == Nothing(payment_digest(CHANGE))


def test_a_test_transaction_follows_the_rule_for_test_orders() -> None:
    test = transaction(test=True)
    ignoring = RULES.model_copy(update={"test_orders": HandlingOfTestOrders.IGNORE})
    assert plan(situation(test), ignoring) == Ignore("test_orders: ignore")
    assert isinstance(plan(situation(test), RULES), PlannedPayment)


@pytest.mark.parametrize("until", [Until.QUOTATION, Until.CONFIRMED, Until.INVOICED])
def test_a_store_that_does_not_go_as_far_as_paid_registers_nothing(until: Until) -> None:
    assert plan(situation(), RULES.model_copy(update={"until": until})) == Ignore(f"until: {until}")


def test_the_payment_of_an_order_that_is_left_out_is_left_out_by_the_same_rule() -> None:
    decided = plan(situation(order_state="ignored", order_rule="orders.sources: pos", order=None), RULES)
    assert decided == Ignore("orders.sources: pos")


@pytest.mark.parametrize("state", ["", "due", "running", "held"])
def test_f36_a_payment_waits_for_its_order_by_name(state: str) -> None:
    assert plan(situation(order_state=state, order=None), RULES) == Needs("acme/order/1001")


@pytest.mark.parametrize("invoices", [(), (invoice(state="draft"),), (invoice(state="cancel"),)])
def test_without_a_posted_invoice_a_payment_waits_for_the_order_and_looks_again_after_a_while(invoices: Any) -> None:
    assert plan(situation(order=sale(*invoices)), RULES) == Needs("acme/order/1001", INVOICE_AT_LATEST)


def test_a_cancelled_order_without_invoice_has_nothing_to_be_paid() -> None:
    assert plan(situation(order=sale(state="cancel")), RULES) == Ignore(
        "cancelled: the order has no invoice that could be paid"
    )


def test_several_invoices_are_paid_in_the_order_of_their_ids_and_paid_ones_left_out() -> None:
    invoices = (invoice("25.00", id=92), invoice("0.00", id=90), invoice("5.00", id=91), invoice(id=80, state="draft"))
    assert planned(order=sale(*invoices)).move_ids == (91, 92)


def test_a_credit_note_is_no_invoice_to_pay() -> None:
    refund = invoice(id=95, kind="out_refund")
    assert planned(order=sale(invoice(), refund)).move_ids == (90,)


@pytest.mark.parametrize(
    ("gateway", "name", "journal"),
    [
        ("shopify_payments", "", 6),
        ("cash_on_delivery", "Cash on Delivery (COD)", 7),
        ("Cash on Delivery (COD)", "", 7),
        ("SHOPIFY_PAYMENTS", "", 6),
        ("cod", "cash on delivery (cod)", 7),
    ],
)
def test_the_journal_goes_by_the_gateway_or_by_the_name_that_people_read(gateway: str, name: str, journal: int) -> None:
    assert planned(money=transaction(gateway=gateway, gateway_name=name)).journal_id == journal


@pytest.mark.parametrize("gateway", ["gift_card", "Bank Deposit: EU", "manual", "100"])
def test_an_unmapped_gateway_is_held_with_its_amount_and_the_line_to_add(gateway: str) -> None:
    hold = held("gateway_unmapped", money=transaction("12.50", gateway=gateway, gateway_name="As People Read It"))
    assert gateway in hold.message
    assert "12.50 USD" in hold.message
    assert "6 Bank" in hold.hint
    assert "1 Sales" not in hold.hint
    line = hold.details["yaml"].replace("<id of the journal in Odoo>", "6")
    assert line.split("\n")[1].replace("6", "", 1) in hold.hint.replace("<id of the journal in Odoo>", "")
    mapped = StoreRules.model_validate({"until": "paid", **yaml.safe_load(line)})
    money = transaction(gateway="", gateway_name="")
    assert isinstance(plan(situation(money), RULES.model_copy(update={"journals": {"no gateway": 6}})), PlannedPayment)
    assert isinstance(plan(situation(transaction(gateway=gateway)), mapped), PlannedPayment)


@pytest.mark.parametrize(("journal", "code"), [(99, "journal_unknown"), (8, "journal_archived"), (1, "journal_wrong")])
def test_a_journal_that_cannot_take_payments_is_held_and_named(journal: int, code: str) -> None:
    hold = held(code, rules=RULES.model_copy(update={"journals": {"shopify_payments": journal}}))
    assert f"journal {journal}" in hold.message
    assert hold.details["journal_id"] == journal


def test_a_currency_that_odoo_does_not_use_is_held() -> None:
    money = transaction(amount=Money.of("25", "CHF"))
    hold = held("currency_inactive", money=money, order=sale(invoice(currency="CHF")))
    assert "CHF" in hold.message


def test_a_payment_in_another_currency_than_the_invoice_is_held() -> None:
    hold = held("payment_currency_differs", money=transaction(amount=Money.of("25", "EUR")))
    assert "25.00 EUR" in hold.message
    assert "USD" in hold.message


def test_an_invoice_that_somebody_paid_by_hand_is_not_paid_a_second_time() -> None:
    hold = held("invoice_paid_already", order=sale(invoice("0.00")))
    assert (hold.details["amount"], hold.details["invoiced"]) == ("25.00 USD", "25.00 USD")
    assert "INV/2026/00090" in hold.message


def test_an_order_that_somebody_deleted_in_odoo_is_held() -> None:
    held("order_deleted_in_odoo", order=None)


def test_a_repeat_is_nothing_and_needs_no_look_at_odoo() -> None:
    fingerprint = payment_digest(transaction())
    decided = plan(situation(target_id=33, synced_digest=fingerprint, order=None, order_state="running"), RULES)
    assert decided == Nothing(fingerprint)


def test_a_payment_that_is_matched_whole_is_nothing() -> None:
    found = existing(used_up=True)
    assert plan(situation(target_id=33, existing=found, order=None), RULES) == Nothing(payment_digest(transaction()))


def test_a_payment_that_is_posted_is_only_matched() -> None:
    decided = planned(target_id=33, existing=existing())
    assert (decided.payment_id, decided.posted) == (33, True)
    draft = planned(target_id=33, existing=existing(state="draft"))
    assert (draft.payment_id, draft.posted) == (33, False)


def test_a_payment_that_the_ledger_does_not_know_is_planned_to_be_linked_and_not_paid_again() -> None:
    decided = planned(existing=existing(used_up=True), order=sale(invoice("0.00")))
    assert (decided.payment_id, decided.posted, decided.move_ids) == (33, True, ())


def test_what_was_paid_too_much_stays_open_until_there_is_another_invoice() -> None:
    fingerprint = payment_digest(transaction())
    left = situation(
        target_id=33, existing=existing(), synced_digest=open_digest(fingerprint), order=sale(invoice("0"))
    )
    assert plan(left, RULES) == Nothing(open_digest(fingerprint))
    assert plan(dataclasses.replace(left, order=sale()), RULES) == Nothing(open_digest(fingerprint))
    further = plan(dataclasses.replace(left, order=sale(invoice("0"), invoice("5", id=95))), RULES)
    assert isinstance(further, PlannedPayment)
    assert further.move_ids == (95,)


def test_f35_a_payment_that_was_deleted_or_cancelled_in_odoo_is_not_made_again() -> None:
    assert held("payment_deleted_in_odoo", target_id=33).details["payment_id"] == 33
    for state in ("canceled", "cancelled", "rejected"):
        held("payment_cancelled_in_odoo", target_id=33, existing=existing(state=state))


@pytest.mark.parametrize("found", [usd("24.99"), Money.of("25.00", "EUR")])
def test_a_payment_that_was_changed_in_odoo_is_held_with_both_figures(found: Money) -> None:
    hold = held("payment_differs", target_id=33, existing=existing(amount=found, used_up=True))
    assert (hold.details["shopify"], hold.details["odoo"]) == ("25.00 USD", str(found))


def test_a_transaction_that_is_gone_concerns_a_person_only_when_it_was_booked() -> None:
    gone = dataclasses.replace(situation(), transaction=None)
    assert plan(gone, RULES) == Ignore("deleted in Shopify before it reached Odoo")
    decided = plan(dataclasses.replace(gone, target_id=33), RULES)
    assert isinstance(decided, Hold)
    assert (decided.code, decided.details) == ("transaction_gone", {"payment_id": 33})


def test_a_payment_can_be_planned_by_whoever_knows_the_invoice() -> None:
    decided = plan_payment(transaction(), "#1001", PAYER, [91, 90], RULES, BOOKS)
    assert decided == dataclasses.replace(planned(), move_ids=(90, 91), record_id="")
    assert isinstance(plan_payment(transaction(kind="authorization"), "#1001", PAYER, [90], RULES, BOOKS), Ignore)
    assert isinstance(plan_payment(transaction(gateway="x"), "#1001", PAYER, [90], RULES, BOOKS), Hold)


def test_cents_of_the_transaction_are_kept_exactly() -> None:
    assert planned(money=transaction("19.99")).amount.amount == Decimal("19.99")
