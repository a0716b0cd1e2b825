"""`tandem privacy`: Shopify's requests to erase or to hand over a customer's data, and what was done about them."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from libs.common.ledger.model import Record, State
from libs.common.ledger.privacy import REQUESTED
from services.console import record_views as views
from services.console.desk import Desk, desk
from services.console.plain import bad_input, fail, plainly, tell
from services.console.words import moment, output, teaching

ENTITY = "privacy"
LIMIT = 10_000

app = typer.Typer(no_args_is_help=True, help="Requests for privacy: what was asked, what was done, what is left to do.")

RequestId = Annotated[str, typer.Argument(metavar="ID", help="store/privacy/request: acme/privacy/redact-191167")]
JsonOption = Annotated[bool, typer.Option("--json", help="for machines")]


@app.command(
    "list",
    help=teaching("Every request, the last changed first.", "tandem privacy list", "tandem privacy list --open"),
)
@plainly
def list_requests(
    context: typer.Context,
    *,
    store: Annotated[str | None, typer.Option("--store", metavar="SLUG", show_default=False)] = None,
    only_open: Annotated[bool, typer.Option("--open", help="only those that wait for a person or a worker")] = False,
    json: JsonOption = False,
) -> None:
    with desk(context) as at:
        found = at.ledger.find(store=store, entity=ENTITY, limit=LIMIT)
    shown = [one for one in found if not (only_open and one.state is State.SYNCED)]
    if json:
        typer.echo(views.dump([receipt(one) for one in shown]))
        return
    if not shown:
        tell("There is no such request.")
        return
    rows = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("request", "asked for", "state", "carried out", "closed by"):
        rows.add_column(title, overflow="fold")
    for one in shown:
        told = one.told
        cells = (one.id, told.get("kind", ""), told.get("erased_at", ""), told.get("closed_by", ""))
        rows.add_row(cells[0], cells[1], views.state_text(one.state), cells[2], cells[3])
    output().print(rows)


@app.command(
    "show",
    help=teaching(
        "The receipt of one request: when it came, what was erased and when, what is left in Odoo, who closed it.",
        "tandem privacy show acme/privacy/redact-191167",
        "tandem privacy show acme/privacy/redact-191167 --json > receipt.json",
    ),
)
@plainly
def show(context: typer.Context, request: RequestId, *, json: JsonOption = False) -> None:
    with desk(context) as at:
        found = receipt(_request(at, request))
    if json:
        typer.echo(views.dump(found))
        return
    rows = Table(box=None, show_header=False, pad_edge=False)
    for name, value in found.items():
        rows.add_row(Text(name.replace("_", " "), style="dim"), str(value))
    output().print(rows)


@app.command(
    "export",
    help=teaching(
        "Everything that the ledger keeps of the customer of a request, as JSON: records, links, histories. "
        "What Odoo keeps is to be added there.",
        "tandem privacy export acme/privacy/request-9999 > customer.json",
    ),
)
@plainly
def export(context: typer.Context, request: RequestId) -> None:
    with desk(context) as at:
        record = _request(at, request)
        ids, words = _about(at, record)
        found = [views.as_json(one) for one in at.ledger.mentions(record.store, ids, words)]
    typer.echo(views.dump({"request": receipt(record), "records": found}))


@app.command(
    "done",
    help=teaching(
        "Say that what was left to a person is done: the request is closed with your name on its receipt.",
        "tandem privacy done acme/privacy/redact-191167 --by 'Ada Lovelace'",
    ),
)
@plainly
def done(
    context: typer.Context,
    request: RequestId,
    *,
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="who did it")],
) -> None:
    if not by.strip():
        bad_input(["Say who did it: --by NAME."])
    with desk(context) as at:
        record = _request(at, request)
        kind, about = record.told.get("kind", ""), record.told.get("customer")
        if "erased_at" not in record.told and (kind == "shop/redact" or (kind == "customers/redact" and about)):
            fail(f"{request} was not carried out on the ledger yet; its record says why: tandem records show {request}")
        closed = {"closed_by": by.strip(), "closed_at": at.ledger.clock.now().isoformat()}
        at.ledger.tell(record.id, closed, forget=REQUESTED)
        at.ledger.retry([record.id], why="closed by hand")
        at.nudge([record])
    tell(f"{request} is closed.")


def receipt(record: Record) -> dict[str, Any]:
    """What can be shown to whoever asks: no data of the customer but the numbers by which both sides call them."""
    told = record.told
    found: dict[str, Any] = {
        "request": record.id,
        "asked_for": told.get("kind", ""),
        "customer": told.get("customer", ""),
        "orders": told.get("orders", ""),
        "received": told.get("received") or moment(record.wanted.at),
        "erased_in_the_ledger": told.get("erased_at", ""),
        "records_erased": told.get("erased_records", ""),
        "contact_in_odoo": told.get("contact", ""),
        "orders_in_odoo": told.get("sale_orders", ""),
        "state": record.state.value,
        "left_to_do": record.held.message if record.held else "",
        "closed_by": told.get("closed_by", ""),
        "closed_at": told.get("closed_at", ""),
        "earlier": told.get("earlier", ""),
    }
    return {name: value for name, value in found.items() if value}


def _about(at: Desk, request: Record) -> tuple[list[str], list[str]]:
    """The records of the customer and of the orders, and the words by which others are found that tell of them."""
    told, store = request.told, request.store
    people = [f"{store}/customer/{told['customer']}"] if told.get("customer") else []
    people += [f"{store}/customer/odoo-{told['contact']}"] if told.get("contact") else []
    people += at.ledger.merged_into(store, told["customer"]) if told.get("customer") else []
    orders = [f"{store}/order/{one}" for one in told.get("orders", "").split(",") if one]
    known = at.ledger.many([*people, *orders])
    names = [one.name for key, one in known.items() if key in orders and not one.name.isdigit()]
    for key in people:
        one = known.get(key)
        names += [name for name in (one.name, one.target.name if one.target else "") if " " in name] if one else []
    return [*people, *orders], [told.get("email", ""), told.get("phone", ""), *names]


def _request(at: Desk, request: str) -> Record:
    record = at.ledger.get(request)
    if record is None or record.entity != ENTITY:
        fail(f"{request} is no request for privacy; `tandem privacy list` shows them.")
    return record
