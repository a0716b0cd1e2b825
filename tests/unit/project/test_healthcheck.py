"""The script by which a container tells whether it is well."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.unit.project.tree import ROOT

SCRIPT = ROOT / "deploy/healthcheck.py"


class Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/well" else 503)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Keep the test's output clean."""


@pytest.fixture
def port() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()
    thread.join()


def check(port: int, path: str) -> subprocess.CompletedProcess[str]:
    # A proxy that is not there: whoever asked it would find nothing well.
    environment = {"http_proxy": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9"}
    command = [sys.executable, "-I", str(SCRIPT), str(port), path]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_an_answer_of_200_is_well(port: int) -> None:
    assert (check(port, "/well").returncode, check(port, "/well").stderr) == (0, "")


def test_any_other_answer_is_not_and_says_so_in_a_line(port: int) -> None:
    checked = check(port, "/ill")
    assert (checked.returncode, checked.stderr) == (1, "/ill: HTTP 503\n")


def test_nobody_there_is_not_well(port: int) -> None:
    free = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    closed = free.server_address[1]
    free.server_close()
    checked = check(closed, "/well")
    assert checked.returncode == 1
    assert "refused" in checked.stderr
    assert "Traceback" not in checked.stderr
