"""The books of a company: the accounts and journals that invoices and payments need, and payment terms."""

from __future__ import annotations

from typing import Any

from libs.sandbox.odoo import reading
from libs.sandbox.odoo.env import Env
from libs.sandbox.odoo.models.account import (
    ACCOUNT,
    BANK,
    CASH,
    JOURNAL,
    LIABILITY,
    OUTSTANDING_IN,
    OUTSTANDING_OUT,
    RECEIVABLE,
    SALES,
    TAX_RECEIVED,
    TERM,
    TERM_LINE,
    account,
)
from libs.sandbox.odoo.models.account_amounts import LINE, MOVE
from libs.sandbox.odoo.models.account_move import INVOICES
from libs.sandbox.odoo.models.account_payment import PAYMENT
from libs.sandbox.odoo.query import search
from libs.sandbox.odoo.seed import put

# Code, name, type, and whether what stands on it is matched.
ACCOUNTS = (
    (BANK, "Bank", "asset_cash", False),
    (OUTSTANDING_IN, "Outstanding Receipts", "asset_current", True),
    (OUTSTANDING_OUT, "Outstanding Payments", "asset_current", True),
    (CASH, "Cash", "asset_cash", False),
    (RECEIVABLE, "Account Receivable", "asset_receivable", True),
    (LIABILITY, "Current Liabilities", "liability_current", False),
    (TAX_RECEIVED, "Tax Received", "liability_current", False),
    (SALES, "Product Sales", "income", False),
)
# Code, type, name, default account, sequence.
JOURNALS = (
    ("INV", "sale", "Sales", SALES, 5),
    ("MISC", "general", "Miscellaneous Operations", "", 9),
    ("BNK1", "bank", "Bank", BANK, 7),
    ("CSH1", "cash", "Cash", CASH, 8),
)
NAMES_BEFORE_19 = {"INV": "Customer Invoices"}
# Name, and (percentage, days after the invoice's date) of each part.
TERMS: tuple[tuple[str, tuple[tuple[float, int], ...]], ...] = (
    ("Immediate Payment", ((100.0, 0),)),
    ("15 Days", ((100.0, 15),)),
    ("21 Days", ((100.0, 21),)),
    ("30 Days", ((100.0, 30),)),
    ("45 Days", ((100.0, 45),)),
    ("30% Now, Balance 60 Days", ((30.0, 0), (70.0, 60))),
)


def open_books(env: Env, company_id: int) -> None:
    """Accounts and journals for a company; to be called once for each."""
    for code, name, kind, matched in ACCOUNTS:
        row = {"code": code, "name": name, "account_type": kind, "reconcile": matched, "active": True}
        put(env, ACCOUNT, {**row, "company_ids": (company_id,)})
    for code, kind, name, default, sequence in JOURNALS:
        shown = NAMES_BEFORE_19.get(code, name) if env.version == "18" else name
        row = {"code": code, "type": kind, "name": shown, "sequence": sequence, "active": True}
        row |= {"company_id": company_id, "default_account_id": account(env, company_id, default)}
        row |= {"refund_sequence": kind == "sale", "payment_sequence": kind in ("bank", "cash")}
        put(env, JOURNAL, row)


def add_terms(env: Env) -> None:
    """The payment terms of all companies."""
    for name, parts in TERMS:
        term = put(env, TERM, {"name": name, "sequence": 10, "active": True, "company_id": False})
        for percent, days in parts:
            row = {"value": "percent", "value_amount": percent, "delay_type": "days_after", "nb_days": days}
            put(env, TERM_LINE, {**row, "payment_id": term})


def invoices(env: Env, order_id: int | None = None) -> list[dict[str, Any]]:
    """Invoices and credit notes, oldest first, as `read` gives them, with `external_id` and their `lines` likewise."""
    rows = search(env, MOVE, [["move_type", "in", list(INVOICES)]], order="id", visible=False)
    if order_id is not None:
        wanted = env.value("sale.order", env.rows("sale.order", [order_id])[0], "invoice_ids")
        rows = [row for row in rows if row["id"] in wanted]
    found = reading.search_read(env, MOVE, rows, None)
    for move in found:
        move["external_id"] = env.external_id(MOVE, move["id"])
        move["lines"] = reading.read(env.as_superuser(), LINE, move["invoice_line_ids"], None, "_classic_read")
    return found


def payments(env: Env) -> list[dict[str, Any]]:
    """Payments, oldest first, as `read` gives them, with `external_id`."""
    found = reading.search_read(env, PAYMENT, search(env, PAYMENT, [], order="id", visible=False), None)
    return [{**payment, "external_id": env.external_id(PAYMENT, payment["id"])} for payment in found]
