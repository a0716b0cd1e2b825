"""The part of a refund that concerns deliveries: returns are made and validated, quantities go down."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from libs.common.errors import Failure, Rejected
from libs.common.odoo.cells import Cell
from libs.common.odoo.sale_orders import decimal
from services.workers.batching import in_one_call
from services.workers.context import StoreContext
from services.workers.deadlines import align_deadlines
from services.workers.refunds.far_side import read_deliveries
from services.workers.refunds.model import Changes, LineQuantity, PlannedReturn
from services.workers.refunds.rows import Delivery, return_fields, return_rows

#: Without these Odoo answers with a wizard instead of doing it.
VALIDATE_CONTEXT = {"skip_sms": True, "skip_backorder": True}


class RestockRun:
    """What one batch did to deliveries and orders, by record id."""

    def __init__(self, store: StoreContext) -> None:
        self.store = store
        self.failed: dict[str, Failure] = {}
        self.return_ids: dict[str, int] = {}
        self.totals: dict[int, Decimal] = {}
        """Totals of orders that are not invoiced, by id, after quantities went down."""
        self._deliveries: dict[int, Delivery] = {}

    @property
    def _grouped(self) -> bool:
        """Where a move needs a name (before 19) the procurement group is what ties a return to its order."""
        return self.store.odoo_fields.move_name

    def bring_back(self, plans: Sequence[Changes]) -> None:
        """Returns: one read of the deliveries, one load, one validation."""
        wanted = [(changes, changes.returned) for changes in plans if changes.returned]
        self.return_ids.update({c.record_id: planned.existing_id for c, planned in wanted if planned.existing_id})
        missing = [changes for changes, planned in wanted if not planned.existing_id]
        pickings = [move.picking_id for changes in missing for move in _return_of(changes).moves]
        self._deliveries = read_deliveries(self.store.odoo, pickings, grouped=self._grouped)
        possible = []
        for changes in missing:
            if all(move.picking_id in self._deliveries for move in _return_of(changes).moves):
                possible.append(changes)
            else:
                self.failed[changes.record_id] = _no_return_type(changes)
        results = in_one_call(possible, self._load)
        self.return_ids.update({changes.record_id: made for changes, made in results.done})
        self.failed.update({changes.record_id: failure for changes, failure in results.failed})
        validated = in_one_call([c for c, _ in wanted if c.record_id in self.return_ids], self._validate)
        self.failed.update({changes.record_id: failure for changes, failure in validated.failed})

    def _load(self, plans: Sequence[Changes]) -> Sequence[int]:
        names, rows = self.store.odoo_fields, list[list[Cell]]()
        for changes in plans:
            rows += return_rows(_return_of(changes), self._deliveries, names, grouped=self._grouped)
        return self.store.odoo.load("stock.picking", return_fields(names, grouped=self._grouped), rows).ids

    def _validate(self, plans: Sequence[Changes]) -> Sequence[int]:
        """Validated a second time, a return stays as it is."""
        ids = [self.return_ids[changes.record_id] for changes in plans]
        answer = self.store.odoo.call(
            "stock.picking", "button_validate", [ids], write=True, context=VALIDATE_CONTEXT, records=len(ids)
        )
        if answer is not True:
            wizard = answer.get("res_model", "") if isinstance(answer, dict) else ""
            raise Rejected(
                f"Odoo asks back before it validates a return ({wizard or answer})",
                "odoo",
                "return_not_validated",
                "validate the return in Odoo by hand, then retry",
                {"pickings": ids},
            )
        return ids

    def lower(self, plans: Sequence[Changes], *, after: bool = False) -> None:
        """Quantities of all orders in one call."""
        quantities = {c.record_id: c.quantities_after if after else c.quantities for c in plans}

        def write(some: Sequence[Changes]) -> Sequence[int]:
            """Two refunds of one order come to the same quantities: each line once."""
            cells: dict[int, LineQuantity] = {}
            for one in (one for changes in some for one in quantities[changes.record_id]):
                cells[one.line.id] = min(one, cells.get(one.line.id, one), key=lambda each: each.quantity)
            # With a quantity alone Odoo takes the product's own price anew, while no unit is invoiced.
            rows: list[list[Cell]] = [
                [line_id, one.quantity, one.line.price_unit, one.line.discount] for line_id, one in cells.items()
            ]
            self.store.odoo.update("sale.order.line", [".id", "product_uom_qty", "price_unit", "discount"], rows)
            return [changes.sale.id for changes in some]

        wanted = [changes for changes in plans if quantities[changes.record_id]]
        align_deadlines(self.store, (one.line.id for c in wanted for one in quantities[c.record_id]))
        results = in_one_call(wanted, write)
        self.failed.update({changes.record_id: failure for changes, failure in results.failed})

    def read_totals(self, plans: Sequence[Changes]) -> None:
        """Of orders without invoice: what they come to now."""
        orders = sorted({c.sale.id for c in plans if c.check.order_total is not None})
        rows = self.store.odoo.web_read("sale.order", orders, {"amount_total": {}}) if orders else []
        self.totals.update({row["id"]: decimal(row["amount_total"]) for row in rows})


def _return_of(changes: Changes) -> PlannedReturn:
    assert changes.returned is not None  # noqa: S101 - the caller has looked
    return changes.returned


def _no_return_type(changes: Changes) -> Rejected:
    return Rejected(
        f"the goods of {changes.name} come back, but the warehouse of {changes.sale.name} has no operation for returns",
        "odoo",
        "return_type_missing",
        "give the delivery's operation type one for returns in Odoo, then retry",
        {"order": changes.sale.name},
    )
