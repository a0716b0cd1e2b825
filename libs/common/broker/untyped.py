"""What is used of kombu, which says too little about its types for strict checking: as Any, and mended."""

from __future__ import annotations

from typing import Any, TypeAlias

from kombu.connection import Connection
from kombu.entity import Exchange, Queue
from kombu.transport import pyamqp

KombuConnection: TypeAlias = Any
KombuExchange: TypeAlias = Any

new_connection: Any = Connection
new_exchange: Any = Exchange
new_queue: Any = Queue


class _ClosingConnection(pyamqp.Connection):
    """Leaves no socket behind when the broker refuses the login: amqp 5.4 closes it only when the network fails."""

    def connect(self, callback: Any = None) -> Any:
        try:
            return super().connect(callback)
        except BaseException:
            self.collect()
            raise


class PlainTransport(pyamqp.Transport):
    """For `amqp://`"""

    Connection = _ClosingConnection


class TlsTransport(pyamqp.SSLTransport):
    """For `amqps://`"""

    Connection = _ClosingConnection
