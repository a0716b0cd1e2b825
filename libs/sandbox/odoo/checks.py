"""What is refused before a record is written: unknown fields, mandatory ones left out, records that are not there."""

from __future__ import annotations

from typing import Any

from libs.sandbox.odoo.database import Row
from libs.sandbox.odoo.env import Env
from libs.sandbox.odoo.errors import RequiredMissing, foreign_key, missing, value_error
from libs.sandbox.odoo.schema import X2MANY

# Fields whose absence is told; other mandatory ones have a default that may not be served here.
ALWAYS_CHECKED = (
    "partner_id",
    "name",
    "login",
    "product_tmpl_id",
    "order_id",
    "code",
    "location_id",
    "location_dest_id",
    "picking_type_id",
    "product_id",
)


def check_known(env: Env, model: str, values: dict[str, Any], *, nested: bool) -> None:
    for name in values:
        if name not in env.fields(model):
            where = f"on model '{model}'" if nested or env.version == "18" else f"in '{model}'"
            raise value_error(f"Invalid field '{name}' {where}")


def check_required(
    env: Env, model: str, row: Row, given: set[str], *, nested: bool, only: set[str] | None = None
) -> None:
    behaviour = env.model(model)
    for field in behaviour.fields.values():
        if not field.required or field.name in behaviour.computed or field.name in behaviour.parent_fields:
            continue
        if field.type in ("boolean", "integer", "float", "monetary", *X2MANY) or row.get(field.name):
            continue
        if only is not None and field.name not in only:
            continue
        if field.name in given or field.name in ALWAYS_CHECKED:
            linked = model.replace(".", "_") if nested else ""
            raise RequiredMissing(env.version, model, behaviour.label, field.name, field.label, linked=linked)


def check_references(env: Env, model: str, values: Row) -> None:
    for name, value in values.items():
        field = env.fields(model).get(name)
        if field is not None and field.type == "many2one" and value and value not in env.db.tables[field.relation]:
            if model.startswith("sale.order"):
                # Computed fields look at the record before the database would refuse it.
                raise missing(field.relation, [value], env.uid)
            raise foreign_key(env.version, model, env.model(model).label, name, field.label)
