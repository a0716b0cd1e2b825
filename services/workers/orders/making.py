"""Makes the customers of a batch with their addresses, and new addresses of known ones, in one call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from libs.common.errors import Failure
from libs.common.odoo.cells import Cell
from libs.common.odoo.errors import RowRefused
from services.workers.batching import in_one_call
from services.workers.context import StoreContext
from services.workers.orders.model import Changes, PlannedCustomer, Ref
from services.workers.orders.rows import partner_fields, partner_rows, to_load


@dataclass
class MadeCustomers:
    """By record id: the contact of each order, or why there is none."""

    ids: dict[str, int] = field(default_factory=dict)
    failed: dict[str, Failure] = field(default_factory=dict)


def make_customers(plans: Sequence[Changes], store: StoreContext) -> MadeCustomers:
    """Each customer and each address only once in a batch; what was found or made is remembered."""
    merged = _merged(plans)
    results = in_one_call([c for c in merged.values() if to_load(c)], lambda some: load_customers(some, store))
    ids: dict[Ref, int] = {c.ref: c.ref for c in merged.values() if isinstance(c.ref, int)}
    ids.update({customer.ref: partner_id for customer, partner_id in results.done})
    broken = {customer.ref: failure for customer, failure in results.failed}
    made = MadeCustomers()
    for changes in plans:
        ref = changes.order.customer.ref
        if ref in broken:
            made.failed[changes.record_id] = broken[ref]
        else:
            made.ids[changes.record_id] = ids[ref]
    customers = [c.order.customer for c in plans if c.record_id in made.ids]
    store.remember([(c.entity, c.source_id, ids[c.ref], c.values.get("name", "")) for c in customers if c.source_id])
    return made


def _merged(plans: Sequence[Changes]) -> dict[Ref, PlannedCustomer]:
    merged: dict[Ref, PlannedCustomer] = {}
    for changes in plans:
        customer = changes.order.customer
        seen = merged.get(customer.ref)
        both = {a.external_id: a for a in (*(seen.addresses if seen else ()), *customer.addresses)}
        merged[customer.ref] = replace(customer, addresses=tuple(both.values()))
    return merged


def load_customers(customers: Sequence[PlannedCustomer], store: StoreContext) -> Sequence[int]:
    """One row (or more) for each customer; answers the customer's id for each."""
    rows: list[list[Cell]] = []
    heads: list[int] = []
    records = 0
    for customer in customers:
        heads.append(records)
        made = partner_rows(customer)
        rows += made
        records += sum(1 for row in made if row[0])
    try:
        ids = store.odoo.load("res.partner", partner_fields(), rows).ids
    except RowRefused as refusal:
        if refusal.record is not None:  # a row of the call: whose is it?
            refusal.record = max(index for index, head in enumerate(heads) if head <= refusal.record)
        raise
    return [c.ref if isinstance(c.ref, int) else ids[head] for c, head in zip(customers, heads, strict=True)]
