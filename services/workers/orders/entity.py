"""The orders' room, as the pipeline sees it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from libs.common.domain.outcomes import Hold
from libs.common.errors import Failure
from libs.common.ledger.model import Record, Target
from services.workers.context import CURRENCY, StoreContext
from services.workers.entity import Outcome, Read
from services.workers.orders.apply import apply
from services.workers.orders.cancelling import cancel
from services.workers.orders.children import announce
from services.workers.orders.gather import gather
from services.workers.orders.model import Applied, Cancelling, Changes, Situation
from services.workers.orders.paying import take_along
from services.workers.orders.plan import plan
from services.workers.orders.rounding import rounding_notes
from services.workers.orders.verify import Verified, verify

#: Holds whose cause may be gone since the company's taxes and pricelists were read last.
MISSED_IN_ODOO = frozenset({"tax_missing", "tax_ambiguous", "pricelist_missing"})
TERMS_MISSED = "payment_terms_unmapped"


class Orders:
    """Shopify's orders as Odoo's sale orders."""

    name = "order"

    def gather(self, batch: Sequence[Record], store: StoreContext) -> list[Read | Failure]:
        situations = gather(batch, store)
        # Of an order that is new to Odoo they are announced once it is there: before, they would only wait for it.
        there = [one for one in situations if isinstance(one, Situation) and one.order and one.target_id]
        announce([one.order for one in there if one.order], store)
        return [item if isinstance(item, Failure) else _read(item) for item in situations]

    def plan(self, situation: Situation, store: StoreContext) -> Any:
        """The plan; with reference data read anew when the plan misses something a person may just have made."""
        decided = plan(situation, store.rules)
        if isinstance(decided, Hold) and decided.code in MISSED_IN_ODOO:
            fresh = store.fresh_facts()
            if fresh is not situation.facts:
                return plan(dataclasses.replace(situation, facts=fresh), store.rules)
        if isinstance(decided, Hold) and decided.code == TERMS_MISSED:
            fresh_terms = store.fresh_terms()
            if fresh_terms is not situation.terms:
                return plan(dataclasses.replace(situation, terms=fresh_terms), store.rules)
        return decided

    def carry_out(self, changes: Sequence[Changes | Cancelling], store: StoreContext) -> list[Outcome | Failure]:
        cancelling = [one for one in changes if isinstance(one, Cancelling)]
        answers: dict[str, Outcome | Failure] = {}
        if cancelling:
            answers |= zip((one.record_id for one in cancelling), cancel(cancelling, store), strict=True)
        planned = [one for one in changes if isinstance(one, Changes)]
        if planned:
            answers |= zip((one.record_id for one in planned), _carried_out(planned, store), strict=True)
        return [answers[one.record_id] for one in changes]


def _carried_out(planned: Sequence[Changes], store: StoreContext) -> list[Outcome | Failure]:
    answers = apply(planned, store)
    verified = iter(verify([item for item in answers if isinstance(item, Applied)]))
    outcomes = [item if isinstance(item, Failure) else _outcome(next(verified), store) for item in answers]
    settled = {o.target.id for o in outcomes if isinstance(o, Outcome) and o.target and o.hold is None}
    take_along([one for one in answers if isinstance(one, Applied) and one.order_id in settled], store)
    fresh = [c for c, answer in zip(planned, answers, strict=True) if isinstance(answer, Applied) and not c.edit]
    announce([c.source for c in fresh], store, new=True)
    return outcomes


def _read(situation: Situation) -> Read:
    order = situation.order
    return Read(order.updated_at if order else None, situation, order.name if order else "")


def _outcome(verified: Verified, store: StoreContext) -> Outcome:
    applied, changes = verified.applied, verified.applied.changes
    if verified.hold is None:
        store.remember(list(changes.links))
    return Outcome(
        version=changes.version,
        digest=changes.digest,
        name=changes.name,
        target=Target("sale.order", applied.order_id, applied.order.name),
        hold=verified.hold,
        frozen={CURRENCY: changes.side},
        notes={
            "order": applied.order.name,
            "shopify": str(changes.total),
            "odoo": str(applied.order.total),
            **rounding_notes(changes, applied.order),
        },
    )
