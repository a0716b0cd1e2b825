"""The companies' room, as the pipeline sees it: contacts are written as those of customers are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from libs.common.domain.customers import ShopCompany
from libs.common.domain.outcomes import Hold
from libs.common.errors import Failure, Transient
from libs.common.ledger.model import Hint, Record, Target
from libs.common.odoo.contacts import MODEL
from services.workers.companies.fingerprints import odoo_parts, shop_parts
from services.workers.companies.gather import gather
from services.workers.companies.model import Changes, NewInShop, ToShop
from services.workers.companies.plan import plan
from services.workers.companies.shop_side import BusinessSide
from services.workers.context import StoreContext
from services.workers.customers.answers import Answer, agreed_after, made_answer, written_answer
from services.workers.customers.apply import Written, apply
from services.workers.customers.companies import COMPANY
from services.workers.customers.gather import ENTITY
from services.workers.customers.model import FROM_ODOO, ToOdoo
from services.workers.customers.parts import Agreed, after_writing
from services.workers.entity import Outcome, Read
from services.workers.scopes import scoped

#: What a company of Odoo's own is linked to: the company of the shop that was made for it.
SHOP_COMPANY = "Company"


class Companies:
    """Companies of both sides, with their locations and their people."""

    name = COMPANY

    def gather(self, batch: Sequence[Record], store: StoreContext) -> list[Read | Failure]:
        found = gather(batch, store)
        return [
            Read(
                s.company.updated_at if s.company else None,
                s,
                s.company.name if s.company else s.contact.name if s.contact else "",
            )
            for s in found
        ]

    def plan(self, situation: Any, store: StoreContext) -> Any:
        return plan(situation, store.rules)

    def carry_out(self, changes: Sequence[Changes], store: StoreContext) -> list[Answer]:
        shop = BusinessSide(store)
        answers: dict[str, Answer] = {
            one.record_id: _made(one, shop.make(one), store) for one in changes if isinstance(one, NewInShop)
        }
        to_odoo = [one for one in changes if isinstance(one, ToOdoo)]
        written = apply(to_odoo, store) if to_odoo else {}
        back = [one for one in changes if isinstance(one, ToShop)]
        also = [one.changes.and_shop for one in written.values() if isinstance(one, Written)]
        told = {one.record_id: (one, shop.change(one)) for one in [*back, *(one for one in also if one is not None)]}
        done = [one.company_id for one, failure in told.values() if failure is None]
        companies = scoped(store.slug, lambda: store.shopify.business.companies(done)) if done else {}
        for record_id, contact in written.items():
            answers[record_id] = _odoo_answer(contact, told.get(record_id), companies, store)
        for one in back:
            answers[one.record_id] = _shop_answer(one, told[one.record_id][1], companies)
        _announce_people([one for one, failure in told.values() if failure is None], store)
        return [answers[one.record_id] for one in changes]


Told = tuple[ToShop, Failure | None]


def _odoo_answer(
    written: Written | Failure, also: Told | None, companies: Mapping[str, ShopCompany], store: StoreContext
) -> Answer:
    if isinstance(written, Failure):
        return written
    changes = written.changes
    agreed = agreed_after(written, odoo_parts(written.contact, {}))
    notes: dict[str, Any] = {}
    if also is not None:
        told, failure = also
        if failure is not None:
            return failure
        agreed = _agreed(agreed, told, companies)
        notes = _notes(told)
    why = "one of a company's people"
    store.hint([Hint(store.slug, ENTITY, one, why=why) for one in changes.hints])
    return written_answer(written, agreed, notes, changes.version)


def _shop_answer(told: ToShop, failure: Failure | None, companies: Mapping[str, ShopCompany]) -> Answer:
    if failure is not None:
        return failure
    company = companies.get(told.company_id)
    if company is None:
        message = f"company {told.company_id} was changed and is not shown"
        return Transient(message, "shopify", code="company_not_visible")
    return Outcome(
        version=company.updated_at,
        digest=_agreed(told.before, told, companies).text,
        name=company.name,
        target=Target(MODEL, told.contact.id, told.contact.name),
        notes=_notes(told),
    )


def _agreed(agreed: Agreed, told: ToShop, companies: Mapping[str, ShopCompany]) -> Agreed:
    company = companies.get(told.company_id)
    if company is None:
        return agreed
    now = shop_parts(company, told.contact)
    return agreed.taking(shop=after_writing(agreed.shop, now, told.written))


def _notes(told: ToShop) -> dict[str, Any]:
    """For the history: what Shopify was told."""
    notes: dict[str, Any] = {"company": told.company_id, **told.notes}
    locations = len(told.locations) + len(told.new_locations)
    return notes | {name: n for name, n in (("locations", locations), ("people", len(told.customers))) if n}


def _announce_people(told: Sequence[ToShop], store: StoreContext) -> None:
    """Persons of Odoo's who become customers with their company."""
    why = "one of a company's people"
    store.hint([Hint(store.slug, ENTITY, f"{FROM_ODOO}{one}", "odoo", why=why) for each in told for one in each.people])


def _made(changes: NewInShop, made: str | Hold | Failure, store: StoreContext) -> Answer:
    """The pair has a record of its own from here on; further locations and people are its matter."""
    if isinstance(made, Failure):
        return made
    if isinstance(made, str):
        store.remember([(COMPANY, made, changes.contact.id, changes.contact.name)])
        store.hint([Hint(store.slug, COMPANY, made, why="made from a contact in Odoo")])
    return made_answer(changes, made, SHOP_COMPANY, "company")
