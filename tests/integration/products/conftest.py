from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.products.stall import Stall, open_stall


@pytest.fixture(params=["18", "19"])
def stall(request: pytest.FixtureRequest) -> Iterator[Stall]:
    """Shopify leads."""
    with open_stall(request.param, {"products": {"lead": "shopify"}}) as opened:
        yield opened
