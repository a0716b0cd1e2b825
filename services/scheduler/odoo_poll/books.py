"""Credit notes that a person posted in Odoo, where a rule leaves them drafts: what was paid back waits for that."""

from __future__ import annotations

from libs.common.domain.digests import digest
from libs.common.domain.refunds import DRAFT_SUFFIX
from libs.common.domain.rules import Posting
from libs.common.ledger.model import Hint, Record
from services.scheduler.odoo_poll.pages import Row
from services.scheduler.odoo_poll.polled import Looking, Polled

ENTITY = "refund"
MODEL = "account.move"


def hints(look: Looking, rows: list[Row]) -> list[Hint]:
    """Of the posted credit notes those that Tandem left a draft; matched with their payments they are so no more."""
    linked = look.ledger.linked_to(look.store.slug, MODEL, sorted({int(row["id"]) for row in rows}))
    found = [(row, linked[row["id"]]) for row in rows if row["id"] in linked]
    return [
        Hint(
            look.store.slug,
            ENTITY,
            record.source_id,
            source=record.source,
            why="posted in Odoo",
            # The same state found again (by another scheduler, or after a restart) is a duplicate to the ledger.
            delivery_id=f"poll:{digest(row)}",
        )
        for row, record in found
        if record.entity == ENTITY and _left_draft(record)
    ]


def _left_draft(record: Record) -> bool:
    return record.synced is not None and (record.synced.digest or "").endswith(DRAFT_SUFFIX)


CREDIT_NOTES = Polled(
    entity=ENTITY,
    model=MODEL,
    domain=(("move_type", "=", "out_refund"), ("state", "=", "posted")),
    needs=("move_type", "state"),
    watched=("state", "payment_state"),
    wanted=lambda rules: rules.credit_notes is Posting.DRAFT,
    hints=hints,
)
