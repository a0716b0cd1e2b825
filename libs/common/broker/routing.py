"""Topic matching as RabbitMQ does it: `*` stands for one word, `#` for any number of them."""

from __future__ import annotations

import functools


@functools.lru_cache(maxsize=4096)
def matches(pattern: str, routing_key: str) -> bool:
    """Whether a message with this routing key goes to a queue bound with this pattern."""
    return _match(_words(pattern), _words(routing_key))


def _words(text: str) -> tuple[str, ...]:
    # RabbitMQ sees no word in an empty text, and an empty word between two dots.
    return tuple(text.split(".")) if text else ()


def _match(pattern: tuple[str, ...], words: tuple[str, ...]) -> bool:
    if not pattern:
        return not words
    head, rest = pattern[0], pattern[1:]
    if head == "#":
        return any(_match(rest, words[skipped:]) for skipped in range(len(words) + 1))
    return bool(words) and head in ("*", words[0]) and _match(rest, words[1:])
