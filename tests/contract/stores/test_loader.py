"""A store's YAML: read with the environment, or every fault told in one go."""

from __future__ import annotations

from pathlib import Path

import pytest

from libs.common.domain.rules import MissingProduct
from libs.common.errors import ConfigurationError
from libs.common.stores.loader import load_store

GOOD = """
slug: acme
shopify:
  shop: acme.myshopify.com
  secret: ${SHOPIFY_SECRET}
  token: shpat_${TOKEN}
odoo:
  url: https://odoo.example.com
  database: acme
  login: tandem
  key: "${ODOO_KEY}"
  company_id: 2
rules:
  missing_product: create
  taxes:
    - {rate: "0.2", tax_id: 4}
"""
ENVIRONMENT = {"SHOPIFY_SECRET": "s1", "TOKEN": "t1", "ODOO_KEY": "k1"}


def written(folder: Path, text: str) -> Path:
    file = folder / "acme.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def problems(folder: Path, text: str, environment: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        load_store(written(folder, text), ENVIRONMENT if environment is None else environment)
    return [problem.partition("acme.yaml: ")[2] for problem in caught.value.problems]


def test_references_are_taken_from_the_environment(tmp_path: Path) -> None:
    store = load_store(written(tmp_path, GOOD), ENVIRONMENT)
    assert store.shopify.secret.get_secret_value() == "s1"
    assert store.shopify.token.get_secret_value() == "shpat_t1"
    assert (store.odoo.key.get_secret_value(), store.odoo.company_id) == ("k1", 2)
    assert store.rules.missing_product is MissingProduct.CREATE
    assert store.version == 0


def test_the_process_environment_is_the_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    assert load_store(str(written(tmp_path, GOOD))).odoo.key.get_secret_value() == "k1"


def test_every_fault_is_listed_at_once(tmp_path: Path) -> None:
    text = """
slug: Acme Shop
shopify:
  shop: www.acme.com
  secret: ""
  tokken: x
odoo:
  url: odoo.example.com
  database: ""
  login: tandem
  key: ${ODOO_KEY}
  company_id: 0
rules:
  missing_product: guess
  taxes:
    - {rate: 20, tax_id: x}
"""
    found = problems(tmp_path, text, {})
    told = {problem.partition(":")[0]: problem.partition(": ")[2] for problem in found}
    assert set(told) == {
        "slug",
        "shopify.shop",
        "shopify.secret",
        "shopify.token",
        "shopify.tokken",
        "odoo.url",
        "odoo.database",
        "odoo.key",
        "odoo.company_id",
        "rules.missing_product",
        "rules.taxes.0.rate",
        "rules.taxes.0.tax_id",
    }
    assert "acme.myshopify.com" in told["shopify.shop"]
    assert told["shopify.tokken"] == "is not a key that Tandem knows: did you mean token?"
    assert told["shopify.token"] == "is missing: add it."
    assert "would let anybody in" in told["shopify.secret"]
    assert told["odoo.key"] == "refers to the environment variable ODOO_KEY, which is not set: set it."
    assert "https://" in told["odoo.url"]
    assert told["odoo.company_id"] == "must be greater than 0."
    assert "'create'" in told["rules.missing_product"]


def test_a_fault_never_repeats_a_value(tmp_path: Path) -> None:
    found = problems(tmp_path, GOOD.replace("key: ", "keey: "), ENVIRONMENT | {"ODOO_KEY": "topsecret"})
    assert found
    assert "topsecret" not in " ".join(found)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("slug: [", "is not YAML: line 1"),
        ("- a list", "must have the sections"),
        ("", "must have the sections"),
    ],
)
def test_a_file_that_is_no_store_is_told(tmp_path: Path, text: str, words: str) -> None:
    [problem] = problems(tmp_path, text)
    assert words in problem


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read: No such file"):
        load_store(tmp_path / "acme.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"slug: \xe9")
    with pytest.raises(ConfigurationError, match="not UTF-8"):
        load_store(tmp_path / "latin.yaml")
