"""Writes edits to orders that Odoo has: lines by kind of change, addresses, open deliveries. Calls are repeatable."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from libs.common.errors import Failure, Rejected
from libs.common.odoo.cells import Cell, ids_cell
from services.workers.batching import in_one_call
from services.workers.context import StoreContext
from services.workers.deadlines import align_deadlines
from services.workers.orders.heading import CUSTOMER, REFERENCE, TERMS
from services.workers.orders.model import Changes, Edit, LineWrite
from services.workers.orders.rows import line_cells, line_fields, note_cell

_QUANTITY = ("product_uom_qty", "price_unit", "discount")
_PRICE = ("price_unit", "discount", "taxes")
_BOTH = (*_QUANTITY, "taxes")
#: What is written for each order, by record id.
Rows = dict[str, list[list[Cell]]]


def follow(
    plans: Sequence[Changes], store: StoreContext, product_ids: Mapping[str, int], customer_ids: Mapping[str, int]
) -> dict[str, Failure]:
    """Failures by record id; an order that failed may have followed in part, and is compared anew the next time.

    Quantities, prices and both go in calls apart: a column of `load` writes to every line that has a row.
    """
    failed = _rewrite_headings([c for c in plans if _edit(c).heading], store, customer_ids)
    align_deadlines(store, (one.line.id for c in plans for one in _edit(c).writes if one.quantity is not None))
    for columns in (_QUANTITY, _PRICE, (*_QUANTITY, *_PRICE)):
        writes = {
            c.record_id: [write for write in _edit(c).writes if _columns_of(write) == columns]
            for c in plans
            if c.record_id not in failed
        }
        alive = [c for c in plans if writes.get(c.record_id)]
        rows = {c.record_id: _writes(c, columns, writes[c.record_id]) for c in alive}
        fields = [".id", "order_line/.id", *(_column(name, store) for name in columns)]
        failed |= _update(store, "sale.order", fields, alive, rows)
    alive = [c for c in plans if c.record_id not in failed and _edit(c).new_lines]
    rows = {c.record_id: _new_lines(_edit(c), store, product_ids) for c in alive}
    failed |= _update(store, "sale.order", [".id", *line_fields(store.odoo_fields)], alive, rows)
    return failed | _readdress([c for c in plans if c.record_id not in failed], store)


def _rewrite_headings(
    plans: Sequence[Changes], store: StoreContext, customer_ids: Mapping[str, int]
) -> dict[str, Failure]:
    """Whose they are, their references and terms; in one call for those that differ in the same."""
    failed: dict[str, Failure] = {}
    groups: dict[tuple[str, ...], list[Changes]] = {}
    rows: Rows = {}
    for changes in plans:
        cells = _heading_cells(changes, customer_ids)
        rows[changes.record_id] = [[_edit(changes).order.id, *cells.values()]]
        groups.setdefault(tuple(cells), []).append(changes)
    for columns, group in groups.items():
        failed |= _update(store, "sale.order", [".id", *columns], group, rows)
    return failed


def _heading_cells(changes: Changes, customer_ids: Mapping[str, int]) -> dict[str, Cell]:
    """With another customer Odoo takes terms, note and pricelist anew from them, unless they are given as well."""
    edit, order = _edit(changes), changes.order
    cells: dict[str, Cell] = {}
    if CUSTOMER in edit.heading:
        cells["partner_id/.id"] = customer_ids[changes.record_id]
        if not edit.order.is_confirmed:
            cells["pricelist_id/.id"] = order.pricelist_id
        if order.note:
            cells["note"] = note_cell(order.note)
    if order.terms and edit.heading & {CUSTOMER, TERMS}:
        cells["payment_term_id/.id"] = order.terms.term_id
    if REFERENCE in edit.heading:
        cells["client_order_ref"] = order.client_order_ref
    return cells


def _readdress(plans: Sequence[Changes], store: StoreContext) -> dict[str, Failure]:
    """The order first; its open deliveries keep their address in Odoo until they are given the new one."""
    failed: dict[str, Failure] = {}
    for kind, column in (("delivery", "partner_shipping_id/id"), ("invoice", "partner_invoice_id/id")):
        moving = [c for c in plans if c.record_id not in failed and kind in _edit(c).addresses]
        rows: Rows = {c.record_id: [[_edit(c).order.id, _edit(c).addresses[kind].external_id]] for c in moving}
        failed |= _update(store, "sale.order", [".id", column], moving, rows)
    shipping = [c for c in plans if c.record_id not in failed and _edit(c).picking_ids]
    pickings: Rows = {
        c.record_id: [[one, _edit(c).addresses["delivery"].external_id] for one in _edit(c).picking_ids]
        for c in shipping
    }
    return failed | _update(store, "stock.picking", [".id", "partner_id/id"], shipping, pickings)


def _update(
    store: StoreContext,
    model: str,
    fields: Sequence[str],
    plans: Sequence[Changes],
    rows: Rows,
) -> dict[str, Failure]:
    """All in one call; one that Odoo refuses is taken out, and the rest goes through."""

    def write(some: Sequence[Changes]) -> Sequence[None]:
        store.odoo.update(model, fields, [row for c in some for row in rows[c.record_id]])
        return [None] * len(some)

    results = in_one_call(plans, write)
    for changes, failure in results.failed:
        if isinstance(failure, Rejected):
            failure.details = {**failure.details, "order_id": _edit(changes).order.id}
    return {changes.record_id: failure for changes, failure in results.failed}


def _columns_of(write: LineWrite) -> tuple[str, ...]:
    if write.priced is None:
        return _QUANTITY
    return _PRICE if write.quantity is None else _BOTH


def _edit(changes: Changes) -> Edit:
    assert changes.edit is not None  # noqa: S101 - only orders with an edit come here
    return changes.edit


def _column(name: str, store: StoreContext) -> str:
    return f"order_line/{store.odoo_fields.line_taxes}/.id" if name == "taxes" else f"order_line/{name}"


def _writes(changes: Changes, columns: Sequence[str], writes: Iterable[LineWrite]) -> list[list[Cell]]:
    rows: list[list[Cell]] = []
    for write in writes:
        head: Cell = "" if rows else _edit(changes).order.id
        rows.append([head, write.line.id, *(_cell(write, name) for name in columns)])
    return rows


def _cell(write: LineWrite, name: str) -> Cell:
    priced, line = write.priced, write.line
    cells: dict[str, Cell] = {
        "product_uom_qty": write.quantity,
        "price_unit": priced.unit_price if priced else line.price_unit,
        "discount": priced.discount if priced else line.discount,
        "taxes": ids_cell(priced.tax_ids if priced else line.tax_ids),
    }
    return cells[name]


def _new_lines(edit: Edit, store: StoreContext, product_ids: Mapping[str, int]) -> list[list[Cell]]:
    """By external ids of their own: repeated, the line is found."""
    rows: list[list[Cell]] = []
    for line in edit.new_lines:
        head: Cell = "" if rows else edit.order.id
        product = line.product if isinstance(line.product, int) else product_ids[line.product]
        rows.append([head, *line_cells(line, product, store.odoo_fields)])
    return rows
