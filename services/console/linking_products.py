"""The whole catalogue linked in bulk: one request to Shopify for 250 variants, one to Odoo for 500."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from libs.common.domain.linking import Coded, Found, Match, Shared, match_variants
from libs.common.domain.matching import normalise_code
from libs.common.ledger.model import Hint
from libs.common.odoo.products import find_products
from libs.common.shopify.variants import variant_pages
from libs.common.shopify.walking import Page
from services.console.linking import CHUNK, Finding, Kept, Linking, Report


@dataclass(kw_only=True)
class LinkingProducts(Linking):
    """The shop's variants with Odoo's."""

    ENTITY = "variant"
    MODEL = "product.product"
    KEYS = ("sku", "barcode")
    ALSO = ("product",)
    MATCHING = "Asking Odoo"
    TWICE = "another variant in Shopify matches the same product in Odoo"

    ask: bool = False
    """Whether products with a question are announced, so that their records are held with the candidates."""

    def run(self) -> Report:
        report = super().run()
        if self.ask and not self.dry_run:
            self._announce()
        return report

    def _pages(self) -> Iterator[Page[Kept]]:
        for page in variant_pages(self.shopify):
            kept = (
                (int(v.id), v.name, normalise_code(v.sku), normalise_code(v.barcode), v.product_id)
                for v in page.records
            )
            yield Page(tuple(kept), page.total)

    def _read(self) -> None:
        super()._read()
        for code in self.KEYS:
            self.db.execute(f"create index shop_{code} on shop ({code})")

    def _match_chunk(self, chunk: Sequence[Kept]) -> Iterator[Finding]:
        variants = [Coded(str(number), product, name, sku, barcode) for number, name, sku, barcode, product in chunk]
        links = {
            id_: target.id
            for id_, target in self.ledger.links(self.store, self.ENTITY, [v.id for v in variants]).items()
        }
        products = find_products(
            self.odoo,
            ids=set(links.values()),
            skus={v.sku for v in variants} - {""},
            barcodes={v.barcode for v in variants} - {""},
        )
        owners = self.ledger.linked_to(self.store, self.MODEL, [product.id for product in products])
        holders = {id_: record.source_id for id_, record in owners.items()}
        present = self._present(set(holders.values()))
        taken = {id_: variant for id_, variant in holders.items() if variant in present}
        shared = Shared(self._shared("sku", variants), self._shared("barcode", variants))
        for match in match_variants(variants, products, links=links, taken=taken, shared=shared):
            found = _finding(match)
            if match.found is Found.MATCHED and match.product:
                holder = holders.get(match.product.id)
                free = holder is not None and holder not in present
                found = found._replace(before=links.get(match.variant.id), holder=holder if free else None)
            yield found

    def _present(self, variants: set[str]) -> set[str]:
        """Those of these that the shop has; one that was made after it was read is not gone either."""
        numbers = sorted(int(one) for one in variants)
        marks = ",".join("?" * len(numbers))
        found = self.db.execute(f"select number from shop where number in ({marks})", numbers)  # noqa: S608 - marks
        (last,) = self.db.execute("select coalesce(max(number), 0) from shop").fetchone()
        return {str(number) for (number,) in found} | {str(number) for number in numbers if number > last}

    def _shared(self, code: str, variants: list[Coded]) -> frozenset[str]:
        codes = sorted({getattr(v, code) for v in variants} - {""})
        marks = ",".join("?" * len(codes))
        query = f"select {code} from shop where {code} in ({marks}) group by {code} having count(*) > 1"  # noqa: S608
        return frozenset(value for (value,) in self.db.execute(query, codes))

    def _beside(self) -> dict[str, int]:
        query = "select count(*) from (select sku from shop where sku != '' group by sku having count(*) > 1)"
        return {"duplicate_skus": self.db.execute(query).fetchone()[0]}

    def _announce(self) -> None:
        query = "select distinct product from shop where found in (?, ?)"
        cursor = self.db.execute(query, (Found.MISSING, Found.AMBIGUOUS))
        while rows := cursor.fetchmany(CHUNK):
            self.ledger.record_hints([Hint(self.store, "product", one, why="products link") for (one,) in rows])


def _finding(match: Match) -> Finding:
    product = match.product
    candidates = "; ".join(f"{c.id} [{c.default_code}] {c.name}" for c in match.candidates)
    number = int(match.variant.id)
    if product is None:
        return Finding(number, match.found, why=match.why, candidates=candidates)
    return Finding(number, match.found, product.id, product.name, match.why, candidates)
