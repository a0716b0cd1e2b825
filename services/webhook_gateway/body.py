"""A request's body, taken as it streams in and given up as soon as it is too large or too slow."""

from __future__ import annotations

import asyncio

from starlette.types import Receive


class TooLarge(Exception):
    """More than the limit."""


class TooSlow(Exception):
    """Not complete in time."""


class GoneAway(Exception):
    """The sender closed the connection in the middle."""


def announced_length(value: bytes | None) -> int:
    """`Content-Length` as a number; 0 when there is none (chunked) or it is not one."""
    return int(value) if value is not None and value.isdigit() else 0


async def read_body(receive: Receive, *, limit_bytes: int, seconds: float) -> bytes:
    """The whole body, at most `limit_bytes`, within `seconds`. Raises TooLarge, TooSlow or GoneAway."""
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(seconds):
            more = True
            while more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise GoneAway
                chunk: bytes = message.get("body", b"")
                size += len(chunk)
                if size > limit_bytes:
                    raise TooLarge
                chunks.append(chunk)
                more = message.get("more_body", False)
    except TimeoutError:
        raise TooSlow from None
    return b"".join(chunks)
