"""One webhook: measured, verified on its raw bytes, read for the hint in it, recorded, and only then acknowledged.

A plain ASGI application: every request passes here, so there is no more around it than it needs.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass

import structlog
from starlette.types import Receive, Scope, Send

from libs.common.errors import LedgerUnavailable
from libs.common.ledger.model import Recorded
from libs.common.logging import Seldom
from libs.common.settings import GatewaySettings
from services.webhook_gateway.body import GoneAway, TooLarge, TooSlow, announced_length, read_body
from services.webhook_gateway.metrics import Metrics
from services.webhook_gateway.recorder import Recorder
from services.webhook_gateway.shops import Shop, Shops
from services.webhook_gateway.signature import is_signed
from services.webhook_gateway.topics import ENTITY_BY_TOPIC, UnreadableBody, read_hint

_log = structlog.get_logger(__name__)

RETRY_AFTER_SECONDS = 5
LEAST_ACK_SECONDS = 0.2
REFRESH_SECONDS = 1.0
DOMAIN_LENGTH = 255
TOPICS_COUNTED = 100
_TOPIC = b"x-shopify-topic"
_SIGNATURE = b"x-shopify-hmac-sha256"
_SHOP = b"x-shopify-shop-domain"
_DELIVERY = b"x-shopify-webhook-id"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the sender gets. `outcome` is the word for metrics and logs; the body says no more than `text`."""

    status: int
    outcome: str
    text: str = ""
    close: bool = False
    """The rest of the body is not read: the connection cannot be used again."""

    def headers(self) -> list[tuple[bytes, bytes]]:
        headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(self.text)).encode())]
        if self.status == 503:  # noqa: PLR2004 - the status code of "come back later"
            headers.append((b"retry-after", str(RETRY_AFTER_SECONDS).encode()))
        if self.close:
            headers.append((b"connection", b"close"))
        return headers


UNKNOWN_SHOP = Answer(401, "unknown_shop", "not signed by a known shop", close=True)
NOT_SIGNED = Answer(401, "not_signed", "not signed by a known shop", close=True)
BAD_SIGNATURE = Answer(401, "bad_signature", "not signed by a known shop")
TOO_LARGE = Answer(413, "too_large", "body too large", close=True)
TOO_SLOW = Answer(408, "too_slow", "body too slow", close=True)
GONE = Answer(400, "gone", close=True)
EMPTY = Answer(400, "empty", "body is empty")
UNHANDLED = Answer(200, "unhandled")
LEDGER_AWAY = Answer(503, "ledger_unavailable", "try again")
RECORDED = {recorded: Answer(200, recorded.value) for recorded in Recorded}
BROKEN = Answer(500, "error", "internal error", close=True)


class Webhooks:
    """The ASGI application behind `POST /webhooks/shopify`."""

    def __init__(self, shops: Shops, recorder: Recorder, metrics: Metrics, settings: GatewaySettings) -> None:
        self._shops = shops
        self._recorder = recorder
        self._metrics = metrics
        self._settings = settings
        self._seldom = Seldom()
        self._unhandled_topics: set[str] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = time.monotonic()
        headers: dict[bytes, bytes] = dict(scope["headers"])  # ASGI: names in lower case
        try:
            answer = await self._answer(headers, receive, began)
        except (LedgerUnavailable, TimeoutError):
            answer = LEDGER_AWAY
        except Exception as error:  # noqa: BLE001 - whatever it is, neither the sender nor the log sees its content
            _log.error("webhook_failed", error=type(error).__name__, delivery_id=_delivery(headers))
            answer = BROKEN
        self._metrics.webhooks.labels(answer.outcome).inc()
        if answer.status >= 400:  # noqa: PLR2004 - refusals begin here
            self._tell(answer, headers)
        await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers()})
        await send({"type": "http.response.body", "body": answer.text.encode()})

    async def _answer(self, headers: dict[bytes, bytes], receive: Receive, began: float) -> Answer:
        settings = self._settings
        signature = headers.get(_SIGNATURE, b"").strip()
        if not signature:
            return NOT_SIGNED
        if announced_length(headers.get(b"content-length")) > settings.body_limit_bytes:
            return TOO_LARGE
        domain = headers.get(_SHOP, b"").decode("latin-1").strip()[:DOMAIN_LENGTH]
        shop = self._shops.known(domain)
        if shop is None:
            async with asyncio.timeout(settings.ack_seconds):
                shop = await self._shops.find(domain)
        if shop is None:
            return UNKNOWN_SHOP
        try:
            body = await read_body(receive, limit_bytes=settings.body_limit_bytes, seconds=settings.body_seconds)
        except TooLarge:
            return TOO_LARGE
        except TooSlow:
            return TOO_SLOW
        except GoneAway:
            return GONE
        if not await self._is_signed(domain, shop, body, signature):
            return BAD_SIGNATURE
        return await self._record(headers, shop, body, began)

    async def _is_signed(self, domain: str, shop: Shop, body: bytes, signature: bytes) -> bool:
        if is_signed(body, signature, shop.secrets):
            return True
        # Perhaps the secret was rotated since the store was read.
        with contextlib.suppress(LedgerUnavailable, TimeoutError):
            async with asyncio.timeout(REFRESH_SECONDS):
                await self._shops.refresh()
                again = await self._shops.find(domain)
            if again is not None and again.secrets != shop.secrets:
                return is_signed(body, signature, again.secrets)
        return False

    async def _record(self, headers: dict[bytes, bytes], shop: Shop, body: bytes, began: float) -> Answer:
        if not body:
            return EMPTY
        topic = headers.get(_TOPIC, b"").decode("latin-1").strip().lower()
        if topic not in ENTITY_BY_TOPIC:
            self._count_unhandled(topic)
            return UNHANDLED
        try:
            hint = read_hint(body, store=shop.slug, topic=topic, delivery_id=_delivery(headers))
        except UnreadableBody as error:
            return Answer(400, "unreadable", f"body {error}")
        left = self._settings.ack_seconds - (time.monotonic() - began)
        return RECORDED[await self._recorder.record(hint, seconds=max(left, LEAST_ACK_SECONDS))]

    def _count_unhandled(self, topic: str) -> None:
        # The sender chooses the topic: a bound keeps the number of time series down.
        if topic not in self._unhandled_topics:
            if len(self._unhandled_topics) >= TOPICS_COUNTED or len(topic) > DOMAIN_LENGTH:
                topic = "other"
            self._unhandled_topics.add(topic)
        self._metrics.unhandled.labels(topic).inc()

    def _tell(self, answer: Answer, headers: dict[bytes, bytes]) -> None:
        if (times := self._seldom.count(answer.outcome)) is not None:
            _log.warning(
                "webhook_refused",
                outcome=answer.outcome,
                status=answer.status,
                shop=headers.get(_SHOP, b"").decode("latin-1")[:DOMAIN_LENGTH],
                topic=headers.get(_TOPIC, b"").decode("latin-1")[:DOMAIN_LENGTH],
                delivery_id=_delivery(headers),
                times=times,
            )


def _delivery(headers: dict[bytes, bytes]) -> str | None:
    value = headers.get(_DELIVERY)
    return value.decode("latin-1").strip() if value is not None else None
