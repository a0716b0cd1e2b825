"""What holds for all commands: help that teaches, and settings told plainly."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from typer.testing import CliRunner

from services.console.cli import app

COMMANDS = (
    ("demo",),
    ("store", "add"),
    ("store", "list"),
    ("store", "check"),
    ("store", "example"),
    ("records", "show"),
    ("records", "list"),
    ("records", "retry"),
)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_commands_help_has_examples_to_copy(command: tuple[str, ...]) -> None:
    result = CliRunner().invoke(app, [*command, "--help"], terminal_width=200)
    assert result.exit_code == 0
    examples = result.stdout.partition("Examples:")[2]
    assert f"  tandem {' '.join(command)}" in examples


@pytest.mark.parametrize("command", [("store", "list"), ("records", "list"), ("records", "show", "acme/order/1")])
def test_an_embedded_ledger_has_nothing_in_it_for_a_command(
    command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TANDEM_LEDGER_URL", "embedded")
    monkeypatch.setenv("TANDEM_BROKER_URL", "embedded")
    monkeypatch.setenv("TANDEM_SECRET_KEY", Fernet.generate_key().decode())
    result = CliRunner().invoke(app, list(command))
    assert result.exit_code == 2
    assert "lives inside one running process" in result.stderr
    assert "Traceback" not in result.output


def test_all_missing_settings_are_told_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names = ("TANDEM_LEDGER_URL", "TANDEM_BROKER_URL", "TANDEM_SECRET_KEY")
    for name in names:
        monkeypatch.delenv(name, raising=False)
    result = CliRunner().invoke(app, ["records", "list"])
    assert result.exit_code == 2
    assert all(name in result.stderr for name in names)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--odoo-url", "http://127.0.0.1:1"), ("--odoo-db", "--odoo-login", "--odoo-key")),
        (
            ("--odoo-url", "odoo", "--odoo-db", "d", "--odoo-login", "l", "--odoo-key", "very-secret"),
            ("--odoo-url is no address",),
        ),
        (("--orders", "no-such-folder"), ("no-such-folder: is not a folder",)),
    ],
)
def test_the_demo_refuses_what_it_cannot_use_before_it_starts(given: tuple[str, ...], said: tuple[str, ...]) -> None:
    result = CliRunner().invoke(app, ["demo", *given])
    assert result.exit_code == 2
    assert all(part in result.stderr for part in said)
    assert "very-secret" not in result.output
