"""Reads a batch of companies: one request to Shopify, one to Odoo (two where companies go to Shopify)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from libs.common.domain.customers import OdooContact, ShopCompany
from libs.common.domain.facts import NO_FACTS
from libs.common.ledger.model import Hint, Record
from libs.common.odoo.contacts import MODEL, read_contacts
from services.workers.companies.matching import external_ids, tax_ids
from services.workers.companies.model import FROM_ODOO, Situation
from services.workers.context import StoreContext
from services.workers.customers.gather import ENTITY, contact_id, tags_of
from services.workers.scopes import scoped

_LOCATION = re.compile(r"\.location_(?P<location>\d+)_(?:delivery|invoice)")


def gather(batch: Sequence[Record], store: StoreContext) -> list[Situation]:
    """One answer for each record of the batch, in its order; nothing is asked where companies are not wanted."""
    mine = store.rules.customers
    if not mine.companies_to_odoo and not mine.companies_to_shop:
        return [Situation(record.id, record.source_id, store.module, NO_FACTS) for record in batch]
    ids = [record.source_id for record in batch if not record.source_id.startswith(FROM_ODOO)]
    companies = scoped(store.slug, lambda: store.shopify.business.companies(ids)) if ids else {}
    new = [companies[r.source_id] for r in batch if r.source_id in companies and contact_id(r) is None]
    contacts = _contacts(batch, new, store)
    taken = frozenset(store.linked_to(MODEL, list(contacts))) if new else frozenset()
    paired = _paired(batch, contacts, store)
    people = {one.id: one for one in contacts.values() if one.below} if mine.companies_to_shop else {}
    linked = store.linked_to(MODEL, list(people)) if people else {}
    customers = {one: record.source_id for one, record in linked.items() if record.entity == ENTITY}
    locations = _locations(map(contact_id, batch), contacts, store) if mine.companies_to_shop else {}
    tag = tags_of(store).only if mine.companies_to_shop else 0
    languages = store.reference.languages()
    return [
        Situation(
            record_id=record.id,
            source_id=record.source_id,
            module=store.module,
            facts=store.facts(),
            languages=languages,
            company=companies.get(record.source_id),
            linked_id=contact_id(record),
            contact=contacts.get(contact_id(record) or 0),
            candidates=tuple(contacts.values()),
            taken=taken,
            synced_digest=record.synced.digest if record.synced else None,
            told=record.told,
            paired=paired.get(record.source_id),
            people=tuple(one for one in people.values() if one.parent_id == contact_id(record)),
            customers=customers,
            locations=locations,
            only_tag=tag,
        )
        for record in batch
    ]


def _contacts(batch: Sequence[Record], new: Sequence[ShopCompany], store: StoreContext) -> dict[int, OdooContact]:
    named = {one for company in new for one in external_ids(company)}
    ours = {int(one.removeprefix(FROM_ODOO)) for one in named if re.fullmatch(rf"{FROM_ODOO}\d+", one)}
    return read_contacts(
        store.odoo,
        store.odoo_fields,
        {one for one in map(contact_id, batch) if one is not None} | ours,
        refs=named,
        vats={one for company in new for one in (*tax_ids(company), *(at.tax_id for at in company.locations))} - {""},
    )


def _paired(batch: Sequence[Record], contacts: Mapping[int, OdooContact], store: StoreContext) -> dict[str, str]:
    """Contacts from Odoo that are linked already, by their source id: the pair's own record goes on, and is told."""
    mine = {r.source_id: contact_id(r) or 0 for r in batch if r.source_id.startswith(FROM_ODOO)}
    linked = store.linked_to(MODEL, [one for one in mine.values() if one in contacts]) if mine else {}
    store.hint(
        [
            Hint(store.slug, other.entity, other.source_id, source=other.source, why="changed in Odoo")
            for other in linked.values()
        ]
    )
    return {source: linked[one].id for source, one in mine.items() if one in linked}


def _locations(ids: Iterable[int | None], contacts: Mapping[int, OdooContact], store: StoreContext) -> dict[int, str]:
    """Which addresses below these contacts were made of which location: their external ids say so."""
    below = [address.id for one in ids if one is not None and one in contacts for address in contacts[one].addresses]
    if not below:
        return {}
    names = store.odoo.call(MODEL, "get_external_id", [below], write=False, records=len(below))
    found = {int(one): _LOCATION.search(str(name or "")) for one, name in names.items()}
    return {one: match["location"] for one, match in found.items() if match}
