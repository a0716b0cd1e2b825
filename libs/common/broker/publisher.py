"""Publishes nudges and events to RabbitMQ; what is not confirmed in time is left to the sweeper."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import amqp
import structlog

from libs.common.broker.deadline import Deadline
from libs.common.broker.interface import BrokerEvent, Nudge
from libs.common.broker.messages import Outgoing, encode_event, encode_nudge
from libs.common.broker.wire import CONNECTION_ERRORS, Blocked, Overdue, Tally, Wire
from libs.common.errors import BrokerUnavailable

DEADLINE_SECONDS = 5.0
EVENT_SECONDS = 0.5
EVENT_PAUSE_SECONDS = 5.0
"""After the broker was found away, events are dropped for so long: telling must not slow the work down."""
ATTEMPTS = 3
"""A connection that died unnoticed costs one, a topology that went away another."""

log = structlog.get_logger(__name__)


class KombuPublisher:
    """Connects when first used and again after a loss; safe to share between threads.

    `url` is `amqp://user:password@host:5672/vhost`, several separated by `;`. `deadline_seconds` bounds each
    `publish_nudges` as a whole: waiting for other threads, connecting, declaring, sending and the confirms.
    """

    def __init__(self, url: str, *, deadline_seconds: float = DEADLINE_SECONDS, name: str = "tandem publisher") -> None:
        self._url = url
        self._name = name
        self._seconds = deadline_seconds
        self._lock = threading.Lock()
        self._wire: Wire | None = None
        self._quiet_until = 0.0

    def publish_nudges(self, nudges: Sequence[Nudge]) -> list[Nudge]:
        """Send each; those that the broker confirmed, in the order given.

        A message that is returned or refused has the topology declared and is sent once more. Raises
        `BrokerUnavailable` when none was confirmed within the deadline.
        """
        if not nudges:
            return []
        deadline = Deadline(self._seconds)
        outgoing = [encode_nudge(nudge) for nudge in nudges]
        tally = Tally()
        with self._alone(deadline):
            reason = self._publish(outgoing, tally, deadline)
        confirmed = [nudge for nudge, sent in zip(nudges, outgoing, strict=True) if sent.message_id in tally.confirmed]
        if not confirmed:
            raise BrokerUnavailable(reason)
        if reason:
            log.warning("publisher.partly", sent=len(nudges), confirmed=len(confirmed), reason=reason)
        return confirmed

    def publish_event(self, kind: str, store: str, payload: Mapping[str, Any]) -> None:
        """Tell whoever listens, without waiting for an answer; never raises."""
        if time.monotonic() < self._quiet_until:
            return
        deadline = Deadline(EVENT_SECONDS)
        try:
            message = encode_event(BrokerEvent(kind, store, payload))
            with self._alone(deadline):
                self._send_event(message, deadline)
        except (BrokerUnavailable, ValueError, TypeError) as error:
            self._quiet_until = time.monotonic() + EVENT_PAUSE_SECONDS
            log.info("publisher.event_lost", kind=kind, store=store, reason=str(error))

    def ping(self) -> None:
        """Connect if need be; raises `BrokerUnavailable` when that does not work within the deadline."""
        deadline = Deadline(self._seconds)
        with self._alone(deadline):
            try:
                self._connected(deadline).check(deadline)
            except (*CONNECTION_ERRORS, Overdue, Blocked) as error:
                self._hang_up()
                raise BrokerUnavailable(_sentence(error, deadline)) from error

    def close(self) -> None:
        with self._lock:
            wire, self._wire = self._wire, None
            if wire is not None:
                wire.close(farewell=True)

    @contextlib.contextmanager
    def _alone(self, deadline: Deadline) -> Iterator[None]:
        if not self._lock.acquire(timeout=deadline.left()):
            raise BrokerUnavailable(f"other threads were publishing for all of {deadline.seconds:g} s")
        try:
            yield
        finally:
            self._lock.release()

    def _publish(self, outgoing: list[Outgoing], tally: Tally, deadline: Deadline) -> str:
        """Why not everything was confirmed; empty when it was."""
        todo = outgoing
        reason = ""
        for _ in range(ATTEMPTS):
            fresh = self._wire is None
            try:
                self._connected(deadline).publish(todo, tally, deadline)
                reason = _unsent(tally)
            except (Overdue, Blocked) as error:
                self._hang_up()
                return _sentence(error, deadline)
            except CONNECTION_ERRORS as error:
                self._hang_up()
                reason = _sentence(error, deadline)
                if fresh and not isinstance(error, amqp.ChannelError):
                    return reason
            todo = [message for message in todo if message.message_id not in tally.confirmed]
            if not todo:
                return ""
            # A new connection declares the topology, which is what a returned or refused message lacks.
            log.warning("publisher.again", messages=len(todo), reason=reason)
            tally.returned.clear()
            tally.refused.clear()
            self._hang_up()
        return reason

    def _send_event(self, message: Outgoing, deadline: Deadline) -> None:
        for fresh in (self._wire is None, True):
            try:
                self._connected(deadline).publish_event(message, deadline)
                return
            except (*CONNECTION_ERRORS, Overdue) as error:
                self._hang_up()
                if fresh:
                    raise BrokerUnavailable(_sentence(error, deadline)) from error

    def _connected(self, deadline: Deadline) -> Wire:
        if self._wire is None:
            self._wire = Wire(self._url, deadline, name=self._name)
        return self._wire

    def _hang_up(self) -> None:
        wire, self._wire = self._wire, None
        if wire is not None:
            wire.close()


def _unsent(tally: Tally) -> str:
    if tally.returned:
        return f"{len(tally.returned)} messages were returned: no queue is bound for them"
    if tally.refused:
        return f"{len(tally.refused)} messages were refused by their queue"
    return ""


def _sentence(error: Exception, deadline: Deadline) -> str:
    if isinstance(error, Blocked):
        return "RabbitMQ blocks publishers: it is short of memory or disk"
    if isinstance(error, Overdue) or deadline.over():
        return f"RabbitMQ did not confirm within {deadline.seconds:g} s"
    return f"RabbitMQ cannot be reached: {error or type(error).__name__}"
