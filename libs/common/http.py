"""HTTP that cannot hang and whose failures say whether the request may have arrived.

Shared by the Shopify and the Odoo client, which may not know each other. `requests` bounds only the
silence between two bytes: a server that drips one byte a minute would hold a worker forever
(FAULTS.md F29). The adapter here bounds the whole body by a deadline as well.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies

CHUNK_BYTES = 65536
MAX_BODY_BYTES = 64 * 1024 * 1024
TITLE = re.compile(rb"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
TITLE_LENGTH = 120


class Trouble(Enum):
    """What went wrong on the way."""

    UNREACHABLE = "unreachable"
    """Nothing listens there, its name is unknown, or TLS failed: the request was never sent."""
    TIMED_OUT = "timed_out"
    """Sent, and no complete answer in time: it may have been carried out."""
    BROKEN = "broken"
    """The connection broke after it stood: it may have been carried out."""


class DeadlineAdapter(HTTPAdapter):
    """Reads every body at once, within `total_seconds` from the moment of sending."""

    def __init__(self, total_seconds: float, pool_size: int) -> None:
        self._total_seconds = total_seconds
        super().__init__(pool_connections=1, pool_maxsize=pool_size, max_retries=0)

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        deadline = time.monotonic() + self._total_seconds
        response = super().send(request, *args, **kwargs)
        try:
            content = _read(response, deadline, request)
        except BaseException:
            response.close()
            raise
        # These two are what `Response.content` itself sets; requests has no public way to give it a body.
        response._content = content  # noqa: SLF001 - see above
        response._content_consumed = True  # type: ignore[attr-defined]  # noqa: SLF001 - see above
        response.raw.release_conn()
        return response


def _read(response: requests.Response, deadline: float, request: requests.PreparedRequest) -> bytes:
    """The whole body; raises the exceptions of `requests` and nothing else."""
    parts: list[bytes] = []
    size = 0
    try:
        # read1 gives what has arrived: the clock is looked at after every packet, not after every 64 KiB.
        while part := response.raw.read1(CHUNK_BYTES, decode_content=True):
            parts.append(part)
            size += len(part)
            if size > MAX_BODY_BYTES:
                raise requests.exceptions.ContentDecodingError("the answer is too large", request=request)
            if time.monotonic() > deadline:
                raise requests.exceptions.ReadTimeout("the answer took too long", request=request)
    except requests.RequestException:  # an OSError itself, so it must not reach the last clause
        raise
    except urllib3.exceptions.ReadTimeoutError as error:
        raise requests.exceptions.ReadTimeout(error, request=request) from error
    except urllib3.exceptions.DecodeError as error:
        raise requests.exceptions.ContentDecodingError(error, request=request) from error
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise requests.exceptions.ChunkedEncodingError(error, request=request) from error
    return b"".join(parts)


def open_session(base_url: str, *, total_seconds: float, pool_size: int = 16) -> requests.Session:
    """A keep-alive session that several threads may share: it keeps no cookies and nothing changes on it later.

    The proxy and the certificate settings of the environment are read once, here: asking them anew for
    every request costs more than the request.
    """
    session = requests.Session()
    session.trust_env = False
    session.proxies.update(get_environ_proxies(base_url))
    session.verify = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    adapter = DeadlineAdapter(total_seconds, pool_size)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session


def trouble_of(error: BaseException) -> Trouble:
    """Which trouble an exception of `requests` tells of; look through wrappers (gql's) before."""
    if isinstance(error, (requests.exceptions.ConnectTimeout, requests.exceptions.SSLError)):
        return Trouble.UNREACHABLE
    if isinstance(error, requests.exceptions.Timeout):
        return Trouble.TIMED_OUT
    if isinstance(error, requests.exceptions.ProxyError):
        return Trouble.UNREACHABLE
    if isinstance(error, requests.exceptions.ConnectionError) and error.args:
        reason = getattr(error.args[0], "reason", error.args[0])
        if isinstance(reason, (urllib3.exceptions.NewConnectionError, urllib3.exceptions.NameResolutionError)):
            return Trouble.UNREACHABLE
    invalid = (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema, requests.exceptions.MissingSchema)
    return Trouble.UNREACHABLE if isinstance(error, invalid) else Trouble.BROKEN


def page_title(body: bytes) -> str:
    """The title of an HTML page, or "" : enough to tell a maintenance page, and nothing personal in it."""
    found = TITLE.search(body[:CHUNK_BYTES])
    return " ".join(found.group(1).decode("utf-8", "replace").split())[:TITLE_LENGTH] if found else ""


def describe_body(body: bytes, content_type: str) -> str:
    """What stands in the place of JSON, in a few words: never the body itself."""
    kind = content_type.partition(";")[0].strip() or "no content type"
    title = page_title(body)
    return f"{kind}, {len(body)} bytes" + (f", titled “{title}”" if title else "")


def retry_after_seconds(headers: Mapping[str, str], *, default: float, maximum: float = 3600.0) -> float:
    """`Retry-After` in seconds, given as a number or as a date; `default` when absent or unreadable."""
    value = headers.get("Retry-After", "").strip()
    try:
        seconds = float(value)
    except ValueError:
        try:
            when = parsedate_to_datetime(value)
        except ValueError:
            return default
        seconds = (when.replace(tzinfo=when.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    return min(max(seconds, 0.0), maximum) if seconds == seconds else default  # noqa: PLR0124 - NaN is not itself
