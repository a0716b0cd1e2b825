"""Payments of customers, and money given back to them (`account.payment`), each with its entry once posted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from libs.sandbox.odoo.database import Row
from libs.sandbox.odoo.env import Env
from libs.sandbox.odoo.errors import ConstraintBroken, user_error, validation_error
from libs.sandbox.odoo.model import Model
from libs.sandbox.odoo.models.account import (
    JOURNAL,
    LIQUIDITY,
    OUTSTANDING_IN,
    OUTSTANDING_OUT,
    RECEIVABLE,
    account,
    journal,
    next_name,
)
from libs.sandbox.odoo.models.account_amounts import LINE, MOVE, lines_of
from libs.sandbox.odoo.models.account_reconcile import INVOICES, matches, payment_state, reconciled, unreconcile
from libs.sandbox.odoo.models.company import digits
from libs.sandbox.odoo.schema import Fields
from libs.sandbox.odoo.taxes import round_half_up

PAYMENT = "account.payment"
_METHOD = "Manual Payment"
_OF_ENTRY = {"amount", "currency_id", "date", "partner_id", "journal_id"}


class Payment(Model):
    """The state is kept as `sandbox_state`: what the caller reads follows from the matched invoices too."""

    order = "date desc, name desc"
    defaults: ClassVar[Mapping[str, Any]] = {"payment_type": "inbound", "partner_type": "customer"}

    def __init__(self, name: str, schema: dict[str, Fields], version: str) -> None:
        super().__init__(name, schema, version)
        self.computed |= {
            "state": state,
            "is_reconciled": _is_reconciled,
            "reconciled_invoice_ids": reconciled_invoices,
            "reconciled_invoices_count": lambda env, row: len(reconciled_invoices(env, row)),
            "amount_signed": lambda _, row: _sign(row) * row.get("amount", 0.0),
            "amount_company_currency_signed": lambda env, row: _sign(row) * _in_company_currency(env, row),
            "company_currency_id": lambda env, row: env.db.tables["res.company"][row["company_id"]]["currency_id"],
            "destination_account_id": lambda env, row: account(env, row["company_id"], RECEIVABLE),
            "outstanding_account_id": _outstanding,
            "payment_method_code": lambda *_: "manual",
        }
        self.methods |= {"action_post": action_post, "action_draft": action_draft, "action_cancel": action_cancel}

    def display_name(self, env: Env, row: Row) -> str:  # noqa: ARG002 - as all have it
        return str(row.get("name") or "Draft Payment")

    def complete(self, env: Env, values: dict[str, Any]) -> None:
        values["sandbox_state"] = "draft"
        values.setdefault("company_id", env.company_id)
        values.setdefault("date", env.moment.strftime("%Y-%m-%d"))
        values.setdefault("journal_id", journal(env, values["company_id"], *LIQUIDITY))
        own = (env.row(JOURNAL, values["journal_id"]) or {}).get("currency_id")
        company = env.row("res.company", values["company_id"]) or {}
        values.setdefault("currency_id", own or company.get("currency_id", False))

    def check_write(self, env: Env, row: Row, values: dict[str, Any]) -> None:
        if env.version == "18" and row["sandbox_state"] == "in_process" and _OF_ENTRY & set(values):
            fixed = "date, partner_id, currency_id, line_ids"
            raise user_error(f"You cannot modify the following readonly fields on a posted move: {fixed}")

    def after_write(self, env: Env, row: Row, names: set[str], *, created: bool) -> None:
        if row.get("amount", 0.0) < 0:
            raise ConstraintBroken("The payment amount cannot be negative.", "amount")
        book = env.row(JOURNAL, row.get("journal_id")) or {}
        if book.get("type") not in LIQUIDITY:
            raise validation_error("Please define a payment method line on your payment.")
        if not created and names & _OF_ENTRY and row["sandbox_state"] == "in_process":
            _make_entry(env, row)

    def before_unlink(self, env: Env, row: Row) -> None:
        entry = env.row(MOVE, row.get("move_id"))
        if entry is not None:
            unreconcile(env, entry)
            for line in lines_of(env, entry["id"]):
                env.db.delete(LINE, line["id"])
            env.db.delete(MOVE, entry["id"])


def state(env: Env, row: Row) -> str:
    """On 18 a posted payment stays `in_process`; later versions call it `paid` once all its invoices are."""
    kept = str(row["sandbox_state"])
    if env.version == "18" or kept != "in_process":
        return kept
    found = [env.db.tables[MOVE][one] for one in reconciled_invoices(env, row)]
    return "paid" if found and all(payment_state(env, move) == "paid" for move in found) else kept


def action_post(env: Env, ids: list[int]) -> None:
    """Drafts only; what is posted or cancelled already stays as it is, without an error."""
    for row in _writable(env, ids):
        if row["sandbox_state"] == "draft":
            used = env.row(JOURNAL, row["journal_id"])
            if used is not None and not used["active"]:
                raise user_error(f"You cannot post an entry in an archived journal ({used['name']})")
            _make_entry(env, row)
            _change(env, row, "in_process", "post")


def action_draft(env: Env, ids: list[int]) -> None:
    for row in _writable(env, ids):
        entry = env.row(MOVE, row.get("move_id"))
        if entry is not None and entry["state"] != "draft":
            if env.version == "18":
                unreconcile(env, entry)
            env.db.set(MOVE, entry["id"], "state", "draft")
        _change(env, row, "draft", "action_draft")


def action_cancel(env: Env, ids: list[int]) -> None:
    for row in _writable(env, ids):
        entry = env.row(MOVE, row.get("move_id"))
        if entry is not None:
            unreconcile(env, entry)
            env.db.set(MOVE, entry["id"], "state", "cancel")
        _change(env, row, "canceled", "action_cancel")


def reconciled_invoices(env: Env, row: Row) -> tuple[int, ...]:
    """The invoices and credit notes that a payment is matched with."""
    table = env.db.tables
    found = [other for line in _receivable(env, row) for _, other, _ in matches(env, line["id"])]
    moves = [table[MOVE][table[LINE][one]["move_id"]] for one in found]
    return tuple(dict.fromkeys(move["id"] for move in moves if move["move_type"] in INVOICES))


def _writable(env: Env, ids: Any) -> list[Row]:
    rows = env.rows(PAYMENT, [ids] if isinstance(ids, int) else list(ids))
    env.check(PAYMENT, "write")
    env.check_visible(PAYMENT, rows, "write")
    return rows


def _change(env: Env, row: Row, kept: str, operation: str) -> None:
    env.db.set(PAYMENT, row["id"], "sandbox_state", kept)
    env.db.set(PAYMENT, row["id"], "write_date", env.stamp)
    summary = {name: row.get(name) for name in ("name", "payment_type", "amount")}
    env.note(PAYMENT, operation, row["id"], {"state": kept, **summary}, None)


def _make_entry(env: Env, row: Row) -> None:
    """The customer's account against the one for money that is on its way."""
    stamps = {"create_date": env.stamp, "write_date": env.stamp}
    known = {name: row.get(name, False) for name in ("company_id", "journal_id", "date", "currency_id", "partner_id")}
    entry = env.row(MOVE, row.get("move_id"))
    if entry is None:
        name = next_name(env, row["journal_id"], prefix="P", date=row["date"])
        values = {"move_type": "entry", "name": name, "auto_post": "no", "origin_payment_id": row["id"], **stamps}
        entry = env.db.tables[MOVE][env.db.insert(MOVE, values)]
        env.db.set(PAYMENT, row["id"], "move_id", entry["id"])
        env.db.set(PAYMENT, row["id"], "name", name)
    changes = {"state": "posted", "ref": row.get("memo", False), "posted_before": True, "amount_total": row["amount"]}
    for field, value in {**known, **changes, "invoice_date_due": env.moment.strftime("%Y-%m-%d")}.items():
        env.db.set(MOVE, entry["id"], field, value)
    _make_lines(env, row, entry)


