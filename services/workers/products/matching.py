"""Which of Odoo's variants each variant of a product is; none or several is a question to a person. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from libs.common.domain.linking import Coded, Found, Match, Shared, match_variants
from libs.common.domain.outcomes import Hold
from libs.common.domain.products import Product
from services.workers.products.checks import hold_for
from services.workers.products.model import Known, Situation


@dataclass(frozen=True, slots=True)
class Matched:
    """Variant id in Shopify to the variant in Odoo; `missing` are those Odoo does not have."""

    found: dict[str, Known] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    why: str = ""
    """Why the first missing one is missing."""

    @property
    def templates(self) -> set[int]:
        return {one.template_id for one in self.found.values()}


def match(situation: Situation, product: Product) -> Matched | Hold:
    """The ladder for every variant; a Hold with the candidates where it does not decide."""
    coded = [Coded(one.id, product.id, one.sku or one.id, one.sku, one.barcode) for one in product.variants]
    known = {one.fact.id: one for one in situation.near}
    shared = Shared(situation.shared, situation.shared)
    facts = [one.fact for one in situation.near]
    matches = match_variants(coded, facts, links=situation.links, taken=situation.taken, shared=shared)
    for one in matches:
        if one.found is Found.AMBIGUOUS:
            return _ambiguous(product, one)
    found = {one.variant.id: known[one.product.id] for one in matches if one.product}
    if len({one.fact.id for one in found.values()}) < len(found):
        what = "two of its variants are the same product in Odoo"
        return hold_for("product_ambiguous", product, what, "give each variant its own SKU and barcode, then retry")
    missing = [one for one in matches if one.found is Found.MISSING]
    return Matched(found, tuple(one.variant.id for one in missing), _why(missing))


def archived(situation: Situation, matched: Matched, product: Product) -> Hold | None:
    """An archived product in Odoo with a code of a variant that is missing: making another one would double it."""
    missing = [one for one in product.variants if one.id in matched.missing]
    codes = {code for one in missing for code in (one.sku, one.barcode) if code}
    for known in situation.near:
        if not known.fact.active and codes & {known.fact.default_code, known.fact.barcode}:
            what = f"{known.fact.name} is archived in Odoo and has the same code"
            hint = "unarchive it in Odoo, or take its SKU and barcode away, then retry"
            return hold_for("product_archived", product, what, hint, odoo=str(known.fact.id))
    return None


def _ambiguous(product: Product, one: Match) -> Hold:
    candidates = "; ".join(f"{c.id} [{c.default_code}] {c.name}" for c in one.candidates)
    hint = "correct the SKU or barcode on either side, then retry"
    what = f"variant {one.variant.name}: {one.why}"
    return hold_for("product_ambiguous", product, what, hint, variant=one.variant.id, candidates=candidates)


def _why(missing: Sequence[Match]) -> str:
    return f"variant {missing[0].variant.name} {missing[0].why}" if missing else ""
