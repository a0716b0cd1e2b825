from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.unit.sandbox_odoo.conftest import Client


def people(odoo: Client) -> dict[str, int]:
    rows = [
        {"name": "Ada Lovelace", "email": "ADA@example.com", "ref": "7", "country_id": 233, "city": "Boston"},
        {"name": "Bob 100%", "country_id": 57, "credit_limit": 5},
        {"name": "Carl", "email": "carl@example.com", "active": False},
    ]
    ids = odoo("res.partner", "create", rows)
    return dict(zip(("ada", "bob", "carl"), ids, strict=True))


@pytest.mark.parametrize(
    ("domain", "found"),
    [
        ([["email", "=ilike", "ada@%"]], {"ada"}),
        ([["email_normalized", "=", "ada@example.com"]], {"ada"}),
        ([["email_normalized", "in", ["ada@example.com", "carl@example.com"]]], {"ada"}),
        ([["email_normalized", "in", ["carl@example.com"]], ["active", "in", [True, False]]], {"carl"}),
        ([["email", "=", False]], {"bob"}),
        ([["email", "!=", "ADA@example.com"]], {"bob"}),
        ([["email", "not in", ["ADA@example.com"]]], {"bob"}),
        ([["name", "ilike", "love"]], {"ada"}),
        ([["name", "like", "love"]], set()),
        ([["name", "not ilike", "a"]], {"bob"}),
        ([["name", "like", "100\\%"]], {"bob"}),
        ([["country_id.code", "=", "US"]], {"ada"}),
        ([["country_id.code", "in", ["US", "DE"]]], {"ada", "bob"}),
        ([["country_id", "=", "Germany"]], {"bob"}),
        ([["country_id.currency_id.name", "=", "EUR"]], {"bob"}),
        (["|", ["city", "=", "Boston"], ["country_id.code", "=", "DE"]], {"ada", "bob"}),
        (["&", ["city", "=", "Boston"], ["country_id.code", "=", "DE"]], set()),
        (["!", ["city", "=", "Boston"]], {"bob"}),
        (["!", "|", ["city", "=", "Boston"], ["email", "!=", False]], {"bob"}),
        ([["city", "=", "Boston"], "|", ["ref", "=", "7"], ["ref", "=", "8"]], {"ada"}),
        ([["active", "=", False]], {"carl"}),
        ([["credit_limit", ">", 4.5]], {"bob"}),
        ([["credit_limit", "<=", 0]], {"ada"}),
        ([["child_ids", "=", False]], {"ada", "bob"}),
        ([["id", "child_of", []]], set()),
    ],
)
def test_domains_find_what_they_name(odoo: Client, domain: list[Any], found: set[str]) -> None:
    ids = people(odoo)
    scope = [["id", "in", list(ids.values())]]
    assert set(odoo("res.partner", "search", [*scope, *domain])) == {ids[name] for name in found}
    assert odoo("res.partner", "search_count", [*scope, *domain]) == len(found)


def test_archived_records_are_found_when_the_context_says_so(odoo: Client) -> None:
    ids = people(odoo)
    domain = [["name", "=", "Carl"]]
    assert odoo("res.partner", "search", domain) == []
    assert odoo("res.partner", "search", domain, context={"active_test": False}) == [ids["carl"]]


def test_order_offset_and_limit(odoo: Client) -> None:
    people(odoo)
    everyone = odoo("res.partner", "search_read", [], ["name"], order="name desc")
    assert [one["name"] for one in everyone] == sorted((one["name"] for one in everyone), reverse=True)
    assert odoo("res.partner", "search", [], offset=1, limit=2, order="name desc") == [o["id"] for o in everyone[1:3]]
    by_city = odoo("res.partner", "search_read", [], ["city"], order="city, id desc")
    assert [one["city"] for one in by_city][:2] == ["Boston", False]
    assert odoo.refused("res.partner", "search", [], order="zzz desc").name == "builtins.ValueError"
    assert odoo.refused("res.partner", "search", [], order="name; drop").name == "odoo.exceptions.UserError"


def test_dates_compare_within_a_second_as_the_version_does(odoo: Client) -> None:
    partner = odoo("res.partner", "create", {"name": "Late"})
    row = odoo.sandbox.registry.db.tables["res.partner"][partner]
    row["write_date"] = "2026-11-23 10:00:00.500000"
    assert odoo("res.partner", "read", [partner], fields=["write_date"])[0]["write_date"] == "2026-11-23 10:00:00"
    domain = [["id", "=", partner], ["write_date", ">", "2026-11-23 10:00:00"]]
    assert odoo("res.partner", "search_count", domain) == (1 if odoo.sandbox.version == "18" else 0)
    assert odoo("res.partner", "search_count", [["id", "=", partner], ["write_date", ">=", "2026-11-23 10:00:00"]]) == 1


