"""The sandbox shop as a process of its own."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import requests

from tests.unit.sandbox_shopify.helpers import REPOSITORY, Client
from tests.unit.sandbox_shopify.test_order_files import BODY, written


def started(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "libs.sandbox.shopify", *arguments]
    return subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_it_says_where_it_serves_and_ends_when_told(tmp_path: Path) -> None:
    written(tmp_path, BODY)
    with started("--orders", str(tmp_path), "--demo", "3", "--token", "t") as process:
        assert process.stdout
        facts = json.loads(process.stdout.readline())
        assert facts["orders"] == 4
        with requests.Session() as session:
            body = Client(facts["url"], session)('{ order(id: "gid://shopify/Order/7400000000000001") { name } }')
        assert body["data"]["order"] == {"name": "#2001"}
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


def test_a_bad_file_ends_it_with_the_reason(tmp_path: Path) -> None:
    written(tmp_path, "{", "broken.json")
    with started("--orders", str(tmp_path)) as process:
        assert process.wait(20) == 2
        assert process.stderr
        assert "broken.json: is not JSON" in process.stderr.read()
