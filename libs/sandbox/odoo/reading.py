"""Reading records: `read`, `web_read`, `fields_get`, `name_search`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from libs.sandbox.odoo.database import Row
from libs.sandbox.odoo.env import Env
from libs.sandbox.odoo.errors import type_error, value_error
from libs.sandbox.odoo.query import search, sort
from libs.sandbox.odoo.schema import X2MANY, Field

_SECONDS = 19
# What `fields_get` tells without being asked for attributes, beside what fields.json has.
_ALWAYS = {
    "change_default": False,
    "default_export_compatible": False,
    "depends": [],
    "exportable": True,
    "groupable": True,
    "manual": False,
}


def read(env: Env, model: str, ids: Any, fields: Sequence[str] | None, load: str | None) -> list[dict[str, Any]]:
    """Records that are gone are left out, silently."""
    env.check(model, "read")
    names = _names(env, model, fields)
    table = env.db.tables[model]
    rows = [table[one] for one in _id_list(ids) if one in table]
    env.check_visible(model, rows, "read")
    return [_record(env, model, row, names, classic=bool(load)) for row in rows]


def search_read(env: Env, model: str, rows: Sequence[Row], fields: Sequence[str] | None) -> list[dict[str, Any]]:
    names = _names(env, model, fields)
    return [_record(env, model, row, names, classic=True) for row in rows]


def web_read(env: Env, model: str, ids: Any, specification: Mapping[str, Any]) -> list[dict[str, Any]]:
    env.check(model, "read")
    _names(env, model, list(specification))
    table = env.db.tables[model]
    rows = [table[one] for one in _id_list(ids) if one in table]
    env.check_visible(model, rows, "read")
    return [_specified(env, model, row, specification) for row in rows]


def fields_get(env: Env, model: str, names: Any, attributes: Any) -> dict[str, dict[str, Any]]:
    """`digits` and the like are told only where the real server tells them; unknown names are left out."""
    described = {}
    for field in env.fields(model).values():
        if names and field.name not in names:
            continue
        everything = {**_ALWAYS, "name": field.name, **field.attributes}
        described[field.name] = {
            key: value for key, value in everything.items() if attributes is None or key in attributes
        }
    return described


def name_search(
    env: Env, model: str, name: str, domain: Any = None, *, operator: str = "ilike", limit: int | None = 100
) -> list[list[Any]]:
    env.check(model, "read")
    keys = env.model(model).name_search_fields()
    conditions: list[Any] = ["|"] * (len(keys) - 1) + [[key, operator, name] for key in keys] if name else []
    rows = search(env, model, [*conditions, *(domain or [])])
    return [[row["id"], env.display_name(model, row["id"])] for row in rows[: limit or None]]


def _names(env: Env, model: str, fields: Sequence[str] | None) -> list[str]:
    known = env.fields(model)
    if not fields:
        return list(known)
    for name in fields:
        if name not in known:
            where = f"on model '{model}'" if env.version == "18" else f"on '{model}'"
            raise value_error(f"Invalid field '{name}' {where}")
    return ["id", *(name for name in fields if name != "id")]


def _id_list(ids: Any) -> list[int]:
    if isinstance(ids, int) and not isinstance(ids, bool):
        return [ids]
    if not isinstance(ids, (list, tuple)):
        raise type_error(f"unsupported ids: {ids!r}")
    return [one for one in ids if isinstance(one, int)]


def _record(env: Env, model: str, row: Row, names: Sequence[str], *, classic: bool) -> dict[str, Any]:
    known = env.fields(model)
    return {name: _shown(env, model, row, known[name], classic=classic) for name in names}


def _shown(env: Env, model: str, row: Row, field: Field, *, classic: bool) -> Any:
    value = env.value(model, row, field.name)
    if field.type == "many2one":
        if not value:
            return False
        return [value, env.display_name(field.relation, value)] if classic else value
    if field.type in X2MANY:
        return linked(env, field, value)
    if field.type == "datetime" and value:
        return value[:_SECONDS]
    return value


def linked(env: Env, field: Field, ids: Sequence[int]) -> list[int]:
    """The ids of an x2many field as the caller may see them, in the order of their model."""
    if not ids:
        return []
    table = env.db.tables[field.relation]
    rows = [table[one] for one in ids if one in table]
    if field.type == "many2many" and "active" in env.fields(field.relation) and env.context.get("active_test", True):
        rows = [row for row in rows if env.value(field.relation, row, "active")]
    rows = [row for row in rows if env.visible(field.relation, row)]
    return [row["id"] for row in sort(env, field.relation, rows, None)]


def _specified(env: Env, model: str, row: Row, specification: Mapping[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = {"id": row["id"]}
    known = env.fields(model)
    for name, wanted in specification.items():
        field = known[name]
        value = _shown(env, model, row, field, classic=False)
        inner = (wanted or {}).get("fields")
        if inner is not None and field.relation:
            value = _inner(env, field, value, wanted, inner)
        shown[name] = value
    return shown


def _inner(env: Env, field: Field, value: Any, wanted: Mapping[str, Any], inner: Mapping[str, Any]) -> Any:
    if not value:
        return False if field.type == "many2one" else []
    table = env.db.tables[field.relation]
    _names(env, field.relation, list(inner))
    if field.type == "many2one":
        return _specified(env, field.relation, table[value], inner)
    # Beyond `limit` the records are named by their id alone, as the web client wants it.
    limit = wanted.get("limit", len(value))
    if wanted.get("order"):
        value = [row["id"] for row in sort(env, field.relation, [table[one] for one in value], wanted["order"])]
    return [
        _specified(env, field.relation, table[one], inner) if index < limit else {"id": one}
        for index, one in enumerate(value)
    ]
