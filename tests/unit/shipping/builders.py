"""Orders, deliveries and fulfillments for the tests of planning; each test says only what matters to it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from libs.common.domain.fulfillments import (
    FulfilledLine,
    Fulfillment,
    FulfillmentOrder,
    FulfillmentOrderLine,
    OrderFulfillments,
    Tracking,
)
from libs.common.domain.sales import Move, Picking, SaleLine, SaleOrder

DONE_AT = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
LATER = DONE_AT + timedelta(seconds=5)
BEFORE = DONE_AT - timedelta(hours=2)
#: Shopify line ids of the builders' order, and the sale lines that carry them.
MUG, CAP = "501", "502"
LINES = {MUG: 1, CAP: 2}
PRODUCTS = {1: 11, 2: 12}


def sale_line(number: int, key: str, quantity: str = "5", **changes: Any) -> SaleLine:
    values: dict[str, Any] = {
        "id": number,
        "name": f"Product {number}",
        "product_id": PRODUCTS.get(number, 10 + number),
        "quantity": Decimal(quantity),
        "price_unit": Decimal(10),
        "discount": Decimal(0),
        "tax_ids": (),
        "subtotal": Decimal(10),
        "tax": Decimal(0),
        "delivered": Decimal(0),
        "invoiced": Decimal(0),
        "key": key,
        **changes,
    }
    return SaleLine(**values)


def sale_order(*pickings: Picking, **changes: Any) -> SaleOrder:
    """S00001 with up to five mugs and five caps."""
    values: dict[str, Any] = {
        "id": 7,
        "name": "S00001",
        "state": "sale",
        "currency": "USD",
        "total": Decimal(100),
        "tax": Decimal(0),
        "date_order": BEFORE,
        "partner_id": 3,
        "partner_invoice_id": 3,
        "partner_shipping_id": 3,
        "lines": tuple(sale_line(number, f"line_{key}") for key, number in LINES.items()),
        "pickings": pickings,
        **changes,
    }
    return SaleOrder(**values)


def picking(number: int = 70, units: dict[str, str] | None = None, **changes: Any) -> Picking:
    """A done delivery of one mug, unless told otherwise."""
    state = changes.get("state", "done")
    moves = tuple(
        Move(number * 10 + LINES[line], PRODUCTS[LINES[line]], LINES[line], Decimal(n), Decimal(n), state)
        for line, n in (units or {MUG: "1"}).items()
    )
    values: dict[str, Any] = {
        "id": number,
        "name": f"WH/OUT/{number:05}",
        "state": state,
        "code": "outgoing",
        "done_at": DONE_AT if state == "done" else None,
        "warehouse_id": 1,
        "location_id": 8,
        "location_dest_id": 5,
        "type_id": 2,
        "backorder_id": None,
        "return_id": None,
        "moves": moves,
        **changes,
    }
    return Picking(**values)


def fulfillment(number: str = "900", units: dict[str, int] | None = None, **changes: Any) -> Fulfillment:
    values: dict[str, Any] = {
        "order_id": "450",
        "name": f"#1001-F{number[-1]}",
        "status": "success",
        "created_at": LATER,
        "updated_at": LATER,
        "lines": tuple(FulfilledLine(line, n) for line, n in (units or {MUG: 1}).items()),
        "location_id": "61",
        **changes,
    }
    return Fulfillment(id=number, **values)


def place(number: str = "300", remaining: dict[str, int] | None = None, **changes: Any) -> FulfillmentOrder:
    """A fulfillment order; its lines' ids are its own and the line's together."""
    lines = tuple(
        FulfillmentOrderLine(f"{number}{line}", line, n, 5) for line, n in (remaining or {MUG: 5, CAP: 5}).items()
    )
    return FulfillmentOrder(number, changes.get("status", "open"), changes.get("location_id", "61"), lines)


def shop_order(*parts: FulfillmentOrder | Fulfillment, **changes: Any) -> OrderFulfillments:
    return OrderFulfillments(
        "450",
        "#1001",
        tuple(part for part in parts if isinstance(part, FulfillmentOrder)),
        tuple(part for part in parts if isinstance(part, Fulfillment)),
        **changes,
    )


def tracking(number: str = "1Z999", company: str = "UPS", url: str = "") -> Tracking:
    return Tracking(number, company, url)
