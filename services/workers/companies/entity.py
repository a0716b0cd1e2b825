"""The companies' room, as the pipeline sees it: contacts are written as those of customers are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from libs.common.errors import Failure
from libs.common.ledger.model import Record, Target
from libs.common.odoo.contacts import MODEL
from services.workers.companies.gather import gather
from services.workers.companies.plan import plan
from services.workers.context import StoreContext
from services.workers.customers.apply import Written, apply
from services.workers.customers.model import ToOdoo
from services.workers.customers.verify import verify
from services.workers.entity import Outcome, Read


class Companies:
    """Shopify's companies, with their locations, as Odoo's contacts."""

    name = "company"

    def gather(self, batch: Sequence[Record], store: StoreContext) -> list[Read | Failure]:
        found = gather(batch, store)
        return [
            Read(s.company.updated_at if s.company else None, s, s.company.name if s.company else "") for s in found
        ]

    def plan(self, situation: Any, store: StoreContext) -> Any:
        return plan(situation, store.rules)

    def carry_out(self, changes: Sequence[ToOdoo], store: StoreContext) -> list[Outcome | Failure]:
        written = apply(changes, store)
        return [_outcome(written[one.record_id]) for one in changes]


def _outcome(written: Written | Failure) -> Outcome | Failure:
    if isinstance(written, Failure):
        return written
    changes, contact = written.changes, written.contact
    locations = {"addresses": len(changes.addresses)} if changes.addresses else {}
    return Outcome(
        version=changes.version,
        digest=changes.shop_digest,
        name=changes.name,
        target=Target(MODEL, contact.id, contact.name),
        hold=verify(written),
        notes={"contact": contact.id, **changes.notes, **locations},
    )
