"""Small words of output: times, amounts of things, help texts with examples, a console for tables."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from rich.console import Console

WIDE_COLUMNS = 200
"""Without a terminal a table is as wide as it must be: whoever reads a file can scroll, `grep` cannot unwrap."""


def output() -> Console:
    """Standard output: colours and the terminal's width where there is one, plain text where there is none."""
    return Console(file=sys.stdout, width=None if sys.stdout.isatty() else WIDE_COLUMNS, highlight=False)


def teaching(text: str, *examples: str) -> str:
    """The help of a command: what it does, and commands to copy."""
    return f"{text}\n\nExamples:\n\n\b\n" + "\n".join(f"  {example}" for example in examples)


def moment(at: datetime | None) -> str:
    """`2026-11-23 12:00:01 UTC`"""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC") if at else ""


def instant(at: datetime) -> str:
    """`2026-11-23 12:00:01.123`: for a list whose order matters."""
    return at.astimezone(UTC).isoformat(sep=" ", timespec="milliseconds").removesuffix("+00:00")


def number(count: int, thing: str) -> str:
    """`1 record`, `2 records`"""
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def pairs(details: Mapping[str, Any]) -> str:
    """`call=sale.order.load ms=63 records=20`: one line of details."""
    return " ".join(f"{name}={value}" for name, value in details.items() if value not in (None, "", [], {}))
