"""Accounts, journals and payment terms; and which of a company's accounts is used for what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from libs.sandbox.odoo.database import Row
from libs.sandbox.odoo.env import Env
from libs.sandbox.odoo.model import Model
from libs.sandbox.odoo.taxes import round_half_up

ACCOUNT = "account.account"
JOURNAL = "account.journal"
TERM = "account.payment.term"
TERM_LINE = "account.payment.term.line"
RECEIVABLE, OUTSTANDING_IN, OUTSTANDING_OUT = "121000", "101403", "101404"
SALES, TAX_RECEIVED, BANK, CASH, LIABILITY = "400000", "251000", "101401", "101501", "201000"
LIQUIDITY = ("bank", "cash")
WHOLE_PERCENT = 100.0


class Account(Model):
    order = "code, id"
    defaults: ClassVar[Mapping[str, Any]] = {"active": True}

    def complete(self, env: Env, values: dict[str, Any]) -> None:
        values.setdefault("company_ids", (env.company_id,) if env.company_id else ())
        values.setdefault("reconcile", values.get("account_type") == "asset_receivable")

    def display_name(self, env: Env, row: Row) -> str:
        return f"{row['code']} {row['name']}" if env.version == "18" else str(row["name"])


class Journal(Model):
    order = "sequence, type, code"
    defaults: ClassVar[Mapping[str, Any]] = {"active": True, "sequence": 10}

    def complete(self, env: Env, values: dict[str, Any]) -> None:
        values.setdefault("company_id", env.company_id)
        values.setdefault("refund_sequence", values.get("type") == "sale")
        values.setdefault("payment_sequence", values.get("type") in LIQUIDITY)
        if not values.get("default_account_id"):
            code = {"sale": SALES, "bank": BANK, "cash": CASH}.get(str(values.get("type")))
            values["default_account_id"] = account(env, values["company_id"], code) if code else False

    def display_name(self, env: Env, row: Row) -> str:
        currency = row.get("currency_id")
        return f"{row['name']} ({env.display_name('res.currency', currency)})" if currency else str(row["name"])


class PaymentTerm(Model):
    order = "sequence, id"
    defaults: ClassVar[Mapping[str, Any]] = {"active": True, "sequence": 10}


class PaymentTermLine(Model):
    """Only percentages so many days after the invoice's date are reckoned with."""

    order = "id"
    defaults: ClassVar[Mapping[str, Any]] = {"value": "percent", "delay_type": "days_after", "nb_days": 0}


def parts(env: Env, term_id: Any) -> tuple[tuple[float, int], ...]:
    """(percentage, days after the invoice's date) of each part; all at once without a term."""
    lines = env.db.tables[TERM_LINE].values() if term_id else ()
    found = [line for line in lines if line["payment_id"] == term_id]
    own = [(float(line["value_amount"]), int(line["nb_days"])) for line in sorted(found, key=lambda one: one["id"])]
    return tuple(own) or ((WHOLE_PERCENT, 0),)


def shares(amount: float, percentages: list[float], digits: int) -> list[float]:
    """The amount in parts, the last of which takes what rounding leaves."""
    given = [round_half_up(amount * percent / WHOLE_PERCENT, digits) for percent in percentages[:-1]]
    return [*given, round_half_up(amount - sum(given), digits)]


def account(env: Env, company_id: Any, code: str) -> int | bool:
    """The id of a company's account, False when it has none of that code."""
    for row in env.db.tables[ACCOUNT].values():
        if row.get("code") == code and company_id in row.get("company_ids", ()):
            return int(row["id"])
    return False


def journal(env: Env, company_id: Any, *types: str) -> int | bool:
    """The company's first journal of these types."""
    found = [
        row
        for row in env.db.tables[JOURNAL].values()
        if row.get("active") and row.get("company_id") == company_id and row.get("type") in types
    ]
    return min(found, key=lambda row: (row.get("sequence") or 0, row["id"]))["id"] if found else False


def next_name(env: Env, journal_id: int, *, prefix: str, date: str) -> str:
    """`INV/2026/00001`, without gaps: a number that a failed call took is given back with everything else."""
    stem = f"{prefix}{env.db.tables[JOURNAL][journal_id]['code']}/{date[:4]}/"
    key = f"sandbox_last_{stem}"
    number = env.db.tables[JOURNAL][journal_id].get(key, 0) + 1
    env.db.set(JOURNAL, journal_id, key, number)
    return f"{stem}{number:05d}"
