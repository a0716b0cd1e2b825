"""Whatever happens between two calls of the room, Shopify never shows more than there is, and in the end just that.

Sales, cancellations, webhooks, orders that Odoo records and the ledger settles, Odoo's own counter and goods that come
in: first every course of a few of them through all gaps, then many courses of all of them at random.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator, Sequence

import pytest

from services.workers.inventory import levels
from tests.unit.inventory.market import Market

#: One more than the calls of a look that finds an order late: what is left happens after it.
GAPS = 10
#: Every so many courses are followed until all is at rest.
RESTS = 11
SEEDS = 300
MOST_LOOKS = 30
Chain = Sequence[str]
"""Words such as `cancel old`: what happens, and to which order."""


def market_of(*, remembered: bool, buffer: int = 0, behind: float = 0.0) -> Market:
    """Ten pieces. `old` is sold and recorded, `new` is sold and not recorded; what came in since is not shown yet."""
    market = Market(stock=10, available=10 - buffer, buffer=buffer, remembered=remembered, behind=behind)
    for name in ("old", "new"):
        market.place(name)
        market.tell(name)
    market.record("old")
    market.settle("old")
    market.clock.advance(10)
    market.work()
    market.clock.advance(10)
    market.stock += 3
    return market


def happening(market: Market, words: str) -> Callable[[], object]:
    what, _, name = words.partition(" ")
    action = getattr(market, what)

    def happen() -> None:
        action(*[name][: 1 if name else 0])
        never_too_much(market, words)

    return happen


def never_too_much(market: Market, when: str) -> None:
    assert market.available <= market.free, f"{when}: {market.available} are shown and {market.free} are left"


def at_rest(market: Market) -> None:
    """All is told, recorded and settled, and the room has looked until nothing was due."""
    for _ in range(MOST_LOOKS):
        for name in list(market.sales):
            if market.sales[name].version != market.sales[name].stamp:
                market.tell(name)
            market.record(name)
            market.settle(name)
        if not market.due:
            break
        market.work()
        never_too_much(market, "at rest")
        market.clock.advance(62)
    assert market.available == max(0, market.free - market.buffer)


def courses(*chains: Chain) -> Iterator[list[tuple[int, str]]]:
    """Every way to put the words of the chains into gaps, each chain in its order."""
    for places in itertools.product(
        *(itertools.combinations_with_replacement(range(1, GAPS + 1), len(chain)) for chain in chains)
    ):
        placed = [pair for chain, gaps in zip(chains, places, strict=True) for pair in zip(gaps, chain, strict=True)]
        yield sorted(placed, key=lambda pair: pair[0])


def walk(market: Market, course: Sequence[tuple[int, str]]) -> None:
    gaps: dict[int, list[Callable[[], object]]] = {}
    for gap, words in course:
        gaps.setdefault(gap, []).append(happening(market, words))
    market.work(gaps)
    never_too_much(market, f"after the look: {course}")


CHAINS: dict[str, tuple[Chain, ...]] = {
    "one is cancelled and another one is bought": (["cancel old", "tell old", "record old"], ["place x"]),
    "one that is not recorded is cancelled and another one is bought": (["cancel new"], ["place x", "tell x"]),
    "one is bought and recorded at once": (["place x", "tell x", "record x", "settle x"],),
    "one is recorded while another one is bought": (["record new", "settle new"], ["place x", "tell x"]),
    "one is bought and cancelled": (["place x", "cancel x"], ["record new", "settle new"]),
    "goods come in": (["receive"], ["cancel new", "place x"]),
}


@pytest.mark.parametrize("remembered", [False, True], ids=["read", "remembered"])
@pytest.mark.parametrize("chains", CHAINS.values(), ids=list(CHAINS))
def test_no_course_of_events_shows_what_is_sold(
    chains: tuple[Chain, ...], monkeypatch: pytest.MonkeyPatch, *, remembered: bool
) -> None:
    if remembered:
        monkeypatch.setattr(levels, "READ_AT_MOST", 0)
    walked = 0
    for course in courses(*chains):
        market = market_of(remembered=remembered)
        walk(market, course)
        if walked % RESTS == 0:
            at_rest(market)
        walked += 1
    assert walked > 100


def test_a_level_that_was_remembered_is_not_believed_while_shopifys_clock_is_behind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What an order has given back and another one has taken is seen by their times alone."""
    monkeypatch.setattr(levels, "READ_AT_MOST", 0)
    for course in courses(["cancel old", "tell old", "record old"], ["place x"]):
        market = market_of(remembered=True, behind=30)
        for _ in range(2):  # what is missing at the first look, and not sold by this clock, is doubted for a minute
            market.clock.advance(70)
            market.work()
        market.clock.advance(5)
        market.receive()
        walk(market, course)


