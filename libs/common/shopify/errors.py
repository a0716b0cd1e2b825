"""From what Shopify answered to the failure that says what to do.

Errors come inside HTTP 200 as often as with a status, and together with part of the data: any error at
all fails the whole call, so that a missing part is never taken for an empty one (FAULTS.md F26).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import requests

from libs.common.errors import Ambiguous, CredentialsRefused, Failure, Outage, RateLimited, Rejected, Transient
from libs.common.http import Trouble, describe_body, retry_after_seconds, trouble_of

GRAPHQL_INVALID = "graphql_invalid"
MISSING_SCOPE = "missing_scope"
MESSAGE_LENGTH = 1000
DEFAULT_RESTORE_RATE = 50.0
#: Shopify asks for at least a second after a refusal.
LEAST_WAIT_SECONDS = 1.0

_SCOPE = re.compile(r"\b(?:read|write)_[a-z_]+\b")
_OURS = frozenset({"INTERNAL_SERVER_ERROR", "INTERNAL_ERROR", "SERVICE_UNAVAILABLE", "TIMEOUT", "REQUEST_TIMEOUT"})


@dataclass(eq=False)
class QueryTooExpensive(Rejected):
    """One query may not cost this much: ask for fewer records at once."""

    code: str = "max_cost_exceeded"
    cost: float = 0.0
    max_cost: float = 1000.0


@dataclass(frozen=True, slots=True)
class Throttle:
    """`extensions.cost` of an answer: what the query cost and what is left in the bucket, in points."""

    requested: float
    actual: float | None
    available: float
    maximum: float
    rate: float
    """Points that come back each second."""


def throttle_of(extensions: Any) -> Throttle | None:
    """None when the answer tells nothing (or nonsense)."""
    cost = extensions.get("cost") if isinstance(extensions, Mapping) else None
    status = cost.get("throttleStatus") if isinstance(cost, Mapping) else None
    if not isinstance(cost, Mapping) or not isinstance(status, Mapping):
        return None
    try:
        actual = cost.get("actualQueryCost")
        return Throttle(
            requested=float(cost.get("requestedQueryCost") or 0),
            actual=None if actual is None else float(actual),
            available=float(status["currentlyAvailable"]),
            maximum=float(status["maximumAvailable"]),
            rate=float(status["restoreRate"]) or DEFAULT_RESTORE_RATE,
        )
    except (KeyError, TypeError, ValueError):
        return None


def failure_from_errors(errors: Sequence[Any], data: Any, extensions: Any, name: str, *, mutation: bool) -> Failure:
    """From the `errors` of a GraphQL answer; the most telling of several decides."""
    by_code = {_code(error): error for error in reversed(errors)}
    words = "; ".join(_words(error) for error in errors)[:MESSAGE_LENGTH]
    details: dict[str, Any] = {"call": name, "codes": sorted(code for code in by_code if code)}
    if "THROTTLED" in by_code:
        return _throttled(extensions, name, details)
    if "MAX_COST_EXCEEDED" in by_code:
        return _too_expensive(by_code["MAX_COST_EXCEEDED"], name, words, details)
    if "ACCESS_DENIED" in by_code:
        return _access_denied(words, name, details)
    if "SHOP_INACTIVE" in by_code:
        return Outage(f"{name}: {words}", "shopify", "shop_inactive", "the shop is closed or frozen", details)
    # Data beside the errors, be it all null: the query was sound, and carrying it out went wrong.
    partial = data is not None
    if partial or not _OURS.isdisjoint(by_code):
        if mutation:
            return Ambiguous(f"{name}: {words}", "shopify", details=details)
        code = "graphql_partial" if partial else "graphql_error"
        return Transient(f"{name}: {words}", "shopify", code, details=details)
    hint = "Tandem's query does not fit this API version; please report it"
    return Rejected(f"{name}: {words}", "shopify", GRAPHQL_INVALID, hint, details)


def _throttled(extensions: Any, name: str, details: dict[str, Any]) -> RateLimited:
    throttle = throttle_of(extensions)
    wait = LEAST_WAIT_SECONDS
    if throttle is not None:
        wait = max(wait, (min(throttle.requested, throttle.maximum) - throttle.available) / throttle.rate)
    return RateLimited(f"{name}: throttled", "shopify", details=details, after_seconds=wait)


def _too_expensive(error: Any, name: str, words: str, details: dict[str, Any]) -> QueryTooExpensive:
    told = error.get("extensions") or {}
    cost, max_cost = (_number(told.get(key), default) for key, default in (("cost", 0.0), ("maxCost", 1000.0)))
    first_sentence = words.partition("\n")[0]
    return QueryTooExpensive(f"{name}: {first_sentence}", "shopify", details=details, cost=cost, max_cost=max_cost)


def _number(value: Any, default: float) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return default


def _access_denied(words: str, name: str, details: dict[str, Any]) -> CredentialsRefused:
    """No single record is to blame, so the side pauses as a whole until somebody grants what is missing."""
    scopes = sorted(set(_SCOPE.findall(words)))
    hint = f"grant the app the scope {', '.join(scopes)}" if scopes else "grant the app the access that it asks for"
    return CredentialsRefused(f"{name}: {words}", "shopify", MISSING_SCOPE, hint, {**details, "scopes": scopes})


def _code(error: Any) -> str:
    extensions = error.get("extensions") if isinstance(error, Mapping) else None
    return str(extensions.get("code") or "") if isinstance(extensions, Mapping) else ""


def _words(error: Any) -> str:
    return str(error.get("message") or error) if isinstance(error, Mapping) else str(error)


def failure_from_trouble(error: BaseException, name: str, *, mutation: bool, base_url: str) -> Failure:
    """From an exception of `requests`: no answer at all, or not the whole of one."""
    trouble = trouble_of(error)
    details = {"call": name, "error": type(error).__name__}
    if trouble is Trouble.UNREACHABLE:
        hint = "check the network, and the shop's name in the store"
        return Outage(f"{name}: {base_url} cannot be reached", "shopify", "unreachable", hint, details)
    what = "gave no answer in time" if trouble is Trouble.TIMED_OUT else "broke the connection"
    if mutation:
        return Ambiguous(f"{name}: Shopify {what}; it may have been applied", "shopify", details=details)
    return Transient(f"{name}: Shopify {what}", "shopify", trouble.value, details=details)


def failure_from_response(response: requests.Response, name: str, *, mutation: bool, base_url: str) -> Failure:
    """From an HTTP answer that is not what GraphQL answers."""
    status = response.status_code
    words = _short_words(response)
    message = f"{name}: HTTP {status} ({words})"
    details = {"call": name, "status": status}
    fixed = _FIXED.get(status)
    if fixed is not None:
        kind, code, hint = fixed
        return kind(message, "shopify", code, hint, details)
    if status in {429, 430} or (status == requests.codes.unavailable and "Retry-After" in response.headers):
        seconds = max(retry_after_seconds(response.headers, default=2.0), LEAST_WAIT_SECONDS)
        return RateLimited(message, "shopify", details=details, after_seconds=seconds)
    if status == requests.codes.unavailable:
        return Outage(message, "shopify", "unavailable", details=details)
    if 300 <= status < 400:  # noqa: PLR2004 - the HTTP redirects
        hint = f"{base_url} redirects: put the shop's own name.myshopify.com into the store"
        return Outage(message, "shopify", "redirected", hint, details)
    if 400 <= status < 500:  # noqa: PLR2004 - understood and refused
        return Rejected(message, "shopify", "http_refused", details=details)
    if mutation:
        return Ambiguous(f"{message}; it may have been applied", "shopify", details=details)
    return Transient(message, "shopify", "no_graphql", details=details)


def _short_words(response: requests.Response) -> str:
    """Shopify's own sentence (`{"errors": "[API] Invalid API key …"}`), else what kind of body it is."""
    try:
        errors = json.loads(response.content)["errors"]
    except (ValueError, KeyError, TypeError):
        return describe_body(response.content, response.headers.get("Content-Type", ""))
    return errors[:MESSAGE_LENGTH] if isinstance(errors, str) else describe_body(response.content, "application/json")


