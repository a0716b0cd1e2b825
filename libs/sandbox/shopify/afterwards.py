"""What happens to an order after checkout: what `paying.py`, `fulfilling.py`, … have in common.

Each changes the order's document (never in place), bumps `updatedAt`, writes one journal entry that can be counted,
and sends the webhooks that Shopify sends, all of one event id.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from libs.sandbox.journal import Journal
from libs.sandbox.shopify.derived import Document
from libs.sandbox.shopify.people import gid
from libs.sandbox.shopify.store import ShopStore

UPDATED = "orders/updated"
Hooks = list[tuple[str, Document | None]]
"""Topics with the documents that their bodies are; None stands for the order's own body."""


class OrderRoom(ABC):
    """The part of the shop that the rooms below share; `ShopifySandbox` is all of them together."""

    store: ShopStore
    journal: Journal
    changing: threading.RLock
    """Held from reading an order's document to putting the changed one in its place."""

    @abstractmethod
    def order(self, order_id: str) -> Document:
        """By number or global id. Raises `KeyError`."""

    @abstractmethod
    def tell(self, order: Document, hooks: Hooks) -> None:
        """Queues the webhooks that are subscribed to, under one event id."""

    @abstractmethod
    def send(self, topic: str, body: bytes, *, event_id: str = "") -> None:
        """Queues one webhook that is about no order where its topic is subscribed to."""

    @abstractmethod
    def keep(self, order: Document, changes: Document) -> Document:
        """Puts the changed order in place, with a later or equal `updatedAt`."""

    @abstractmethod
    def second(self) -> datetime:
        """Now, in whole seconds."""

    def new_gid(self, kind: str) -> str:
        return gid(kind, self.store.new_id(kind))

    def note(self, model: str, operation: str, document: Document, order: Document, **facts: Any) -> None:
        """One journal entry: `("refund", "create", …)`."""
        self.journal.record(model, operation, document["id"], summary={"name": order["name"], **facts})


def chosen(hooks: Hooks, topics: Sequence[str] | None) -> Hooks:
    """Only those of the topics, where topics are named."""
    return hooks if topics is None else [hook for hook in hooks if hook[0] in topics]


def replaced(documents: Sequence[Document], changed: Mapping[str, Document]) -> list[Document]:
    """The documents with those of `changed` (by id) in place of what they were."""
    return [changed.get(document["id"], document) for document in documents]
