"""Shopify's requests for privacy: carried out on the ledger at once, in Odoo by a person who is asked to.

Neither side is called: such a request comes, of all times, when the shop has removed the app.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from libs.common.errors import Failure
from libs.common.ledger.model import Hint, Record
from services.workers.context import StoreContext
from services.workers.entity import Outcome, Read
from services.workers.privacy.model import REQUEST, SHOP, CarryOut, Situation
from services.workers.privacy.plan import plan, task

ENTITY = "privacy"
MODEL = "res.partner"


class Privacy:
    """`customers/redact`, `customers/data_request`, `shop/redact`."""

    name = ENTITY
    sides: tuple[str, ...] = ()
    """It waits for no side that is down."""

    def gather(self, batch: Sequence[Record], store: StoreContext) -> list[Read | Failure]:
        return [Read(None, _situation(record, store), record.told.get("kind", "")) for record in batch]

    def plan(self, situation: Situation, store: StoreContext) -> Any:  # noqa: ARG002 - no rule changes it
        return plan(situation)

    def carry_out(self, changes: Sequence[CarryOut], store: StoreContext) -> list[Outcome | Failure]:
        answers: list[Outcome | Failure] = []
        for one in changes:
            try:
                answers.append(_carried_out(one, store))
            except Failure as failure:
                answers.append(failure)
        return answers


def _situation(record: Record, store: StoreContext) -> Situation:
    orders = [one for one in record.told.get("orders", "").split(",") if one]
    number = record.told.get("customer", "")
    customer = store.records("customer", [number]).get(number) if number else None
    known = store.records("order", orders)
    target = customer.target if customer else None
    contact = target.id if target and target.model == MODEL else None
    from_odoo = store.records("customer", [f"odoo-{contact}"]) if contact is not None else {}
    mine = [*([customer] if customer else []), *from_odoo.values(), *known.values()]
    return Situation(
        record_id=record.id,
        told=record.told,
        received=record.wanted.at,
        name=customer.name if customer else "",
        contact_id=contact,
        sale_orders=tuple(one.target.name for one in known.values() if one.target),
        records=tuple(one.id for one in mine),
    )


def _carried_out(one: CarryOut, store: StoreContext) -> Outcome:
    """Where the data is in Odoo is noted first: once erased, nobody could tell."""
    ledger, now = store.ledger, store.ledger.clock.now()
    if one.found and not one.done_before:
        ledger.tell(one.record_id, one.found)
    if one.kind != REQUEST and not one.done_before:
        erased = ledger.erase_store(store.slug) if one.kind == SHOP else _erase(one, store)
        done = {"erased_at": now.isoformat(), "erased_records": str(erased)}
        ledger.tell(one.record_id, done, forget=("email", "phone"))
    kept = ledger.get(one.record_id)
    told = dict(kept.told) if kept else {}
    notes: dict[str, Any] = {name: told[name] for name in ("erased_at", "erased_records") if name in told}
    return Outcome(
        version=None,
        digest=one.kind,
        name=one.kind,
        target=None,
        hold=task(one.kind, one.record_id, told),
        notes=notes,
    )


def _erase(one: CarryOut, store: StoreContext) -> int:
    """The contact in Odoo may stay for a while: a change of it must not make the customer anew in Shopify."""
    contact = one.found.get("contact")
    if contact:
        why, told = "erased on request", {"erased": "on request"}
        store.hint([Hint(store.slug, "customer", f"odoo-{contact}", source="odoo", why=why, told=told)])
    return store.ledger.erase(store.slug, one.records, one.words)
