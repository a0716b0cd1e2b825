"""Runs dramatiq's workers in this process until it is told to stop, and stops them in time."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from types import FrameType

# Read by dramatiq when it is imported: how long it waits before it looks for a broker that went away.
os.environ.setdefault("dramatiq_restart_delay", "1000")

import dramatiq
import structlog

from libs.common.broker.consumer import TandemBroker

GRACE_SECONDS = 25.0
CLOSE_SECONDS = 5.0
IDLE_MILLISECONDS = 250
"""How soon an idle worker notices that it is to stop."""
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)

log = structlog.get_logger(__name__)


def run_workers(
    broker: TandemBroker,
    queues: Sequence[str],
    *,
    threads: int = 4,
    grace_seconds: float = GRACE_SECONDS,
    stop: threading.Event | None = None,
    on_stop: Callable[[], None] | None = None,
) -> bool:
    """Work on `queues` until SIGTERM, SIGINT or `stop`; True when every running handler finished in time.

    `queues` are `orders`, or `orders.acme` for one store's own. Each queue has at most `2 * threads` messages in
    this process. When told to stop, nothing new is begun, `on_stop` is called at once (tell the pipeline to
    hand back what it has not begun), and running handlers have `grace_seconds`; messages not acknowledged by
    then go back to the broker. A broker that goes away is looked for every second, for as long as it takes.
    """
    stop = stop or threading.Event()
    for queue in queues:
        broker.declare_queue(queue)
    worker = dramatiq.Worker(broker, queues=set(queues), worker_timeout=IDLE_MILLISECONDS, worker_threads=threads)
    with _stopped_by_signals(stop):
        worker.start()
        log.info("workers.started", queues=list(queues), threads=threads)
        stop.wait()
        log.info("workers.stopping", grace_seconds=grace_seconds)
        for thread in worker.workers:
            thread.stop()
        if on_stop is not None:
            on_stop()
        finished = _stop(worker, grace_seconds)
    log.info("workers.stopped", finished=finished)
    return finished


def _stop(worker: dramatiq.Worker, grace_seconds: float) -> bool:
    # In a thread of its own: closing a connection to a broker that no longer answers may take its time-outs.
    closing = threading.Thread(
        target=worker.stop, kwargs={"timeout": int(grace_seconds * 1000)}, name="worker stop", daemon=True
    )
    closing.start()
    closing.join(grace_seconds + CLOSE_SECONDS)
    return not any(thread.is_alive() for thread in worker.workers)


@contextlib.contextmanager
def _stopped_by_signals(stop: threading.Event) -> Iterator[None]:
    """Set `stop` on SIGTERM and SIGINT; elsewhere than in the main thread signals are somebody else's."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def told(_signum: int, _frame: FrameType | None) -> None:
        stop.set()

    before = {signum: signal.signal(signum, told) for signum in STOP_SIGNALS}
    try:
        yield
    finally:
        for signum, handler in before.items():
            signal.signal(signum, handler)
