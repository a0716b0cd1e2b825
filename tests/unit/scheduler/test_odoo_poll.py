"""The poll of Odoo: everything is found, whatever changes meanwhile, and one store keeps no other waiting."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr
from structlog.testing import capture_logs

from libs.common.clock import ManualClock
from libs.common.domain.rules import FulfillmentRules, StoreRules
from libs.common.errors import CredentialsRefused, Failure, Outage, Rejected
from libs.common.ledger.breakers import MongoBreakers
from libs.common.ledger.connect import Connection, connect
from libs.common.ledger.cursors import MongoCursors
from libs.common.ledger.model import Link, Record, Target
from libs.common.ledger.repository import MongoLedger
from libs.common.odoo.cells import ODOO_DATETIME
from libs.common.odoo.errors import INCOMPATIBLE
from libs.common.stores.crypto import Crypto
from libs.common.stores.model import OdooConnection, ShopifyConnection, Store
from libs.common.stores.repository import MongoStores
from services.scheduler.odoo_poll import poller as polling
from services.scheduler.odoo_poll import store_poll
from services.scheduler.odoo_poll.models import DELIVERIES
from services.scheduler.odoo_poll.pages import changed_since
from services.scheduler.odoo_poll.poller import Poller

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="


@dataclass
class FakeOdoo:
    """Pickings by id with the microsecond of their last change; asked as `search_read` would be."""

    written: dict[int, datetime] = field(default_factory=dict)
    tracking: dict[int, str] = field(default_factory=dict)
    calls: int = 0
    fails: Failure | None = None
    has_stock: bool = True
    foreign: set[int] = field(default_factory=set)
    store: str = "acme"
    closed: bool = False
    between: Any = None
    asked: dict[int, datetime] = field(default_factory=dict)
    """As it was at the last call."""
    since: str = ""
    """How far back the last call went."""

    def close(self) -> None:
        self.closed = True

    def fields_get(self, model: str, attributes: Sequence[str] = ()) -> dict[str, Any]:
        if not self.has_stock:
            raise Rejected("no such model", "odoo", INCOMPATIBLE)
        return {name: {"type": "char"} for name in ("sale_id", "picking_type_code", "carrier_tracking_ref")}

    def search_read(
        self, model: str, domain: Sequence[Any], fields: Sequence[str], *, order: str = "id", limit: int | None = None
    ) -> list[dict[str, Any]]:
        self.calls += 1
        self.asked = dict(self.written)
        self.since = next((value for name, operator, value in domain if name == "write_date" and operator == ">="), "")
        if self.fails is not None:
            raise self.fails
        found = [one for one in self.written if self._fits(one, domain)]
        found.sort(key=lambda one: (self.written[one], one) if order == "write_date, id" else one)
        rows = [self._row(one) for one in found[:limit]]
        if self.between is not None:
            self.between()
        return rows

    def call(self, model: str, method: str, args: Sequence[Any], *, write: bool, records: int) -> dict[str, str]:
        """`get_external_id`: the orders of `foreign` pickings are not Tandem's."""
        self.calls += 1
        mine = {100 + one for one in self.written if one not in self.foreign}
        return {str(one): f"tandem_{self.store}.order_{one}" if one in mine else "" for one in args[0]}

    def _fits(self, one: int, domain: Sequence[Any]) -> bool:
        for name, operator, value in domain:
            if name == "id" and not one > value:
                return False
            if name == "write_date":
                moment = datetime.strptime(value, ODOO_DATETIME).replace(tzinfo=UTC)
                if not (self.written[one] >= moment if operator == ">=" else self.written[one] < moment):
                    return False
        return True

    def _row(self, one: int) -> dict[str, Any]:
        return {
            "id": one,
            "name": f"WH/OUT/{one:05}",
            "write_date": self.written[one].strftime(ODOO_DATETIME),
            "sale_id": [100 + one, f"S{one}"],
            "carrier_tracking_ref": self.tracking.get(one, False),
        }


def found(odoo: FakeOdoo, since: datetime, page: int) -> list[tuple[int, str]]:
    pages = changed_since(odoo, "stock.picking", [], ["name"], since, page_records=page)  # type: ignore[arg-type]
    return [(row["id"], row["write_date"]) for rows in pages for row in rows]


def test_nothing_found_costs_one_call() -> None:
    odoo = FakeOdoo({1: NOON - timedelta(seconds=1)})
    assert found(odoo, NOON, 10) == []
    assert odoo.calls == 1


@settings(max_examples=200)
@given(
    offsets=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=30),
    page=st.integers(1, 6),
)
def test_every_change_is_found_once_however_many_fall_into_one_second(
    offsets: list[tuple[int, int]], page: int
) -> None:
    written = {
        number: NOON + timedelta(seconds=second, microseconds=micro)
        for number, (second, micro) in enumerate(offsets, start=1)
    }
    odoo = FakeOdoo(written)
    assert sorted(one for one, _ in found(odoo, NOON, page)) == sorted(written)


