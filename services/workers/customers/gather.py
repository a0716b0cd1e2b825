"""Reads both sides of a batch of customers: one request to Shopify, one or two to Odoo, three to the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from libs.common.domain.customers import OdooContact, ShopCustomer
from libs.common.domain.digests import digest
from libs.common.domain.facts import NO_FACTS
from libs.common.domain.matching import email_forms, normalise_phone
from libs.common.domain.rules_customers import Direction
from libs.common.errors import Failure, Rejected, Transient
from libs.common.ledger.model import Hint, Record, record_id
from libs.common.odoo.contacts import MODEL, contact_tags, read_contacts
from services.workers.context import StoreContext
from services.workers.customers.companies import Above, of_contacts, of_customers, with_invoices
from services.workers.customers.model import ERASED, FROM_ODOO, MERGED_INTO, MOVING, ConsentTags, Situation
from services.workers.scopes import scoped

ENTITY = "customer"
CUSTOMER = "Customer"
#: How often an announced customer may be missing: Shopify's reading side may lag behind its webhooks.
INVISIBLE_ATTEMPTS = 4
ANNOUNCING = frozenset({"customers/create", "customers/update"})


def gather(batch: Sequence[Record], store: StoreContext) -> list[Situation | Failure]:
    """One answer for each record of the batch, in its order."""
    if store.rules.customers.sync is Direction.OFF:
        return [_bare(record, store) for record in batch]
    pairs = [r for r in batch if not r.source_id.startswith(FROM_ODOO) and ERASED not in r.told]
    ids = [record.source_id for record in pairs]
    customers = scoped(store.slug, lambda: store.shopify.customers(ids)) if ids else {}
    above = of_customers([one for one in ids if one in customers], store)
    known = _known(batch, pairs, customers, above, store)
    common = Situation(
        record_id="",
        source_id="",
        module=store.module,
        facts=store.facts(),
        languages=store.reference.languages(),
        tags=tags_of(store),
        candidates=tuple(known.contacts.values()),
        taken=known.taken,
        invoiced=known.invoiced,
    )
    paired = _paired(batch, known, store)
    moving = {r.told[MERGED_INTO]: r.id for r in batch if r.told.get(MERGED_INTO) and _has_link(r)}
    present = {record.source_id for record in batch}
    answers: list[Situation | Failure] = []
    for record in batch:
        customer = customers.get(record.source_id)
        if customer is None and _may_appear(record):
            answers.append(_invisible(record))
            continue
        one = _one(common, record, customer, known)
        waits_for = moving.get(record.source_id) if one.linked_id is None else None
        one = replace(one, paired=paired.get(record.source_id), waits_for=waits_for or one.waits_for)
        answers.append(replace(one, beside=record.told.get(MERGED_INTO, "") in present))
    return answers


def _one(common: Situation, record: Record, customer: ShopCustomer | None, known: _Known) -> Situation:
    """What is known of one, with what is so for the whole batch."""
    source, above = record.source_id, known.above
    buyer = above.buyers.get(source)
    erased = buyer is not None and ERASED in buyer.told
    kept_id = known.kept.get(record.told.get(MERGED_INTO, ""))
    linked = contact_id(record)
    return replace(
        common,
        record_id=record.id,
        source_id=source,
        customer=customer,
        linked_id=linked,
        contact=known.contacts.get(linked) if linked is not None and not erased else None,
        synced_digest=record.synced.digest if record.synced else None,
        told={**record.told, ERASED: "with its customer"} if erased else record.told,
        buys_as=buyer.source_id if buyer and buyer.target and buyer.target.id != linked else None,
        companies=above.companies.get(source, ()),
        above=known.contacts.get(above.partner_ids.get(source, 0)),
        waits_for=above.waits_for.get(source),
        kept=known.contacts.get(kept_id) if kept_id is not None else None,
        kept_id=kept_id,
    )


def contact_id(record: Record) -> int | None:
    """The contact of Odoo's that a record is about; None of one that was erased: nothing of it is read again."""
    if ERASED in record.told:
        return None
    if record.source_id.startswith(FROM_ODOO):
        return int(record.source_id.removeprefix(FROM_ODOO))
    return record.target.id if record.target and record.target.model == MODEL else None


def _has_link(record: Record) -> bool:
    """Whether it has a contact that goes to the customer it was merged into."""
    return contact_id(record) is not None or MOVING in record.told


