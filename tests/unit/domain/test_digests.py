from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from libs.common.domain.digests import digest


@dataclass(frozen=True)
class Thing:
    price: Decimal
    at: datetime


NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_decimals_count_by_value() -> None:
    assert digest(Thing(Decimal("1.50"), NOON)) == digest(Thing(Decimal("1.5"), NOON))
    assert digest(Thing(Decimal("1.50"), NOON)) != digest(Thing(Decimal("1.51"), NOON))


def test_the_order_of_keys_does_not_matter_and_that_of_lists_does() -> None:
    assert digest({"a": 1, "b": [1, 2]}) == digest({"b": [1, 2], "a": 1})
    assert digest([1, 2]) != digest([2, 1])
    assert digest({"x", "y"}) == digest({"y", "x"})
