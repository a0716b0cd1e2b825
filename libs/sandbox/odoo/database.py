"""Tables in memory with transactions: an undo log, taken back step by step when a call fails.

Ids and the order sequence are not given back, as in PostgreSQL: a call that failed leaves a gap.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from libs.sandbox.journal import Effect, Journal
from libs.sandbox.odoo.schema import Fields

Row = dict[str, Any]
# Looked up by equality often enough to be worth an index; many2one fields all have one.
INDEXED = {
    ("res.partner", "email_normalized"),
    ("res.partner", "email"),
    ("res.partner", "ref"),
    ("product.product", "default_code"),
    ("product.product", "barcode"),
    ("product.product", "combination_indices"),
    ("sale.order", "client_order_ref"),
    ("sale.order", "name"),
    ("sale.order", "origin"),
    ("res.country", "code"),
    ("res.country.state", "code"),
    ("res.currency", "name"),
    ("res.users", "login"),
    ("crm.tag", "name"),
    ("ir.model.data", "name"),
    ("ir.model.data", "res_id"),
}


class Database:
    """Rows by model and id. Everything that changes a row goes through `insert`, `set` and `delete`."""

    def __init__(self, schema: dict[str, Fields], journal: Journal, elsewhere: set[tuple[str, str]]) -> None:
        """`elsewhere`: (model, field) that rows do not hold themselves, computed or of another row."""
        self.lock = threading.RLock()
        self.journal = journal
        # Models that are only referred to have tables too: they stay empty.
        related = {field.relation for fields in schema.values() for field in fields.values() if field.relation}
        self.tables: dict[str, dict[int, Row]] = {model: {} for model in (*schema, *(related - set(schema)))}
        self.external_ids: dict[tuple[str, str], int] = {}
        self._next_id: dict[str, int] = defaultdict(lambda: 1)
        self._index: dict[tuple[str, str], dict[Any, dict[int, None]]] = {}
        self._indexed: dict[str, set[str]] = {}
        for model, fields in schema.items():
            names = {f.name for f in fields.values() if f.type == "many2one" or (model, f.name) in INDEXED}
            names -= {field for other, field in elsewhere if other == model}
            self._indexed[model] = names
            for name in names:
                self._index[model, name] = defaultdict(dict)
        self._undo: list[tuple[str, str, int, str, Any]] = []
        self._effects: list[Effect] = []

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; the journal learns of the effects at the end. One at a time."""
        with self.lock:
            self._undo.clear()
            self._effects.clear()
            try:
                yield
            except BaseException:
                self.rollback((0, 0))
                raise
            self.journal.extend(list(self._effects))
            self._undo.clear()
            self._effects.clear()

    def savepoint(self) -> tuple[int, int]:
        return len(self._undo), len(self._effects)

    def rollback(self, savepoint: tuple[int, int]) -> None:
        """Takes back what was done since."""
        undo, effects = savepoint
        while len(self._undo) > undo:
            kind, model, row_id, field, value = self._undo.pop()
            if kind == "insert":
                self._forget(model, row_id)
            elif kind == "delete":
                self._keep(model, row_id, value)
            else:
                self._change(model, self.tables[model][row_id], field, value)
        del self._effects[effects:]

    def note(self, effect: Effect) -> None:
        self._effects.append(effect)

    def new_id(self, model: str) -> int:
        given = self._next_id[model]
        self._next_id[model] = given + 1
        return given

    def insert(self, model: str, row: Row) -> int:
        """Keeps the row under its `id`, or a new one."""
        row_id = int(row.get("id") or self.new_id(model))
        row["id"] = row_id
        self._next_id[model] = max(self._next_id[model], row_id + 1)
        self._keep(model, row_id, row)
        self._undo.append(("insert", model, row_id, "", None))
        return row_id

    def set(self, model: str, row_id: int, field: str, value: Any) -> None:
        row = self.tables[model][row_id]
        if field in row and row[field] == value and type(row[field]) is type(value):
            return
        self._undo.append(("set", model, row_id, field, row.get(field)))
        self._change(model, row, field, value)

    def delete(self, model: str, row_id: int) -> None:
        self._undo.append(("delete", model, row_id, "", self.tables[model][row_id]))
        self._forget(model, row_id)

    def referring(self, model: str, field: str, value: Any) -> list[int] | None:
        """Ids of the rows whose indexed field has this value, oldest first; None when the field has no index."""
        index = self._index.get((model, field))
        if index is None:
            return None
        return sorted(index[value]) if value in index else []

    def _keep(self, model: str, row_id: int, row: Row) -> None:
        self.tables[model][row_id] = row
        for field in self._indexed[model]:
            value = row.get(field)
            if value:
                self._index[model, field][value][row_id] = None
        if model == "ir.model.data":
            self.external_ids[row["module"], row["name"]] = row_id

    def _forget(self, model: str, row_id: int) -> None:
        row = self.tables[model].pop(row_id)
        for field in self._indexed[model]:
            value = row.get(field)
            if value:
                self._unindex(model, field, value, row_id)
        if model == "ir.model.data" and self.external_ids.get((row["module"], row["name"])) == row_id:
            del self.external_ids[row["module"], row["name"]]

    def _change(self, model: str, row: Row, field: str, value: Any) -> None:
        if field in self._indexed[model]:
            if row.get(field):
                self._unindex(model, field, row[field], row["id"])
            if value:
                self._index[model, field][value][row["id"]] = None
        row[field] = value

    def _unindex(self, model: str, field: str, value: Any, row_id: int) -> None:
        rows = self._index[model, field][value]
        rows.pop(row_id, None)
        if not rows:
            del self._index[model, field][value]
