"""What every request to a shop has around it, GraphQL or REST: a place in the shared budget, and a measured time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from libs.common.errors import Failure, RateLimited

#: A wait for room up to this long is slept; a longer one sends the record back to the ledger.
SHORT_WAIT_SECONDS = 2.0

OnCall = Callable[[str, float, int, Failure | None], None]
"""`(name, seconds, records, error)` after each call: `orders_by_ids`, 0.3, 20, None."""

T = TypeVar("T")


def wait_for_room(
    reserve: Callable[[], float],
    told: Callable[[float], str],
    *,
    short_wait_seconds: float,
    sleep: Callable[[float], None],
) -> None:
    """`reserve` takes what is needed and gives 0, or takes nothing and gives the seconds to wait.

    Raises RateLimited, in the words of `told`, when the waits come to more than `short_wait_seconds`.
    """
    waited = 0.0
    while (seconds := reserve()) > 0:
        if waited + seconds > short_wait_seconds:
            raise RateLimited(told(seconds), "shopify", after_seconds=seconds)
        sleep(seconds)
        waited += seconds


def timed(name: str, send: Callable[[], T], on_call: OnCall | None, *, records: int = 1) -> T:
    """What `send` gives or raises, with `on_call` told how long it took."""
    started = time.monotonic()
    failure: Failure | None = None
    try:
        return send()
    except Failure as error:
        failure = error
        raise
    finally:
        if on_call is not None:
            on_call(name, time.monotonic() - started, records, failure)
