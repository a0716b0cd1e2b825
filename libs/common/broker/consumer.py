"""dramatiq's broker for our queues: kombu's topology, our acknowledgements, no retries and no delays.

What dramatiq 2.2.1 would do otherwise, and what is done here instead:

- declare classic queues of its own and consume a delay queue: nothing is declared through it, none is delayed
- acknowledge by delivery tag alone, so that after a reconnect the tag of an old message hits a new one: a message
  remembers the connection that brought it, and on any other it is not acknowledged (it comes again, and the
  claim finds nothing to do)
- drop a message whose retry cannot be published: without its middleware it publishes nothing
- reject what it cannot read without saying why, or stop for seconds over it: read first, and put away with reason
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterable
from functools import partial
from typing import Any, NoReturn

import dramatiq
import pika
import pika.exceptions
import structlog
from dramatiq.brokers.rabbitmq import RabbitmqBroker
from dramatiq.errors import ConnectionClosed

from libs.common.broker import topology
from libs.common.broker.deadline import Deadline
from libs.common.broker.messages import Unreadable, check_nudge
from libs.common.broker.wire import CONNECTION_ERRORS, connect, cut_at, hang_up

HEARTBEAT_SECONDS = 30
CONNECT_SECONDS = 5.0
CLOSE_SECONDS = 2.0
REASON_HEADER = "x-tandem-reason"
DETAIL_HEADER = "x-tandem-detail"
QUEUE_HEADER = "x-tandem-queue"
IDLE_REFRESH_SECONDS = 15.0
"""An idle consumer subscribes anew this often, see `NudgeConsumer._refresh`."""
PIKA_ERRORS = (pika.exceptions.AMQPError, OSError, AssertionError)

log = structlog.get_logger(__name__)


def _closed(error: BaseException) -> ConnectionClosed:
    """What makes dramatiq wait a moment and consume anew."""
    return ConnectionClosed(error)  # type: ignore[no-untyped-call]


class TandemBroker(RabbitmqBroker):
    """Consumes nudges from the broker at `url` (several hosts separated by `;`); enqueues nothing."""

    def __init__(self, url: str, *, name: str = "tandem worker") -> None:
        super().__init__(url=url, middleware=[])
        self._url = url
        self._name = name
        parameters = self.parameters if isinstance(self.parameters, list) else [self.parameters]
        for each in parameters:
            each.heartbeat = HEARTBEAT_SECONDS
            each.socket_timeout = CONNECT_SECONDS
            each.stack_timeout = CONNECT_SECONDS * 2
            each.client_properties = {"connection_name": name}

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 5000) -> dramatiq.Consumer:
        """A consumer of this queue, after making sure that it exists; ConnectionClosed when the broker is away."""
        try:
            self.declare_topology([queue_name])
        except CONNECTION_ERRORS as error:
            raise _closed(error) from None
        return NudgeConsumer(self, queue_name, prefetch, timeout)

    def declare_topology(self, queues: Iterable[str]) -> None:
        connection = connect(self._url, Deadline(CONNECT_SECONDS), name=self._name)
        try:
            with cut_at(Deadline(CONNECT_SECONDS), connection):
                topology.declare(connection, queues)
        finally:
            hang_up(connection)

    def declare_queue(self, queue_name: str, *, ensure: bool = False) -> None:  # noqa: ARG002 - dramatiq's signature
        """Note the queue, so that a worker consumes it; no delay queue comes with it."""
        topology.base_queue(queue_name)
        if queue_name not in self.queues:
            self.emit_before("declare_queue", queue_name)
            self.queues.add(queue_name)
            self.emit_after("declare_queue", queue_name)

    def enqueue(self, message: dramatiq.Message[Any], *, delay: int | None = None) -> NoReturn:  # noqa: ARG002
        """Not here: nudges are published by `KombuPublisher`, and delays are kept by the ledger."""
        raise RuntimeError(f"{message.actor_name}: nudges are sent by KombuPublisher; the ledger delays and retries")


class _Nudge(dramatiq.MessageProxy):
    """A message that knows the connection it came by."""

    def __init__(self, message: dramatiq.Message[Any], consumer: NudgeConsumer, tag: int) -> None:
        super().__init__(message)
        self.consumer = consumer
        self.tag = tag


class NudgeConsumer(dramatiq.Consumer):
    """One connection with one consumer; `prefetch` bounds what is in this process and not acknowledged."""

    def __init__(self, broker: TandemBroker, queue: str, prefetch: int, timeout_milliseconds: int) -> None:
        self._broker = broker
        self._queue = queue
        self._actor = topology.actor_name(queue)
        self._unanswered = 0
        self._prefetch = prefetch
        self._idle_seconds = timeout_milliseconds / 1000
        try:
            self._connection = pika.BlockingConnection(parameters=broker.parameters)
        except PIKA_ERRORS as error:
            raise _closed(error) from None
        try:
            self._subscribe()
        except PIKA_ERRORS as error:
            self.close()
            raise _closed(error) from None

    def _subscribe(self) -> None:
        self._channel = self._connection.channel()
        self._channel.basic_qos(prefetch_count=self._prefetch, global_qos=False)
        self._deliveries = self._channel.consume(self._queue, inactivity_timeout=self._idle_seconds)
        self._refresh_at = time.monotonic() + IDLE_REFRESH_SECONDS

    def __next__(self) -> _Nudge | None:
        """The next message that can be worked on, None after a while without."""
        try:
            method, properties, body = next(self._deliveries)
            if method is None:
                self._refresh()
                return None
            self._refresh_at = time.monotonic() + IDLE_REFRESH_SECONDS
            return self._read(method, properties, body)
        except StopIteration:  # the broker cancelled the consumer: its queue is gone
            raise _closed(ConnectionError(f"queue {self._queue} is gone")) from None
        except PIKA_ERRORS as error:
            raise _closed(error) from None

    def _refresh(self) -> None:
        """Subscribe anew after a while without messages.

        When a quorum queue is deleted and declared again at once, RabbitMQ (3.10) moves its consumers over by
        itself, says nothing, assigns them messages and never delivers these. Only a new channel gets them back.
        """
        if self._unanswered == 0 and time.monotonic() >= self._refresh_at:
            self._channel.close()
            self._subscribe()

    def _read(self, method: Any, properties: Any, body: bytes) -> _Nudge | None:
        try:
            fields = check_nudge(body, actor=self._actor, known=self._broker.actors)
        except Unreadable as unreadable:
            self._put_away(method, properties, body, unreadable)
            return None
        self._unanswered += 1
        # dramatiq finds the consumer to acknowledge by the message's queue; `orders.acme` gets those of `orders`.
        return _Nudge(dramatiq.Message(queue_name=self._queue, **fields), self, method.delivery_tag)

    def _put_away(self, method: Any, properties: Any, body: bytes, why: Unreadable) -> None:
        """To the dead letters with its reason; where that is not confirmed, the broker does it without."""
        log.error("consumer.dead_letter", queue=self._queue, reason=why.reason, detail=why.detail)
        headers = {**(properties.headers or {}), REASON_HEADER: why.reason, DETAIL_HEADER: why.detail}
        copy = pika.BasicProperties(
            content_type=properties.content_type,
            message_id=properties.message_id,
            delivery_mode=2,
            headers={**headers, QUEUE_HEADER: self._queue},
        )
        channel = self._connection.channel()
        try:
            channel.confirm_delivery()
            base = topology.base_queue(self._queue)
            channel.basic_publish(topology.DEAD_EXCHANGE, base, body, copy, mandatory=True)
            channel.close()
        except pika.exceptions.AMQPChannelError:
            self._channel.basic_nack(method.delivery_tag, requeue=False)
        else:
            self._channel.basic_ack(method.delivery_tag)

    def ack(self, message: Any) -> None:
        self._answer(message, self._channel.basic_ack)

    def nack(self, message: Any) -> None:
        """Refused messages go to the dead letters."""
        self._answer(message, partial(self._channel.basic_nack, requeue=False))

    def _answer(self, message: _Nudge, method: Any) -> None:
        if message.consumer is not self:
            log.info("consumer.stale_ack", queue=self._queue, message_id=message.message_id)
            return
        try:
            self._connection.add_callback_threadsafe(partial(self._answer_now, method, message.tag))
        except PIKA_ERRORS as error:
            log.info("consumer.late_ack", queue=self._queue, message_id=message.message_id, reason=str(error))

    def _answer_now(self, method: Any, tag: int) -> None:
        # In the connection's thread. When the connection is gone the message comes again, and that is all right.
        with contextlib.suppress(*PIKA_ERRORS):
            self._unanswered -= 1
            method(tag)

    def requeue(self, messages: Iterable[Any]) -> None:
        """Nothing to do: the broker takes back what was not acknowledged when the connection closes."""

    def close(self) -> None:
        """Send the acknowledgements that wait, then close.

        Never raises: dramatiq's consumer thread would end for good. (On a connection that is lost already, pika
        raises whatever its dismantled parts come up with.)
        """
        with contextlib.suppress(Exception):
            self._answer_all(Deadline(CLOSE_SECONDS))
        with contextlib.suppress(Exception):
            self._connection.close()

    def _answer_all(self, deadline: Deadline) -> None:
        # Callbacks run in order: once this one has, every acknowledgement before it was sent.
        answered = threading.Event()
        self._connection.add_callback_threadsafe(answered.set)
        while not answered.is_set() and not deadline.over():
            self._connection.process_data_events(time_limit=0)
