"""What a refund reads of Odoo while it is carried out: credit notes, receivable lines, deliveries, quantities."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from libs.common.odoo.client import OdooClient
from libs.common.odoo.sale_orders import decimal, many2one
from services.workers.payments.apply import RECEIVABLE, many2one_id
from services.workers.refunds.model import CreditLine, CreditNote
from services.workers.refunds.rows import Delivery

_LINE = ("name", "quantity", "price_unit", "price_subtotal", "price_total")
_CREDIT: dict[str, Any] = {
    **{name: {} for name in ("name", "state", "payment_state", "amount_total", "amount_tax", "amount_residual")},
    "reversed_entry_id": {},
    "invoice_line_ids": {"fields": {name: {} for name in _LINE}},
}
_RECEIVABLE = ["move_id", "payment_id", "amount_currency", "amount_residual_currency", "parent_state"]


@dataclass(frozen=True, slots=True)
class Receivable:
    """One line of what a customer owes (positive) or is owed (negative), in the document's currency."""

    id: int
    move_id: int
    payment_id: int | None
    amount: Decimal
    residual: Decimal
    """What of it is not matched."""
    posted: bool


def read_credits(odoo: OdooClient, ids: Sequence[int]) -> dict[int, CreditNote]:
    """By id; one that somebody deleted is absent. No call for no ids."""
    rows = odoo.web_read("account.move", list(ids), _CREDIT) if ids else []
    return {
        row["id"]: CreditNote(
            id=row["id"],
            name=row["name"] or "",
            state=row["state"],
            payment_state=row["payment_state"] or "",
            total=decimal(row["amount_total"]),
            tax=decimal(row["amount_tax"]),
            residual=decimal(row["amount_residual"]),
            invoice_id=many2one(row["reversed_entry_id"]),
            lines=tuple(
                CreditLine(
                    name=line["name"] or "",
                    quantity=decimal(line["quantity"]),
                    price_unit=decimal(line["price_unit"]),
                    subtotal=decimal(line["price_subtotal"]),
                    total=decimal(line["price_total"]),
                )
                for line in sorted(row["invoice_line_ids"], key=lambda one: int(one["id"]))
            ),
        )
        for row in rows
    }


def read_receivables(odoo: OdooClient, move_ids: Iterable[int], payment_ids: Iterable[int]) -> list[Receivable]:
    """The receivable lines of these invoices, credit notes and payments, in one call."""
    moves, payments = sorted(set(move_ids)), sorted(set(payment_ids))
    if not moves and not payments:
        return []
    domain = ["|", ("move_id", "in", moves), ("payment_id", "in", payments)]
    domain += [("account_type", "=", RECEIVABLE), ("parent_state", "!=", "cancel")]
    return [
        Receivable(
            id=row["id"],
            move_id=many2one_id(row["move_id"]),
            payment_id=many2one_id(row["payment_id"]) or None,
            amount=decimal(row["amount_currency"]),
            residual=decimal(row["amount_residual_currency"]),
            posted=row["parent_state"] == "posted",
        )
        for row in odoo.search_read("account.move.line", domain, _RECEIVABLE)
    ]


def read_deliveries(odoo: OdooClient, ids: Iterable[int], *, grouped: bool) -> dict[int, Delivery]:
    """What returns of these deliveries must name; one whose warehouse takes no returns is absent."""
    wanted = sorted(set(ids))
    kind: dict[str, Any] = {"fields": {"return_picking_type_id": {}, "warehouse_id": {"fields": {"in_type_id": {}}}}}
    asked: dict[str, Any] = {
        **{name: {} for name in ("name", "partner_id", "location_id", "location_dest_id")},
        "picking_type_id": kind,
        **({"group_id": {}} if grouped else {}),
    }
    found = {}
    for row in odoo.web_read("stock.picking", wanted, asked) if wanted else []:
        type_id = _return_type(row["picking_type_id"])
        if type_id:
            found[row["id"]] = Delivery(
                id=row["id"],
                name=row["name"] or "",
                type_id=type_id,
                partner_id=many2one(row["partner_id"]),
                location_id=many2one(row["location_id"]) or 0,
                location_dest_id=many2one(row["location_dest_id"]) or 0,
                group_id=many2one(row["group_id"]) if grouped else None,
            )
    return found


def _return_type(kind: Mapping[str, Any]) -> int | None:
    warehouse = kind["warehouse_id"]
    own = many2one(kind["return_picking_type_id"])
    return own or (many2one(warehouse["in_type_id"]) if isinstance(warehouse, dict) else None)
