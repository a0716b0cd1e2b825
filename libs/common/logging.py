"""Logs: one JSON object a line (or a console line), on standard error, without personal data or secrets.

`configure("gateway", settings)` once per process; then `structlog.get_logger()` anywhere. Libraries that log
through the standard library (uvicorn, kombu, pika, dramatiq, pymongo) go the same way and are masked alike.
"""

from __future__ import annotations

import logging
import re
import sys
import threading
import time
from collections.abc import Callable
from typing import IO, Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from libs.common.settings import CommonSettings

MASK = "***"
MAXIMUM_DEPTH = 6
#: A key with one of these words in it (`customer_email`, `shippingAddress`) has its value masked …
SENSITIVE_WORDS = frozenset(
    (
        "email",
        "mail",
        "phone",
        "address",
        "token",
        "secret",
        "password",
        "passwd",
        "authorization",
        "credential",
        "credentials",
        "key",
        "hmac",
        "signature",
        "cookie",
        "customer",
        "login",
        "body",
        "payload",
        "headers",
        "note",
        "street",
        "company",
    )
)
#: … and so has a key that is one of these.
SENSITIVE_KEYS = frozenset(["name", "first_name", "last_name", "full_name", "city", "zip", "province"])
#: A word above that is harmless here: an id, a number of something, a name of our own.
HARMLESS_KEYS = frozenset({"routing_key"})
HARMLESS_ENDINGS = ("_id", "_ids", "_count", "_seconds", "_bytes")
QUIET_LIBRARIES = (
    "pymongo",
    "kombu",
    "amqp",
    "pika",
    "dramatiq",
    "apscheduler",
    "gql",
    "urllib3",
    "asyncio",
    "uvicorn",
)

_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
_URL_PASSWORD = re.compile(r"(?<=://)[^/@\s]*:[^@\s]*@")


def _is_sensitive(key: str) -> bool:
    lower = key.lower()
    if lower in HARMLESS_KEYS or lower.endswith(HARMLESS_ENDINGS):
        return False
    return lower in SENSITIVE_KEYS or any(word.lower() in SENSITIVE_WORDS for word in _WORDS.findall(key))


def mask_text(text: str) -> str:
    """Text without e-mail addresses and without the user and password of URLs."""
    if "@" not in text:
        return text
    return _EMAIL.sub(MASK, _URL_PASSWORD.sub(MASK + "@", text))


def _masked(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return mask_text(value)
    if isinstance(value, bytes | bytearray):
        return f"{len(value)} bytes"
    if isinstance(value, int | float | type(None)):
        return value
    if depth >= MAXIMUM_DEPTH:
        return MASK
    if isinstance(value, dict):
        return {
            str(key): MASK if each and _is_sensitive(str(key)) else _masked(each, depth + 1)
            for key, each in value.items()
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked(each, depth + 1) for each in value]
    return mask_text(str(value))


def mask_personal_data(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Mask whatever a key or the look of a value gives away as personal or secret."""
    for key, value in event.items():
        if key == "exc_info" or key.startswith("_"):
            continue
        event[key] = MASK if value and _is_sensitive(key) else _masked(value, 0)
    return event


def _naming(service: str) -> Processor:
    def add_service(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event["service"] = service
        return event

    return add_service


def configure(service: str, settings: CommonSettings, *, stream: IO[str] | None = None) -> None:
    """Send all logs of this process to `stream` (standard error) in the settings' format and from their level on."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _naming(service),
        structlog.processors.format_exc_info,
        mask_personal_data,
    ]
    renderer: Processor = (
        structlog.processors.JSONRenderer(default=str)
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared[:-2], structlog.stdlib.add_logger_name, *shared[-2:]],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    level = getattr(logging, settings.log_level.upper())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for library in QUIET_LIBRARIES:
        # Their informational lines repeat what ours say; at debug they are let through.
        logger = logging.getLogger(library)
        logger.handlers.clear()
        logger.propagate = True
        logger.setLevel(level if level == logging.DEBUG else max(level, logging.WARNING))
    logging.captureWarnings(capture=True)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


class Seldom:
    """Lets one line per key and `seconds` through and counts the rest, so that a flood of faults is no flood of logs.

    `seldom.count("bad_signature")` is None while a line of that key is held back, else how many were since the last.
    """

    def __init__(self, seconds: float = 1.0, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._state: dict[str, tuple[float, int]] = {}

    def count(self, key: str) -> int | None:
        now = self._monotonic()
        with self._lock:
            last, held_back = self._state.get(key, (float("-inf"), 0))
            if now - last < self._seconds:
                self._state[key] = (last, held_back + 1)
                return None
            self._state[key] = (now, 0)
            return held_back + 1
