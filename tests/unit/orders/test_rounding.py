"""What Odoo's own arithmetic makes of an order, and what may close it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from libs.common.domain.rules import StoreRules
from libs.common.domain.sales import InvoiceLine, SaleLine, SaleOrder
from services.workers.orders.compare import difference, hold_for
from services.workers.orders.model import Changes
from services.workers.orders.plan import plan
from services.workers.orders.rounding import plan_rounding, rounded_in_books, rounding_notes
from tests.unit.orders.builders import line, order, sale_line, sale_order, situation, tax, usd
from tests.unit.orders.sales import invoice

THREE = tuple(line(id=str(n), price="0.37", taxes=(tax("0.15", "0.06"),)) for n in (1, 2, 3))


def changes(**rules: Any) -> Changes:
    """Three lines of 0.37 with a tax of 0.06 each: 1.29, where Odoo may come to 1.28 (15 % of 1.11 are 0.17)."""
    decided = plan(situation(order(*THREE)), StoreRules(**rules))
    assert isinstance(decided, Changes)
    return decided


def there(*more: SaleLine, total: str = "1.28", tax: str = "0.06", **fields: Any) -> SaleOrder:
    goods = [
        sale_line(11, 1, "0.37", id=n, key=f"line_{n}", name="Mug", tax_ids=(1,), tax=Decimal(tax)) for n in (1, 2, 3)
    ]
    return sale_order(*goods, *more, **{"total": Decimal(total), "tax": Decimal("0.17"), **fields})


def rounding(price: str, key: str = "rounding_1001", **more: Any) -> SaleLine:
    return sale_line(60, 1, price, **{"id": 60, "key": key, "name": "Rounding", **more})


def price(planned: Changes, odoo: SaleOrder) -> str | None:
    write = plan_rounding(planned, odoo, {})
    return str(write.price) if write else None


def test_a_total_that_misses_by_rounding_is_closed_by_a_line() -> None:
    assert price(changes(), there()) == "0.01 USD"
    assert price(changes(), there(total="1.32")) == "-0.03 USD"


def test_an_order_that_agrees_needs_none() -> None:
    assert price(changes(), there(total="1.29")) is None
    assert price(changes(), there(rounding("0.01"), total="1.29")) is None
    assert difference(changes(), there(rounding("0.01"), total="1.29"), {}) is None


@pytest.mark.parametrize(
    ("tolerance", "total", "closed"),
    [("0.05", "1.24", "0.05 USD"), ("0.05", "1.23", None), ("0", "1.28", None), ("0.01", "1.28", "0.01 USD")],
)
def test_it_comes_to_no_more_than_the_store_tolerates(tolerance: str, total: str, closed: str | None) -> None:
    assert price(changes(rounding_tolerance=tolerance), there(total=total)) == closed


def test_beyond_it_both_sums_and_every_line_are_told_side_by_side() -> None:
    found = difference(changes(), there(total="1.20"), {})
    assert found
    hold = hold_for("order_differs", changes(), there(total="1.20"), found)
    assert hold.details["total"] == {"shopify": "1.29", "odoo": "1.20", "difference": "-0.09"}
    sides = {"amount": "0.37 USD", "tax": "0.06 USD"}
    assert hold.details["side_by_side"] == [{"name": "[MUG-1] Mug", "shopify": sides, "odoo": sides}] * 3
    assert hold.message.endswith("Odoo 1.20 USD (difference -0.09), more than rounding_tolerance allows (0.05)")
    assert "set rounding_tolerance: 0.09 in the rules" in hold.hint
    assert hold.details["rounding_tolerance"] == {"is": "0.05", "would_do": "0.09"}
    tolerant = changes(rounding_tolerance=hold.details["rounding_tolerance"]["would_do"])
    assert price(tolerant, there(total="1.20")) == "0.09 USD"


def test_a_difference_that_no_tolerance_would_close_names_none() -> None:
    planned = changes()
    taxed = there(total="1.20", tax="0.90")
    found = difference(planned, taxed, {})
    assert found
    assert "taxes" in found
    hold = hold_for("order_differs", planned, taxed, found)
    assert "tolerance" not in hold.message + hold.hint
    assert "rounding_tolerance" not in hold.details


def test_a_line_that_is_not_needed_any_more_comes_to_nothing() -> None:
    write = plan_rounding(changes(), there(rounding("0.01"), total="1.30"), {})
    assert write
    assert (write.price, write.line and write.line.id) == (usd("0.00"), 60)


def test_an_edit_changes_the_line_that_is_there() -> None:
    write = plan_rounding(changes(), there(rounding("0.01"), total="1.28"), {})
    assert write
    assert (write.price, write.line and write.line.id) == (usd("0.02"), 60)


def test_an_order_has_one_such_line_also_where_it_was_invoiced() -> None:
    invoiced = there(rounding("0.01"), total="1.28", invoices=(invoice(units="1", line_id=60),))
    write = plan_rounding(changes(), invoiced, {})
    assert write
    assert (write.price, write.line and write.line.id) == (usd("0.02"), 60)


def test_what_it_comes_to_in_all_is_tolerated_or_not() -> None:
    assert price(changes(), there(rounding("0.04"), total="1.27")) is None


def test_an_order_whose_invoices_are_exact_gets_none_afterwards() -> None:
    """A line that nobody would invoice: a refund left the order's own sum a cent off, and the books are right."""
    lines = tuple(InvoiceLine((number,), Decimal(1)) for number in (1, 2, 3))
    exact = there(invoices=(invoice(total="1.29", lines=lines),))
    assert plan_rounding(changes(), exact, {}) is None
    assert rounded_in_books(changes(), exact, {})
    assert rounding_notes(changes(), exact)["order_is_off_by"] == "-0.01 USD"
    for other in (there(), there(invoices=(invoice(total="1.28", lines=lines),))):
        assert not rounded_in_books(changes(), other, {})
        assert plan_rounding(changes(), other, {})
    assert not rounded_in_books(changes(rounding_tolerance="0"), exact, {})


def test_it_closes_no_wrong_line_and_no_wrong_tax() -> None:
    dear = [sale_line(11, 1, "0.38", id=1, key="line_1", tax_ids=(1,), tax=Decimal("0.06"))]
    odoo = there()
    wrong_line = sale_order(*dear, *odoo.lines[1:], total=Decimal("1.30"))
    assert price(changes(), wrong_line) is None
    wrong_tax = there(tax="0.04", total="1.27")
    assert price(changes(), wrong_tax) is None
    found = difference(changes(), wrong_tax, {})
    assert found
    assert found["taxes"] == [{"tax_ids": [1], "shopify": "0.18 USD", "odoo": "0.12 USD"}]


def test_taxes_may_differ_by_what_rounding_does_and_it_is_noted() -> None:
    one_off = there(rounding("0.01"), tax="0.05", total="1.29")
    assert difference(changes(), one_off, {}) is None
    assert rounding_notes(changes(), one_off) == {
        "rounding": "0.01 USD",
        "taxes": [{"tax_ids": [1], "shopify": "0.18 USD", "odoo": "0.15 USD"}],
    }


def test_a_tax_where_shopify_charged_none_is_no_rounding() -> None:
    decided = plan(situation(order(line(price="0.37"))), StoreRules())
    assert isinstance(decided, Changes)
    taxed = sale_order(sale_line(11, 1, "0.37", key="line_1", tax_ids=(), tax=Decimal("0.01")), total=Decimal("0.37"))
    found = difference(decided, taxed, {})
    assert found
    assert found["taxes"] == [{"tax_ids": [], "shopify": "0.00 USD", "odoo": "0.01 USD"}]
