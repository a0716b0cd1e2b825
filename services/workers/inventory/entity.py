"""The room of stock, as the pipeline sees it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from libs.common.domain.outcomes import Hold, Ignore, Needs, Nothing
from libs.common.domain.stock import ENTITY
from libs.common.errors import Failure, RateLimited
from libs.common.ledger.model import Record, Target
from services.workers.context import StoreContext
from services.workers.entity import Outcome, Read
from services.workers.inventory.apply import apply
from services.workers.inventory.gather import gather, linked_level
from services.workers.inventory.levels import Unread
from services.workers.inventory.model import Applied, Changes, Situation, Stale
from services.workers.inventory.order_book import OrderBook
from services.workers.inventory.plan import plan
from services.workers.inventory.verify import present_digest, verify

#: So many go into eight mutations and one call to Odoo.
BATCH_SIZE = 2000
#: A level that changes faster than it can be set: read so often, then put off for a moment.
ROUNDS = 4
PUT_OFF_SECONDS = 1.0


class Inventory:
    """Odoo's stock as what Shopify's locations have available."""

    name = ENTITY
    batch_size = BATCH_SIZE

    def __init__(self) -> None:
        self._book = OrderBook()

    def gather(self, batch: Sequence[Record], store: StoreContext) -> list[Read | Failure]:
        answers = gather(batch, store, self._book)
        return [one.failure if isinstance(one, Unread) else Read(one.read_at, one, _name(one)) for one in answers]

    def plan(self, situation: Situation, store: StoreContext) -> Any:
        return plan(situation, store.rules.inventory)

    def carry_out(self, changes: Sequence[Changes], store: StoreContext) -> list[Outcome | Failure]:
        """What turns out stale is read again and decided again, with what was sold meanwhile."""
        done: dict[str, Outcome | Failure] = {}
        todo = list(changes)
        for _ in range(ROUNDS):
            results = apply(todo, store)
            stale = [one.changes.record_id for one in results if isinstance(one, Stale)]
            for one, result in zip(todo, results, strict=True):
                if not isinstance(result, Stale):
                    done[one.record_id] = result if isinstance(result, Failure) else _outcome(result, store)
            todo = []
            for situation in self._anew(stale, store):
                if isinstance(situation, Unread):
                    done[situation.record_id] = situation.failure
                    continue
                decided = plan(situation, store.rules.inventory)
                if isinstance(decided, Changes):
                    todo.append(decided)
                else:
                    done[situation.record_id] = _decided_anew(situation, decided)
            if not todo:
                break
        message = "Shopify's figure changes faster than it can be set"
        late = RateLimited(message, "shopify", "stale", after_seconds=PUT_OFF_SECONDS)
        return [done.get(one.record_id, late) for one in changes]

    def _anew(self, stale: Sequence[str], store: StoreContext) -> list[Situation | Unread]:
        """What cannot be read now fails alone: the others are written already, and that is to be kept."""
        records = list(store.ledger.many(stale).values())
        try:
            return gather(records, store, self._book, read_all=True)
        except Failure as failure:
            return [Unread(record.id, failure) for record in records]


def _name(situation: Situation) -> str:
    """`MUG at 64700001`; what a webhook left as the name of its news stays."""
    return f"{situation.level.sku} at {situation.location}" if situation.level and situation.level.sku else ""


def _outcome(applied: Applied, store: StoreContext) -> Outcome:
    changes, situation = applied.changes, applied.changes.situation
    name = store.rules.inventory.name
    return Outcome(
        version=situation.read_at,
        digest=present_digest(applied, name),
        name=_name(situation),
        target=Target(linked_level(situation.location), int(changes.level.item_id), changes.level.sku),
        hold=verify(applied, name),
        notes=dict(changes.notes),
        again=changes.again,
    )


def _decided_anew(situation: Situation, decided: Hold | Ignore | Needs | Nothing) -> Outcome | Failure:
    if isinstance(decided, Ignore):
        return RateLimited(decided.rule, "shopify", "stale", after_seconds=0.0)  # left out when it comes again
    digest = decided.digest if isinstance(decided, Nothing) else ""
    hold = decided if isinstance(decided, Hold) else None
    again = decided if isinstance(decided, Needs) else None
    return Outcome(situation.read_at, digest, _name(situation), None, hold, again=again)
