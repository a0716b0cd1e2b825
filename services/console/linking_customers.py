"""All customers of a shop and all contacts of its Odoo, linked in bulk: 250 customers or 1,000 contacts to a call.

Matched is by the very ladder that the workers climb.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from libs.common.domain.contact_matching import Doubt, match_contact
from libs.common.domain.customers import OdooContact, ShopCustomer
from libs.common.domain.linking import Found
from libs.common.domain.matching import normalise_email, normalise_phone
from libs.common.domain.rules_customers import SamePhone
from libs.common.odoo.contacts import contact_pages
from libs.common.odoo.fields import OdooFields
from libs.common.shopify.customer_keys import customer_pages
from libs.common.shopify.walking import Page
from services.console.linking import Finding, Kept, Linking

_UNREAD = datetime.fromtimestamp(0, UTC)
_CONTACTS = """
create table contact (
  id integer primary key, name text, email text, phone text, parent integer, type text, is_company integer,
  customer integer
)"""
_CONTACT = "id, name, email, phone, parent, type, is_company, customer"


@dataclass(kw_only=True)
class LinkingCustomers(Linking):
    """The shop's customers with Odoo's contacts."""

    ENTITY = "customer"
    MODEL = "res.partner"
    KEYS = ("email", "phone")
    MATCHING = "Matching"
    TWICE = "another customer in Shopify matches the same contact in Odoo"

    fields: OdooFields
    rule: SamePhone = SamePhone.HOLD

    def _pages(self) -> Iterator[Page[Kept]]:
        for page in customer_pages(self.shopify):
            kept = ((int(c.id), c.name, normalise_email(c.email), normalise_phone(c.phone)) for c in page.records)
            yield Page(tuple(kept), page.total)

    def _read(self) -> None:
        super()._read()
        self.db.execute(_CONTACTS)
        done = 0
        for page in contact_pages(self.odoo, self.fields):
            rows = [(c.id, c.name, c.email, c.phone, c.parent_id, c.type, c.is_company, c.customer) for c in page]
            self.db.executemany("insert or replace into contact values (?, ?, ?, ?, ?, ?, ?, ?)", rows)
            done += len(rows)
            self.progress("Reading Odoo", done, 0)
        for key in self.KEYS:
            self.db.execute(f"create index contact_{key} on contact ({key})")

    def _match_chunk(self, chunk: Sequence[Kept]) -> Iterator[Finding]:
        customers = [
            ShopCustomer(str(number), _UNREAD, display_name=name, email=email, phone=phone)
            for number, name, email, phone in chunk
        ]
        links = self.ledger.links(self.store, self.ENTITY, [c.id for c in customers])
        contacts = self._contacts([c.email for c in customers], [c.phone for c in customers])
        found = self.ledger.linked_to(self.store, self.MODEL, [one.id for one in contacts])
        owners = {number: record.id for number, record in found.items()}
        near: dict[str, list[OdooContact]] = {}
        for one in contacts:
            for key in {one.email, one.phone} - {""}:
                near.setdefault(key, []).append(one)
        for customer in customers:
            if customer.id in links:
                target = links[customer.id]
                yield Finding(int(customer.id), Found.LINKED, target.id, target.name)
                continue
            alike = {one.id: one for key in (customer.email, customer.phone) for one in near.get(key, ())}
            yield _finding(customer, list(alike.values()), owners, self.rule)

    def _contacts(self, emails: Sequence[str], phones: Sequence[str]) -> list[OdooContact]:
        found: dict[int, OdooContact] = {}
        for key, values in (("email", emails), ("phone", phones)):
            wanted = sorted({*values} - {""})
            marks = ",".join("?" * len(wanted))
            query = f"select {_CONTACT} from contact where {key} in ({marks})"  # noqa: S608 - names of our own
            for number, name, email, phone, parent, kind, is_company, customer in self.db.execute(query, wanted):
                found[number] = OdooContact(
                    number, name, _UNREAD, (), email, phone, True, parent, kind, bool(is_company), bool(customer)
                )
        return list(found.values())

    def _beside(self) -> dict[str, int]:
        """E-mail addresses that several contacts of their own have, and customers by Odoo's count that the shop lacks.

        A company is no customer of the shop's, and neither are the people below it.
        """
        duplicates = (
            "select count(*) from (select email from contact where email != '' and parent is null group by email "
            "having count(*) > 1)"
        )
        only_in_odoo = (
            "select count(*) from contact where customer and not is_company and parent is null and id not in "
            "(select target from shop where target is not null)"
        )
        return {
            "duplicate_emails": self.db.execute(duplicates).fetchone()[0],
            "only_in_odoo": self.db.execute(only_in_odoo).fetchone()[0],
        }


def _finding(
    customer: ShopCustomer, contacts: list[OdooContact], owners: Mapping[int, str], rule: SamePhone
) -> Finding:
    found = match_contact(customer, contacts, owners, rule)
    number = int(customer.id)
    if isinstance(found, Doubt):
        why = f"the phone number {found.phone} is that of another name and e-mail address, or of several contacts"
        return Finding(number, Found.AMBIGUOUS, why=why, candidates=_listed(found.candidates))
    if found is not None:
        return Finding(number, Found.MATCHED, found.contact.id, found.contact.name)
    taken = [one for one in contacts if one.id in owners and one.email and one.email == customer.email]
    if taken:
        why = f"{taken[0].name} in Odoo is linked to {owners[taken[0].id]} already"
        return Finding(number, Found.AMBIGUOUS, why=why, candidates=_listed(taken))
    why = "is not in Odoo" if customer.email or customer.phone else "has neither e-mail nor phone"
    return Finding(number, Found.MISSING, why=why)


def _listed(contacts: Sequence[OdooContact]) -> str:
    return "; ".join(f"{one.id} {one.name} ({one.email or 'without e-mail'})" for one in contacts)
