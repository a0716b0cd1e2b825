"""How a shop tells the world what happened: signed webhooks, where their topics are subscribed to."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from uuid import uuid4

from libs.sandbox.shopify.after_rest import part_body, webhook_body
from libs.sandbox.shopify.afterwards import Hooks, OrderRoom
from libs.sandbox.shopify.derived import Document
from libs.sandbox.shopify.paying import TRANSACTION
from libs.sandbox.shopify.stock import TOPIC
from libs.sandbox.shopify.stock_rest import level_body
from libs.sandbox.shopify.webhooks import Statistics, WebhookSender

CREATE = "orders/create"


class Announcing(OrderRoom):
    webhooks: WebhookSender
    _bodies: dict[str, bytes]
    """The files' own bytes, by order, as long as nothing changed the order."""
    _webhook_url = ""
    _webhook_topics: frozenset[str] | None = None

    @property
    def secret(self) -> str:
        """Signs the webhooks; set it to rotate."""
        return self.webhooks.secret

    @secret.setter
    def secret(self, secret: str) -> None:
        self.webhooks.secret = secret

    def webhooks_to(self, url: str, topics: Iterable[str] | None = None) -> None:
        """Where webhooks go from now on, all topics unless some are named; an empty url sends none."""
        self._webhook_url = url
        self._webhook_topics = frozenset(topics) if topics is not None else None

    def subscribed(self, topic: str) -> bool:
        """Whether anybody listens."""
        return bool(self._webhook_url) and (self._webhook_topics is None or topic in self._webhook_topics)

    def send(self, topic: str, body: bytes, *, event_id: str = "") -> None:
        """Queues a webhook where its topic is subscribed to; without an event id it is an event of its own."""
        if self.subscribed(topic):
            made = self.webhooks.make(self._webhook_url, topic, body, event_id=event_id)
            self.webhooks.send(made)

    def webhook_body(self, order: Document) -> bytes:
        return self._bodies.get(order["id"]) or webhook_body(order, self.store)

    def announce(self, order: Document, topics: Sequence[str], *, event_id: str = "") -> None:
        """Queues one webhook for each topic that is subscribed to, and one for each of the order's transactions."""
        hooks: Hooks = [(topic, None) for topic in topics if topic != TRANSACTION]
        if TRANSACTION in topics:
            hooks += [(TRANSACTION, one) for one in order.get("transactions", ())]
        self.tell(order, hooks, event_id=event_id)

    def tell(self, order: Document, hooks: Hooks, *, event_id: str = "") -> None:
        event_id = event_id or str(uuid4())
        for topic, document in hooks:
            if self.subscribed(topic):
                body = self.webhook_body(order) if document is None else part_body(document, order)
                self.send(topic, body, event_id=event_id)

    def _tell_level(self, item: str, location: str, available: int) -> None:
        if self.subscribed(TOPIC):
            self.send(TOPIC, json.dumps(level_body(item, location, available), separators=(",", ":")).encode())

    def deliver_now(
        self, order: Document, topic: str = CREATE, *, webhook_id: str = "", body: bytes | None = None, secret: str = ""
    ) -> int | None:
        """Sends one webhook at once and waits; the status, or None when no answer came in time."""
        body = self.webhook_body(order) if body is None else body
        made = self.webhooks.make(self._webhook_url, topic, body, webhook_id=webhook_id, secret=secret)
        return self.webhooks.post(made)

    def wait_delivered(self, timeout: float = 30.0) -> bool:
        """Whether every webhook was delivered, given up or dropped within `timeout` seconds."""
        return self.webhooks.wait(timeout)

    @property
    def statistics(self) -> Statistics:
        return self.webhooks.statistics
