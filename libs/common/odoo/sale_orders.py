"""Odoo's sale orders with lines, invoices and deliveries: any number in one call, and one for the lines' names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from libs.common.domain.sales import Invoice, InvoiceLine, Move, Picking, SaleLine, SaleOrder
from libs.common.odoo.cells import parse_datetime
from libs.common.odoo.client import OdooClient
from libs.common.odoo.fields import OdooFields

ADDRESS_FIELDS = ("name", "street", "street2", "city", "zip")

_ADDRESS: dict[str, Any] = {"fields": {name: {} for name in ADDRESS_FIELDS}}
_NAME: dict[str, Any] = {"fields": {"name": {}}}
_LINE = ("product_id", "name", "display_type", "product_uom_qty", "price_unit", "discount", "price_subtotal",
         "price_tax", "qty_delivered", "qty_invoiced")  # fmt: skip
_INVOICE = ("name", "move_type", "state", "payment_state", "amount_total", "amount_tax", "amount_residual",
            "partner_id", "reversed_entry_id", "ref", "invoice_date_due")  # fmt: skip
_MOVE = ("product_id", "sale_line_id", "product_uom_qty", "state")
_PICKING = ("name", "state", "picking_type_code", "date_done", "location_id", "location_dest_id", "backorder_id")
_TRACKING = ("carrier_tracking_ref", "carrier_tracking_url")


def read_sale_orders(
    odoo: OdooClient, fields: OdooFields, ids: Sequence[int], *, keys: bool = True
) -> dict[int, SaleOrder]:
    """By id; an order that somebody deleted is absent. No call for no ids.

    With `keys` a second call tells what Tandem calls the lines (`SaleLine.key`).
    """
    wanted = list(dict.fromkeys(ids))
    rows = odoo.web_read("sale.order", wanted, specification(fields)) if wanted else []
    orders = {row["id"]: _order(row, fields) for row in rows}
    return _with_keys(odoo, orders) if keys else orders


def specification(fields: OdooFields) -> dict[str, Any]:
    """What `web_read` is asked for, as this server names it."""
    plain = ("name", "state", "amount_total", "amount_tax", "date_order", "partner_id", "client_order_ref")
    asked: dict[str, Any] = {name: {} for name in plain}
    asked["currency_id"] = asked["payment_term_id"] = _NAME
    asked["partner_invoice_id"] = asked["partner_shipping_id"] = _ADDRESS
    asked["order_line"] = {"fields": {name: {} for name in (*_LINE, fields.line_taxes)}}
    invoiced: dict[str, Any] = {"fields": {"quantity": {}, "sale_line_ids": {}, "name": {}, "price_subtotal": {}}}
    invoice = {**{name: {} for name in _INVOICE}, "currency_id": _NAME, "invoice_line_ids": invoiced}
    invoice["invoice_payment_term_id"] = invoice["commercial_partner_id"] = _NAME
    asked["invoice_ids"] = {"fields": invoice}
    if fields.order_pickings:
        part = ("bom_line_id",) if fields.move_bom_line else ()
        move: dict[str, Any] = {"fields": {name: {} for name in (*_MOVE, *part, fields.move_quantity)}}
        picking: dict[str, Any] = {name: {} for name in (*_PICKING, *fields.picking_return)}
        picking |= {"picking_type_id": {"fields": {"warehouse_id": {}}}, "move_ids": move}
        if fields.picking_tracking:
            picking |= {name: {} for name in _TRACKING} | {"carrier_id": _NAME}
        asked["picking_ids"] = {"fields": picking}
        asked["warehouse_id"] = {}
    return asked


def _with_keys(odoo: OdooClient, orders: Mapping[int, SaleOrder]) -> dict[int, SaleOrder]:
    ids = [line.id for order in orders.values() for line in order.lines]
    if not ids:
        return dict(orders)
    names: dict[str, str] = odoo.call("sale.order.line", "get_external_id", [ids], write=False, records=len(ids))
    keys = {int(line_id): str(name or "").partition(".")[2] for line_id, name in names.items()}
    return {
        order_id: replace(order, lines=tuple(replace(line, key=keys.get(line.id, "")) for line in order.lines))
        for order_id, order in orders.items()
    }


def _order(row: Mapping[str, Any], fields: OdooFields) -> SaleOrder:
    shipping, invoice = row["partner_shipping_id"], row["partner_invoice_id"]
    # A load keeps the order of its rows in the ids; sections and notes that somebody added are no goods.
    lines = (line for line in sorted(row["order_line"], key=lambda one: int(one["id"])) if not line["display_type"])
    return SaleOrder(
        id=row["id"],
        name=row["name"],
        state=row["state"],
        currency=_name(row["currency_id"]),
        total=decimal(row["amount_total"]),
        tax=decimal(row["amount_tax"]),
        date_order=parse_datetime(row["date_order"]) if row["date_order"] else None,
        partner_id=many2one(row["partner_id"]) or 0,
        partner_invoice_id=many2one(invoice) or 0,
        partner_shipping_id=many2one(shipping) or 0,
        lines=tuple(_line(line, fields) for line in lines),
        invoices=tuple(_invoice(one) for one in sorted(row["invoice_ids"], key=lambda one: int(one["id"]))),
        pickings=tuple(read_picking(one, fields) for one in row.get("picking_ids") or ()),
        warehouse_id=many2one(row.get("warehouse_id")),
        currency_id=many2one(row["currency_id"]),
        payment_term_id=many2one(row["payment_term_id"]),
        payment_term=_name(row["payment_term_id"]),
        client_order_ref=row["client_order_ref"] or "",
        addresses={"delivery": _address(shipping), "invoice": _address(invoice)},
    )


def _line(row: Mapping[str, Any], fields: OdooFields) -> SaleLine:
    return SaleLine(
        id=row["id"],
        name=row["name"] or "",
        product_id=many2one(row["product_id"]),
        quantity=decimal(row["product_uom_qty"]),
        price_unit=decimal(row["price_unit"]),
        discount=decimal(row["discount"]),
        tax_ids=tuple(row[fields.line_taxes]),
        subtotal=decimal(row["price_subtotal"]),
        tax=decimal(row["price_tax"]),
        delivered=decimal(row["qty_delivered"]),
        invoiced=decimal(row["qty_invoiced"]),
    )


def _invoice(row: Mapping[str, Any]) -> Invoice:
    return Invoice(
        id=row["id"],
        name=row["name"] or "",
        kind=row["move_type"],
        state=row["state"],
        payment_state=row["payment_state"] or "",
        currency=_name(row["currency_id"]),
        total=decimal(row["amount_total"]),
        tax=decimal(row["amount_tax"]),
        residual=decimal(row["amount_residual"]),
        partner_id=many2one(row["partner_id"]) or 0,
        reversed_id=many2one(row["reversed_entry_id"]),
        ref=row["ref"] or "",
        lines=tuple(
            InvoiceLine(
                sale_line_ids=tuple(line["sale_line_ids"]),
                quantity=decimal(line["quantity"]),
                id=line["id"],
                name=line["name"] or "",
                subtotal=decimal(line["price_subtotal"]),
            )
            for line in row["invoice_line_ids"]
        ),
        payer_id=many2one(row["commercial_partner_id"]) or 0,
        payer=_name(row["commercial_partner_id"]),
        term_id=many2one(row["invoice_payment_term_id"]),
        term=_name(row["invoice_payment_term_id"]),
        due_on=date.fromisoformat(row["invoice_date_due"]) if row["invoice_date_due"] else None,
    )


def read_picking(row: Mapping[str, Any], fields: OdooFields) -> Picking:
    """One row of `web_read` with the part of `specification` for `picking_ids`."""
    kind, carrier = row["picking_type_id"], row.get("carrier_id")
    return Picking(
        id=row["id"],
        name=row["name"] or "",
        state=row["state"],
        code=row["picking_type_code"] or "",
        done_at=parse_datetime(row["date_done"]) if row["date_done"] else None,
        warehouse_id=many2one(kind["warehouse_id"]) if isinstance(kind, dict) else None,
        location_id=many2one(row["location_id"]) or 0,
        location_dest_id=many2one(row["location_dest_id"]) or 0,
        type_id=many2one(kind) or 0,
        backorder_id=many2one(row["backorder_id"]),
        return_id=next((many2one(row[name]) for name in fields.picking_return), None),
        moves=tuple(_move(move, fields) for move in sorted(row["move_ids"], key=lambda one: int(one["id"]))),
        carrier=_name(carrier),
        tracking_number=row.get("carrier_tracking_ref") or "",
        tracking_url=row.get("carrier_tracking_url") or "",
    )


def _move(row: Mapping[str, Any], fields: OdooFields) -> Move:
    return Move(
        id=row["id"],
        product_id=many2one(row["product_id"]) or 0,
        sale_line_id=many2one(row["sale_line_id"]),
        demand=decimal(row["product_uom_qty"]),
        quantity=decimal(row[fields.move_quantity]),
        state=row["state"],
        bom_line_id=many2one(row.get("bom_line_id")),
    )


def many2one(value: Any) -> int | None:
    """The id of what web_read gives for a many2one: an id, a record with fields, or false."""
    if isinstance(value, dict):
        return int(value["id"])
    return int(value) if value else None


def decimal(value: float) -> Decimal:
    """A JSON number by its shortest text: 19.66 and not 19.6600000000000001421."""
    return Decimal(str(value))


def _name(value: Any) -> str:
    return str(value["name"] or "") if isinstance(value, dict) else ""


def _address(row: Any) -> dict[str, str]:
    return {name: str(row[name] or "").strip() for name in ADDRESS_FIELDS} if isinstance(row, dict) else {}
