"""Which of Odoo's variants each variant of a product is; none or several is a question to a person. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from libs.common.domain.linking import Coded, Found, Match, Shared, match_variants
from libs.common.domain.matching import ProductFact, normalise_code
from libs.common.domain.outcomes import Hold
from libs.common.domain.products import OdooVariant, Product, Template
from services.workers.products.checks import hold_for
from services.workers.products.model import Known, Situation

Values = frozenset[tuple[str, str]]


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
    """The ladder for every variant, then its values among its own template's; a Hold where nothing decides.

    What was linked to a variant that Shopify has no more is free for the one that took its place.
    """
    matches = _by_codes(situation, product)
    known = {one.fact.id: one for one in situation.near}
    found = {one.variant.id: known[one.product.id] for one in matches if one.product}
    if len({one.fact.id for one in found.values()}) < len(found):
        what = "two of its variants are the same product in Odoo"
        return hold_for("product_ambiguous", product, what, "give each variant its own SKU and barcode, then retry")
    left = [one for one in matches if one.product is None]
    own = situation.template if situation.target_id or found else None
    by_values = _by_values(situation, own, {one.fact.id for one in found.values()}) if left else {}
    options = {one.id: frozenset(one.options) for one in product.variants}
    missing = []
    for one in left:
        there = by_values.pop(options[one.variant.id], None)
        if one.found is Found.AMBIGUOUS and not _all_of(own, situation, one):
            return _ambiguous(product, one)
        if there is not None and own is not None:
            found[one.variant.id] = Known(_fact(own, there), own.id)
        elif (title := situation.claimed.get(one.variant.sku)) is not None:
            return _claimed(product, one, title)
        else:
            missing.append(one)
    return Matched(found, tuple(one.variant.id for one in missing), _why(missing))


def _by_codes(situation: Situation, product: Product) -> list[Match]:
    coded = [Coded(one.id, product.id, one.sku or one.id, one.sku, one.barcode) for one in product.variants]
    twice = {sku for sku, count in Counter(one.sku for one in coded).items() if count > 1}
    shared = Shared(situation.shared | twice, situation.shared)
    taken = {there: variant for there, variant in situation.taken.items() if variant not in situation.gone}
    facts = [_of_now(one.fact, situation.owners.get(taken.get(one.fact.id, ""))) for one in situation.near]
    return match_variants(coded, facts, links=situation.links, taken=taken, shared=shared)


def _of_now(fact: ProductFact, owner: Coded | None) -> ProductFact:
    """Without the codes that the variant it is linked to has given away: they are on their way to another one."""
    if owner is None:
        return fact
    sku, barcode = normalise_code(owner.sku), normalise_code(owner.barcode)
    return replace(
        fact,
        default_code=fact.default_code if fact.default_code == sku else "",
        barcode=fact.barcode if fact.barcode == barcode else "",
    )


def _by_values(situation: Situation, template: Template | None, used: set[int]) -> dict[Values, OdooVariant]:
    """Variants of its template that are nobody's, by their values; of several the one in use, then the newest."""
    if template is None or not template.lines:
        return {}
    free = {"", *situation.gone}
    nobodys = [one for one in template.variants if one.id not in used and situation.taken.get(one.id, "") in free]
    ordered = sorted(nobodys, key=lambda one: (one.active, one.id))
    return {frozenset(template.options_of(one).items()): one for one in ordered}


def _all_of(template: Template | None, situation: Situation, one: Match) -> bool:
    """Whether all that have its code are variants of its own template, where its values tell which it is."""
    templates = {known.fact.id: known.template_id for known in situation.near}
    return template is not None and {templates[candidate.id] for candidate in one.candidates} == {template.id}


def left_by(situation: Situation, there: Mapping[str, Known]) -> dict[int, str]:
    """By `product.product`: the variant that had it and that Shopify has no more."""
    ids = {one.fact.id for one in there.values()}
    return {id_: variant for id_, variant in situation.taken.items() if id_ in ids and variant in situation.gone}


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


def _fact(template: Template, there: OdooVariant) -> ProductFact:
    return ProductFact(there.id, template.name, there.default_code, there.barcode, there.active)


def _ambiguous(product: Product, one: Match) -> Hold:
    candidates = "; ".join(f"{c.id} [{c.default_code}] {c.name}" for c in one.candidates)
    hint = "correct the SKU or barcode on either side, then retry"
    what = f"variant {one.variant.name}: {one.why}"
    return hold_for("product_ambiguous", product, what, hint, variant=one.variant.id, candidates=candidates)


def _claimed(product: Product, one: Match, title: str) -> Hold:
    what = f"variant {one.variant.name}: {title[:80]!r} in Shopify has the same SKU"
    hint = "give each product its own SKU, then retry"
    return hold_for("product_ambiguous", product, what, hint, variant=one.variant.id)


def _why(missing: Sequence[Match]) -> str:
    return f"variant {missing[0].variant.name} {missing[0].why}" if missing else ""
