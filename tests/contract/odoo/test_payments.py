"""Payments through `load`, and their match with invoices: in part, in full, again, in another currency."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from libs.common.errors import Rejected
from tests.contract.odoo.books import DATE, PAYMENT_COLUMNS, Books, money
from tests.contract.odoo.conftest import Lab


@pytest.fixture
def books(lab: Lab) -> Books:
    return Books.of(lab)


def test_a_payment_exists_once_and_is_posted_once(books: Books, lab: Lab) -> None:
    row: list[Any] = [
        lab.external("payment"),
        books.customer,
        Decimal("12.50"),
        DATE,
        "inbound",
        "customer",
        books.bank,
        "tx 1",
    ]
    (payment,) = lab.client.load("account.payment", PAYMENT_COLUMNS, [row]).ids
    assert books.payment(payment, "state", "name", "move_id")["move_id"] is False
    for _ in range(2):
        assert lab.client.load("account.payment", PAYMENT_COLUMNS, [row]).ids == (payment,)
        assert lab.client.call("account.payment", "action_post", [[payment]], write=True) is None
    read = books.payment(payment, "state", "name", "amount", "is_reconciled", "reconciled_invoice_ids")
    assert (read["state"], money(read["amount"])) == ("in_process", Decimal("12.50"))
    assert read["name"].startswith("PBNK1/2026/")
    assert (read["is_reconciled"], read["reconciled_invoice_ids"]) == (False, [])
    items = lab.client.search_read("account.move.line", [["payment_id", "=", payment]], ["balance", "account_type"])
    owed = {item["account_type"]: money(item["balance"]) for item in items}
    assert owed == {"asset_current": Decimal("12.50"), "asset_receivable": Decimal("-12.50")}


def test_one_search_gives_the_open_lines_of_invoices_and_payments(books: Books, lab: Lab) -> None:
    move, payment = books.invoice(("1", "10", "", "")), books.pay("10")
    either = ["|", ["move_id", "in", [move]], ["payment_id", "in", [payment]]]
    domain = [*either, ["account_type", "=", "asset_receivable"], ["parent_state", "=", "posted"]]
    lines = lab.client.search_read("account.move.line", domain, ["move_id", "payment_id", "amount_residual"])
    by_payment = {bool(line["payment_id"]): line for line in lines}
    assert by_payment[False]["move_id"][0] == move
    assert by_payment[True]["payment_id"][0] == payment
    assert [money(by_payment[of_payment]["amount_residual"]) for of_payment in (False, True)] == [10, -10]


def test_two_payments_settle_an_invoice_one_after_the_other(books: Books) -> None:
    move = books.invoice(("1", "30", "", ""))
    first = books.settle(move, "10")
    assert books.standing(move) == ("partial", Decimal(20))
    assert books.payment(first, "state", "is_reconciled", "reconciled_invoice_ids") == {
        "id": first,
        "state": "in_process",
        "is_reconciled": True,
        "reconciled_invoice_ids": [move],
    }
    second = books.settle(move, "20")
    assert books.standing(move) == ("paid", Decimal(0))
    assert books.payment(second, "reconciled_invoice_ids")["reconciled_invoice_ids"] == [move]


def test_a_payment_says_paid_only_where_the_version_does(books: Books, lab: Lab) -> None:
    move = books.invoice(("1", "10", "", ""))
    payment = books.settle(move, "10")
    newer = lab.client.version() >= (19, 0)
    assert books.payment(payment, "state")["state"] == ("paid" if newer else "in_process")


def test_a_match_is_made_once(books: Books) -> None:
    move, payment = books.invoice(("1", "10", "", "")), books.pay("10")
    line = books.line_of(payment=payment)
    books.assign(move, line)
    with pytest.raises(Rejected, match="already reconciled"):
        books.assign(move, line)
    assert books.standing(move) == ("paid", Decimal(0))


def test_what_is_paid_too_much_stays_on_the_payment(books: Books, lab: Lab) -> None:
    move, payment = books.invoice(("1", "10", "", "")), books.pay("25")
    line = books.line_of(payment=payment)
    books.assign(move, line)
    books.assign(move, line)
    assert books.standing(move) == ("paid", Decimal(0))
    (read,) = lab.client.call("account.move.line", "read", [[line], ["amount_residual", "reconciled"]], write=False)
    assert (money(read["amount_residual"]), read["reconciled"]) == (Decimal(-15), False)
    other = books.invoice(("1", "15", "", ""))
    books.assign(other, line)
    assert books.standing(other) == ("paid", Decimal(0))


def test_the_part_that_is_matched_again_is_matched_no_second_time(books: Books, lab: Lab) -> None:
    move, payment = books.invoice(("1", "30", "", "")), books.pay("10")
    line = books.line_of(payment=payment)
    books.assign(move, line)
    if lab.client.version() >= (19, 0):
        books.assign(move, line)
    else:
        with pytest.raises(Rejected, match="already reconciled"):
            books.assign(move, line)
    assert books.standing(move) == ("partial", Decimal(20))


def test_a_payment_and_an_invoice_in_another_currency(books: Books, lab: Lab) -> None:
    domain = [["name", "=", "EUR"], ["active", "in", [True, False]]]
    (euro,) = lab.client.search_read("res.currency", domain, ["active"])
    lab.client.call("res.currency", "write", [[euro["id"]], {"active": True}], write=True)
    columns = ["id", "move_type", "partner_id/.id", "currency_id/.id"]
    columns += ["invoice_line_ids/product_id/.id", "invoice_line_ids/price_unit", "invoice_line_ids/tax_ids/.id"]
    row: list[Any] = [lab.external("invoice"), "out_invoice", books.customer, euro["id"], lab.product, Decimal(10), ""]
    (move,) = lab.client.load("account.move", columns, [row]).ids
    books.post(move)
    paid: list[Any] = [
        lab.external("payment"),
        books.customer,
        Decimal(10),
        DATE,
        "inbound",
        "customer",
        books.bank,
        "tx",
    ]
    (payment,) = lab.client.load("account.payment", [*PAYMENT_COLUMNS, "currency_id/.id"], [[*paid, euro["id"]]]).ids
    lab.client.call("account.payment", "action_post", [[payment]], write=True)
    books.assign(move, books.line_of(payment=payment))
    assert books.standing(move) == ("paid", Decimal(0))
    assert books.payment(payment, "currency_id")["currency_id"][1] == "EUR"


def test_a_cancelled_payment_opens_its_invoice_again(books: Books, lab: Lab) -> None:
    move = books.invoice(("1", "10", "", ""))
    payment = books.settle(move, "10")
    lab.client.call("account.payment", "action_cancel", [[payment]], write=True)
    assert books.standing(move) == ("not_paid", Decimal(10))
    assert books.payment(payment, "state")["state"] == "canceled"


def test_a_negative_amount_and_the_journal_of_sales_are_refused(books: Books, lab: Lab) -> None:
    with pytest.raises(Rejected, match="cannot be negative"):
        books.pay("-5")
    (sales,) = lab.client.search_read("account.journal", [["type", "=", "sale"]], ["code"], limit=1)
    row: list[Any] = [
        lab.external("payment"),
        books.customer,
        Decimal(5),
        DATE,
        "inbound",
        "customer",
        sales["id"],
        "tx",
    ]
    with pytest.raises(Rejected, match="payment method line"):
        lab.client.load("account.payment", PAYMENT_COLUMNS, [row])
