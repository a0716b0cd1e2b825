"""Relay pages, with cursors that name a place by its sort key: an item that moves makes no other one be skipped."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from typing import Any

from graphql import GraphQLError

PAGE_LIMIT = 250

Key = list[Any]


def connection(
    items: Sequence[Any], page: dict[str, Any], *, key: Callable[[Any], Key] | None = None
) -> dict[str, Any]:
    """The page of `items` that `first`/`after` or `last`/`before` (and `reverse`) ask for.

    `items` are sorted by `key`; without one, they keep their place. Raises `GraphQLError` as Shopify refuses.
    """
    forward, size = _size(page)
    keyed = [(key(item) if key else [at], item) for at, item in enumerate(items)]
    descending = bool(page.get("reverse"))
    if descending:
        keyed.reverse()
    low, high = 0, len(keyed)
    if page.get("after"):
        low = _place(keyed, _decode(page["after"]), descending=descending, beyond=True)
    if page.get("before"):
        high = _place(keyed, _decode(page["before"]), descending=descending, beyond=False)
    low, high = (low, max(low, min(low + size, high))) if forward else (min(max(low, high - size), high), high)
    edges = [{"cursor": _encode(at), "node": item} for at, item in keyed[low:high]]
    return {
        "edges": edges,
        "nodes": [edge["node"] for edge in edges],
        "pageInfo": {
            "hasNextPage": high < len(keyed),
            "hasPreviousPage": low > 0,
            "startCursor": edges[0]["cursor"] if edges else None,
            "endCursor": edges[-1]["cursor"] if edges else None,
        },
    }


def _size(page: dict[str, Any]) -> tuple[bool, int]:
    first, last = page.get("first"), page.get("last")
    if first is None and last is None:
        raise _refused("you must provide one of first or last")
    if first is not None and last is not None:
        raise _refused("providing both first and last is not supported")
    size = int(first if first is not None else last or 0)
    if not 0 <= size <= PAGE_LIMIT:
        raise _refused(f"{size} is not a page size from 0 to {PAGE_LIMIT}")
    return first is not None, size


def _place(keyed: list[tuple[Key, Any]], cursor: Key, *, descending: bool, beyond: bool) -> int:
    """How many items lie before the cursor, itself included with `beyond`."""

    def comes_first(key: Key) -> bool:
        return (key == cursor and beyond) or (key > cursor if descending else key < cursor)

    return sum(1 for key, _ in keyed if comes_first(key))


def _encode(key: Key) -> str:
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode()


def _decode(cursor: str) -> Key:
    try:
        key = json.loads(base64.urlsafe_b64decode(cursor))
    except (ValueError, binascii.Error):
        key = None
    if not isinstance(key, list):
        raise _refused(f"Invalid cursor for current pagination sort: {cursor!r}")
    return key


def _refused(message: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": "BAD_REQUEST"})
