"""The main job from end to end: a sandbox shop places orders, their webhooks go to Tandem, Odoo gets the orders."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from libs.common.domain.rules import StoreRules, TaxMapping, Until
from libs.common.errors import ConfigurationError
from libs.common.ledger.model import Record, State, record_id
from libs.common.odoo.client import OdooClient
from libs.common.stores.model import OdooConnection, Store
from libs.sandbox.shopify.announcing import CREATE
from libs.sandbox.shopify.demo import demo_orders
from libs.sandbox.shopify.demo_catalog import CURRENCY, STOCKED, demo_catalog
from libs.sandbox.shopify.order_files import OrderFileError
from libs.sandbox.shopify.sandbox import ShopifySandbox
from libs.sandbox.shopify.store import FIRST_ID
from services.all_in_one import AllInOne
from services.console.demo import outcome as outcomes
from services.console.demo.day import live_through
from services.console.demo.needs import Document, Needs, Placed
from services.console.demo.odoo_side import OdooSide, SandboxOdoo, missing_product_rule
from services.console.demo.outcome import SETTLED, Afterwards, Outcome, Row, not_synced
from services.console.demo.proof import credit_notes, prove
from services.console.demo.real_odoo import RealOdoo
from services.console.demo.report import Bar, last_trouble
from services.console.demo.shelf import Shelf, counter, fill, prove_stock
from services.console.demo.warehouse import Warehouse
from services.console.far_sides import odoo_client
from services.console.plain import tell
from services.console.words import number

SLUG = "demo"
SHOP = "tandem-demo.myshopify.com"
POLL_SECONDS = 0.1
LOOK_SHARE = 5
"""Looking at all records takes a sixth of the time at most."""
PLUS_BUCKET, PLUS_RATE = 20_000.0, 1000.0
"""Points of a shop on Shopify Plus: a folder of a thousand orders is not to wait for a smaller one's 100 a second."""
BASE_SECONDS = 90.0
SECONDS_PER_ORDER = 3.0
FIRST_NUMBER = 1001
NUMBERS_PER_SECOND = 30
"""More than a run places in a second into a real Odoo, so the names of two runs do not meet."""
RUNS_SINCE = 1_767_225_600
"""2026-01-01, in seconds: from here on order names are counted for a real Odoo."""
IDS_PER_MILLISECOND = 1000


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asks for."""

    count: int = 25
    folder: Path | None = None
    odoo: OdooConnection | None = None
    seconds: float | None = None
    """How long the orders may take; by their number when left out."""


class Demo:
    """`with Demo(options) as demo: outcome = demo.run()`; everything stays up until the end of the block."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.odoo: OdooSide = RealOdoo(options.odoo) if options.odoo else SandboxOdoo()
        self.shop = new_shop(real=self.odoo.real)
        self.tandem = AllInOne()
        self.connection: OdooConnection | None = None
        self.shelf: Shelf | None = None
        self._closing = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as closing:
            # Looked at first: nothing is started for an Odoo that cannot be used.
            self.connection = self.odoo.start()
            closing.callback(self.odoo.stop)
            self.shop.start()
            closing.callback(self.shop.stop)
            self.tandem.start()
            closing.callback(self.tandem.stop)
            self._closing = closing.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.close()

    def run(self) -> Outcome:
        """Place every order, wait until all are settled (or time is up), and count in Odoo."""
        own = self.options.folder is not None
        placed = self._take_over() if own else self._place()
        documents = {order["id"].rpartition("/")[2]: order for order in self.shop.orders()}
        needs = Needs.of_orders(documents.values()) if own else Needs.of_the_demo()
        self._save_store(self.odoo.prepare(needs, tell), own_orders=own)
        client = odoo_client(self._connection)
        try:
            before = outcomes.newest_order(client)
            began = time.monotonic()
            self.shop.webhooks_to(self.tandem.webhook_url)
            for order in placed:
                self.shop.announce(documents[order.order_id], (CREATE,))
            in_time = self.wait(placed, "Syncing")
            seconds = time.monotonic() - began
            rows = outcomes.rows_of(placed, self.records(), client)
            made = outcomes.orders_since(client, before)
            # Orders of a folder are somebody's own: nothing happens to them that did not.
            afterwards = self._live_through(client, rows) if in_time and not own else None
        finally:
            client.close()
        duplicates = outcomes.count_duplicates(placed, made)
        unfinished = () if in_time else _unfinished(rows, seconds)
        return Outcome(rows, duplicates, seconds, self.odoo.real, unfinished, afterwards)

    def _live_through(self, client: OdooClient, rows: Sequence[Row]) -> Afterwards:
        """A day in the shop, and what came of it on both sides."""
        tell("What happens in a day:")
        day = live_through(self.shop, Warehouse(client), rows, lambda sentence: tell(f"  {sentence}"))
        if self.shelf is not None:
            sentence = counter(client, self.shop, self.shelf, self.options.seconds or BASE_SECONDS)
            day.told.append(sentence)
            tell(f"  {sentence}")
        self.shop.wait_delivered()
        ids = [record_id(SLUG, "delivery", one) for one in day.deliveries]
        ids += [record_id(SLUG, "refund", one) for one in day.refunds]
        ids += [record_id(SLUG, "order", one) for one in sorted(day.touched)]
        left = self._wait_quiet(ids)
        records = self.tandem.ledger.many(ids)
        pairs = [(self.shop.order(row.placed.order_id), row.odoo.id) for row in rows if row.odoo]
        notes = [one.target.id for one in records.values() if one.entity == "refund" and one.target]
        fulfillments = [one for order in self.shop.orders() for one in order.get("fulfillments", ())]
        return Afterwards(
            day=day,
            proofs=tuple(prove(client, pairs)),
            stock=prove_stock(client, self.shop, self.shelf) if self.shelf is not None else None,
            refunds=credit_notes(client, notes),
            fulfillments=sum(one["status"] == "SUCCESS" for one in fulfillments),
            trouble=tuple(left or not_synced(records.values())),
        )

    def _wait_quiet(self, ids: Sequence[str]) -> list[str]:
        """Until these are settled and nothing of the store is due any more; what is left when time is up."""
        deadline = time.monotonic() + (self.options.seconds or BASE_SECONDS)
        with Bar(len(ids), "Following", "record") as bar:
            while True:
                known = self.tandem.ledger.many(ids)
                done = sum(one.state in SETTLED for one in known.values())
                bar.show(done)
                busy = self._busy()
                if done == len(ids) and not busy:
                    return []
                if time.monotonic() > deadline:
                    missing = [f"{one} is not known to the ledger" for one in ids if one not in known]
                    return [*missing, *(f"{one.id} is {one.state}{_waiting(one)}" for one in busy)]
                time.sleep(POLL_SECONDS)

    def _busy(self) -> list[Record]:
        """What is due or at work of this run; a real Odoo may also tell of what an earlier one delivered just now."""
        own = {record_id(SLUG, "order", _number(order)) for order in self.shop.orders()}
        found = [
            one for state in (State.DUE, State.RUNNING) for one in self.tandem.ledger.find(store=SLUG, state=state)
        ]
        order_prefix = record_id(SLUG, "order", "")

        def is_own(record: Record) -> bool:
            needed = [one for one in (record.id, record.waits_for or "") if one.startswith(order_prefix)]
            return own.issuperset(needed)

        return [one for one in found if is_own(one)]

    def wait(self, placed: Sequence[Placed], what: str) -> bool:
        """Whether all of these settled in time; shows how far it is."""
        limit = self.options.seconds or BASE_SECONDS + SECONDS_PER_ORDER * len(placed)
        deadline = time.monotonic() + limit
        wanted = {order.order_id for order in placed}
        with Bar(len(wanted), what) as bar:
            while True:
                asked_at = time.monotonic()
                records = self.records()
                done = sum(records[each].state in SETTLED for each in wanted if each in records)
                bar.show(done)
                if done == len(wanted):
                    return True
                if time.monotonic() > deadline:
                    return False
                time.sleep(max(POLL_SECONDS, LOOK_SHARE * (time.monotonic() - asked_at)))

    def records(self) -> dict[str, Record]:
        """The ledger's records of the shop's orders, by Shopify's id; it may know of others, by their deliveries."""
        ids = [record_id(SLUG, "order", _number(order)) for order in self.shop.orders()]
        return {record.source_id: record for record in self.tandem.ledger.many(ids).values()}

    @property
    def _connection(self) -> OdooConnection:
        assert self.connection is not None  # noqa: S101 - set when the block was entered
        return self.connection

    def _place(self) -> list[Placed]:
        self.shop.add_products([*demo_catalog(), STOCKED])
        self.shop.set_level(STOCKED.sku, 0)
        placed = []
        for draft in demo_orders(self.options.count):
            order = self.shop.place_order(draft)
            placed.append(Placed.of(order, label=draft.label, expect=draft.expect))
        return placed

    def _take_over(self) -> list[Placed]:
        assert self.options.folder is not None  # noqa: S101 - the caller has looked
        try:
            documents = self.shop.load_folder(self.options.folder)
        except OrderFileError as error:
            raise ConfigurationError(
                [f"{error}. Each *.json file is to be the body of an orders/create webhook."]
            ) from error
        return _once(documents)

    def _save_store(self, taxes: tuple[TaxMapping, ...], *, own_orders: bool) -> None:
        missing = missing_product_rule(real=self.odoo.real, own_orders=own_orders)
        rules = StoreRules(missing_product=missing, taxes=taxes)
        if not own_orders:
            rules = rules.model_copy(update={"until": Until.PAID, "journals": self._journals()})
            self.shelf = self._fill_shelf()
            if self.shelf is not None:
                rules = rules.model_copy(update={"inventory": self.shelf.rules})
        shopify = {"shop": SHOP, "secret": self.shop.secret, "token": self.shop.token, "url": self.shop.url}
        store = Store.model_validate({"slug": SLUG, "shopify": shopify, "odoo": self._connection, "rules": rules})
        self.tandem.stores.save(store)

    def _fill_shelf(self) -> Shelf | None:
        client = odoo_client(self._connection)
        try:
            shelf = fill(client)
        finally:
            client.close()
        if shelf is not None:
            self.tandem.ledger.link(SLUG, [shelf.link])
        return shelf

    def _journals(self) -> dict[str, int]:
        """Every gateway of the demo's orders pays into the first bank journal."""
        client = odoo_client(self._connection)
        try:
            bank = client.search_read("account.journal", [("type", "=", "bank")], ["name"], limit=1)
        finally:
            client.close()
        if not bank:
            raise ConfigurationError(["Odoo has no bank journal for the payments. Make one under Accounting."])
        gateways = {one["gateway"] for order in self.shop.orders() for one in order["transactions"]}
        return {gateway: int(bank[0]["id"]) for gateway in sorted(gateways)}