def tags_of(store: StoreContext) -> ConsentTags:
    """By the names in the store's rules. They are asked for until all are there, and then known to this process."""
    mine = store.rules.customers
    names = {name for name in (mine.email_tag, mine.sms_tag, mine.contact_tag) if name}
    missing = [name for name in sorted(names) if tag_key(store, name) not in store.made]
    for name, number in contact_tags(store.odoo, missing).items():
        store.made[tag_key(store, name)] = number
    one = {name: store.made.get(tag_key(store, name), 0) for name in names}
    return ConsentTags(one.get(mine.email_tag, 0), one.get(mine.sms_tag, 0), one.get(mine.contact_tag, 0))


def tag_key(store: StoreContext, name: str) -> str:
    """The external id of a contact tag that Tandem makes, and its place among what this process has met."""
    return f"{store.module}.contact_tag_{digest(name)[:16]}"


@dataclass(frozen=True)
class _Known:
    contacts: Mapping[int, OdooContact]
    taken: frozenset[int]
    kept: Mapping[str, int]
    """By the customers that others were merged into: their contacts' ids."""
    above: Above
    invoiced: frozenset[int]


def _known(
    batch: Sequence[Record],
    pairs: Sequence[Record],
    customers: Mapping[str, ShopCustomer],
    above: Above,
    store: StoreContext,
) -> _Known:
    kept = store.links(ENTITY, [r.told[MERGED_INTO] for r in batch if r.told.get(MERGED_INTO)])
    ids = {one for one in map(contact_id, batch) if one is not None} | set(kept.values())
    ids |= set(above.partner_ids.values())
    new = [customers[r.source_id] for r in pairs if r.source_id in customers and contact_id(r) is None]
    contacts = read_contacts(
        store.odoo,
        store.odoo_fields,
        ids,
        emails={form for one in new for form in email_forms(one.email)},
        phones={normalise_phone(one.phone) for one in new} - {""},
    )
    taken = store.linked_to(MODEL, list(contacts)) if new else {}
    joining = {one for one in contacts if contacts[one].parent_id is None} if above.partner_ids else set()
    invoiced = with_invoices(joining - set(above.partner_ids.values()), store)
    theirs, parents = of_contacts(batch, contacts, store)
    both = Above(
        {**above.companies, **theirs.companies},
        {**above.partner_ids, **theirs.partner_ids},
        {**above.waits_for, **theirs.waits_for},
        theirs.buyers,
    )
    return _Known({**contacts, **parents}, frozenset(taken), kept, both, invoiced)


def _paired(batch: Sequence[Record], known: _Known, store: StoreContext) -> dict[str, str]:
    """Contacts from Odoo that are linked already, by their source id: the pair's own record goes on, and is told."""
    mine = {r.source_id: contact_id(r) for r in batch if r.source_id.startswith(FROM_ODOO)}
    ids = [one for one in mine.values() if one is not None and one in known.contacts]
    linked = {one: r for one, r in store.linked_to(MODEL, ids).items() if ids}
    paired = {source: linked[one].id for source, one in mine.items() if one in linked}
    store.hint(
        [
            Hint(store.slug, other.entity, other.source_id, source=other.source, why="changed in Odoo")
            for one, other in linked.items()
        ]
    )
    return paired


def _bare(record: Record, store: StoreContext) -> Situation:
    """Nothing is asked for a store that keeps no customers in step."""
    return Situation(record.id, record.source_id, store.module, NO_FACTS, told=record.told)


def _may_appear(record: Record) -> bool:
    """Announced, never seen: Shopify's reading side may be behind."""
    if record.source_id.startswith(FROM_ODOO) or record.told.get(MERGED_INTO) or ERASED in record.told:
        return False
    return record.target is None and record.wanted.why in ANNOUNCING


def _invisible(record: Record) -> Failure:
    what = f"Shopify announced customer {record.source_id} but does not show it"
    if record.attempts < INVISIBLE_ATTEMPTS:
        return Transient(what, "shopify", code="customer_not_visible")
    return Rejected(
        what,
        "shopify",
        code="customer_not_visible",
        hint="it was deleted since, or the token lacks read_customers; retry to look again",
    )


def kept_record(store: StoreContext, customer_id: str) -> str:
    return record_id(store.slug, ENTITY, customer_id)
