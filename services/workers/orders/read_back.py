"""Odoo's orders with their lines and addresses, any number in one call."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from libs.common.odoo.cells import parse_datetime
from libs.common.odoo.client import OdooClient
from services.workers.orders.customer import ADDRESS_FIELDS
from services.workers.orders.model import OdooLine, OdooOrder

_ADDRESS: dict[str, Any] = {"fields": {name: {} for name in ADDRESS_FIELDS}}
_LINE_FIELDS = ("product_id", "name", "product_uom_qty", "price_unit", "discount", "display_type")
_SPECIFICATION: dict[str, Any] = {
    "name": {},
    "state": {},
    "amount_total": {},
    "amount_tax": {},
    "currency_id": {"fields": {"name": {}}},
    "date_order": {},
    "partner_shipping_id": _ADDRESS,
    "partner_invoice_id": _ADDRESS,
    "order_line": {"fields": {name: {} for name in _LINE_FIELDS}},
}


def read_orders(odoo: OdooClient, ids: Sequence[int]) -> dict[int, OdooOrder]:
    """By id; an order that somebody deleted is absent. No call for no ids."""
    if not ids:
        return {}
    rows = odoo.web_read("sale.order", list(ids), _SPECIFICATION)
    return {row["id"]: _order(row) for row in rows}


def _order(row: dict[str, Any]) -> OdooOrder:
    return OdooOrder(
        id=row["id"],
        name=row["name"],
        state=row["state"],
        currency=row["currency_id"]["name"] if row["currency_id"] else "",
        total=_decimal(row["amount_total"]),
        tax=_decimal(row["amount_tax"]),
        date_order=parse_datetime(row["date_order"]) if row["date_order"] else None,
        # Sections and notes that somebody added are no goods; a load keeps the order of its rows in the ids.
        lines=tuple(
            _line(line) for line in sorted(row["order_line"], key=lambda x: x["id"]) if not line["display_type"]
        ),
        shipping_address=_address(row["partner_shipping_id"]),
        invoice_address=_address(row["partner_invoice_id"]),
    )


def _line(row: dict[str, Any]) -> OdooLine:
    """Reckon the amount from what Odoo stored.

    Where taxes are rounded globally, Odoo's own `price_total` of a line is two figures rounded apart and added
    (91.38 + 18.28 for 109.65), while the order's total is right.
    """
    product = row["product_id"]
    quantity, price, discount = (_decimal(row[name]) for name in ("product_uom_qty", "price_unit", "discount"))
    return OdooLine(
        product_id=product["id"] if isinstance(product, dict) else (product or None),
        quantity=quantity,
        amount=quantity * price * (1 - discount / 100),
        name=row["name"] or "",
    )


def _address(row: Any) -> dict[str, str]:
    return {name: str(row[name] or "").strip() for name in ADDRESS_FIELDS} if row else {}


def _decimal(value: float) -> Decimal:
    """A JSON number by its shortest text: 19.66 and not 19.6600000000000001421."""
    return Decimal(str(value))
