"""The broker as its users see it, on RabbitMQ and in one process."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from libs.common.broker.consumer import TandemBroker
from libs.common.broker.events import KombuEvents
from libs.common.broker.inprocess import InProcessBroker
from libs.common.broker.interface import EventSource, Handler, Nudge, Publisher
from libs.common.broker.publisher import KombuPublisher
from libs.common.broker.runner import run_workers
from libs.common.broker.topology import base_queue
from services.workers.actors import register

PATIENCE_SECONDS = 20.0


def eventually(true: Callable[[], bool], *, seconds: float = PATIENCE_SECONDS) -> bool:
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def nudge(number: int = 1, *, store: str = "acme") -> Nudge:
    return Nudge("shopify", "order", store, (f"{store}/order/{number}",))


@dataclass
class Seen:
    """A handler that notes its calls."""

    calls: list[tuple[str, list[str]]] = field(default_factory=list)

    def __call__(self, store: str, ids: list[str]) -> None:
        self.calls.append((store, ids))

    @property
    def ids(self) -> list[str]:
        return [one for _, ids in self.calls for one in ids]


class Workers(Protocol):
    def stop(self) -> bool: ...


class Rig(Protocol):
    @property
    def publisher(self) -> Publisher: ...
    @property
    def events(self) -> EventSource: ...

    def start(
        self,
        handlers: Mapping[str, Handler],
        *,
        threads: int = 2,
        grace_seconds: float = 10.0,
        on_stop: Callable[[], None] | None = None,
    ) -> Workers: ...


class RabbitWorkers:
    """`run_workers` in a thread, told to stop by an event."""

    def __init__(
        self,
        url: str,
        handlers: Mapping[str, Handler],
        *,
        threads: int = 2,
        grace_seconds: float = 10.0,
        on_stop: Callable[[], None] | None = None,
    ) -> None:
        broker = TandemBroker(url)
        register(broker, {base_queue(name): handle for name, handle in handlers.items()})
        self._told = threading.Event()
        self._grace = grace_seconds
        self._finished: list[bool] = []

        def run() -> None:
            self._finished.append(
                run_workers(
                    broker,
                    list(handlers),
                    threads=threads,
                    grace_seconds=grace_seconds,
                    stop=self._told,
                    on_stop=on_stop,
                )
            )

        self._thread = threading.Thread(target=run, daemon=True)
        self._thread.start()

    def stop(self) -> bool:
        self._told.set()
        self._thread.join(self._grace + 15)
        assert self._finished, "run_workers did not return"
        return self._finished[0]


class RabbitRig:
    """Publisher, events and workers on one vhost."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.publisher = KombuPublisher(url)
        self.events = KombuEvents(url)
        self._workers: list[RabbitWorkers] = []

    def start(
        self,
        handlers: Mapping[str, Handler],
        *,
        threads: int = 2,
        grace_seconds: float = 10.0,
        on_stop: Callable[[], None] | None = None,
    ) -> RabbitWorkers:
        workers = RabbitWorkers(self._url, handlers, threads=threads, grace_seconds=grace_seconds, on_stop=on_stop)
        self._workers.append(workers)
        return workers

    def close(self) -> None:
        for workers in self._workers:
            workers.stop()
        self.publisher.close()


class InProcessWorkers:
    def __init__(self, broker: InProcessBroker, grace_seconds: float, on_stop: Callable[[], None] | None) -> None:
        self._broker = broker
        self._grace = grace_seconds
        self._on_stop = on_stop

    def stop(self) -> bool:
        return self._broker.stop(grace_seconds=self._grace, on_stop=self._on_stop)


class InProcessRig:
    """All of it in one object."""

    def __init__(self) -> None:
        self.publisher = self.events = self._broker = InProcessBroker()

    def start(
        self,
        handlers: Mapping[str, Handler],
        *,
        threads: int = 2,
        grace_seconds: float = 10.0,
        on_stop: Callable[[], None] | None = None,
    ) -> InProcessWorkers:
        self._broker.start(handlers, threads=threads)
        return InProcessWorkers(self._broker, grace_seconds, on_stop)

    def close(self) -> None:
        self._broker.close()
