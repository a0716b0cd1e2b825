"""Credit notes: linked to their invoice, matched with it when posted, tied to order lines, paid back."""

from __future__ import annotations

from decimal import Decimal

import pytest

from libs.common.errors import Rejected
from tests.contract.odoo.books import INVOICE_COLUMNS, Books, money
from tests.contract.odoo.conftest import Lab


@pytest.fixture
def books(lab: Lab) -> Books:
    return Books.of(lab)


def test_a_credit_note_exists_once_and_names_its_invoice(books: Books, lab: Lab) -> None:
    invoice = books.invoice(("2", "10", "", ""))
    rows = books.rows(lab.external("refund"), [("1", "10", "", "")], kind="out_refund", reverses=invoice)
    (note,) = lab.client.load("account.move", INVOICE_COLUMNS, rows).ids
    books.post(note)
    assert lab.client.load("account.move", INVOICE_COLUMNS, rows).ids == (note,)
    read = books.read(note, "name", "move_type", "reversed_entry_id", "amount_total")
    assert (read["move_type"], read["reversed_entry_id"]) == ("out_refund", invoice)
    assert read["name"].startswith("RINV/2026/")
    assert money(read["amount_total"]) == Decimal(10)


def test_posting_matches_it_with_its_open_invoice(books: Books) -> None:
    invoice = books.invoice(("2", "10", "", ""))
    note = books.credit_note(("1", "10", "", ""), of=invoice, post=False)
    assert books.standing(invoice) == ("not_paid", Decimal(20))
    books.post(note)
    assert books.standing(invoice) == ("partial", Decimal(10))
    assert books.standing(note) == ("paid", Decimal(0))
    books.post(books.credit_note(("1", "10", "", ""), of=invoice, post=False))
    assert books.standing(invoice) == ("reversed", Decimal(0))


def test_an_invoice_that_was_paid_in_part_and_credited_is_paid(books: Books) -> None:
    invoice = books.invoice(("2", "10", "", ""))
    books.credit_note(("1", "10", "", ""), of=invoice)
    books.settle(invoice, "10")
    assert books.standing(invoice) == ("paid", Decimal(0))


def test_the_invoice_takes_what_it_can_and_the_rest_is_paid_back(books: Books) -> None:
    invoice = books.invoice(("1", "10", "", ""))
    books.settle(invoice, "6")
    note = books.credit_note(("1", "10", "", ""), of=invoice)
    assert books.standing(invoice) == ("paid", Decimal(0))
    assert books.standing(note) == ("partial", Decimal(6))
    payment = books.settle(note, "6", kind="outbound")
    assert books.standing(note) == ("paid", Decimal(0))
    read = books.payment(payment, "amount_signed", "reconciled_invoice_ids")
    assert (money(read["amount_signed"]), read["reconciled_invoice_ids"]) == (Decimal(-6), [note])


def test_money_goes_back_for_a_credit_note_of_a_paid_invoice(books: Books) -> None:
    invoice = books.invoice(("1", "10", "", ""))
    books.settle(invoice, "10")
    note = books.credit_note(("1", "4", "", ""), of=invoice)
    assert books.standing(note) == ("not_paid", Decimal(4))
    payment = books.pay("4", kind="outbound")
    line = books.line_of(payment=payment)
    books.assign(note, line)
    assert books.standing(note) == ("paid", Decimal(0))
    with pytest.raises(Rejected, match="already reconciled"):
        books.assign(note, line)
    assert books.standing(invoice) == ("paid", Decimal(0))


def test_one_without_an_invoice_waits_for_the_match(books: Books) -> None:
    invoice, note = books.invoice(("1", "10", "", "")), books.credit_note(("1", "3", "", ""))
    assert [books.standing(move)[0] for move in (invoice, note)] == ["not_paid", "not_paid"]
    books.assign(invoice, books.line_of(move=note))
    assert books.standing(invoice) == ("partial", Decimal(7))
    assert books.standing(note) == ("paid", Decimal(0))


def test_one_posted_together_with_its_invoice_is_not_matched(books: Books) -> None:
    invoice = books.invoice(("1", "10", "", ""), post=False)
    note = books.credit_note(("1", "3", "", ""), of=invoice, post=False)
    books.post(invoice, note)
    assert [books.standing(move)[0] for move in (invoice, note)] == ["not_paid", "not_paid"]


def test_notes_of_several_invoices_find_theirs_in_one_call(books: Books) -> None:
    invoices = [books.invoice(("1", "10", "", "")) for _ in range(2)]
    notes = [books.credit_note(("1", str(3 + number), "", ""), of=of, post=False) for number, of in enumerate(invoices)]
    books.post(*reversed(notes))
    assert [books.standing(invoice) for invoice in invoices] == [("partial", Decimal(7)), ("partial", Decimal(6))]


def test_two_notes_of_one_invoice_in_one_call_go_astray(books: Books) -> None:
    """A fault of Odoo: the second goes to the invoice of the third. So each call posts one note for an invoice."""
    first, second = books.invoice(("1", "100", "", "")), books.invoice(("1", "100", "", ""))
    notes = [
        books.credit_note(("1", amount, "", ""), of=of, post=False)
        for amount, of in (("10", first), ("20", first), ("30", second))
    ]
    books.post(*notes)
    assert [books.standing(invoice)[1] for invoice in (first, second)] == [Decimal(90), Decimal(80)]
    assert [books.standing(note)[0] for note in notes] == ["paid", "paid", "not_paid"]


def test_its_lines_lower_what_the_order_lines_have_invoiced(books: Books) -> None:
    order, external = books.order(("3", "10", ""))
    invoice = books.invoice(("3", "10", "", f"{external}_0"))
    assert books.read_order(order)["invoice_status"] == "invoiced"
    note = books.credit_note(("1", "10", "", f"{external}_0"), of=invoice, post=False)
    (line,) = books.read_order(order)["order_line"]
    assert (line["qty_invoiced"], money(line["untaxed_amount_invoiced"])) == (2, Decimal(30))
    books.post(note)
    read = books.read_order(order)
    (line,) = read["order_line"]
    assert (line["qty_invoiced"], line["qty_to_invoice"]) == (2, 1)
    assert (money(line["untaxed_amount_invoiced"]), read["invoice_status"]) == (Decimal(20), "to invoice")
    assert {move["id"]: move["move_type"] for move in read["invoice_ids"]} == {
        invoice: "out_invoice",
        note: "out_refund",
    }


def test_one_that_names_no_order_line_leaves_the_order_invoiced(books: Books) -> None:
    order, external = books.order(("1", "10", ""))
    invoice = books.invoice(("1", "10", "", f"{external}_0"))
    books.credit_note(("1", "10", "", ""), of=invoice)
    read = books.read_order(order)
    assert (read["invoice_status"], [move["id"] for move in read["invoice_ids"]]) == ("invoiced", [invoice])


def test_taxes_go_back_as_they_were_charged(books: Books, lab: Lab) -> None:
    tax = str(lab.tax("19", included=True))
    invoice = books.invoice(("2", "19.99", tax, ""))
    note = books.credit_note(("1", "19.99", tax, ""), of=invoice)
    read = books.read(note, "amount_untaxed", "amount_tax", "amount_total")
    assert [money(read[name]) for name in ("amount_untaxed", "amount_tax", "amount_total")] == [
        Decimal("16.80"),
        Decimal("3.19"),
        Decimal("19.99"),
    ]
    domain = [["move_id", "=", note], ["tax_line_id", "!=", False]]
    (line,) = lab.client.search_read("account.move.line", domain, ["debit"])
    assert money(line["debit"]) == Decimal("3.19")
