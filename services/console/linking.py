"""All of a kind that a shop has, linked with Odoo's in bulk: what is the same for its variants and its customers.

What was read is kept in a temporary file, not in memory: a shop of a million is gone through in as little memory as
one of a hundred, and what two of them share is known before the first is linked.
"""

from __future__ import annotations

import sqlite3
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from libs.common.domain.linking import Found
from libs.common.ledger.interface import Ledger
from libs.common.ledger.model import Link, Target
from libs.common.odoo.client import OdooClient
from libs.common.shopify.client import ShopifyClient
from libs.common.shopify.walking import Page

CHUNK = 500

#: Told of how far it is: `(what, done, of)`, the last 0 while nobody knows.
Progress = Callable[[str, int, int], None]
#: One of the shop's: its number, its name, then the columns that its kind keeps of it.
Kept = Sequence[Any]


@dataclass
class Report:
    """What was found, by kind; the rows are in the file."""

    counts: dict[Found, int] = field(default_factory=lambda: dict.fromkeys(Found, 0))
    beside: dict[str, int] = field(default_factory=dict)
    """What else there is to know of both sides, by its name in JSON."""
    linked_now: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """One of the shop's with what was found, for a person."""

    id: str
    name: str
    keys: tuple[str, ...]
    found: str
    why: str
    candidates: str
    """`12 [MUG] Mug; 15 [MUG] Mug, old`"""


class Finding(NamedTuple):
    """What became of one of the shop's, as the file takes it."""

    number: int
    found: Found
    target: int | None = None
    target_name: str | None = None
    why: str | None = None
    candidates: str | None = None
    before: int | None = None
    """What it was linked to and is gone from Odoo."""
    holder: str | None = None
    """The one that the target was linked to and is gone from the shop."""


@contextmanager
def scratch() -> Iterator[sqlite3.Connection]:
    """A database in a temporary file, gone at the end."""
    with tempfile.TemporaryDirectory(prefix="tandem-link-") as folder:
        connection = sqlite3.connect(Path(folder) / "shop.db", isolation_level=None)
        try:
            connection.execute("pragma journal_mode = off")
            connection.execute("pragma synchronous = off")
            connection.execute("pragma cache_size = -4096")  # 4 MiB, however many there are
            yield connection
        finally:
            connection.close()


@dataclass(kw_only=True)
class Linking(ABC):
    """One run for one store. `dry_run` writes nothing anywhere."""

    ENTITY: ClassVar[str]
    MODEL: ClassVar[str]
    KEYS: ClassVar[tuple[str, ...]]
    """By what it is known: columns of the file, shown to whoever decides."""
    ALSO: ClassVar[tuple[str, ...]] = ()
    """Further columns that are kept of it."""
    MATCHING: ClassVar[str]
    """What matching is called while it is watched."""
    TWICE: ClassVar[str]
    """Why two of the shop's that would be one of Odoo's are a question."""

    store: str
    shopify: ShopifyClient
    odoo: OdooClient
    ledger: Ledger
    db: sqlite3.Connection
    progress: Progress = lambda *_: None
    dry_run: bool = False

    def run(self) -> Report:
        """Raises the clients' failures and LedgerUnavailable; run again, it goes on from what is linked."""
        self._read()
        self._match()
        self._only_once()
        report = self._count()
        if not self.dry_run:
            report.linked_now = self._record(report.counts[Found.MATCHED])
        return report

    def rows(self, *found: Found, limit: int = -1) -> Iterator[Row]:
        query = (
            f"select number, name, {', '.join(self.KEYS)}, found, coalesce(why, ''), coalesce(candidates, '') "  # noqa: S608 - names of our own
            "from shop where instr(?, found) order by number limit ?"
        )
        for number, name, *keys, what, why, candidates in self.db.execute(query, (" ".join(found), limit)):
            yield Row(str(number), name, tuple(keys), what, why, candidates)

    @abstractmethod
    def _pages(self) -> Iterator[Page[Kept]]:
        """All of the shop's."""

    @abstractmethod
    def _match_chunk(self, chunk: Sequence[Kept]) -> Iterator[Finding]:
        """One answer for each."""

    @abstractmethod
    def _beside(self) -> dict[str, int]:
        """What the report counts beside."""

    @property
    def _columns(self) -> str:
        return ", ".join(("number", "name", *self.KEYS, *self.ALSO))

    def _read(self) -> None:
        kept = ", ".join(f"{column} text" for column in (*self.KEYS, *self.ALSO))
        self.db.execute(
            f"create table shop (number integer primary key, name text, {kept}, "
            "found text, target integer, target_name text, why text, candidates text, before integer, holder text)"
        )
        marks = ", ".join("?" * (2 + len(self.KEYS) + len(self.ALSO)))
        insert = f"insert or replace into shop ({self._columns}) values ({marks})"  # noqa: S608 - names of our own
        done = 0
        for page in self._pages():
            self.db.executemany(insert, page.records)
            done += len(page.records)
            self.progress("Reading Shopify", done, max(page.total, done))

    def _match(self) -> None:
        (total,) = self.db.execute("select count(*) from shop").fetchone()
        query = f"select {self._columns} from shop where number > ? order by number limit ?"  # noqa: S608 - as above
        last, done = -1, 0
        while chunk := self.db.execute(query, (last, CHUNK)).fetchall():
            last, done = chunk[-1][0], done + len(chunk)
            self.db.executemany(
                "update shop set found = :found, target = :target, target_name = :target_name, why = :why, "
                "candidates = :candidates, before = :before, holder = :holder where number = :number",
                [finding._asdict() for finding in self._match_chunk(chunk)],
            )
            self.progress(self.MATCHING, done, total)

    def _only_once(self) -> None:
        """One of Odoo's that two of the shop's would be, each by something else: a question as well."""
        self.db.execute("create index shop_target on shop (target)")
        self.db.execute(
            "update shop set found = ?, why = ?, candidates = target || ' ' || target_name where found = ? and target "
            "in (select target from shop where target is not null group by target having count(*) > 1)",
            (Found.AMBIGUOUS, self.TWICE, Found.MATCHED),
        )

    def _count(self) -> Report:
        report = Report(beside=self._beside())
        for found, count in self.db.execute("select found, count(*) from shop group by found"):
            report.counts[Found(found)] = count
        report.total = sum(report.counts.values())
        return report

    def _record(self, total: int) -> int:
        done = 0
        query = "select number, name, target, target_name, before, holder from shop where found = ? order by number"
        cursor = self.db.execute(query, (Found.MATCHED,))
        while rows := cursor.fetchmany(CHUNK):
            for one, _, _, _, before, holder in rows:
                if holder is not None:
                    self.ledger.move_link(self.store, self.ENTITY, holder, str(one), instead_of=before)
            self.ledger.link(
                self.store,
                [Link(self.ENTITY, str(o), Target(self.MODEL, t, to), n, before) for o, n, t, to, before, _ in rows],
            )
            done += len(rows)
            self.progress("Recording links", done, total)
        return done
