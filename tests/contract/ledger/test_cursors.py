"""Cursors: how far a store's other side was looked through."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from libs.common.ledger.connect import Connection
from libs.common.ledger.cursors import MongoCursors
from tests.contract.ledger.helpers import at_once

KEY = "acme/odoo/delivery"
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.fixture
def cursors(connection: Connection) -> MongoCursors:
    return MongoCursors(connection.database)


def test_a_cursor_is_nowhere_until_somebody_looked(cursors: MongoCursors) -> None:
    assert cursors.reached(KEY) is None
    cursors.advance(KEY, NOON)
    assert cursors.reached(KEY) == NOON
    assert cursors.reached("other/odoo/delivery") is None


def test_a_cursor_never_goes_back(cursors: MongoCursors) -> None:
    cursors.advance(KEY, NOON)
    cursors.advance(KEY, NOON - timedelta(seconds=1))
    assert cursors.reached(KEY) == NOON


def test_of_many_that_look_at_once_the_furthest_counts(cursors: MongoCursors) -> None:
    moments = [NOON + timedelta(seconds=number) for number in range(8)]
    at_once(8, lambda number: cursors.advance(KEY, moments[number]))
    assert cursors.reached(KEY) == moments[-1]
