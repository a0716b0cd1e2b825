"""Invoices and credit notes (`account.move`), and the entries behind payments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from libs.sandbox.odoo.database import Row
from libs.sandbox.odoo.env import Env
from libs.sandbox.odoo.errors import user_error, validation_error
from libs.sandbox.odoo.model import Compute, Model
from libs.sandbox.odoo.models.account import JOURNAL, journal
from libs.sandbox.odoo.models.account_actions import action_post, button_cancel, button_draft
from libs.sandbox.odoo.models.account_amounts import MOVE, bring_up_to_date, lines_of, sign
from libs.sandbox.odoo.models.account_reconcile import (
    has_matches,
    js_assign_outstanding_line,
    matched_payments,
    move_residual,
    payment_state,
    residuals,
)
from libs.sandbox.odoo.models.company import digits
from libs.sandbox.odoo.models.partner import address_of, commercial_partner
from libs.sandbox.odoo.schema import Fields
from libs.sandbox.odoo.taxes import round_half_up
from libs.sandbox.odoo.writing import unlink

INVOICES = ("out_invoice", "out_refund")
TYPE_NAMES = {"out_invoice": "Invoice", "out_refund": "Credit Note"}
ON_INVOICE = ("product", "line_section", "line_subsection", "line_note")
# What a posted move does not let go of, in the order of the caller's values.
FIXED_ONCE_POSTED = {
    "invoice_line_ids",
    "line_ids",
    "invoice_date",
    "date",
    "partner_id",
    "invoice_payment_term_id",
    "currency_id",
    "fiscal_position_id",
}
_SHAPES_AMOUNTS = {
    "invoice_line_ids",
    "line_ids",
    "currency_id",
    "invoice_date",
    "invoice_payment_term_id",
    "move_type",
}


class AccountMove(Model):
    order = "date desc, name desc, invoice_date desc, id desc"
    defaults: ClassVar[Mapping[str, Any]] = {"move_type": "entry", "state": "draft", "auto_post": "no"}

    def __init__(self, name: str, schema: dict[str, Fields], version: str) -> None:
        super().__init__(name, schema, version)
        self.computed |= {
            "invoice_line_ids": _invoice_lines,
            "amount_residual": move_residual,
            "payment_state": payment_state,
            "status_in_payment": _status_in_payment,
            "has_reconciled_entries": has_matches,
            "reconciled_payment_ids": matched_payments,
            "direction_sign": lambda _, row: -sign(row) if row["move_type"] == "entry" else sign(row),
            "commercial_partner_id": _commercial_partner,
            "company_currency_id": _of_company("currency_id"),
            "tax_calculation_rounding_method": _of_company("tax_calculation_rounding_method"),
            "country_code": _country_code,
            "user_id": lambda _, row: row.get("invoice_user_id", False),
            "type_name": lambda _, row: TYPE_NAMES.get(row["move_type"], "Journal Entry"),
            "invoice_partner_display_name": _partner_name,
            "sale_order_count": _sale_order_count,
            "sequence_prefix": lambda _, row: "".join(_numbered(row)[:2]),
            "sequence_number": lambda _, row: int(_numbered(row)[2]),
        }
        self.computed |= {
            "amount_untaxed_signed": lambda env, row: _balance(env, row, "product"),
            "amount_tax_signed": lambda env, row: _balance(env, row, "tax"),
            "amount_total_signed": lambda env, row: _balance(env, row, "product", "tax"),
            "amount_residual_signed": _open_balance,
            "amount_total_in_currency_signed": _signed_total,
        }
        self.methods |= {
            "action_post": action_post,
            "button_cancel": button_cancel,
            "button_draft": button_draft,
            "js_assign_outstanding_line": js_assign_outstanding_line,
        }

    def display_name(self, env: Env, row: Row) -> str:  # noqa: ARG002 - as all have it
        shown = str(row.get("name") or "")
        if row["state"] == "draft":
            kind = TYPE_NAMES.get(row["move_type"], "Entry")
            shown = f"Draft {kind} {shown}".rstrip()
        return f"{shown} ({row['ref']})" if row.get("ref") else shown

    def complete(self, env: Env, values: dict[str, Any]) -> None:
        values.setdefault("company_id", env.company_id)
        kind = "sale" if values["move_type"] in INVOICES else "general"
        values.setdefault("journal_id", journal(env, values["company_id"], kind))
        own = (env.row(JOURNAL, values["journal_id"]) or {}).get("currency_id")
        values.setdefault("currency_id", own or _of_company("currency_id")(env, values))
        values.setdefault("date", values.get("invoice_date") or env.moment.strftime("%Y-%m-%d"))
        if values["move_type"] not in INVOICES:
            return
        values.setdefault("invoice_user_id", env.uid)
        values.setdefault("team_id", min(env.db.tables["crm.team"], default=False))
        partner = env.row("res.partner", values.get("partner_id"))
        if partner is not None:
            values.setdefault("partner_shipping_id", address_of(env, partner, "delivery"))
            values.setdefault("invoice_payment_term_id", partner.get("property_payment_term_id") or False)

    def check_write(self, env: Env, row: Row, values: dict[str, Any]) -> None:  # noqa: ARG002 - the row says all
        fixed = [name for name in values if name in FIXED_ONCE_POSTED]
        if row["state"] == "posted" and fixed:
            raise user_error(f"You cannot modify the following readonly fields on a posted move: {', '.join(fixed)}")
        if row.get("posted_before") and values.get("journal_id", row["journal_id"]) != row["journal_id"]:
            raise user_error(
                "You cannot edit the journal of an account move if it has been posted once, unless the name is removed "
                'or set to "/". This might create a gap in the sequence.'
            )

    def after_write(self, env: Env, row: Row, names: set[str], *, created: bool) -> None:
        book = env.row(JOURNAL, row.get("journal_id")) or {}
        if row["move_type"] in INVOICES and book.get("type") != "sale":
            raise validation_error("Cannot create a sale document in a non sale journal")
        partner = env.row("res.partner", row.get("partner_id"))
        if not created and "partner_id" in names and partner is not None:
            for field, value in (
                ("partner_shipping_id", address_of(env, partner, "delivery")),
                ("invoice_payment_term_id", partner.get("property_payment_term_id") or False),
            ):
                if field not in names:
                    env.db.set(MOVE, row["id"], field, value)
        if created or names & _SHAPES_AMOUNTS:
            env.stale_moves[row["id"]] = None

    def before_unlink(self, env: Env, row: Row) -> None:
        if row["state"] == "posted":
            raise posted_item()
        unlink(env, "account.move.line", [line["id"] for line in lines_of(env, row["id"])], nested=True)

    def recompute(self, env: Env, row: Row) -> None:
        bring_up_to_date(env, row)


def posted_item() -> Exception:
    return user_error(
        "You can't delete a posted journal item. Don\u2019t play games with your accounting records; reset the journal "
        "entry to draft before deleting it."
    )


def _invoice_lines(env: Env, row: Row) -> tuple[int, ...]:
    return tuple(line["id"] for line in lines_of(env, row["id"]) if line["display_type"] in ON_INVOICE)


def _status_in_payment(env: Env, row: Row) -> str:
    """The newer version keeps the word `posted` for what nobody has paid yet."""
    if row["state"] != "posted":
        return str(row["state"])
    paid = payment_state(env, row)
    return "posted" if env.version != "18" and paid == "not_paid" else paid


def _balance(env: Env, row: Row, *kinds: str) -> float:
    """In the company's currency, negative for a credit note. Of a payment's entry, its whole amount."""
    if row["move_type"] not in INVOICES:
        return float(sum(line["debit"] for line in lines_of(env, row["id"]))) if "product" in kinds else 0.0
    return _rounded(env, row, -sum(line["balance"] for line in lines_of(env, row["id"], *kinds)))


def _open_balance(env: Env, row: Row) -> float:
    return _rounded(env, row, sum(residuals(env, line)[0] for line in lines_of(env, row["id"], "payment_term")))


def _rounded(env: Env, row: Row, amount: float) -> float:
    return round_half_up(amount, digits(env.db.tables["res.currency"][_of_company("currency_id")(env, row)]))


def _signed_total(_: Env, row: Row) -> float:
    return float(row.get("amount_total", 0.0)) * (-1 if row["move_type"] == "out_refund" else 1)


def _of_company(field: str) -> Compute:
    return lambda env, row: (env.row("res.company", row.get("company_id")) or {}).get(field, False)


def _commercial_partner(env: Env, row: Row) -> Any:
    partner = env.row("res.partner", row.get("partner_id"))
    return commercial_partner(env, partner) if partner is not None else False


def _partner_name(env: Env, row: Row) -> Any:
    return env.display_name("res.partner", row["partner_id"]) if row.get("partner_id") else False


def _country_code(env: Env, row: Row) -> Any:
    country = env.row("res.country", _of_company("country_id")(env, row))
    return country["code"] if country else False


def _sale_order_count(env: Env, row: Row) -> int:
    sold = {one for line in lines_of(env, row["id"]) for one in line.get("sale_line_ids") or ()}
    table = env.db.tables["sale.order.line"]
    return len({table[one]["order_id"] for one in sold if one in table})


def _numbered(row: Row) -> tuple[str, str, str]:
    """`INV/2026/00001` in the parts `INV/2026`, `/` and `00001`."""
    return str(row["name"]).rpartition("/") if row.get("name") else ("", "", "0")
