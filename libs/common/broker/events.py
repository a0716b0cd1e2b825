"""Follows events from RabbitMQ, across restarts of the broker.

Each subscription has a durable queue that expires on its own: it outlives a lost connection, and a subscriber
that died leaves nothing behind. (Transient queues are on their way out of RabbitMQ.)
"""

from __future__ import annotations

import contextlib
import threading
import uuid
from collections.abc import Callable
from typing import Any

import structlog

from libs.common.broker import topology
from libs.common.broker.deadline import Deadline
from libs.common.broker.interface import BrokerEvent
from libs.common.broker.messages import Unreadable, decode_event
from libs.common.broker.untyped import KombuConnection, new_queue
from libs.common.broker.wire import CONNECTION_ERRORS, connect, cut_at, hang_up, say_goodbye

EXPIRES_MILLISECONDS = 60_000
EVENTS_KEPT = 10_000
PREFETCH = 100
CONNECT_SECONDS = 5.0
POLL_SECONDS = 0.5
HEARTBEAT_SECONDS = 10.0
AGAIN_SECONDS = 1.0
CLOSE_SECONDS = 10.0

log = structlog.get_logger(__name__)


class KombuEvents:
    """Subscribes to the events of the broker at `url`."""

    def __init__(self, url: str, *, name: str = "tandem events") -> None:
        self._url = url
        self._name = name

    def subscribe_events(self, pattern: str, callback: Callable[[BrokerEvent], None]) -> KombuSubscription:
        """Call back for every event from now on whose routing key fits; once this returns none is missed.

        When the broker is away, it follows from when it is back.
        """
        return KombuSubscription(self._url, pattern, callback, name=self._name)


class KombuSubscription:
    """One queue, one connection, one thread; ended by `close`."""

    def __init__(self, url: str, pattern: str, callback: Callable[[BrokerEvent], None], *, name: str) -> None:
        self._url = url
        self._name = name
        self._pattern = pattern
        self._callback = callback
        self._queue_name = f"{topology.EVENTS_EXCHANGE}.{uuid.uuid4().hex}"
        self._stop = threading.Event()
        self._listening = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"events {pattern}", daemon=True)
        self._thread.start()
        self._listening.wait(CONNECT_SECONDS)

    def close(self) -> None:
        """Stop and remove the queue; waits for a callback that is running."""
        self._stop.set()
        if self._thread is not threading.current_thread():
            self._thread.join(CLOSE_SECONDS)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._follow()
            except CONNECTION_ERRORS as error:
                log.info("events.away", reason=str(error) or type(error).__name__)
                self._stop.wait(AGAIN_SECONDS)

    def _follow(self) -> None:
        connection = connect(self._url, Deadline(CONNECT_SECONDS), name=self._name, heartbeat=HEARTBEAT_SECONDS)
        try:
            with cut_at(Deadline(CONNECT_SECONDS), connection):
                channel = self._listen(connection)
            raw = connection.connection
            while not self._stop.is_set():
                with contextlib.suppress(TimeoutError):
                    raw.drain_events(timeout=POLL_SECONDS)
                raw.heartbeat_tick()
            with contextlib.suppress(*CONNECTION_ERRORS), cut_at(Deadline(CONNECT_SECONDS), connection):
                channel.queue_delete(self._queue_name)
            say_goodbye(connection)
        finally:
            hang_up(connection)

    def _listen(self, connection: KombuConnection) -> Any:
        topology.declare(connection)
        channel = connection.connection.channel()
        queue = new_queue(
            self._queue_name,
            exchange=topology.exchanges()[topology.EVENTS_EXCHANGE],
            routing_key=self._pattern,
            durable=True,
            queue_arguments={"x-expires": EXPIRES_MILLISECONDS, "x-max-length": EVENTS_KEPT},
        )(channel)
        queue.queue_declare()
        queue.queue_bind()
        channel.basic_qos(0, PREFETCH, False)
        channel.basic_consume(self._queue_name, callback=self._on_message)
        self._listening.set()
        return channel

    def _on_message(self, message: Any) -> None:
        try:
            body = message.body
            self._callback(decode_event(body.encode() if isinstance(body, str) else bytes(body)))
        except Unreadable as unreadable:
            log.warning("events.unreadable", reason=str(unreadable))
        except Exception:
            log.exception("events.callback_failed", pattern=self._pattern)
        message.channel.basic_ack(message.delivery_tag)
