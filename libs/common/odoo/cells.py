"""What goes into a cell of `load`: text that Odoo's importer reads back exactly."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

Cell = str | int | bool | Decimal | datetime | date | None

ODOO_DATETIME = "%Y-%m-%d %H:%M:%S"


def odoo_datetime(moment: datetime) -> str:
    """`2026-11-23 12:00:00`: UTC and whole seconds, the only form Odoo reads."""
    if moment.tzinfo is None:
        raise ValueError(f"a time needs its zone: {moment!r}")
    return moment.astimezone(UTC).strftime(ODOO_DATETIME)


def parse_datetime(value: str) -> datetime:
    """The aware moment of one of Odoo's datetimes."""
    return datetime.strptime(value, ODOO_DATETIME).replace(tzinfo=UTC)


def cell(value: Cell) -> str:
    """One value as text; None is an empty cell. A float is refused: it would not be exact."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, datetime):
        return odoo_datetime(value)
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, (str, int, date)):
        return str(value)
    raise TypeError(f"a cell is no {type(value).__name__}: {value!r}")


def ids_cell(ids: Iterable[int]) -> str:
    """Several database ids for a many2many column such as `tag_ids/.id`: `3,5`; "" clears it."""
    return ",".join(str(i) for i in ids)


def rounded_apart(key: str) -> str:
    """For the column `extra_tax_data`: the line's taxes are rounded with no other line's, as if each were an order.

    In a company that rounds globally Odoo adds the unrounded taxes of lines that share a key (of all lines without
    one) and rounds once; Shopify rounds the taxes of each line. `key` is any text of the line's own.
    """
    return json.dumps({"computation_key": key})


def matrix(fields: Sequence[str], rows: Sequence[Sequence[Cell]]) -> list[list[str]]:
    """The rows as text; raises ValueError when one is not as long as `fields`."""
    for number, row in enumerate(rows):
        if len(row) != len(fields):
            raise ValueError(f"row {number} has {len(row)} cells for {len(fields)} fields")
    return [[cell(value) for value in row] for row in rows]
