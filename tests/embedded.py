"""The workers of one store `acme` between a sandbox shop and a sandbox Odoo, in this process, on the embedded ledger."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NoReturn

from cryptography.fernet import Fernet
from pydantic import SecretStr

from libs.common.ledger.breakers import MongoBreakers
from libs.common.ledger.budgets import MongoBudgets
from libs.common.ledger.connect import Connection, connect
from libs.common.ledger.repository import MongoLedger
from libs.common.settings import WorkerSettings
from libs.common.stores.crypto import Crypto
from libs.common.stores.model import OdooConnection, ShopifyConnection, Store
from libs.common.stores.repository import MongoStores
from libs.sandbox.odoo.sandbox import OdooSandbox
from libs.sandbox.shopify.bench import bench_catalog
from libs.sandbox.shopify.sandbox import ShopifySandbox
from services.workers.bootstrap import Ports, Workers, build, known_queues
from services.workers.pipeline import Pipeline

SLUG = "acme"


@dataclass
class Embedded:
    """What a test works with; the sandboxes are its caller's."""

    ledger: MongoLedger
    stores: MongoStores
    workers: Workers
    breakers: MongoBreakers
    connection: Connection


@contextmanager
def embedded(shop: ShopifySandbox, odoo: OdooSandbox, queues: Sequence[str] = ()) -> Iterator[Embedded]:
    """Both sandboxes must be serving. All queues unless some are named."""
    with connect("embedded", "tests") as connection:
        key = Fernet.generate_key().decode()
        stores = MongoStores(connection.database, Crypto.from_keys(key))
        stores.save(store_between(shop, odoo))
        ledger = MongoLedger(connection.database, connection.clock)
        breakers = MongoBreakers(connection.database, connection.clock)
        ports = Ports(ledger, MongoBudgets(connection.database, connection.clock), breakers, stores, lambda *_: None)
        settings = WorkerSettings(ledger_url="embedded", broker_url="embedded", secret_key=SecretStr(key))
        workers = build(list(queues) or known_queues(), ports, settings)
        try:
            yield Embedded(ledger, stores, workers, breakers, connection)
        finally:
            workers.close()


def store_between(shop: ShopifySandbox, odoo: OdooSandbox) -> Store:
    return Store(
        slug=SLUG,
        shopify=ShopifyConnection(
            shop=shop.shop, secret=SecretStr(shop.secret), token=SecretStr(shop.token), url=shop.url
        ),
        odoo=OdooConnection(url=odoo.url, database=odoo.database, login=odoo.login, key=SecretStr(odoo.key)),
    )


def die_before_settling(pipeline: Pipeline) -> None:
    """What a killed worker leaves: a lease that runs out, and perhaps an effect that nobody has heard of."""
    settle = pipeline.ledger.settle

    def die(*_: object) -> NoReturn:
        raise SystemExit

    pipeline.ledger.settle = die  # type: ignore[method-assign, assignment]
    try:
        pipeline.look_at(SLUG, [])
    except SystemExit:
        return
    finally:
        pipeline.ledger.settle = settle  # type: ignore[method-assign]
    raise AssertionError("nothing was settled")


def stock_up(shop: ShopifySandbox, odoo: OdooSandbox) -> None:
    """The products of the benchmark, on both sides."""
    for product in bench_catalog():
        odoo.add_product(default_code=product.sku, barcode=product.barcode, list_price=float(product.price))
    shop.add_products(bench_catalog())
