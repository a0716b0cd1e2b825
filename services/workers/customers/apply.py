"""Writes contacts to Odoo in a handful of calls, each of which may be repeated.

New contacts and addresses by `load` under their external ids, the very ones that the orders' room uses: whoever comes
second finds what the first one made. Then all are read back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from libs.common.domain.customers import OdooContact
from libs.common.errors import Failure, Rejected
from libs.common.odoo.cells import Cell
from libs.common.odoo.contacts import MODEL, read_contacts
from libs.common.odoo.errors import RowRefused
from services.workers.batching import in_one_call
from services.workers.context import StoreContext
from services.workers.customers.contact import differing, readable
from services.workers.customers.gather import tag_key
from services.workers.customers.model import NewAddress, ToOdoo
from services.workers.customers.rows import address_fields, address_row, changed_contact, new_contact


@dataclass(frozen=True, slots=True)
class Written:
    """One contact as Odoo has it now."""

    changes: ToOdoo
    contact: OdooContact


def apply(plans: Sequence[ToOdoo], store: StoreContext) -> dict[str, Written | Failure]:
    """One answer for each plan, by its record; raises a `Failure` only when the whole batch is to wait."""
    run = _Run(store)
    run.make_tags(plans)
    run.make([one for one in plans if isinstance(one.ref, str)])
    run.know([one for one in plans if isinstance(one.ref, int)])
    run.make_addresses({one.record_id: one.first for one in plans})
    run.change([one for one in plans if isinstance(one.ref, int) and one.record_id not in run.failed])
    run.change_below([one for one in plans if one.below and one.record_id not in run.failed])
    run.make_addresses({one.record_id: one.addresses for one in plans})
    alive = [one for one in plans if one.record_id not in run.failed]
    contacts = run.read(alive)
    if run.complete([one for one in alive if isinstance(one.ref, str)], contacts):
        contacts = run.read([one for one in alive if one.record_id not in run.failed])
    return {one.record_id: run.answer(one, contacts) for one in plans}


Row = tuple[ToOdoo, tuple[list[str], list[Cell]]]
Send = Callable[[list[str], list[list[Cell]]], Sequence[int]]


def _sent(call: Send, fields: list[str], rows: Sequence[Row]) -> Sequence[int]:
    return call(fields, [cells for _, (_, cells) in rows])


class _Run:
    """What one batch has made so far, by record id; what failed drops out of the later calls."""

    def __init__(self, store: StoreContext) -> None:
        self.store = store
        self.failed: dict[str, Failure] = {}
        self.ids: dict[str, int] = {}

    def make_tags(self, plans: Sequence[ToOdoo]) -> None:
        """The contact tags for consent that Odoo does not have yet."""
        wanted = {tag for one in plans for tag, given in one.tags.items() if given}
        missing = sorted(tag for tag in wanted if tag_key(self.store, tag) not in self.store.made)
        if not missing:
            return
        rows = [[tag_key(self.store, tag), tag] for tag in missing]
        made = self.store.odoo.load("res.partner.category", ["id", "name"], rows).ids
        self.store.made.update(zip((str(row[0]) for row in rows), made, strict=True))

    def make(self, plans: Sequence[ToOdoo]) -> None:
        rows = [(one, new_contact(str(one.ref), one.values, self._tag_ids(one))) for one in plans]
        self._in_groups(rows, lambda fields, cells: self.store.odoo.load(MODEL, fields, cells).ids)

    def know(self, plans: Sequence[ToOdoo]) -> None:
        self.ids.update({one.record_id: one.ref for one in plans if isinstance(one.ref, int)})

    def change(self, plans: Sequence[ToOdoo]) -> None:
        rows: list[Row] = []
        for one in plans:
            assert isinstance(one.ref, int)  # noqa: S101 - the caller has looked
            tag_ids = self._tag_ids(one)
            changed = None if tag_ids == one.tag_ids else tag_ids
            if one.values or changed is not None:
                rows.append((one, changed_contact(one.ref, one.values, changed)))
        self._in_groups(rows, lambda fields, cells: self.store.odoo.update(MODEL, fields, cells).ids)

    def change_below(self, plans: Sequence[ToOdoo]) -> None:
        """Addresses that get another tax id."""
        rows = [(one, changed_contact(number, values, None)) for one in plans for number, values in one.below]
        self._sent_in_groups(rows, lambda fields, cells: self.store.odoo.update(MODEL, fields, cells).ids)

    def make_addresses(self, wanted: Mapping[str, Sequence[NewAddress]]) -> None:
        """By the record of the contact that they are below."""
        owners = [record for record, addresses in wanted.items() if addresses and record not in self.failed]
        results = in_one_call(owners, lambda records: self._load_addresses(records, wanted))
        self.failed.update(results.failed)

    def _load_addresses(self, records: Sequence[str], wanted: Mapping[str, Sequence[NewAddress]]) -> Sequence[str]:
        owners = [number for number, record in enumerate(records) for _ in wanted[record]]
        taxed = any("vat" in address.values for record in records for address in wanted[record])
        rows = [
            address_row(address.external_id, self.ids[record], address.type, address.values, taxed=taxed)
            for record in records
            for address in wanted[record]
        ]
        try:
            self.store.odoo.load(MODEL, address_fields(taxed=taxed), rows)
        except RowRefused as refusal:
            if refusal.record is not None:  # a row of the call: whose is it?
                refusal.record = owners[refusal.record]
            raise
        return records

    def complete(self, plans: Sequence[ToOdoo], contacts: dict[int, OdooContact]) -> bool:
        """A new contact that somebody else made at this very moment gets what it lacks; whether there was any."""
        rows: list[Row] = []
        for one in plans:
            contact = contacts.get(self.ids[one.record_id])
            if contact is None:
                continue
            lacking = differing(one.wanted, readable(contact))
            tag_ids = tuple(sorted({*contact.tag_ids, *self._tag_ids(one)}))
            changed = None if tag_ids == contact.tag_ids else tag_ids
            if lacking or changed is not None:
                rows.append((one, changed_contact(contact.id, lacking, changed)))
        self._in_groups(rows, lambda fields, cells: self.store.odoo.update(MODEL, fields, cells).ids)
        return bool(rows)

    def read(self, plans: Sequence[ToOdoo]) -> dict[int, OdooContact]:
        return read_contacts(self.store.odoo, self.store.odoo_fields, {self.ids[one.record_id] for one in plans})

    def answer(self, changes: ToOdoo, contacts: dict[int, OdooContact]) -> Written | Failure:
        if changes.record_id in self.failed:
            return self.failed[changes.record_id]
        contact = contacts.get(self.ids[changes.record_id])
        if contact is None:
            message = f"contact {self.ids[changes.record_id]} was written and cannot be read"
            return Rejected(message, "odoo", "contact_unreadable", "see whether the user may read it, then retry")
        return Written(changes, contact)

    def _tag_ids(self, one: ToOdoo) -> tuple[int, ...]:
        """All tags that the contact is to have: those of others stay."""
        keys = {tag: self.store.made.get(tag_key(self.store, tag), 0) for tag in one.tags}
        kept = {number for number in one.tag_ids if number not in keys.values()}
        return tuple(sorted(kept | {keys[tag] for tag, given in one.tags.items() if given and keys[tag]}))

    def _in_groups(self, rows: Sequence[Row], call: Send) -> None:
        """As below, of the contacts themselves: which they are is known from here on."""
        self.ids.update({one.record_id: number for one, number in self._sent_in_groups(rows, call)})

    def _sent_in_groups(self, rows: Sequence[Row], call: Send) -> list[tuple[ToOdoo, int]]:
        """One call for all rows of the same columns; the database ids of those that were taken."""
        done: list[tuple[ToOdoo, int]] = []
        groups: dict[tuple[str, ...], list[Row]] = {}
        for row in rows:
            groups.setdefault(tuple(row[1][0]), []).append(row)
        for fields, group in groups.items():
            results = in_one_call(group, partial(_sent, call, list(fields)))
            done += [(one, number) for (one, _), number in results.done]
            self.failed.update({one.record_id: failure for (one, _), failure in results.failed})
        return done