@settings(max_examples=200)
@given(
    seconds=st.lists(st.integers(0, 2), min_size=1, max_size=20),
    page=st.integers(1, 5),
    changes=st.lists(st.integers(0, 19), max_size=12),
)
def test_what_changes_while_the_pages_are_read_is_found_with_its_last_change(
    seconds: list[int], page: int, changes: list[int]
) -> None:
    odoo = FakeOdoo({number: NOON + timedelta(seconds=second) for number, second in enumerate(seconds, start=1)})
    left = list(changes)

    def change() -> None:
        if left:
            odoo.written[left.pop() % len(seconds) + 1] = NOON + timedelta(seconds=10 + len(changes) - len(left))

    odoo.between = change
    rows = set(found(odoo, NOON, page))
    assert rows >= {(one, moment.strftime(ODOO_DATETIME)) for one, moment in odoo.asked.items()}


@dataclass
class World:
    ledger: MongoLedger
    stores: MongoStores
    breakers: MongoBreakers
    poller: Poller
    clock: ManualClock
    odoos: dict[str, FakeOdoo]
    connection: Connection

    def add(self, slug: str = "acme", **rules: Any) -> FakeOdoo:
        self.stores.save(
            Store(
                slug=slug,
                shopify=ShopifyConnection(
                    shop=f"{slug}.myshopify.com", secret=SecretStr("s"), token=SecretStr("t"), url=None
                ),
                odoo=OdooConnection.model_validate(
                    {"url": "http://odoo.invalid", "database": slug, "login": "l", "key": "k"}
                ),
                rules=StoreRules(fulfillments=FulfillmentRules(**rules)),
            )
        )
        return self.odoos.setdefault(slug, FakeOdoo(store=slug))

    def poll(self) -> None:
        self.poller.round(wait=True)

    def records(self, store: str = "acme") -> list[Record]:
        return sorted(self.ledger.find(store=store), key=lambda record: record.source_id)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with connect("embedded", "poll") as connection:
        clock, odoos = ManualClock(NOON), dict[str, FakeOdoo]()
        monkeypatch.setattr(polling, "_client", lambda store: odoos[store.slug])
        ledger = MongoLedger(connection.database, clock)
        stores = MongoStores(connection.database, Crypto.from_keys(KEY))
        breakers = MongoBreakers(connection.database, clock)
        poller = Poller(ledger, stores, breakers, MongoCursors(connection.database))
        yield World(ledger, stores, breakers, poller, clock, odoos, connection)
        poller.stop()


def test_a_change_becomes_a_hint_with_its_version_and_name(world: World) -> None:
    world.add().written[7] = NOON
    world.poll()
    (record,) = world.records()
    assert (record.id, record.source, record.name) == ("acme/delivery/7", "odoo", "WH/OUT/00007")
    assert (record.wanted.version, record.wanted.seq) == (NOON, 1)


def test_what_was_sold_elsewhere_makes_no_record_and_is_asked_about_once(world: World) -> None:
    odoo = world.add()
    odoo.written |= {7: NOON, 8: NOON}
    odoo.foreign.add(8)
    world.poll()
    asked = odoo.calls
    world.poll()
    assert [record.source_id for record in world.records()] == ["7"]
    assert odoo.calls == asked + 1


def test_what_hangs_on_a_linked_order_counts_whatever_its_name(world: World) -> None:
    odoo = world.add()
    odoo.written[8] = NOON
    odoo.foreign.add(8)
    world.ledger.link("acme", [Link("order", "1", Target("sale.order", 108, "S8"), "#1")])
    world.poll()
    assert world.ledger.get("acme/delivery/8") is not None


def test_what_the_overlap_shows_again_is_no_news_not_even_after_a_restart(world: World) -> None:
    odoo = world.add()
    odoo.written[7] = NOON
    world.poll()
    world.poll()
    world.poller.stop()
    world.poll()
    assert [record.wanted.seq for record in world.records()] == [1]


def test_a_great_many_that_changed_at_once_are_read_again_once_a_minute_and_only_their_end_in_between(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_poll, "MANY", 50)
    cursors = MongoCursors(world.connection.database)
    models = [replace(DELIVERIES, page_records=50)]
    world.poller = Poller(world.ledger, world.stores, world.breakers, cursors, models=models)
    odoo = world.add()
    odoo.written |= {number: NOON + timedelta(seconds=number) for number in range(120)}
    world.poll()
    odoo.calls = 0
    world.poll()
    assert odoo.calls == 1
    odoo.written |= {5000: NOON + timedelta(seconds=119), 5001: NOON - timedelta(seconds=1)}
    world.poll()
    assert odoo.calls == 1 + 2, "the end, and whose it is"
    assert world.ledger.get("acme/delivery/5000")
    assert not world.ledger.get("acme/delivery/5001")
    world.clock.advance(60)
    world.poll()
    assert odoo.calls == 3 + 2, "all of it in one larger page, and whose it is"
    assert world.ledger.get("acme/delivery/5001")
    assert {record.wanted.seq for record in world.records()} == {1}


