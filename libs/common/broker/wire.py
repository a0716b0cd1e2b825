"""One connection to RabbitMQ that publishes with confirms and never waits beyond a deadline.

py-amqp's own confirm mode waits for each message; here many are sent and their confirms gathered, which is what
makes thousands a second out of hundreds. The class is not safe between threads; `KombuPublisher` sees to that.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import amqp
from kombu.exceptions import OperationalError

from libs.common.broker import topology
from libs.common.broker.deadline import Deadline
from libs.common.broker.messages import CONTENT_TYPE, Outgoing
from libs.common.broker.untyped import KombuConnection, PlainTransport, TlsTransport, new_connection

WINDOW = 512
"""Messages sent and not confirmed yet, at most: bounds what has to be sent again."""
HANDSHAKE_STEPS = 4
"""TCP, and three answers of the broker: each may take its share of the deadline."""
SHORTEST_STEP_SECONDS = 0.05
FAREWELL_SECONDS = 0.2
GOODBYE_SECONDS = 1.0
CONNECTION_ERRORS = (OSError, amqp.AMQPError, OperationalError)


class Blocked(Exception):
    """The broker stopped reading from publishers: it is short of memory or disk."""


class Overdue(Exception):
    """The deadline passed before everything was confirmed."""


@dataclass
class Tally:
    """What became of each message, by message id; filled while `Wire.publish` runs, right even when it fails."""

    confirmed: set[str] = field(default_factory=set)
    returned: set[str] = field(default_factory=set)
    """No queue was bound for it."""
    refused: set[str] = field(default_factory=set)
    """The broker said no (a queue without a leader, a full queue)."""


class Wire:
    """Connected, topology declared, channel in confirm mode; or the constructor raises one of CONNECTION_ERRORS."""

    def __init__(self, url: str, deadline: Deadline, *, name: str) -> None:
        self._blocked = False
        self._sent = 0
        self._pending: dict[int, str] = {}
        self._tally = Tally()
        self._connection = connect(url, deadline, name=name, on_blocked=self._on_blocked)
        try:
            # kombu's own methods would connect anew behind our back, and sleep in between.
            self._raw = self._connection.connection
            with cut_at(deadline, self._connection):
                topology.declare(self._connection)
                self._channel = self._raw.channel()
                self._channel.events["basic_ack"].add(self._on_ack)
                self._channel.events["basic_nack"].add(self._on_nack)
                self._channel.events["basic_return"].add(self._on_return)
                self._channel.confirm_select()
                # Events are not confirmed, and must not count among the delivery tags of what is.
                self._events = self._raw.channel()
        except BaseException:
            self.close()
            raise

    def publish(self, messages: Sequence[Outgoing], tally: Tally, deadline: Deadline) -> None:
        """Send all and gather their fates in `tally`.

        Raises Overdue at the deadline, Blocked, or one of CONNECTION_ERRORS; the wire is of no use afterwards.
        """
        self._tally = tally
        for message in messages:
            while len(self._pending) >= WINDOW:
                self._wait(deadline)
            self._send(message, deadline)
        while self._pending:
            self._wait(deadline)

    def publish_event(self, message: Outgoing, deadline: Deadline) -> None:
        self._publish(self._events, topology.EVENTS_EXCHANGE, message, deadline, mandatory=False)

    def check(self, deadline: Deadline) -> None:
        """One question and its answer; raises one of CONNECTION_ERRORS when none comes."""
        with cut_at(deadline, self._connection):
            self._channel.confirm_select()

    def close(self, *, farewell: bool = False) -> None:
        """Hang up; what was not confirmed counts as not sent. With `farewell`, let events out that wait."""
        if farewell:
            say_goodbye(self._connection)
        hang_up(self._connection)

    def _send(self, message: Outgoing, deadline: Deadline) -> None:
        # Counted before it is sent: its confirm may be read while sending.
        self._sent += 1
        self._pending[self._sent] = message.message_id
        self._publish(self._channel, topology.EXCHANGE, message, deadline, mandatory=True)

    def _publish(self, channel: Any, exchange: str, message: Outgoing, deadline: Deadline, *, mandatory: bool) -> None:
        if deadline.over():
            raise Overdue
        content = channel.prepare_message(
            message.body,
            content_type=CONTENT_TYPE,
            content_encoding="utf-8",
            properties={"delivery_mode": 2 if mandatory else 1, "message_id": message.message_id},
        )
        channel.basic_publish(
            content,
            exchange=exchange,
            routing_key=message.routing_key,
            mandatory=mandatory,
            timeout=deadline.left() or FAREWELL_SECONDS,
        )

    def _wait(self, deadline: Deadline) -> None:
        if self._blocked:
            raise Blocked
        left = deadline.left()
        if left <= 0:
            raise Overdue
        try:
            self._raw.drain_events(timeout=left)
        except TimeoutError as late:
            raise Overdue from late

    def _settle(self, tag: int, multiple: bool, fate: set[str]) -> None:
        tags = [one for one in self._pending if one <= tag] if multiple else [tag]
        for one in tags:
            message_id = self._pending.pop(one, None)
            # RabbitMQ acknowledges an unroutable message too, after it has returned it.
            if message_id is not None and message_id not in self._tally.returned:
                fate.add(message_id)

    def _on_ack(self, tag: int, multiple: bool) -> None:
        self._settle(tag, multiple, self._tally.confirmed)

    def _on_nack(self, tag: int, multiple: bool) -> None:
        self._settle(tag, multiple, self._tally.refused)

    def _on_return(self, _error: Exception, _exchange: str, _routing_key: str, message: Any) -> None:
        self._tally.returned.add(message.properties["message_id"])

    def _on_blocked(self, _reason: str) -> None:
        self._blocked = True


def connect(url: str, deadline: Deadline, *, name: str, heartbeat: float = 0, **options: Any) -> KombuConnection:
    """An open connection to the first host of `url` that answers (`;` separates several)."""
    addresses = url.split(";")
    step = max(deadline.left() / HANDSHAKE_STEPS / len(addresses), SHORTEST_STEP_SECONDS)
    for address in addresses[:-1]:
        with contextlib.suppress(*CONNECTION_ERRORS):
            return _connect_one(address, step, name=name, heartbeat=heartbeat, **options)
    return _connect_one(addresses[-1], step, name=name, heartbeat=heartbeat, **options)


def _connect_one(address: str, step: float, *, name: str, heartbeat: float, **options: Any) -> KombuConnection:
    connection = new_connection(
        address,
        transport=TlsTransport if address.startswith("amqps:") else PlainTransport,
        connect_timeout=step,
        heartbeat=heartbeat,
        transport_options={"client_properties": {"connection_name": name}, **options},
    )
    try:
        connection.ensure_connection(max_retries=0)
    except BaseException:
        hang_up(connection)
        raise
    return connection


def say_goodbye(connection: KombuConnection) -> None:
    """Close as the protocol has it, for as long as that takes but a moment."""
    with (
        contextlib.suppress(*CONNECTION_ERRORS, AttributeError, ValueError),
        cut_at(Deadline(GOODBYE_SECONDS), connection),
    ):
        connection.connection.close()


def hang_up(connection: KombuConnection) -> None:
    """Close without the farewell that a dead broker would never answer."""
    with contextlib.suppress(*CONNECTION_ERRORS, AttributeError, ValueError):
        _socket(connection).settimeout(FAREWELL_SECONDS)
    with contextlib.suppress(*CONNECTION_ERRORS, AttributeError, ValueError):
        connection.collect()


def _socket(connection: KombuConnection) -> socket.socket:
    if not connection.connected:
        raise ConnectionError("not connected")
    sock: socket.socket = connection.connection.transport.sock
    return sock


@contextlib.contextmanager
def cut_at(deadline: Deadline, connection: KombuConnection) -> Iterator[None]:
    """Shut the socket at the deadline, for steps whose library calls know no time-out."""
    sock = _socket(connection)

    def cut() -> None:
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(deadline.left(), cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
