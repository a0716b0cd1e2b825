"""What the rest of Tandem may ask of the broker, and the words it uses.

A nudge says "look at these records" and nothing more; the ledger knows what there is to do (DESIGN.md).
`KombuPublisher` and `KombuEvents` answer with RabbitMQ, `InProcessBroker` in one process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from libs.common.broker.topology import ENTITIES

IDS_PER_NUDGE = 20

Handler = Callable[[str, list[str]], None]
"""Gets a store and up to `IDS_PER_NUDGE` ledger ids of one entity."""


@dataclass(frozen=True, slots=True)
class Nudge:
    """Look at these records: ledger ids (`acme/order/450789469`) of one store and entity, at most 20."""

    source: str
    entity: str
    store: str
    ids: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.entity not in ENTITIES:
            raise ValueError(f"no queue is declared for the entity {self.entity!r}")
        if not 1 <= len(self.ids) <= IDS_PER_NUDGE:
            raise ValueError(f"a nudge names 1 to {IDS_PER_NUDGE} records, not {len(self.ids)}")

    @property
    def queue(self) -> str:
        return ENTITIES[self.entity]

    @property
    def routing_key(self) -> str:
        """`shopify.orders.acme`"""
        return f"{self.source}.{self.queue}.{self.store}"


@dataclass(frozen=True, slots=True)
class BrokerEvent:
    """Something that happened to a record: `order.synced`, in which store, and what belongs to it."""

    kind: str
    store: str
    payload: Mapping[str, Any] = field(default_factory=dict)

    @property
    def routing_key(self) -> str:
        """`order.synced.acme`"""
        return f"{self.kind}.{self.store}"


class Named(Protocol):
    """A ledger record or a hint: whatever says which record it is about."""

    @property
    def id(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def entity(self) -> str: ...
    @property
    def store(self) -> str: ...


def group_nudges(records: Iterable[Named]) -> list[Nudge]:
    """The fewest nudges that name every record once, in the order of their first mention."""
    groups: dict[tuple[str, str, str], dict[str, None]] = {}
    for record in records:
        groups.setdefault((record.source, record.entity, record.store), {})[record.id] = None
    return [
        Nudge(source, entity, store, tuple(ids)[start : start + IDS_PER_NUDGE])
        for (source, entity, store), ids in groups.items()
        for start in range(0, len(ids), IDS_PER_NUDGE)
    ]


class Publisher(Protocol):
    """Hands messages over; safe to share between threads."""

    def publish_nudges(self, nudges: Sequence[Nudge]) -> list[Nudge]:
        """Send each; those that the broker confirmed, in the order given. The rest is the sweeper's.

        Takes no longer than the publisher's deadline. Raises `BrokerUnavailable` when none was confirmed.
        """
        ...

    def publish_event(self, kind: str, store: str, payload: Mapping[str, Any]) -> None:
        """Tell whoever listens; best effort: never raises, and is lost when the broker is away."""
        ...

    def close(self) -> None: ...


class Subscription(Protocol):
    """Ends when it is closed; no callback runs afterwards."""

    def close(self) -> None: ...


class EventSource(Protocol):
    """Lets somebody follow events."""

    def subscribe_events(self, pattern: str, callback: Callable[[BrokerEvent], None]) -> Subscription:
        """Call back for every event whose `<entity>.<outcome>.<store>` fits (`*` one word, `#` any number).

        Callbacks run one after another in a thread of the subscription; one that raises is logged.
        """
        ...
