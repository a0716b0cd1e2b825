"""Back-off: grows, is capped, and is spread over the whole interval."""

from __future__ import annotations

import random

import pytest

from libs.common.retry import BASE_SECONDS, CAP_SECONDS, backoff_seconds


@pytest.mark.parametrize(("attempt", "most"), [(0, 2), (1, 2), (2, 4), (3, 8), (9, 512), (10, 600), (10_000, 600)])
def test_the_longest_wait_doubles_up_to_the_cap(attempt: int, most: float) -> None:
    assert backoff_seconds(attempt, lambda: 1.0) == most
    assert backoff_seconds(attempt, lambda: 0.0) == 0


def test_base_and_cap_can_be_chosen() -> None:
    assert (BASE_SECONDS, CAP_SECONDS) == (2.0, 600.0)
    assert backoff_seconds(3, lambda: 0.5, base=1, cap=3) == 1.5


def test_what_failed_together_is_spread_over_the_whole_interval() -> None:
    chance = random.Random(7)
    waits = [backoff_seconds(5, chance.random) for _ in range(1000)]
    assert min(waits) < 1
    assert max(waits) > 31
    assert 15 < sum(waits) / len(waits) < 17
