"""`tandem store check` against a shop and an Odoo that answer over HTTP."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from libs.sandbox.odoo import OdooSandbox
from libs.sandbox.shopify.sandbox import ShopifySandbox
from tests.unit.console.world import World


@pytest.fixture
def shop() -> Iterator[ShopifySandbox]:
    with ShopifySandbox("acme.myshopify.com", token="shpat_right") as running:
        yield running


@pytest.fixture(params=["18", "19"])
def odoo(request: pytest.FixtureRequest) -> Iterator[OdooSandbox]:
    with OdooSandbox(request.param) as running:
        yield running


def world_of(shop: ShopifySandbox, odoo: OdooSandbox, **odoo_changes: object) -> World:
    world = World()
    world.add_store(
        shopify={"shop": "acme.myshopify.com", "secret": "s", "token": "shpat_right", "url": shop.url},
        odoo={"url": odoo.url, "database": odoo.database, "login": odoo.login, "key": odoo.key, **odoo_changes},
    )
    return world


def test_a_store_that_is_well_has_a_tick_on_every_line(shop: ShopifySandbox, odoo: OdooSandbox) -> None:
    result = world_of(shop, odoo).run("store", "check", "acme")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert all(line.startswith("✓") for line in lines)
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
