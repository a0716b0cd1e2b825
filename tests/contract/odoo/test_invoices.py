"""Invoices through `load`: exactly once, tied to order lines, to the cent; posting, cancelling, and what that refuses."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from libs.common.errors import Rejected
from services.workers.orders.invoice_rounding import CHANGED_FIELDS
from tests.contract.odoo.books import DATE, INVOICE_COLUMNS, Books, money
from tests.contract.odoo.conftest import Lab


@pytest.fixture
def books(lab: Lab) -> Books:
    return Books.of(lab)


def test_an_invoice_by_load_exists_once_however_often_it_is_loaded(books: Books, lab: Lab) -> None:
    order, external = books.order(("2", "10.00", ""), ("1", "5.50", ""))
    rows = books.rows(lab.external("invoice"), [("2", "10", "", f"{external}_0"), ("1", "5.5", "", f"{external}_1")])
    first = lab.client.load("account.move", INVOICE_COLUMNS, rows).ids
    again = lab.client.load("account.move", INVOICE_COLUMNS, rows).ids
    books.post(*first)
    assert lab.client.load("account.move", INVOICE_COLUMNS, rows).ids == again == first
    (invoice,) = books.read_order(order)["invoice_ids"]
    assert [line["quantity"] for line in invoice["invoice_line_ids"]] == [2, 1]


def test_its_lines_have_external_ids_and_those_that_follow_from_them_have_none(books: Books, lab: Lab) -> None:
    move = books.invoice(("1", "10", str(lab.tax("10")), ""), post=False)
    ids = sorted(books.read(move, "line_ids")["line_ids"])
    names = lab.client.call("account.move.line", "get_external_id", [ids], write=False)
    assert [bool(names[str(one)]) for one in ids] == [True, False, False]


@pytest.mark.parametrize(
    "lines",
    [
        [("3", "3.111111", "a"), ("2", "10.33", "")],
        [("1", "1.05", "a")] * 3,
        [("1", "119.99", "ab"), ("1", "-10", "ab")],
        [("1", "19.99", "i"), ("3", "7.77", "i"), ("1", "-5", "i")],
        [("1", "60.14", "i"), ("1", "4.51", "a"), ("2", "8.3333", "ia")],
    ],
    ids=["long prices", "a tax on each line", "two taxes", "included", "mixed"],
)
def test_an_invoice_has_the_amounts_of_its_order(books: Books, lab: Lab, lines: list[tuple[str, str, str]]) -> None:
    made = {"a": lab.tax("10"), "b": lab.tax("8.875"), "i": lab.tax("19", included=True)}
    taxed = [(quantity, price, ",".join(str(made[tax]) for tax in taxes)) for quantity, price, taxes in lines]
    order, external = books.order(*taxed)
    move = books.invoice(*((*line, f"{external}_{number}") for number, line in enumerate(taxed)))
    names = ("amount_untaxed", "amount_tax", "amount_total")
    ordered, invoiced = books.read_order(order), books.read(move, *names, "amount_residual", "line_ids")
    assert [money(invoiced[name]) for name in names] == [money(ordered[name]) for name in names]
    assert money(invoiced["amount_residual"]) == money(ordered["amount_total"])
    items = lab.client.search_read("account.move.line", [["move_id", "=", move]], ["balance", "debit", "credit"])
    assert sum(money(item["balance"]) for item in items) == 0
    assert sum(money(item["debit"]) for item in items) == sum(money(item["credit"]) for item in items)


def test_tax_and_receivable_lines_stand_beside_the_lines_that_are_invoiced(books: Books, lab: Lab) -> None:
    tax = lab.tax("10")
    move = books.invoice(("2", "10", str(tax), ""))
    names = ["display_type", "account_type", "balance", "amount_residual", "reconciled", "tax_line_id"]
    items = lab.client.search_read("account.move.line", [["move_id", "=", move]], names)
    product, taxed, owed = sorted(items, key=lambda item: item["id"])
    assert (product["display_type"], product["balance"], product["amount_residual"]) == ("product", -20, 0)
    assert (taxed["display_type"], taxed["balance"], taxed["tax_line_id"][0]) == ("tax", -2, tax)
    assert (owed["display_type"], owed["account_type"]) == ("payment_term", "asset_receivable")
    assert (owed["balance"], owed["amount_residual"], owed["reconciled"]) == (22, 22, False)


def test_drafts_count_as_invoiced_quantity_and_posted_ones_as_amount(books: Books) -> None:
    order, external = books.order(("3", "10", ""))
    move = books.invoice(("2", "10", "", f"{external}_0"), post=False)
    (line,) = books.read_order(order)["order_line"]
    assert (line["qty_invoiced"], line["qty_to_invoice"], line["untaxed_amount_invoiced"]) == (2, 1, 0)
    books.post(move)
    (line,) = books.read_order(order)["order_line"]
    assert (line["qty_invoiced"], money(line["untaxed_amount_invoiced"])) == (2, Decimal(20))
    assert books.read_order(order)["invoice_status"] == "to invoice"
    books.invoice(("1", "10", "", f"{external}_0"))
    assert books.read_order(order)["invoice_status"] == "invoiced"
    assert len(books.read_order(order)["invoice_ids"]) == 2


def test_posting_numbers_invoices_and_happens_once(books: Books) -> None:
    first, second = books.invoice(("1", "1", "", ""), post=False), books.invoice(("1", "2", "", ""), post=False)
    assert books.read(first)["name"] is False
    books.post(first, second)
    names = [books.read(move)["name"] for move in (first, second)]
    assert [name.rpartition("/")[0] for name in names] == [f"INV/{DATE[:4]}"] * 2
    assert int(names[1].rpartition("/")[2]) == int(names[0].rpartition("/")[2]) + 1
    with pytest.raises(Rejected, match="must be in draft"):
        books.post(second)


def test_one_posted_invoice_refuses_the_batch(books: Books) -> None:
    posted, draft = books.invoice(("1", "1", "", "")), books.invoice(("1", "2", "", ""), post=False)
    with pytest.raises(Rejected, match="must be in draft"):
        books.post(draft, posted)
    assert books.read(draft)["state"] == "draft"


def test_an_invoice_over_nothing_is_paid_one_without_lines_is_refused(books: Books, lab: Lab) -> None:
    assert books.standing(books.invoice(("1", "10", "", ""), ("1", "-10", "", ""))) == ("paid", Decimal(0))
    columns = ["id", "move_type", "partner_id/.id"]
    row: list[Any] = [lab.external("invoice"), "out_invoice", books.customer]
    (empty,) = lab.client.load("account.move", columns, [row]).ids
    with pytest.raises(Rejected):
        books.post(empty)
    with pytest.raises(Rejected, match="negative total"):
        books.invoice(("1", "-10", "", ""))


def test_a_posted_invoice_keeps_its_lines(books: Books, lab: Lab) -> None:
    move = books.invoice(("1", "10", "", ""))
    with pytest.raises(Rejected, match="readonly fields on a posted move: invoice_line_ids"):
        lab.client.call(
            "account.move",
            "write",
            [[move], {"invoice_line_ids": [[0, 0, {"name": "more", "price_unit": 1}]]}],
            write=True,
        )
    lab.client.call("account.move", "write", [[move], {"ref": "another"}], write=True)
    assert books.read(move, "ref")["ref"] == "another"


def test_drafts_are_cancelled_and_taken_back(books: Books, lab: Lab) -> None:
    order, external = books.order(("1", "10", ""))
    move = books.invoice(("1", "10", "", f"{external}_0"), post=False)
    lab.client.call("account.move", "button_cancel", [[move]], write=True)
    assert books.read(move)["state"] == "cancel"
    assert books.read_order(order)["order_line"][0]["qty_invoiced"] == 0
    with pytest.raises(Rejected, match="Only draft journal entries"):
        lab.client.call("account.move", "button_cancel", [[move]], write=True)
    lab.client.call("account.move", "button_draft", [[move]], write=True)
    books.post(move)
    assert books.read_order(order)["order_line"][0]["qty_invoiced"] == 1


def test_cancelling_an_order_cancels_its_drafts_and_leaves_what_is_posted(books: Books, lab: Lab) -> None:
    order, external = books.order(("2", "10", ""))
    posted = books.invoice(("1", "10", "", f"{external}_0"))
    draft = books.invoice(("1", "10", "", f"{external}_0"), post=False)
    context = {"disable_cancel_warning": True}
    lab.client.call("sale.order", "action_cancel", [[order]], write=True, context=context)
    assert books.read_order(order)["state"] == "cancel"
    assert [books.read(move)["state"] for move in (posted, draft)] == ["posted", "cancel"]


def test_a_draft_follows_its_changed_lines(books: Books, lab: Lab) -> None:
    external, tax = lab.external("invoice"), str(lab.tax("10"))
    rows = books.rows(external, [("1", "10", tax, "")])
    (move,) = lab.client.load("account.move", INVOICE_COLUMNS, rows).ids
    lab.client.update(
        "account.move", [".id", "invoice_line_ids/id", "invoice_line_ids/quantity"], [[move, f"{external}_0", 3]]
    )
    assert money(books.read(move)["amount_total"]) == Decimal(33)
    assert money(books.read(move)["amount_residual"]) == Decimal(33)


def test_a_payment_term_says_when_and_in_how_many_parts(books: Books, lab: Lab) -> None:
    (term,) = lab.client.search_read("account.payment.term", [["name", "=", "30% Now, Balance 60 Days"]], ["name"])
    columns = ["id", "move_type", "partner_id/.id", "invoice_date", "invoice_payment_term_id/.id"]
    columns += ["invoice_line_ids/product_id/.id", "invoice_line_ids/price_unit", "invoice_line_ids/tax_ids/.id"]
    row: list[Any] = [
        lab.external("invoice"),
        "out_invoice",
        books.customer,
        DATE,
        term["id"],
        lab.product,
        Decimal("99.99"),
        "",
    ]
    (move,) = lab.client.load("account.move", columns, [row]).ids
    domain = [["move_id", "=", move], ["account_type", "=", "asset_receivable"]]
    parts = lab.client.search_read("account.move.line", domain, ["balance", "date_maturity"])
    assert sorted((part["date_maturity"], money(part["balance"])) for part in parts) == [
        ("2026-11-02", Decimal("30.00")),
        ("2027-01-01", Decimal("69.99")),
    ]
    assert books.read(move, "invoice_date_due")["invoice_date_due"] == "2027-01-01"


def test_an_invoice_does_not_go_into_the_journal_of_a_bank(books: Books, lab: Lab) -> None:
    columns = [*INVOICE_COLUMNS, "journal_id/.id"]
    rows = [[*row, books.bank] for row in books.rows(lab.external("invoice"), [("1", "10", "", "")])]
    with pytest.raises(Rejected, match="non sale journal"):
        lab.client.load("account.move", columns, rows)


def test_a_line_of_a_draft_takes_another_price_and_stays_tied_to_its_order_line(books: Books, lab: Lab) -> None:
    """How one rounding line closes a draft: the order's own, whose price in the order may change as well."""
    tax = str(lab.tax("10"))
    order, external = books.order(("1", "10", tax), ("1", "0.01", ""))
    move = books.invoice(("1", "10", tax, f"{external}_0"), ("1", "0.01", "", f"{external}_1"), post=False)
    before = books.read_order(order)["invoice_ids"][0]["invoice_line_ids"]
    closing = max(before, key=lambda line: int(line["id"]))
    lab.client.update("account.move", CHANGED_FIELDS, [[move, closing["id"], Decimal("-0.02"), Decimal(0)]])
    found = books.read_order(order)
    after = max(found["invoice_ids"][0]["invoice_line_ids"], key=lambda line: int(line["id"]))
    assert (after["id"], after["sale_line_ids"], money(after["price_unit"])) == (
        closing["id"], closing["sale_line_ids"], money(-0.02),
    )  # fmt: skip
    assert [money(found["invoice_ids"][0]["amount_total"]), found["invoice_status"]] == [money(10.98), "invoiced"]
    books.post(move)
    line = max(found["order_line"], key=lambda one: int(one["id"]))["id"]
    columns = [".id", "order_line/.id", "order_line/price_unit", "order_line/discount"]
    lab.client.update("sale.order", columns, [[order, line, Decimal("0.03"), Decimal(0)]])
    found = books.read_order(order)
    assert (money(found["amount_total"]), found["invoice_status"]) == (money(11.03), "invoiced")
    assert money(books.read(move)["amount_total"]) == money(10.98)
