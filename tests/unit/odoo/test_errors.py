"""Every way Odoo, or what stands before it, says no: which failure comes of it, for reads and for writes."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from libs.common.errors import Ambiguous, CredentialsRefused, Failure, Outage, RateLimited, Rejected, Transient
from libs.common.odoo.client import OdooClient
from libs.common.odoo.errors import failure_from_envelope
from tests.unit.http.scripted import Reply, Request, Scripted, reply, scripted, unused_port

EXCHANGES = Path(__file__).parents[4] / "shared" / "reference" / "odoo"
HTML = b"<html><head><title>Back soon</title></head><body>secret</body></html>"


def envelope(name: str, message: str = "words") -> dict[str, Any]:
    data = {"name": name, "message": message, "arguments": [message], "context": {}, "debug": ""}
    return {"code": 0, "message": "Odoo Server Error", "data": data}


def result(value: Any) -> Reply:
    return reply({"jsonrpc": "2.0", "id": 1, "result": value})


def error(name: str, message: str = "words") -> Reply:
    return reply({"jsonrpc": "2.0", "id": 1, "error": envelope(name, message)})


def client_of(server: Scripted, **options: Any) -> OdooClient:
    return OdooClient(server.url, "db", "login", "key", 1, sleep=lambda _: None, **options)


def after_login(*answers: Reply) -> Callable[[Request], Reply]:
    rest = iter(answers)

    def script(request: Request) -> Reply:
        return result(7) if request.json["params"]["service"] == "common" else next(rest)

    return script


def failure_of(answer: Reply, *, write: bool, **options: Any) -> Failure:
    with scripted(after_login(*itertools.repeat(answer, 8))) as server:
        client = client_of(server, **options)
        with pytest.raises(Failure) as caught:
            client.call("res.partner", "write", [[1], {}], write=write)
        client.close()
    assert caught.value.side == "odoo"
    return caught.value


@pytest.mark.parametrize(
    ("name", "message", "kind", "code"),
    [
        ("odoo.exceptions.AccessError", "no", Rejected, "access"),
        (
            "odoo.exceptions.AccessError",
            "Access to unauthorized or invalid companies.",
            CredentialsRefused,
            "company_refused",
        ),
        ("odoo.exceptions.MissingError", "gone", Rejected, "missing_record"),
        ("odoo.exceptions.ValidationError", "bad", Rejected, "odoo_refused"),
        ("odoo.exceptions.UserError", "no", Rejected, "odoo_refused"),
        ("odoo.exceptions.UserError", "Object no.such doesn't exist", Rejected, "odoo_incompatible"),
        ("odoo.exceptions.RedirectWarning", "make a warehouse", Rejected, "odoo_refused"),
        ("builtins.ValueError", "Invalid field", Rejected, "odoo_incompatible"),
        ("builtins.KeyError", "x", Rejected, "odoo_incompatible"),
        ("builtins.TypeError", "x", Rejected, "odoo_incompatible"),
        ("builtins.AttributeError", "x", Rejected, "odoo_incompatible"),
        ("psycopg2.OperationalError", 'FATAL:  database "x" does not exist', CredentialsRefused, "database_missing"),
        ("psycopg2.OperationalError", "connection to server at x failed", Outage, "database_down"),
        ("psycopg2.errors.AdminShutdown", "terminating connection", Outage, "database_down"),
        ("psycopg2.errors.CheckViolation", "violates", Rejected, "database_rule"),
        ("psycopg2.errors.SerializationFailure", "could not serialize access", Transient, "serialization"),
        ("psycopg2.errors.DeadlockDetected", "deadlock detected", Transient, "serialization"),
        ("odoo.exceptions.LockError", "locked", Transient, "serialization"),
        ("odoo.addons.custom.Oops", "unheard of", Transient, "odoo_unexpected"),
        ("", "", Transient, "odoo_unexpected"),
    ],
)
@pytest.mark.parametrize("write", [False, True])
def test_the_name_of_the_exception_decides(name: str, message: str, kind: type, code: str, write: bool) -> None:
    failure = failure_from_envelope(envelope(name, message), "res.partner.write", write=write)
    assert (type(failure), failure.code) == (kind, code)
    assert message in failure.message


def test_a_database_lost_in_mid_write_leaves_the_outcome_open() -> None:
    words = envelope("psycopg2.OperationalError", "server closed the connection unexpectedly")
    assert type(failure_from_envelope(words, "x", write=True)) is Ambiguous
    assert type(failure_from_envelope(words, "x", write=False)) is Transient


def test_a_malformed_error_is_still_a_failure() -> None:
    for broken in ("boom", {}, {"data": None}, {"data": "x", "message": "y"}, {"data": {"name": None}}):
        assert isinstance(failure_from_envelope(broken, "x", write=True), Transient)


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (301, Outage, "redirected"),
        (303, Outage, "redirected"),
        (400, Rejected, "http_refused"),
        (401, CredentialsRefused, "proxy_login"),
        (403, CredentialsRefused, "proxy_login"),
        (404, Outage, "not_odoo"),
        (413, Rejected, "too_large"),
        (415, Rejected, "http_refused"),
        (429, RateLimited, "rate_limited"),
        (503, Outage, "unavailable"),
    ],
)
def test_a_status_that_refuses_means_nothing_was_done(status: int, kind: type, code: str) -> None:
    answer = reply(HTML, status=status, content_type="text/html", headers={"Location": "/web/login?token=s"})
    for write in (False, True):
        failure = failure_of(answer, write=write)
        assert (type(failure), failure.code) == (kind, code)
        assert "Back soon" in failure.message
        assert "secret" not in str(failure)
        assert "token" not in str(failure)


@pytest.mark.parametrize(
    "answer",
    [
        reply(HTML, content_type="text/html"),
        reply(b'{"jsonrpc": "2.0", "resu'),
        reply([1]),
        reply({"hello": 1}),
        reply(b""),
        reply(HTML, status=500),
        reply(HTML, status=502),
        reply(HTML, status=504),
        Reply(reset=True),
        Reply(close=True),
        Reply(reply(b"x" * 50).raw[:-9], close=True),
    ],
)
def test_an_answer_that_tells_nothing_is_transient_for_a_read_and_ambiguous_for_a_write(answer: Reply) -> None:
    assert type(failure_of(answer, write=False)) is Transient
    assert type(failure_of(answer, write=True)) is Ambiguous


def test_silence_is_transient_for_a_read_and_ambiguous_for_a_write() -> None:
    assert type(failure_of(Reply(hang=True), write=False, read_seconds=0.2)) is Transient
    assert type(failure_of(Reply(hang=True), write=True, read_seconds=0.2)) is Ambiguous


def test_nobody_there_is_an_outage_even_for_a_write() -> None:
    for url in (f"http://127.0.0.1:{unused_port()}", "http://no-such-host.invalid"):
        client = OdooClient(url, "db", "login", "key", 1)
        with pytest.raises(Outage) as caught:
            client.call("res.partner", "write", [[1], {}], write=True)
        client.close()
        assert caught.value.code == "unreachable"


def test_503_with_retry_after_waits_as_told() -> None:
    failure = failure_of(reply(HTML, status=503, headers={"Retry-After": "17"}), write=True)
    assert isinstance(failure, RateLimited)
    assert failure.after_seconds == 17


def test_no_failure_shows_the_key() -> None:
    for answer in (error("builtins.ValueError", "x"), reply(HTML, status=500), Reply(close=True)):
        failure = failure_of(answer, write=True)
        assert "key" not in json.dumps([failure.message, failure.details])


def recorded() -> Iterator[tuple[str, dict[str, Any]]]:
    for path in sorted(EXCHANGES.glob("*/exchanges/*.json")):
        exchange = json.loads(path.read_text(encoding="utf-8"))
        body = exchange["response"].get("body")
        if exchange["request"]["url"] == "/jsonrpc" and isinstance(body, dict) and "error" in body:
            yield f"{path.parts[-3]}/{path.stem}", body["error"]


@pytest.mark.skipif(not EXCHANGES.is_dir(), reason="the recorded exchanges are not at hand")
def test_every_recorded_error_is_told_apart() -> None:
    kinds = {name: failure_from_envelope(body, name, write=True) for name, body in recorded()}
    assert len(kinds) > 60
    assert {name for name, f in kinds.items() if f.code == "odoo_unexpected"} == set()
    for version in ("18", "19"):
        assert isinstance(kinds[f"{version}/execute.badpw"], CredentialsRefused)
        assert kinds[f"{version}/authenticate.wrongdb"].code == "database_missing"
        assert kinds[f"{version}/err.unknown_field_create"].code == "odoo_incompatible"
        assert kinds[f"{version}/err.missing_record_write"].code == "missing_record"
        assert kinds[f"{version}/sale.order.action_confirm_twice"].code == "odoo_refused"
    assert kinds["19/err.serialization_exhausted"].code == "serialization"
    assert kinds["19/err.access_create_so"].code == "access"
