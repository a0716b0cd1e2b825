"""What `load` answered: the ids of all records, a lost race to try again, or rows to take out. Pure.

`load` reports failure inside a successful answer: `ids` is false and `messages` say why (recorded in the
exchanges `load.partial_batch`, `load.err.*`). It applies all records of a call or none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from libs.common.errors import Failure, Rejected, Transient
from libs.common.odoo.cells import Cell
from libs.common.odoo.errors import SERIALIZATION, RowRefused, access_refused, is_access, is_race

#: Odoo's importer says this of the records after a bad one: it tells nothing about themselves.
_ECHO = "Resolve other errors first"


@dataclass(frozen=True, slots=True)
class LoadResult:
    """The database ids, one for each record in the order of the rows, and any warnings."""

    ids: tuple[int, ...]
    warnings: tuple[str, ...] = ()


def count_records(fields: Sequence[str], rows: Sequence[Sequence[Cell]]) -> int:
    """How many records the rows make: those whose `id` or `.id` cell is filled; the others continue one.

    ValueError when neither column is there, or the first row has it empty: `load` would make records
    that nothing can find again.
    """
    column = next((fields.index(name) for name in ("id", ".id") if name in fields), None)
    if column is None:
        raise ValueError("load needs a column `id` (an external id) or `.id` (a database id)")
    if rows and rows[0][column] in (None, ""):
        raise ValueError("the first row names no record")
    return sum(1 for row in rows if row[column] not in (None, ""))


def understand(answer: Any, name: str, records: int) -> LoadResult:
    """The ids, or raises: Transient for a lost race, RowRefused for bad rows. Never half a success."""
    if not isinstance(answer, dict):
        raise Transient(f"{name}: an answer of an unknown shape", "odoo", "no_ids")
    messages = [message for message in answer.get("messages") or () if isinstance(message, dict)]
    errors = [message for message in messages if message.get("type", "error") == "error"]
    ids = answer.get("ids")
    if errors or not ids:
        raise _refusal(errors, name, records)
    if len(ids) != records or not all(isinstance(i, int) and not isinstance(i, bool) for i in ids):
        # Odoo took some rows for one record, or a warning dropped one; which is which cannot be told.
        texts = [_text(message) for message in messages]
        details = {"call": name, "messages": texts}
        raise Rejected(f"{name}: {len(ids)} ids for {records} records", "odoo", "ids_missing", details=details)
    return LoadResult(tuple(ids), tuple(_text(message) for message in messages))


def _refusal(errors: list[dict[str, Any]], name: str, records: int) -> Failure:
    texts = [_text(error) for error in errors]
    if not errors:
        return Transient(f"{name}: neither ids nor a reason", "odoo", "no_ids")
    if any(is_race(text) for text in texts):
        # One lost race aborts the transaction, and what is said of the other rows is only its echo.
        return Transient(f"{name}: {texts[0]}", "odoo", SERIALIZATION, details={"call": name, "messages": texts})
    telling = [error for error in errors if error.get("moreinfo") != _ECHO] or errors
    if all(is_access(_text(error)) for error in telling):
        return access_refused(f"{name}: {_text(telling[0])}", {"call": name, "messages": texts})
    blamed = _blamed(telling, records)
    first = next((error for error in telling if blamed and error.get("record") == blamed[0]), telling[0])
    field_name = str(first.get("field") or "")
    where = f"{field_name}: " if field_name else ""
    return RowRefused(
        f"{where}{_text(first)}",
        "odoo",
        hint="Odoo's own words; correct it there or in Shopify",
        details={"call": name, "messages": texts},
        record=blamed[0] if blamed else None,
        records=blamed,
        field_name=field_name,
        messages=tuple(texts),
    )


def _blamed(errors: list[dict[str, Any]], records: int) -> tuple[int, ...]:
    """The records that the errors name, in order.

    When a whole batch fails, Odoo puts that error first under the first record's number, whoever caused it,
    and then what it found record by record. So the first record is blamed only when nothing else is.
    """
    named = [error.get("record") for error in errors]
    known = [n for n in named if isinstance(n, int) and not isinstance(n, bool) and 0 <= n < records]
    if len(known) > 1 and known[0] == 0 and 0 not in known[1:]:
        known = known[1:]
    return tuple(sorted(set(known)))


def _text(message: dict[str, Any]) -> str:
    return str(message.get("message") or "").strip()
