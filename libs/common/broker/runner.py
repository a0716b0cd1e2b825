"""Runs dramatiq's workers in this process until it is told to stop, and stops them in time."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from types import FrameType

import dramatiq
import dramatiq.worker
import structlog

from libs.common.broker.consumer import TandemBroker

GRACE_SECONDS = 25.0
CLOSE_SECONDS = 5.0
IDLE_MILLISECONDS = 250
"""How soon an idle worker notices that it is to stop."""
RESTART_SECONDS = 1.0
"""How often a broker that went away is looked for."""
WATCH_SECONDS = 1.0
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)

log = structlog.get_logger(__name__)

# dramatiq takes this from the environment when it is imported, which may have been long ago.
dramatiq.worker.CONSUMER_RESTART_DELAY_SECS = RESTART_SECONDS


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
    Raises RuntimeError when a thread ended by itself: the process should be started anew.
    """
    stop = stop or threading.Event()
    for queue in queues:
        broker.declare_queue(queue)
    worker = dramatiq.Worker(broker, queues=set(queues), worker_timeout=IDLE_MILLISECONDS, worker_threads=threads)
    with _stopped_by_signals(stop):
        worker.start()
        log.info("workers.started", queues=list(queues), threads=threads)
        died = _wait(worker, stop)
        log.info("workers.stopping", grace_seconds=grace_seconds)
        for thread in worker.workers:
            thread.stop()
        if on_stop is not None:
            on_stop()
        finished = _stop(worker, grace_seconds)
    log.info("workers.stopped", finished=finished)
    if died:
        raise RuntimeError(f"worker threads ended by themselves: {', '.join(died)}")
    return finished


def _wait(worker: dramatiq.Worker, stop: threading.Event) -> list[str]:
    """Until told to stop, or until a thread has died, which must not go unseen: the names of those."""
    while not stop.wait(WATCH_SECONDS):
        threads: list[threading.Thread] = [*worker.workers, *worker.consumers.values()]
        died = [thread.name for thread in threads if not thread.is_alive()]
        if died:
            log.critical("workers.died", threads=died)
            return died
    return []


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
