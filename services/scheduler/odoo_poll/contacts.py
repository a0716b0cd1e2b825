"""Contacts of Odoo's that changed, for the customers of a store that goes this way."""

from __future__ import annotations

from libs.common.domain.digests import digest
from libs.common.ledger.model import Hint
from libs.common.odoo.cells import parse_datetime
from services.scheduler.odoo_poll.pages import Row
from services.scheduler.odoo_poll.polled import Looking, Polled

ENTITY = "customer"
MODEL = "res.partner"
#: Types of the contacts that are addresses of the one above them.
ADDRESSES = frozenset({"delivery", "invoice", "other"})


def hints(look: Looking, rows: list[Row]) -> list[Hint]:
    """A linked contact makes its customer due, an address the contact above it; any other is a record of its own."""
    owners = {row["id"]: _owner(row) for row in rows}
    linked = look.ledger.linked_to(look.store.slug, MODEL, sorted({one for one in owners.values() if one}))
    found: list[Hint] = []
    for row in rows:
        owner = owners[row["id"]]
        pair = linked.get(owner) if owner else None
        if pair is not None and pair.entity == ENTITY:
            # Without a version: the record's is Shopify's.
            hint = Hint(look.store.slug, ENTITY, pair.source_id, source=pair.source, why="changed in Odoo")
        elif pair is None and owner == row["id"] and _may_be_customer(look, row):
            version = parse_datetime(row["write_date"])
            hint = Hint(
                look.store.slug, ENTITY, f"odoo-{owner}", "odoo", version, row["name"] or None, "changed in Odoo"
            )
        else:
            continue
        found.append(_told_once(hint, row))
    return found


def _told_once(hint: Hint, row: Row) -> Hint:
    """The same state found again (by another scheduler, or after a restart) is a duplicate to the ledger."""
    return Hint(
        hint.store,
        hint.entity,
        hint.source_id,
        hint.source,
        hint.version,
        hint.name,
        hint.why,
        delivery_id=f"poll:{digest(row)}",
    )


def _owner(row: Row) -> int | None:
    parent = row["parent_id"]
    if not parent:
        return int(row["id"])
    return int(parent[0]) if row["type"] in ADDRESSES else None


def _may_be_customer(look: Looking, row: Row) -> bool:
    """The worker decides; here only those are left out that no rule ever lets through, to keep the ledger small."""
    if row["is_company"] or not (row["email"] or row["phone"]):
        return False
    return bool(look.store.rules.customers.contact_tag) or bool(row.get("customer_rank"))


CONTACTS = Polled(
    entity=ENTITY,
    model=MODEL,
    domain=(),
    needs=("parent_id", "type"),
    watched=(
        *("parent_id", "type", "is_company", "email", "phone", "customer_rank", "street", "street2", "city", "zip"),
        *("state_id", "country_id", "lang", "category_id"),
    ),
    wanted=lambda rules: rules.customers.sync.to_shop,
    shared=True,
    hints=hints,
)
