"""What a fresh Odoo holds: currencies, countries, a company with its warehouse, units, an administrator."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import Any

from libs.sandbox.odoo.database import Row
from libs.sandbox.odoo.env import SUPERUSER, Env, Registry
from libs.sandbox.odoo.models.company import ROUNDING
from libs.sandbox.odoo.models.places import equip, share_places

COMPANY = 1
ADMIN = 2
MODULES = ("base", "contacts", "product", "account", "stock", "sale", "sale_management", "sale_stock")
UNITS = {1: "Units", 2: "Dozens", 4: "Hours", 5: "Days", 12: "kg"}


@cache
def geography() -> dict[str, Any]:
    """Countries (id, code, name, currency), states by country code, currencies: as in a real database."""
    text = resources.files("libs.sandbox.odoo").joinpath("geography.json").read_text("utf-8")
    data: dict[str, Any] = json.loads(text)
    return data


def fill(
    registry: Registry, *, currency: str, country: str, company_name: str, rounding: str | None, login: str
) -> None:
    """Makes the company with everything that it needs; its currency and the most used ones are active."""
    with registry.db.transaction():
        env = Env(registry, SUPERUSER)
        _geography(env, active={currency, "USD", "EUR"})
        _units(env)
        _company(env, currency, country, company_name, rounding or ROUNDING[registry.version])
        _users(env, login)
        _sales(env)
        _technical(env)


def put(env: Env, model: str, row: Row) -> int:
    """A row as it is, with only the fields that this version knows."""
    known = {name: value for name, value in row.items() if name in env.fields(model) or name.startswith("sandbox_")}
    return env.db.insert(model, {**known, "create_date": env.stamp, "write_date": env.stamp})


def id_of(env: Env, model: str, field: str, value: str) -> int:
    found = env.db.referring(model, field, value)
    if not found:
        message = f"the sandbox has no {model} whose {field} is {value!r}"
        raise LookupError(message)
    return found[0]


def _geography(env: Env, active: set[str]) -> None:
    data = geography()
    for number, name, symbol, full_name, step, position in data["currencies"]:
        row = {"id": number, "name": name, "symbol": symbol, "full_name": full_name, "rounding": step}
        put(env, "res.currency", {**row, "position": position, "active": name in active})
    for number, code, name, currency in data["countries"]:
        known = env.db.referring("res.currency", "name", currency) if currency else None
        row = {"id": number, "code": code, "name": name, "currency_id": known[0] if known else False}
        put(env, "res.country", row)
    for code, states in data["states"].items():
        country = id_of(env, "res.country", "code", code)
        for state, name in states:
            put(env, "res.country.state", {"code": state, "name": name, "country_id": country})


def _units(env: Env) -> None:
    if "uom.category" in env.registry.schema:
        put(env, "uom.category", {"id": 1, "name": "Unit"})
    for number, name in UNITS.items():
        row = {"id": number, "name": name, "factor": 1.0, "category_id": 1, "uom_type": "reference"}
        put(env, "uom.uom", {**row, "relative_factor": 1.0, "rounding": 0.01, "active": True})
    put(env, "product.category", {"id": 1, "name": "All"})


def _company(env: Env, currency: str, country: str, name: str, rounding: str) -> None:
    where = id_of(env, "res.country", "code", country)
    partner = {"id": 1, "name": name, "is_company": True, "country_id": where, "type": "contact", "active": True}
    put(env, "res.partner", partner)
    row = {"id": COMPANY, "name": name, "partner_id": 1, "country_id": where, "sequence": 0, "active": True}
    money = {"currency_id": id_of(env, "res.currency", "name", currency), "tax_calculation_rounding_method": rounding}
    put(env, "res.company", {**row, **money})
    env.company_id = COMPANY
    warehouse = {"id": 1, "name": name, "code": "WH", "company_id": COMPANY, "partner_id": 1}
    share_places(env)
    put(env, "stock.warehouse", {**warehouse, "active": True, "sequence": 10})
    equip(env, env.db.tables["stock.warehouse"][1])


def _users(env: Env, admin: str) -> None:
    put(env, "res.partner", {"id": 2, "name": "OdooBot", "active": False, "type": "contact"})
    person = {"id": 3, "name": "Administrator", "email": "admin@example.com", "type": "contact"}
    put(env, "res.partner", {**person, "active": True, "company_id": False})
    for number, login, partner in ((SUPERUSER, "__system__", 2), (ADMIN, admin, 3)):
        row = {"id": number, "login": login, "partner_id": partner, "active": number == ADMIN, "lang": "en_US"}
        put(env, "res.users", {**row, "company_id": COMPANY, "company_ids": (COMPANY,), "tz": False})


def _sales(env: Env) -> None:
    put(env, "crm.team", {"id": 1, "name": "Sales", "active": True, "sequence": 0, "company_id": False})
    currency = env.db.tables["res.company"][COMPANY]["currency_id"]
    row = {"id": 1, "name": "Default", "currency_id": currency, "company_id": False, "sequence": 10}
    put(env, "product.pricelist", {**row, "active": True})


def _technical(env: Env) -> None:
    for name in MODULES:
        put(env, "ir.module.module", {"name": name, "state": "installed", "shortdesc": name})
    put(env, "res.lang", {"name": "English (US)", "code": "en_US", "iso_code": "en", "active": True})
    put(env, "res.lang", {"name": "German / Deutsch", "code": "de_DE", "iso_code": "de", "active": True})
    for xid, model, record in (("main_company", "res.company", COMPANY), ("main_partner", "res.partner", 1)):
        put(env, "ir.model.data", {"module": "base", "name": xid, "model": model, "res_id": record, "noupdate": True})
