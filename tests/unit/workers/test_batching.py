from __future__ import annotations

from collections.abc import Sequence

import pytest

from libs.common.errors import Outage, Rejected
from libs.common.odoo.errors import RowRefused
from services.workers.batching import in_one_call


class Server:
    """Doubles numbers; refuses any call that has a bad one in it."""

    def __init__(self, bad: set[int], *, names: bool) -> None:
        self.bad, self.names, self.calls = bad, names, 0

    def __call__(self, items: Sequence[int]) -> Sequence[int]:
        self.calls += 1
        culprits = [index for index, item in enumerate(items) if item in self.bad]
        if culprits:
            if self.names:
                raise RowRefused(f"{items[culprits[0]]} is bad", "odoo", record=culprits[0])
            raise Rejected("one of them is bad", "odoo")
        return [item * 2 for item in items]


def test_one_call_when_nothing_is_wrong() -> None:
    server = Server(set(), names=True)
    assert in_one_call([1, 2, 3], server).done == [(1, 2), (2, 4), (3, 6)]
    assert server.calls == 1


def test_no_items_are_no_call() -> None:
    server = Server(set(), names=True)
    assert in_one_call([], server).done == []
    assert server.calls == 0


def test_the_named_record_is_taken_out_and_the_rest_goes_through() -> None:
    server = Server({3}, names=True)
    results = in_one_call([1, 2, 3, 4], server)
    assert [item for item, _ in results.done] == [1, 2, 4]
    assert [item for item, _ in results.failed] == [3]
    assert server.calls == 2


def test_without_a_name_the_batch_is_halved_until_the_culprit_stands_alone() -> None:
    server = Server({5, 6}, names=False)
    results = in_one_call(list(range(1, 9)), server)
    assert sorted(item for item, _ in results.done) == [1, 2, 3, 4, 7, 8]
    assert sorted(item for item, _ in results.failed) == [5, 6]


def test_an_outage_blames_nobody() -> None:
    def down(_: Sequence[int]) -> Sequence[int]:
        raise Outage("down", "odoo")

    with pytest.raises(Outage):
        in_one_call([1, 2], down)
