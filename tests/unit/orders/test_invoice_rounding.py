"""Orders that are invoiced in parts: what the rounding of each part makes of the sum."""

from __future__ import annotations

from decimal import Decimal

import pytest

from libs.common.domain.rules import StoreRules
from libs.common.domain.sales import InvoiceLine, SaleOrder
from services.workers.orders.invoice_rounding import InvoiceRounding, plan_invoice_rounding
from services.workers.orders.model import Changes
from services.workers.orders.plan import plan
from tests.unit.orders.builders import line, order, situation
from tests.unit.orders.sales import invoice, sale, sale_line


def in_parts(second: str, state: str = "draft") -> SaleOrder:
    """An order of 20.00, two units, that has an invoice of 10.00 for one and another one for the other."""
    parts = (invoice(1, total="10.00", units="1"), invoice(2, state=state, total=second, units="1"))
    return sale(invoices=parts)


def rounding(there: SaleOrder, **rules: Decimal) -> InvoiceRounding | None:
    decided = plan(situation(order(line(quantity=2, price="10.00"))), StoreRules.model_validate(rules))
    assert isinstance(decided, Changes)
    return plan_invoice_rounding(decided, there)


@pytest.mark.parametrize(("second", "amount"), [("9.99", "0.01"), ("10.02", "-0.02")])
def test_the_last_draft_closes_what_is_missing(second: str, amount: str) -> None:
    write = rounding(in_parts(second))
    assert write is not None
    assert (write.invoice_id, write.amount) == (2, Decimal(amount))
    assert write.external_id == "tandem_acme.invoice_rounding_1001_2"


def test_invoices_that_come_to_their_order_and_posted_ones_are_left_alone() -> None:
    assert rounding(in_parts("10.00")) is None
    assert rounding(in_parts("9.99", state="posted")) is None


def test_no_more_is_closed_than_the_store_tolerates() -> None:
    assert rounding(in_parts("9.94")) is None
    assert rounding(in_parts("9.99"), rounding_tolerance=Decimal(0)) is None


def test_an_order_that_is_not_invoiced_whole_has_nothing_to_close() -> None:
    assert rounding(sale(invoices=(invoice(1, state="draft", total="9.99", units="1"),))) is None


def test_a_line_that_the_draft_has_already_takes_the_difference() -> None:
    """The order's own closing line, or one of an earlier try: no two that cancel each other out."""
    closing = sale_line(9, "1", "0.01", key="rounding_1001")
    for tied in ((109,), ()):
        kept = InvoiceLine(tied, Decimal(1), 77, "Rounding", Decimal("0.01"))
        units = InvoiceLine((101,), Decimal(1))
        parts = (invoice(1, total="10.00", units="1"), invoice(2, state="draft", total="10.01", lines=(units, kept)))
        write = rounding(sale(sale_line(), closing, total=Decimal("20.00"), invoices=parts))
        assert write is not None
        assert (write.line_id, write.amount) == (77, Decimal("0.00"))
