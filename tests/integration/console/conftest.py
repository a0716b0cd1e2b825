"""The two sides of a store, which answer over HTTP."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from libs.sandbox.odoo import OdooSandbox
from libs.sandbox.shopify.sandbox import ShopifySandbox


@pytest.fixture
def shop() -> Iterator[ShopifySandbox]:
    with ShopifySandbox("acme.myshopify.com", token="shpat_right") as running:
        yield running


@pytest.fixture(params=["18", "19"])
def odoo(request: pytest.FixtureRequest) -> Iterator[OdooSandbox]:
    with OdooSandbox(request.param) as running:
        yield running
