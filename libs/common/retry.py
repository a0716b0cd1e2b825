"""How long to wait before the next attempt: a pure function of the attempt's number and of chance."""

from __future__ import annotations

from collections.abc import Callable

BASE_SECONDS = 2.0
CAP_SECONDS = 600.0


def backoff_seconds(
    attempt: int, random: Callable[[], float], *, base: float = BASE_SECONDS, cap: float = CAP_SECONDS
) -> float:
    """Exponential back-off with full jitter, for the `attempt`th failure in a row (from 1).

    `random` returns a number in [0, 1), as `random.random` does. Full jitter spreads what failed together
    over the whole interval, so that a side that comes back is not run over at one instant.
    """
    doublings = min(max(attempt, 1) - 1, 60)
    return float(random() * min(cap, base * 2**doublings))
