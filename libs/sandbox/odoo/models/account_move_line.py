"""Journal items: the lines of invoices, and the tax and receivable lines that follow from them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from libs.sandbox.odoo.database import Row
from libs.sandbox.odoo.env import Env
from libs.sandbox.odoo.model import Compute, Model
from libs.sandbox.odoo.models.account import ACCOUNT, JOURNAL
from libs.sandbox.odoo.models.account_amounts import LINE, MOVE
from libs.sandbox.odoo.models.account_move import posted_item
from libs.sandbox.odoo.models.account_reconcile import reconciled, residuals
from libs.sandbox.odoo.models.partner import commercial_partner
from libs.sandbox.odoo.models.pricing import default_taxes, list_price
from libs.sandbox.odoo.schema import Fields

SOLD = "sale.order.line"
_OF_MOVE = {
    "move_name": "name",
    "move_type": "move_type",
    "parent_state": "state",
    "journal_id": "journal_id",
    "company_id": "company_id",
    "currency_id": "currency_id",
    "currency_rate": "invoice_currency_rate",
    "date": "date",
    "invoice_date": "invoice_date",
    "ref": "ref",
}
_OF_ACCOUNT = {"account_type": "account_type", "account_code": "code", "account_name": "name"}
_SHAPES_AMOUNTS = {"quantity", "price_unit", "discount", "tax_ids", "display_type", "move_id", "product_id"}


class MoveLine(Model):
    order = "date desc, move_name desc, id"
    defaults: ClassVar[Mapping[str, Any]] = {"display_type": "product", "sequence": 100}
    cascade_from = ("move_id",)

    def __init__(self, name: str, schema: dict[str, Fields], version: str) -> None:
        super().__init__(name, schema, version)
        self.computed |= {field: _of_move(of_move) for field, of_move in _OF_MOVE.items()}
        self.computed |= {field: _of_account(of_account) for field, of_account in _OF_ACCOUNT.items()}
        self.computed |= {
            "partner_id": _partner,
            "company_currency_id": _company_currency,
            "tax_group_id": lambda env, row: (env.related(LINE, row, "tax_line_id") or {}).get("tax_group_id", False),
            "is_refund": lambda env, row: env.db.tables[MOVE][row["move_id"]]["move_type"] == "out_refund",
            "amount_residual": lambda env, row: residuals(env, row)[0],
            "amount_residual_currency": lambda env, row: residuals(env, row)[1],
            "reconciled": reconciled,
        }

    def display_name(self, env: Env, row: Row) -> str:
        move = env.db.tables[MOVE][row["move_id"]]
        label = " ".join(part for part in (move.get("name"), f"({move['ref']})" if move.get("ref") else "") if part)
        return f"{label} {row['name']}".strip() if row.get("name") and row["name"] != move.get("name") else label

    def complete(self, env: Env, values: dict[str, Any]) -> None:
        if values["display_type"] != "product":
            return
        move = env.row(MOVE, values.get("move_id")) or {}
        book = env.row(JOURNAL, move.get("journal_id")) or {}
        values.setdefault("quantity", 1.0)
        product = env.row("product.product", values.get("product_id"))
        own = env.value("product.product", product, "property_account_income_id") if product is not None else False
        values.setdefault("account_id", own or book.get("default_account_id", False))
        if product is None:
            return
        extra = env.value("product.product", product, "description_sale")
        name = env.display_name("product.product", product["id"])
        values.setdefault("name", f"{name}\n{extra}" if extra else name)
        values.setdefault("product_uom_id", env.value("product.product", product, "uom_id"))
        values.setdefault("tax_ids", default_taxes(env, product, move.get("company_id")))
        values.setdefault("price_unit", list_price(env, product, move.get("currency_id")))

    def after_write(self, env: Env, row: Row, names: set[str], *, created: bool) -> None:
        if created or "sale_line_ids" in names:
            _tie(env, row)
        posted = env.db.tables[MOVE][row["move_id"]]["state"] == "posted"
        if created or (names & _SHAPES_AMOUNTS and not posted):
            env.stale_moves[row["move_id"]] = None

    def before_unlink(self, env: Env, row: Row) -> None:
        if env.db.tables[MOVE][row["move_id"]]["state"] == "posted":
            raise posted_item()
        _tie(env, {**row, "sale_line_ids": ()})
        env.stale_moves[row["move_id"]] = None


def _tie(env: Env, row: Row) -> None:
    """Order lines know the invoice lines that name them."""
    wanted = set(row.get("sale_line_ids") or ())
    table = env.db.tables[SOLD]
    before = {one for one in row.get("sandbox_tied") or () if one in table}
    for one in before - wanted:
        kept = tuple(line for line in table[one].get("invoice_lines") or () if line != row["id"])
        env.db.set(SOLD, one, "invoice_lines", kept)
    for one in wanted - before:
        env.db.set(SOLD, one, "invoice_lines", (*(table[one].get("invoice_lines") or ()), row["id"]))
    if row["id"] in env.db.tables[LINE]:
        env.db.set(LINE, row["id"], "sandbox_tied", tuple(wanted))


def _of_move(field: str) -> Compute:
    return lambda env, row: env.db.tables[MOVE][row["move_id"]].get(field, False)


def _of_account(field: str) -> Compute:
    return lambda env, row: (env.row(ACCOUNT, row.get("account_id")) or {}).get(field, False)


def _partner(env: Env, row: Row) -> Any:
    partner = env.row("res.partner", env.db.tables[MOVE][row["move_id"]].get("partner_id"))
    return commercial_partner(env, partner) if partner is not None else False


def _company_currency(env: Env, row: Row) -> Any:
    company = env.row("res.company", env.db.tables[MOVE][row["move_id"]].get("company_id"))
    return company["currency_id"] if company else False
