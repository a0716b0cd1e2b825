"""What makes an order come to Shopify's figures: taxes rounded apart, negative and zero lines, the rounding line."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from libs.common.domain.pricing import exact_parts
from libs.common.odoo.cells import Cell, rounded_apart
from services.workers.orders.rows import line_fields
from tests.contract.odoo.conftest import Lab
from tests.contract.odoo.test_sale_orders import money

HEAD = ("id", "partner_id/.id")


def order_of(lab: Lab, *lines: tuple[int, str, str, str]) -> tuple[int, str]:
    """Quantity, unit price, discount and tax ids of each line, written as the order worker writes them."""
    external = lab.external("order")
    rows: list[list[Cell]] = []
    for number, line in enumerate(lines):
        head: list[Cell] = ["", ""] if rows else [external, lab.customer]
        rows.append([*head, *cells(lab, f"{external}_{number}", line)])
    (order,) = lab.client.load("sale.order", [*HEAD, *line_fields(lab.fields)], rows).ids
    return order, external


def cells(lab: Lab, name: str, line: tuple[int, str, str, str]) -> list[Cell]:
    quantity, price, discount, taxes = line
    apart = [rounded_apart(name)] if lab.fields.line_tax_data else []
    return [name, lab.product, "line", quantity, Decimal(price), Decimal(discount), taxes, *apart]


def totals(lab: Lab, order: int) -> tuple[Decimal, Decimal]:
    found = lab.read_order(order)
    return money(found["amount_tax"]), money(found["amount_total"])


def test_lines_rounded_apart_have_the_taxes_of_each_line(lab: Lab) -> None:
    """10 % of 1.05 are 0.11, three times: 0.33, where rounding globally comes to 0.32."""
    tax = str(lab.tax("10"))
    order, _ = order_of(lab, *[(1, "1.05", "0", tax)] * 3)
    if lab.fields.line_tax_data or lab.facts.rounding == "round_per_line":
        assert totals(lab, order) == (Decimal("0.33"), Decimal("3.48"))
    else:
        assert totals(lab, order) == (Decimal("0.32"), Decimal("3.47"))


def test_included_taxes_rounded_apart_leave_the_prices_as_they_are(lab: Lab) -> None:
    tax = str(lab.tax("20", included=True))
    order, _ = order_of(lab, *[(1, "0.99", "0", tax)] * 4)
    assert totals(lab, order)[1] == Decimal("3.96")


def test_an_invoice_of_lines_rounded_apart_comes_to_the_same(lab: Lab) -> None:
    tax = str(lab.tax("10"))
    order, external = order_of(lab, *[(1, "1.05", "0", tax)] * 3)
    columns = ["id", "move_type", "partner_id/.id", *(f"invoice_line_ids/{name}" for name in (
        "product_id/.id", "name", "quantity", "price_unit", "tax_ids/.id", "sale_line_ids/id"))]  # fmt: skip
    columns += [f"invoice_line_ids/{lab.fields.line_tax_data}"] if lab.fields.line_tax_data else []
    rows: list[list[Any]] = []
    for number in range(3):
        head = ["", "", ""] if rows else [f"{external}_invoice", "out_invoice", lab.customer]
        apart = [rounded_apart(f"{number}")] if lab.fields.line_tax_data else []
        rows.append([*head, lab.product, "line", 1, Decimal("1.05"), tax, f"{external}_{number}", *apart])
    (move,) = lab.client.load("account.move", columns, rows).ids
    (invoice,) = lab.client.search_read("account.move", [("id", "=", move)], ["amount_tax", "amount_total"])
    assert (money(invoice["amount_tax"]), money(invoice["amount_total"])) == totals(lab, order)


@pytest.mark.parametrize("confirmed", [False, True], ids=["quotation", "confirmed"])
def test_a_rounding_line_is_added_once_and_changed_by_its_id(lab: Lab, confirmed: bool) -> None:
    order, external = order_of(lab, (1, "10.00", "0", ""))
    if confirmed:
        lab.client.call("sale.order", "action_confirm", [[order]], write=True)
    row = [order, *cells(lab, f"{external}_rounding", (1, "-0.01", "0", ""))]
    for _ in range(2):
        lab.client.update("sale.order", [".id", *line_fields(lab.fields)], [row])
    assert totals(lab, order) == (Decimal("0.00"), Decimal("9.99"))
    first, rounding = lab.read_order(order)["order_line"]
    columns = [".id", "order_line/.id", "order_line/price_unit", "order_line/discount"]
    lab.client.update("sale.order", columns, [[order, rounding["id"], Decimal("0.02"), Decimal(0)]])
    assert totals(lab, order)[1] == Decimal("10.02")
    assert [line["id"] for line in lab.read_order(order)["order_line"]] == [first["id"], rounding["id"]]


def test_negative_and_zero_lines_beside_others(lab: Lab) -> None:
    tax = str(lab.tax("20"))
    order, _ = order_of(lab, (2, "10.00", "0", tax), (1, "0.00", "0", tax), (1, "-0.02", "0", ""), (3, "0", "0", ""))
    lab.client.call("sale.order", "action_confirm", [[order]], write=True)
    assert totals(lab, order) == (Decimal("4.00"), Decimal("23.98"))


def test_a_price_that_is_kept_with_two_digits_is_met_by_a_percentage(lab: Lab) -> None:
    """Dinars have three: 1.255 is 1.26 less 0.40 % where prices have two digits."""
    (part,) = exact_parts(Decimal("1.255"), 4, lab.fields.price_digits, 3)
    order, _ = order_of(lab, (4, str(part.unit_price), str(part.discount), ""))
    (line,) = lab.client.search_read("sale.order.line", [("order_id", "=", order)], ["price_unit", "discount"])
    kept = Decimal(str(line["price_unit"])) * 4 * (1 - Decimal(str(line["discount"])) / 100)
    assert round(kept, 3) == Decimal("1.255")


def test_a_company_is_made_with_its_reference_and_its_locations(lab: Lab) -> None:
    name = lab.external("company")
    columns = ["id", "type", "name", "is_company", "ref", "child_ids/id", "child_ids/type", "child_ids/name"]
    row = [name, "contact", "Acme Ltd", "1", name, f"{name}_delivery", "delivery", "Acme, Louisville"]
    (company,) = lab.client.load("res.partner", columns, [row]).ids
    (found,) = lab.client.search_read("res.partner", [("ref", "=", name)], ["is_company", "child_ids"])
    assert (found["id"], found["is_company"], len(found["child_ids"])) == (company, True, 1)
