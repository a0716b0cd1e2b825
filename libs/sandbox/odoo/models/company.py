"""Companies, users, currencies, pricelists, warehouses."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

from libs.sandbox.odoo.database import Row
from libs.sandbox.odoo.env import Env
from libs.sandbox.odoo.model import Model
from libs.sandbox.odoo.models.places import equip
from libs.sandbox.odoo.schema import Fields
from libs.sandbox.odoo.writing import create

ROUNDING = {"18": "round_per_line", "19": "round_globally"}


class Company(Model):
    order = "sequence, name"
    defaults: ClassVar[Mapping[str, Any]] = {"active": True, "sequence": 10}

    def complete(self, env: Env, values: dict[str, Any]) -> None:
        values.setdefault("tax_calculation_rounding_method", ROUNDING[env.version])
        if not values.get("currency_id") and env.company_id:
            values["currency_id"] = env.db.tables["res.company"][env.company_id]["currency_id"]
        if not values.get("partner_id"):
            partner = {"name": values.get("name"), "is_company": True, "country_id": values.get("country_id")}
            values["partner_id"] = create(env, "res.partner", [partner], nested=True)[0]

    def after_write(self, env: Env, row: Row, names: set[str], *, created: bool) -> None:  # noqa: ARG002
        """Who makes a company may act for it."""
        if created and env.user:
            env.db.set("res.users", env.uid, "company_ids", (*env.user["company_ids"], row["id"]))
            env.own_company_ids.append(row["id"])


class Currency(Model):
    order = "active desc, name"
    defaults: ClassVar[Mapping[str, Any]] = {"active": True, "rounding": 0.01, "position": "after"}

    def __init__(self, name: str, schema: dict[str, Fields], version: str) -> None:
        super().__init__(name, schema, version)
        self.computed["decimal_places"] = lambda _, row: digits(row)
        self.computed["rate"] = lambda _, row: row.get("sandbox_rate", 1.0)


def digits(currency: Row) -> int:
    """Decimals of an amount in this currency: 2 for a rounding of 0.01, 0 for 1.0."""
    rounding = currency.get("rounding") or 0.01
    return math.ceil(math.log10(1 / rounding)) if rounding < 1 else 0


class User(Model):
    order = "name, login"
    defaults: ClassVar[Mapping[str, Any]] = {"active": True, "lang": "en_US"}

    def __init__(self, name: str, schema: dict[str, Fields], version: str) -> None:
        super().__init__(name, schema, version)
        for field in ("name", "email"):
            self.computed[field] = _of_partner(field)

    def display_name(self, env: Env, row: Row) -> str:
        return str(_of_partner("name")(env, row))


def _of_partner(field: str) -> Any:
    def compute(env: Env, row: Row) -> Any:
        partner = env.row("res.partner", row.get("partner_id"))
        return partner.get(field, False) if partner else False

    return compute


class Pricelist(Model):
    order = "sequence, id, name"
    defaults: ClassVar[Mapping[str, Any]] = {"active": True, "sequence": 16}

    def complete(self, env: Env, values: dict[str, Any]) -> None:
        if not values.get("currency_id") and env.company_id:
            values["currency_id"] = env.db.tables["res.company"][env.company_id]["currency_id"]

    def display_name(self, env: Env, row: Row) -> str:
        return f"{row['name']} ({env.display_name('res.currency', row['currency_id'])})"


class Warehouse(Model):
    order = "sequence, id"
    defaults: ClassVar[Mapping[str, Any]] = {"active": True, "sequence": 10}

    def complete(self, env: Env, values: dict[str, Any]) -> None:
        values.setdefault("company_id", env.company_id or False)
        values.setdefault("code", str(values.get("name", ""))[:5].upper())

    def after_write(self, env: Env, row: Row, names: set[str], *, created: bool) -> None:  # noqa: ARG002 - it is new
        if created:
            equip(env, row)
