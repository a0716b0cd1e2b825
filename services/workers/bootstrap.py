"""The composition root of the workers: which ledger, which clients, which entities. Nowhere else is it chosen."""

from __future__ import annotations

import os
import socket
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from libs.common.broker.topology import ENTITIES, base_queue
from libs.common.errors import Rejected
from libs.common.ledger.interface import Breakers, Budgets, Ledger
from libs.common.odoo.client import OdooClient
from libs.common.odoo.facts import FactsCache
from libs.common.settings import WorkerSettings
from libs.common.shopify.client import ShopifyClient
from libs.common.shopify.rest import RestClient
from libs.common.shopify.stock_shop import StockShop
from libs.common.stores.interface import Stores
from libs.common.stores.model import Store
from services.workers.calls import CallLog
from services.workers.companies.entity import Companies
from services.workers.context import StoreContext
from services.workers.customers.entity import Customers
from services.workers.deliveries.entity import Deliveries
from services.workers.entity import Entity
from services.workers.fulfillments.entity import Fulfillments
from services.workers.inventory.entity import Inventory
from services.workers.orders.entity import Orders
from services.workers.payments.entity import Payments
from services.workers.pipeline import Pipeline
from services.workers.privacy.entity import Privacy
from services.workers.products.entity import Products
from services.workers.refunds.entity import Refunds
from services.workers.shop import Shop

#: The room of each queue; an issue that brings an entity adds its line.
ROOMS: Mapping[str, Callable[[], Entity]] = {
    "orders": Orders,
    "payments": Payments,
    "fulfillments": Fulfillments,
    "deliveries": Deliveries,
    "refunds": Refunds,
    "inventory": Inventory,
    "customers": Customers,
    "products": Products,
}
#: What else works on a queue: records of another entity that go through it.
BESIDE: Mapping[str, Sequence[Callable[[], Entity]]] = {"customers": (Companies, Privacy)}
BETWEEN = "/"
#: How long a store's connection is taken for granted before the ledger is asked whether it was changed.
STORE_SECONDS = 5.0


@dataclass(frozen=True)
class Ports:
    """What workers stand on: real engines or the embedded ones."""

    ledger: Ledger
    budgets: Budgets
    breakers: Breakers
    stores: Stores
    publish_event: Callable[[str, str, Mapping[str, Any]], None]


@dataclass
class _Known:
    store: Store
    context: StoreContext
    close: Callable[[], None]
    checked_at: float


@dataclass
class StoreContexts:
    """Every store's clients, made once and made anew when somebody changes the store."""

    ports: Ports
    calls: CallLog
    short_wait_seconds: float
    monotonic: Callable[[], float] = time.monotonic
    _known: dict[str, _Known] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, slug: str) -> StoreContext:
        """Raises Rejected for a store that the ledger does not know."""
        with self._lock:
            known = self._known.get(slug)
            if known and self.monotonic() - known.checked_at < STORE_SECONDS:
                return known.context
            store = self.ports.stores.get(slug)
            if store is None:
                hint = "add it again with `tandem store add`, then retry"
                raise Rejected(f"there is no store {slug!r} in the ledger", None, "store_unknown", hint)
            if known is None or known.store != store:
                # The old clients are left to threads that still use them; their sockets close with them.
                known = self._known[slug] = self._connect(store)
            known.checked_at = self.monotonic()
            return known.context

    def close(self) -> None:
        with self._lock:
            for known in self._known.values():
                known.close()
            self._known.clear()

    def _connect(self, store: Store) -> _Known:
        shopify = ShopifyClient(
            store.shopify.base_url,
            store.shopify.token.get_secret_value(),
            budget=self.ports.budgets,
            budget_key=f"{store.slug}/shopify",
            short_wait_seconds=self.short_wait_seconds,
            on_call=self.calls.reporter("shopify"),
        )
        rest = RestClient(
            store.shopify.base_url,
            store.shopify.token.get_secret_value(),
            budget=self.ports.budgets,
            budget_key=f"{store.slug}/shopify-rest",
            short_wait_seconds=self.short_wait_seconds,
            on_call=self.calls.reporter("shopify"),
        )
        odoo = OdooClient(
            store.odoo.base_url,
            store.odoo.database,
            store.odoo.login,
            store.odoo.key.get_secret_value(),
            store.odoo.company_id,
            on_call=self.calls.reporter("odoo"),
        )
        context = StoreContext(
            slug=store.slug,
            module=store.external_id_module,
            rules=store.rules,
            shopify=Shop(shopify, StockShop(shopify, rest)),
            odoo=odoo,
            reference=FactsCache(odoo),
            ledger=self.ports.ledger,
        )

        def close() -> None:
            shopify.close()
            rest.close()
            odoo.close()

        return _Known(store, context, close, self.monotonic())


@dataclass(frozen=True)
class Workers:
    """The pipelines of some queues, and what they share."""

    pipelines: Mapping[str, Pipeline]
    """By queue; those beside a queue's own as `customers/privacy`."""
    contexts: StoreContexts

    def handlers(self) -> dict[str, Callable[[str, list[str]], None]]:
        """What a nudge of each queue calls."""
        found: dict[str, list[Pipeline]] = {}
        for name, pipeline in self.pipelines.items():
            found.setdefault(name.partition(BETWEEN)[0], []).append(pipeline)
        return {queue: _handler(pipelines) for queue, pipelines in found.items()}

    def stop(self) -> None:
        """Begin nothing new; what was claimed and not begun is handed back."""
        for pipeline in self.pipelines.values():
            pipeline.stopping.set()

    def close(self) -> None:
        self.contexts.close()


def build(
    queues: list[str],
    ports: Ports,
    settings: WorkerSettings,
    *,
    rooms: Mapping[str, Callable[[], Entity]] | None = None,
) -> Workers:
    """Pipelines for `orders`, or `orders.acme`; ValueError names what there is for a queue that is not."""
    calls = CallLog()
    contexts = StoreContexts(ports, calls, settings.short_wait_seconds)
    worker = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:6]}"
    pipelines: dict[str, Pipeline] = {}
    for queue in queues:
        base = base_queue(queue)
        entity = (rooms or ROOMS)[base]()
        beside = [] if rooms else [other() for other in BESIDE.get(base, ())]
        named = {queue: entity} | {f"{queue}{BETWEEN}{one.name}": one for one in beside}
        for name, one in named.items():
            pipelines[name] = Pipeline(
                entity=one,
                ledger=ports.ledger,
                breakers=ports.breakers,
                store=contexts,
                publish_event=ports.publish_event,
                calls=calls,
                worker=worker,
                batch_size=getattr(one, "batch_size", settings.batch_size),
                lease_seconds=settings.lease_seconds,
                max_attempts=settings.max_attempts,
                backoff_base_seconds=settings.backoff_base_seconds,
                backoff_cap_seconds=settings.backoff_cap_seconds,
            )
    return Workers(pipelines, contexts)


def known_queues() -> list[str]:
    return sorted(set(ENTITIES.values()))


def _handler(pipelines: Sequence[Pipeline]) -> Callable[[str, list[str]], None]:
    """A message names records of one entity: its own pipeline looks at them."""
    by_entity = {pipeline.entity.name: pipeline for pipeline in pipelines}

    def look_at(store: str, ids: list[str]) -> None:
        entity = ids[0].split("/")[1] if ids and ids[0].count("/") > 1 else ""
        by_entity.get(entity, pipelines[0]).look_at(store, ids)

    return look_at
