"""`load`: many records with external ids in one call, all or none of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from libs.sandbox.odoo.cells import NotConvertible, Path, Record, convert, extract
from libs.sandbox.odoo.env import Env
from libs.sandbox.odoo.errors import ConstraintBroken, OdooError, RequiredMissing, key_error, validation_error
from libs.sandbox.odoo.query import search
from libs.sandbox.odoo.writing import create, keep_external_id, unlink, write

_TOO_MANY = 10
_INTERRUPTED = (
    "Found more than 10 errors and more than one error per 10 records, interrupted to avoid showing too many errors."
)
_LOST_RACE = "could not serialize access due to concurrent update\n"


@dataclass
class _Waiting:
    """A converted record that is about to be written."""

    xid: str
    values: Record
    info: dict[str, Any]


def lost_race() -> dict[str, Any]:
    """What the loser of two calls for the same new external id gets: an answer, not an error."""
    message = {"rows": {"from": 0, "to": 0}, "record": 0, "type": "error", "message": _LOST_RACE}
    return {"ids": False, "messages": [message], "nextrow": 0}


def load(env: Env, model: str, fields: Sequence[str], data: Sequence[Sequence[Any]]) -> dict[str, Any]:
    """`{"ids": [...] or False, "messages": [...], "nextrow": 0}`; raises only for what makes no sense at all."""
    return _Load(env, model).run([_path(name) for name in fields], data)


def _path(name: str) -> Path:
    """`partner_id/.id`, `partner_id.id` and `partner_id:id` in the parts that are meant."""
    fixed = re.sub(r"([^/])\.id", r"\1/.id", name)
    return tuple(re.sub(r"([^/]):id", r"\1/id", fixed).split("/"))


class _Load:
    def __init__(self, env: Env, model: str) -> None:
        self.env = env.with_context(sandbox_import=True, sandbox_flush=self._flush_for)
        self.model = model
        self.update = env.context.get("mode", "init") == "update"
        self.messages: list[dict[str, Any]] = []
        self.ids: list[int] = []
        self.waiting: list[_Waiting] = []
        self.start = env.db.savepoint()

    def run(self, paths: Sequence[Path], data: Sequence[Sequence[Any]]) -> dict[str, Any]:
        for number, (record, first, last) in enumerate(extract(self.env, self.model, paths, data)):
            rows = {"rows": {"from": first, "to": last}}
            database_id = self._database_id(record, rows, number)
            values = convert(self.env, self.model, record, self._logger(rows, number))
            xid = self._qualified(record.get("id"))
            if database_id and not xid:
                values["id"] = database_id
            self.waiting.append(_Waiting(xid, values, {**rows, "record": number}))
        self._flush()
        failed = any(message["type"] == "error" for message in self.messages)
        if failed:
            self.env.db.rollback(self.start)
            self.env.forget_stale()
        return {"ids": False if failed else self.ids, "messages": self.messages, "nextrow": 0}

    def _qualified(self, xid: Any) -> str:
        if not xid:
            return ""
        return str(xid) if "." in str(xid) else f"{self.env.context.get('module', '__import__')}.{xid}"

    def _database_id(self, record: Record, rows: dict[str, Any], number: int) -> int | None:
        if ".id" not in record:
            return None
        try:
            found = int(record[".id"])
        except ValueError:
            text = f'invalid input syntax for type integer: "{record[".id"]}"\n'
            raise OdooError("psycopg2.errors.InvalidTextRepresentation", text) from None
        if search(self.env, self.model, [("id", "=", found)]):
            return found
        message = f"Unknown database identifier '{record['.id']}'"
        self.messages.append({**rows, "type": "error", "record": number, "field": ".id", "message": message})
        return None

    def _logger(self, rows: dict[str, Any], number: int) -> Any:
        def log(name: str, problem: NotConvertible) -> None:
            label = self.env.fields(self.model)[name].label
            message = problem.sentence.replace("{field}", label)
            told = {**rows, "type": "error", "record": number, "field": name, "message": message}
            self.messages.append({**told, **problem.extra, "field_name": label})

        return log

    def _flush_for(self, xid: str) -> None:
        """A reference to a record of this very call: write what is waiting, so that it can be found."""
        if any(record.xid == xid for record in self.waiting):
            self._flush()

    def _flush(self) -> None:
        batch, self.waiting = self.waiting, []
        if not batch:
            return
        savepoint = self.env.db.savepoint()
        try:
            self.ids += [self._write(record) for record in batch]
            return
        except OdooError as error:
            self.env.db.rollback(savepoint)
            self.env.forget_stale()
            whole = error
        self._one_by_one(batch, whole)

    def _one_by_one(self, batch: list[_Waiting], whole: OdooError) -> None:
        """To say which records are to blame; 19 takes everything back at each failure, 18 that record."""
        errors = 0
        for count, record in enumerate(batch, 1):
            savepoint = self.env.db.savepoint() if self.env.version == "18" else self.start
            try:
                self.ids.append(self._write(record))
            except OdooError as error:
                self.env.db.rollback(savepoint)
                self.env.forget_stale()
                self.messages.append({**record.info, **self._told(error)})
                errors += 1
            if errors >= _TOO_MANY and errors >= count / _TOO_MANY:
                self.messages.append({"type": "warning", "message": _INTERRUPTED})
                break
        # What was raised for the batch is told for its first record, if no record says the same.
        of_business = whole.name.startswith("odoo.exceptions") and not isinstance(
            whole, (RequiredMissing, ConstraintBroken)
        )
        told = {**batch[0].info, **self._told(whole)}
        if errors and of_business and told not in self.messages:
            self.messages.insert(0, told)

    def _told(self, error: OdooError) -> dict[str, Any]:
        if isinstance(error, RequiredMissing) and error.linked:
            known = self.env.fields(self.model).get(error.field)
            error.root = known.label if known else ""
        return error.loading(self.env.version)

    def _write(self, record: _Waiting) -> int:
        env, values = self.env, record.values
        if not record.xid:
            return self._without_external_id(values)
        module, _, name = record.xid.partition(".")
        data_id = env.db.external_ids.get((module, name))
        if data_id is not None:
            known = env.db.tables["ir.model.data"][data_id]
            if known["model"] != self.model:
                raise validation_error(
                    f"For external id {record.xid} when trying to create/update a record of model {self.model} found "
                    f"record of different model {known['model']} ({data_id})"
                )
            if known["res_id"] in env.db.tables[self.model]:
                if not (self.update and known["noupdate"]):
                    write(env, self.model, [known["res_id"]], values)
                return int(known["res_id"])
            unlink(env.as_superuser(), "ir.model.data", [data_id], nested=True)
        [created] = create(env, self.model, [{**values, "id": record.xid}])
        inherits = env.model(self.model).inherits
        if inherits and not values.get(inherits[1]):
            parent = env.db.tables[self.model][created][inherits[1]]
            keep_external_id(env, f"{record.xid}_{inherits[0].replace('.', '_')}", inherits[0], parent)
        return created

    def _without_external_id(self, values: Record) -> int:
        if values.get("id"):
            write(self.env, self.model, [values["id"]], values)
            return int(values["id"])
        if not self.update:
            return create(self.env, self.model, [values])[0]
        if self.env.version == "18":
            raise key_error("'record'")
        raise validation_error("Cannot update a record without specifying its id or xml_id")
