"""One call for many records, and what to do when it is refused because of one of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from libs.common.errors import Failure, Rejected

T = TypeVar("T")
R = TypeVar("R")


class Results(Generic[T, R]):
    """What came of each item: `done` pairs in order, and `failed` ones with their failure."""

    def __init__(self) -> None:
        self.done: list[tuple[T, R]] = []
        self.failed: list[tuple[T, Failure]] = []


def in_one_call(items: Sequence[T], call: Callable[[Sequence[T]], Sequence[R]]) -> Results[T, R]:
    """`call(items)` answers one result for each item, or raises.

    A refusal (`Rejected`) that names its item (`record`, an index into the items) takes that one out; one that
    names nobody halves the batch until the culprit stands alone. Whatever is no refusal, an outage or a lost
    answer, says nothing about single items and is raised as it is.
    """
    results: Results[T, R] = Results()
    _split(list(items), call, results)
    return results


def _split(items: list[T], call: Callable[[Sequence[T]], Sequence[R]], results: Results[T, R]) -> None:
    while items:
        try:
            answers = call(items)
        except Rejected as refusal:
            index = getattr(refusal, "record", None)
            if len(items) == 1:
                results.failed.append((items[0], refusal))
                return
            if isinstance(index, int) and 0 <= index < len(items):
                results.failed.append((items.pop(index), refusal))
                continue
            middle = len(items) // 2
            _split(items[:middle], call, results)
            _split(items[middle:], call, results)
            return
        results.done.extend(zip(items, answers, strict=True))
        return
