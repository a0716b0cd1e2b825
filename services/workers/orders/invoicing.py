"""Makes and posts the invoices of confirmed orders, in two calls for all; the order is read in between.

A draft is posted only when it comes to the order's total, and only when Tandem made it: one that a person has begun
is theirs to finish.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from libs.common.domain.outcomes import Hold
from libs.common.domain.sales import SaleOrder
from libs.common.errors import Failure, Rejected
from libs.common.odoo.cells import Cell
from services.workers.batching import in_one_call
from services.workers.context import StoreContext
from services.workers.orders.invoice_rounding import plan_invoice_rounding, write_invoice_roundings
from services.workers.orders.invoices import (
    PlannedInvoice,
    credited_units,
    drafts,
    invoice_fields,
    invoice_rows,
    invoiced_wrongly,
    plan_invoice,
)
from services.workers.orders.model import Changes


@dataclass
class Invoicing:
    """The invoices of one batch of orders."""

    store: StoreContext
    made: set[int] = field(default_factory=set)
    """Database ids of those that are ours: made, or met, by this run."""
    posted: set[int] = field(default_factory=set)
    failed: dict[str, Failure] = field(default_factory=dict)
    holds: dict[str, Hold] = field(default_factory=dict)

    def make(self, orders: Sequence[tuple[Changes, SaleOrder]]) -> bool:
        """Draft invoices for the units that have none; whether there were any."""
        wanted = []
        for changes, order in orders:
            name = changes.order.external_id.replace(".order_", ".invoice_", 1)
            day = changes.order.date_order.date()
            credited = credited_units(changes.source, order)
            planned = plan_invoice(order, name, day, changes.order.client_order_ref, credited)
            if planned is not None:
                terms = changes.order.terms
                wanted.append((changes, replace(planned, due_on=terms.due_on) if terms else planned))
        for due in (False, True):
            some = [one for one in wanted if bool(one[1].due_on) is due]
            results = in_one_call(some, self._load)
            self.made |= {move_id for _, move_id in results.done}
            self.failed |= {changes.record_id: failure for (changes, _), failure in results.failed}
        return bool(wanted)

    def _load(self, wanted: Sequence[tuple[Changes, PlannedInvoice]]) -> Sequence[int]:
        rows: list[list[Cell]] = []
        for _, planned in wanted:
            rows += invoice_rows(planned, self.store.odoo_fields)
        columns = invoice_fields(self.store.odoo_fields, due=bool(wanted[0][1].due_on))
        return self.store.odoo.load("account.move", columns, rows).ids

    def round_off(self, orders: Sequence[tuple[Changes, SaleOrder]]) -> set[int]:
        """Close what rounding makes of orders invoiced in parts; ids of the orders whose draft was written to."""
        found = [(write, order) for c, order in orders if (write := plan_invoice_rounding(c, order))]
        ours = self._ours([write.invoice_id for write, _ in found])
        writes = [write for write, _ in found if write.invoice_id in ours]
        if not writes:
            return set()
        results = in_one_call(writes, lambda some: write_invoice_roundings(some, self.store))
        self.failed |= {write.changes.record_id: failure for write, failure in results.failed}
        return {order.id for _, order in found}

    def post(self, orders: Sequence[tuple[Changes, SaleOrder]]) -> None:
        """Post our drafts that equal their order; `orders` are as read after `make`."""
        waiting = [(changes, order, drafts(order)) for changes, order in orders if drafts(order)]
        ours = self._ours([one for _, _, ids in waiting for one in ids])
        ready: list[tuple[Changes, int]] = []
        for changes, order, ids in waiting:
            hold = invoiced_wrongly(changes, order)
            if hold:
                self.holds[changes.record_id] = hold
                continue
            ready += [(changes, one) for one in ids if one in ours]
        if not ready:
            return
        try:
            self._action_post(ready)
        except Rejected:
            # One of them is posted already, by another worker or a person; or one cannot be posted at all.
            ready = self._still_draft(ready)
            results = in_one_call(ready, self._action_post)
            self.failed |= {changes.record_id: failure for (changes, _), failure in results.failed}

    def _action_post(self, ready: Sequence[tuple[Changes, int]]) -> Sequence[None]:
        ids = [move_id for _, move_id in ready]
        self.store.odoo.call("account.move", "action_post", [ids], write=True, records=len(ids))
        self.posted |= set(ids)
        return [None] * len(ready)

    def _still_draft(self, ready: Sequence[tuple[Changes, int]]) -> list[tuple[Changes, int]]:
        rows = self.store.odoo.search_read("account.move", [("id", "in", [one for _, one in ready])], ["state"])
        states: Mapping[int, str] = {row["id"]: row["state"] for row in rows}
        self.posted |= {one for one, state in states.items() if state == "posted"}
        return [(changes, one) for changes, one in ready if states.get(one) == "draft"]

    def _ours(self, ids: Sequence[int]) -> set[int]:
        """Those that this run made, and those that a run before it did."""
        unknown = [one for one in ids if one not in self.made]
        if not unknown:
            return set(ids)
        names: dict[str, str] = self.store.odoo.call(
            "account.move", "get_external_id", [unknown], write=False, records=len(unknown)
        )
        prefix = f"{self.store.module}.invoice_"
        self.made |= {int(one) for one, name in names.items() if str(name or "").startswith(prefix)}
        return set(ids) & self.made

    def draft_of_others(self, order: SaleOrder) -> Hold | None:
        """A draft that covers units and is not ours keeps the order from being invoiced."""
        left = [one for one in drafts(order) if one not in self.posted]
        if not left:
            return None
        return Hold(
            "invoice_draft",
            f"{order.name} has a draft invoice in Odoo ({', '.join(map(str, left))}) that Tandem did not make",
            "post the draft in Odoo, or delete it, then retry",
            {"order_id": order.id, "invoice_ids": left},
        )
