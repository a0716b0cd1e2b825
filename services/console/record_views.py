"""A ledger record as a page, as a row of a table, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from libs.common.ledger.model import HISTORY_LENGTH, Held, Record, State
from services.console.words import instant, moment, number, pairs

_COLOURS = {
    State.SYNCED: "green",
    State.HELD: "red",
    State.DUE: "yellow",
    State.RUNNING: "cyan",
    State.IGNORED: "dim",
}


def as_json(record: Record) -> dict[str, Any]:
    """The ledger's own field names; times as ISO 8601 in UTC."""
    return {"id": record.id, **asdict(record)}


def dump(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, indent=2, default=_plain)


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def state_text(state: State) -> Text:
    return Text(state.value, style=_COLOURS[state])


def table(records: Sequence[Record]) -> Table:
    """One row for each record, with what matters in its state."""
    rows = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("record", "name", "state", "Odoo", "what"):
        rows.add_column(title, overflow="fold", no_wrap=title == "record")
    for record in records:
        target = f"{record.target.name or record.target.id}" if record.target else ""
        rows.add_row(Text(record.id), Text(record.name), state_text(record.state), Text(target), Text(gist(record)))
    return rows


def gist(record: Record) -> str:
    """Why it is where it is, in a line."""
    match record.state:
        case State.HELD if record.held:
            return f"{record.held.code}: {record.held.message}"
        case State.IGNORED:
            return record.ignored or ""
        case State.RUNNING if record.lease:
            return f"{record.lease.worker}, until {moment(record.lease.until)}"
        case State.SYNCED if record.synced:
            return moment(record.synced.at)
        case State.DUE:
            waits = f", waits for {record.waits_for}" if record.waits_for else ""
            failures = f", {number(record.attempts, 'failure')} in a row" if record.attempts else ""
            return f"due {moment(record.due_at)}{waits}{failures}"
        case _:
            return record.wanted.why


def page(record: Record) -> RenderableType:
    """Everything the ledger knows of a record, for a person."""
    head = Text.assemble((record.id, "bold"), "  ", record.name, "  ", state_text(record.state))
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="dim", no_wrap=True)
    facts.add_column(overflow="fold")
    for label, text in _facts(record):
        facts.add_row(label, Text(text))
    return Group(head, Text(), facts, Text(), _history(record))


def _facts(record: Record) -> Iterator[tuple[str, str]]:
    if record.held:
        yield from _held(record.id, record.held)
    if record.ignored:
        yield "ignored", f"by the rule {record.ignored}"
    wanted, synced = record.wanted, record.synced
    yield "wanted", f"version {moment(wanted.version) or 'unknown'}, {number(wanted.seq, 'hint')}"
    yield "", f"last: {wanted.why or 'unknown'}, {moment(wanted.at)}".rstrip(", ")
    if synced:
        yield "synced", f"version {moment(synced.version) or 'unknown'}, at {moment(synced.at)}, digest {synced.digest}"
    else:
        yield "synced", "never"
    target = record.target
    yield "target", " ".join(filter(None, [target.model, str(target.id), target.name])) if target else "none yet"
    yield "attempts", f"{number(record.attempts, 'failure')} in a row, claimed {number(record.claims, 'time')} in all"
    if record.state is State.DUE:
        yield "due", moment(record.due_at) + (f", or when {record.waits_for} is there" if record.waits_for else "")
        yield "message", f"sent {moment(record.nudged_at)}" if record.nudged_at else "not sent yet"
    if record.lease:
        yield "lease", f"{record.lease.worker}, until {moment(record.lease.until)}"
    yield "lane", f"{record.lane.value}, from {record.source}"


def _held(record_id: str, held: Held) -> Iterator[tuple[str, str]]:
    yield "held", f"{held.code}: {held.message}"
    if held.hint:
        yield "to do", held.hint
    for name, value in held.details.items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=_plain)
        yield "", f"{name}: {text}"
    yield "then", f"tandem records retry {record_id}"


def _history(record: Record) -> RenderableType:
    if not record.history:
        return Text("no history")
    rows = Table(box=None, pad_edge=False, title_justify="left", title_style="bold", header_style="dim")
    rows.title = f"history (UTC, newest last, {HISTORY_LENGTH} at most)"
    rows.add_column("when", no_wrap=True)
    rows.add_column("what", no_wrap=True)
    rows.add_column("details", overflow="fold")
    for event in record.history:
        rows.add_row(instant(event.at), Text(event.what), Text(pairs(event.details)))
    return rows