def test_reading_what_is_gone_gives_nothing_and_writing_it_is_an_error(odoo: Client) -> None:
    assert odoo("res.partner", "read", [3, 999999], fields=["name"]) == [{"id": 3, "name": "Administrator"}]
    for method, args in (("write", [{"name": "x"}]), ("unlink", [])):
        refused = odoo.refused("res.partner", method, [999999], *args)
        assert refused.name == "odoo.exceptions.MissingError"
        assert "(Record: res.partner(999999,), User: 2)" in refused.message


def test_a_call_that_fails_leaves_nothing_behind(odoo: Client) -> None:
    before = odoo("res.partner", "search_count", [])
    odoo.sandbox.journal.clear()
    odoo.refused("res.partner", "create", [{"name": "good"}, {"name": "bad", "type": "zzz"}])
    odoo.refused("res.partner", "write", [3], {"name": "changed", "country_id": 999999})
    assert odoo("res.partner", "search_count", []) == before
    assert odoo("res.partner", "read", [3], fields=["name"])[0]["name"] == "Administrator"
    assert odoo.sandbox.journal.count() == 0


def test_values_are_taken_as_the_server_takes_them(odoo: Client) -> None:
    values = {"name": "N", "ref": 450789469450789469, "vat": None, "credit_limit": "19.99", "is_company": 1}
    partner = odoo("res.partner", "create", values)
    read = odoo("res.partner", "read", [partner], fields=["ref", "vat", "credit_limit", "company_type"])[0]
    assert read == {
        "id": partner,
        "ref": "450789469450789469",
        "vat": False,
        "credit_limit": 19.99,
        "company_type": "company",
    }
    assert odoo.refused("product.product", "create", {"name": "x", "list_price": "abc"}).name == "builtins.ValueError"


@pytest.mark.parametrize(
    "moment", ["2026-11-20T15:04:05", "2026-11-20 15:04:05.123456", "2026-11-20T15:04:05Z", "20/11/2026"]
)
def test_datetimes_in_other_formats_are_refused(odoo: Client, moment: str) -> None:
    assert odoo.refused("sale.order", "create", {"partner_id": 3, "date_order": moment}).name == "builtins.ValueError"


def test_unknown_fields_are_refused_by_the_class_that_the_version_uses(odoo: Client) -> None:
    of_write = "builtins.ValueError" if odoo.sandbox.version == "18" else "builtins.KeyError"
    assert odoo.refused("res.partner", "create", {"name": "x", "zz": 1}).name == "builtins.ValueError"
    assert odoo.refused("res.partner", "write", [3], {"zz": 1}).name == of_write
    assert odoo.refused("res.partner", "read", [3], ["zz"]).name == "builtins.ValueError"
    assert odoo.refused("res.partner", "search", [["zz", "=", 1]]).name == "builtins.ValueError"
    assert odoo.refused("res.partner", "search", [["name", "~~", 1]]).name == "builtins.ValueError"


def test_a_product_is_a_variant_of_its_template(odoo: Client) -> None:
    template = odoo("product.template", "create", {"name": "Tea", "default_code": "T", "barcode": "111"})
    [variant] = odoo("product.template", "read", [template], fields=["product_variant_ids"])[0]["product_variant_ids"]
    product = odoo("product.product", "read", [variant], fields=["name", "default_code", "barcode", "lst_price"])[0]
    assert product == {"id": variant, "name": "Tea", "default_code": "T", "barcode": "111", "lst_price": 1.0}
    odoo("product.product", "write", [variant], {"name": "Green tea", "lst_price": 4})
    read = odoo("product.template", "read", [template], fields=["name", "list_price", "default_code"])[0]
    assert read == {"id": template, "name": "Green tea", "list_price": 4.0, "default_code": "T"}
    odoo("product.template", "write", [template], {"active": False})
    assert odoo("product.product", "search", [["default_code", "=", "T"]]) == []
    assert odoo("product.product", "search", [["default_code", "=", "T"], ["active", "=", False]]) == [variant]


def test_a_barcode_is_given_once_and_a_code_as_often_as_wanted(odoo: Client) -> None:
    odoo.sandbox.add_product(default_code="A", barcode="1")
    odoo.sandbox.add_product(default_code="A")
    refused = odoo.refused("product.product", "create", {"name": "x", "barcode": "1"})
    assert refused.name == "odoo.exceptions.ValidationError"


