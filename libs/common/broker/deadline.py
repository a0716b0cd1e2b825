"""One deadline for a whole call, whatever steps it takes."""

from __future__ import annotations

import time
from collections.abc import Callable


class Deadline:
    """Counts down from `seconds`."""

    def __init__(self, seconds: float, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.seconds = seconds
        self._monotonic = monotonic
        self._end = monotonic() + seconds

    def left(self) -> float:
        """Seconds left, 0.0 when it is over."""
        return max(0.0, self._end - self._monotonic())

    def over(self) -> bool:
        return self.left() <= 0.0
