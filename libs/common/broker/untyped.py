"""kombu says too little about its types for strict checking: here it is Any, under the names that it has."""

from __future__ import annotations

from typing import Any, TypeAlias

from kombu.connection import Connection
from kombu.entity import Exchange, Queue

KombuConnection: TypeAlias = Any
KombuExchange: TypeAlias = Any

new_connection: Any = Connection
new_exchange: Any = Exchange
new_queue: Any = Queue
