"""Rows for Odoo's `load`: how credit notes, returns and payments of refunds are written down. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from libs.common.domain.money import currency_digits
from libs.common.domain.pricing import exact_parts
from libs.common.odoo.cells import Cell, ids_cell, rounded_apart
from libs.common.odoo.fields import OdooFields
from services.workers.refunds.model import PlannedCredit, PlannedLine, PlannedProduct, PlannedReturn

_CREDIT_FIELDS = (
    "id",
    "move_type",
    "reversed_entry_id/.id",
    "partner_id/.id",
    "currency_id/.id",
    "invoice_date",
    "invoice_origin",
    "ref",
    "invoice_line_ids/display_type",
    "invoice_line_ids/product_id/.id",
    "invoice_line_ids/name",
    "invoice_line_ids/quantity",
    "invoice_line_ids/price_unit",
    "invoice_line_ids/discount",
    "invoice_line_ids/tax_ids/.id",
    "invoice_line_ids/sale_line_ids/.id",
)
ROUNDING_FIELDS = (
    ".id",
    "invoice_line_ids/id",
    "invoice_line_ids/product_id/.id",
    "invoice_line_ids/name",
    "invoice_line_ids/quantity",
    "invoice_line_ids/price_unit",
    "invoice_line_ids/discount",
    "invoice_line_ids/tax_ids/.id",
)


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a return must know of the delivery that it brings back."""

    id: int
    name: str
    type_id: int
    """The picking type of returns."""
    partner_id: int | None
    location_id: int
    location_dest_id: int
    group_id: int | None = None


def product_table(products: Sequence[PlannedProduct], names: OdooFields) -> tuple[list[str], list[list[Cell]]]:
    kinds = sorted(names.service_product)
    rows: list[list[Cell]] = [
        [one.external_id, one.name, "0", "1", *(names.service_product[kind] for kind in kinds)] for one in products
    ]
    return ["id", "name", "list_price", "sale_ok", *kinds], rows


def credit_fields(names: OdooFields) -> list[str]:
    apart = [f"invoice_line_ids/{names.line_tax_data}"] if names.line_tax_data else []
    return [*_CREDIT_FIELDS, *apart]


def credit_rows(credit: PlannedCredit, product_ids: Mapping[str, int], names: OdooFields) -> list[list[Cell]]:
    """The credit note with its lines, one line a row."""
    head: list[Cell] = [
        credit.external_id,
        "out_refund",
        credit.invoice_id,
        credit.partner_id,
        credit.currency_id,
        credit.date,
        credit.origin,
        credit.ref,
    ]
    blank: list[Cell] = [""] * len(head)
    return [
        [*(blank if index else head), *_line_cells(line, product_ids, names)] for index, line in enumerate(credit.lines)
    ]


def _line_cells(line: PlannedLine, product_ids: Mapping[str, int], names: OdooFields) -> list[Cell]:
    """Taxes given as nothing are none; left out, the product's would be taken."""
    apart: list[Cell] = [rounded_apart(line.key) if line.key else ""] if names.line_tax_data else []
    if line.product is None:
        return ["line_note", "", line.name, "0", "0", "0", "", line.sale_line_id, *apart]
    product = line.product if isinstance(line.product, int) else product_ids[line.product]
    cells: list[Cell] = ["product", product or "", line.name, line.quantity, line.price_unit, line.discount]
    return [*cells, ids_cell(line.tax_ids), line.sale_line_id, *apart]


def rounding_row(
    credit: PlannedCredit, credit_id: int, product_id: int, amount: Decimal, price_digits: int | None
) -> list[Cell]:
    """One more line for a draft, under an external id of its own: a repeat writes the same line again."""
    part = exact_parts(amount, 1, price_digits, currency_digits(credit.total.currency))[0]
    return [credit_id, credit.rounding_external_id, product_id, "Rounding", 1, part.unit_price, part.discount, ""]


def return_fields(names: OdooFields, *, grouped: bool) -> list[str]:
    """Before 19 a move needs a name, and a procurement group ties the return to its order."""
    return [
        "id",
        "picking_type_id/.id",
        "location_id/.id",
        "location_dest_id/.id",
        "partner_id/.id",
        "origin",
        *(["return_id/.id"] if names.picking_return else []),
        "move_type",
        "move_ids/product_id/.id",
        "move_ids/product_uom_qty",
        "move_ids/location_id/.id",
        "move_ids/location_dest_id/.id",
        "move_ids/origin_returned_move_id/.id",
        "move_ids/to_refund",
        "move_ids/sale_line_id/.id",
        *(["move_ids/bom_line_id/.id"] if names.move_bom_line else []),
        *(["move_ids/name"] if names.move_name else []),
        *(["move_ids/group_id/.id"] if grouped else []),
    ]


def return_rows(
    planned: PlannedReturn, deliveries: Mapping[int, Delivery], names: OdooFields, *, grouped: bool
) -> list[list[Cell]]:
    """One row for each move; what was shipped from several deliveries comes back in one transfer."""
    first = deliveries[planned.moves[0].picking_id]
    head: list[Cell] = [
        planned.external_id,
        first.type_id,
        first.location_dest_id,
        first.location_id,
        first.partner_id,
        f"Return of {first.name}",
        *([first.id] if names.picking_return else []),
        "direct",
    ]
    blank: list[Cell] = [""] * len(head)
    rows: list[list[Cell]] = []
    for move in planned.moves:
        origin = deliveries[move.picking_id]
        cells: list[Cell] = [
            move.product_id,
            move.quantity,
            first.location_dest_id,
            first.location_id,
            move.move_id,
            True,
            move.sale_line_id,
            *([move.bom_line_id or ""] if names.move_bom_line else []),
            *([f"Return of {origin.name}"] if names.move_name else []),
            *([origin.group_id] if grouped else []),
        ]
        rows.append([*(blank if rows else head), *cells])
    return rows
