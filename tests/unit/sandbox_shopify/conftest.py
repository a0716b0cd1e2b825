"""What these tests share: a shop with two products, a way to ask it, and the reference where it is at hand."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
import requests

from libs.sandbox.shopify.drafts import Product
from libs.sandbox.shopify.sandbox import ShopifySandbox
from tests.unit.sandbox_shopify.helpers import REFERENCE, Client

PRODUCTS = [Product("MUG", "Mug", Decimal("12.50"), "1", "4006381333931"), Product("CUP", "Cup", Decimal("3.33"), "2")]


@pytest.fixture
def reference() -> Path:
    if not REFERENCE.is_dir():
        pytest.skip("shared/reference is not at hand")
    return REFERENCE


@pytest.fixture
def shop() -> Iterator[ShopifySandbox]:
    with ShopifySandbox(secret="hush", token="t", retry_seconds=(0.01,) * 8) as sandbox:
        sandbox.add_products(PRODUCTS)
        yield sandbox


@pytest.fixture
def ask(shop: ShopifySandbox) -> Iterator[Client]:
    with requests.Session() as session:
        yield Client(shop.url, session)
