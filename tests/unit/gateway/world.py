"""What the gateway's tests stand on: stores, a sink and a publisher in memory, signed webhooks, the running app."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx
from pydantic import SecretStr

from libs.common.broker.interface import Nudge
from libs.common.errors import BrokerUnavailable, LedgerUnavailable
from libs.common.ledger.model import Hint, Recorded
from libs.common.settings import GatewaySettings
from libs.common.stores.model import Store
from services.webhook_gateway.app import create_app
from services.webhook_gateway.signature import sign

KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
SECRET = "hush-hush"
SHOP = "acme.myshopify.com"


def settings(**changes: Any) -> GatewaySettings:
    values = {
        "ledger_url": "embedded",
        "broker_url": "embedded",
        "secret_key": SecretStr(KEY),
        "port": 0,
        "nudge_seconds": 0.0,
    }
    return GatewaySettings.model_validate(values | changes)


def store(slug: str = "acme", *, secret: str = SECRET, previous: str | None = None, shop: str | None = None) -> Store:
    connection = {"shop": shop or f"{slug}.myshopify.com", "secret": secret, "token": "shpat_1"}
    if previous is not None:
        connection["previous_secret"] = previous
    odoo = {"url": "http://127.0.0.1:1", "database": "db", "login": "admin", "key": "key"}
    return Store.model_validate({"slug": slug, "shopify": connection, "odoo": odoo})


class MemoryStores:
    """Implements `Stores`; `away` makes it unreachable; `reads` counts how often all were read."""

    def __init__(self, *stores: Store) -> None:
        self.stores = {each.slug: each for each in stores}
        self.away = False
        self.reads = 0

    def get(self, slug: str) -> Store | None:
        return self.stores.get(slug)

    def by_shop(self, shop: str) -> Store | None:
        return next((each for each in self.all() if each.shopify.shop == shop.lower()), None)

    def all(self) -> list[Store]:
        self.reads += 1
        if self.away:
            raise LedgerUnavailable("the ledger is away")
        return list(self.stores.values())

    def save(self, store: Store) -> Store:
        self.stores[store.slug] = store
        return store


class MemorySink:
    """Implements `HintSink`: deduplicates by delivery; can be away, can be held up, remembers its writes."""

    def __init__(self) -> None:
        self.hints: list[Hint] = []
        self.writes: list[int] = []
        self.marked: list[str] = []
        self.away = False
        self.poison: str | None = None
        self.gate = asyncio.Event()
        self.gate.set()

    async def record_hints(self, hints: Sequence[Hint]) -> list[Recorded]:
        self.writes.append(len(hints))
        await asyncio.sleep(0)
        await self.gate.wait()
        if self.away:
            raise LedgerUnavailable("the ledger is away")
        if any(hint.source_id == self.poison for hint in hints):
            raise ValueError("jon@example.com cannot be encoded")
        return [self._record(hint) for hint in hints]

    def _record(self, hint: Hint) -> Recorded:
        if any(known.id == hint.id and known.delivery_id == hint.delivery_id for known in self.hints):
            return Recorded.DUPLICATE
        self.hints.append(hint)
        return Recorded.RECORDED

    async def mark_nudged(self, ids: Sequence[str]) -> None:
        if self.away:
            raise LedgerUnavailable("the ledger is away")
        self.marked.extend(ids)

    async def ping(self) -> None:
        await self.gate.wait()
        if self.away:
            raise LedgerUnavailable("the ledger is away")

    async def close(self) -> None:
        """Nothing is open."""


class MemoryPublisher:
    """Implements `Publisher`; `away` refuses all, `confirms` limits how many of one call are confirmed."""

    def __init__(self) -> None:
        self.sent: list[Nudge] = []
        self.away = False
        self.confirms: int | None = None
        self.calls = 0
        self.threads: set[str] = set()

    def publish_nudges(self, nudges: Sequence[Nudge]) -> list[Nudge]:
        self.calls += 1
        self.threads.add(threading.current_thread().name)
        if self.away:
            raise BrokerUnavailable("the broker is away")
        confirmed = list(nudges)[: self.confirms]
        self.sent.extend(confirmed)
        return confirmed

    def publish_event(self, kind: str, store: str, payload: Mapping[str, Any]) -> None:
        """Nobody listens."""

    def close(self) -> None:
        """Nothing is open."""

    @property
    def ids(self) -> list[str]:
        return [each for nudge in self.sent for each in nudge.ids]


def order(source_id: int = 450789469, **fields: Any) -> bytes:
    """The body of an order's webhook, with some of what makes it personal."""
    document = {
        "id": source_id,
        "admin_graphql_api_id": f"gid://shopify/Order/{source_id}",
        "name": "#1001",
        "email": "jon@example.com",
        "updated_at": "2026-11-23T07:00:00-05:00",
    }
    return json.dumps(document | fields).encode()


def headers(body: bytes, *, secret: str = SECRET, **changes: str | None) -> dict[str, str]:
    """Signed headers; `topic`, `shop`, `delivery` and `signature` may be changed, or left out with None."""
    values = {
        "topic": "orders/create",
        "shop": SHOP,
        "delivery": "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
        "signature": sign(secret.encode(), body).decode(),
    } | changes
    names = {
        "topic": "X-Shopify-Topic",
        "shop": "X-Shopify-Shop-Domain",
        "delivery": "X-Shopify-Webhook-Id",
        "signature": "X-Shopify-Hmac-Sha256",
    }
    return {names[key]: value for key, value in values.items() if value is not None}


class World:
    def __init__(self, client: httpx.AsyncClient, sink: MemorySink, stores: MemoryStores, publisher: MemoryPublisher):
        self.client, self.sink, self.stores, self.publisher = client, sink, stores, publisher

    async def post(self, body: bytes, *, secret: str = SECRET, **changes: str | None) -> httpx.Response:
        given = headers(body, secret=secret, **changes)
        return await self.client.post("/webhooks/shopify", content=body, headers=given)

    async def counted(self, sample: str) -> float:
        """The value of one line of `/metrics`, 0 when it is not there."""
        text = (await self.client.get("/metrics")).text
        lines = [line for line in text.splitlines() if line.startswith(sample + " ")]
        return float(lines[0].rsplit(" ", 1)[1]) if lines else 0.0


@asynccontextmanager
async def running(*stores: Store, **changes: Any) -> AsyncIterator[World]:
    """The application, started and stopped as a server would, reached in memory."""
    sink, known, publisher = MemorySink(), MemoryStores(*(stores or (store(),))), MemoryPublisher()
    app = create_app(sink, known, publisher, settings(**changes))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://gateway") as client,
    ):
        yield World(client, sink, known, publisher)


async def until(condition: Any, *, seconds: float = 5.0) -> None:
    """Wait until `condition()` holds; AssertionError when it does not in time."""
    for _ in range(int(seconds / 0.005)):
        if condition():
            return
        await asyncio.sleep(0.005)
    raise AssertionError(f"not so within {seconds:g} s")
