"""`tandem store check` against a shop and an Odoo that answer over HTTP."""

from __future__ import annotations

import pytest

from libs.common.shopify.check import REQUIRED_SCOPES
from libs.sandbox.odoo import OdooSandbox
from libs.sandbox.shopify.sandbox import ShopifySandbox
from tests.unit.console.world import World


def world_of(
    shop: ShopifySandbox, odoo: OdooSandbox, rules: dict[str, object] | None = None, **odoo_changes: object
) -> World:
    world = World()
    world.add_store(
        rules=rules or {},
        shopify={"shop": "acme.myshopify.com", "secret": "s", "token": "shpat_right", "url": shop.url},
        odoo={"url": odoo.url, "database": odoo.database, "login": odoo.login, "key": odoo.key, **odoo_changes},
    )
    return world


def test_a_store_that_is_well_has_a_tick_on_every_line(shop: ShopifySandbox, odoo: OdooSandbox) -> None:
    result = world_of(shop, odoo).run("store", "check", "acme")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert "✗" not in result.stdout
    assert lines[0].startswith("✓")
    for what in ("Shopify token", "Shopify shop", "Shopify scopes", "Shopify API 2026-10"):
        assert any(what in line for line in lines), what
    for what in ("Odoo server", "Odoo database", "Odoo login and key", "Odoo company 1", "Odoo sale.order"):
        assert any(what in line for line in lines), what
    assert "ready" in result.stderr


def test_a_revoked_token_and_a_wrong_key_are_both_told(shop: ShopifySandbox, odoo: OdooSandbox) -> None:
    shop.token = "shpat_another"
    result = world_of(shop, odoo, key="wrong").run("store", "check", "acme")
    assert result.exit_code == 1
    failed = [line for line in result.stdout.splitlines() if line.startswith("✗")]
    assert [line.split("  ")[0] for line in failed] == ["✗ Shopify token", "✗ Odoo login and key"]
    assert result.stdout.count("to do:") == 2
    assert "2 things of store acme" in result.stderr


def test_missing_scopes_are_named(odoo: OdooSandbox) -> None:
    with ShopifySandbox("acme.myshopify.com", token="shpat_right", scopes=("read_products",)) as shop:
        result = world_of(shop, odoo).run("store", "check", "acme")
    assert result.exit_code == 1
    assert "the token lacks read_orders, read_customers" in result.stdout


@pytest.mark.parametrize(
    ("fulfillments", "told"),
    [
        ({}, "write_merchant_managed_fulfillment_orders"),
        ({"to_shopify": False, "from_shopify": "validate"}, "read_fulfillments"),
        ({"to_shopify": False}, ""),
    ],
)
def test_the_scopes_for_deliveries_are_asked_for_where_the_rules_want_them(
    odoo: OdooSandbox, fulfillments: dict[str, object], told: str
) -> None:
    scopes = (*REQUIRED_SCOPES, "read_merchant_managed_fulfillment_orders")
    with ShopifySandbox("acme.myshopify.com", token="shpat_right", scopes=scopes) as shop:
        result = world_of(shop, odoo, {"fulfillments": fulfillments}).run("store", "check", "acme")
    assert (f"the token lacks {told}" in result.stdout) is bool(told)
    assert ("✓ Shopify scopes" in result.stdout) is not bool(told)


def test_a_token_of_another_shop_is_told(odoo: OdooSandbox) -> None:
    with ShopifySandbox("other.myshopify.com", token="shpat_right") as shop:
        result = world_of(shop, odoo).run("store", "check", "acme")
    assert result.exit_code == 1
    assert "belongs to other.myshopify.com" in result.stdout


def test_a_wrong_database_is_told_and_what_depends_on_it_left_out(shop: ShopifySandbox, odoo: OdooSandbox) -> None:
    result = world_of(shop, odoo, database="nowhere").run("store", "check", "acme")
    assert result.exit_code == 1
    assert "✗ Odoo database" in result.stdout
    assert "Odoo sale.order" not in result.stdout


def test_rights_that_the_odoo_user_lacks_are_named_model_by_model(shop: ShopifySandbox, odoo: OdooSandbox) -> None:
    readable = dict.fromkeys(("res.users", "res.company", "res.currency"), "r")
    odoo.add_user("clerk", "clerks-key", {**readable, "sale.order": "r", "res.partner": "crw"})
    result = world_of(shop, odoo, login="clerk", key="clerks-key").run("store", "check", "acme")
    assert result.exit_code == 1
    assert "✗ Odoo sale.order  no right to create, write" in result.stdout
    assert "give clerk a group that may create, write sale.order" in result.stdout
    assert "✓ Odoo res.partner" in result.stdout


def test_what_invoices_and_payments_need_is_looked_at_where_the_rules_go_so_far(
    shop: ShopifySandbox, odoo: OdooSandbox
) -> None:
    bank = odoo.find("account.journal", [("type", "=", "bank")])[0]["id"]
    rules: dict[str, object] = {"until": "paid", "journals": {"shopify_payments": bank}}
    result = world_of(shop, odoo, rules).run("store", "check", "acme")
    assert result.exit_code == 0, result.output
    for what in ("Odoo account.move", "Odoo account.payment", "Odoo sales journal", "rules.journals.shopify_payments"):
        assert f"✓ {what}" in result.stdout, what
    assert "account.payment" not in world_of(shop, odoo).run("store", "check", "acme").stdout


