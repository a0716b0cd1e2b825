"""Follows a merge of two customers in Shopify: the link moves, or the second contact is archived."""

from __future__ import annotations

from libs.common.errors import Failure, NeedsFirst
from libs.common.ledger.model import Hint, State
from libs.common.odoo.contacts import MODEL
from services.workers.context import StoreContext
from services.workers.customers.gather import ENTITY
from services.workers.customers.model import ERASED, ArchiveContact, MoveLink
from services.workers.entity import Outcome


def move(changes: MoveLink, store: StoreContext) -> Outcome | Failure:
    """Repeatable: a move that was cut in two is finished by the next try.

    The one that stays may be at work elsewhere, where its contact is just being made: that is waited for.
    """
    kept = store.records(ENTITY, [changes.to]).get(changes.to)
    if kept is not None and kept.state is State.RUNNING and not changes.beside:
        return NeedsFirst(f"customer {changes.to} is at work", record_id=kept.id)
    if kept is not None and ERASED in kept.told:
        return _done({"merged_into": changes.to})
    try:
        moved = store.ledger.move_link(
            store.slug,
            ENTITY,
            changes.source_id,
            changes.to,
            instead_of=changes.instead_of,
            at_work=changes.beside,
        )
    except Failure as failure:
        return failure
    store.hint([Hint(store.slug, ENTITY, changes.to, why="merged in Shopify")])
    return _done({"merged_into": changes.to, "moved_contact": moved})


def archive(changes: ArchiveContact, store: StoreContext) -> Outcome | Failure:
    """Repeatable. Documents that name the contact keep it."""
    try:
        store.odoo.call(MODEL, "write", [[changes.partner_id], {"active": False}], write=True)
    except Failure as failure:
        return failure
    store.hint([Hint(store.slug, ENTITY, changes.to, why="merged in Shopify")])
    return _done({"merged_into": changes.to, "archived_contact": changes.partner_id})


def _done(notes: dict[str, object]) -> Outcome:
    return Outcome(version=None, digest="merged", name="", target=None, notes=notes)
