"""A sandbox shop, a client of it, and what the tests of what happens after checkout say of an order."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from libs.common.shopify.client import ShopifyClient
from libs.sandbox.shopify.drafts import Product
from libs.sandbox.shopify.sandbox import ShopifySandbox
from tests.unit.shopify.shop import NotedBudget

PRODUCTS = [Product("MUG", "Mug", Decimal("12.50")), Product("PEN", "Pen", Decimal("1.05"))]


@pytest.fixture
def shop() -> Iterator[ShopifySandbox]:
    with ShopifySandbox(bucket=1e9) as shop:
        shop.add_products(PRODUCTS)
        yield shop


@pytest.fixture
def client(shop: ShopifySandbox) -> Iterator[ShopifyClient]:
    client = ShopifyClient(shop.url, shop.token, budget=NotedBudget(), budget_key="acme/shopify")
    yield client
    client.close()
