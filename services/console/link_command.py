"""What `tandem products link` and `tandem customers link` do alike: run, report, and list what is open."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from libs.common.domain.linking import Found
from services.console.desk import desk
from services.console.far_sides import far_sides, progress_bar, shown_by
from services.console.plain import NOT_WELL, fail, tell
from services.console.record_views import dump
from services.console.words import number, output

if TYPE_CHECKING:
    from libs.common.stores.model import Store
    from services.console.linking import Linking, Report

SHOWN = 20
OPEN = (Found.AMBIGUOUS, Found.MISSING)
WORDS = {
    Found.LINKED: "linked before",
    Found.MATCHED: "matched",
    Found.MISSING: "missing in Odoo",
    Found.AMBIGUOUS: "ambiguous",
}

Slug = Annotated[str, typer.Argument(metavar="SLUG", help="the store's short name")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="report, and record nothing")]
CsvFile = Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="write all that is open here")]
Json = Annotated[bool, typer.Option("--json", help="the report for machines")]


@dataclass(frozen=True, slots=True)
class Asking:
    """How a command calls what it links, and what of it is a question."""

    thing: str
    keys: Mapping[str, str]
    """`{"sku": "SKU"}`: names of the columns in a file, and for a person."""
    beside: Mapping[str, str]
    """A sentence's end for each of the further counts of the report."""
    questions: tuple[Found, ...]
    open: str
    """What the rows of the file are called."""


def run_link(
    context: typer.Context,
    slug: str,
    asking: Asking,
    linking_of: Callable[[Store, Mapping[str, Any]], Linking],
    *,
    dry_run: bool,
    file: Path | None,
    json: bool,
) -> None:
    """`linking_of` makes the run for a store, of what every run is given. Exit code 1 when there are questions."""
    from services.console.linking import scratch  # noqa: PLC0415 - gql alone takes half a second to import

    with desk(context) as at:
        store = at.store(slug)
        if file is not None:
            _try(file)
        with scratch() as db, progress_bar() as bar, far_sides(at, store) as (shopify, odoo):
            given = {"shopify": shopify, "odoo": odoo, "ledger": at.ledger, "db": db}
            linking = linking_of(store, {**given, "store": slug, "progress": shown_by(bar), "dry_run": dry_run})
            report = linking.run()
            bar.stop()
            if file is not None:
                _write(file, linking, asking)
            if json:
                typer.echo(dump(_as_json(report, linking, asking)))
            else:
                _show(report, linking, asking, dry_run=dry_run, file=file)
    if _count(report, asking.questions):
        raise typer.Exit(NOT_WELL)


def _try(file: Path) -> None:
    """Before an hour of reading, and not after it."""
    try:
        file.open("a", encoding="utf-8").close()
    except OSError as error:
        fail(f"{file} cannot be written: {error.strerror}.", code=2)


def _count(report: Report, found: tuple[Found, ...]) -> int:
    return sum(report.counts[one] for one in found)


def _show(report: Report, linking: Linking, asking: Asking, *, dry_run: bool, file: Path | None) -> None:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(justify="right")
    table.add_column()
    for found, count in report.counts.items():
        table.add_row(str(count), WORDS[found])
    for name, words in asking.beside.items():
        table.add_row(str(report.beside[name]), words)
    console = output()
    console.print(table)
    questions = _count(report, asking.questions)
    if questions:
        console.print(_questions(linking, asking))
        if questions > SHOWN:
            tell(f"… and {questions - SHOWN} more: give --csv FILE for all of them.")
    if file is not None:
        tell(f"{number(_count(report, OPEN), asking.open)} written to {file}.")
    if dry_run:
        tell(f"Nothing was recorded. Without --dry-run {number(report.counts[Found.MATCHED], 'link')} would be.")
    else:
        tell(f"{number(report.linked_now, 'link')} recorded.")


def _questions(linking: Linking, asking: Asking) -> Table:
    """With what was found, where a question is not always the same."""
    several = len(asking.questions) > 1
    rows = Table(box=None, pad_edge=False, header_style="bold")
    for title in (asking.thing, "name", *asking.keys.values(), *([""] * several), "why", "candidates in Odoo"):
        rows.add_column(title, overflow="fold")
    for row in linking.rows(*asking.questions, limit=SHOWN):
        cells = (row.id, row.name, *row.keys, *([row.found] * several), row.why, row.candidates)
        rows.add_row(*map(Text, cells))
    return rows


def _write(file: Path, linking: Linking, asking: Asking) -> None:
    with file.open("w", encoding="utf-8", newline="") as target:
        writer = csv.writer(target)
        writer.writerow((asking.thing, "name", *asking.keys, "found", "why", "candidates"))
        for row in linking.rows(*OPEN):
            writer.writerow((row.id, row.name, *row.keys, row.found, row.why, row.candidates))


def _as_json(report: Report, linking: Linking, asking: Asking) -> dict[str, Any]:
    first = next(iter(asking.keys))
    return {
        **{found.value: count for found, count in report.counts.items()},
        **report.beside,
        "linked_now": report.linked_now,
        "questions": [
            {
                asking.thing: row.id,
                "name": row.name,
                first: row.keys[0],
                **({"found": row.found} if len(asking.questions) > 1 else {}),
                "why": row.why,
                "candidates": row.candidates,
            }
            for row in linking.rows(*asking.questions, limit=SHOWN)
        ],
    }
