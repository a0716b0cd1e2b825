"""Everything that changed since a moment, page by page, whatever changes meanwhile.

Odoo keeps `write_date` in microseconds and tells it in whole seconds, and what `>` and `<=` mean within a second
differs between versions. So a page begins with the second in which the last one ended, `>=` and `<` are all that is
asked, and a second that is larger than a page is gone through by id.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from libs.common.odoo.cells import odoo_datetime, parse_datetime
from libs.common.odoo.client import OdooClient

PAGE_RECORDS = 500
_SECOND = timedelta(seconds=1)

Row = dict[str, Any]


def changed_since(
    client: OdooClient,
    model: str,
    domain: Sequence[Any],
    fields: Sequence[str],
    since: datetime,
    *,
    page_records: int = PAGE_RECORDS,
) -> Iterator[list[Row]]:
    """Rows with these fields, oldest change first; one call for each page, so one when nothing is found.

    A record that is written while the pages are read comes again with its newer `write_date`.
    """
    seen: set[int] = set()
    while True:
        conditions = [*domain, ("write_date", ">=", odoo_datetime(since))]
        rows = client.search_read(model, conditions, fields, order="write_date, id", limit=page_records)
        yield [row for row in rows if not (row["id"] in seen and _second(row) == since)]
        if len(rows) < page_records:
            return
        last = _second(rows[-1])
        ended = {row["id"] for row in rows if _second(row) == last}
        if len(ended) == len(rows):
            yield from _within(client, model, [*domain, *_one_second(last)], fields, ended, page_records)
            since, seen = last + _SECOND, set()
        else:
            since, seen = last, ended


def _within(  # noqa: PLR0917 - what to ask, and what to leave out
    client: OdooClient,
    model: str,
    domain: Sequence[Any],
    fields: Sequence[str],
    seen: set[int],
    page_records: int,
) -> Iterator[list[Row]]:
    """The rest of one second, by id."""
    after = 0
    while True:
        rows = client.search_read(model, [*domain, ("id", ">", after)], fields, order="id", limit=page_records)
        yield [row for row in rows if row["id"] not in seen]
        if len(rows) < page_records:
            return
        after = rows[-1]["id"]


def _one_second(moment: datetime) -> list[Any]:
    return [("write_date", ">=", odoo_datetime(moment)), ("write_date", "<", odoo_datetime(moment + _SECOND))]


def _second(row: Row) -> datetime:
    return parse_datetime(row["write_date"])
