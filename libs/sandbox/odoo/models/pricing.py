"""From records to the arithmetic of taxes: what orders and invoices have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from libs.sandbox.odoo.database import Row
from libs.sandbox.odoo.env import Env
from libs.sandbox.odoo.models.company import digits
from libs.sandbox.odoo.taxes import Arithmetic, Tax


def arithmetic_of(env: Env, record: Row) -> Arithmetic:
    """How the company of an order or an invoice rounds in its currency."""
    currency = env.db.tables["res.currency"][record["currency_id"]]
    company = env.db.tables["res.company"][record["company_id"]]
    return Arithmetic(env.version, digits(currency), company["tax_calculation_rounding_method"])


def taxes_of(env: Env, ids: Sequence[int]) -> tuple[Tax, ...]:
    """In the order in which they are computed."""
    rows = [env.db.tables["account.tax"][one] for one in ids]
    rows.sort(key=lambda tax: (tax.get("sequence") or 0, tax["id"]))
    return tuple(Tax(tax["id"], tax["amount"], env.value("account.tax", tax, "price_include")) for tax in rows)


def rounding_key(line: Row) -> str:
    """What `extra_tax_data` says of an order's or an invoice's line: 19 only."""
    return str((line.get("extra_tax_data") or {}).get("computation_key") or "")


def default_taxes(env: Env, product: Row, company_id: Any) -> tuple[int, ...]:
    """The product's sale taxes that belong to the company."""
    taxes = env.db.tables["account.tax"]
    found = env.value("product.product", product, "taxes_id")
    return tuple(one for one in found if taxes[one].get("company_id") in (False, company_id))


def list_price(env: Env, product: Row, currency_id: Any) -> float:
    """In the currency of the record that it is for."""
    price = float(env.value("product.product", product, "list_price"))
    currency = env.row("res.currency", currency_id)
    return price * float(env.value("res.currency", currency, "rate")) if currency else price
