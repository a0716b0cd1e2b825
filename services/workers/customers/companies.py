"""Which company a customer belongs to, on either side, and whether its record is to be waited for."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from libs.common.domain.customers import OdooContact
from libs.common.errors import Rejected
from libs.common.ledger.model import Hint, Record, State, record_id
from libs.common.odoo.contacts import MODEL, read_contacts
from libs.common.shopify.companies import NO_B2B
from services.workers.context import StoreContext
from services.workers.scopes import scoped

COMPANY, CUSTOMER = "company", "customer"
FROM_ODOO = "odoo-"
#: A record that is none of these, and has no contact, will have one.
DONE = frozenset({State.SYNCED, State.IGNORED})


@dataclass
class Above:
    """What is known of the companies of a batch, by the customers' (or the contacts') source ids."""

    companies: dict[str, tuple[str, ...]] = field(default_factory=dict)
    partner_ids: dict[str, int] = field(default_factory=dict)
    """The company's contact in Odoo."""
    waits_for: dict[str, str] = field(default_factory=dict)
    buyers: dict[str, Record] = field(default_factory=dict)
    """Of contacts that business orders made: the records of the customers who bought, as far as there are any."""


def of_customers(customer_ids: Sequence[str], store: StoreContext) -> Above:
    """One more request to Shopify, where the ledger knows a company of the shop's and companies go to Odoo."""
    found = Above()
    if not customer_ids or not store.rules.customers.companies_to_odoo:
        return found
    if not store.ledger.find(store=store.slug, entity=COMPANY, limit=1):
        return found
    found.companies = dict(_asked(customer_ids, store))
    records = store.records(COMPANY, [one[0] for one in found.companies.values()])
    unknown: list[Hint] = []
    for customer, (first, *_) in found.companies.items():
        record = records.get(first)
        if record is not None and record.target is not None and record.target.model == MODEL:
            found.partner_ids[customer] = record.target.id
        elif record is None or record.state not in DONE:
            found.waits_for[customer] = record_id(store.slug, COMPANY, first)
            if record is None:
                unknown.append(Hint(store.slug, COMPANY, first, why="seen with its people"))
    store.hint(unknown)
    return found


def _asked(customer_ids: Sequence[str], store: StoreContext) -> Mapping[str, tuple[str, ...]]:
    try:
        return scoped(store.slug, lambda: store.shopify.business.companies_of(customer_ids))
    except Rejected as refusal:
        if refusal.code != NO_B2B:
            raise
        return {}  # it had companies once; its customers are customers all the same


def of_contacts(
    records: Sequence[Record], contacts: Mapping[int, OdooContact], store: StoreContext
) -> tuple[Above, dict[int, OdooContact]]:
    """Of people of Odoo's, and the contacts above them: one more call to Odoo, where companies go to Shopify."""
    found = Above()
    ids = {r.source_id: int(r.source_id.removeprefix(FROM_ODOO)) for r in records if r.source_id.startswith(FROM_ODOO)}
    people = {source: contacts[one] for source, one in ids.items() if one in contacts and contacts[one].below}
    if not people or not store.rules.customers.companies_to_shop:
        return found, {}
    found.buyers = _buyers({source: one.id for source, one in people.items()}, store)
    parents = {source: one.parent_id or 0 for source, one in people.items()}
    above = read_contacts(store.odoo, store.odoo_fields, set(parents.values()))
    linked = store.linked_to(MODEL, sorted(set(parents.values())))
    unknown: list[Hint] = []
    coming = store.records(COMPANY, [f"{FROM_ODOO}{one}" for one in parents.values() if one not in linked])
    for source, parent in parents.items():
        found.partner_ids[source] = parent
        pair = linked.get(parent)
        if pair is not None and pair.entity == COMPANY:
            found.companies[source] = (pair.source_id,)
            continue
        record = coming.get(f"{FROM_ODOO}{parent}")
        if pair is None and (record is None or record.state not in DONE):
            found.waits_for[source] = record_id(store.slug, COMPANY, f"{FROM_ODOO}{parent}")
            if record is None:
                unknown.append(Hint(store.slug, COMPANY, f"{FROM_ODOO}{parent}", "odoo", why="seen with its people"))
    store.hint(unknown)
    return found, above


def _buyers(ids: Mapping[str, int], store: StoreContext) -> dict[str, Record]:
    """Their external ids say which customer bought (services.workers.orders.company)."""
    sought = sorted(set(ids.values()))
    names = store.odoo.call(MODEL, "get_external_id", [sought], write=False, records=len(sought))
    begins = re.compile(rf"{re.escape(store.module)}\.buyer_(\d+)_")
    matches = {source: begins.match(str(names.get(str(one)) or "")) for source, one in ids.items()}
    customers = {source: match[1] for source, match in matches.items() if match}
    records = store.records(CUSTOMER, list(customers.values()))
    return {source: records[one] for source, one in customers.items() if one in records}


def with_invoices(ids: Collection[int], store: StoreContext) -> frozenset[int]:
    """Those of these contacts that have journal entries; none where Odoo keeps no books."""
    if not ids or not store.odoo_fields.partner_customer_rank:
        return frozenset()
    rows = store.odoo.search_read("account.move", [("partner_id", "in", sorted(ids))], ["partner_id"])
    return frozenset(int(row["partner_id"][0]) for row in rows)