def new_shop(*, real: bool) -> ShopifySandbox:
    """A shop whose ids and order names no earlier run had, where the Odoo outlives the run."""
    now = time.time()
    return ShopifySandbox(
        SHOP,
        secret=secrets.token_urlsafe(),
        token="shpat_" + secrets.token_hex(16),
        currency=CURRENCY,
        bucket=PLUS_BUCKET,
        restore_rate=PLUS_RATE,
        first_order_number=int((now - RUNS_SINCE) * NUMBERS_PER_SECOND) if real else FIRST_NUMBER,
        first_id=int(now * 1000) * IDS_PER_MILLISECOND if real else FIRST_ID,
    )


def _number(order: Document) -> str:
    return str(order["id"]).rpartition("/")[2]


def _once(documents: Sequence[Document]) -> list[Placed]:
    """Two files may be two versions of one order: it is one order, as the last of them says."""
    orders = list({order["id"]: Placed.of(order) for order in documents}.values())
    if len(orders) < len(documents):
        tell(f"The {len(documents)} files hold {number(len(orders), 'order')}; of each the last file counts.")
    return orders


def _unfinished(rows: Sequence[Row], seconds: float) -> tuple[str, ...]:
    left = [row for row in rows if not row.settled]
    head = f"Time is up after {seconds:.0f} s; {len(left)} of {len(rows)} orders are not finished:"
    return (head, *(f"  {row.placed.name}: {last_trouble(row)}" for row in left))


def _waiting(record: Record) -> str:
    return f", waiting for {record.waits_for}" if record.waits_for else ""
