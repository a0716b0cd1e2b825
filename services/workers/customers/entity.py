"""The customers' room, as the pipeline sees it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from libs.common.domain.outcomes import Hold
from libs.common.errors import Failure, NeedsFirst, Transient
from libs.common.ledger.model import Hint, Record, Target
from libs.common.odoo.contacts import MODEL
from services.workers.context import StoreContext
from services.workers.customers.answers import Answer, agreed_after, made_answer, written_answer
from services.workers.customers.apply import Written, apply
from services.workers.customers.companies import COMPANY
from services.workers.customers.fingerprints import odoo_parts, shop_parts
from services.workers.customers.gather import CUSTOMER, ENTITY, gather, tags_of
from services.workers.customers.merging import archive, move
from services.workers.customers.model import (
    ArchiveContact,
    Changes,
    MoveLink,
    NewInShop,
    Situation,
    ToOdoo,
    ToShopify,
)
from services.workers.customers.parts import after_writing
from services.workers.customers.plan import plan
from services.workers.customers.shop_side import ShopSide
from services.workers.entity import Outcome, Read
from services.workers.scopes import scoped


class Customers:
    """Shopify's customers and Odoo's contacts."""

    name = ENTITY

    def gather(self, batch: Sequence[Record], store: StoreContext) -> list[Read | Failure]:
        return [item if isinstance(item, Failure) else _read(item) for item in gather(batch, store)]

    def plan(self, situation: Situation, store: StoreContext) -> Any:
        return plan(situation, store.rules)

    def carry_out(self, changes: Sequence[Changes], store: StoreContext) -> list[Answer]:
        answers: dict[str, Answer] = {}
        shop = ShopSide(store)
        for one in changes:
            if isinstance(one, MoveLink):
                answers[one.record_id] = move(one, store)
            elif isinstance(one, ArchiveContact):
                answers[one.record_id] = archive(one, store)
            elif isinstance(one, NewInShop):
                answers[one.record_id] = _made(one, shop.make(one), store)
        to_odoo = [one for one in changes if isinstance(one, ToOdoo)]
        answers |= _second_claims(to_odoo)
        to_odoo = [one for one in to_odoo if one.record_id not in answers]
        written = apply(to_odoo, store) if to_odoo else {}
        back = [one for one in changes if isinstance(one, ToShopify)]
        told = {one.record_id: (one, shop.change(one)) for one in [*back, *_also(written)]}
        answers |= _odoo_answers(written, told, store)
        answers |= _shop_answers([told[one.record_id] for one in back], store)
        return [answers[one.record_id] for one in changes]


def _second_claims(plans: Sequence[ToOdoo]) -> dict[str, Answer]:
    """Two customers of one batch that match one contact: it is the first one's, and the second looks again."""
    first: dict[int | str, str] = {}
    found: dict[str, Answer] = {}
    for one in plans:
        owner = first.setdefault(one.ref, one.record_id)
        if owner != one.record_id:
            found[one.record_id] = NeedsFirst(f"its contact may be that of {owner}", record_id=owner)
    return found


def _read(situation: Situation) -> Read:
    customer = situation.customer
    if customer is not None:
        return Read(customer.updated_at, situation, customer.name or customer.email)
    contact = situation.contact
    return Read(None, situation, contact.name if contact else "")


def _also(written: dict[str, Written | Failure]) -> list[ToShopify]:
    """What goes to Shopify as well, where Odoo took its part."""
    done = [one.changes.and_shop for one in written.values() if isinstance(one, Written)]
    return [one for one in done if one is not None and (one.values or one.addresses or one.consent)]


Told = dict[str, tuple[ToShopify, Failure | None]]


def _odoo_answers(written: dict[str, Written | Failure], told: Told, store: StoreContext) -> dict[str, Answer]:
    tags = tags_of(store) if written else None
    changed = [one.customer_id for record, (one, failure) in told.items() if record in written and failure is None]
    customers = scoped(store.slug, lambda: store.shopify.customers(changed)) if changed else {}
    answers: dict[str, Answer] = {}
    for record_id, one in written.items():
        if isinstance(one, Failure):
            answers[record_id] = one
            continue
        also = told.get(record_id)
        if also and also[1] is not None:
            answers[record_id] = also[1]
            continue
        assert tags is not None  # noqa: S101 - there is something written
        customer = customers.get(also[0].customer_id) if also else None
        agreed = agreed_after(one, odoo_parts(one.contact, tags))
        if also and customer:
            agreed = agreed.taking(shop=after_writing(agreed.shop, shop_parts(customer), also[0].written))
        version = customer.updated_at if customer else one.changes.version
        answers[record_id] = written_answer(one, agreed, also[0].notes if also else {}, version)
    return answers


def _shop_answers(told: Sequence[tuple[ToShopify, Failure | None]], store: StoreContext) -> dict[str, Answer]:
    done = [one.customer_id for one, failure in told if failure is None]
    customers = scoped(store.slug, lambda: store.shopify.customers(done)) if done else {}
    answers: dict[str, Answer] = {}
    for one, failure in told:
        customer = customers.get(one.customer_id)
        if failure is not None:
            answers[one.record_id] = failure
        elif customer is None:
            message = f"customer {one.customer_id} was changed and is not shown"
            answers[one.record_id] = Transient(message, "shopify", code="customer_not_visible")
        else:
            notes: dict[str, Any] = {"customer": one.customer_id, **one.notes}
            if one.addresses:
                notes["addresses"] = len(one.addresses)
            if one.consent:
                notes["consent"] = dict(one.consent)
            answers[one.record_id] = Outcome(
                version=customer.updated_at,
                digest=one.before.taking(shop=after_writing(one.before.shop, shop_parts(customer), one.written)).text,
                name=customer.name or customer.email,
                target=Target(MODEL, one.contact.id, one.contact.name),
                notes=notes,
            )
    return answers


def _made(changes: NewInShop, made: str | Hold | Failure, store: StoreContext) -> Answer:
    """The pair has a record of its own from here on; what the address book lacks is its matter."""
    if isinstance(made, Failure):
        return made
    if isinstance(made, str):
        store.remember([(ENTITY, made, changes.contact.id, changes.contact.name)])
        companies = [Hint(store.slug, COMPANY, one, why="has a new contact in Odoo") for one in changes.companies]
        store.hint([Hint(store.slug, ENTITY, made, why="made from a contact in Odoo"), *companies])
    return made_answer(changes, made, CUSTOMER, "customer")