def check_user_errors(payload: Any, name: str) -> None:
    """Raise Rejected when a mutation's payload has `userErrors`: which field, and Shopify's words for it.

    A payload that is no object was not applied as far as can be told: Ambiguous.
    """
    if not isinstance(payload, Mapping):
        raise Ambiguous(f"{name}: the answer has no payload", "shopify", details={"call": name})
    errors = [error for error in payload.get("userErrors") or () if isinstance(error, Mapping)]
    if not errors:
        return
    sentences = []
    for error in errors:
        field = ".".join(str(part) for part in error.get("field") or ())
        sentences.append(f"{field}: {error.get('message')}" if field else str(error.get("message")))
    listed = [{key: error.get(key) for key in ("field", "message", "code") if key in error} for error in errors]
    raise Rejected(
        f"{name}: {'; '.join(sentences)}"[:MESSAGE_LENGTH],
        "shopify",
        "user_errors",
        "Shopify's own words; correct it there or in Odoo",
        {"call": name, "user_errors": listed},
    )


_TOKEN = "renew the shop's access token in the store"  # noqa: S105 - a sentence
_NOT_THERE = "check the shop's name and the API version: nothing answers at this address"
_FIXED: dict[int, tuple[type[Failure], str, str]] = {
    401: (CredentialsRefused, "credentials_refused", _TOKEN),
    402: (Outage, "shop_frozen", "the shop's plan is unpaid: its owner must settle that with Shopify"),
    403: (CredentialsRefused, MISSING_SCOPE, "the token may be of a retired kind or lack a scope; renew it"),
    404: (Outage, "no_such_shop", _NOT_THERE),
    423: (Outage, "shop_locked", "Shopify has locked this shop: its owner must ask Shopify why"),
}
