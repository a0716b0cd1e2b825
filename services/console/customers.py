"""`tandem customers`: which customers of the shop are which contacts of Odoo's."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from libs.common.domain.linking import Found
from services.console.desk import desk
from services.console.far_sides import far_sides, progress_bar, shown_by
from services.console.plain import NOT_WELL, fail, plainly, tell
from services.console.record_views import dump
from services.console.words import number, output, teaching

if TYPE_CHECKING:
    from services.console.linking_customers import Linking, Report

app = typer.Typer(no_args_is_help=True, help="Customers: link those of a shop with Odoo's contacts.")

SHOWN = 20
WORDS = {
    Found.LINKED: "linked before",
    Found.MATCHED: "matched",
    Found.MISSING: "missing in Odoo",
    Found.AMBIGUOUS: "ambiguous",
}


@app.command(
    "link",
    help=teaching(
        "The first run over a shop and an Odoo that both have customers: goes through all of them and finds each "
        "customer in Odoo, by link, then e-mail, then phone, as syncing would. A doubt is a question to you, never a "
        "guess. Nothing is made on either side. Exit code 1 when there are questions.",
        "tandem customers link acme --dry-run                      # look first",
        "tandem customers link acme --dry-run --csv questions.csv  # all that is open, for a spreadsheet",
        "tandem customers link acme                                # record what matched",
    ),
)
@plainly
def link(
    context: typer.Context,
    slug: Annotated[str, typer.Argument(metavar="SLUG", help="the store's short name")],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="report, and record nothing")] = False,
    file: Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="write what is open here")] = None,
    json: Annotated[bool, typer.Option("--json", help="the report for machines")] = False,
) -> None:
    from libs.common.odoo.fields import read_fields  # noqa: PLC0415 - gql alone takes half a second to import
    from services.console.linking_customers import Linking, scratch  # noqa: PLC0415 - as above

    with desk(context) as at:
        store = at.stores.get(slug)
        if store is None:
            known = ", ".join(each.slug for each in at.stores.all()) or "there is none yet"
            fail(f"There is no store {slug!r}. Known: {known}.", code=2)
        with scratch() as db, progress_bar() as bar, far_sides(at, store) as (shopify, odoo):
            rule = store.rules.customers.same_phone
            fields = read_fields(odoo)
            linking = Linking(slug, shopify, odoo, fields, at.ledger, db, rule, shown_by(bar), dry_run=dry_run)
            report = linking.run()
            bar.stop()
            if file is not None:
                _write(file, linking)
            if json:
                typer.echo(dump(_as_json(report, linking)))
            else:
                _show(report, linking, dry_run=dry_run, file=file)
    if report.counts[Found.AMBIGUOUS]:
        raise typer.Exit(NOT_WELL)


def _show(report: Report, linking: Linking, *, dry_run: bool, file: Path | None) -> None:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(justify="right")
    table.add_column()
    for found, count in report.counts.items():
        table.add_row(str(count), WORDS[found])
    table.add_row(str(report.duplicate_emails), "e-mail addresses that several contacts in Odoo share")
    table.add_row(str(report.only_in_odoo), "customers in Odoo that the shop does not have")
    console = output()
    console.print(table)
    questions = report.counts[Found.AMBIGUOUS]
    if questions:
        console.print(_questions(linking))
        if questions > SHOWN:
            tell(f"… and {questions - SHOWN} more: give --csv FILE for all of them.")
    if file is not None:
        tell(f"{number(questions + report.counts[Found.MISSING], 'customer')} written to {file}.")
    if dry_run:
        tell(f"Nothing was recorded. Without --dry-run {number(report.counts[Found.MATCHED], 'link')} would be.")
    else:
        tell(f"{number(report.linked_now, 'link')} recorded.")


def _questions(linking: Linking) -> Table:
    rows = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("customer", "name", "e-mail", "phone", "why", "candidates in Odoo"):
        rows.add_column(title, overflow="fold")
    for row in linking.rows(Found.AMBIGUOUS, limit=SHOWN):
        rows.add_row(*map(Text, (row.id, row.name, row.email, row.phone, row.why, row.candidates)))
    return rows


def _write(file: Path, linking: Linking) -> None:
    with file.open("w", encoding="utf-8", newline="") as target:
        writer = csv.writer(target)
        writer.writerow(("customer", "name", "email", "phone", "found", "why", "candidates"))
        for row in linking.rows(Found.AMBIGUOUS, Found.MISSING):
            writer.writerow((row.id, row.name, row.email, row.phone, row.found, row.why, row.candidates))


def _as_json(report: Report, linking: Linking) -> dict[str, Any]:
    return {
        **{found.value: count for found, count in report.counts.items()},
        "duplicate_emails": report.duplicate_emails,
        "only_in_odoo": report.only_in_odoo,
        "linked_now": report.linked_now,
        "questions": [
            {"customer": r.id, "name": r.name, "email": r.email, "why": r.why, "candidates": r.candidates}
            for r in linking.rows(Found.AMBIGUOUS, limit=SHOWN)
        ],
    }
