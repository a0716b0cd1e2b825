"""The products' room, as the pipeline sees it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from libs.common.errors import Failure
from libs.common.ledger.model import Record, Target
from services.workers.context import StoreContext
from services.workers.entity import Outcome, Read
from services.workers.products.apply import apply
from services.workers.products.gather import gather
from services.workers.products.model import Applied, Changes, Linked, Situation
from services.workers.products.plan import plan
from services.workers.products.verify import verify

TEMPLATE = "product.template"


class Products:
    """Shopify's products as Odoo's templates and variants."""

    name = "product"
    batch_size = 100
    """Odoo makes a hundred products in one call as easily as one."""

    def gather(self, batch: Sequence[Record], store: StoreContext) -> list[Read | Failure]:
        return [one if isinstance(one, Failure) else _read(one) for one in gather(batch, store)]

    def plan(self, situation: Situation, store: StoreContext) -> Any:
        return plan(situation, store.rules)

    def carry_out(self, changes: Sequence[Changes | Linked], store: StoreContext) -> list[Outcome | Failure]:
        planned = [one for one in changes if isinstance(one, Changes)]
        answers = dict(zip((one.record_id for one in planned), apply(planned, store) if planned else (), strict=True))
        return [
            _linked(one, store) if isinstance(one, Linked) else _outcome(answers[one.record_id], store)
            for one in changes
        ]


def _read(situation: Situation) -> Read:
    product = situation.product
    return Read(product.updated_at if product else None, situation, product.title if product else "")


def _linked(linked: Linked, store: StoreContext) -> Outcome:
    store.remember([("variant", variant, product, "") for variant, product in linked.links.items()])
    target = Target(TEMPLATE, linked.template_id, linked.name) if linked.template_id else None
    notes = {"linked": len(linked.links)}
    return Outcome(linked.version, linked.digest, linked.name, target, notes=notes)


def _outcome(answer: Applied | Failure, store: StoreContext) -> Outcome | Failure:
    if isinstance(answer, Failure):
        return answer
    changes = answer.changes
    store.remember([("variant", variant, product, "") for variant, product in answer.links.items()])
    return Outcome(
        version=changes.version,
        digest=changes.digest,
        name=changes.name,
        target=Target(TEMPLATE, answer.template.id, answer.template.name),
        hold=verify(answer),
        notes={"product": answer.template.name, "variants": len(answer.links), "written": _written(changes)},
    )


def _written(changes: Changes) -> str:
    """`name, 3 new variants`: what was done, in few words."""
    parts = [*changes.values] if changes.template_id else ["new"]
    counts = {
        "new variants": len(changes.new_variants),
        "changed variants": len(changes.variants),
        "new values": len(changes.new_values) if changes.template_id else 0,
        "prices of values": len(changes.extras),
    }
    return ", ".join([*parts, *(f"{count} {what}" for what, count in counts.items() if count)])
