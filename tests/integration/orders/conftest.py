from __future__ import annotations

from collections.abc import Iterator

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr

from libs.common.ledger.breakers import MongoBreakers
from libs.common.ledger.budgets import MongoBudgets
from libs.common.ledger.connect import connect
from libs.common.ledger.repository import MongoLedger
from libs.common.settings import WorkerSettings
from libs.common.stores.crypto import Crypto
from libs.common.stores.model import OdooConnection, ShopifyConnection, Store
from libs.common.stores.repository import MongoStores
from libs.sandbox.odoo.sandbox import OdooSandbox
from libs.sandbox.shopify.bench import bench_catalog
from libs.sandbox.shopify.sandbox import ShopifySandbox
from services.workers import context
from services.workers.bootstrap import Ports, build, known_queues
from tests.integration.orders.desk import Desk


@pytest.fixture(params=["18", "19"])
def desk(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setattr(context, "FRESH_SECONDS", 0.0)
    shop, odoo = ShopifySandbox(), OdooSandbox(request.param)
    with shop, odoo, connect("embedded", "orders") as connection:
        for product in bench_catalog():
            odoo.add_product(default_code=product.sku, barcode=product.barcode, list_price=float(product.price))
        shop.add_products(bench_catalog())
        key = Fernet.generate_key().decode()
        stores = MongoStores(connection.database, Crypto.from_keys(key))
        stores.save(
            Store(
                slug="acme",
                shopify=ShopifyConnection(
                    shop=shop.shop, secret=SecretStr(shop.secret), token=SecretStr(shop.token), url=shop.url
                ),
                odoo=OdooConnection(url=odoo.url, database=odoo.database, login=odoo.login, key=SecretStr(odoo.key)),
            )
        )
        ledger = MongoLedger(connection.database, connection.clock)
        ports = Ports(
            ledger,
            MongoBudgets(connection.database, connection.clock),
            MongoBreakers(connection.database, connection.clock),
            stores,
            lambda *_: None,
        )
        settings = WorkerSettings(ledger_url="embedded", broker_url="embedded", secret_key=SecretStr(key))
        workers = build(known_queues(), ports, settings)
        yield Desk(shop, odoo, ledger, stores, workers)
        workers.close()
