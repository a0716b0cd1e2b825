"""The broker of the embedded mode: the same bindings, the same promises, in one process and in memory.

What waits here is lost when the process ends, as a message may be on RabbitMQ; the ledger sweeps in both cases.
"""

from __future__ import annotations

import queue as queues
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import structlog

from libs.common.broker import topology
from libs.common.broker.deadline import Deadline
from libs.common.broker.interface import BrokerEvent, Handler, Nudge
from libs.common.broker.routing import matches
from libs.common.errors import BrokerUnavailable

CAPACITY = 10_000
GRACE_SECONDS = 25.0
EVENTS_KEPT = 10_000
CLOSE_SECONDS = 10.0

log = structlog.get_logger(__name__)


class InProcessBroker:
    """Publisher, queues, workers and events in one; safe to share between threads.

    A queue holds `capacity` nudges; one that is full refuses more, as a bounded queue on RabbitMQ would.
    """

    def __init__(self, *, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._changed = threading.Condition()
        self._queues: dict[str, deque[Nudge]] = {}
        self._patterns: dict[str, str] = {}
        self._handlers: dict[str, Handler] = {}
        self._threads: list[threading.Thread] = []
        self._running = 0
        self._stopping = False
        self._closed = False
        self._subscriptions: set[InProcessSubscription] = set()
        self.declare()

    def declare(self, names: Iterable[str] = ()) -> None:
        """Make every entity's queue exist, and `names` (`orders.acme`) besides."""
        with self._changed:
            for name in (*topology.ENTITIES.values(), *names):
                self._patterns[name] = topology.queue_spec(name).pattern
                self._queues.setdefault(name, deque())

    def publish_nudges(self, nudges: Sequence[Nudge]) -> list[Nudge]:
        """Put each into every queue bound for it; those that all had room, in the order given.

        Raises `BrokerUnavailable` when there is room for none, or after `close`.
        """
        if not nudges:
            return []
        with self._changed:
            if self._closed:
                raise BrokerUnavailable("the broker is closed")
            taken = [nudge for nudge in nudges if self._route(nudge)]
            self._changed.notify_all()
        if not taken:
            raise BrokerUnavailable(f"{len(nudges)} messages were refused: their queues are full")
        return taken

    def publish_event(self, kind: str, store: str, payload: Mapping[str, Any]) -> None:
        """Tell whoever listens; never raises."""
        event = BrokerEvent(kind, store, payload)
        with self._changed:
            listening = list(self._subscriptions)
        for subscription in listening:
            subscription.offer(event)

    def subscribe_events(self, pattern: str, callback: Callable[[BrokerEvent], None]) -> InProcessSubscription:
        """Call back for every event from now on whose routing key fits, in a thread of the subscription."""
        subscription = InProcessSubscription(pattern, callback, on_close=self._unsubscribe)
        with self._changed:
            self._subscriptions.add(subscription)
        return subscription

    def ping(self) -> None:
        """Raises `BrokerUnavailable` after `close`."""
        if self._closed:
            raise BrokerUnavailable("the broker is closed")

    def start(self, handlers: Mapping[str, Handler], *, threads: int = 4) -> None:
        """Work on these queues (`orders`, `orders.acme`) with so many threads in all, until `stop`."""
        self.declare(handlers)
        with self._changed:
            self._handlers.update(handlers)
            self._stopping = False
            for number in range(threads):
                thread = threading.Thread(target=self._work, name=f"in-process worker {number}", daemon=True)
                self._threads.append(thread)
                thread.start()

    def stop(self, *, grace_seconds: float = GRACE_SECONDS, on_stop: Callable[[], None] | None = None) -> bool:
        """Begin nothing new, call `on_stop`, let running handlers finish; True when all did in time.

        What waits stays in its queue.
        """
        deadline = Deadline(grace_seconds)
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        if on_stop is not None:
            on_stop()
        for thread in self._threads:
            thread.join(deadline.left())
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        return not self._threads

    def join(self, *, seconds: float) -> bool:
        """Wait until every queue that is worked on is empty and no handler runs; False when that took too long."""
        with self._changed:
            return self._changed.wait_for(self._idle, seconds)

    def waiting(self, name: str) -> int:
        """How many nudges are in this queue."""
        with self._changed:
            return len(self._queues[name])

    def close(self) -> None:
        """Stop the workers, end the subscriptions, take nothing more."""
        with self._changed:
            self._closed = True
            listening = list(self._subscriptions)
        self.stop()
        for subscription in listening:
            subscription.close()

    def _route(self, nudge: Nudge) -> bool:
        bound = [name for name, pattern in self._patterns.items() if matches(pattern, nudge.routing_key)]
        with_room = [name for name in bound if len(self._queues[name]) < self._capacity]
        for name in with_room:
            self._queues[name].append(nudge)
        return bool(bound) and len(with_room) == len(bound)

    def _idle(self) -> bool:
        return self._running == 0 and not any(self._queues[name] for name in self._handlers)

    def _work(self) -> None:
        while (taken := self._take()) is not None:
            handle, nudge = taken
            try:
                handle(nudge.store, list(nudge.ids))
            except Exception:
                # As on RabbitMQ: the ledger knows that the record is due.
                log.exception("inprocess.handler_failed", store=nudge.store, ids=nudge.ids)
            finally:
                with self._changed:
                    self._running -= 1
                    self._changed.notify_all()

    def _take(self) -> tuple[Handler, Nudge] | None:
        """The next nudge and its handler; None when it is time to stop."""
        with self._changed:
            while not self._stopping:
                for name, handle in self._handlers.items():
                    if self._queues[name]:
                        # To the end of the row, so that one full queue does not starve the others.
                        self._handlers[name] = self._handlers.pop(name)
                        self._running += 1
                        return handle, self._queues[name].popleft()
                self._changed.wait()
            return None

    def _unsubscribe(self, subscription: InProcessSubscription) -> None:
        with self._changed:
            self._subscriptions.discard(subscription)


class InProcessSubscription:
    """Calls back in a thread of its own; a callback that falls behind by `EVENTS_KEPT` misses events."""

    def __init__(
        self,
        pattern: str,
        callback: Callable[[BrokerEvent], None],
        *,
        on_close: Callable[[InProcessSubscription], None],
    ) -> None:
        self._pattern = pattern
        self._callback = callback
        self._on_close = on_close
        self._events: queues.Queue[BrokerEvent | None] = queues.Queue(EVENTS_KEPT)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"events {pattern}", daemon=True)
        self._thread.start()

    def offer(self, event: BrokerEvent) -> None:
        if not matches(self._pattern, event.routing_key):
            return
        try:
            self._events.put_nowait(event)
        except queues.Full:
            log.warning("inprocess.event_lost", kind=event.kind, store=event.store)

    def close(self) -> None:
        """No callback runs afterwards; waits for one that is running."""
        self._on_close(self)
        self._ended.set()
        try:
            self._events.put_nowait(None)
        except queues.Full:
            log.debug("inprocess.events_full")
        if self._thread is not threading.current_thread():
            self._thread.join(CLOSE_SECONDS)

    def _run(self) -> None:
        while True:
            event = self._events.get()
            if event is None or self._ended.is_set():
                return
            try:
                self._callback(event)
            except Exception:
                log.exception("inprocess.callback_failed", pattern=self._pattern)
