"""Shopify's requests for privacy: carried out on the ledger at once, in Odoo by a person who is asked to.

Neither side is called: such a request comes, of all times, when the shop has removed the app.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from libs.common.errors import Failure
from libs.common.ledger.model import Hint, Record, record_id
from libs.common.ledger.privacy import REQUESTED
from services.workers.context import StoreContext
from services.workers.entity import Outcome, Read
from services.workers.privacy.model import BETWEEN_NAMES, CLOSED, REQUEST, SHOP, CarryOut, Situation
from services.workers.privacy.plan import plan, task

ENTITY = "privacy"
CUSTOMER = "customer"
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
    customer = store.records(CUSTOMER, [number]).get(number) if number else None
    merged = store.ledger.many(store.ledger.merged_into(store.slug, number)) if number else {}
    known = store.records("order", orders)
    target = customer.target if customer else None
    # An earlier try may have taken the link off: it noted where it went.
    contact = target.id if target and target.model == MODEL else int(record.told.get("contact") or 0) or None
    from_odoo = store.records(CUSTOMER, [f"odoo-{contact}"]) if contact is not None else {}
    people = [*([customer] if customer else []), *from_odoo.values(), *merged.values()]
    names = {name for one in people for name in (one.name, one.target.name if one.target else "")}
    names |= set(record.told.get("names", "").split(BETWEEN_NAMES))
    asked = record.wanted.why == record.told.get("kind")
    return Situation(
        record_id=record.id,
        told=record.told,
        received=record.wanted.at if asked else None,
        names=tuple(sorted(names - {""})),
        contact_id=contact,
        sale_orders=tuple(one.target.name for one in known.values() if one.target),
        records=tuple(one.id for one in (*people, *known.values())),
    )


def _carried_out(one: CarryOut, store: StoreContext) -> Outcome:
    """Where the data is in Odoo, and by which names, is noted first: once erased, nobody could tell."""
    ledger, now = store.ledger, store.ledger.clock.now()
    if not one.done_before:
        earlier = {"earlier": one.earlier} if one.earlier else {}
        ledger.tell(one.record_id, {**one.found, **earlier}, forget=CLOSED if one.earlier else ())
    if one.kind != REQUEST and not one.done_before:
        erased = ledger.erase_store(store.slug) if one.kind == SHOP else _erase(one, store)
        ledger.forget_requests(store.slug, one.customer, but=one.record_id)
        done = {"erased_at": now.isoformat(), "erased_records": str(erased)}
        ledger.tell(one.record_id, done, forget=REQUESTED)
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
    """Who is not known yet is noted as erased too.

    A late webhook, or a change of the contact that may stay in Odoo for a while, must not make the customer anew.
    """
    contact = one.found.get("contact")
    numbers = [one.customer, *([f"odoo-{contact}"] if contact else [])]
    new = [number for number in numbers if record_id(store.slug, CUSTOMER, number) not in one.records]
    why, told = "erased on request", {"erased": "on request"}
    sources = {one.customer: "shopify"}
    store.hint([Hint(store.slug, CUSTOMER, number, sources.get(number, "odoo"), why=why, told=told) for number in new])
    return store.ledger.erase(store.slug, one.records, one.words)
