"""From what Odoo (or whatever stands before it) answered to the failure that says what to do.

Odoo answers errors with HTTP 200 and an `error.code` that differs between versions, so only
`error.data.name`, the name of the Python exception, decides. An error in an envelope means that the
transaction was rolled back: nothing of the call was applied.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import requests

from libs.common.errors import Ambiguous, CredentialsRefused, Failure, Outage, RateLimited, Rejected, Transient
from libs.common.http import Trouble, describe_body, retry_after_seconds, trouble_of

ACCESS_DENIED = "access_denied"
SERIALIZATION = "serialization"
MISSING_RECORD = "missing_record"
INCOMPATIBLE = "odoo_incompatible"
TOO_LARGE = "too_large"
MESSAGE_LENGTH = 2000

#: Words of PostgreSQL and Odoo for a lost race: the same call works a moment later.
_RACE = re.compile(
    r"could not serialize access|current transaction is aborted|deadlock detected|could not obtain lock"
    r"|concurrent(?:ly)? (?:update|delete)|ir_model_data_module_name_uniq|SerializationFailure|DeadlockDetected"
    r"|LockNotAvailable|InFailedSqlTransaction|canceling statement due to lock timeout|tuple concurrently",
    re.IGNORECASE,
)
_ACCESS = re.compile(r"You are not allowed to \w+ '|doesn't have '\w+' access to|top-secret records")
_RACE_NAMES = frozenset(
    {
        "psycopg2.errors.SerializationFailure",
        "psycopg2.errors.DeadlockDetected",
        "psycopg2.errors.LockNotAvailable",
        "psycopg2.errors.InFailedSqlTransaction",
        "psycopg2.extensions.TransactionRollbackError",
        "odoo.exceptions.LockError",
        "odoo.exceptions.ConcurrencyError",
    }
)
_RULES = frozenset(
    {
        "odoo.exceptions.UserError",
        "odoo.exceptions.ValidationError",
        "odoo.exceptions.RedirectWarning",
        "odoo.exceptions.Warning",
        "odoo.exceptions.except_orm",
    }
)
_INCOMPATIBLE = frozenset(
    f"builtins.{name}"
    for name in ("ValueError", "KeyError", "TypeError", "AttributeError", "NameError", "IndexError", "AssertionError")
)


@dataclass(eq=False)
class RowRefused(Rejected):
    """`load` refused a batch because of some of its records; none of it was applied.

    `record` is the first record to blame, counted from 0 among the records of the call (not its rows);
    `records` are all of them. Both are empty when Odoo blamed none: then halve the batch.
    """

    code: str = "row_refused"
    record: int | None = None
    records: tuple[int, ...] = ()
    field_name: str = ""
    messages: tuple[str, ...] = field(default=())


def is_access(text: str) -> bool:
    """Whether Odoo's words (in English) tell of a missing right; `load` gives them as a row's error."""
    return bool(_ACCESS.search(text))


def is_race(text: str) -> bool:
    """Whether Odoo's words tell of a lost race rather than of bad data."""
    return bool(_RACE.search(text))


def failure_from_envelope(error: Any, name: str, *, write: bool) -> Failure:
    """From the `error` of a JSON-RPC answer."""
    data = error.get("data") if isinstance(error, dict) else None
    data = data if isinstance(data, dict) else {}
    kind = str(data.get("name") or "")
    words = str(data.get("message") or (error.get("message") if isinstance(error, dict) else "") or kind).strip()
    words = words[:MESSAGE_LENGTH]
    details = {"call": name, "exception": kind}
    if kind in _RACE_NAMES or (kind.startswith("psycopg2.") and is_race(words)):
        return Transient(f"{name}: {words}", "odoo", SERIALIZATION, details=details)
    if kind in {"odoo.exceptions.AccessDenied", "odoo.http.SessionExpiredException"}:
        return credentials_refused(name, details)
    if kind.startswith("psycopg2."):
        return _database_failure(words, name, write=write, details=details)
    return _rule_failure(kind, words, name, details)


def credentials_refused(name: str, details: dict[str, Any]) -> CredentialsRefused:
    return CredentialsRefused(
        f"{name}: Odoo refused the login or the API key",
        "odoo",
        ACCESS_DENIED,
        "check the login, and renew the API key in Odoo under Preferences, Account Security",
        details,
    )


def access_refused(message: str, details: dict[str, Any]) -> Rejected:
    hint = "give the Odoo user of this store the right that the message names, in its company"
    return Rejected(message, "odoo", "access", hint, details)


