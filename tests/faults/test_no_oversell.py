"""Selling on both sides at once, under load, with delays and faults: what is sold never exceeds what there is.

The shop sells whatever it shows; webhooks come late, in any order, or never. Odoo's people sell, too: between two
figures no more than the buffer, and no more than the figure says is there (docs/inventory.md). Stock comes in meanwhile,
orders are cancelled, answers are lost, a worker is killed. Were one sale forgotten in a figure, it would be sold again.
Both sides go on until the last piece is sold: were a figure too low for good, or late for long, they would not.

`TANDEM_TEST_SEED` chooses another course of events.
"""

from __future__ import annotations

import math
import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from libs.common.domain.rules import StoreRules
from libs.common.ledger.model import Hint, Link, Record, State, Target
from libs.sandbox.faults import Delay, Drop, Fault, Refuse, Truncate
from libs.sandbox.odoo.models.sale_actions import action_confirm
from libs.sandbox.shopify.bench import BENCH_TAX, bench_catalog
from libs.sandbox.shopify.drafts import Draft, Line
from libs.sandbox.shopify.sandbox import LOCATION
from libs.sandbox.shopify.stock import NotEnough
from services.workers.inventory.doubt import LASTS
from tests.integration.shipping.dock import HOME, JANE
from tests.rig import SLUG, Rig, open_rig

STOCK, MORE = 100, 25
#: Odoo's counter sells one piece in so many seconds; a figure is in Shopify so long after Odoo was asked for the last.
COUNTER_SECONDS, LAG_SECONDS = 0.25, 2.0
#: The rule of docs/inventory.md: what Odoo sells by itself between two figures.
BUFFER = math.ceil(LAG_SECONDS / COUNTER_SECONDS)
BUYERS = 3
SEED = int(os.environ.get("TANDEM_TEST_SEED", "20"))
SKU = "BENCH-000"
CLOCKS = timedelta(milliseconds=20)
SHOP_FAULTS = (
    Fault("InventorySetQuantities", Drop(applied=True), nth=4, times=1),
    Fault("InventorySetQuantities", Drop(applied=False), nth=9, times=1),
    Fault("InventorySetQuantities", Refuse(503, headers={"Retry-After": "1"}), nth=13, times=1),
    Fault("InventorySetQuantities", Delay(0.3), nth=17, times=2),
    Fault("InventoryLevels", Truncate(0.5), nth=6, times=1),
    Fault("NewestOrders", Delay(0.2), nth=5, times=3),
)
ODOO_FAULTS = (
    Fault("sale.order.load", Drop(applied=True), nth=5, times=1),
    Fault("sale.order.load", Delay(0.4), nth=8, times=3),
    Fault("sale.order.action_confirm", Drop(applied=True), nth=3, times=1),
    Fault("product.product.read", Drop(applied=False), nth=7, times=1),
)


@pytest.fixture
def rig(mongodb_url: str, mongodb_database: str, rabbitmq_vhost: str) -> Iterator[Rig]:
    location = {"location": LOCATION, "warehouses": [1], "buffer": BUFFER}
    stock = {"to_shopify": True, "locations": [location], "drift": "correct"}
    rules = StoreRules.model_validate({"inventory": stock, "fulfillments": {"to_shopify": False}})
    with open_rig(mongodb_url, mongodb_database, rabbitmq_vhost, rules=rules) as rig:
        yield rig


@dataclass
class Market:
    """Who sells what, when."""

    rig: Rig
    product: int
    partner: int
    chance: random.Random = field(default_factory=lambda: random.Random(SEED))
    ended: threading.Event = field(default_factory=threading.Event)
    walk_in: list[tuple[datetime, int]] = field(default_factory=list)
    """What Odoo sold by itself."""
    stock: list[tuple[datetime, int]] = field(default_factory=list)
    """What came in."""
    confirmed_at: datetime | None = None
    """When Odoo's last own sale was confirmed."""
    budget: int = BUFFER
    """Units that Odoo may sell before Shopify has heard of them."""

    @property
    def pair(self) -> Record:
        return self.rig.record(f"{SLUG}/inventory/{self.rig.shop.product(SKU).variant_id}-{LOCATION}")

    def receive(self, units: int) -> None:
        self.stock.append((datetime.now(UTC), units))
        self.rig.odoo.set_stock(self.product, sum(number for _, number in self.stock))

    def sold(self) -> list[tuple[datetime, int]]:
        """Every sale and (negative) every cancellation, by when it was: as the journals have them."""
        changes = self.rig.shop.journal.entries("inventory_level", "write")
        in_shop = [(one.at, -one.summary["by"]) for one in changes if one.summary["why"].startswith("#")]
        return [*self.walk_in, *in_shop]

    def gone(self) -> int:
        return sum(units for _, units in self.sold())

    def buy(self) -> None:
        """One customer after the other, in the shop."""
        product = self.rig.shop.product(SKU)
        while not self.ended.is_set():
            draft = Draft(lines=(Line(product, self.chance.choice((1, 1, 2))),), customer=JANE, shipping_address=HOME)
            try:
                order = self.rig.shop.place_order(draft, taxes=(BENCH_TAX,), in_stock=True)
            except NotEnough:
                time.sleep(0.05)
                continue
            if self.chance.random() < 0.85:
                threading.Timer(self.chance.random() * 0.6, self.rig.announce, ([order],)).start()
            if self.chance.random() < 0.1:
                threading.Timer(self.chance.random(), self.cancel, (order,)).start()
            time.sleep(self.chance.random() * 0.4)

    def cancel(self, order: dict[str, Any]) -> None:
        self.rig.announce([self.rig.shop.cancel_order(order["id"])])

    def sell(self) -> None:
        """Over Odoo's counter: up to the buffer, then not before Shopify's figure has it."""
        while not self.ended.is_set():
            if self.budget > 0:
                line = {"product_id": self.product, "product_uom_qty": 1}
                order = self.rig.odoo.add("sale.order", partner_id=self.partner, order_line=[(0, 0, line)])
                self.walk_in.append((datetime.now(UTC), 1))
                with self.rig.odoo.registry.db.transaction():
                    action_confirm(self.rig.odoo.env(), [order])
                self.confirmed_at = self.rig.ledger.clock.now()
                self.budget -= 1
            elif (there := self.heard()) is not None:
                self.budget = min(BUFFER, there)
            time.sleep(COUNTER_SECONDS)

    def heard(self) -> int | None:
        """What the figure says is there, once one that was begun after the last sale has reached Shopify."""
        record = self.pair
        if record.synced is None or self.confirmed_at is None:
            return None
        told = [event for event in record.history if event.what == "verified" and event.at <= record.synced.at]
        begun = [event.at for event in record.history if event.what == "claim" and told and event.at <= told[-1].at]
        if not begun or begun[-1] <= self.confirmed_at + CLOCKS:
            return None
        return int(told[-1].details["free_qty"]) - int(told[-1].details["unrecorded"])


