"""What the room of stock and its poll ask Odoo for: changes by pages, figures of a batch, and the first import."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from libs.common.domain.outcomes import Hold
from libs.common.domain.rules import StoreRules
from libs.common.domain.stock import Level
from libs.common.ledger.connect import connect
from libs.common.ledger.cursors import MongoCursors
from libs.common.ledger.model import Hint, Link, Target
from libs.common.ledger.repository import MongoLedger
from libs.common.odoo.facts import FactsCache
from services.scheduler.odoo_poll.pages import changed_since
from services.scheduler.odoo_poll.polled import Polled
from services.scheduler.odoo_poll.stock import MOVES, QUANTS
from services.scheduler.odoo_poll.store_poll import StorePoll
from services.workers.context import StoreContext
from services.workers.inventory.apply import apply
from services.workers.inventory.gather import gather
from services.workers.inventory.model import Applied, Changes, Situation
from services.workers.inventory.order_book import OrderBook
from services.workers.inventory.plan import plan
from tests.contract.odoo.conftest import MODULE, Lab
from tests.contract.odoo.depot import Depot

SHOWN, ELSEWHERE = "64700001", "64700002"


@dataclass
class Shop:
    """A shop with so many of everything, in which nobody buys."""

    on_hand: int = 0

    def levels(self, location: str, variants: Sequence[str]) -> dict[str, Level]:
        assert location in {SHOWN, ELSEWHERE}
        return {one: Level(one, available=self.on_hand, on_hand=self.on_hand) for one in variants}

    def newest_orders(self, since: datetime) -> Sequence[Any]:
        assert since < datetime.now(UTC)
        return ()


@dataclass
class Room:
    """The room of a store that shows the first warehouse, with a ledger of its own."""

    depot: Depot
    ledger: MongoLedger
    cursors: MongoCursors
    shop: Shop = field(default_factory=Shop)
    rules: StoreRules = field(default_factory=StoreRules)

    def show(self, **inventory: Any) -> None:
        [warehouse, *_] = self.depot.lab.client.search_read(
            "stock.warehouse", [("company_id", "=", 1)], ["lot_stock_id"]
        )
        location = {"location": SHOWN, "warehouses": [warehouse["id"]], "import_place": warehouse["lot_stock_id"][0]}
        stock = {"to_shopify": True, "locations": [location], **inventory}
        self.rules = StoreRules.model_validate({"inventory": stock})

    @property
    def store(self) -> StoreContext:
        shopify, client = cast("Any", SimpleNamespace(stock=self.shop)), self.depot.lab.client
        return StoreContext("acme", MODULE, self.rules, shopify, client, FactsCache(client), self.ledger)

    def link(self, product: int) -> str:
        """The pair of a variant, which is called after the product."""
        self.ledger.link("acme", [Link("variant", str(product), Target("product.product", product))])
        return f"{product}-{SHOWN}"

    def look(self, *pairs: str) -> list[Situation]:
        self.ledger.record_hints([Hint("acme", "inventory", one, source="odoo", why="by hand") for one in pairs])
        records = self.ledger.many([f"acme/inventory/{one}" for one in pairs])
        looked = gather([records[f"acme/inventory/{one}"] for one in pairs], self.store, OrderBook())
        return [one for one in looked if isinstance(one, Situation)]

    def poll(self, kind: Polled) -> Iterator[str]:
        """The records that become due by one look at what changed in Odoo."""
        client = self.depot.lab.client
        told = cast("Any", SimpleNamespace(slug="acme", rules=self.rules, odoo=SimpleNamespace(company_id=1)))
        heard = self._heard()
        StorePoll(told, client, self.ledger, self.cursors).poll([kind], lambda: True)
        return (one for one, seq in self._heard().items() if heard.get(one) != seq)

    def _heard(self) -> Mapping[str, int]:
        return {one.source_id: one.wanted.seq for one in self.ledger.unsettled("acme", "inventory")}


@pytest.fixture
def room(lab: Lab) -> Iterator[Room]:
    with connect("embedded", "contract_stock") as connection:
        ledger = MongoLedger(connection.database, connection.clock)
        room = Room(Depot(lab), ledger, MongoCursors(connection.database))
        room.show()
        yield room


@pytest.mark.parametrize("polled", [QUANTS, MOVES], ids=["quants", "moves"])
def test_changes_of_one_second_come_by_pages_each_of_them_once(room: Room, polled: Polled) -> None:
    client = room.depot.lab.client
    products = [room.depot.product(5) for _ in range(5)]
    domain = [*polled.domain, ("company_id", "=", 1), ("product_id", "in", products)]
    names = ["write_date", *polled.watched]
    since = datetime.now(UTC) - timedelta(minutes=5)
    pages = list(changed_since(client, polled.model, domain, names, since, page_records=2))
    assert sorted(row["product_id"][0] for page in pages for row in page) == products
    later = datetime.now(UTC) + timedelta(minutes=5)
    assert list(changed_since(client, polled.model, domain, names, later)) == [[]]


def test_a_count_a_reservation_and_a_delivery_are_noticed_once(room: Room) -> None:
    depot = room.depot
    product = depot.product(5)
    pair = room.link(product)
    assert pair in room.poll(QUANTS)
    assert list(room.poll(QUANTS)) == []
    order = depot.order((product, "2"))
    assert list(room.poll(QUANTS)) == [pair]
    assert pair in room.poll(MOVES)
    depot.deliver(order)
    assert list(room.poll(MOVES)) == [pair]
    assert list(room.poll(MOVES)) == []


def test_moves_tell_of_all_that_becomes_of_a_product(room: Room) -> None:
    depot = room.depot
    product = depot.product(5)
    pair = room.link(product)

    def told() -> list[str]:
        return [one for one in room.poll(MOVES) if one == pair]

    assert told() == [pair], "a count"
    order = depot.order((product, "3"))
    assert told() == [pair], "a reservation"
    depot.requantify(order, 4)
    assert told() == [pair], "a greater demand"
    other = depot.order((product, "6"))
    assert told() == [pair], "a promise that cannot be kept"
    depot.deliver(order, 1)
    assert told() == [pair], "a part that leaves"
    depot.lab.client.call("stock.picking", "action_cancel", [[depot.picking(other)["id"]]], write=True)
    assert told() == [pair], "a promise that is taken back"
    depot.stock(product, 9)
    assert told() == [pair], "what a count finds"
    assert told() == []


def test_what_is_left_when_the_last_unit_leaves_is_noticed_by_its_move(room: Room) -> None:
    depot = room.depot
    product = depot.product(2)
    pair = room.link(product)
    order = depot.order((product, "2"))
    assert pair in room.poll(MOVES)
    depot.deliver(order)
    assert list(room.poll(MOVES)) == [pair]
    assert room.look(pair)[0].quantity == 0


@pytest.mark.parametrize(("quantity", "figure"), [("free_qty", 3), ("qty_available", 5), ("virtual_available", 3)])
def test_the_figure_of_each_pair_of_a_batch(room: Room, quantity: str, figure: int) -> None:
    [location] = room.rules.inventory.locations
    room.show(locations=[{**location.model_dump(), "quantity": quantity}])
    first, second = room.depot.product(5), room.depot.product(9)
    room.depot.order((first, "2"))
    situations = room.look(room.link(first), room.link(second))
    assert [one.quantity for one in situations] == [figure, 9]


def test_what_comes_in_is_kept_for_orders_that_were_confirmed_before_there_was_enough(room: Room) -> None:
    product = room.depot.product(1)
    pair = room.link(product)
    room.depot.order((product, "3"))
    assert room.look(pair)[0].quantity == 0
    room.depot.stock(product, 10)
    [found] = room.look(pair)
    assert found.quantity is not None
    assert found.quantity - found.unreserved == 7


def test_a_product_that_is_gone_holds_its_pair_alone(room: Room) -> None:
    there, gone = room.depot.product(5), room.depot.product()
    pairs = room.link(there), room.link(gone)
    room.depot.lab.client.call("product.product", "unlink", [[gone]], write=True)
    kept, lost = room.look(*pairs)
    assert kept.quantity == 5
    held = plan(lost, room.rules.inventory)
    assert isinstance(held, Hold)
    assert held.code == "product_gone"


def test_the_first_import_counts_once_what_the_shop_has(room: Room) -> None:
    room.show(first_import=True)
    room.shop.on_hand = 12
    new, counted = room.depot.product(0), room.depot.product(4)
    situations = room.look(room.link(new), room.link(counted))
    assert [one.untouched for one in situations] == [True, False]
    changes = plan(situations[0], room.rules.inventory)
    assert isinstance(changes, Changes)
    assert changes.import_quantity == 12
    for _ in range(2):
        assert isinstance(apply([changes], room.store)[0], Applied)
        assert room.depot.held(new) == (12, 0)
    room.depot.stock(new, 5)
    apply([changes], room.store)
    assert room.depot.held(new) == (5, 0)
    assert [one.untouched for one in room.look(room.link(new))] == [False]


def test_what_was_imported_for_one_location_keeps_no_other_one_from_being_imported(room: Room) -> None:
    """One may be looked at long before the other; what somebody counted in Odoo keeps both from it."""
    client = room.depot.lab.client
    room.show(first_import=True)
    [shown] = room.rules.inventory.locations
    inside = {"name": "Elsewhere", "usage": "internal", "location_id": shown.import_place}
    [place] = client.call("stock.location", "create", [[inside]], write=True)
    second = shown.model_dump() | {"location": ELSEWHERE, "import_place": place, "share": 50}
    room.show(first_import=True, locations=[shown.model_dump() | {"share": 50}, second])
    room.shop.on_hand = 12
    product = room.depot.product(0)
    pairs = room.link(product), f"{product}-{ELSEWHERE}"
    for pair in pairs:
        [looked] = room.look(pair)
        changes = plan(looked, room.rules.inventory)
        assert isinstance(changes, Changes)
        assert changes.import_quantity == 12
        assert isinstance(apply([changes], room.store)[0], Applied)
    assert room.depot.held(product) == (24, 0)
    counted = room.depot.product(4)
    room.link(counted)
    assert not any(one.untouched for one in room.look(f"{counted}-{SHOWN}", f"{counted}-{ELSEWHERE}"))
