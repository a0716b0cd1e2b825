from __future__ import annotations

import gzip
import socket
import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
import requests

from libs.common.http import Trouble, describe_body, open_session, page_title, retry_after_seconds, trouble_of
from tests.unit.http.scripted import Reply, reply, scripted, unused_port


def post(url: str, *, read: float = 5.0, total: float = 5.0) -> requests.Response:
    session = open_session(url, total_seconds=total)
    try:
        return session.post(url, json={}, timeout=(2, read), allow_redirects=False)
    finally:
        session.close()


def trouble(url: str, *, read: float = 5.0, total: float = 5.0) -> Trouble:
    with pytest.raises(requests.RequestException) as caught:
        post(url, read=read, total=total)
    return trouble_of(caught.value)


def test_a_body_arrives_whole_however_it_is_sent() -> None:
    data = b"x" * 300_000
    packed = gzip.compress(data)
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    until_close = Reply(b"HTTP/1.0 200 OK\r\n\r\nabc", close=True)
    script = [reply(data), reply(packed, headers={"Content-Encoding": "gzip"}), Reply(chunked), until_close]
    with scripted(script) as server:
        session = open_session(server.url, total_seconds=5)
        bodies = [session.post(server.url, timeout=5).content for _ in script]
        session.close()
        assert bodies == [data, data, b"abcde", b"abc"]
        assert len(server.connections) == 1  # kept alive throughout


def test_a_connection_that_the_server_gave_up_is_replaced_without_an_error() -> None:
    parting = Reply(reply(b"abc").raw, close=True)
    with scripted([parting, parting]) as server:
        session = open_session(server.url, total_seconds=5)
        assert session.post(server.url, timeout=5).content == b"abc"
        time.sleep(0.1)  # until its end has arrived
        assert session.post(server.url, timeout=5).content == b"abc"
        session.close()
        assert len(server.connections) == 2


def test_nothing_listens_and_unknown_names_are_unreachable() -> None:
    assert trouble(f"http://127.0.0.1:{unused_port()}") is Trouble.UNREACHABLE
    assert trouble("http://no-such-host.invalid") is Trouble.UNREACHABLE


def test_a_server_without_tls_is_unreachable_by_https() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer_plainly() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=answer_plainly)
        thread.start()
        assert trouble(f"https://127.0.0.1:{listener.getsockname()[1]}") is Trouble.UNREACHABLE
        thread.join()


def test_silence_is_a_time_out() -> None:
    with scripted([Reply(hang=True)]) as server:
        assert trouble(server.url, read=0.2) is Trouble.TIMED_OUT


def test_a_body_that_drips_ends_at_the_total_deadline() -> None:
    slow = Reply(b"x" * 1000, drip_seconds=0.05)
    head = reply(b"")
    raw = head.raw.replace(b"Content-Length: 0", b"Content-Length: 1000")
    with scripted([Reply(raw + slow.raw[:1], hang=True)]) as server:
        started = time.monotonic()
        assert trouble(server.url, read=0.4, total=5) is Trouble.TIMED_OUT
        assert time.monotonic() - started < 2
    with scripted([Reply(raw + b"x" * 900, drip_seconds=0.01)]) as server:
        started = time.monotonic()
        assert trouble(server.url, read=5, total=1.0) is Trouble.TIMED_OUT
        assert time.monotonic() - started < 3


def test_reset_truncated_and_closed_connections_are_broken() -> None:
    whole = reply(b"x" * 100).raw
    for bad in (
        Reply(reset=True),
        Reply(close=True),
        Reply(whole[:-20], close=True),
        Reply(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nabc", close=True),
        Reply(b"not http at all\r\n\r\n", close=True),
    ):
        with scripted([bad]) as server:
            assert trouble(server.url) is Trouble.BROKEN


def test_a_body_that_cannot_be_decoded_is_broken() -> None:
    with scripted([reply(b"no gzip", headers={"Content-Encoding": "gzip"})]) as server:
        assert trouble(server.url) is Trouble.BROKEN


def test_cookies_are_not_kept() -> None:
    with scripted([reply({}, headers={"Set-Cookie": "session_id=1; Path=/"}), reply({})]) as server:
        session = open_session(server.url, total_seconds=5)
        for _ in range(2):
            session.post(server.url, timeout=5)
        session.close()
        assert all("cookie" not in request.headers for request in server.requests)


@pytest.mark.parametrize(
    ("value", "expected"),
    [("3", 3.0), ("0.5", 0.5), ("", 7.0), ("soon", 7.0), ("-4", 0.0), ("1e9", 3600.0), ("nan", 7.0)],
)
def test_retry_after_is_read_and_bounded(value: str, expected: float) -> None:
    assert retry_after_seconds({"Retry-After": value}, default=7.0) == expected


def test_retry_after_may_be_a_date() -> None:
    when = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    assert 55 < retry_after_seconds({"Retry-After": when}, default=1.0) <= 60


def test_a_page_is_told_by_its_title_alone() -> None:
    page = b"<html><head><TITLE>\n Down for\n maintenance</TITLE></head><body>Dear Ada</body></html>"
    assert page_title(page) == "Down for maintenance"
    assert describe_body(page, "text/html; charset=utf-8") == "text/html, 85 bytes, titled “Down for maintenance”"
    assert "no content type" in describe_body(b"", "")