def test_what_others_need_cannot_be_deleted(odoo: Client) -> None:
    partner = odoo("res.partner", "create", {"name": "Ada"})
    odoo("sale.order", "create", {"partner_id": partner})
    assert odoo.refused("res.partner", "unlink", [partner]).name == "odoo.exceptions.ValidationError"


def test_fields_are_described_as_this_version_has_them(odoo: Client) -> None:
    lines = odoo("sale.order.line", "fields_get", attributes=["type", "relation"])
    own, other = ("tax_id", "tax_ids") if odoo.sandbox.version == "18" else ("tax_ids", "tax_id")
    assert lines[own] == {"type": "many2many", "relation": "account.tax"}
    assert other not in lines
    partner = odoo("res.partner", "fields_get", ["email", "nothing"])
    assert list(partner) == ["email"]
    assert (partner["email"]["string"], partner["email"]["required"]) == ("Email", False)


def test_names_are_searched_and_made(odoo: Client) -> None:
    product = odoo.sandbox.add_product(default_code="WID-1", name="Widget")
    assert odoo("product.product", "name_search", "WID-1") == [[product, "[WID-1] Widget"]]
    assert odoo("res.country", "name_search", name="United States", limit=1) == [[233, "United States"]]
    tag, name = odoo("crm.tag", "name_create", "web")
    assert (odoo("crm.tag", "read", [tag], ["name"])[0]["name"], name) == ("web", "web")
    assert "already exists" in odoo.refused("crm.tag", "create", {"name": "web"}).message


def test_the_world_is_there(odoo: Client) -> None:
    for code, states in (("US", 51), ("CA", 13), ("AU", 8), ("DE", 16), ("JP", 47)):
        assert odoo("res.country.state", "search_count", [["country_id.code", "=", code]]) >= states
    california = odoo(
        "res.country.state", "search_read", [["code", "=", "CA"], ["country_id.code", "=", "US"]], ["name"]
    )
    assert california == [{"id": california[0]["id"], "name": "California"}]
    digits = odoo(
        "res.currency",
        "search_read",
        [["name", "in", ["JPY", "USD", "KWD"]]],
        ["name", "decimal_places"],
        context={"active_test": False},
    )
    assert {one["name"]: one["decimal_places"] for one in digits} == {"USD": 2, "JPY": 0, "KWD": 3}


def test_contacts_share_what_the_version_says(odoo: Client) -> None:
    company = odoo("res.partner", "create", {"name": "Co", "is_company": True, "street": "S1", "vat": "123"})
    kid, ship = odoo(
        "res.partner",
        "create",
        [{"name": "Kid", "parent_id": company}, {"name": "Dock", "parent_id": company, "type": "delivery"}],
    )
    odoo("res.partner", "write", [company], {"street": "S2", "vat": "456"})
    fields = ["street", "vat", "display_name"]
    assert odoo("res.partner", "read", [kid, ship], fields) == [
        {"id": kid, "street": "S2", "vat": "456", "display_name": "Co, Kid"},
        {"id": ship, "street": False, "vat": "456", "display_name": "Co, Dock"},
    ]


def test_an_address_loaded_with_a_customer_stays_its_own(odoo: Client) -> None:
    fields = ["id", "name", "child_ids/id", "child_ids/type", "child_ids/street"]
    [customer] = odoo.load("res.partner", fields, [["t.c", "Ada", "t.cs", "delivery", "Main 1"]])["ids"]
    assert odoo("res.partner", "read", [customer], ["street"])[0]["street"] is False


def test_an_archived_product_keeps_its_barcode_and_disturbs_nobody(odoo: Client) -> None:
    old = odoo.sandbox.add_product(default_code="OLD", barcode="1", active=False)
    odoo.sandbox.add_product(default_code="NEW", barcode="1")
    assert odoo.refused("product.product", "write", [old], {"active": True}).name == "odoo.exceptions.ValidationError"


@pytest.mark.parametrize(
    ("email", "normalized"),
    [
        ("Foo <FOO@bar.com>", "foo@bar.com"),
        ("a@b.c, d@e.f", "a@b.c"),
        ("nonsense", False),
        ('"Q, R" <q@r.com>', "q@r.com"),
        ("  x@Y.com ", "x@y.com"),
    ],
)
def test_email_is_normalized_as_the_server_does(odoo: Client, email: str, normalized: str | bool) -> None:
    partner = odoo("res.partner", "create", {"name": "e", "email": email})
    assert odoo("res.partner", "read", [partner], ["email_normalized"])[0]["email_normalized"] == normalized