@pytest.mark.parametrize("remembered", [False, True], ids=["read", "remembered"])
def test_no_course_at_random_shows_what_is_sold_and_odoos_counter_has_its_buffer(
    monkeypatch: pytest.MonkeyPatch, *, remembered: bool
) -> None:
    if remembered:
        monkeypatch.setattr(levels, "READ_AT_MOST", 0)
    names = ["old", "new", "x", "y", "z"]
    words = [f"{what} {name}" for what in ("cancel", "tell", "record", "settle") for name in names]
    words += [f"place {name}" for name in names[2:]] * 3 + ["sell"] * 4 + ["receive"]
    for seed in range(SEEDS):
        chance = random.Random(seed)
        market = market_of(remembered=remembered, buffer=chance.choice((0, 2)))
        for _ in range(3):
            walk(market, [(chance.randrange(1, GAPS + 1), chance.choice(words)) for _ in range(chance.randrange(12))])
        at_rest(market)


HIDDEN: dict[str, tuple[Chain, ...]] = {
    "goods come in": (["hide x"], ["receive", "receive"]),
    "one is recorded": (["hide x"], ["record new", "settle new"]),
    "Odoo sells one": (["hide x"], ["sell", "receive"]),
    "several are sold": (["hide x", "hide y"], ["receive"]),
}


@pytest.mark.parametrize("remembered", [False, True], ids=["read", "remembered"])
@pytest.mark.parametrize("chains", HIDDEN.values(), ids=list(HIDDEN))
def test_an_order_that_shopify_shows_later_than_its_level_is_not_sold_again(
    chains: tuple[Chain, ...], monkeypatch: pytest.MonkeyPatch, *, remembered: bool
) -> None:
    """Three looks within the minute that it may take, and then all at rest."""
    if remembered:
        monkeypatch.setattr(levels, "READ_AT_MOST", 0)
    for course in courses(*chains):
        market = market_of(remembered=remembered, buffer=1)
        walk(market, course)
        for _ in range(2):
            market.clock.advance(2)
            market.work()
            never_too_much(market, f"looked at again: {course}")
        for name in ("x", "y"):
            if name in market.sales:
                market.show(name)
        at_rest(market)


def test_a_figure_that_was_read_long_ago_is_read_anew_before_it_is_written() -> None:
    """A worker sleeps longer than its lease; another one has written meanwhile, and as much was sold as that was more."""
    market = market_of(remembered=False)
    shown = market.available

    def another_worker() -> None:
        market.clock.advance(40)
        market.available += 3
        for name in ("x", "y", "z"):
            for what in ("place", "tell", "record", "settle"):
                happening(market, f"{what} {name}")()
        assert market.available == shown, "the comparison sees no difference"

    market.work(asleep=another_worker)
    never_too_much(market, "after it woke up")
    at_rest(market)


def test_what_is_missing_counts_on_after_a_lower_figure_was_written() -> None:
    """Odoo counts less, and soon after more again, while Shopify does not show yet to whom one was sold."""
    market = market_of(remembered=False)
    market.work()
    market.hide("x")
    for found in (-2, 2):
        market.clock.advance(5)
        market.stock += found
        market.work()
        never_too_much(market, f"a count found {found:+}")
    assert market.due
    market.show("x")
    at_rest(market)


def test_an_order_that_shows_after_a_newer_one_is_counted_and_nothing_is_doubted() -> None:
    market = Market(stock=10, available=10)
    market.work()
    market.hide("early")
    market.place("newer")
    market.work({2: [lambda: market.show("early")]})
    assert not market.told
    assert market.available <= market.free == 8
