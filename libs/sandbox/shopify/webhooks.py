"""Signs, sends and repeats webhooks as Shopify does, in threads of its own.

A delivery counts only when it is answered 2xx inside five seconds; else it is repeated, up to eight times, with
the body it had, by then stale. The waits between are short here: the sandbox makes hours pass in seconds.

Faults by the name `webhook.<topic>` (`webhook.orders/create`), as in `libs/sandbox/faults.py`, seen from the sender:
`Drop()` is never sent at all; `Drop(applied=True)` and `Silence` arrive, but their answer is lost, so they are sent
again (a duplicate); `Refuse` is a sender that got this status; `Delay` comes late, behind newer ones; `Call` calls
back before or after. `hold()` and `release(shuffle=…)` let many arrive in another order.
"""

from __future__ import annotations

import base64
import hashlib
import heapq
import hmac
import itertools
import random
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from uuid import uuid4

import requests

from libs.sandbox.faults import Action, Call, Delay, Drop, Error, Faults, Refuse, Silence, Truncate
from libs.sandbox.journal import Calls

TIMEOUT_SECONDS = 5.0
CONNECT_TIMEOUT_SECONDS = 1.0
RETRY_SECONDS = (0.1, 0.2, 0.4, 0.8, 1.6, 2.0, 2.0, 2.0)


