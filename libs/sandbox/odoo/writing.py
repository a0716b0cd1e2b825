"""Creating, changing and deleting records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from libs.sandbox.odoo.checks import check_known, check_references, check_required
from libs.sandbox.odoo.conversion import to_row
from libs.sandbox.odoo.database import Row
from libs.sandbox.odoo.env import Env
from libs.sandbox.odoo.errors import (
    OdooError,
    foreign_key,
    key_error,
    value_error,
)
from libs.sandbox.odoo.model import Model
from libs.sandbox.odoo.schema import X2MANY, Field

Values = dict[str, Any]
_STAMPS = ("create_date", "write_date", "id", "display_name")
# The name under which `load` passes on the external id of a record that it creates inside another one.
XID = "id"
_SUMMARY_LENGTH = 120
# References that forbid the deletion of what they point at, although they may be empty.
_RESTRICTED = {("sale.order.line", "product_id"), ("account.move.line", "product_id")}


def create(env: Env, model: str, vals_list: Sequence[Values], *, nested: bool = False) -> list[int]:
    """The new ids. Raises what the server raises; the caller's transaction takes everything back."""
    env.check(model, "create")
    ids = [_create_one(env, model, dict(values), nested=nested) for values in vals_list]
    if not nested:
        flush(env)
    return ids


def _create_one(env: Env, model: str, values: Values, *, nested: bool) -> int:
    behaviour = env.model(model)
    xid = values.pop(XID, None) if env.context.get("sandbox_import") else None
    values.pop(XID, None)
    check_known(env, model, values, nested=nested)
    standing = behaviour.standing(env, values)
    if standing is not None:
        write(env, model, [standing], values, nested=True)
        if xid:
            keep_external_id(env, str(xid), model, standing)
        return standing
    behaviour.adapt(env, values)
    parent_values = {name: values.pop(name) for name in list(values) if name in behaviour.parent_fields}
    row, commands = _split(env, model, values)
    given = dict(row)
    if behaviour.inherits:
        parent, link = behaviour.inherits
        if not row.get(link):
            row[link] = _create_one(env.with_context(of_variant=True), parent, parent_values, nested=True)
        elif parent_values:
            write(env, parent, [row[link]], parent_values, nested=True)
    for name, value in behaviour.defaults.items():
        if name in behaviour.fields:
            row.setdefault(name, value)
    behaviour.complete(env, row)
    for name in commands:
        row.pop(name, None)  # a default that the caller replaces
    check_required(env, model, row, {*given, *commands}, nested=nested)
    check_references(env, model, row)
    row["create_date"] = row["write_date"] = env.stamp
    row_id = env.db.insert(model, row)
    for name, value in commands.items():
        apply_commands(env, model, row_id, behaviour.fields[name], value)
    if xid:
        keep_external_id(env, str(xid), model, row_id)
    behaviour.after_write(env, row, set(behaviour.fields), created=True)
    behaviour.inverse(env, row, _of_computed(behaviour, values))
    if not env.visible(model, row):
        env.check_visible(model, [row], "create")
    env.note(model, "create", row_id, _summary(given), str(xid) if xid else None)
    return row_id


def write(env: Env, model: str, ids: Sequence[int], values: Values, *, nested: bool = False) -> bool:
    """Changes the records; MissingError when one is gone."""
    env.check(model, "write")
    values = {name: value for name, value in dict(values).items() if name != XID}
    unknown = [name for name in values if name not in env.fields(model)]
    if unknown and ids:
        if env.version == "18":
            raise value_error(f"Invalid field '{unknown[0]}' on model '{model}'")
        raise key_error(unknown[0])
    rows = env.rows(model, list(ids))
    env.check_visible(model, rows, "write")
    for row in rows:
        _write_one(env, model, row, dict(values))
    if not nested:
        flush(env)
    return True


def _write_one(env: Env, model: str, row: Row, values: Values) -> None:
    behaviour = env.model(model)
    behaviour.adapt(env, values)
    behaviour.check_write(env, row, values)
    parent_values = {name: values.pop(name) for name in list(values) if name in behaviour.parent_fields}
    if parent_values and behaviour.inherits:
        write(env, behaviour.inherits[0], [row[behaviour.inherits[1]]], parent_values, nested=True)
    changes, commands = _split(env, model, values)
    changes = {name: value for name, value in changes.items() if name not in _STAMPS}
    check_required(env, model, {**row, **changes}, set(changes), nested=False, only=set(changes))
    check_references(env, model, changes)
    behaviour.before_write(env, row, changes)
    for name, value in changes.items():
        env.db.set(model, row["id"], name, value)
    for name, value in commands.items():
        apply_commands(env, model, row["id"], behaviour.fields[name], value)
    env.db.set(model, row["id"], "write_date", env.stamp)
    behaviour.after_write(env, row, {*changes, *commands}, created=False)
    behaviour.inverse(env, row, _of_computed(behaviour, values))
    if changes or commands:
        env.note(model, "write", row["id"], _summary({**changes, **dict.fromkeys(commands, "...")}), None)


def unlink(env: Env, model: str, ids: Sequence[int], *, nested: bool = False) -> bool:
    env.check(model, "unlink")
    rows = env.rows(model, list(ids))
    env.check_visible(model, rows, "unlink")
    for row in rows:
        if row["id"] in env.db.tables[model]:
            _unlink_one(env, model, row)
    if not nested:
        flush(env)
    return True


