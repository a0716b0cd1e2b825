"""Contacts of Odoo's that changed, for the customers and companies of a store that goes this way."""

from __future__ import annotations

from libs.common.domain.digests import digest
from libs.common.ledger.model import Hint, Record
from libs.common.odoo.cells import parse_datetime
from services.scheduler.odoo_poll.pages import Row
from services.scheduler.odoo_poll.polled import Looking, Polled

ENTITY, COMPANY = "customer", "company"
MODEL = "res.partner"
#: Types of the contacts that are addresses of the one above them.
ADDRESSES = frozenset({"delivery", "invoice", "other"})


def hints(look: Looking, rows: list[Row]) -> list[Hint]:
    """A linked contact makes its customer or its company due, an address that of the contact above it.

    Any other contact is a record of its own. Who is below a company is told to that as well: it may be a new person.
    """
    above = {row["id"]: int(row["parent_id"][0]) for row in rows if row["parent_id"]}
    named = {*(row["id"] for row in rows), *above.values()}
    linked = look.ledger.linked_to(look.store.slug, MODEL, sorted(named))
    found: list[Hint] = []
    for row in rows:
        parent = linked.get(above.get(row["id"], 0))
        own = linked.get(row["id"])
        address = row["type"] in ADDRESSES or (row["is_company"] and row["parent_id"])
        if own is not None and not address:
            found.append(_of_pair(look, own, row))
        if parent is not None and (address or parent.entity == COMPANY):
            found.append(_of_pair(look, parent, row))
        if own is None and not address and (entity := _may_become(look, row, parent)):
            found.append(_new(look, entity, row))
    wanted = {ENTITY, COMPANY} if look.store.rules.customers.companies_to_shop else {ENTITY}
    return [one for one in found if one.entity in wanted]


def _of_pair(look: Looking, pair: Record, row: Row) -> Hint:
    """Without a version: the record's is Shopify's."""
    return Hint(
        look.store.slug,
        pair.entity,
        pair.source_id,
        source=pair.source,
        why="changed in Odoo",
        delivery_id=_state(row),
    )


def _new(look: Looking, entity: str, row: Row) -> Hint:
    """Without a name: it may be somebody whom the ledger was asked to erase. The worker names whom it works on."""
    return Hint(
        look.store.slug,
        entity,
        f"odoo-{row['id']}",
        "odoo",
        parse_datetime(row["write_date"]),
        why="changed in Odoo",
        delivery_id=_state(row),
    )


def _state(row: Row) -> str:
    """The same state found again (by another scheduler, or after a restart) is a duplicate to the ledger."""
    return f"poll:{digest(row)}"


def _may_become(look: Looking, row: Row, parent: Record | None) -> str:
    """The worker decides; here only those are left out that no rule ever lets through, to keep the ledger small."""
    mine = look.store.rules.customers
    known = bool(mine.contact_tag) or bool(row.get("customer_rank"))
    if row["is_company"]:
        return COMPANY if known and mine.companies_to_shop else ""
    if not (row["email"] or row["phone"]):
        return ""
    if row["parent_id"]:
        return ENTITY if mine.companies_to_shop and (mine.contact_tag or parent is not None) else ""
    return ENTITY if known else ""


CONTACTS = Polled(
    entity=ENTITY,
    model=MODEL,
    domain=(),
    needs=("parent_id", "type"),
    watched=(
        *("parent_id", "type", "is_company", "email", "phone", "customer_rank", "street", "street2", "city", "zip"),
        *("state_id", "country_id", "lang", "category_id", "vat", "ref"),
    ),
    wanted=lambda rules: rules.customers.sync.to_shop,
    shared=True,
    hints=hints,
)
