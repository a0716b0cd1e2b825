from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from libs.common.domain.refunds import Refund, RefundLine
from libs.common.domain.rules import StoreRules
from libs.common.domain.sales import SaleOrder
from services.workers.orders.invoices import (
    credited_units,
    drafts,
    invoice_fields,
    invoice_rows,
    invoiced_wrongly,
    missing_on_invoices,
    plan_invoice,
)
from services.workers.orders.kept import without_cancelled
from services.workers.orders.model import Changes
from services.workers.orders.plan import plan
from tests.unit.orders.builders import ODOO_19, PLACED, line, order, situation, usd
from tests.unit.orders.sales import invoice, sale, sale_line

DAY = date(2026, 11, 20)
NAME = "tandem_acme.invoice_5"


def changes_of_two() -> Changes:
    decided = plan(situation(order(line(quantity=2, price="10.00"))), StoreRules())
    assert isinstance(decided, Changes)
    return decided


TWO = changes_of_two()
TAKEN = RefundLine("1", 1, usd("10.00"), usd("0"), "cancel")
REFUND = Refund("R1", "1001", "#1001", PLACED, PLACED, "USD", usd("10.00"), lines=(TAKEN,))


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
    held = invoiced_wrongly(TWO, sale(invoices=(invoice(state="draft", total="20.01"),)))
    assert held is not None
    assert (held.code, held.details["difference"]) == ("invoice_differs", "0.01")
    assert invoiced_wrongly(TWO, sale(invoices=(invoice(),))) is None
    assert invoiced_wrongly(TWO, sale(sale_line(1, "3"), invoices=(invoice(),))) is None


def test_what_closes_the_rounding_of_an_order_is_not_invoiced_by_itself() -> None:
    closing = sale_line(9, "1", "0.01", key="rounding_1001")
    assert plan_invoice(sale(sale_line(), closing, invoices=(invoice(),)), NAME, DAY, "#1001") is None
    planned = plan_invoice(sale(sale_line(1, "3"), closing, invoices=(invoice(),)), NAME, DAY, "#1001")
    assert planned is not None
    assert [line.id for line, _ in planned.units] == [101, 109]


class TestUnitsThatLeftAfterTheyWereInvoiced:
    """Three were sold and invoiced, a refund took one off, and one is added again."""

    SOURCE = without_cancelled(
        order(line(quantity=4, price="10.00"), total=usd("40.00"), refunds=(REFUND,)), frozenset({"R1"})
    )

    def there(self, **more: Any) -> SaleOrder:
        note = invoice(2, kind="out_refund", units="1", total="10.00", reversed_id=1)
        return sale(sale_line(1, "3"), **{"invoices": (invoice(units="3", total="30.00"), note), **more})

    def test_are_invoiced_anew_when_they_come_again(self) -> None:
        credited = credited_units(self.SOURCE, self.there())
        assert credited == {101: Decimal(1)}
        planned = plan_invoice(self.there(), NAME, DAY, "#1001", credited)
        assert planned is not None
        assert [units for _, units in planned.units] == [Decimal(1)]

    def test_are_not_those_that_came_back_and_stay_in_the_order(self) -> None:
        source = replace(self.SOURCE, lines=(replace(self.SOURCE.lines[0], returned_units=1),))
        assert credited_units(source, self.there()) == {101: Decimal(0)}

    def test_are_counted_in_what_the_invoices_come_to(self) -> None:
        decided = plan(situation(self.SOURCE), StoreRules())
        assert isinstance(decided, Changes)
        both = (invoice(units="3", total="30.00"), invoice(3, units="1", state="draft", total="9.99"))
        assert missing_on_invoices(decided, self.there(invoices=both)) == Decimal("0.01")
        held = invoiced_wrongly(decided, self.there(invoices=both))
        assert held
        assert (held.details["order"], held.details["difference"]) == ("40.00", "-0.01")
        assert missing_on_invoices(decided, self.there(invoices=both[:1])) == Decimal("0.00")
        more = invoice(3, units="2", state="draft", total="20.00")
        assert missing_on_invoices(decided, self.there(invoices=(both[0], more))) is None
