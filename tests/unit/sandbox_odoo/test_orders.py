from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.unit.sandbox_odoo.conftest import Client, Connect


def make(odoo: Client, *lines: dict[str, Any], **values: Any) -> int:
    order: int = odoo(
        "sale.order", "create", {"partner_id": 3, "order_line": [[0, 0, line] for line in lines], **values}
    )
    return order


def test_an_order_is_completed_as_a_server_completes_it(odoo: Client) -> None:
    product = odoo.sandbox.add_product(default_code="A", name="Apple", list_price=3.5)
    odoo.sandbox.now = lambda: datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
    make(odoo, {"product_id": product})
    [order] = odoo.sandbox.orders()
    assert (order["name"], order["state"], order["date_order"]) == ("S00001", "draft", "2026-11-23 10:00:00")
    assert order["pricelist_id"][1] == "Default (USD)"
    assert order["currency_id"][1] == "USD"
    assert order["warehouse_id"][1] == "My Company"
    assert order["partner_invoice_id"] == order["partner_shipping_id"] == order["partner_id"]
    [line] = order["lines"]
    assert (line["name"], line["product_uom_qty"], line["price_unit"]) == ("[A] Apple", 1.0, 3.5)
    assert line["product_uom_id"][1] == "Units"
    assert (line["price_subtotal"], line["price_total"], order["amount_total"]) == (3.5, 4.03, 4.03)


def test_price_unit_keeps_two_digits_on_18_and_all_on_19(connect: Connect) -> None:
    kept = {}
    for version in ("18", "19"):
        odoo = connect(version)
        product = odoo.sandbox.add_product(default_code="A", taxes=[])
        make(odoo, {"product_id": product, "product_uom_qty": 3, "price_unit": 3.111111})
        [order] = odoo.sandbox.orders()
        kept[version] = (order["lines"][0]["price_unit"], order["amount_total"])
        digits = odoo("sale.order.line", "fields_get", ["price_unit"], ["digits"])["price_unit"]
        assert digits == {"digits": [16, 2] if version == "18" else False}
    assert kept == {"18": (3.11, 9.33), "19": (3.111111, 9.33)}


def test_a_company_rounds_taxes_as_it_is_told_or_as_its_version_does(connect: Connect) -> None:
    taxes = {}
    for version, rounding in (("18", None), ("19", None), ("18", "round_globally"), ("19", "round_per_line")):
        odoo = connect(version, rounding=rounding)
        seven = odoo.sandbox.add_tax("7%", 7.0)
        product = odoo.sandbox.add_product(default_code="A", taxes=[seven])
        make(odoo, *[{"product_id": product, "price_unit": 0.3}] * 10)
        taxes[version, rounding] = odoo.sandbox.orders()[0]["amount_tax"]
    per_line, globally = 0.2, 0.21
    assert taxes == {
        ("18", None): per_line,
        ("19", None): globally,
        ("18", "round_globally"): globally,
        ("19", "round_per_line"): per_line,
    }


@pytest.mark.parametrize(("currency", "total"), [("JPY", 12.0), ("EUR", 11.5), ("KWD", 11.5)])
def test_an_order_rounds_to_the_digits_of_its_pricelists_currency(odoo: Client, currency: str, total: float) -> None:
    pricelist = odoo.sandbox.add_pricelist(currency)
    product = odoo.sandbox.add_product(default_code="A")
    make(odoo, {"product_id": product, "price_unit": 10}, pricelist_id=pricelist)
    [order] = odoo.sandbox.orders()
    assert (order["currency_id"][1], order["amount_total"]) == (currency, total)


def test_the_addresses_of_a_customer_are_found_among_its_contacts(odoo: Client) -> None:
    partner = odoo("res.partner", "create", {"name": "Ada"})
    ship, bill = odoo(
        "res.partner",
        "create",
        [
            {"parent_id": partner, "type": "delivery", "name": "S"},
            {"parent_id": partner, "type": "invoice", "name": "B"},
        ],
    )
    make(odoo, partner_id=partner)
    [order] = odoo.sandbox.orders()
    assert (order["partner_shipping_id"][0], order["partner_invoice_id"][0]) == (ship, bill)


def test_confirming_overwrites_the_date_and_cannot_be_done_twice(odoo: Client) -> None:
    product = odoo.sandbox.add_product(default_code="A")
    order = make(odoo, {"product_id": product}, date_order="2026-11-01 10:00:00")
    odoo.sandbox.now = lambda: datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
    assert odoo("sale.order", "action_confirm", [order]) is True
    [read] = odoo.sandbox.orders()
    assert (read["state"], read["date_order"]) == ("sale", "2026-11-23 10:00:00")
    assert read["invoice_status"] == "to invoice"
    refused = odoo.refused("sale.order", "action_confirm", [order])
    assert refused.name == "odoo.exceptions.UserError"
    assert refused.message == "Some orders are not in a state requiring confirmation."
    assert odoo.sandbox.journal.count("sale.order", "action_confirm") == 1


