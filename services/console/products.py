"""`tandem products`: which variants of the shop are which of Odoo's."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from libs.common.domain.linking import Found
from libs.common.domain.rules_products import Lead
from services.console.desk import Desk, desk
from services.console.far_sides import far_sides, progress_bar, shown_by
from services.console.plain import NOT_WELL, fail, plainly, tell
from services.console.record_views import dump
from services.console.words import number, output, teaching

if TYPE_CHECKING:
    from libs.common.stores.model import Store
    from services.console.linking import Linking, Report

app = typer.Typer(no_args_is_help=True, help="Products: link the catalogue of a shop with Odoo's.")

SHOWN = 20
QUESTIONS = (Found.AMBIGUOUS, Found.MISSING)
WORDS = {
    Found.LINKED: "linked before",
    Found.MATCHED: "matched",
    Found.MISSING: "missing in Odoo",
    Found.AMBIGUOUS: "ambiguous",
}


@app.command(
    "link",
    help=teaching(
        "Go through the whole catalogue of SLUG and find each variant in Odoo: by link, then barcode, then SKU. None "
        "or several is a question to you, never a guess. Exit code 1 when there are questions.",
        "tandem products link acme --dry-run                      # look first",
        "tandem products link acme --dry-run --csv questions.csv  # all of them, for a spreadsheet",
        "tandem products link acme                                # record what matched",
    ),
)
@plainly
def link(
    context: typer.Context,
    slug: Annotated[str, typer.Argument(metavar="SLUG", help="the store's short name")],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="report, and record nothing")] = False,
    file: Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="write every question here")] = None,
    json: Annotated[bool, typer.Option("--json", help="the report for machines")] = False,
) -> None:
    from services.console.linking import scratch  # noqa: PLC0415 - gql alone takes half a second to import

    with desk(context) as at:
        store = at.stores.get(slug)
        if store is None:
            known = ", ".join(each.slug for each in at.stores.all()) or "there is none yet"
            fail(f"There is no store {slug!r}. Known: {known}.", code=2)
        with scratch() as db, progress_bar() as bar, _linking(at, store, db, bar, dry_run=dry_run) as linking:
            report = linking.run()
            if file is not None:
                _write(file, linking)
            bar.stop()
            if json:
                typer.echo(dump(_as_json(report, linking)))
            else:
                _show(report, linking, dry_run=dry_run, file=file)
    questions = sum(report.counts[one] for one in QUESTIONS)
    if questions:
        raise typer.Exit(NOT_WELL)


@contextmanager
def _linking(at: Desk, store: Store, db: Any, bar: Progress, *, dry_run: bool) -> Iterator[Linking]:
    """With clients of its own, closed at the end."""
    from services.console.linking import Linking  # noqa: PLC0415 - as above

    ask = store.rules.products.lead is Lead.LINK
    with far_sides(at, store) as (shopify, odoo):
        yield Linking(store.slug, shopify, odoo, at.ledger, db, shown_by(bar), dry_run=dry_run, ask=ask)


def _show(report: Report, linking: Linking, *, dry_run: bool, file: Path | None) -> None:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(justify="right")
    table.add_column()
    for found, count in report.counts.items():
        table.add_row(str(count), WORDS[found])
    table.add_row(str(report.duplicate_skus), "SKUs that several variants in Shopify share")
    console = output()
    console.print(table)
    questions = sum(report.counts[one] for one in QUESTIONS)
    if questions:
        console.print(_questions(linking))
        if questions > SHOWN:
            tell(f"… and {questions - SHOWN} more: give --csv FILE for all of them.")
    if file is not None:
        tell(f"{number(questions, 'question')} written to {file}.")
    if dry_run:
        tell(f"Nothing was recorded. Without --dry-run {number(report.counts[Found.MATCHED], 'link')} would be.")
    else:
        tell(f"{number(report.linked_now, 'link')} recorded.")


def _questions(linking: Linking) -> Table:
    rows = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("variant", "name", "SKU", "barcode", "", "why", "candidates in Odoo"):
        rows.add_column(title, overflow="fold")
    for row in linking.rows(*QUESTIONS, limit=SHOWN):
        rows.add_row(*map(Text, (row.id, row.name, row.sku, row.barcode, row.found, row.why, row.candidates)))
    return rows


def _write(file: Path, linking: Linking) -> None:
    with file.open("w", encoding="utf-8", newline="") as target:
        writer = csv.writer(target)
        writer.writerow(("variant", "name", "sku", "barcode", "found", "why", "candidates"))
        for row in linking.rows(*QUESTIONS):
            writer.writerow((row.id, row.name, row.sku, row.barcode, row.found, row.why, row.candidates))


def _as_json(report: Report, linking: Linking) -> dict[str, Any]:
    return {
        **{found.value: count for found, count in report.counts.items()},
        "duplicate_skus": report.duplicate_skus,
        "linked_now": report.linked_now,
        "questions": [
            {"variant": r.id, "name": r.name, "sku": r.sku, "found": r.found, "why": r.why, "candidates": r.candidates}
            for r in linking.rows(*QUESTIONS, limit=SHOWN)
        ],
    }
