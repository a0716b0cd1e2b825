from __future__ import annotations

from collections.abc import Iterator

import pytest

from libs.sandbox.odoo.sandbox import OdooSandbox
from libs.sandbox.shopify.sandbox import ShopifySandbox
from services.workers import context
from tests.embedded import embedded, stock_up
from tests.integration.orders.desk import Desk


@pytest.fixture(params=["18", "19"])
def desk(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setattr(context, "FRESH_SECONDS", 0.0)
    shop, odoo = ShopifySandbox(), OdooSandbox(request.param)
    with shop, odoo, embedded(shop, odoo) as here:
        stock_up(shop, odoo)
        yield Desk(shop, odoo, here.ledger, here.stores, here.workers)
