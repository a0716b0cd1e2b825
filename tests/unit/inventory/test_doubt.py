"""What is missing from a level without an order: how long it counts, and what ends it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from services.workers.inventory.doubt import LASTS, Doubt, weighed

SETTLED = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
NOW = SETTLED + timedelta(seconds=30)
FIRST = Doubt(2, NOW + LASTS, SETTLED, 3)
LATER = NOW + timedelta(seconds=20)


def test_it_lasts_a_minute_from_when_it_was_noticed() -> None:
    assert weighed(None, 2, SETTLED, 3, NOW) == FIRST
    assert weighed(FIRST, 2, SETTLED, 3, LATER) == FIRST
    assert weighed(FIRST, 2, SETTLED, 3, NOW + timedelta(hours=1)) == FIRST, "over, and not begun anew"


def test_an_order_that_explains_it_ends_it() -> None:
    assert weighed(FIRST, 0, SETTLED, 3, LATER) is None
    assert weighed(FIRST, 1, SETTLED, 3, LATER) == Doubt(1, FIRST.until, SETTLED, 3)


def test_what_is_missing_besides_begins_another_minute() -> None:
    assert weighed(FIRST, 3, SETTLED, 2, LATER) == Doubt(3, LATER + LASTS, SETTLED, 2)


def test_it_counts_on_when_the_record_was_settled_meanwhile() -> None:
    assert weighed(FIRST, 0, LATER, 1, LATER) == FIRST
    more = NOW + timedelta(seconds=40)
    assert weighed(FIRST, 1, LATER, 0, more) == Doubt(3, more + LASTS, LATER, 0)
    late = NOW + timedelta(hours=1)
    assert weighed(FIRST, 1, LATER, 0, late) == Doubt(1, late + LASTS, LATER, 0)


def test_it_is_read_back_from_the_ledger() -> None:
    assert Doubt.read(FIRST.text()) == FIRST
    assert Doubt.read("") is None
    assert Doubt.read("two until noon") is None