def _database_failure(words: str, name: str, *, write: bool, details: dict[str, Any]) -> Failure:
    if "does not exist" in words and "database" in words:
        return CredentialsRefused(
            f"{name}: {words}", "odoo", "database_missing", "check the name of the Odoo database", details
        )
    if "connection to server" in words or "could not connect" in words or "too many" in words:
        return Outage(f"{name}: Odoo cannot reach its database: {words}", "odoo", "database_down", details=details)
    if details["exception"].startswith(("psycopg2.errors.", "psycopg2.IntegrityError", "psycopg2.DataError")):
        if details["exception"].endswith(("AdminShutdown", "CrashShutdown", "QueryCanceled")):
            return Outage(f"{name}: {words}", "odoo", "database_down", details=details)
        return Rejected(f"{name}: {words}", "odoo", "database_rule", details=details)
    if write:  # its database went away in the middle: perhaps in the very moment of the commit
        return Ambiguous(f"{name}: {words}", "odoo", details=details)
    return Transient(f"{name}: {words}", "odoo", "database_down", details=details)


def _rule_failure(kind: str, words: str, name: str, details: dict[str, Any]) -> Failure:
    if kind == "odoo.exceptions.AccessError":
        if "unauthorized or invalid companies" in words:  # no record is to blame: nothing of this store works
            hint = "allow the store's company to its Odoo user, or correct company_id in the store"
            return CredentialsRefused(f"{name}: {words}", "odoo", "company_refused", hint, details)
        return access_refused(f"{name}: {words}", details)
    if kind == "odoo.exceptions.MissingError":
        return Rejected(f"{name}: {words}", "odoo", MISSING_RECORD, "somebody deleted it in Odoo", details)
    if kind in _RULES:
        if re.fullmatch(r"Object \S+ doesn't exist", words):
            hint = "install the Odoo app that brings this model"
            return Rejected(f"{name}: {words}", "odoo", INCOMPATIBLE, hint, details)
        return Rejected(words or name, "odoo", "odoo_refused", "Odoo's own words; correct it there", details)
    if kind in _INCOMPATIBLE:
        hint = "this Odoo differs from what Tandem knows: a version or a custom module; please report it"
        return Rejected(f"{name}: {kind}: {words}", "odoo", INCOMPATIBLE, hint, details)
    return Transient(f"{name}: {kind or 'error'}: {words}", "odoo", "odoo_unexpected", details=details)


def failure_from_trouble(error: BaseException, name: str, *, write: bool, base_url: str) -> Failure:
    """From an exception of `requests`: no answer at all, or not the whole of one."""
    trouble = trouble_of(error)
    details = {"call": name, "error": type(error).__name__}
    if trouble is Trouble.UNREACHABLE:
        hint = "check that Odoo runs and that its address in the store is right"
        return Outage(f"{name}: {base_url} cannot be reached", "odoo", "unreachable", hint, details)
    what = "gave no answer in time" if trouble is Trouble.TIMED_OUT else "broke the connection"
    if write:
        return Ambiguous(f"{name}: Odoo {what}; the call may have been carried out", "odoo", details=details)
    return Transient(f"{name}: Odoo {what}", "odoo", trouble.value, details=details)


def failure_from_response(response: requests.Response, name: str, *, write: bool, base_url: str) -> Failure:
    """From an HTTP answer that is no JSON-RPC envelope."""
    status = response.status_code
    body = describe_body(response.content, response.headers.get("Content-Type", ""))
    message = f"{name}: HTTP {status} ({body})"
    details = {"call": name, "status": status}
    by_status = _FIXED.get(status)
    if by_status is not None:
        kind, code, hint = by_status
        return kind(message, "odoo", code, hint, details)
    if status in {429, 503}:
        seconds = retry_after_seconds(response.headers, default=0.0)
        if status == requests.codes.too_many or seconds:
            return RateLimited(message, "odoo", details=details, after_seconds=max(seconds, 1.0))
        return Outage(message, "odoo", "unavailable", details=details)
    if 300 <= status < 400:  # noqa: PLR2004 - the HTTP redirects
        target = response.headers.get("Location", "")
        hint = f"{base_url} redirects to {target.split('?')[0]}: put Odoo's final address into the store"
        return Outage(message, "odoo", "redirected", hint, details)
    if 400 <= status < 500:  # noqa: PLR2004 - refused before Odoo ran anything
        return Rejected(message, "odoo", "http_refused", details=details)
    # 200 with something else, or a 5xx of a proxy that gave up waiting: Odoo may have done it all the same.
    if write:
        return Ambiguous(f"{message}; the call may have been carried out", "odoo", details=details)
    return Transient(message, "odoo", "no_json", details=details)


_NOT_ODOO = "no Odoo with JSON-RPC answers there: check the address, without any path such as /web or /odoo"
_PROXY = "something before Odoo asks for its own login: let this machine through"
_FIXED: dict[int, tuple[type[Failure], str, str]] = {
    401: (CredentialsRefused, "proxy_login", _PROXY),
    403: (CredentialsRefused, "proxy_login", _PROXY),
    404: (Outage, "not_odoo", _NOT_ODOO),
    405: (Outage, "not_odoo", _NOT_ODOO),
    407: (CredentialsRefused, "proxy_login", _PROXY),
    413: (Rejected, TOO_LARGE, "a smaller batch, or a larger body limit in the proxy before Odoo"),
}
