"""The cells of `load`: text made into values, references into ids, rows below a record into its lines."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC
from typing import Any
from zoneinfo import ZoneInfo

from libs.sandbox.odoo.conversion import DATE, DATETIME, parse_datetime
from libs.sandbox.odoo.env import Env
from libs.sandbox.odoo.errors import attribute_error, value_error
from libs.sandbox.odoo.reading import name_search
from libs.sandbox.odoo.schema import Field

Record = dict[Any, Any]
Path = tuple[str | None, ...]
# Calls back with what cannot be converted: the field, and why.
Log = Callable[[str, "NotConvertible"], None]
REFERENCES = (None, "id", ".id")
_TRUE, _FALSE = ("1", "true", "yes"), ("", "0", "false", "no")


class NotConvertible(Exception):
    """A cell that cannot be used; `sentence` has `{field}` where the field's label goes."""

    def __init__(self, sentence: str, extra: Mapping[str, Any] | None = None, *, value: Any = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.extra = dict(extra or {})
        self.value = value  # what is used all the same, if not None


def extract(
    env: Env, model: str, paths: Sequence[Path], rows: Sequence[Sequence[Any]]
) -> Iterator[tuple[Record, int, int]]:
    """Records with their first and last row: rows with nothing but lines belong to the record above them."""
    fields = env.fields(model)
    for path in paths:
        if path[0] and "." not in path[0] and path[0] not in fields:
            raise value_error(f"Invalid field name {path[0]!r}")
    lines = [i for i, path in enumerate(paths) if path[0] in fields and fields[path[0]].type == "one2many"]
    others = [i for i in range(len(paths)) if i not in set(lines)]
    first = 0
    while first < len(rows):
        last = first
        while last + 1 < len(rows) and _continues(rows[last + 1], lines, others):
            last += 1
        yield _record(env, model, paths, rows[first : last + 1]), first, last
        first = last + 1


def _continues(row: Sequence[Any], lines: Sequence[int], others: Sequence[int]) -> bool:
    return any(row[i] for i in lines) and not any(row[i] for i in others)


def _record(env: Env, model: str, paths: Sequence[Path], span: Sequence[Sequence[Any]]) -> Record:
    fields = env.fields(model)
    record: Record = {}
    relational = {path[0] for path in paths if path[0] in fields and fields[path[0]].relation}
    for index, path in enumerate(paths):
        if path[0] not in relational:
            record[path[0]] = span[0][index]
    for name in dict.fromkeys(str(path[0]) for path in paths if path[0] in relational):
        columns = [i for i, other in enumerate(paths) if other[0] == name]
        inner = [paths[i][1:] or (None,) for i in columns]
        cells = [[row[i] for i in columns] for row in span]
        filled = [row for row in cells if any(row)]
        record[name] = [sub for sub, _, _ in extract(env, fields[name].relation, inner, filled)]
    return record


def convert(env: Env, model: str, record: Record, log: Log) -> Record:
    """Values as `create` takes them; an empty cell means False, not "left out"."""
    converted: Record = {}
    fields = env.fields(model)
    for name, value in record.items():
        if name in REFERENCES:
            continue
        if not value:
            converted[name] = False
            continue
        try:
            converted[name] = _converted(env, fields[name], value)
        except NotConvertible as problem:
            if problem.value is not None:
                converted[name] = problem.value
            log(name, problem)
    return converted


def _converted(env: Env, field: Field, value: Any) -> Any:
    match field.type:
        case "boolean":
            return _boolean(value)
        case "integer" | "float" | "monetary":
            return _number(field, value)
        case "date" | "datetime":
            return _moment(env, field, value)
        case "selection":
            return _selection(field, value)
        case "many2one":
            return _many2one(env, field, value)
        case "many2many":
            subfield = _subfield(value[0])
            return [(6, 0, [find(env, field, subfield, part) for part in str(value[0][subfield]).split(",")])]
        case "one2many":
            return _one2many(env, field, value)
        case "json":
            return _json(value)
        case _:
            return value


def _json(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        raise NotConvertible(f"'{value}' does not seem to be a valid JSON for field '{{field}}'") from None


def _boolean(value: Any) -> bool:
    if not isinstance(value, str):
        raise attribute_error(f"'{type(value).__name__}' object has no attribute 'lower'")
    if value.lower() not in _TRUE + _FALSE:
        hint = {"moreinfo": "Use '1' for yes and '0' for no"}
        raise NotConvertible(f"Unknown value '{value}' for boolean field '{{field}}'", hint, value=True)
    return value.lower() in _TRUE


def _number(field: Field, value: Any) -> float | int:
    whole = field.type == "integer"
    try:
        return int(value) if whole else float(value)
    except ValueError:
        kind = "an integer" if whole else "a number"
        raise NotConvertible(f"'{value}' does not seem to be {kind} for field '{{field}}'") from None


def _moment(env: Env, field: Field, value: Any) -> str:
    kind, shown = ("datetime", "2012-12-31 23:59:59") if field.type == "datetime" else ("date", "2012-12-31")
    try:
        parsed = parse_datetime(str(value))
    except ValueError:
        hint = {"moreinfo": f"Use the format '{shown}'"}
        raise NotConvertible(f"'{value}' does not seem to be a valid {kind} for field '{{field}}'", hint) from None
    if field.type == "date":
        return parsed.strftime(DATE)
    zone = ZoneInfo(str(env.context.get("tz") or env.user.get("tz") or "UTC"))
    return parsed.replace(tzinfo=zone).astimezone(UTC).strftime(DATETIME)


def _selection(field: Field, value: Any) -> str:
    wanted = str(value).lower()
    for key, label in field.selection:
        if wanted in (str(key).lower(), label.lower()):
            return key
    hint = {"moreinfo": [label or key for key, label in field.selection]}
    raise NotConvertible(f"Value '{value}' not found in selection field '{{field}}'", hint)


def _many2one(env: Env, field: Field, value: Sequence[Record]) -> Any:
    subfield = _subfield(value[0])
    return find(env, field, subfield, value[0][subfield])


def _subfield(record: Record) -> str | None:
    if set(record) - set(REFERENCES):
        raise NotConvertible("Can not create Many-To-One records indirectly, import the field separately")
    if len(record) > 1:
        raise NotConvertible(
            "Ambiguous specification for field '{field}', only provide one of name, external id or database id"
        )
    subfield: str | None = next(iter(record))
    return subfield


def _one2many(env: Env, field: Field, records: Sequence[Record]) -> list[tuple[Any, ...]]:
    if len(records) == 1 and not set(records[0]) - set(REFERENCES):
        subfield = _subfield(records[0])
        records = [{subfield: part} for part in str(records[0][subfield]).split(",")]
    commands: list[tuple[Any, ...]] = []

    def log(name: str, problem: NotConvertible) -> None:
        label = env.fields(field.relation)[name].label
        problem.sentence = problem.sentence.replace("{field}", "{field}/" + label)
        problem.value = None
        raise problem

    for record in records:
        values = convert(env, field.relation, record, log)
        references = {key: value for key, value in record.items() if key in REFERENCES}
        known = None
        if references:
            subfield = _subfield(references)
            try:
                known = find(env, field, subfield, record[subfield])
            except NotConvertible:
                if subfield != "id":
                    raise
                values["id"] = record["id"]
        commands += [(4, known, 0), (1, known, values)] if known else [(0, 0, values)]
    return commands


def find(env: Env, field: Field, subfield: str | None, value: Any) -> int | bool:
    """The id that a reference means: by database id (`.id`), external id (`id`) or name (None)."""
    action: dict[str, Any] = {
        "name": "Possible Values",
        "type": "ir.actions.act_window",
        "target": "new",
        "view_mode": "list,form",
        "views": [[False, "list"], [False, "form"]],
        "context": {"create": False},
        "help": "See all possible values",
        "res_model": field.relation if subfield is None else "ir.model.data",
    }
    if subfield is not None:
        action["domain"] = [["model", "=", field.relation]]
    if subfield is not None and isinstance(value, str) and value.lower() in _FALSE:
        return False
    if subfield == ".id":
        kind, found = "database id", _by_database_id(env, field, value, action)
    elif subfield == "id":
        kind, found = "external id", _by_external_id(env, field, str(value))
    else:
        names = name_search(env, field.relation, str(value), operator="=", limit=2)
        kind, found = "name", names[0][0] if names else None
    if found is None:
        sentence = f"No matching record found for {kind} '{value}' in field '{{field}}'"
        raise NotConvertible(sentence, {"moreinfo": action})
    return found


def _by_database_id(env: Env, field: Field, value: Any, action: Mapping[str, Any]) -> int | None:
    try:
        number = int(value)
    except ValueError:
        raise NotConvertible(f"Invalid database id '{value}' for the field '{{field}}'", {"moreinfo": action}) from None
    return number if number in env.db.tables[field.relation] else None


def _by_external_id(env: Env, field: Field, value: str) -> int | None:
    module, dot, name = value.partition(".")
    key = (module, name) if dot else (str(env.context.get("module", "__import__")), value)
    flush = env.context.get("sandbox_flush")
    if flush is not None:
        flush(".".join(key))
    data_id = env.db.external_ids.get(key)
    row = env.row("ir.model.data", data_id) if data_id else None
    if row is None or row["res_id"] not in env.db.tables.get(row["model"], {}):
        return None
    if row["model"] != field.relation:
        text = f"Invalid external ID {'.'.join(key)}: expected model {field.relation!r}, found {row['model']!r}"
        raise NotConvertible(text)
    return int(row["res_id"])
