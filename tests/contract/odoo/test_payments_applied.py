"""What the payments' room writes, against every Odoo: made, posted and matched once, whoever else tries it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from libs.common.domain.money import Money
from libs.common.errors import Failure
from services.workers.context import StoreContext
from services.workers.payments.apply import apply, look_again
from services.workers.payments.model import Applied, PlannedPayment
from services.workers.payments.verify import verify
from tests.contract.odoo.books import Books
from tests.contract.odoo.conftest import Lab, store_of


@pytest.fixture
def books(lab: Lab) -> Books:
    return Books.of(lab)


@pytest.fixture
def store(lab: Lab) -> StoreContext:
    return store_of(lab.client)


def plan(books: Books, amount: str | Money, moves: Sequence[int], **changes: Any) -> PlannedPayment:
    currency = amount.currency if isinstance(amount, Money) else books.lab.facts.currency
    values: dict[str, Any] = {
        "external_id": books.lab.external("payment"),
        "partner_id": books.customer,
        "amount": amount if isinstance(amount, Money) else Money.of(amount, currency),
        "currency_id": books.lab.facts.currency_ids.get(currency, 0),
        "date": date(2026, 11, 3),
        "journal_id": books.bank,
        "memo": "#1001 / 9001",
        "move_ids": tuple(moves),
    }
    return PlannedPayment(**(values | changes))


def applied(store: StoreContext, *plans: PlannedPayment) -> list[Applied]:
    answers = apply(plans, store)
    good = [answer for answer in answers if isinstance(answer, Applied)]
    assert len(good) == len(plans), answers
    return good


def left(made: Applied) -> Decimal:
    assert made.left is not None
    return made.left.amount


def test_a_payment_is_made_posted_and_matched_and_a_repeat_changes_nothing(books: Books, store: StoreContext) -> None:
    move = books.invoice(("1", "30", "", ""))
    wanted = plan(books, "30.00", [move])
    (made,) = applied(store, wanted)
    assert books.standing(move) == ("paid", Decimal(0))
    assert (made.booked, made.left, dict(made.matched)) == (
        wanted.amount,
        Money.zero(wanted.amount.currency),
        {move: Decimal(30)},
    )
    (again,) = applied(store, wanted)
    assert (again.payment_id, dict(again.matched)) == (made.payment_id, {})
    assert verify([again])[0].hold is None
    read = books.payment(made.payment_id, "memo", "date", "is_reconciled", "reconciled_invoice_ids")
    assert read["memo"] == "#1001 / 9001"
    assert (read["date"], read["is_reconciled"], read["reconciled_invoice_ids"]) == ("2026-11-03", True, [move])


def test_two_payments_over_two_invoices_leave_open_what_is_too_much(books: Books, store: StoreContext) -> None:
    first, second = books.invoice(("1", "30", "", "")), books.invoice(("1", "20", "", ""))
    plans = [plan(books, "35.00", [first, second]), plan(books, "25.00", [first, second])]
    made = look_again(applied(store, *plans), store)
    assert books.standing(first) == books.standing(second) == ("paid", Decimal(0))
    assert [dict(one.matched) for one in made] == [
        {first: Decimal(30), second: Decimal(5)},
        {second: Decimal(15)},
    ]
    assert [left(one) for one in made] == [Decimal(0), Decimal(10)]
    assert all(one.hold is None for one in verify(made))


def cash_and_change(books: Books, move: int) -> list[PlannedPayment]:
    cash = plan(books, "40.00", [move])
    change = plan(books, "10.00", [], outbound=True, change_of=cash.external_id, set_off={cash.external_id: None})
    return [cash, change]


def test_change_is_matched_with_the_payment_that_it_was_given_for(books: Books, store: StoreContext) -> None:
    move = books.invoice(("1", "30", "", ""))
    plans = cash_and_change(books, move)
    cash, change = look_again(applied(store, *plans), store)
    assert books.standing(move) == ("paid", Decimal(0))
    assert (left(cash), left(change)) == (Decimal(0), Decimal(0))
    assert list(change.matched.values()) == [Decimal(10)]
    assert all(one.hold is None for one in verify([cash, change]))
    read = books.payment(change.payment_id, "payment_type", "is_reconciled")
    assert (read["payment_type"], read["is_reconciled"]) == ("outbound", True)
    again = applied(store, *plans)
    assert [(one.payment_id, dict(one.matched)) for one in again] == [(cash.payment_id, {}), (change.payment_id, {})]


def test_change_that_comes_after_its_payment_finds_what_the_invoice_left(books: Books, store: StoreContext) -> None:
    move = books.invoice(("1", "30", "", ""))
    cash, change = cash_and_change(books, move)
    (first,) = applied(store, cash)
    assert left(first) == Decimal(10)
    (then,) = look_again(applied(store, replace(change, set_off={cash.external_id: first.payment_id})), store)
    assert (left(then), verify([then])[0].hold) == (Decimal(0), None)
    assert books.payment(first.payment_id, "is_reconciled")["is_reconciled"]


def test_change_takes_what_another_payment_has_left_when_the_cash_is_used_up(books: Books, store: StoreContext) -> None:
    """Cash of 40.00 and a card's 10.00 for an invoice of 40.00, 10.00 of the cash given back."""
    move = books.invoice(("1", "40", "", ""))
    cash, change = cash_and_change(books, move)
    card = plan(books, "10.00", [move])
    both = {cash.external_id: None, card.external_id: None}
    made = look_again(applied(store, cash, card, replace(change, set_off=both)), store)
    assert books.standing(move) == ("paid", Decimal(0))
    assert [left(one) for one in made] == [Decimal(0)] * 3