def _make_lines(env: Env, row: Row, entry: Row) -> None:
    stamps = {"create_date": env.stamp, "write_date": env.stamp}
    known = [line["id"] for line in lines_of(env, entry["id"])]
    label = f"{_METHOD}: {row['memo']}" if row.get("memo") else _METHOD
    sides = ((1, _outstanding(env, row)), (-1, account(env, row["company_id"], RECEIVABLE)))
    for index, (side, account_id) in enumerate(sides):
        amount, balance = side * _sign(row) * row["amount"], side * _sign(row) * _in_company_currency(env, row)
        line = {"account_id": account_id, "name": label, "date_maturity": row["date"], "quantity": 1.0}
        line |= {"amount_currency": amount, "balance": balance, "price_subtotal": amount, "price_total": amount}
        line |= {"debit": max(balance, 0.0), "credit": max(-balance, 0.0)}
        if index < len(known):
            for field, value in line.items():
                env.db.set(LINE, known[index], field, value)
            continue
        fixed = {"move_id": entry["id"], "payment_id": row["id"], "display_type": "product", "sequence": 100}
        env.db.insert(LINE, {**fixed, **line, **stamps})


def _receivable(env: Env, row: Row) -> list[Row]:
    debtor = account(env, row["company_id"], RECEIVABLE)
    lines = lines_of(env, row["move_id"]) if row.get("move_id") else []
    return [line for line in lines if line["account_id"] == debtor]


def _is_reconciled(env: Env, row: Row) -> bool:
    lines = _receivable(env, row)
    return bool(lines) and all(reconciled(env, line) for line in lines)


def _outstanding(env: Env, row: Row) -> int | bool:
    return account(env, row["company_id"], OUTSTANDING_IN if row["payment_type"] == "inbound" else OUTSTANDING_OUT)


def _sign(row: Row) -> int:
    return 1 if row["payment_type"] == "inbound" else -1


def _in_company_currency(env: Env, row: Row) -> float:
    currencies = env.db.tables["res.currency"]
    rate = float(env.value("res.currency", currencies[row["currency_id"]], "rate"))
    company = env.db.tables["res.company"][row["company_id"]]
    return round_half_up(row.get("amount", 0.0) / rate, digits(currencies[company["currency_id"]]))
