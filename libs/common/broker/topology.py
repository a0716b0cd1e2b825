"""Exchanges, queues and bindings as data; kombu declares them, and the in-process twin routes by them.

    tandem          topic     shopify.orders.acme ──  *.orders.*     ──> orders
                                                  └─  *.orders.acme  ──> orders.acme   (where somebody wants it)
    tandem.events   topic     order.synced.acme   ──> whoever subscribes
    tandem.dead     direct    orders              ──> orders.dead

An operator gives one store workers of its own by running workers on `orders.acme`: the queue is declared and
bound when they start. The workers on `orders` are nudged as well; whoever claims the record first does it.

Queues are durable quorum queues with an explicit delivery limit, the same on RabbitMQ 3.10 and 4.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any

import amqp
import structlog

from libs.common.broker.untyped import KombuConnection, KombuExchange, new_exchange, new_queue

EXCHANGE = "tandem"
EVENTS_EXCHANGE = "tandem.events"
DEAD_EXCHANGE = "tandem.dead"
DEAD_SUFFIX = ".dead"

ENTITIES = MappingProxyType(
    {
        "order": "orders",
        "payment": "payments",
        "fulfillment": "fulfillments",
        "delivery": "deliveries",
        "refund": "refunds",
        "inventory": "inventory",
        "customer": "customers",
        "company": "customers",
        "privacy": "customers",
        "product": "products",
    }
)
"""Queue by ledger entity; an issue that brings an entity adds its line."""

DELIVERY_LIMIT = 20
"""A message that was handed out this often without an answer goes to the dead letters (a worker that dies of it)."""
DEAD_LETTERS_KEPT = 10_000

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class QueueSpec:
    """A queue, what it is bound to, and where its refused messages go."""

    name: str
    exchange: str
    pattern: str
    arguments: tuple[tuple[str, Any], ...]


def base_queue(name: str) -> str:
    """`orders` for both `orders` and `orders.acme`; ValueError for a queue that is none of ours."""
    base = name.split(".", 1)[0]
    if base not in ENTITIES.values() or name.endswith((".", DEAD_SUFFIX)):
        known = ", ".join(sorted(ENTITIES.values()))
        raise ValueError(f"no such queue: {name!r}; there are {known}, each also as <queue>.<store>")
    return base


def actor_name(queue: str) -> str:
    """`look_at_orders`, for `orders` and `orders.acme` alike."""
    return f"look_at_{base_queue(queue)}"


def queue_spec(name: str) -> QueueSpec:
    """The queue `orders`, or `orders.acme` with the nudges of that store alone."""
    base = base_queue(name)
    store = name[len(base) + 1 :] or "*"
    arguments = (
        ("x-queue-type", "quorum"),
        ("x-delivery-limit", DELIVERY_LIMIT),
        ("x-dead-letter-exchange", DEAD_EXCHANGE),
        ("x-dead-letter-routing-key", base),
    )
    return QueueSpec(name, EXCHANGE, f"*.{base}.{store}", arguments)


def dead_queue_spec(name: str) -> QueueSpec:
    """Where refused messages of `orders` (and `orders.acme`) wait for somebody to look; the oldest go first."""
    base = base_queue(name)
    arguments = (("x-queue-type", "quorum"), ("x-max-length", DEAD_LETTERS_KEPT))
    return QueueSpec(base + DEAD_SUFFIX, DEAD_EXCHANGE, base, arguments)


def exchanges() -> dict[str, KombuExchange]:
    kinds = {EXCHANGE: "topic", EVENTS_EXCHANGE: "topic", DEAD_EXCHANGE: "direct"}
    return {name: new_exchange(name, type=kind, durable=True) for name, kind in kinds.items()}


def declare(connection: KombuConnection, queues: Iterable[str] = ()) -> None:
    """Make everything exist: every entity's queue and `queues` besides. Doing it again changes nothing.

    A queue that exists with other arguments (an older release, an operator's hand) is left as it is and logged:
    it still carries messages, and refusing to would stop everything.
    """
    known = exchanges()
    raw = connection.connection  # kombu would connect anew, and sleep, where this raises
    for exchange in known.values():
        _declare_one(raw, exchange.name, partial(_declare_exchange, exchange))
    for name in dict.fromkeys((*ENTITIES.values(), *queues)):
        for spec in (queue_spec(name), dead_queue_spec(name)):
            queue = new_queue(
                spec.name,
                exchange=known[spec.exchange],
                routing_key=spec.pattern,
                durable=True,
                queue_arguments=dict(spec.arguments),
            )
            _declare_one(raw, spec.name, partial(_declare_queue, queue))
            _declare_one(raw, spec.name, partial(_bind_queue, queue))


def _declare_exchange(exchange: KombuExchange, channel: Any) -> None:
    exchange(channel).declare()


def _declare_queue(queue: Any, channel: Any) -> None:
    queue(channel).queue_declare()


def _bind_queue(queue: Any, channel: Any) -> None:
    queue(channel).queue_bind()


def _declare_one(connection: amqp.Connection, name: str, act: Callable[[Any], object]) -> None:
    """On a channel of its own: the broker closes the channel when it refuses."""
    channel = connection.channel()
    try:
        act(channel)
    except amqp.PreconditionFailed as refused:
        log.warning("topology.differs", entity=name, reason=str(refused))
    else:
        channel.close()
