"""Orders through `load`: lines, taxes, totals, confirmation and its date."""

from __future__ import annotations

from decimal import Decimal

import pytest

from libs.common.domain.facts import ROUND_PER_LINE
from libs.common.errors import Rejected
from tests.contract.odoo.conftest import Lab


def money(value: float) -> Decimal:
    return Decimal(str(value)).quantize(Decimal("0.01"))


def test_two_orders_with_two_lines_each_in_one_call(lab: Lab) -> None:
    tax = lab.tax("10")
    externals = [lab.external("order"), lab.external("order")]
    rows = [
        *lab.order_rows(externals[0], [("2", "10.00", str(tax)), ("1", "5.50", "")]),
        *lab.order_rows(externals[1], [("1", "3.00", ""), ("4", "1.25", str(tax))]),
    ]
    ids = lab.client.load("sale.order", lab.order_columns, rows).ids
    assert lab.client.load("sale.order", lab.order_columns, rows).ids == ids
    first, second = (lab.read_order(order_id) for order_id in ids)
    assert [line["product_uom_qty"] for line in first["order_line"]] == [2, 1]
    assert [line["name"] for line in second["order_line"]] == ["line 0", "line 1"]
    assert [line[lab.fields.line_taxes] for line in first["order_line"]] == [[tax], []]
    assert (money(first["amount_total"]), money(second["amount_total"])) == (Decimal("27.50"), Decimal("8.50"))


def test_a_repeat_after_confirmation_doubles_no_line(lab: Lab) -> None:
    rows = lab.order_rows(lab.external("order"), [("1", "10", ""), ("2", "4", "")])
    (order,) = lab.client.load("sale.order", lab.order_columns, rows).ids
    lab.client.call("sale.order", "action_confirm", [[order]], write=True)
    assert lab.client.load("sale.order", lab.order_columns, rows).ids == (order,)
    assert len(lab.read_order(order)["order_line"]) == 2


@pytest.mark.parametrize(("percent", "price", "total"), [("20", "119.99", "143.99"), ("8.875", "19.99", "21.76")])
def test_a_tax_on_top_of_the_price(lab: Lab, percent: str, price: str, total: str) -> None:
    order = lab.read_order(lab.order([("1", price, str(lab.tax(percent)))]))
    assert money(order["amount_total"]) == Decimal(total)


@pytest.mark.parametrize(("percent", "price", "tax"), [("20", "120.00", "20.00"), ("19", "19.99", "3.19")])
def test_a_tax_within_the_price(lab: Lab, percent: str, price: str, tax: str) -> None:
    order = lab.read_order(lab.order([("1", price, str(lab.tax(percent, included=True)))]))
    assert (money(order["amount_total"]), money(order["amount_tax"])) == (Decimal(price), Decimal(tax))


def test_taxes_are_rounded_as_the_facts_say(lab: Lab) -> None:
    tax = str(lab.tax("10"))
    order = lab.read_order(lab.order([("1", "1.05", tax)] * 3))
    per_line = lab.facts.rounding == ROUND_PER_LINE
    # 0.105 three times: 0.11 each, or 0.315 in all.
    assert money(order["amount_tax"]) == (Decimal("0.33") if per_line else Decimal("0.32"))


def test_two_taxes_on_one_line_in_one_cell(lab: Lab) -> None:
    taxes = [lab.tax("5"), lab.tax("7")]
    order = lab.read_order(lab.order([("1", "100", ",".join(str(tax) for tax in taxes))]))
    assert sorted(order["order_line"][0][lab.fields.line_taxes]) == taxes
    assert money(order["amount_total"]) == Decimal("112.00")


def test_an_empty_tax_cell_means_no_tax_even_for_a_taxed_product(lab: Lab) -> None:
    tax = lab.tax("25")
    columns, row = ["id", "name", "taxes_id/.id"], [lab.external("product"), "taxed", str(tax)]
    (taxed,) = lab.client.load("product.product", columns, [row]).ids
    rows = lab.order_rows(lab.external("order"), [("1", "10", "")])
    rows[0][lab.order_columns.index("order_line/product_id/.id")] = taxed
    (order,) = lab.client.load("sale.order", lab.order_columns, rows).ids
    assert money(lab.read_order(order)["amount_total"]) == Decimal("10.00")


def test_a_unit_price_keeps_the_decimals_that_the_facts_tell(lab: Lab) -> None:
    order = lab.read_order(lab.order([("3", "3.111111", "")]))
    kept = Decimal(str(order["order_line"][0]["price_unit"]))
    digits = lab.facts.price_digits
    assert kept == (Decimal("3.111111") if digits is None else round(Decimal("3.111111"), digits))
    assert money(order["amount_total"]) == Decimal("9.33")


def test_a_negative_line_takes_off_the_total(lab: Lab) -> None:
    tax = str(lab.tax("20"))
    order = lab.read_order(lab.order([("1", "100", tax), ("1", "-10", tax)]))
    assert money(order["amount_total"]) == Decimal("108.00")


def test_a_batch_is_confirmed_and_gets_its_dates_back(lab: Lab) -> None:
    ids = [lab.order([("1", "10", "")]) for _ in range(2)]
    lab.client.call("sale.order", "action_confirm", [ids], write=True, records=2)
    assert {lab.read_order(order_id)["state"] for order_id in ids} == {"sale"}
    dates = ["2026-03-29 01:30:00", "2025-12-31 23:59:59"]
    lab.client.update("sale.order", [".id", "date_order"], [list(pair) for pair in zip(ids, dates, strict=True)])
    assert [lab.read_order(order_id)["date_order"] for order_id in ids] == dates
    assert {lab.read_order(order_id)["state"] for order_id in ids} == {"sale"}


def test_one_order_that_is_confirmed_already_refuses_the_batch(lab: Lab) -> None:
    first, second = (lab.order([("1", "10", "")]) for _ in range(2))
    lab.client.call("sale.order", "action_confirm", [[first]], write=True)
    with pytest.raises(Rejected):
        lab.client.call("sale.order", "action_confirm", [[first, second]], write=True)
    assert lab.read_order(second)["state"] == "draft"


def test_an_empty_pricelist_cell_means_none(lab: Lab) -> None:
    columns = ["id", "partner_id/.id", "pricelist_id/.id"]
    (order,) = lab.client.load("sale.order", columns, [[lab.external("order"), lab.customer, ""]]).ids
    assert lab.read_order(order)["pricelist_id"] is False
