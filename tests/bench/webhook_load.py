"""Drives a gateway with signed webhooks from a process of its own, over connections that stay open."""

from __future__ import annotations

import asyncio
import hmac
import itertools
import json
import subprocess
import sys
import time
from base64 import b64encode
from dataclasses import asdict, dataclass
from typing import cast

import uvloop

SECRET = b"bench-secret"
SHOP = "acme.myshopify.com"
BODY_BYTES = 12 * 1024
FIRST_ID = 5_000_000_000_000


@dataclass
class Load:
    """What came of it: accepted per second after the warm-up, how long each took, how many were not 200."""

    per_second: float
    p50_ms: float
    p99_ms: float
    refused: int


def drive(port: int, *, connections: int, seconds: float, warm_up: float, rate: float | None) -> Load:
    """Flat out when `rate` is None (each connection waits for its answer), else `rate` a second on a fixed schedule.

    On a schedule a latency counts from the moment the request was due, not from when it could at last be sent.
    """
    arguments = [str(value) for value in (port, connections, seconds, warm_up, rate or 0)]
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.webhook_load", *arguments],
        check=True,
        stdout=subprocess.PIPE,
        timeout=seconds + warm_up + 60,
    )
    return Load(**json.loads(done.stdout))


class Webhooks:
    """Signed requests, each for a new order; only the end of the body changes, so only that is hashed anew."""

    def __init__(self) -> None:
        head = json.dumps({"name": "#1001", "updated_at": "2026-11-23T07:00:00-05:00", **_filling()})[:-1]
        self._head = head.encode()
        self._hash = hmac.new(SECRET, self._head, "sha256")
        # Each run its own orders: a repeat would find its records there already.
        self._numbers = itertools.count(FIRST_ID + int(time.time() * 1000) % 10**10 * 10**6)

    def next(self) -> bytes:
        number = next(self._numbers)
        tail = b', "id": %d, "admin_graphql_api_id": "gid://shopify/Order/%d"}' % (number, number)
        signature = self._hash.copy()
        signature.update(tail)
        return b"".join(
            (
                b"POST /webhooks/shopify HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\n",
                b"X-Shopify-Topic: orders/create\r\nX-Shopify-Shop-Domain: " + SHOP.encode(),
                b"\r\nX-Shopify-API-Version: 2026-10\r\nX-Shopify-Webhook-Id: b54557e4-%d" % number,
                b"\r\nX-Shopify-Hmac-Sha256: " + b64encode(signature.digest()),
                b"\r\nContent-Length: %d\r\n\r\n" % (len(self._head) + len(tail)),
                self._head,
                tail,
            )
        )


def _filling() -> dict[str, object]:
    """Lines as Shopify writes them, until the body has its size."""
    money = {"shop_money": {"amount": "199.00", "currency_code": "EUR"}}
    line = {
        "id": 866550311766439020,
        "admin_graphql_api_id": "gid://shopify/LineItem/866550311766439020",
        "current_quantity": 1,
        "fulfillable_quantity": 1,
        "name": "IPod Nano - 8GB",
        "price": "199.00",
        "price_set": money,
        "product_exists": True,
        "properties": [],
        "sku": "IPOD2008PINK",
        "tax_lines": [{"price": "3.98", "price_set": money, "rate": 0.06, "title": "State Tax"}],
        "title": "IPod Nano - 8GB",
        "variant_id": 808950810,
    }
    lines: list[object] = []
    while len(json.dumps(lines)) < BODY_BYTES - 700:
        lines.append(line)
    return {"email": "jon@example.com", "currency": "EUR", "line_items": lines}


class Connection(asyncio.Protocol):
    """One request at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._received = b""
        self._answer: asyncio.Future[int] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one, though not by its class

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, body = self._received.partition(b"\r\n\r\n")
        if not end or self._answer is None:
            return
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        if len(body) >= length and not self._answer.done():
            self._received = b""
            self._answer.set_result(int(head[9:12]))

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(0)

    async def send(self, request: bytes) -> int:
        """The status of its answer; 0 when the connection broke."""
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer


class Driver:
    def __init__(self, port: int, warm_up: float, seconds: float) -> None:
        self._port = port
        self._webhooks = Webhooks()
        self._from = time.perf_counter() + warm_up
        self._until = self._from + seconds
        self._seconds = seconds
        self._latencies: list[float] = []
        self._refused = 0

    async def run(self, connections: int, rate: float) -> Load:
        loop = asyncio.get_running_loop()
        made = [(await loop.create_connection(Connection, "127.0.0.1", self._port))[1] for _ in range(connections)]
        if rate:
            gap = connections / rate
            start = time.perf_counter()
            await asyncio.gather(
                *(self._paced(each, start + gap * n / connections, gap) for n, each in enumerate(made))
            )
        else:
            await asyncio.gather(*(self._flat_out(each) for each in made))
        taken = sorted(self._latencies)
        return Load(
            per_second=len(taken) / self._seconds,
            p50_ms=taken[len(taken) // 2] * 1000,
            p99_ms=taken[int(len(taken) * 0.99)] * 1000,
            refused=self._refused,
        )

    async def _flat_out(self, connection: Connection) -> None:
        while (began := time.perf_counter()) < self._until:
            self._count(began, await connection.send(self._webhooks.next()))

    async def _paced(self, connection: Connection, due: float, gap: float) -> None:
        while due < self._until:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            self._count(due, await connection.send(self._webhooks.next()))
            due += gap

    def _count(self, began: float, status: int) -> None:
        ended = time.perf_counter()
        if status != 200:
            self._refused += 1
        elif self._from <= ended < self._until:
            self._latencies.append(ended - began)


def main() -> None:
    port, connections, seconds, warm_up, rate = (float(value) for value in sys.argv[1:])

    async def run() -> Load:
        return await Driver(int(port), warm_up, seconds).run(int(connections), rate)

    print(json.dumps(asdict(uvloop.run(run()))))


if __name__ == "__main__":
    main()
