"""The whole catalogue linked in bulk: one request to Shopify for 250 variants, one to Odoo for 500.

What was read is kept in a temporary file, not in memory: a shop of a million variants is gone through in as little
memory as one of a hundred, and a code that two variants share is known before the first is linked.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from libs.common.domain.linking import Coded, Found, Match, Shared, match_variants
from libs.common.domain.matching import normalise_code
from libs.common.ledger.interface import Ledger
from libs.common.ledger.model import Hint, Link, Target
from libs.common.odoo.client import OdooClient
from libs.common.odoo.products import find_products
from libs.common.shopify.client import ShopifyClient
from libs.common.shopify.variants import variant_pages

CHUNK = 500
VARIANT, PRODUCT = "variant", "product.product"
_TABLE = """
create table variant (
  number integer primary key, id text, product text, name text, sku text, barcode text,
  found text, target integer, target_name text, why text, candidates text, by_code text
)"""

#: Told of how far it is: `(done, of)`, the second 0 while nobody knows.
Progress = Callable[[str, int, int], None]


@dataclass
class Report:
    """What was found, by kind; the rows are in the file."""

    counts: dict[Found, int] = field(default_factory=lambda: dict.fromkeys(Found, 0))
    duplicate_skus: int = 0
    """SKUs that several variants of the shop have."""
    linked_now: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """One variant with what was found, for a person."""

    id: str
    name: str
    sku: str
    barcode: str
    found: str
    why: str
    candidates: str
    """`12 [MUG] Mug; 15 [MUG] Mug, old`"""


@contextmanager
def scratch() -> Iterator[sqlite3.Connection]:
    """A database in a temporary file, gone at the end."""
    with tempfile.TemporaryDirectory(prefix="tandem-link-") as folder:
        connection = sqlite3.connect(Path(folder) / "catalogue.db", isolation_level=None)
        try:
            connection.execute("pragma journal_mode = off")
            connection.execute("pragma synchronous = off")
            connection.execute("pragma cache_size = -4096")  # 4 MiB, whatever the catalogue
            connection.execute(_TABLE)
            yield connection
        finally:
            connection.close()


@dataclass
class Linking:
    """One run for one store. `dry_run` writes nothing anywhere."""

    store: str
    shopify: ShopifyClient
    odoo: OdooClient
    ledger: Ledger
    db: sqlite3.Connection
    progress: Progress = lambda *_: None
    dry_run: bool = False
    ask: bool = False
    """Whether products with a question are announced, so that their records are held with the candidates."""

    def run(self) -> Report:
        """Raises the clients' failures and LedgerUnavailable; run again, it goes on from what is linked."""
        self._read()
        self._match()
        self._only_once()
        report = self._count()
        if not self.dry_run:
            report.linked_now = self._record()
            if self.ask:
                self._announce()
        return report

    def rows(self, *found: Found, limit: int = -1) -> Iterator[Row]:
        query = (
            "select id, name, sku, barcode, found, coalesce(why, ''), coalesce(candidates, '') from variant "
            "where instr(?, found) order by number limit ?"
        )
        for values in self.db.execute(query, (" ".join(found), limit)):
            yield Row(*values)

    def _read(self) -> None:
        done = 0
        for page in variant_pages(self.shopify):
            rows = [
                (int(v.id), v.id, v.product_id, v.name, normalise_code(v.sku), normalise_code(v.barcode))
                for v in page.variants
            ]
            self.db.executemany(
                "insert or replace into variant (number, id, product, name, sku, barcode) values (?, ?, ?, ?, ?, ?)",
                rows,
            )
            done += len(rows)
            self.progress("Reading Shopify", done, max(page.total, done))
        for code in ("sku", "barcode"):
            self.db.execute(f"create index variant_{code} on variant ({code})")

    def _match(self) -> None:
        (total,) = self.db.execute("select count(*) from variant").fetchone()
        last, done = -1, 0
        while True:
            variants = [
                Coded(*values)
                for values in self.db.execute(
                    "select id, product, name, sku, barcode from variant where number > ? order by number limit ?",
                    (last, CHUNK),
                )
            ]
            if not variants:
                return
            last, done = int(variants[-1].id), done + len(variants)
            matches = self._match_chunk(variants)
            self.db.executemany(
                "update variant set found = ?, target = ?, target_name = ?, why = ?, candidates = ?, by_code = ? "
                "where number = ?",
                [_values(match) for match in matches],
            )
            self.progress("Asking Odoo", done, total)

    def _match_chunk(self, variants: list[Coded]) -> list[Match]:
        links = {
            id_: target.id for id_, target in self.ledger.links(self.store, VARIANT, [v.id for v in variants]).items()
        }
        products = find_products(
            self.odoo,
            ids=set(links.values()),
            skus={v.sku for v in variants} - {""},
            barcodes={v.barcode for v in variants} - {""},
        )
        owners = self.ledger.linked_to(self.store, PRODUCT, [product.id for product in products])
        taken = {id_: record.source_id for id_, record in owners.items()}
        shared = Shared(self._shared("sku", variants), self._shared("barcode", variants))
        return match_variants(variants, products, links=links, taken=taken, shared=shared)

    def _shared(self, code: str, variants: list[Coded]) -> frozenset[str]:
        codes = sorted({getattr(v, code) for v in variants} - {""})
        marks = ",".join("?" * len(codes))
        query = f"select {code} from variant where {code} in ({marks}) group by {code} having count(*) > 1"  # noqa: S608
        return frozenset(value for (value,) in self.db.execute(query, codes))

    def _only_once(self) -> None:
        """One of Odoo's variants that two of the shop's would be, by different codes: a question as well."""
        self.db.execute("create index variant_target on variant (target)")
        self.db.execute(
            "update variant set found = ?, why = 'another variant in Shopify matches the same product in Odoo', "
            "candidates = target || ' ' || target_name where found = ? and target in "
            "(select target from variant where target is not null group by target having count(*) > 1)",
            (Found.AMBIGUOUS, Found.MATCHED),
        )

    def _count(self) -> Report:
        report = Report()
        for found, count in self.db.execute("select found, count(*) from variant group by found"):
            report.counts[Found(found)] = count
        report.total = sum(report.counts.values())
        query = "select count(*) from (select sku from variant where sku != '' group by sku having count(*) > 1)"
        (report.duplicate_skus,) = self.db.execute(query).fetchone()
        return report

    def _record(self) -> int:
        done = 0
        query = "select id, name, target, target_name from variant where found = ? order by number"
        cursor = self.db.execute(query, (Found.MATCHED,))
        while rows := cursor.fetchmany(CHUNK):
            self.ledger.link(
                self.store, [Link(VARIANT, id_, Target(PRODUCT, target, to), name) for id_, name, target, to in rows]
            )
            done += len(rows)
            self.progress("Recording links", done, done)
        return done

    def _announce(self) -> None:
        query = "select distinct product from variant where found in (?, ?)"
        cursor = self.db.execute(query, (Found.MISSING, Found.AMBIGUOUS))
        while rows := cursor.fetchmany(CHUNK):
            self.ledger.record_hints([Hint(self.store, "product", one, why="products link") for (one,) in rows])


def _values(match: Match) -> tuple[object, ...]:
    product = match.product
    candidates = "; ".join(f"{c.id} [{c.default_code}] {c.name}" for c in match.candidates)
    return (
        match.found,
        product.id if product else None,
        product.name if product else None,
        match.why,
        candidates,
        match.by,
        int(match.variant.id),
    )
