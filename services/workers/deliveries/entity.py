"""The deliveries' room, as the pipeline sees it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from libs.common.errors import Failure
from libs.common.ledger.model import Record, Target
from services.workers.context import StoreContext
from services.workers.deliveries.apply import apply
from services.workers.deliveries.gather import ENTITY, FULFILLMENT, KEPT, gather
from services.workers.deliveries.model import Applied, Changes, Situation
from services.workers.deliveries.plan import plan
from services.workers.deliveries.verify import Verified, verify
from services.workers.entity import Outcome, Read


class Deliveries:
    """Odoo's done deliveries as Shopify's fulfillments."""

    name = ENTITY

    def gather(self, batch: Sequence[Record], store: StoreContext) -> list[Read | Failure]:
        return [_read(situation) for situation in gather(batch, store)]

    def plan(self, situation: Situation, store: StoreContext) -> Any:
        return plan(situation, store.rules)

    def carry_out(self, changes: Sequence[Changes], store: StoreContext) -> list[Outcome | Failure]:
        answers = apply(changes, store)
        verified = iter(verify([item for item in answers if isinstance(item, Applied)], store))
        return [item if isinstance(item, Failure) else _outcome(next(verified)) for item in answers]


def _read(situation: Situation) -> Read:
    head = situation.head
    return Read(head.write_date if head else None, situation, head.name if head else "")


def _outcome(verified: Verified) -> Outcome:
    applied, changes = verified.applied, verified.applied.changes
    notes = {**changes.notes, "order": changes.order_name}
    if verified.names:
        notes["made"] = list(verified.names)
    if changes.retrack:
        notes["tracking"] = changes.tracking.number or "taken off"
    name = changes.found_name or next(iter(verified.names), "")
    return Outcome(
        version=changes.version,
        digest=changes.digest,
        name=changes.name,
        target=Target(FULFILLMENT, int(applied.ids[0]), name) if applied.ids else None,
        hold=verified.hold,
        notes=notes,
        frozen={f"{KEPT}{one}": changes.name for one in applied.ids},
    )
