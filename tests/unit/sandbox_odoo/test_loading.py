from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.unit.sandbox_odoo.conftest import Client

PARTNER = ["id", "name", "email", "child_ids/id", "child_ids/name", "child_ids/type", "child_ids/country_id/.id"]
US = "233"


def order_fields(odoo: Client) -> list[str]:
    taxes = "tax_id" if odoo.sandbox.version == "18" else "tax_ids"
    lines = ["product_id/.id", "product_uom_qty", "price_unit", f"{taxes}/.id", "name"]
    return ["id", "partner_id/.id", "client_order_ref", "date_order", *(f"order_line/{name}" for name in lines)]


def partner(odoo: Client, name: str = "Ada") -> str:
    return str(odoo("res.partner", "create", {"name": name}))


def test_a_customer_and_its_addresses_come_in_one_row_each_with_its_own_external_id(odoo: Client) -> None:
    rows = [
        ["tandem_x.c1", "Ada", "Ada@Example.com", "tandem_x.c1s", "Ship to", "delivery", US],
        ["", "", "", "tandem_x.c1b", "Bill to", "invoice", US],
        ["tandem_x.c2", "Bob", "bob@example.com", "", "", "", ""],
    ]
    answer = odoo.load("res.partner", PARTNER, rows)
    assert answer["messages"] == []
    ada, bob = odoo("res.partner", "read", answer["ids"], fields=["name", "email_normalized", "child_ids"])
    assert (ada["name"], ada["email_normalized"]) == ("Ada", "ada@example.com")
    assert bob["child_ids"] == []
    children = odoo("res.partner", "read", ada["child_ids"], fields=["name", "type", "commercial_partner_id"])
    assert {child["type"]: child["name"] for child in children} == {"delivery": "Ship to", "invoice": "Bill to"}
    assert {child["commercial_partner_id"][0] for child in children} == {ada["id"]}
    model, ship = odoo("ir.model.data", "check_object_reference", "tandem_x", "c1s")
    assert model == "res.partner"
    assert ship in ada["child_ids"]


def test_a_repeat_changes_nothing_and_gives_the_same_id_even_after_confirming(odoo: Client) -> None:
    product = str(odoo.sandbox.add_product(default_code="A"))
    rows = [
        ["tandem_x.o1", partner(odoo), "#1", "2026-11-20 15:04:05", product, "2", "9.99", "", "Line A"],
        ["", "", "", "", product, "1", "5.55", "1", "Line B"],
    ]
    first = odoo.load("sale.order", order_fields(odoo), rows)
    odoo("sale.order", "action_confirm", first["ids"])
    before = odoo.sandbox.orders()
    odoo.sandbox.journal.clear()
    assert odoo.load("sale.order", order_fields(odoo), rows) == first
    assert odoo.sandbox.orders() == before
    assert odoo.sandbox.journal.count() == 0


def test_a_repeat_without_noupdate_doubles_the_lines(odoo: Client) -> None:
    product = str(odoo.sandbox.add_product(default_code="A"))
    rows = [["tandem_x.o1", partner(odoo), "#1", "2026-11-20 15:04:05", product, "2", "9.99", "", "Line A"]]
    first = odoo("sale.order", "load", order_fields(odoo), rows)
    assert odoo("sale.order", "load", order_fields(odoo), rows) == first
    [order] = odoo.sandbox.orders()
    assert len(order["lines"]) == 2
    assert order["amount_total"] == 39.96


def test_lines_take_no_tax_when_given_none_and_the_products_tax_when_left_out(odoo: Client) -> None:
    product = str(odoo.sandbox.add_product(default_code="A"))
    fields = order_fields(odoo)
    row = ["tandem_x.o1", partner(odoo), "#1", "2026-11-20 15:04:05", product, "1", "100", "", "A"]
    odoo.load("sale.order", fields, [row])
    without = [i for i, name in enumerate(fields) if not name.startswith("order_line/tax")]
    odoo.load("sale.order", [fields[i] for i in without], [["tandem_x.o2", *[row[i] for i in without[1:]]]])
    none, default = odoo.sandbox.orders()
    assert (none["amount_tax"], default["amount_tax"]) == (0.0, 15.0)


def test_an_order_refers_to_records_by_their_external_ids(odoo: Client) -> None:
    odoo.load("res.partner", PARTNER, [["tandem_x.c1", "Ada", "", "tandem_x.c1s", "Ship to", "delivery", US]])
    fields = ["id", "partner_id/id", "partner_shipping_id/id", "tag_ids/id"]
    odoo.load("crm.tag", ["id", "name"], [["tandem_x.t1", "web"], ["tandem_x.t2", "gift"]])
    answer = odoo.load(
        "sale.order", fields, [["tandem_x.o1", "tandem_x.c1", "tandem_x.c1s", "tandem_x.t1,tandem_x.t2"]]
    )
    assert answer["ids"], answer
    [order] = odoo.sandbox.orders()
    assert order["partner_shipping_id"][1] == "Ada, Ship to"
    assert order["partner_invoice_id"][1] == "Ada"
    assert len(order["tag_ids"]) == 2
    assert order["external_id"] == "tandem_x.o1"


def test_a_row_may_refer_to_a_record_of_the_same_call(odoo: Client) -> None:
    rows = [["tandem_x.p", "Parent", ""], ["tandem_x.k", "Child", "tandem_x.p"]]
    parent, child = odoo.load("res.partner", ["id", "name", "parent_id/id"], rows)["ids"]
    assert odoo("res.partner", "read", [child], fields=["parent_id"])[0]["parent_id"][0] == parent


