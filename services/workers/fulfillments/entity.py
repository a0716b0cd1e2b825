"""The fulfillments' room, as the pipeline sees it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from libs.common.errors import Failure
from libs.common.ledger.model import Record, Target
from services.workers.context import StoreContext
from services.workers.entity import Outcome, Read
from services.workers.fulfillments.apply import apply
from services.workers.fulfillments.gather import ENTITY, PICKING, gather
from services.workers.fulfillments.model import Applied, Changes, Situation
from services.workers.fulfillments.plan import plan
from services.workers.fulfillments.verify import Verified, verify


class Fulfillments:
    """Shopify's fulfillments as Odoo's done deliveries."""

    name = ENTITY

    def gather(self, batch: Sequence[Record], store: StoreContext) -> list[Read | Failure]:
        return [item if isinstance(item, Failure) else _read(item) for item in gather(batch, store)]

    def plan(self, situation: Situation, store: StoreContext) -> Any:
        return plan(situation, store.rules)

    def carry_out(self, changes: Sequence[Changes], store: StoreContext) -> list[Outcome | Failure]:
        answers = apply(changes, store)
        verified = iter(verify([item for item in answers if isinstance(item, Applied)], store))
        return [item if isinstance(item, Failure) else _outcome(next(verified)) for item in answers]


def _read(situation: Situation) -> Read:
    one = situation.fulfillment
    return Read(one.updated_at if one else None, situation, one.name if one else "")


def _outcome(verified: Verified) -> Outcome:
    changes = verified.applied.changes
    first = changes.pickings[0] if changes.pickings else None
    notes = dict(changes.notes)
    if changes.tracked:
        notes["tracking"] = changes.tracking_ref
    return Outcome(
        version=changes.version,
        digest=changes.digest,
        name=changes.name,
        target=Target(PICKING, first.picking_id, first.name) if first else None,
        hold=verified.hold,
        notes=notes,
    )
