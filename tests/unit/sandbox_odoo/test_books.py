"""What a test and the demo see of the sandbox's books, and arithmetic that is the real servers'."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.unit.sandbox_odoo.conftest import Client, Connect

CUSTOMER = 3


def invoice(odoo: Client, *lines: dict[str, Any], post: bool = True, **values: Any) -> int:
    commands = [(0, 0, line) for line in lines]
    given = {"move_type": "out_invoice", "partner_id": CUSTOMER, "invoice_line_ids": commands, **values}
    move: int = odoo("account.move", "create", given)
    if post:
        odoo("account.move", "action_post", [move])
    return move


def pay(odoo: Client, amount: float, **values: Any) -> tuple[int, int]:
    """A posted payment and its receivable line."""
    payment: int = odoo("account.payment", "create", {"partner_id": CUSTOMER, "amount": amount, **values})
    odoo("account.payment", "action_post", [payment])
    domain = [["payment_id", "=", payment], ["account_type", "=", "asset_receivable"]]
    (line,) = odoo("account.move.line", "search", domain)
    return payment, line


def test_invoices_and_payments_as_the_sandbox_tells_them(odoo: Client) -> None:
    product = odoo.sandbox.add_product(default_code="A", taxes=[])
    order = odoo.sandbox.add("sale.order", partner_id=CUSTOMER, order_line=[(0, 0, {"product_id": product})])
    (sold,) = odoo.sandbox.orders()[0]["lines"]
    columns = ["id", "move_type", "partner_id/.id", "invoice_line_ids/product_id/.id"]
    columns += ["invoice_line_ids/price_unit", "invoice_line_ids/sale_line_ids/.id"]
    row = ["tandem_acme.invoice_1", "out_invoice", CUSTOMER, product, 12.5, sold["id"]]
    assert odoo.load("account.move", columns, [row])["ids"]
    invoice(odoo, {"product_id": product, "price_unit": 3})
    (of_order,) = odoo.sandbox.invoices(order)
    assert (of_order["external_id"], of_order["amount_total"]) == ("tandem_acme.invoice_1", 12.5)
    assert [line["sale_line_ids"] for line in of_order["lines"]] == [[sold["id"]]]
    assert [one["state"] for one in odoo.sandbox.invoices()] == ["draft", "posted"]
    odoo.load("account.payment", ["id", "partner_id/.id", "amount"], [["tandem_acme.payment_1", CUSTOMER, "5"]])
    assert [(one["external_id"], one["state"]) for one in odoo.sandbox.payments()] == [
        ("tandem_acme.payment_1", "draft")
    ]


def test_every_effect_is_counted_once_by_what_it_was(odoo: Client) -> None:
    move = invoice(odoo, {"name": "free", "price_unit": 10})
    _, line = pay(odoo, 10)
    odoo("account.move", "js_assign_outstanding_line", move, line)
    odoo.refused("account.move", "js_assign_outstanding_line", move, line)
    odoo.refused("account.move", "action_post", [move])
    journal = odoo.sandbox.journal
    for model in ("account.move", "account.payment"):
        assert (journal.count(model, "create"), journal.count(model, "post")) == (1, 1)
    assert journal.count("account.partial.reconcile", "reconcile") == journal.count(operation="reconcile") == 1


def test_numbers_have_no_gap_when_a_call_fails(odoo: Client) -> None:
    good = invoice(odoo, {"name": "a", "price_unit": 1}, post=False)
    bad = invoice(odoo, {"name": "b", "price_unit": -1}, post=False)
    assert "negative total" in odoo.refused("account.move", "action_post", [good, bad]).message
    odoo("account.move", "action_post", [good])
    invoice(odoo, {"name": "c", "price_unit": 1}, invoice_date="2025-06-01")
    names = [move["name"] for move in odoo.sandbox.invoices() if move["name"]]
    year = datetime.now(UTC).year
    assert names == [f"INV/{year}/00001", "INV/2025/00001"]


def test_an_invoice_is_dated_when_it_is_posted(odoo: Client) -> None:
    odoo.sandbox.now = lambda: datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
    move = invoice(odoo, {"name": "a", "price_unit": 1}, post=False)
    assert odoo.sandbox.invoices()[0]["invoice_date"] is False
    odoo("account.move", "action_post", [move])
    (read,) = odoo.sandbox.invoices()
    assert (read["invoice_date"], read["date"], read["invoice_date_due"]) == ("2026-11-23",) * 3
    assert read["payment_reference"] == read["name"] == "INV/2026/00001"


@dataclass(frozen=True)
class Measured:
    """An invoice of a real server that rounds globally: (price, quantity, discount, taxes), totals, balances."""

    lines: tuple[tuple[float, float, float, str], ...]
    totals: tuple[float, float, float]
    balances: tuple[float, ...]


MEASURED = {
    "18": Measured(
        ((-86.22, 1, 10, "c"), (5.41, 1, 0, "c"), (100.55, 1, 0, "de")),
        (20.61, 7.75, 28.36),
        (64.67, -4.51, -80.77, 12.03, -15.34, -4.44, 28.36),
    ),
    "19": Measured(
        (
            (15.97, 1, 0, "b"),
            (40.84, 3, 10, "cd"),
            (48.797805, 7, 0, "bd"),
            (9.21, 1, 0, "e"),
            (12.94, 1, 12.5, "ce"),
        ),
        (376.4, 111.96, 488.36),
        (-14.52, -79.33, -264.8, -8.73, -9.02, -27.93, -17.67, -65.38, -0.98, 488.36),
    ),
}


@pytest.mark.parametrize("version", ["18", "19"])
def test_the_cents_between_subtotals_and_total_are_on_one_line(connect: Connect, version: str) -> None:
    odoo = connect(version, rounding="round_globally")
    taxes = {"b": 10.0, "c": 20.0, "d": 19.0, "e": 5.5}
    made = {name: odoo.sandbox.add_tax(name, percent, True) for name, percent in taxes.items()}
    lines = [
        {"price_unit": price, "quantity": quantity, "discount": discount, "tax_ids": [(6, 0, [made[t] for t in given])]}
        for price, quantity, discount, given in MEASURED[version].lines
    ]
    invoice(odoo, *({"name": "l", **line} for line in lines))
    (move,) = odoo.sandbox.invoices()
    assert (move["amount_untaxed"], move["amount_tax"], move["amount_total"]) == MEASURED[version].totals
    items = sorted(odoo.sandbox.find("account.move.line"), key=lambda item: item["id"])
    assert tuple(item["balance"] for item in items) == MEASURED[version].balances
    subtotals = sum(item["price_subtotal"] for item in items if item["display_type"] == "product")
    assert abs(subtotals - move["amount_untaxed"]) == pytest.approx(0.01)


def test_another_currency_has_its_own_amounts_beside_the_companys(odoo: Client) -> None:
    odoo.sandbox.set_rate("EUR", 0.8)
    (euro,) = odoo.sandbox.find("res.currency", [["name", "=", "EUR"]])
    move = invoice(odoo, {"name": "a", "price_unit": 10}, currency_id=euro["id"])
    (read,) = odoo.sandbox.invoices()
    assert (read["amount_total"], read["amount_total_signed"], read["amount_residual"]) == (10.0, 12.5, 10.0)
    _, dollars = pay(odoo, 5)
    odoo("account.move", "js_assign_outstanding_line", move, dollars)
    (read,) = odoo.sandbox.invoices()
    assert (read["amount_residual"], read["amount_residual_signed"]) == (6.0, 7.5)
    _, euros = pay(odoo, 6, currency_id=euro["id"])
    odoo("account.move", "js_assign_outstanding_line", move, euros)
    (read,) = odoo.sandbox.invoices()
    assert (read["payment_state"], read["amount_residual"]) == ("paid", 0.0)
    owed = odoo.sandbox.find("account.move.line", [["move_id", "=", move], ["display_type", "=", "payment_term"]])
    assert (owed[0]["amount_residual"], owed[0]["amount_residual_currency"], owed[0]["reconciled"]) == (0.0, 0.0, True)


def test_amounts_in_the_companys_currency_are_those_of_the_lines(odoo: Client) -> None:
    """Figures of real servers: each line is converted and rounded by itself, each payment takes its part."""
    odoo.sandbox.set_rate("EUR", 0.8)
    (euro,) = odoo.sandbox.find("res.currency", [["name", "=", "EUR"]])
    tax = [(6, 0, [odoo.sandbox.add_tax("19%", 19.0)])]
    lines = [{"name": "l", "price_unit": price, "tax_ids": tax} for price in (3.33, 1.11, 7.77)]
    move = invoice(odoo, *lines, currency_id=euro["id"])
    names = ("amount_total", "amount_total_signed", "amount_untaxed_signed", "amount_tax_signed")
    (read,) = odoo.sandbox.invoices()
    assert [read[name] for name in names] == [14.53, 18.16, 15.26, 2.9]
    left = []
    for amount in (1.01, 2.02, 3.33):
        _, line = pay(odoo, amount, currency_id=euro["id"])
        odoo("account.move", "js_assign_outstanding_line", move, line)
        (read,) = odoo.sandbox.invoices()
        left.append((read["amount_residual"], read["amount_residual_signed"]))
    assert left == [(13.52, 16.9), (11.5, 14.37), (8.17, 10.21)]


def test_an_inactive_currency_is_refused_when_posting(odoo: Client) -> None:
    (pound,) = odoo.sandbox.find("res.currency", [["name", "=", "GBP"]], archived=True)
    move = invoice(odoo, {"name": "a", "price_unit": 10}, currency_id=pound["id"], post=False)
    assert "inactive currency: GBP" in odoo.refused("account.move", "action_post", [move]).message


def test_a_gift_card_is_sold_onto_the_account_of_its_product(odoo: Client) -> None:
    (owed,) = odoo.sandbox.find("account.account", [["code", "=", "201000"]])
    product = odoo.sandbox.add_product(default_code="GIFT", taxes=[], type="service")
    odoo("product.product", "write", [product], {"property_account_income_id": owed["id"]})
    invoice(odoo, {"product_id": product, "price_unit": 50})
    (line,) = odoo.sandbox.invoices()[0]["lines"]
    assert (line["account_type"], line["balance"]) == ("liability_current", -50.0)


def test_each_company_has_books_of_its_own(odoo: Client) -> None:
    company = odoo.sandbox.add_company("Second", "EUR")
    context = {"allowed_company_ids": [company]}
    values = {"move_type": "out_invoice", "partner_id": CUSTOMER, "invoice_line_ids": [(0, 0, {"price_unit": 1})]}
    move = odoo("account.move", "create", values, context=context)
    odoo("account.move", "action_post", [move], context=context)
    (read,) = odoo.sandbox.invoices()
    assert (read["company_id"][1], read["currency_id"][1], read["name"].split("/")[0]) == ("Second", "EUR", "INV")
    journals = odoo("account.journal", "search_read", [], ["code"], context=context)
    assert [journal["code"] for journal in journals] == ["INV", "BNK1", "CSH1", "MISC"]
    assert len(odoo.sandbox.find("account.journal")) == 8


def test_journals_and_terms_can_be_chosen(odoo: Client) -> None:
    names = {journal["code"]: journal["name"] for journal in odoo.sandbox.find("account.journal")}
    assert names["INV"] == ("Customer Invoices" if odoo.sandbox.version == "18" else "Sales")
    payment, _ = pay(odoo, 1, journal_id=odoo("account.journal", "search", [["code", "=", "CSH1"]])[0])
    assert odoo("account.payment", "read", [payment], ["name"])[0]["name"].startswith("PCSH1/")
    (term,) = odoo("account.payment.term", "search", [["name", "=", "30 Days"]])
    odoo("res.partner", "write", [CUSTOMER], {"property_payment_term_id": term})
    invoice(odoo, {"name": "a", "price_unit": 1}, invoice_date="2026-01-01")
    assert odoo.sandbox.invoices()[0]["invoice_date_due"] == "2026-01-31"


def test_taking_back_to_draft_keeps_a_match_only_on_newer_versions(odoo: Client) -> None:
    move = invoice(odoo, {"name": "a", "price_unit": 10})
    _, line = pay(odoo, 10)
    odoo("account.move", "js_assign_outstanding_line", move, line)
    odoo("account.move", "button_draft", [move])
    kept = odoo.sandbox.version != "18"
    assert odoo.sandbox.invoices()[0]["amount_residual"] == (0.0 if kept else 10.0)
    odoo("account.move", "button_cancel", [move])
    (read,) = odoo.sandbox.invoices()
    assert (read["state"], read["payment_state"], read["amount_residual"]) == ("cancel", "not_paid", 10.0)


def test_what_is_used_in_the_books_is_not_deleted(odoo: Client) -> None:
    product = odoo.sandbox.add_product(default_code="A", taxes=[])
    partner = odoo("res.partner", "create", {"name": "Ada"})
    move = invoice(odoo, {"product_id": product, "price_unit": 10}, partner_id=partner)
    assert "posted journal item" in odoo.refused("account.move", "unlink", [move]).message
    assert "used in Accounting" in odoo.refused("res.partner", "unlink", [partner]).message
    assert odoo.refused("product.product", "unlink", [product]).name == "odoo.exceptions.ValidationError"
    draft = invoice(odoo, {"name": "a", "price_unit": 1}, post=False)
    assert odoo("account.move", "unlink", [draft]) is True
    assert {item["move_id"][0] for item in odoo.sandbox.find("account.move.line")} == {move}


def test_a_deleted_draft_no_longer_counts_for_its_order(odoo: Client) -> None:
    product = odoo.sandbox.add_product(default_code="A", taxes=[])
    order = odoo.sandbox.add("sale.order", partner_id=CUSTOMER, order_line=[(0, 0, {"product_id": product})])
    odoo("sale.order", "action_confirm", [order])
    (sold,) = odoo.sandbox.orders()[0]["lines"]
    move = invoice(odoo, {"product_id": product, "sale_line_ids": [(6, 0, [sold["id"]])]}, post=False)
    assert odoo.sandbox.orders()[0]["invoice_status"] == "invoiced"
    odoo("account.move", "unlink", [move])
    (read,) = odoo.sandbox.orders()
    assert (read["invoice_status"], read["invoice_ids"], read["lines"][0]["qty_invoiced"]) == ("to invoice", [], 0.0)


def test_only_posted_drafts_and_open_lines_are_matched(odoo: Client) -> None:
    draft = invoice(odoo, {"name": "a", "price_unit": 10}, post=False)
    _, line = pay(odoo, 10)
    if odoo.sandbox.version == "18":
        refused = odoo.refused("account.move", "js_assign_outstanding_line", draft, line)
        assert refused.message == "You can only reconcile posted entries."
    else:
        assert odoo("account.move", "js_assign_outstanding_line", draft, line) is None
        assert odoo.sandbox.invoices()[0]["payment_state"] == "paid"
    gone = odoo.refused("account.move", "js_assign_outstanding_line", draft, 9999)
    assert gone.name == "odoo.exceptions.MissingError"
    (income,) = odoo.sandbox.invoices()[0]["invoice_line_ids"]
    odoo("account.move", "button_cancel", [draft])
    other = invoice(odoo, {"name": "b", "price_unit": 1})
    assert odoo.refused("account.move", "js_assign_outstanding_line", other, income).name.endswith("UserError")


def test_invoicing_takes_more_than_the_rights_of_a_salesperson(odoo: Client) -> None:
    sales = odoo.as_user(odoo.sandbox.add_user("sales", "sales-key"), "sales-key")
    values = {"move_type": "out_invoice", "partner_id": CUSTOMER, "invoice_line_ids": [(0, 0, {"price_unit": 1})]}
    refused = sales.refused("account.move", "create", values)
    assert (refused.name, "create 'Journal Entry'" in refused.message) == ("odoo.exceptions.AccessError", True)
    assert sales("account.journal", "search_count", []) == 4
    billing = odoo.as_user(odoo.sandbox.add_user("billing", "billing-key", "billing"), "billing-key")
    move = invoice(billing, {"name": "a", "price_unit": 10})
    _, line = pay(billing, 10)
    billing("account.move", "js_assign_outstanding_line", move, line)
    assert billing("account.move", "read", [move], ["payment_state"])[0]["payment_state"] == "paid"