def test_what_the_rules_name_and_odoo_cannot_use_is_told_key_by_key(shop: ShopifySandbox, odoo: OdooSandbox) -> None:
    journals = {kind: odoo.find("account.journal", [("type", "=", kind)])[0]["id"] for kind in ("bank", "cash", "sale")}
    odoo.change("account.journal", journals["cash"], active=False)
    product = odoo.add_product(default_code="TIP", name="Tip")
    rules: dict[str, object] = {
        "until": "paid",
        "tip_product_id": product,
        "fee_product_id": 4711,
        "journals": {
            "paypal": journals["bank"],
            "cash": journals["cash"],
            "manual": journals["sale"],
            "gift_card": 4711,
        },
    }
    result = world_of(shop, odoo, rules).run("store", "check", "acme")
    assert result.exit_code == 1
    lines = {line[2:].split("  ")[0]: line for line in result.stdout.splitlines() if "rules." in line[:10]}
    assert lines["rules.tip_product_id"].startswith("✓")
    assert lines["rules.journals.paypal"].startswith("✓")
    assert "there is no product.product 4711" in lines["rules.fee_product_id"]
    assert "is archived" in lines["rules.journals.cash"]
    assert "is of the type sale" in lines["rules.journals.manual"]
    assert "there is no account.journal 4711" in lines["rules.journals.gift_card"]


def test_a_store_that_registers_payments_and_maps_no_gateway_is_told(shop: ShopifySandbox, odoo: OdooSandbox) -> None:
    result = world_of(shop, odoo, {"until": "paid"}).run("store", "check", "acme")
    assert result.exit_code == 1
    assert "✗ rules.journals  no gateway has a journal" in result.stdout


def test_a_user_who_may_not_invoice_is_told_what_is_lacking(shop: ShopifySandbox, odoo: OdooSandbox) -> None:
    readable = dict.fromkeys(("res.users", "res.company", "res.currency", "account.journal"), "r")
    odoo.add_user("clerk", "clerks-key", {**readable, "account.move": "r"})
    bank = odoo.find("account.journal", [("type", "=", "bank")])[0]["id"]
    rules: dict[str, object] = {"until": "paid", "journals": {"paypal": bank}}
    result = world_of(shop, odoo, rules, login="clerk", key="clerks-key").run("store", "check", "acme")
    assert "✗ Odoo account.move  no right to create, write" in result.stdout
    assert "✗ Odoo account.payment  no right to read, create, write" in result.stdout


def test_a_company_the_user_may_not_act_for_is_told(shop: ShopifySandbox, odoo: OdooSandbox) -> None:
    odoo.add_user("clerk", "clerks-key", None)
    company = odoo.add_company("Second")
    result = world_of(shop, odoo, login="clerk", key="clerks-key", company_id=company).run("store", "check", "acme")
    assert result.exit_code == 1
    assert f"✗ Odoo company {company}" in result.stdout


def test_servers_that_are_away_are_told(shop: ShopifySandbox, odoo: OdooSandbox) -> None:
    world = world_of(shop, odoo)
    shop.stop()
    odoo.stop()
    result = world.run("store", "check", "acme")
    assert result.exit_code == 1
    assert "✗ Shopify token" in result.stdout
    assert "✗ Odoo server" in result.stdout
    assert "Traceback" not in result.output


def stock_rules(odoo: OdooSandbox, location: str, **named: object) -> dict[str, object]:
    [warehouse] = odoo.find("stock.warehouse")
    one = {"location": location, "warehouses": [warehouse["id"]], "import_place": warehouse["lot_stock_id"][0]}
    return {"inventory": {"to_shopify": True, "first_import": True, "locations": [one | named]}}


def test_the_places_that_stock_is_shown_of_and_at_are_looked_up_on_both_sides(
    shop: ShopifySandbox, odoo: OdooSandbox
) -> None:
    result = world_of(shop, odoo, stock_rules(odoo, shop.locations[0])).run("store", "check", "acme")
    assert result.exit_code == 0, result.output
    key = f"rules.inventory.locations.{shop.locations[0]}"
    for what in ("rules.inventory.locations.0", f"{key}.warehouses", f"{key}.import_place", "Odoo stock.quant"):
        assert f"✓ {what}" in result.stdout, what


def test_places_that_are_not_there_or_hold_no_stock_are_told_key_by_key(
    shop: ShopifySandbox, odoo: OdooSandbox
) -> None:
    customers = odoo.find("stock.location", [("usage", "=", "customer")])[0]["id"]
    rules = stock_rules(odoo, "4711", warehouses=[4711], import_place=customers)
    result = world_of(shop, odoo, rules).run("store", "check", "acme")
    assert result.exit_code == 1
    assert "✗ rules.inventory.locations.0  the shop has no location 4711" in result.stdout
    assert "✗ rules.inventory.locations.4711.warehouses  there is no stock.warehouse 4711" in result.stdout
    assert "is of the usage customer: no stock" in result.stdout


def test_a_location_that_was_deactivated_is_told(shop: ShopifySandbox, odoo: OdooSandbox) -> None:
    shop.deactivate_location(shop.locations[0])
    [warehouse] = odoo.find("stock.warehouse")
    rules: dict[str, object] = {"fulfillments": {"locations": {warehouse["id"]: shop.locations[0]}}}
    result = world_of(shop, odoo, rules).run("store", "check", "acme")
    assert f"✗ rules.fulfillments.locations.{warehouse['id']}" in result.stdout
    assert "is deactivated" in result.stdout


def test_tags_that_choose_what_goes_to_the_shop_must_be_there(shop: ShopifySandbox, odoo: OdooSandbox) -> None:
    odoo.add("product.tag", name="Webshop")
    rules: dict[str, object] = {
        "products": {"lead": "odoo", "tag": "Webshop"},
        "customers": {"sync": "to_shopify", "contact_tag": "Nobody's"},
    }
    result = world_of(shop, odoo, rules).run("store", "check", "acme")
    assert "✓ rules.products.tag  Webshop" in result.stdout
    assert "✗ rules.customers.contact_tag  there is no res.partner.category named Nobody's" in result.stdout
