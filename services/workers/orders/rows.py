"""Rows for Odoo's `load`: how planned products, contacts and orders are written down. Pure."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence

from libs.common.odoo.cells import Cell, ids_cell, rounded_apart
from libs.common.odoo.fields import OdooFields
from services.workers.orders.model import Changes, PlannedAddress, PlannedCustomer, PlannedLine, PlannedProduct

#: Only of customers themselves, not of their addresses.
_OWN_FIELDS = ("is_company", "ref")
_PARTNER_FIELDS = ("name", "email", "phone", "street", "street2", "city", "zip", "state_id", "country_id")

_PRODUCT_FIELDS = ("name", "default_code", "barcode", "list_price")


def product_table(products: Sequence[PlannedProduct], names: OdooFields) -> tuple[list[str], list[list[Cell]]]:
    """Columns and rows for new products; goods are kept in stock, carriers of shipping and custom lines are not."""
    kinds = sorted({*names.stored_product, *names.service_product})
    rows: list[list[Cell]] = []
    for product in products:
        kind = names.service_product if product.service else names.stored_product
        values = [product.values.get(name, "") for name in _PRODUCT_FIELDS]
        rows.append([product.external_id, *values, "1", *(kind.get(name, "") for name in kinds)])
    return ["id", *_PRODUCT_FIELDS, "sale_ok", *kinds], rows


def shape(changes: Changes) -> tuple[str, str, bool, bool]:
    """`load` takes one kind of reference in a column, and an absent column means the default, an empty one none."""
    order = changes.order
    own_shipping = order.shipping != order.customer.ref
    own_invoice = order.invoice != order.customer.ref
    ship, bill = ("id" if own else ".id" for own in (own_shipping, own_invoice))
    return ship, bill, bool(order.note), order.terms is not None


def to_load(customer: PlannedCustomer) -> bool:
    return isinstance(customer.ref, str) or bool(customer.addresses)


def order_fields(changes: Changes, names: OdooFields) -> list[str]:
    """The columns for orders of this shape, as this server names them."""
    ship, bill, with_note, with_term = shape(changes)
    return [
        "id",
        "partner_id/.id",
        f"partner_shipping_id/{ship}",
        f"partner_invoice_id/{bill}",
        "client_order_ref",
        "origin",
        "date_order",
        "pricelist_id/.id",
        "tag_ids/.id",
        *(["note"] if with_note else []),
        *(["payment_term_id/.id"] if with_term else []),
        *line_fields(names),
    ]


def line_fields(names: OdooFields) -> list[str]:
    """The columns for the lines of an order."""
    return [
        "order_line/id",
        "order_line/product_id/.id",
        "order_line/name",
        "order_line/product_uom_qty",
        "order_line/price_unit",
        "order_line/discount",
        f"order_line/{names.line_taxes}/.id",
        *([f"order_line/{names.line_tax_data}"] if names.line_tax_data else []),
    ]


def line_cells(line: PlannedLine, product_id: int, names: OdooFields) -> list[Cell]:
    """Given as nothing, taxes are none and the discount is 0; left out, a pricelist or the product would decide."""
    cells: list[Cell] = [line.external_id, product_id, line.name, line.quantity, line.unit_price, line.discount]
    apart = [rounded_apart(line.key)] if names.line_tax_data else []
    return [*cells, ids_cell(line.tax_ids), *apart]


def note_cell(note: str) -> str:
    """As text; line breaks are kept."""
    return html.escape(note).replace("\n", "<br/>")


def order_rows(
    changes: Changes,
    names: OdooFields,
    *,
    customer_id: int,
    tag_ids: Sequence[int],
    product_ids: Mapping[str, int],
) -> list[list[Cell]]:
    """The order with its lines, one line a row."""
    order = changes.order
    head: list[Cell] = [
        order.external_id,
        customer_id,
        order.shipping if order.shipping != order.customer.ref else customer_id,
        order.invoice if order.invoice != order.customer.ref else customer_id,
        order.client_order_ref,
        order.origin,
        order.date_order,
        order.pricelist_id,
        ids_cell(tag_ids),
    ]
    if order.note:
        head.append(note_cell(order.note))
    if order.terms:
        head.append(order.terms.term_id)
    blank: list[Cell] = [""] * len(head)
    rows: list[list[Cell]] = []
    for line in order.lines:
        product = line.product if isinstance(line.product, int) else product_ids[line.product]
        rows.append([*(blank if rows else head), *line_cells(line, product, names)])
    return rows or [[*head, *[""] * len(line_fields(names))]]


def partner_fields() -> list[str]:
    """Columns for new customers with their addresses and for new addresses of known ones, in one call."""
    children = ["child_ids/id", "child_ids/type", *_columns("child_ids/")]
    return ["id", "type", *_columns(""), *_OWN_FIELDS, "parent_id/.id", *children]


def partner_rows(customer: PlannedCustomer) -> list[list[Cell]]:
    """A new customer is one record; of a known one each address is."""
    return _new_rows(customer) if isinstance(customer.ref, str) else _known_rows(customer, customer.ref)


def _columns(prefix: str) -> list[str]:
    return [f"{prefix}{name}/.id" if name.endswith("_id") else f"{prefix}{name}" for name in _PARTNER_FIELDS]


def _values(values: Mapping[str, str]) -> list[Cell]:
    return [values.get(name, "") for name in _PARTNER_FIELDS]


def _new_rows(customer: PlannedCustomer) -> list[list[Cell]]:
    """The customer with its addresses as children, one child a row."""
    children = [_address_cells(address) for address in customer.addresses] or [[""] * (2 + len(_PARTNER_FIELDS))]
    own: list[Cell] = [customer.values.get(name, "") for name in _OWN_FIELDS]
    head: list[Cell] = [customer.ref, "contact", *_values(customer.values), *own, ""]
    blank: list[Cell] = [""] * len(head)
    return [[*(blank if index else head), *child] for index, child in enumerate(children)]


def _known_rows(customer: PlannedCustomer, partner_id: int) -> list[list[Cell]]:
    """Addresses below a contact that is there: records of their own."""
    no_child: list[Cell] = [""] * (2 + len(_PARTNER_FIELDS))
    no_own: list[Cell] = [""] * len(_OWN_FIELDS)
    return [[*_address_cells(address), *no_own, partner_id, *no_child] for address in customer.addresses]


def _address_cells(address: PlannedAddress) -> list[Cell]:
    return [address.external_id, address.type, *_values(address.values)]