def _unlink_one(env: Env, model: str, row: Row) -> None:
    behaviour = env.model(model)
    behaviour.before_unlink(env, row)
    try:
        _release(env, model, row["id"])
    except OdooError as refusal:
        if behaviour.archive_instead(env, row, refusal):
            return
        raise
    xid = env.external_id(model, row["id"])
    for data_id in list(env.db.referring("ir.model.data", "res_id", row["id"]) or []):
        if env.db.tables["ir.model.data"][data_id]["model"] == model:
            env.db.delete("ir.model.data", data_id)
    env.db.delete(model, row["id"])
    env.note(model, "unlink", row["id"], {}, xid)


def _release(env: Env, model: str, row_id: int) -> None:
    """What refers to the record goes with it, lets go of it, or forbids that it is deleted."""
    for other, fields in env.registry.schema.items():
        behaviour = env.model(other)
        for field in fields.values():
            if field.type != "many2one" or field.relation != model or field.name in behaviour.stays_elsewhere():
                continue
            for child in list(env.db.referring(other, field.name, row_id) or ()):
                if field.name in behaviour.cascade_from:
                    unlink(env, other, [child], nested=True)
                elif field.required or (other, field.name) in _RESTRICTED:
                    raise foreign_key(env.version, other, behaviour.label, field.name, field.label)
                else:
                    env.db.set(other, child, field.name, False)


def flush(env: Env) -> None:
    """Computes what was left for the end: the amounts of orders and of invoices."""
    while env.stale_orders:
        order_id, _ = env.stale_orders.popitem()
        row = env.row("sale.order", order_id)
        if row is not None:
            env.model("sale.order").recompute(env, row)
    while env.stale_moves:
        move_id, _ = env.stale_moves.popitem()
        row = env.row("account.move", move_id)
        if row is not None:
            env.model("account.move").recompute(env, row)


def keep_external_id(env: Env, xid: str, model: str, row_id: int) -> None:
    """Names a record; the module `__import__` is taken when none is given, as `load` does."""
    module, dot, name = xid.partition(".")
    if not dot:
        module, name = str(env.context.get("module", "__import__")), xid
    values = {"module": module, "name": name, "model": model, "res_id": row_id}
    values["noupdate"] = bool(env.context.get("noupdate", False))
    known = env.db.external_ids.get((module, name))
    if known is None:
        env.db.insert("ir.model.data", {**values, "create_date": env.stamp, "write_date": env.stamp})
        return
    for field in ("model", "res_id"):
        env.db.set("ir.model.data", known, field, values[field])


def apply_commands(env: Env, model: str, row_id: int, field: Field, value: Any) -> None:
    """The commands of a one2many or many2many field, `(0, 0, {...})`, `(6, 0, [ids])` and so on."""
    many2many = field.type == "many2many"
    current = list(env.value(model, env.db.tables[model][row_id], field.name)) if many2many else []
    for command in _commands(value):
        code, target = command[0], command[1] if len(command) > 1 else 0
        if code == 0:
            child = {**command[2], field.inverse: row_id} if not many2many else command[2]
            current += create(env, field.relation, [child], nested=True)
        elif code == 1:
            write(env, field.relation, [target], command[2], nested=True)
        elif code == 2:
            unlink(env, field.relation, [target], nested=True)
            current = [one for one in current if one != target]
        elif many2many:
            current = {3: [one for one in current if one != target], 4: [*current, target], 5: []}.get(
                code, list(command[2]) if code == 6 else current
            )
        else:
            _link_children(env, row_id, field, command)
    if many2many:
        kept = list(dict.fromkeys(current))
        if any(one not in env.db.tables[field.relation] for one in kept):
            raise foreign_key(env.version, field.relation, env.model(field.relation).label, field.name, field.label)
        env.db.set(model, row_id, field.name, tuple(kept))


def _link_children(env: Env, row_id: int, field: Field, command: Sequence[Any]) -> None:
    code, target = command[0], command[1] if len(command) > 1 else 0
    if code == 4:
        write(env, field.relation, [target], {field.inverse: row_id}, nested=True)
        return
    kept = set(command[2]) if code == 6 else set()
    leaving = [target] if code == 3 else [one for one in env.children(field, row_id) if one not in kept]
    if code in (3, 5, 6):
        if field.inverse in env.model(field.relation).cascade_from:
            unlink(env, field.relation, leaving, nested=True)
        else:
            write(env, field.relation, leaving, {field.inverse: False}, nested=True)
    for one in kept:
        write(env, field.relation, [one], {field.inverse: row_id}, nested=True)


def _commands(value: Any) -> list[Sequence[Any]]:
    if value is False or value is None:
        return [(5, 0, 0)]
    return [(4, command, 0) if isinstance(command, int) else command for command in value]


def _split(env: Env, model: str, values: Values) -> tuple[Row, Values]:
    """Values for the row, and commands for x2many fields."""
    row: Row = {}
    commands: Values = {}
    computed = env.model(model).computed
    for name, value in values.items():
        field = env.fields(model)[name]
        if field.type in X2MANY:
            commands[name] = value
        elif name not in computed:
            row[name] = to_row(model, field, value)
    return row, commands


def _of_computed(behaviour: Model, values: Values) -> Values:
    return {name: value for name, value in values.items() if name in behaviour.computed}


def _summary(values: Row) -> dict[str, Any]:
    return {name: str(value)[:_SUMMARY_LENGTH] if isinstance(value, str) else value for name, value in values.items()}
