"""Taxes, tags, teams and external ids."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from libs.sandbox.odoo.database import Row
from libs.sandbox.odoo.env import Env
from libs.sandbox.odoo.errors import ConstraintBroken, value_error
from libs.sandbox.odoo.model import Model
from libs.sandbox.odoo.schema import Fields


class Tax(Model):
    order = "sequence, id"
    defaults: ClassVar[Mapping[str, Any]] = {
        "active": True,
        "amount_type": "percent",
        "type_tax_use": "sale",
        "sequence": 1,
        "is_base_affected": True,
    }

    def __init__(self, name: str, schema: dict[str, Fields], version: str) -> None:
        super().__init__(name, schema, version)
        self.computed["price_include"] = lambda _, row: row.get("price_include_override") == "tax_included"
        self.computed["company_price_include"] = lambda *_: "tax_excluded"

    def complete(self, env: Env, values: dict[str, Any]) -> None:
        values.setdefault("company_id", env.company_id or False)
        company = env.row("res.company", values["company_id"])
        values.setdefault("country_id", company["country_id"] if company else False)
        groups = env.db.tables["account.tax.group"]
        values.setdefault("tax_group_id", min(groups) if groups else False)


class Tag(Model):
    order = "id"

    def after_write(self, env: Env, row: Row, names: set[str], *, created: bool) -> None:  # noqa: ARG002
        if "name" in names and len(env.db.referring("crm.tag", "name", row.get("name")) or ()) > 1:
            raise ConstraintBroken("Tag name already exists!")


class Team(Model):
    order = "sequence, id desc"
    defaults: ClassVar[Mapping[str, Any]] = {"active": True, "sequence": 10}


class ExternalId(Model):
    order = "module, model, name"

    def __init__(self, name: str, schema: dict[str, Fields], version: str) -> None:
        super().__init__(name, schema, version)
        self.computed |= {
            "complete_name": lambda _, row: f"{row['module']}.{row['name']}",
            "reference": lambda _, row: f"{row['model']},{row['res_id']}",
        }
        self.methods["check_object_reference"] = check_object_reference

    def complete(self, env: Env, values: dict[str, Any]) -> None:
        values.setdefault("module", "")
        if (values["module"], values.get("name")) in env.db.external_ids:
            raise ConstraintBroken("You cannot have multiple records with the same external ID in the same module!")

    def display_name(self, env: Env, row: Row) -> str:
        known = row["model"] in env.db.tables and env.row(row["model"], row["res_id"])
        return env.display_name(row["model"], row["res_id"]) if known else f"{row['module']}.{row['name']}"


def check_object_reference(env: Env, module: str, xml_id: str, raise_on_access_error: bool = False) -> list[Any]:
    """`[model, id]`, or `[model, False]` when the caller may not read that record."""
    data_id = env.db.external_ids.get((module, xml_id))
    row = env.row("ir.model.data", data_id) if data_id else None
    target = env.row(row["model"], row["res_id"]) if row else None
    if row is None or target is None:
        raise value_error(f"External ID not found in the system: {module}.{xml_id}")
    allowed = env.may(row["model"], "read") and env.visible(row["model"], target)
    if not allowed and raise_on_access_error:
        env.check(row["model"], "read")
        env.check_visible(row["model"], [target], "read")
    return [row["model"], row["res_id"] if allowed else False]
