"""The body of a nudge: a dramatiq message in JSON, written without dramatiq, read with suspicion.

`{"queue_name": "orders", "actor_name": "look_at_orders", "args": ["acme", ["acme/order/1", …]],
  "kwargs": {}, "options": {}, "message_id": "…", "message_timestamp": milliseconds}`
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Container
from dataclasses import dataclass
from typing import Any

from libs.common.broker.interface import BrokerEvent, Nudge
from libs.common.broker.topology import actor_name

CONTENT_TYPE = "application/json"
SHOWN_CHARACTERS = 200


@dataclass(eq=False)
class Unreadable(Exception):
    """A message that no worker of this release understands; `reason` goes with it to the dead letters."""

    reason: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.reason}: {self.detail}" if self.detail else self.reason


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message on its way."""

    routing_key: str
    message_id: str
    body: bytes


def encode_nudge(nudge: Nudge) -> Outgoing:
    message_id = uuid.uuid4().hex
    message = {
        "queue_name": nudge.queue,
        "actor_name": actor_name(nudge.queue),
        "args": [nudge.store, list(nudge.ids)],
        "kwargs": {},
        "options": {},
        "message_id": message_id,
        "message_timestamp": int(time.time() * 1000),
    }
    return Outgoing(nudge.routing_key, message_id, json.dumps(message, separators=(",", ":")).encode())


def check_nudge(body: bytes, *, actor: str, known: Container[str]) -> dict[str, Any]:
    """The message as dramatiq's fields, fit for `actor`, which must be `known`; raises `Unreadable` with the reason.

    Everything is looked at here, because dramatiq stops consuming for seconds over a field of the wrong type.
    """
    try:
        message = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Unreadable("undecodable", str(error)[:SHOWN_CHARACTERS]) from error
    if not isinstance(message, dict):
        raise Unreadable("undecodable", f"a JSON {type(message).__name__} is no message")
    if message.get("actor_name") != actor or actor not in known:
        raise Unreadable("unknown actor", str(message.get("actor_name"))[:SHOWN_CHARACTERS])
    args = message.get("args")
    if message.get("kwargs") or not isinstance(args, list) or not _fits(args):
        raise Unreadable("other version", f"{actor} takes a store and a list of record ids")
    message_id, timestamp = message.get("message_id"), message.get("message_timestamp")
    return {
        "actor_name": actor,
        "args": tuple(args),
        "kwargs": {},
        "options": {},  # options are retries and delays, which the ledger does
        "message_id": message_id if isinstance(message_id, str) else uuid.uuid4().hex,
        "message_timestamp": timestamp if isinstance(timestamp, int) else int(time.time() * 1000),
    }


def _fits(args: list[Any]) -> bool:
    if len(args) != 2:  # noqa: PLR2004 - a store and its ids
        return False
    store, ids = args
    return isinstance(store, str) and isinstance(ids, list) and all(isinstance(one, str) for one in ids)


def encode_event(event: BrokerEvent) -> Outgoing:
    content = {"kind": event.kind, "store": event.store, "payload": dict(event.payload)}
    body = json.dumps(content, separators=(",", ":"), default=str).encode()
    return Outgoing(event.routing_key, uuid.uuid4().hex, body)


def decode_event(body: bytes) -> BrokerEvent:
    """Raises `Unreadable` for anything that `encode_event` did not write."""
    try:
        content = json.loads(body)
        return BrokerEvent(content["kind"], content["store"], content["payload"])
    except (ValueError, RecursionError, KeyError, TypeError) as error:
        raise Unreadable("undecodable", str(error)[:SHOWN_CHARACTERS]) from error