def signature(body: bytes, secret: str) -> str:
    """`X-Shopify-Hmac-Sha256`: base64 of the HMAC-SHA256 of the raw body."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


@dataclass(frozen=True, slots=True)
class Delivery:
    """One webhook on its way; `webhook_id` stays the same however often it is sent."""

    url: str
    topic: str
    body: bytes
    headers: dict[str, str]
    attempt: int = 1
    late: bool = False
    """A `Delay` has put it off already; it is not judged by the faults a second time."""


@dataclass(slots=True)
class Statistics:
    """Counts since the start. `sent` counts requests, the others deliveries; `seconds` how long answers took."""

    queued: int = 0
    sent: int = 0
    delivered: int = 0
    retried: int = 0
    given_up: int = 0
    dropped: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)


class WebhookSender:
    """`send` queues; threads deliver. `domain` and `secret` are the shop's, `api_version` what the app asked for."""

    def __init__(
        self,
        domain: str,
        secret: str,
        *,
        faults: Faults,
        calls: Calls,
        api_version: str,
        retry_seconds: Sequence[float] = RETRY_SECONDS,
        threads: int = 8,
    ) -> None:
        self.domain = domain
        self.secret = secret
        self.retry_seconds = tuple(retry_seconds)
        self.statistics = Statistics()
        self._faults = faults
        self._calls = calls
        self._api_version = api_version
        self._threads = threads
        self._queue: list[tuple[float, int, Delivery]] = []
        self._tie = itertools.count()
        self._changed = threading.Condition()
        self._open = 0
        self._held: list[Delivery] | None = None
        self._stopping = False
        self._workers: list[threading.Thread] = []

    def make(
        self, url: str, topic: str, body: bytes, *, webhook_id: str = "", event_id: str = "", secret: str = ""
    ) -> Delivery:
        """A delivery with all its headers, signed over the raw body."""
        now = datetime.now(UTC)
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Shopify-Captain-Hook",
            "X-Shopify-Topic": topic,
            "X-Shopify-Hmac-Sha256": signature(body, secret or self.secret),
            "X-Shopify-Shop-Domain": self.domain,
            "X-Shopify-API-Version": self._api_version,
            "X-Shopify-Webhook-Id": webhook_id or str(uuid4()),
            "X-Shopify-Event-Id": event_id or str(uuid4()),
            "X-Shopify-Triggered-At": now.strftime("%Y-%m-%dT%H:%M:%S.") + f"{now.microsecond * 1000:09d}Z",
        }
        return Delivery(url, topic, body, headers)

    def send(self, delivery: Delivery) -> None:
        """Queues it; a webhook once queued is open until it is delivered, given up or dropped."""
        with self._changed:
            self.statistics.queued += 1
            self._open += 1
            if self._held is not None:
                self._held.append(delivery)
                return
            self._start_workers()
            self._put(delivery, 0.0)

    def post(self, delivery: Delivery) -> int | None:
        """Sends it now, once, whatever the faults say; the status, or None when no answer came in time."""
        with requests.Session() as session:
            return self._post(session, delivery)

    def hold(self) -> None:
        """Keeps back whatever is sent from now on."""
        with self._changed:
            self._held = self._held if self._held is not None else []

    def release(self, *, shuffle: random.Random | None = None, backwards: bool = False) -> None:
        """Lets go what was kept back: as it came, the other way round, or in an order of chance."""
        with self._changed:
            held, self._held = self._held or [], None
            if backwards:
                held.reverse()
            if shuffle is not None:
                shuffle.shuffle(held)
            self._start_workers()
            for delivery in held:
                self._put(delivery, 0.0)

    def wait(self, timeout: float) -> bool:
        """Whether nothing is open any more within `timeout` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: self._open == 0, timeout)

    def stop(self) -> None:
        """Ends the threads; what is still queued is not sent."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        for worker in self._workers:
            worker.join(TIMEOUT_SECONDS + CONNECT_TIMEOUT_SECONDS)
        self._workers.clear()

    def _start_workers(self) -> None:
        self._stopping = False
        for number in range(len(self._workers), self._threads):
            worker = threading.Thread(target=self._work, name=f"webhooks:{number}", daemon=True)
            self._workers.append(worker)
            worker.start()

    def _put(self, delivery: Delivery, after_seconds: float) -> None:
        heapq.heappush(self._queue, (time.monotonic() + after_seconds, next(self._tie), delivery))
        self._changed.notify()

    def _next(self) -> Delivery | None:
        with self._changed:
            while not self._stopping:
                wait = self._queue[0][0] - time.monotonic() if self._queue else None
                if wait is not None and wait <= 0:
                    return heapq.heappop(self._queue)[2]
                self._changed.wait(wait)
            return None

    def _work(self) -> None:
        with requests.Session() as session:
            while (delivery := self._next()) is not None:
                self._deliver(session, delivery)

    def _deliver(self, session: requests.Session, delivery: Delivery) -> None:
        action = None if delivery.late else self._faults.take(f"webhook.{delivery.topic}")
        if isinstance(action, Delay):
            with self._changed:
                # Put back rather than slept on: a thread that sleeps would hold up the others.
                self._put(replace(delivery, late=True), action.seconds)
            return
        if isinstance(action, Drop) and not action.applied:
            self._settle("dropped")
            return
        status = self._post_with(action, session, delivery)
        if status is not None and 200 <= status < 300:
            self._settle("delivered")
        elif delivery.attempt <= len(self.retry_seconds):
            with self._changed:
                self.statistics.retried += 1
                self._put(
                    replace(delivery, attempt=delivery.attempt + 1, late=False),
                    self.retry_seconds[delivery.attempt - 1],
                )
        else:
            self._settle("given_up")

    def _post_with(self, action: Action | None, session: requests.Session, delivery: Delivery) -> int | None:
        match action:
            case Refuse():
                return action.status
            case Call(callback=callback, applied=False, drop=drop):
                callback()
                return None if drop else self._post(session, delivery)
            case Call(callback=callback, drop=drop):
                status = self._post(session, delivery)
                callback()
                return None if drop else status
            case Drop() | Silence() | Truncate() | Error():
                self._post(session, delivery)
                return None
            case _:
                return self._post(session, delivery)

    def _post(self, session: requests.Session, delivery: Delivery) -> int | None:
        started = time.perf_counter()
        try:
            with session.post(
                delivery.url,
                data=delivery.body,
                headers=delivery.headers,
                timeout=(CONNECT_TIMEOUT_SECONDS, TIMEOUT_SECONDS),
                allow_redirects=False,
            ) as response:
                status: int | None = response.status_code
        except requests.RequestException:
            status = None
        seconds = time.perf_counter() - started
        outcome = str(status) if status is not None else "no answer"
        detail = {"webhook_id": delivery.headers["X-Shopify-Webhook-Id"], "attempt": delivery.attempt}
        self._calls.record(f"webhook.{delivery.topic}", seconds, outcome, detail=detail)
        with self._changed:
            self.statistics.sent += 1
            self.statistics.statuses[outcome] += 1
            self.statistics.seconds.append(seconds)
        return status

    def _settle(self, how: str) -> None:
        with self._changed:
            setattr(self.statistics, how, getattr(self.statistics, how) + 1)
            self._open -= 1
            self._changed.notify_all()
