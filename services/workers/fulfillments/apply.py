"""Validates deliveries in Odoo: quantities and tracking numbers of the whole batch in a call each, then the transfers.

All of it may be repeated as long as a transfer is open; one that is done is never written to, because changing a
quantity of it changes what was delivered.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from libs.common.errors import Failure
from libs.common.odoo.cells import Cell
from libs.common.odoo.errors import RowRefused
from services.workers.batching import in_one_call
from services.workers.context import StoreContext
from services.workers.fulfillments.model import Applied, Changes, PickingUnits

#: Without these Odoo asks instead of validating: about a backorder, and about a text message to the customer.
ANSWERED = {"skip_sms": True, "skip_backorder": True}
#: Units moved are picked from 17 on; before that a move has no such mark.
PICKED_SINCE = (17, 0)


def apply(plans: Sequence[Changes], store: StoreContext) -> list[Applied | Failure]:
    """One answer for each plan, in its order; raises a `Failure` only when the whole batch is to wait."""
    run = _Run(store)
    run.set_units([changes for changes in plans if changes.pickings])
    run.set_tracking([changes for changes in run.alive(plans) if changes.tracked])
    run.validate([changes for changes in run.alive(plans) if changes.pickings])
    return [
        run.failed.get(changes.record_id) or Applied(changes, run.unanswered.get(changes.record_id))
        for changes in plans
    ]


class _Run:
    """One batch on its way; what failed drops out of the later calls."""

    def __init__(self, store: StoreContext) -> None:
        self.store = store
        self.failed: dict[str, Failure] = {}
        self.unanswered: dict[str, dict[str, Any]] = {}

    def alive(self, plans: Iterable[Changes]) -> list[Changes]:
        return [changes for changes in plans if changes.record_id not in self.failed]

    def set_units(self, plans: Sequence[Changes]) -> None:
        self._note(in_one_call(plans, self._load_units).failed)

    def _load_units(self, plans: Sequence[Changes]) -> Sequence[None]:
        fields = self.store.odoo_fields
        marked = fields.version >= PICKED_SINCE
        rows: list[list[Cell]] = []
        heads: list[int] = []
        for changes in plans:
            heads.append(len(rows))
            rows += [
                [move.move_id, move.quantity, *(["1" if move.picked else ""] if marked else [])]
                for picking in changes.pickings
                for move in picking.moves
            ]
        columns = [".id", fields.move_quantity, *(["picked"] if marked else [])]
        try:
            self.store.odoo.update("stock.move", columns, rows)
        except RowRefused as refusal:
            if refusal.record is not None:  # a row of the call: whose is it?
                refusal.record = max(index for index, head in enumerate(heads) if head <= refusal.record)
            raise
        return [None] * len(plans)

    def set_tracking(self, plans: Sequence[Changes]) -> None:
        rows: list[tuple[Changes, int]] = [(changes, one) for changes in plans for one in changes.tracked]
        results = in_one_call(rows, self._load_tracking)
        self._note([(changes, failure) for (changes, _), failure in results.failed])

    def _load_tracking(self, rows: Sequence[tuple[Changes, int]]) -> Sequence[None]:
        cells: list[list[Cell]] = [[picking_id, changes.tracking_ref] for changes, picking_id in rows]
        self.store.odoo.update("stock.picking", [".id", "carrier_tracking_ref"], cells)
        return [None] * len(rows)

    def validate(self, plans: Sequence[Changes]) -> None:
        """All at once. A question of Odoo's (an action instead of True) means that none was validated."""
        wanted = [(changes, picking) for changes in plans for picking in changes.pickings]
        results = in_one_call(wanted, self._button_validate)
        self._note([(changes, failure) for (changes, _), failure in results.failed])
        asked = [item for item, answer in results.done if isinstance(answer, dict)]
        if len(asked) > 1:
            for item in asked:  # one of them is what Odoo asks about
                single = in_one_call([item], self._button_validate)
                self._note([(changes, failure) for (changes, _), failure in single.failed])
                for (changes, _), answer in single.done:
                    self._question(changes, answer)
        else:
            for (changes, _), answer in results.done:
                self._question(changes, answer)

    def _button_validate(self, wanted: Sequence[tuple[Changes, PickingUnits]]) -> Sequence[Any]:
        ids = [picking.picking_id for _, picking in wanted]
        answer = self.store.odoo.call(
            "stock.picking", "button_validate", [ids], write=True, context=ANSWERED, records=len(ids)
        )
        return [answer] * len(ids)

    def _question(self, changes: Changes, answer: Any) -> None:
        if isinstance(answer, dict):
            self.unanswered[changes.record_id] = {"name": answer.get("name"), "model": answer.get("res_model")}

    def _note(self, failed: Sequence[tuple[Changes, Failure]]) -> None:
        self.failed.update({changes.record_id: failure for changes, failure in failed})