def test_one_order_that_cannot_be_confirmed_leaves_the_others_unconfirmed(odoo: Client) -> None:
    product = odoo.sandbox.add_product(default_code="A")
    good, bad = make(odoo, {"product_id": product}), make(odoo, {"name": "no product", "price_unit": 1})
    refused = odoo.refused("sale.order", "action_confirm", [good, bad])
    assert "missing a product" in refused.message
    assert {order["state"] for order in odoo.sandbox.orders()} == {"draft"}


def test_cancelling_draft_again_and_deleting(odoo: Client) -> None:
    order = make(odoo, {"product_id": odoo.sandbox.add_product(default_code="A")})
    odoo("sale.order", "action_confirm", [order])
    assert "must first cancel it" in odoo.refused("sale.order", "unlink", [order]).message
    if odoo.sandbox.version == "18":
        assert odoo("sale.order", "action_cancel", [order])["res_model"] == "sale.order.cancel"
    assert odoo("sale.order", "action_cancel", [order], context={"disable_cancel_warning": True}) is True
    assert odoo("sale.order", "action_draft", [order]) is True
    assert odoo("sale.order", "unlink", [order]) is True
    assert odoo.sandbox.orders() == odoo.sandbox.find("sale.order.line") == []


def test_changed_lines_change_the_totals(odoo: Client) -> None:
    product = odoo.sandbox.add_product(default_code="A", taxes=[])
    order = make(odoo, {"product_id": product, "price_unit": 10}, {"product_id": product, "price_unit": 5})
    first, second = odoo("sale.order", "read", [order], fields=["order_line"])[0]["order_line"]
    three = {"product_uom_qty": 3, "price_unit": 10}
    odoo("sale.order", "write", [order], {"order_line": [[1, first, three], [2, second, 0]]})
    assert odoo.sandbox.orders()[0]["amount_total"] == 30.0
    odoo("sale.order.line", "write", [first], {"discount": 50})
    assert odoo.sandbox.orders()[0]["amount_total"] == 15.0
    odoo("sale.order", "write", [order], {"order_line": [[5, 0, 0]]})
    assert odoo.sandbox.orders()[0]["amount_total"] == 0.0


def test_a_note_is_a_line_without_price(odoo: Client) -> None:
    make(odoo, {"display_type": "line_note", "name": "gift"}, note="hello & <b>x</b>")
    [order] = odoo.sandbox.orders()
    assert order["note"] == "<p>hello &amp; <b>x</b></p>"
    assert (order["lines"][0]["product_uom_qty"], order["lines"][0]["name"]) == (0.0, "gift")
    refused = odoo.refused(
        "sale.order.line",
        "create",
        {"order_id": order["id"], "display_type": "line_note", "name": "n", "price_unit": 1},
    )
    assert "Forbidden values" in refused.message


def test_a_failed_order_leaves_a_gap_in_the_sequence(odoo: Client) -> None:
    make(odoo)
    odoo.refused("sale.order", "create", {"partner_id": 3, "order_line": [[0, 0, {"zzz": 1}]]})
    make(odoo)
    names = [order["name"] for order in odoo.sandbox.orders()]
    assert names[0] == "S00001"
    assert names[1] > "S00001"


def test_web_read_gives_orders_lines_and_their_relations_at_once(odoo: Client) -> None:
    product = odoo.sandbox.add_product(default_code="A", taxes=[])
    order = make(odoo, {"product_id": product, "price_unit": 7}, {"product_id": product, "price_unit": 3})
    specification = {
        "name": {},
        "partner_id": {"fields": {"display_name": {}}},
        "currency_id": {},
        "fiscal_position_id": {"fields": {"name": {}}},
        "order_line": {"fields": {"price_unit": {}, "product_id": {"fields": {"default_code": {}}}}, "limit": 1},
    }
    [read] = odoo("sale.order", "web_read", [order], specification=specification)
    assert read["partner_id"] == {"id": 3, "display_name": "Administrator"}
    assert read["currency_id"] == 1
    assert read["fiscal_position_id"] is False
    first, second = read["order_line"]
    assert first == {"id": first["id"], "price_unit": 7.0, "product_id": {"id": product, "default_code": "A"}}
    assert list(second) == ["id"]


def test_a_confirmed_order_keeps_its_lines_and_its_pricelist(odoo: Client) -> None:
    order = make(odoo, {"product_id": odoo.sandbox.add_product(default_code="A")})
    odoo("sale.order", "action_confirm", [order])
    [line] = odoo("sale.order", "read", [order], ["order_line"])[0]["order_line"]
    assert "you can't remove" in odoo.refused("sale.order", "write", [order], {"order_line": [[2, line, 0]]}).message
    assert "pricelist" in odoo.refused("sale.order", "write", [order], {"pricelist_id": 1}).message
    assert odoo("sale.order.line", "write", [line], {"product_uom_qty": 2}) is True


def test_another_customer_brings_its_own_addresses(odoo: Client) -> None:
    first, second = odoo("res.partner", "create", [{"name": "A"}, {"name": "B"}])
    order = make(odoo, partner_id=first)
    odoo("sale.order", "write", [order], {"partner_id": second})
    [read] = odoo.sandbox.orders()
    assert read["partner_shipping_id"][0] == read["partner_invoice_id"][0] == second