def test_change_of_cash_that_could_not_be_booked_is_not_given(books: Books, store: StoreContext) -> None:
    cash, change = cash_and_change(books, books.invoice(("1", "30", "", "")))
    answers = apply([replace(cash, journal_id=999_999), change], store)
    assert [isinstance(one, Failure) for one in answers] == [True, True]


def invoice_with(books: Books, lab: Lab, amount: str, **changes: Any) -> int:
    """A posted invoice with one line and these columns besides."""
    head: dict[str, Any] = {"id": lab.external("invoice"), "move_type": "out_invoice"}
    head |= {"partner_id/.id": books.customer, "invoice_date": "2026-11-02", **changes}
    line = {"product_id/.id": lab.product, "name": "line", "price_unit": amount, "tax_ids/.id": ""}
    row = {**head, **{f"invoice_line_ids/{name}": value for name, value in line.items()}}
    (move,) = lab.client.load("account.move", list(row), [list(row.values())]).ids
    books.post(move)
    return move


def test_all_parts_of_an_invoice_s_payment_term_are_paid(books: Books, store: StoreContext, lab: Lab) -> None:
    terms = lab.client.search_read("account.payment.term", [["name", "like", "30% Now"]], ["name"])
    move = invoice_with(books, lab, "100", **{"invoice_payment_term_id/.id": terms[0]["id"]})
    domain = [["move_id", "=", move], ["account_type", "=", "asset_receivable"]]
    assert len(lab.client.search_read("account.move.line", domain, ["balance"])) == 2
    (first, second) = applied(store, plan(books, "60.00", [move]), plan(books, "45.00", [move]))
    assert books.standing(move) == ("paid", Decimal(0))
    assert (left(first), left(second)) == (Decimal(0), Decimal(5))


def test_a_payment_in_another_currency_than_the_company_s_pays_its_invoice(books: Books, lab: Lab) -> None:
    domain = [["name", "=", "EUR"], ["active", "in", [True, False]]]
    (euro,) = lab.client.search_read("res.currency", domain, ["active"])
    lab.client.call("res.currency", "write", [[euro["id"]], {"active": True}], write=True)
    move = invoice_with(books, lab, "33.33", **{"currency_id/.id": euro["id"]})
    wanted = plan(books, Money.of("33.33", "EUR"), [move], currency_id=euro["id"])
    (made,) = applied(store_of(lab.client), wanted)
    assert books.standing(move) == ("paid", Decimal(0))
    assert (made.booked, left(made)) == (Money.of("33.33", "EUR"), Decimal(0))
    (again,) = applied(store_of(lab.client), wanted)
    assert (dict(again.matched), verify([again])[0].hold) == ({}, None)


def test_a_draft_invoice_is_not_matched(books: Books, store: StoreContext) -> None:
    draft = books.invoice(("1", "30", "", ""), post=False)
    (made,) = applied(store, plan(books, "30.00", [draft]))
    assert (left(made), dict(made.matched)) == (Decimal(30), {})
    assert books.read(draft, "state", "payment_state") == {"id": draft, "state": "draft", "payment_state": "not_paid"}


def test_money_that_goes_back_pays_a_credit_note(books: Books, store: StoreContext) -> None:
    invoice = books.invoice(("1", "30", "", ""))
    applied(store, plan(books, "30.00", [invoice]))
    note = books.credit_note(("1", "12", "", ""), of=invoice)
    (made,) = applied(store, plan(books, "12.00", [note], outbound=True))
    assert books.standing(note) == ("paid", Decimal(0))
    assert (made.booked, left(made)) == (made.plan.amount, Decimal(0))


def test_of_several_payments_only_the_one_that_is_refused_fails(books: Books, store: StoreContext, lab: Lab) -> None:
    moves = [books.invoice(("1", "10", "", "")) for _ in range(3)]
    archived = {"id": lab.external("journal"), "name": lab.new("journal"), "type": "bank", "code": lab.new("")[-5:]}
    (journal,) = lab.client.load("account.journal", list(archived), [list(archived.values())]).ids
    lab.client.call("account.journal", "write", [[journal], {"active": False}], write=True)
    plans = [plan(books, "10.00", [move]) for move in moves]
    plans[1] = replace(plans[1], journal_id=journal)
    answers = apply(plans, store)
    assert [isinstance(answer, Failure) for answer in answers] == [False, True, False]
    assert isinstance(refused := answers[1], Failure)
    assert "archived" in refused.message
    assert "payment_id" in refused.details
    assert [books.standing(move)[0] for move in moves] == ["paid", "not_paid", "paid"]


def test_a_payment_tried_by_eight_at_once_is_made_and_matched_once(books: Books, lab: Lab) -> None:
    move = books.invoice(("1", "100", "", ""))
    plans = [plan(books, "60.00", [move]), plan(books, "70.00", [move])]
    stores = [store_of(lab.access.client()) for _ in range(8)]
    for one in stores:
        one.odoo_fields  # noqa: B018 - read before all begin at once
    barrier = threading.Barrier(len(stores))
    answers: list[Applied | Failure] = []

    def attempt(store: StoreContext) -> None:
        barrier.wait()
        try:
            answers.extend(apply(plans, store))
        except Failure as failure:
            answers.append(failure)

    threads = [threading.Thread(target=attempt, args=(one,)) for one in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    last = applied(stores[0], *plans)
    assert books.standing(move) == ("paid", Decimal(0))
    made = lab.client.search_read("account.payment", [["partner_id", "=", books.customer]], ["amount", "state"])
    assert sorted(one["amount"] for one in made) == [60.0, 70.0]
    assert sorted(left(one) for one in last) == [Decimal(0), Decimal(30)]
    failed = [one for one in answers if isinstance(one, Failure)]
    assert all(one.code == "serialization" for one in failed), "whoever loses tries again later"
