"""All customers of a shop and all contacts of its Odoo, linked in bulk: 250 customers or 1,000 contacts to a call.

What was read is kept in a temporary file, not in memory; matched is by the very ladder that the workers climb.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from libs.common.domain.contact_matching import Doubt, match_contact
from libs.common.domain.customers import OdooContact, ShopCustomer
from libs.common.domain.linking import Found
from libs.common.domain.matching import normalise_email, normalise_phone
from libs.common.domain.rules_customers import SamePhone
from libs.common.ledger.interface import Ledger
from libs.common.ledger.model import Link, Target
from libs.common.odoo.client import OdooClient
from libs.common.odoo.contacts import contact_pages
from libs.common.odoo.fields import OdooFields
from libs.common.shopify.client import ShopifyClient
from libs.common.shopify.customer_keys import customer_pages

CHUNK = 500
CUSTOMER, PARTNER = "customer", "res.partner"
_UNREAD = datetime.fromtimestamp(0, UTC)
_TABLES = """
create table customer (
  number integer primary key, name text, email text, phone text,
  found text, target integer, target_name text, by_what text, why text, candidates text
);
create table contact (
  id integer primary key, name text, email text, phone text, parent integer, type text, is_company integer,
  customer integer
)"""
_CONTACT = "id, name, email, phone, parent, type, is_company, customer"

#: Told of how far it is: `(what, done, of)`, the last 0 while nobody knows.
Progress = Callable[[str, int, int], None]


@dataclass
class Report:
    """What was found, by kind; the rows are in the file."""

    counts: dict[Found, int] = field(default_factory=lambda: dict.fromkeys(Found, 0))
    duplicate_emails: int = 0
    """E-mail addresses that several contacts of their own have in Odoo."""
    only_in_odoo: int = 0
    """Contacts that Odoo counts as customers and that no customer of the shop is, companies and people below them
    excepted."""
    linked_now: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """One customer with what was found, for a person."""

    id: str
    name: str
    email: str
    phone: str
    found: str
    why: str
    candidates: str
    """`12 Jane Doe (jane@example.com)`"""


@contextmanager
def scratch() -> Iterator[sqlite3.Connection]:
    """A database in a temporary file, gone at the end."""
    with tempfile.TemporaryDirectory(prefix="tandem-link-") as folder:
        connection = sqlite3.connect(Path(folder) / "customers.db", isolation_level=None)
        try:
            connection.execute("pragma journal_mode = off")
            connection.execute("pragma synchronous = off")
            connection.execute("pragma cache_size = -4096")  # 4 MiB, however many there are
            connection.executescript(_TABLES)
            yield connection
        finally:
            connection.close()


@dataclass
class Linking:
    """One run for one store. `dry_run` writes nothing anywhere."""

    store: str
    shopify: ShopifyClient
    odoo: OdooClient
    fields: OdooFields
    ledger: Ledger
    db: sqlite3.Connection
    rule: SamePhone = SamePhone.HOLD
    progress: Progress = lambda *_: None
    dry_run: bool = False

    def run(self) -> Report:
        """Raises the clients' failures and LedgerUnavailable; run again, it goes on from what is linked."""
        self._read_shopify()
        self._read_odoo()
        self._match()
        self._only_once()
        report = self._count()
        if not self.dry_run:
            report.linked_now = self._record()
        return report

    def rows(self, *found: Found, limit: int = -1) -> Iterator[Row]:
        query = (
            "select number, name, email, phone, found, coalesce(why, ''), coalesce(candidates, '') from customer "
            "where instr(?, found) order by number limit ?"
        )
        for number, *values in self.db.execute(query, (" ".join(found), limit)):
            yield Row(str(number), *values)

    def _read_shopify(self) -> None:
        done = 0
        for page in customer_pages(self.shopify):
            rows = [(int(c.id), c.name, normalise_email(c.email), normalise_phone(c.phone)) for c in page.customers]
            self.db.executemany(
                "insert or replace into customer (number, name, email, phone) values (?, ?, ?, ?)", rows
            )
            done += len(rows)
            self.progress("Reading Shopify", done, max(page.total, done))

    def _read_odoo(self) -> None:
        done = 0
        for page in contact_pages(self.odoo, self.fields):
            rows = [(c.id, c.name, c.email, c.phone, c.parent_id, c.type, c.is_company, c.customer) for c in page]
            self.db.executemany("insert or replace into contact values (?, ?, ?, ?, ?, ?, ?, ?)", rows)
            done += len(rows)
            self.progress("Reading Odoo", done, 0)
        for key in ("email", "phone"):
            self.db.execute(f"create index contact_{key} on contact ({key})")

    def _match(self) -> None:
        (total,) = self.db.execute("select count(*) from customer").fetchone()
        last, done = -1, 0
        while True:
            customers = [
                ShopCustomer(str(number), _UNREAD, display_name=name, email=email, phone=phone)
                for number, name, email, phone in self.db.execute(
                    "select number, name, email, phone from customer where number > ? order by number limit ?",
                    (last, CHUNK),
                )
            ]
            if not customers:
                return
            last, done = int(customers[-1].id), done + len(customers)
            self.db.executemany(
                "update customer set found = ?, target = ?, target_name = ?, by_what = ?, why = ?, candidates = ? "
                "where number = ?",
                self._match_chunk(customers),
            )
            self.progress("Matching", done, total)

    def _match_chunk(self, customers: list[ShopCustomer]) -> list[tuple[object, ...]]:
        links = self.ledger.links(self.store, CUSTOMER, [c.id for c in customers])
        contacts = self._contacts([c.email for c in customers], [c.phone for c in customers])
        owners = self.ledger.linked_to(self.store, PARTNER, [one.id for one in contacts])
        near: dict[str, list[OdooContact]] = {}
        for one in contacts:
            for key in {one.email, one.phone} - {""}:
                near.setdefault(key, []).append(one)
        found: list[tuple[object, ...]] = []
        for customer in customers:
            if customer.id in links:
                target = links[customer.id]
                found.append((Found.LINKED, target.id, target.name, "link", None, None, int(customer.id)))
                continue
            alike = {one.id: one for key in (customer.email, customer.phone) for one in near.get(key, ())}
            found.append(_row(customer, list(alike.values()), {i: r.id for i, r in owners.items()}, self.rule))
        return found

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

    def _only_once(self) -> None:
        """One contact that two customers would be, one by its e-mail and one by its phone: a question as well."""
        self.db.execute("create index customer_target on customer (target)")
        self.db.execute(
            "update customer set found = ?, why = 'another customer in Shopify matches the same contact in Odoo', "
            "candidates = target || ' ' || target_name where found = ? and target in "
            "(select target from customer where target is not null group by target having count(*) > 1)",
            (Found.AMBIGUOUS, Found.MATCHED),
        )

    def _count(self) -> Report:
        report = Report()
        for found, count in self.db.execute("select found, count(*) from customer group by found"):
            report.counts[Found(found)] = count
        report.total = sum(report.counts.values())
        query = (
            "select count(*) from (select email from contact where email != '' and parent is null group by email "
            "having count(*) > 1)"
        )
        (report.duplicate_emails,) = self.db.execute(query).fetchone()
        query = (
            "select count(*) from contact where customer and not is_company and parent is null and id not in "
            "(select target from customer where target is not null)"
        )
        (report.only_in_odoo,) = self.db.execute(query).fetchone()
        return report

    def _record(self) -> int:
        done = 0
        query = "select number, name, target, target_name from customer where found = ? order by number"
        cursor = self.db.execute(query, (Found.MATCHED,))
        while rows := cursor.fetchmany(CHUNK):
            self.ledger.link(
                self.store,
                [Link(CUSTOMER, str(one), Target(PARTNER, target, to), name) for one, name, target, to in rows],
            )
            done += len(rows)
            self.progress("Recording links", done, done)
        return done


def _row(
    customer: ShopCustomer, contacts: list[OdooContact], owners: dict[int, str], rule: SamePhone
) -> tuple[object, ...]:
    found = match_contact(customer, contacts, owners, rule)
    number = int(customer.id)
    if isinstance(found, Doubt):
        why = f"the phone number {found.phone} is that of another name and e-mail address, or of several contacts"
        return Found.AMBIGUOUS, None, None, "phone", why, _listed(found.candidates), number
    if found is not None:
        return Found.MATCHED, found.contact.id, found.contact.name, found.by, None, None, number
    taken = [one for one in contacts if one.id in owners and one.email and one.email == customer.email]
    if taken:
        why = f"{taken[0].name} in Odoo is linked to {owners[taken[0].id]} already"
        return Found.AMBIGUOUS, None, None, "email", why, _listed(taken), number
    why = "is not in Odoo" if customer.email or customer.phone else "has neither e-mail nor phone"
    return Found.MISSING, None, None, None, why, None, number


def _listed(contacts: Sequence[OdooContact]) -> str:
    return "; ".join(f"{one.id} {one.name} ({one.email or 'without e-mail'})" for one in contacts)
