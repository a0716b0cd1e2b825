"""A sink that records nothing: what the gateway costs by itself, to measure the ledger's share against."""

from __future__ import annotations

from collections.abc import Sequence

from libs.common.ledger.model import Hint, Recorded


class NullSink:
    """Says that each hint is a duplicate, so that nothing is nudged either. Never for production."""

    async def record_hints(self, hints: Sequence[Hint]) -> list[Recorded]:
        return [Recorded.DUPLICATE for _ in hints]

    async def mark_nudged(self, ids: Sequence[str]) -> None:
        """Nothing to mark."""

    async def ping(self) -> None:
        """Always there."""

    async def close(self) -> None:
        """Nothing to close."""
