"""A shelf between both sandboxes, on every version of Odoo."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.inventory.shelf import MUG, Shelf, open_shelf


@pytest.fixture(params=["18", "19"])
def shelf(request: pytest.FixtureRequest) -> Iterator[Shelf]:
    with open_shelf(request.param) as shelf:
        shelf.shop.set_level(MUG, 0)
        yield shelf