@pytest.mark.timeout(300)
def test_what_is_sold_never_exceeds_what_there_is_and_both_sides_agree_in_the_end(rig: Rig) -> None:
    market = open_market(rig)
    rig.shop.faults.clear()
    for fault in SHOP_FAULTS:
        rig.shop.faults.add(fault)
    for fault in ODOO_FAULTS:
        rig.odoo.faults.add(fault)
    work = [*[market.buy] * BUYERS, market.sell]
    sellers = [threading.Thread(target=one, daemon=True) for one in work]
    workers = [rig.start_worker("orders", "refunds", "inventory") for _ in range(2)]
    with rig.scheduler(poll=True):
        try:
            wait_until(lambda: rig.shop.level(SKU).available == STOCK - BUFFER, "the first figure", 60)  # type: ignore[union-attr]
            for seller in sellers:
                seller.start()
            wait_until(lambda: market.gone() > STOCK / 4, "a quarter is sold")
            workers[0].kill()
            rig.start_worker("orders", "refunds", "inventory")
            wait_until(lambda: market.gone() > STOCK / 2, "half is sold", 25)
            market.receive(MORE)
            # An order may have been shown later than its level: that is a doubt, and costs a minute.
            wait_until(
                lambda: market.gone() == STOCK + MORE, "all is sold, to the last piece", 40 + LASTS.total_seconds()
            )
        except AssertionError:
            print(course(market))
            raise
        finally:
            market.ended.set()
        for seller in sellers:
            seller.join()
        time.sleep(1.2)  # the last webhook, the last cancellation
        never_oversold(market)
        dust_settles(market)


def open_market(rig: Rig) -> Market:
    rig.shop.add_products(bench_catalog()[:1])
    product = rig.odoo.add_product(default_code=SKU, storable=True)
    market = Market(rig, product, rig.odoo.add("res.partner", name="Walk-in"))
    rig.shop.set_level(SKU, 0)
    rig.ledger.link(SLUG, [Link("variant", rig.shop.product(SKU).variant_id, Target("product.product", product), SKU)])
    market.receive(STOCK)
    return market


def never_oversold(market: Market) -> None:
    """At no moment, by the journals of both sides."""
    assert min(one.summary["available"] for one in market.rig.shop.journal.entries("inventory_level", "write")) >= 0
    events = [(at, units, 0) for at, units in market.stock] + [(at, 0, units) for at, units in market.sold()]
    there = gone = 0
    for at, came, sold in sorted(events):
        there, gone = there + came, gone + sold
        assert gone <= there, f"{at}: {gone} of {there} are sold"
    in_shop = sum(units for _, units in market.sold()) - len(market.walk_in)
    assert len(market.walk_in) > BUFFER + 1, "Odoo has sold as well, and by more than one figure"
    assert in_shop > STOCK / 2, "the shop has sold what it was shown, and not only what was kept back"


def dust_settles(market: Market) -> None:
    rig = market.rig
    rig.ledger.record_hints([Hint(SLUG, "inventory", market.pair.source_id, source="odoo", why="audit")])
    ids = [f"{SLUG}/order/{order['id'].rpartition('/')[2]}" for order in rig.shop.orders()]
    wait_until(lambda: rig.settled([*ids, market.pair.id]) == len(ids) + 1, "every order and the pair are settled", 25)
    held = [record for record in map(rig.record, ids) if record.state is State.HELD]
    assert not held  # what was cancelled before Odoo had heard of it is ignored

    def agree() -> bool:
        [product] = rig.odoo.find("product.product", [("id", "=", market.product)])
        level = rig.shop.level(SKU)
        figure = max(0, sum(units for _, units in market.stock) - market.gone() - BUFFER)
        return level is not None and level.available == figure == max(0, int(product["free_qty"]) - BUFFER)

    wait_until(agree, "both sides agree", 20)


def wait_until(holds: Callable[[], bool], what: str, seconds: float = 15.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def course(market: Market) -> str:
    """What a person would look at first when it ends otherwise."""
    pair = market.pair
    lines = [f"gone {market.gone()}, level {market.rig.shop.level(SKU)}, budget {market.budget}, {pair.state}"]
    lines += [f"{one.at:%H:%M:%S.%f} {one.what} {one.details}" for one in pair.history]
    levels = market.rig.shop.journal.entries("inventory_level", "write")
    lines += [f"{one.at:%H:%M:%S.%f} level {one.summary}" for one in levels[-40:]]
    return "\n".join(lines)
