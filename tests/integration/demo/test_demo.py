"""`tandem demo` as a user starts it: another process, no terminal."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.integration.demo.files import body, tax, write

ROOT = Path(__file__).parents[3]
COMMAND = [sys.executable, "-m", "services.console", "demo"]
SECONDS = 110
FIGURES = [
    "orders",
    "synced",
    "held",
    "duplicates",
    "mismatched",
    "seconds",
    "refunds",
    "fulfillments",
    "cancelled",
    "agree",
]


def environment() -> dict[str, str]:
    """Neither a user's settings nor the wish for colours of whoever runs the tests."""
    unwanted = ("TANDEM_", "FORCE_COLOR", "TTY_", "COLUMNS")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
    return kept | {"PYTHONPATH": str(ROOT)}


def demo(*args: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *args],
        cwd=folder,
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def summary(result: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    figures: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    return figures


def table(stdout: str) -> dict[str, str]:
    """The table's lines by the order's name."""
    return {line.split()[0]: line for line in stdout.splitlines() if line.startswith("#")}


def test_the_demo_ends_as_each_of_its_25_orders_should(tmp_path: Path) -> None:
    result = demo(folder=tmp_path)
    assert result.returncode == 0, result.stderr
    figures = summary(result)
    assert list(figures) == FIGURES
    assert (figures["orders"], figures["duplicates"], figures["mismatched"]) == (25, 0, 0)
    assert figures["synced"] + figures["held"] == 25
    assert figures["held"] == 3
    assert (figures["refunds"], figures["fulfillments"], figures["cancelled"], figures["agree"]) == (2, 3, 1, True)
    assert "both sides agree to the cent" in result.stdout
    assert "Shopify showed 20 and shows 17." in result.stdout
    rows = table(result.stdout)
    assert len(rows) == 25
    for code in ("product_missing", "tax_missing", "pricelist_missing"):
        assert sum(code in line for line in rows.values()) == 1
    for line in rows.values():
        if " synced " in f"{line} ":
            shopify, odoo = re.findall(r"[\d.]+ [A-Z]{3}", line)
            assert shopify == odoo
    assert list(tmp_path.iterdir()) == []


def test_without_a_terminal_there_are_no_control_codes_and_no_logs(tmp_path: Path) -> None:
    result = demo("--count", "3", folder=tmp_path)
    assert "\x1b" not in result.stdout + result.stderr
    assert "\r" not in result.stdout + result.stderr
    told = result.stderr.splitlines()
    assert told[:2] == ["Syncing: 3 orders ...", "What happens in a day:"]
    assert told[-1].startswith("Following: ")
    assert all(line.startswith("  #") for line in told[2:-2])
    assert told[-2] == "  3 of 'Vacuum flask' are sold in Odoo (S00004): Shopify showed 20 and shows 17."


def test_a_folder_of_orders_is_synced_with_what_the_orders_need_made(tmp_path: Path) -> None:
    orders = tmp_path / "orders"
    orders.mkdir()
    euros = body(3, currency="EUR", taxes_included=True, total_price="30.00", total_tax="2.72")
    euros["line_items"][0]["tax_lines"] = [tax("2.27")]
    euros["shipping_lines"][0]["tax_lines"] = [tax("0.45")]
    write(orders, body(1), body(2), euros)
    result = demo("--orders", str(orders), folder=tmp_path)
    assert result.returncode == 0, result.stderr + result.stdout
    figures = summary(result)
    assert list(figures) == FIGURES
    assert (figures["orders"], figures["synced"], figures["held"]) == (3, 3, 0), result.stdout
    assert "30.00 EUR" in table(result.stdout)["#T3"]


def test_an_order_that_does_not_add_up_is_held_and_nothing_is_lost(tmp_path: Path) -> None:
    orders = tmp_path / "orders"
    orders.mkdir()
    cancelled = body(3, cancelled_at="2026-11-02T11:00:00+01:00")
    write(orders, body(1), body(2, total_price="99.00"), cancelled)
    result = demo("--orders", str(orders), folder=tmp_path)
    assert result.returncode == 0, result.stderr
    assert "total_unexplained" in table(result.stdout)["#T2"]
    assert "cancelled in Shopify" in table(result.stdout)["#T3"]
    figures = summary(result)
    assert (figures["orders"], figures["synced"], figures["held"], figures["ignored"]) == (3, 1, 1, 1)


def test_two_shops_orders_of_the_same_name_are_no_duplicates(tmp_path: Path) -> None:
    orders = tmp_path / "orders"
    orders.mkdir()
    write(orders, body(1, name="#1001"), body(2, name="#1001"))
    result = demo("--orders", str(orders), folder=tmp_path)
    figures = summary(result)
    assert (result.returncode, figures["synced"], figures["duplicates"]) == (0, 2, 0), result.stderr


def test_two_versions_of_one_order_are_one_order(tmp_path: Path) -> None:
    orders = tmp_path / "orders"
    orders.mkdir()
    (orders / "a.json").write_text(json.dumps(body(1)))
    (orders / "b.json").write_text(json.dumps(body(1, updated_at="2026-11-03T10:00:00+01:00")))
    result = demo("--orders", str(orders), folder=tmp_path)
    assert summary(result)["orders"] == 1
    assert "The 2 files hold 1 order" in result.stderr


@pytest.mark.parametrize(
    ("content", "said"), [("{", "is not JSON"), ('{"id": 1}', "bad.json"), (None, "holds no *.json file")]
)
def test_a_folder_that_cannot_be_read_is_told_by_file(tmp_path: Path, content: str | None, said: str) -> None:
    if content is not None:
        (tmp_path / "bad.json").write_text(content)
    result = demo("--orders", str(tmp_path), folder=tmp_path)
    assert result.returncode == 2
    assert said in result.stderr
    assert "Traceback" not in result.stderr


def test_time_that_runs_out_is_told_with_what_is_unfinished(tmp_path: Path) -> None:
    """Four hundred orders cannot be done within the first second, which is the least that may be asked for."""
    result = demo("--count", "400", "--seconds", "1", folder=tmp_path)
    assert result.returncode == 1
    assert "Time is up after" in result.stderr
    figures = summary(result)
    assert figures["unfinished"] + figures["synced"] + figures["held"] == 400
    unfinished = [line for line in result.stderr.splitlines() if line.startswith("  #")]
    assert len(unfinished) == figures["unfinished"]


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_kept_up_it_tells_where_everything_is_and_places_another_order(tmp_path: Path, signum: int) -> None:
    with subprocess.Popen(
        [*COMMAND, "--keep", "--count", "2"],
        cwd=tmp_path,
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        assert running.stderr is not None
        stdout = []
        for text in running.stdout:
            stdout.append(text)
            if text.startswith("{"):
                break
        assert json.loads(stdout[-1])["synced"] == 2
        for what in ("Gateway:", "Sandbox shop:", "Odoo:"):
            assert any(line.startswith(what) and "http://127.0.0.1:" in line for line in stdout)
        running.stdin.write("\n")
        running.stdin.flush()
        told = ""
        for text in running.stderr:
            told = text
            if text.startswith("demo/order/"):
                break
        assert re.fullmatch(r"demo/order/\d+ \(#1003\): synced, S00004 in Odoo\n", told)
        running.send_signal(signum)
        running.stdin.close()
        assert running.wait(30) == 0


REAL = ("URL", "DB", "LOGIN", "KEY")


@pytest.mark.skipif(
    not all(os.environ.get(f"TANDEM_TEST_ODOO_{name}") for name in REAL),
    reason="TANDEM_TEST_ODOO_URL, _DB, _LOGIN, _KEY name no real Odoo",
)
@pytest.mark.timeout(300)
def test_into_a_real_odoo_twice_makes_new_orders_and_no_duplicates(tmp_path: Path) -> None:
    named = [part for name in REAL for part in (f"--odoo-{name.lower()}", os.environ[f"TANDEM_TEST_ODOO_{name}"])]
    names: set[str] = set()
    for _ in range(2):
        result = demo(*named, folder=tmp_path)
        assert result.returncode == 0, result.stderr
        figures = summary(result)
        assert (figures["orders"], figures["duplicates"], figures["mismatched"]) == (25, 0, 0)
        assert (figures["cancelled"], figures["agree"]) == (1, True)
        assert figures["refunds"] > 1
        assert figures["fulfillments"] > 2
        rows = table(result.stdout)
        assert len(rows) == 25
        assert not names & rows.keys()
        names |= rows.keys()
    assert "Made" not in result.stderr
