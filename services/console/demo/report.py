"""What the demo shows: a bar while it works, a table at the end, and one line for machines."""

from __future__ import annotations

import json
import sys
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from libs.common.ledger.model import State
from services.console.demo.outcome import Afterwards, Outcome, Row
from services.console.plain import tell
from services.console.record_views import state_text
from services.console.words import number, output


class Bar:
    """A live bar on standard error where that is a terminal; a line at the beginning and the end where it is not."""

    def __init__(self, total: int, what: str, unit: str = "order") -> None:
        self._total, self._what, self._unit = total, what, unit
        self._console = Console(file=sys.stderr)
        self._progress: Progress | None = None
        self._task = TaskID(0)

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._progress = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                console=self._console,
                transient=True,
            )
            self._progress.start()
            self._task = self._progress.add_task(self._what, total=self._total)
        else:
            tell(f"{self._what}: {number(self._total, self._unit)} ...")
        return self

    def show(self, done: int) -> None:
        if self._progress is not None:
            self._progress.update(self._task, completed=done)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress is not None:
            self._progress.stop()


def show(outcome: Outcome) -> None:
    """The table on standard output; on standard error what did not end as it should."""
    rows = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    rows.add_column("order", no_wrap=True)
    rows.add_column("Shopify", justify="right", no_wrap=True)
    rows.add_column("Odoo order", no_wrap=True)
    rows.add_column("Odoo", justify="right", no_wrap=True)
    rows.add_column("state", no_wrap=True)
    rows.add_column("what was held and why", overflow="fold")
    for row in outcome.rows:
        rows.add_row(*_cells(row))
    console = output()
    console.print(rows)
    console.print()
    if outcome.afterwards:
        _show_afterwards(console, outcome.afterwards)
    for sentence in (*outcome.faults, *outcome.unfinished):
        tell(sentence)
    if outcome.duplicates:
        tell(f"Odoo has {number(outcome.duplicates, 'order')} too many.")


def _show_afterwards(console: Console, afterwards: Afterwards) -> None:
    """What happened in the day, and what both sides were compared by at its end."""
    console.print("A day in the shop:")
    for sentence in afterwards.day.told:
        console.print(f"  {sentence}", highlight=False)
    figures = sum(len(proof.figures) for proof in afterwards.proofs)
    faults = afterwards.faults
    orders = number(len(afterwards.proofs), "order")
    if afterwards.stock is not None:
        figures += len(afterwards.stock.figures)
        orders += " and of the stock"
    said = "both sides agree to the cent" if not faults else f"{number(len(faults), 'difference')}"
    console.print(f"The final check: {number(figures, 'figure')} of {orders}, {said}.", highlight=False)
    console.print()
    for sentence in faults:
        tell(sentence)


def show_summary(outcome: Outcome) -> None:
    """The last line of standard output."""
    sys.stdout.write(json.dumps(outcome.summary()) + "\n")
    sys.stdout.flush()


def _cells(row: Row) -> tuple[Text, ...]:
    odoo = row.odoo
    state = state_text(row.record.state) if row.record else Text("never arrived", style="red")
    mismatch = "red" if row.mismatched else ""
    return (
        Text(row.placed.name),
        Text(str(row.placed.total)),
        Text(odoo.name if odoo else ""),
        Text(str(odoo.total) if odoo else "", style=mismatch),
        state,
        Text(_why(row)),
    )


def _why(row: Row) -> str:
    record = row.record
    if record is None:
        return "its webhook was not taken"
    if record.held:
        return f"{record.held.code}: {record.held.message}"
    if record.state is State.IGNORED:
        return f"left out by rule: {record.ignored}"
    return "" if row.settled else last_trouble(row)


def last_trouble(row: Row) -> str:
    """What an unfinished order last met with, as far as the ledger knows."""
    record = row.record
    if record is None:
        return "its webhook never arrived"
    failures = [event for event in record.history if event.what == "failed"]
    trouble = f"; last failure: {failures[-1].details.get('message')}" if failures else ""
    waits = f", waiting for {record.waits_for}" if record.waits_for else ""
    return f"{record.state.value} after {number(record.attempts, 'failure')}{waits}{trouble}"