def test_what_is_looked_at_now_and_then_waits_for_a_look_that_finds_nothing_else_but_not_for_long(
    world: World,
) -> None:
    often = replace(DELIVERIES, belongs_to=None)
    seldom = replace(often, key="seldom", every_seconds=300)
    cursors = MongoCursors(world.connection.database)
    world.poller = Poller(world.ledger, world.stores, world.breakers, cursors, models=[often, seldom])
    odoo = world.add()
    calls = []
    for seconds, change in [(0, 1), (301, 1), (1, 0), (301, 1), (200, 1), (100, 1)]:
        world.clock.advance(seconds)
        if change:
            odoo.written[1 + len(odoo.written)] = world.clock.now()
        odoo.calls = 0
        world.poll()
        calls.append(odoo.calls)
    assert calls == [2, 1, 2, 1, 1, 2]


def test_a_transaction_that_commits_behind_newer_ones_is_found(world: World) -> None:
    odoo = world.add()
    odoo.written[7] = NOON
    world.poll()
    odoo.written[6] = NOON - timedelta(minutes=5)
    world.poll()
    assert [record.source_id for record in world.records()] == ["6", "7"]


def test_each_look_goes_back_ten_minutes_from_the_last_change_and_no_farther(world: World) -> None:
    odoo = world.add()
    for change in (NOON, NOON + timedelta(hours=1), NOON + timedelta(minutes=30)):
        odoo.written[1 + len(odoo.written)] = change
        world.poll()
    world.poll()
    assert odoo.since == (NOON + timedelta(minutes=50)).strftime(ODOO_DATETIME)


def test_another_change_in_the_same_second_is_news(world: World) -> None:
    odoo = world.add()
    odoo.written[7] = NOON
    world.poll()
    odoo.written[7] = NOON + timedelta(microseconds=5)
    odoo.tracking[7] = "T-1"
    world.poll()
    assert [record.wanted.seq for record in world.records()] == [2]


def test_a_store_that_does_not_want_it_or_keeps_no_stock_is_not_asked(world: World) -> None:
    unwanted, without = world.add("acme", to_shopify=False), world.add("other")
    without.has_stock = False
    with capture_logs() as logs:
        world.poll()
        world.poll()
    assert (unwanted.calls, without.calls) == (0, 0)
    assert [one["store"] for one in logs if one["event"] == "poll.nothing_to_poll"] == ["other"]


def test_a_store_that_is_down_is_left_alone_and_others_go_on(world: World) -> None:
    down, up = world.add("acme"), world.add("other")
    down.fails = Outage("connection refused", "odoo")
    up.written[1] = NOON
    world.poll()
    world.poll()
    assert down.calls == 1
    assert [record.id for record in world.records("other")] == ["other/delivery/1"]
    down.fails = None
    down.written[2] = NOON
    world.clock.advance(10)
    world.poll()
    assert [record.id for record in world.records("acme")] == ["acme/delivery/2"]
    assert world.breakers.open_until("acme", "odoo") is None


def test_refused_credentials_are_told_once(world: World) -> None:
    world.add().fails = CredentialsRefused("the key is revoked", "odoo")
    with capture_logs() as logs:
        for _ in range(5):
            world.poll()
            world.clock.advance(400)
    assert [one["event"] for one in logs if one["log_level"] in {"warning", "error"}] == ["breaker opened"]


def test_a_refusal_is_told_once_and_ends_nothing(world: World) -> None:
    world.add().fails = Rejected("no right to read stock.picking", "odoo", "access")
    with capture_logs() as logs:
        world.poll()
        world.poll()
    assert [one["event"] for one in logs if one["log_level"] == "warning"] == ["poll.access"]


def test_a_store_that_hangs_keeps_no_other_waiting(world: World) -> None:
    hanging, other = world.add("acme"), world.add("other")
    let_go, asked = threading.Event(), threading.Event()
    hanging.between = let_go.wait
    other.between = asked.set
    try:
        world.poller.round()
        assert asked.wait(10)
        asked.clear()
        world.poller.round()
        assert asked.wait(10)
        assert hanging.calls == 1
    finally:
        let_go.set()


def test_a_store_that_is_changed_gets_a_new_connection(world: World) -> None:
    first = world.add()
    world.poll()
    second = world.odoos["acme"] = FakeOdoo({7: NOON})
    store = world.stores.get("acme")
    assert store
    world.stores.save(store.model_copy(update={"odoo": store.odoo.model_copy(update={"database": "moved"})}))
    world.poll()
    assert (first.closed, second.calls > 0) == (True, True)
    assert [record.id for record in world.records()] == ["acme/delivery/7"]
