"""`tandem records`: look at the ledger's records, and have them tried again."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from libs.common.ledger.model import Record, State
from services.console import record_views as views
from services.console.desk import Desk, desk, has_workers
from services.console.plain import bad_input, fail, plainly, tell
from services.console.words import number, output, teaching

ID_PARTS = 3
RETRY_LIMIT = 1000
RETRY_PAGE = 500
WHY = "retry by hand"

app = typer.Typer(no_args_is_help=True, help="Look at records of the ledger, and have them tried again.")

StateOption = Annotated[
    State | None, typer.Option("--state", help="only records in this state; leave out for all", show_default=False)
]
StoreOption = Annotated[
    str | None, typer.Option("--store", metavar="SLUG", help="only records of this store", show_default=False)
]
EntityOption = Annotated[
    str | None, typer.Option("--entity", metavar="NAME", help="only records of this kind: order", show_default=False)
]
JsonOption = Annotated[bool, typer.Option("--json", help="for machines: the ledger's own fields as JSON")]


@app.command(
    "show",
    help=teaching(
        "Everything the ledger knows of one record: where it is and why, what to do about it, its history.",
        "tandem records show acme/order/450789469",
        "tandem records show acme/order/450789469 --json | jq .held",
    ),
)
@plainly
def show(
    context: typer.Context,
    record_id: Annotated[str, typer.Argument(metavar="ID", help="store/entity/number: acme/order/450789469")],
    *,
    json: JsonOption = False,
) -> None:
    _check_ids([record_id])
    with desk(context) as at:
        record = at.ledger.get(record_id)
    if record is None:
        fail(_unknown(record_id))
    if json:
        typer.echo(views.dump(views.as_json(record)))
    else:
        output().print(views.page(record))


@app.command(
    "list",
    help=teaching(
        "Records, the last changed first.",
        "tandem records list --state held",
        "tandem records list --store acme --entity order --limit 20",
        "tandem records list --state held --json | jq -r '.[].id'",
    ),
)
@plainly
def list_records(
    context: typer.Context,
    *,
    state: StateOption = None,
    store: StoreOption = None,
    entity: EntityOption = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="at most so many")] = 50,
    json: JsonOption = False,
) -> None:
    with desk(context) as at:
        found = at.ledger.find(store=store, entity=entity, state=state, limit=limit + 1)
    shown, more = found[:limit], len(found) > limit
    if json:
        typer.echo(views.dump([views.as_json(record) for record in shown]))
    elif shown:
        output().print(views.table(shown))
    else:
        tell("No record is like that.")
    if more:
        tell(f"There are more than these {limit}; --limit shows more.")


@app.command(
    "retry",
    help=teaching(
        "Have records tried again now, their failures counted from zero. Name them, or choose them by state.",
        "tandem records retry acme/order/450789469 acme/order/450789470",
        "tandem records retry --state held --store acme",
        "tandem records retry --state held --yes",
    ),
)
@plainly
def retry(
    context: typer.Context,
    record_ids: Annotated[
        list[str] | None, typer.Argument(metavar="ID...", help="store/entity/number", show_default=False)
    ] = None,
    *,
    state: StateOption = None,
    store: StoreOption = None,
    entity: EntityOption = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=100_000, help="at most so many")] = RETRY_LIMIT,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="do not ask first")] = False,
) -> None:
    if bool(record_ids) == (state is not None):
        bad_input(["Name the records to retry, or choose them with --state (held, say); not both."])
    ids = list(dict.fromkeys(record_ids or ()))
    _check_ids(ids)
    with desk(context) as at:
        if state is not None:
            chosen = at.ledger.find(store=store, entity=entity, state=state, limit=limit)
            ids = [record.id for record in chosen if has_workers(record)]
            if not ids:
                tell("No record is like that.")
                return
            _ask(ids, state, store, yes=yes)
        unknown = _retry(at, ids)
    if unknown:
        raise typer.Exit(1)


def _ask(ids: Sequence[str], state: State, store: str | None, *, yes: bool) -> None:
    if yes:
        return
    question = f"Retry {number(len(ids), f'{state.value} record')}{f' of {store}' if store else ''}?"
    if not sys.stdin.isatty():
        bad_input([f"{question} There is nobody to ask here: say --yes."])
    typer.confirm(question, abort=True, err=True)


def _retry(at: Desk, ids: Sequence[str]) -> bool:
    """Make them due page by page and say what became of each; whether any could not be retried."""
    done, refused = 0, 0
    told = True
    for start in range(0, len(ids), RETRY_PAGE):
        page = ids[start : start + RETRY_PAGE]
        records = {record_id: at.ledger.get(record_id) for record_id in page}
        fit = [record for record in records.values() if record and has_workers(record)]
        found = set(at.ledger.retry([record.id for record in fit], why=WHY))
        told = at.nudge([record for record in fit if record.id in found]) and told
        for record_id in page:
            if record_id in found:
                typer.echo(f"{record_id}: due now")
            else:
                refused += 1
                tell(_unfit(record_id, records[record_id]))
        done += len(found)
    if done:
        tell(
            f"{number(done, 'record')} to be tried again"
            + ("; the workers were told." if told else "; the scheduler tells the workers within seconds.")
        )
    return refused > 0


def _unfit(record_id: str, record: Record | None) -> str:
    if record is None:
        return _unknown(record_id)
    return f"{record_id}: is a link that orders look up; there is nothing to try again. Retry the order instead."


def _unknown(record_id: str) -> str:
    return f"{record_id}: is not in the ledger. `tandem records list` shows what is."


def _check_ids(ids: Sequence[str]) -> None:
    faulty = [each for each in ids if len(each.split("/")) != ID_PARTS or not all(each.split("/"))]
    if faulty:
        bad_input(
            f"{each!r} is no record: write store/entity/number, as in acme/order/450789469 "
            "(`tandem records list` shows them)."
            for each in faulty
        )
