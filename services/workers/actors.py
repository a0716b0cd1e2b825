"""One actor per queue, three lines each: what a nudge calls.

A handler that raises loses nothing: the message is acknowledged all the same, the ledger still knows that the
record is due, and the sweeper nudges again. The broker never repeats a message on our behalf.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import dramatiq
import structlog

from libs.common.broker.topology import actor_name

log = structlog.get_logger(__name__)


def register(broker: dramatiq.Broker, handlers: Mapping[str, Callable[[str, list[str]], None]]) -> None:
    """Give each queue (`orders`) its handler, which gets a store and the ledger ids to look at."""
    for queue, handle in handlers.items():
        _register(broker, queue, handle)


def _register(broker: dramatiq.Broker, queue: str, handle: Callable[[str, list[str]], None]) -> None:
    def look_at(store: str, ids: list[str]) -> None:
        try:
            handle(store, ids)
        except Exception:
            log.exception("actor.failed", queue=queue, store=store, ids=ids)

    dramatiq.actor(actor_name=actor_name(queue), queue_name=queue, broker=broker)(look_at)