def test_one_bad_row_refuses_all_and_is_named(odoo: Client) -> None:
    before = odoo("res.partner", "search_count", [])
    rows = [["t.b1", "B1", US], ["t.b2", "B2", "999999"], ["t.b3", "B3", US]]
    answer = odoo.load("res.partner", ["id", "name", "country_id/.id"], rows)
    assert answer["ids"] is False
    [message] = answer["messages"]
    assert (message["record"], message["rows"]) == (1, {"from": 1, "to": 1})
    assert (message["field"], message["field_name"], message["type"]) == ("country_id", "Country", "error")
    assert message["message"] == "No matching record found for database id '999999' in field 'Country'"
    assert odoo("res.partner", "search_count", []) == before
    assert odoo.sandbox.journal.count() == 0


def test_a_duplicate_barcode_is_told_for_its_row(odoo: Client) -> None:
    odoo.sandbox.add_product(default_code="WID-1", barcode="4006381333931", name="Widget")
    answer = odoo.load("product.product", ["id", "name", "barcode"], [["t.e3", "N", "4006381333931"]])
    assert answer["ids"] is False
    text = 'Barcode "4006381333931" already assigned to product(s): [WID-1] Widget and N'
    assert text in answer["messages"][0]["message"]


@pytest.mark.parametrize(
    ("fields", "row", "text"),
    [
        (
            ["id", "partner_id/.id", "date_order"],
            ["t.o", "3", "2026-11-01T10:00:00"],
            "valid datetime for field 'Order Date'",
        ),
        (["id", "partner_id/id"], ["t.o", "t.nobody"], "external id 't.nobody' in field 'Customer'"),
        (
            ["id", "partner_id/.id", "order_line/price_unit"],
            ["t.o", "3", "abc"],
            "number for field 'Order Lines/Unit Price'",
        ),
        (
            ["id", "partner_id/.id", "partner_invoice_id/id"],
            ["t.o", "3", ""],
            "the field 'Invoice Address' (partner_invoice_id)",
        ),
        (["id", "client_order_ref"], ["t.o", "x"], "the field 'Customer' (partner_id)"),
        ([".id", "client_order_ref"], ["99999", "x"], "Unknown database identifier '99999'"),
    ],
)
def test_what_cannot_be_used_is_told_in_the_servers_words(
    odoo: Client, fields: list[str], row: list[str], text: str
) -> None:
    answer = odoo.load("sale.order", fields, [row])
    assert answer["ids"] is False
    assert any(text in message["message"] for message in answer["messages"]), answer["messages"]


def test_an_unknown_column_is_an_error_of_the_call(odoo: Client) -> None:
    refused = odoo.refused("res.partner", "load", ["id", "name", "zzz"], [["t.x", "N", "1"]])
    assert (refused.name, refused.message) == ("builtins.ValueError", "Invalid field name 'zzz'")


def test_a_deleted_record_is_made_anew_and_an_archived_one_keeps_its_id(odoo: Client) -> None:
    def once() -> Any:
        return odoo.load("res.partner", ["id", "name"], [["t.d", "D"]])["ids"][0]

    first = once()
    odoo("res.partner", "unlink", [first])
    second = once()
    assert second != first
    odoo("res.partner", "write", [second], {"active": False})
    assert once() == second


def test_dates_of_many_orders_are_set_in_one_call_and_read_in_the_named_time_zone(odoo: Client) -> None:
    ids = [odoo("sale.order", "create", {"partner_id": 3}) for _ in range(2)]
    rows = [[str(ids[0]), "2026-11-01 10:00:00"], [str(ids[1]), "2026-11-02 10:00:00"]]
    answer = odoo("sale.order", "load", [".id", "date_order"], rows, context={"tz": "UTC"})
    assert answer["ids"] == ids
    assert [order["date_order"] for order in odoo.sandbox.orders()] == ["2026-11-01 10:00:00", "2026-11-02 10:00:00"]
    odoo("sale.order", "load", [".id", "date_order"], rows[:1], context={"tz": "Asia/Tokyo"})
    assert odoo.sandbox.orders()[0]["date_order"] == "2026-11-01 01:00:00"


def test_a_product_and_its_template_get_external_ids(odoo: Client) -> None:
    fields = ["id", "name", "default_code", "list_price", "taxes_id/.id"]
    [product] = odoo.load("product.product", fields, [["t.v1", "LP", "LP-1", "19.99", ""]])["ids"]
    read = odoo("product.product", "read", [product], fields=["taxes_id", "product_tmpl_id", "display_name"])[0]
    assert (read["taxes_id"], read["display_name"]) == ([], "[LP-1] LP")
    template = odoo("ir.model.data", "check_object_reference", "t", "v1_product_template")
    assert template == ["product.template", read["product_tmpl_id"][0]]


def test_an_external_id_of_another_model_is_refused(odoo: Client) -> None:
    answer = odoo.load("res.partner", ["id", "name"], [["base.main_company", "zz"]])
    assert "found record of different model res.company" in answer["messages"][0]["message"]


def test_the_same_external_id_twice_in_one_call_is_one_record(odoo: Client) -> None:
    first, second = odoo.load("res.partner", ["id", "name"], [["t.dup", "n1"], ["t.dup", "n2"]])["ids"]
    assert first == second
