"""Odoo's side of an order for the tests of planning; each test says only what matters to it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from libs.common.domain.sales import Invoice, InvoiceLine, Move, Picking, SaleLine, SaleOrder


def sale_line(number: int = 1, quantity: str = "2", price: str = "10.00", **changes: Any) -> SaleLine:
    """Line 101 carries Shopify's line 1, and so on."""
    amount = Decimal(quantity) * Decimal(price)
    values: dict[str, Any] = {
        "id": 100 + number,
        "name": f"Thing {number}",
        "product_id": 11,
        "quantity": Decimal(quantity),
        "price_unit": Decimal(price),
        "discount": Decimal(0),
        "tax_ids": (1,),
        "subtotal": amount,
        "tax": Decimal(0),
        "delivered": Decimal(0),
        "invoiced": Decimal(0),
        "key": f"line_{number}",
        **changes,
    }
    return SaleLine(**values)


def sale(*lines: SaleLine, **changes: Any) -> SaleOrder:
    lines = lines or (sale_line(),)
    values: dict[str, Any] = {
        "id": 7,
        "name": "S00007",
        "state": "sale",
        "currency": "USD",
        "total": sum((line.subtotal for line in lines), Decimal(0)),
        "tax": Decimal(0),
        "date_order": None,
        "partner_id": 50,
        "partner_invoice_id": 51,
        "partner_shipping_id": 52,
        "lines": lines,
        **changes,
    }
    return SaleOrder(**values)


def picking(number: int = 1, state: str = "assigned", units: str = "2", line_id: int = 101, **changes: Any) -> Picking:
    moved = Move(number * 10, 11, line_id, Decimal(units), Decimal(units), state)
    values: dict[str, Any] = {
        "id": number,
        "name": f"WH/OUT/{number:05d}",
        "state": state,
        "code": "outgoing",
        "done_at": None,
        "warehouse_id": 1,
        "location_id": 8,
        "location_dest_id": 5,
        "type_id": 2,
        "backorder_id": None,
        "return_id": None,
        "moves": (moved,),
        **changes,
    }
    return Picking(**values)


def invoice(number: int = 1, units: str = "2", total: str = "20.00", line_id: int = 101, **changes: Any) -> Invoice:
    values: dict[str, Any] = {
        "id": number,
        "name": f"INV/2026/{number:05d}",
        "kind": "out_invoice",
        "state": "posted",
        "payment_state": "not_paid",
        "currency": "USD",
        "total": Decimal(total),
        "tax": Decimal(0),
        "residual": Decimal(total),
        "partner_id": 51,
        "reversed_id": None,
        "lines": (InvoiceLine((line_id,), Decimal(units)),),
        **changes,
    }
    return Invoice(**values)
