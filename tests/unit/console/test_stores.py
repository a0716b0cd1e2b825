"""`tandem store`: adding, updating, listing, the example."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from libs.common.domain.rules import FulfillmentRules, ImportRules, MissingProduct, StoreRules, TaxMapping
from libs.common.domain.rules_inventory import InventoryRules, LocationRules
from libs.common.odoo.check import ORDER_MODELS
from libs.common.stores.loader import load_store
from services.console.cli import app
from services.console.rule_needs import named_records, needed_rights
from tests.unit.console.world import SECRETS, STORE_YAML, World


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "acme.yaml"
    path.write_text(STORE_YAML)
    return path


def test_a_store_is_added_with_its_secrets_encrypted(world: World, file: Path) -> None:
    result = world.run("store", "add", str(file))
    assert result.exit_code == 0
    assert "Store acme added: acme.myshopify.com with https://odoo.example.com, database acme" in result.stdout
    assert "tandem store check acme" in result.stderr
    kept = str(world.documents("stores"))
    assert "acme.myshopify.com" in kept
    assert not any(secret in kept for secret in SECRETS)
    store = world.stores.get("acme")
    assert store is not None
    assert store.odoo.key.get_secret_value() == "the-api-key"


def test_the_same_slug_again_updates_and_says_which_keys_but_no_value(world: World, file: Path) -> None:
    world.run("store", "add", str(file))
    changed = STORE_YAML.replace("the-api-key", "another-key") + "rules:\n  missing_product: create\n"
    file.write_text(changed)
    result = world.run("store", "add", str(file))
    assert result.exit_code == 0
    assert "Store acme updated (version 2): odoo.key, rules.missing_product." in result.stdout
    assert "another-key" not in result.output
    store = world.stores.get("acme")
    assert store is not None
    assert (store.version, store.rules.missing_product) == (2, MissingProduct.CREATE)


def test_a_file_without_change_changes_nothing(world: World, file: Path) -> None:
    world.run("store", "add", str(file))
    result = world.run("store", "add", str(file))
    assert "nothing was changed" in result.stdout
    store = world.stores.get("acme")
    assert store is not None
    assert store.version == 1


def test_every_fault_of_the_file_is_told_at_once(world: World, file: Path) -> None:
    file.write_text(
        STORE_YAML.replace("acme.myshopify.com", "www.acme.com").replace("  database: acme\n", "") + "colour: blue"
    )
    result = world.run("store", "add", str(file))
    assert result.exit_code == 2
    for key in ("shopify.shop", "odoo.database", "colour"):
        assert key in result.stderr
    assert world.stores.all() == []


def test_faults_of_the_file_and_of_the_settings_come_together(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("LEDGER_URL", "BROKER_URL", "SECRET_KEY"):
        monkeypatch.delenv(f"TANDEM_{name}", raising=False)
    file.write_text("slug: Acme Inc\n")
    result = CliRunner().invoke(app, ["store", "add", str(file)])
    assert result.exit_code == 2
    for part in ("slug", "odoo", "TANDEM_LEDGER_URL", "TANDEM_SECRET_KEY"):
        assert part in result.stderr


def test_a_shop_of_another_store_is_refused(world: World, file: Path) -> None:
    world.run("store", "add", str(file))
    file.write_text(STORE_YAML.replace("slug: acme", "slug: second"))
    result = world.run("store", "add", str(file))
    assert result.exit_code == 2
    assert "belongs to the store acme" in result.stderr


def test_a_secret_may_come_from_the_environment_or_the_env_file(
    world: World, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("SECRET_A=from-the-file\nSECRET_B=from-the-file\n")
    monkeypatch.setenv("SECRET_B", "from-the-environment")
    file.write_text(STORE_YAML.replace("the-signing-secret", "${SECRET_A}").replace("the-api-key", "${SECRET_B}"))
    assert world.run("store", "add", str(file)).exit_code == 0
    store = world.stores.get("acme")
    assert store is not None
    assert store.shopify.secret.get_secret_value() == "from-the-file"
    assert store.odoo.key.get_secret_value() == "from-the-environment"


def test_the_example_loads_as_it_is_printed(world: World, tmp_path: Path) -> None:
    result = world.run("store", "example")
    assert result.exit_code == 0
    file = tmp_path / "acme.yaml"
    file.write_text(result.stdout)
    secrets = dict.fromkeys(("ACME_SHOPIFY_SECRET", "ACME_SHOPIFY_TOKEN", "ACME_ODOO_KEY"), "x")
    store = load_store(file, secrets)
    assert store.slug == "acme"
    assert store.rules.missing_product is MissingProduct.HOLD


def all_put_to_use(example: str) -> str:
    """The example with every key that stands in a comment."""
    keys = {
        *StoreRules.model_fields,
        *ImportRules.model_fields,
        *FulfillmentRules.model_fields,
        *InventoryRules.model_fields,
        *(LocationRules.model_fields.keys() - {"places"}),
        "- location",
        *("previous_secret", "- rate", "title", "included", "tax_id", "EUR", "Net 30", "shopify_payments", "paypal"),
        *("gift_card", "manual", '"Cash on Delivery (COD)"', "1", "DHL Paket"),
    }
    used = [
        line.replace("# ", "", 1) if line.lstrip("# ").partition(":")[0] in keys else line
        for line in example.splitlines()
    ]
    return "\n".join(used)


def test_every_line_of_the_example_that_is_a_comment_may_be_put_to_use(world: World, tmp_path: Path) -> None:
    file = tmp_path / "acme.yaml"
    file.write_text(all_put_to_use(world.run("store", "example").stdout))
    names = ("ACME_SHOPIFY_SECRET", "ACME_SHOPIFY_OLD_SECRET", "ACME_SHOPIFY_TOKEN", "ACME_ODOO_KEY")
    store = load_store(file, dict.fromkeys(names, "x"))
    rules = store.rules
    assert store.shopify.previous_secret is not None
    assert rules.pricelists == {"EUR": 3}
    assert [(tax.title, tax.tax_id, tax.included) for tax in rules.taxes] == [("MwSt", 12, True)]
    chosen = (rules.placeholder_product_id, rules.custom_product_id, rules.shipping_product_id)
    assert (*chosen, rules.generic_customer_id) == (7, 8, 9, 10)
    carriers = (rules.tip_product_id, rules.duty_product_id, rules.fee_product_id, rules.rounding_product_id)
    assert (*carriers, rules.adjustment_product_id, rules.gift_card_product_id) == (21, 22, 23, 24, 25, 26)
    assert rules.journals["Cash on Delivery (COD)"] == 13
    assert set(rules.journals) == {"shopify_payments", "paypal", "gift_card", "manual", "Cash on Delivery (COD)"}
    assert rules.payment_terms == {"Net 30": 4}
    assert rules.orders.placed_from == datetime(2026, 1, 1, tzinfo=UTC)
    assert (rules.orders.sources, rules.orders.except_tags) == (("web", "pos"), ("no-odoo",))
    assert (rules.fulfillments.locations, rules.fulfillments.carriers) == (
        {1: "61234567890"},
        {"DHL Paket": "DHL Express"},
    )
    (location,) = rules.inventory.locations
    assert (location.location, location.warehouses, location.cap) == ("61234567890", (1,), 50)
    assert rules.inventory.to_shopify


def test_the_example_shows_every_rule_and_what_it_is_left_at(world: World) -> None:
    content = yaml.safe_load(all_put_to_use(world.run("store", "example").stdout))["rules"]
    assert set(content) == set(StoreRules.model_fields)
    assert set(content["orders"]) == set(ImportRules.model_fields)
    assert set(content["fulfillments"]) == set(FulfillmentRules.model_fields)
    assert set(content["inventory"]) == set(InventoryRules.model_fields)
    assert set(content["inventory"]["locations"][0]) == set(LocationRules.model_fields) - {"places"}
    assert set(content["taxes"][0]) == set(TaxMapping.model_fields)
    shown = yaml.safe_load(world.run("store", "example").stdout)["rules"]
    assert StoreRules.model_validate(shown) == StoreRules(), "what is no comment is the default"


def test_the_list_tells_where_records_are_and_no_secret(world: World) -> None:
    assert "There is no store yet" in world.run("store", "list").stderr
    world.add_store()
    world.hold("1")
    world.hold("2")
    text = world.run("store", "list").stdout
    assert "2 held" in text
    machine = world.run("store", "list", "--json").stdout
    assert json.loads(machine)[0]["records"]["held"] == 2
    assert not any(secret in text + machine for secret in SECRETS)


def test_checking_an_unknown_store_names_those_there_are(world: World) -> None:
    world.add_store()
    result = world.run("store", "check", "amce")
    assert result.exit_code == 2
    assert "There is no store 'amce'. Known: acme." in result.stderr


def test_the_right_to_make_products_is_asked_for_only_where_it_is_needed(world: World) -> None:
    rules = world.add_store().rules
    assert "create" in needed_rights(rules)["product.product"]
    made_when_needed = ("shipping", "custom", "tip", "duty", "fee", "rounding", "adjustment")
    careful = rules.model_copy(update={f"{kind}_product_id": 1 for kind in made_when_needed})
    assert "create" not in needed_rights(careful)["product.product"]
    creating = careful.model_copy(update={"missing_product": MissingProduct.CREATE})
    assert "create" in needed_rights(creating)["product.product"]
    standing_in = careful.model_copy(update={"missing_product": MissingProduct.PLACEHOLDER})
    assert "create" in needed_rights(standing_in)["product.product"]
    without_tip = careful.model_copy(update={"tip_product_id": None})
    assert "create" in needed_rights(without_tip)["product.product"]


@pytest.mark.parametrize(
    ("rules", "models"),
    [
        ({"until": "confirmed"}, set()),
        ({"until": "invoiced", "restock": False}, {"account.move", "account.move.line", "account.journal"}),
        (
            {"until": "paid", "restock": False},
            {"account.move", "account.move.line", "account.journal", "account.payment"},
        ),
        (
            {"until": "invoiced", "restock": True},
            {"account.move", "account.move.line", "account.journal", "stock.picking", "stock.move"},
        ),
        ({"fulfillments": {"from_shopify": "validate"}}, {"stock.picking", "stock.move"}),
    ],
)
def test_rights_on_the_books_and_the_stock_are_asked_for_as_far_as_the_rules_go(
    rules: dict[str, object], models: set[str]
) -> None:
    needed = needed_rights(StoreRules.model_validate(rules))
    assert {model for model in needed if needed[model] != ORDER_MODELS.get(model)} == models


def test_every_id_that_the_rules_name_is_looked_up() -> None:
    rules = StoreRules.model_validate(
        {
            **{name: 7 for name in StoreRules.model_fields if name.endswith("_id")},
            "taxes": [{"rate": "0.19", "tax_id": 12}],
            "pricelists": {"EUR": 3},
            "payment_terms": {"Net 30": 4},
            "journals": {"paypal": 6},
            "fulfillments": {"locations": {1: "5001"}},
        }
    )
    named = {(one.key, one.model, one.id) for one in named_records(rules)}
    assert {("rules.tip_product_id", "product.product", 7), ("rules.generic_customer_id", "res.partner", 7)} <= named
    assert {
        ("rules.taxes.0", "account.tax", 12),
        ("rules.pricelists.EUR", "product.pricelist", 3),
        ("rules.payment_terms.Net 30", "account.payment.term", 4),
        ("rules.journals.paypal", "account.journal", 6),
        ("rules.fulfillments.locations.1", "stock.warehouse", 1),
    } <= named
    ids = [name for name in StoreRules.model_fields if name.endswith("_id")]
    assert len(named) == len(ids) + 5
