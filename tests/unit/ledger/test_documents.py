"""Records as documents: nothing lost on the way, nothing that MongoDB or a reader would stumble over."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import bson
import pytest
from bson.codec_options import CodecOptions
from hypothesis import given
from hypothesis import strategies as st

from libs.common.clock import to_milliseconds
from libs.common.ledger.documents import TEXT_LENGTH, from_document, plain, stored_time, to_document
from libs.common.ledger.model import Event, Held, Lane, Lease, Record, State, Synced, Target, Wanted

NOW = datetime(2026, 11, 23, 12, 0, 1, 5000, tzinfo=UTC)
WHOLE = Record(
    store="acme",
    entity="order",
    source_id="1",
    state=State.HELD,
    source="odoo",
    name="#1001",
    lane=Lane.BACKFILL,
    due_at=NOW,
    nudged_at=NOW,
    attempts=3,
    wanted=Wanted(NOW, 4, "orders/create", NOW),
    synced=Synced(NOW, "abc", NOW),
    target=Target("sale.order", 7, "S00007"),
    lease=Lease("t", "w", NOW),
    held=Held("code", "message", "hint", {"a": [1, {"b": True}]}),
    ignored="rule",
    waits_for="acme/product/2",
    claims=5,
    deliveries=("d1", "d2"),
    history=(Event(NOW, "hint"), Event(NOW, "call", {"ms": 12.5})),
)


@pytest.mark.parametrize("record", [WHOLE, Record("acme", "order", "1", State.DUE)])
@pytest.mark.parametrize("aware", [True, False])
def test_a_record_is_the_same_after_a_turn_in_the_database(record: Record, aware: bool) -> None:
    raw = bson.encode(to_document(record))
    assert from_document(bson.decode(raw, CodecOptions(tz_aware=aware))) == record


def test_what_is_unknown_is_left_out() -> None:
    document = to_document(Record("acme", "order", "1", State.DUE))
    assert document["_id"] == "acme/order/1"
    assert "target" not in document
    assert None not in document.values()
    assert document["wanted"] == {"seq": 0, "why": ""}


def test_fields_of_another_version_of_tandem_do_no_harm() -> None:
    minimal = {"_id": "acme/order/1", "store": "acme", "entity": "order", "source_id": "1", "state": "due"}
    assert from_document(minimal | {"from_the_future": {"x": 1}}) == Record("acme", "order", "1", State.DUE)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Decimal("12.30"), "12.30"),
        (State.HELD, "held"),
        (date(2026, 11, 23), "2026-11-23"),
        ((1, "a", None), [1, "a", None]),
        ({1: {"x": Decimal("1.0")}}, {"1": {"x": "1.0"}}),
        (2**70, str(2**70)),
        (True, True),
        ("lone \ud800 surrogate", "lone ? surrogate"),
        ({"nul\0key": 1}, {"nulkey": 1}),
        (ValueError("why"), "why"),
    ],
)
def test_details_are_brought_into_storable_readable_types(value: Any, expected: Any) -> None:
    assert plain(value) == expected
    bson.encode({"value": plain(value)})


_leaves = st.none() | st.booleans() | st.integers() | st.decimals() | st.text() | st.dates() | st.binary()


@given(st.recursive(_leaves, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=10))
def test_any_details_can_be_stored_and_hold_no_float(value: Any) -> None:
    stored = bson.decode(bson.encode({"value": plain(value)}))
    assert "float" not in repr(_types(stored))


def _types(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _types(item) for key, item in value.items()} and [_types(item) for item in value.values()]
    if isinstance(value, list):
        return [_types(item) for item in value]
    return type(value)


def test_long_texts_are_cut() -> None:
    assert len(plain("x" * 100_000)) == TEXT_LENGTH


def test_times_are_stored_as_utc_in_milliseconds() -> None:
    local = datetime(2026, 11, 23, 13, 0, 0, 123456, tzinfo=timezone(timedelta(hours=1)))
    assert stored_time(local) == to_milliseconds(local) == datetime(2026, 11, 23, 12, 0, 0, 123000, tzinfo=UTC)
    with pytest.raises(ValueError, match="without a zone"):
        stored_time(datetime(2026, 11, 23))
