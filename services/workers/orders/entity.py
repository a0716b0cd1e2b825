"""The orders' room, as the pipeline sees it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from libs.common.errors import Failure
from libs.common.ledger.model import Record, Target
from services.workers.context import StoreContext
from services.workers.entity import Outcome, Read
from services.workers.orders.apply import apply
from services.workers.orders.gather import gather
from services.workers.orders.model import Applied, Changes, Situation
from services.workers.orders.plan import plan
from services.workers.orders.verify import Verified, verify


class Orders:
    """Shopify's orders as Odoo's sale orders."""

    name = "order"

    def gather(self, batch: Sequence[Record], store: StoreContext) -> list[Read | Failure]:
        return [item if isinstance(item, Failure) else _read(item) for item in gather(batch, store)]

    def plan(self, situation: Situation, store: StoreContext) -> Any:
        return plan(situation, store.rules)

    def carry_out(self, changes: Sequence[Changes], store: StoreContext) -> list[Outcome | Failure]:
        answers = apply(changes, store)
        verified = iter(verify([item for item in answers if isinstance(item, Applied)]))
        return [item if isinstance(item, Failure) else _outcome(next(verified), store) for item in answers]


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
        notes={"order": applied.order.name, "shopify": str(changes.total), "odoo": str(applied.order.total)},
    )
