from __future__ import annotations

from datetime import date
from decimal import Decimal

from services.workers.orders.invoices import drafts, invoice_fields, invoice_rows, invoiced_wrongly, plan_invoice
from tests.unit.orders.builders import ODOO_19
from tests.unit.orders.sales import invoice, sale, sale_line

DAY = date(2026, 11, 20)
NAME = "tandem_acme.invoice_5"


def test_a_first_invoice_is_for_every_unit_and_tied_to_the_lines() -> None:
    order = sale(sale_line(1), sale_line(2, "1", "4.90"), currency_id=1, payment_term_id=3)
    planned = plan_invoice(order, NAME, DAY, "#1001")
    assert planned is not None
    rows = invoice_rows(planned, ODOO_19)
    assert rows[0] == [
        *(NAME, "out_invoice", 51, 52, DAY, "S00007", "#1001", 1, 3),
        *(11, "Thing 1", Decimal(2), Decimal("10.00"), Decimal(0), "1", 101),
        '{"computation_key": "order_line_101"}',
    ]
    assert rows[1][:9] == [""] * 9
    assert rows[1][-2] == 102
    assert all(len(row) == len(invoice_fields(ODOO_19)) for row in rows)


def test_what_is_invoiced_already_is_not_invoiced_again() -> None:
    assert plan_invoice(sale(invoices=(invoice(),)), NAME, DAY, "#1001") is None
    assert plan_invoice(sale(invoices=(invoice(state="draft"),)), NAME, DAY, "#1001") is None
    assert drafts(sale(invoices=(invoice(state="draft"), invoice(2)))) == [1]


def test_credited_units_are_not_invoiced_again() -> None:
    credited = sale(invoices=(invoice(), invoice(2, kind="out_refund", units="1")))
    assert plan_invoice(credited, NAME, DAY, "#1001") is None


def test_units_that_an_edit_added_get_a_further_invoice_of_a_name_of_its_own() -> None:
    planned = plan_invoice(sale(sale_line(1, "5"), invoices=(invoice(),)), NAME, DAY, "#1001")
    assert planned is not None
    assert (planned.external_id, [units for _, units in planned.units]) == (f"{NAME}_2", [Decimal(3)])


def test_after_a_cancelled_invoice_comes_one_of_another_name() -> None:
    planned = plan_invoice(sale(invoices=(invoice(state="cancel"),)), NAME, DAY, "#1001")
    assert planned is not None
    assert planned.external_id == f"{NAME}_2"


def test_an_order_without_anything_to_invoice_has_no_invoice() -> None:
    assert plan_invoice(sale(sale_line(1, "0")), NAME, DAY, "#1001") is None


def test_a_draft_that_comes_to_something_else_is_held_with_both_figures() -> None:
    held = invoiced_wrongly(sale(invoices=(invoice(state="draft", total="20.01"),)))
    assert held is not None
    assert (held.code, held.details["difference"]) == ("invoice_differs", "0.01")
    assert invoiced_wrongly(sale(invoices=(invoice(),))) is None
    assert invoiced_wrongly(sale(sale_line(1, "3"), invoices=(invoice(),))) is None
