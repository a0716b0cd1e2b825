"""The same tests on mongomock and on a real MongoDB."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from libs.common.ledger.connect import Connection, connect


@pytest.fixture(params=["mongomock", pytest.param("mongodb", marks=pytest.mark.mongodb)])
def connection(request: pytest.FixtureRequest) -> Iterator[Connection]:
    if request.param == "mongomock":
        url, name = "embedded", "tandem"
    else:
        url, name = request.getfixturevalue("mongodb_url"), request.getfixturevalue("mongodb_database")
    with connect(url, name) as made:
        made.prepare()
        yield made
