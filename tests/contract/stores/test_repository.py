"""Stores in the ledger: found again whole, secrets never in plain, changed by one at a time."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from cryptography.fernet import Fernet

from libs.common.domain.rules import MissingProduct
from libs.common.errors import ConfigurationError, LedgerUnavailable
from libs.common.ledger.connect import Connection, connect
from libs.common.stores.crypto import Crypto
from libs.common.stores.model import Store
from libs.common.stores.repository import MongoStores, StoreChanged

SECRETS = ("shhh-secret", "shhh-previous", "shhh-token", "shhh-odoo")


def store(slug: str = "acme", shop: str = "Acme.myshopify.com", **changes: Any) -> Store:
    return Store.model_validate(
        {
            "slug": slug,
            "shopify": {"shop": shop, "secret": SECRETS[0], "previous_secret": SECRETS[1], "token": SECRETS[2]},
            "odoo": {"url": "https://odoo.example.com", "database": "acme", "login": "bot", "key": SECRETS[3]},
            "rules": {
                "missing_product": "create",
                "taxes": [{"rate": "0.0725", "tax_id": 7}],
                "pricelists": {"EUR": 3},
            },
        }
        | changes
    )


@pytest.fixture
def crypto() -> Crypto:
    return Crypto.from_keys(Fernet.generate_key().decode())


@pytest.fixture
def stores(connection: Connection, crypto: Crypto) -> MongoStores:
    return MongoStores(connection.database, crypto)


def test_a_store_is_found_again_as_it_was_saved(stores: MongoStores) -> None:
    saved = stores.save(store())
    found = stores.get("acme")
    assert found == saved
    assert saved == store().model_copy(update={"version": 1})
    assert found is not None
    assert found.rules.missing_product is MissingProduct.CREATE
    assert found.rules.taxes[0].rate == Decimal("0.0725")
    assert found.shopify.secret.get_secret_value() == SECRETS[0]


@pytest.mark.parametrize("shop", ["acme.myshopify.com", "ACME.myshopify.com", " Acme.MyShopify.com "])
def test_a_store_is_found_by_its_shop_whatever_the_case(stores: MongoStores, shop: str) -> None:
    stores.save(store())
    found = stores.by_shop(shop)
    assert found is not None
    assert found.slug == "acme"
    assert stores.by_shop("other.myshopify.com") is None
    assert stores.get("other") is None


def test_no_secret_stands_in_plain_in_the_document(stores: MongoStores, connection: Connection) -> None:
    stores.save(store())
    raw = repr(connection.database["stores"].find_one({"_id": "acme"}))
    assert "odoo.example.com" in raw
    assert [secret for secret in SECRETS if secret in raw] == []
    assert "***" not in raw


def test_all_are_listed_by_slug(stores: MongoStores) -> None:
    stores.save(store("beta", "beta.myshopify.com"))
    stores.save(store())
    assert [one.slug for one in stores.all()] == ["acme", "beta"]


def test_of_two_that_change_the_same_version_one_is_told(stores: MongoStores) -> None:
    first = stores.save(store())
    assert stores.save(first).version == 2
    with pytest.raises(StoreChanged, match="acme is not at version 1"):
        stores.save(first)
    with pytest.raises(StoreChanged):
        stores.save(store())
    with pytest.raises(StoreChanged):
        stores.save(store("ghost", "ghost.myshopify.com", version=4))


def test_a_shop_belongs_to_one_store(stores: MongoStores) -> None:
    stores.save(store())
    with pytest.raises(ConfigurationError, match="belongs to the store acme"):
        stores.save(store("other", "ACME.myshopify.com"))
    beta = stores.save(store("beta", "beta.myshopify.com"))
    moved = beta.model_copy(update={"shopify": store().shopify})
    with pytest.raises(ConfigurationError, match="belongs to the store acme"):
        stores.save(moved)
    assert stores.get("beta") == beta


def test_the_key_can_be_rotated(connection: Connection) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    saved = MongoStores(connection.database, Crypto.from_keys(old)).save(store())
    both = MongoStores(connection.database, Crypto.from_keys(f"{new}, {old}"))
    both.save(saved)
    again = MongoStores(connection.database, Crypto.from_keys(new)).get("acme")
    assert again is not None
    assert again.odoo.key.get_secret_value() == SECRETS[3]
    with pytest.raises(ConfigurationError, match="TANDEM_SECRET_KEY"):
        MongoStores(connection.database, Crypto.from_keys(old)).get("acme")


def test_a_document_that_is_no_store_is_told_without_its_values(stores: MongoStores, connection: Connection) -> None:
    stores.save(store())
    connection.database["stores"].update_one({"_id": "acme"}, {"$set": {"odoo.company_id": -7, "rules.what": 1}})
    with pytest.raises(ConfigurationError) as caught:
        stores.get("acme")
    assert len(caught.value.problems) == 2
    assert "odoo.company_id" in str(caught.value)
    assert not any(secret in str(caught.value) for secret in SECRETS)


def test_a_database_that_is_away_is_said_to_be(crypto: Crypto) -> None:
    with connect("mongodb://127.0.0.1:1/", "tandem", timeout_seconds=0.3) as away:
        stores = MongoStores(away.database, crypto)
        with pytest.raises(LedgerUnavailable):
            stores.get("acme")
        with pytest.raises(LedgerUnavailable):
            stores.save(store())
