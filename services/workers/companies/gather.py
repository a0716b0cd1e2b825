"""Reads a batch of companies: one request to Shopify, one to Odoo, two to the ledger."""

from __future__ import annotations

from collections.abc import Sequence

from libs.common.domain.facts import NO_FACTS
from libs.common.ledger.model import Record
from libs.common.odoo.contacts import MODEL, read_contacts
from services.workers.companies.model import Situation
from services.workers.companies.plan import external_ids, tax_ids
from services.workers.context import StoreContext
from services.workers.customers.gather import contact_id
from services.workers.scopes import scoped


def gather(batch: Sequence[Record], store: StoreContext) -> list[Situation]:
    """One answer for each record of the batch, in its order; nothing is asked where companies are not wanted."""
    if not store.rules.customers.sync.to_odoo:
        return [Situation(record.id, store.module, NO_FACTS) for record in batch]
    companies = scoped(store.slug, lambda: store.shopify.companies([record.source_id for record in batch]))
    new = [companies[r.source_id] for r in batch if r.source_id in companies and contact_id(r) is None]
    contacts = read_contacts(
        store.odoo,
        store.odoo_fields,
        {one for one in map(contact_id, batch) if one is not None},
        refs={one for company in new for one in external_ids(company)},
        vats={one for company in new for one in tax_ids(company)},
    )
    taken = frozenset(store.linked_to(MODEL, list(contacts))) if new else frozenset()
    languages = store.reference.languages()
    return [
        Situation(
            record_id=record.id,
            module=store.module,
            facts=store.facts(),
            languages=languages,
            company=companies.get(record.source_id),
            linked_id=contact_id(record),
            contact=contacts.get(contact_id(record) or 0),
            candidates=tuple(contacts.values()),
            taken=taken,
            synced_digest=record.synced.digest if record.synced else None,
        )
        for record in batch
    ]
