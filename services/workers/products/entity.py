"""The products' room, as the pipeline sees it: Shopify's products to Odoo, and Odoo's to Shopify."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from libs.common.errors import Failure
from libs.common.ledger.model import Record, Target
from services.workers.context import StoreContext
from services.workers.entity import Outcome, Read
from services.workers.products.apply import apply
from services.workers.products.differences import not_kept
from services.workers.products.gather import gather
from services.workers.products.links import keep_links
from services.workers.products.model import Applied, Changes, Linked, Situation
from services.workers.products.plan import plan
from services.workers.products.to_shopify import gather as outward
from services.workers.products.to_shopify.apply import carry_out as carry_out_offers
from services.workers.products.to_shopify.claims import PREFIX
from services.workers.products.to_shopify.model import Changes as Offer
from services.workers.products.to_shopify.model import Situation as Offered
from services.workers.products.to_shopify.plan import plan as plan_offer
from services.workers.products.verify import verify

TEMPLATE = "product.template"


class Products:
    """Products of both sides: a record whose source id begins with `odoo-` is a template of Odoo's."""

    name = "product"
    batch_size = 100
    """Odoo makes a hundred products in one call as easily as one."""

    def gather(self, batch: Sequence[Record], store: StoreContext) -> list[Read | Failure]:
        ours = [record for record in batch if not record.source_id.startswith(PREFIX)]
        theirs = [record for record in batch if record.source_id.startswith(PREFIX)]
        answers: dict[str, Read | Failure] = {}
        for record, one in zip(ours, gather(ours, store) if ours else (), strict=True):
            answers[record.id] = one if isinstance(one, Failure) else _read(one)
        for record, there in zip(theirs, outward.gather(theirs, store) if theirs else (), strict=True):
            template = there.template
            answers[record.id] = Read(
                template.write_date if template else None, there, template.name if template else ""
            )
        return [answers[record.id] for record in batch]

    def plan(self, situation: Situation | Offered, store: StoreContext) -> Any:
        if isinstance(situation, Offered):
            return plan_offer(situation, store.rules)
        return plan(situation, store.rules)

    def carry_out(self, changes: Sequence[Changes | Linked | Offer], store: StoreContext) -> list[Outcome | Failure]:
        offers = [one for one in changes if isinstance(one, Offer)]
        if offers:
            told = dict(zip((one.record_id for one in offers), carry_out_offers(offers, store), strict=True))
            rest = [one for one in changes if not isinstance(one, Offer)]
            done = dict(zip((one.record_id for one in rest), self.carry_out(rest, store) if rest else (), strict=True))
            return [{**told, **done}[one.record_id] for one in changes]
        return self._to_odoo([one for one in changes if not isinstance(one, Offer)], store)

    @staticmethod
    def _to_odoo(changes: Sequence[Changes | Linked], store: StoreContext) -> list[Outcome | Failure]:
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
    """Its variants alone are linked: two products of Shopify's may be variants of one in Odoo."""
    keep_links(store, linked.links, linked=linked.linked, left=linked.left)
    notes = {"linked": len(linked.links)}
    return Outcome(linked.version, linked.digest, linked.name, None, notes=notes)


def _outcome(answer: Applied | Failure, store: StoreContext) -> Outcome | Failure:
    if isinstance(answer, Failure):
        return answer
    changes = answer.changes
    lost = not_kept(changes.product, answer.template.optional) if changes.product else ""
    keep_links(store, answer.links, linked=changes.linked, left=changes.left)
    return Outcome(
        version=changes.version,
        digest=changes.digest,
        name=changes.name,
        target=Target(TEMPLATE, answer.template.id, answer.template.name),
        hold=verify(answer),
        notes={"product": answer.template.name, "variants": len(answer.links), "written": _written(changes)}
        | ({"not kept": lost} if lost else {}),
    )


def _written(changes: Changes) -> str:
    """`name, 3 new variants`: what was done, in few words."""
    parts = [*changes.values] if changes.template_id else ["new"]
    counts = {
        "new variants": len(changes.new_variants),
        "changed variants": len(changes.variants),
        "new values": len(changes.new_values) if changes.template_id else 0,
        "prices of values": len(changes.extras),
        "prices of variants": len(changes.exact),
    }
    return ", ".join([*parts, *(f"{count} {what}" for what, count in counts.items() if count)])
