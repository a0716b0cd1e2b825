"""Posting invoices, cancelling them and setting them back to draft: the buttons of the form."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from libs.sandbox.odoo.database import Row
from libs.sandbox.odoo.env import Env
from libs.sandbox.odoo.errors import user_error
from libs.sandbox.odoo.models.account import ACCOUNT, JOURNAL, next_name
from libs.sandbox.odoo.models.account_amounts import LINE, MOVE, bring_up_to_date, lines_of
from libs.sandbox.odoo.models.account_reconcile import reconcile, reconciled, unreconcile

LABELS = {"out_invoice": "Customer Invoice", "out_refund": "Customer Credit Note"}


def action_post(env: Env, ids: list[int]) -> bool:
    """All or none; credit notes are matched at once with the posted invoices that they reverse. Returns False."""
    rows = _writable(env, ids)
    refusals = list(dict.fromkeys(sentence for row in rows for sentence in _refusals(env, row)))
    if refusals:
        raise user_error("\n".join(refusals))
    table = env.db.tables[MOVE]
    reversing = [row for row in rows if (env.row(MOVE, row.get("reversed_entry_id")) or {}).get("state") == "posted"]
    for row in rows:
        _post(env, row)
    # As the real server does it: the invoices are taken once each, so that of two credit notes for one invoice in one
    # call the second is matched with the invoice of the next credit note, or with none.
    originals = dict.fromkeys(row["reversed_entry_id"] for row in reversing)
    for original, credit_note in zip(originals, reversing, strict=False):
        _match_open_lines(env, table[original], credit_note)
    return False


def button_cancel(env: Env, ids: list[int]) -> None:
    """Posted ones too, which lose their matches."""
    for row in _writable(env, ids):
        if row["state"] == "cancel":
            raise user_error("Only draft journal entries can be cancelled.")
        unreconcile(env, row)
        _change(env, row, "cancel", "button_cancel")


def button_draft(env: Env, ids: list[int]) -> None:
    """18 takes the matches away, later versions leave them."""
    for row in _writable(env, ids):
        if row["state"] == "draft":
            raise user_error("Only posted/cancelled journal entries can be reset to draft.")
        if env.version == "18":
            unreconcile(env, row)
        _change(env, row, "draft", "button_draft")


def _writable(env: Env, ids: Any) -> list[Row]:
    rows = env.rows(MOVE, [ids] if isinstance(ids, int) else list(ids))
    env.check(MOVE, "write")
    env.check_visible(MOVE, rows, "write")
    return rows


def _refusals(env: Env, row: Row) -> Iterator[str]:
    old = env.version == "18"
    if row["state"] != "draft":
        yield f"The entry {row.get('name') or ''} (id {row['id']}) must be in draft."
        return
    if not lines_of(env, row["id"], "product"):
        yield "You need to add a line before posting." if old else "Even magicians can't post nothing!"
    if row["move_type"] not in LABELS:
        return
    if not env.db.tables["res.currency"][row["currency_id"]].get("active"):
        currency = env.display_name("res.currency", row["currency_id"])
        yield f"You cannot validate a document with an inactive currency: {currency}"
    if not row.get("partner_id"):
        yield (
            f"The field 'Customer' is required, please complete it to validate the {LABELS[row['move_type']]}."
            if old
            else "The 'Customer' field is required to validate the invoice.\nYou probably don't want to explain to "
            "your auditor that you invoiced an invisible man :)"
        )
    if row.get("amount_total", 0.0) < 0:
        yield (
            "You cannot validate an invoice with a negative total amount. You should create a credit note instead. Use "
            "the action menu to transform it into a credit note or refund."
        )


def _post(env: Env, row: Row) -> None:
    of_sale = row["move_type"] in LABELS
    if of_sale and not row.get("invoice_date"):
        env.db.set(MOVE, row["id"], "invoice_date", env.moment.strftime("%Y-%m-%d"))
        bring_up_to_date(env, row)
    if not row.get("name"):
        journal = env.db.tables[JOURNAL][row["journal_id"]]
        prefix = "R" if row["move_type"] == "out_refund" and journal.get("refund_sequence") else ""
        env.db.set(MOVE, row["id"], "name", next_name(env, row["journal_id"], prefix=prefix, date=row["date"]))
    if row["move_type"] == "out_invoice" and not row.get("payment_reference"):
        env.db.set(MOVE, row["id"], "payment_reference", row["name"])
    if row["move_type"] == "out_invoice":
        label = f"{row['ref']} - {row['payment_reference']}" if row.get("ref") else row["payment_reference"]
        for line in lines_of(env, row["id"], "payment_term"):
            env.db.set(LINE, line["id"], "name", label)
    env.db.set(MOVE, row["id"], "posted_before", True)
    _change(env, row, "posted", "post")


def _change(env: Env, row: Row, state: str, operation: str) -> None:
    env.db.set(MOVE, row["id"], "state", state)
    env.db.set(MOVE, row["id"], "write_date", env.stamp)
    summary = {name: row.get(name) for name in ("name", "move_type", "amount_total")}
    env.note(MOVE, operation, row["id"], {"state": state, **summary}, None)


def _match_open_lines(env: Env, original: Row, credit_note: Row) -> None:
    if original["currency_id"] != credit_note["currency_id"]:
        return
    lines = [*lines_of(env, original["id"]), *lines_of(env, credit_note["id"])]
    groups: dict[int, list[Row]] = {}
    for line in lines:
        account = env.row(ACCOUNT, line.get("account_id")) or {}
        if account.get("reconcile") and not reconciled(env, line):
            groups.setdefault(account["id"], []).append(line)
    for group in groups.values():
        reconcile(env, group)
