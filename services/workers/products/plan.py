"""What to do in Odoo about one product of Shopify's: pure, so that a dry run is this plan printed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from libs.common.domain.digests import digest
from libs.common.domain.matching import ProductFact
from libs.common.domain.outcomes import Hold, Ignore, Nothing
from libs.common.domain.products import ARCHIVED, Product, Template, TemplateValue, Variant
from libs.common.domain.rules import StoreRules
from libs.common.domain.rules_products import Lead
from libs.common.domain.variant_prices import Extras
from services.workers.products.checks import amount, hold_for, unfit
from services.workers.products.differences import (
    exact_prices,
    extras_of,
    part_changed,
    product_digest,
    tags_of,
    template_differences,
    template_values,
    variant_differences,
    variant_values,
)
from services.workers.products.matching import Matched, archived, left_by, match
from services.workers.products.model import Changes, Known, Linked, NewValue, NewVariant, Situation

_DESCRIPTIONS = ("description_ecommerce", "description")


def plan(situation: Situation, rules: StoreRules) -> Changes | Linked | Hold | Ignore | Nothing:
    """Decide about one product of Shopify's, where Shopify leads or where both are only linked."""
    lead = rules.products.lead
    if lead in {Lead.NOBODY, Lead.ODOO}:
        return Ignore(f"products.lead: {lead.value}")
    product = situation.product
    if product is None:
        return _deleted(situation) if lead is Lead.SHOPIFY else Ignore("deleted in Shopify")
    fingerprint = product_digest(product, images=rules.products.images)
    if (situation.target_id is not None or lead is Lead.LINK) and situation.synced_digest == fingerprint:
        return Nothing(fingerprint)
    if lead is Lead.LINK:
        return _linked(situation, product, fingerprint)
    return _lead(situation, product, fingerprint, rules)


def _linked(situation: Situation, product: Product, fingerprint: str) -> Linked | Hold:
    matched = match(situation, product)
    if isinstance(matched, Hold):
        return matched
    if matched.missing:
        hint = "make it in Odoo with this SKU or barcode, then retry"
        return hold_for("product_missing", product, matched.why, hint)
    return Linked(
        situation.record_id,
        product.updated_at,
        fingerprint,
        product.title,
        {variant: known.fact.id for variant, known in matched.found.items()},
        linked=situation.links,
        left=left_by(situation, matched.found),
    )


def _deleted(situation: Situation) -> Changes | Ignore:
    """Archived, never deleted: orders and stock refer to it."""
    template = situation.template
    if template is None:
        return Ignore("deleted in Shopify, and not in Odoo")
    return Changes(
        record_id=situation.record_id,
        version=None,
        digest="deleted",
        name=template.name,
        external_id=f"{situation.module}.product_{situation.source_id}",
        product=None,
        template_id=template.id,
        values={"active": False} if template.active else {},
    )


def _lead(
    situation: Situation, product: Product, fingerprint: str, rules: StoreRules
) -> Changes | Hold | Ignore | Nothing:
    refusal = unfit(product) or _other_money(situation, product)
    if refusal is not None:
        return refusal
    extras = extras_of(product)
    if situation.target_id is not None and situation.template is None:
        what = "it was deleted in Odoo, where it had been made"
        return hold_for("template_gone", product, what, "archive it in Shopify; a copy of it is made anew")
    matched = match(situation, product)
    if isinstance(matched, Hold):
        return matched
    matched = _only_variant(situation, product, matched)
    planned = _Planned(situation, product, extras, matched, fingerprint, images=rules.products.images)
    template = situation.template
    if template is not None and (situation.target_id is not None or matched.templates == {template.id}):
        return planned.changed(template)
    if matched.found:
        what = f"its variants are {len(matched.templates)} different products in Odoo"
        if len(matched.templates) == 1:
            what = "only some of its variants are in Odoo, in a product that others have too"
        return hold_for("product_scattered", product, what, "make it one product in Odoo, or use `products.lead: link`")
    if product.status == ARCHIVED:
        return Ignore("archived in Shopify, and not in Odoo")
    return archived(situation, matched, product) or planned.new()


def _other_money(situation: Situation, product: Product) -> Hold | None:
    """Odoo keeps a price in the company's currency: Shopify's number in it would be another price."""
    shop, company = situation.shop_currency, situation.company_currency
    if shop == company:
        return None
    what = f"its prices are in {shop}, and the company in Odoo has {company}"
    hint = "use `products.lead: link`, or a company of Odoo's in the shop's currency, then retry"
    return hold_for("currency_differs", product, what, hint)


def _only_variant(situation: Situation, product: Product, matched: Matched) -> Matched:
    """A product without options has one variant on either side: known without any code, once its template is."""
    template = situation.template
    if situation.target_id is None or template is None or product.options or not matched.missing:
        return matched
    if len(template.variants) != 1:
        return matched
    there = template.variants[0]
    fact = ProductFact(there.id, template.name, there.default_code, there.barcode, there.active)
    return Matched({product.variants[0].id: Known(fact, template.id)})


class _Planned:
    """The product at hand."""

    def __init__(
        self,
        situation: Situation,
        product: Product,
        extras: Extras,
        matched: Matched,
        fingerprint: str,
        *,
        images: bool,
    ) -> None:
        self.situation = situation
        self.product = product
        self.extras = extras
        self.matched = matched
        self.fingerprint = fingerprint
        self.images = images

    def new(self) -> Changes:
        product = self.product
        values = template_values(product, self.extras.base, self.situation.optional) | self._description(None)
        single = not product.options
        if single:
            values |= variant_values(product.variants[0], self.situation.weight_unit)
        return self._changes(
            values=values,
            category=product.type or None,
            tags=tags_of(product),
            new_values=() if single else self._values(list(self.extras.extra)),
            exact=exact_prices(product, self.extras),
            new_variants=() if single else tuple(self._variant(one, None) for one in product.variants),
        )

    def changed(self, template: Template) -> Changes | Hold:
        product = self.product
        refusal = self._misshapen(template)
        if refusal is not None:
            return refusal
        known = _values_by_name(template)
        extras = {
            known[one].id: extra
            for one, extra in self.extras.extra.items()
            if one in known and known[one].price_extra != extra
        }
        live = product.status != ARCHIVED
        variants: dict[int, dict[str, Any]] = {}
        for one in product.variants:
            found = self.matched.found.get(one.id)
            there = template.variant(found.fact.id) if found else None
            if there is not None and (changes := variant_differences(one, there, template.weight_unit, active=live)):
                variants[there.id] = changes
        kept = {found.fact.id for found in self.matched.found.values()}
        for there in template.variants:
            gone = self.situation.taken.get(there.id) in self.situation.gone
            if there.id not in kept and gone and there.active and live:
                variants[there.id] = {"active": False}
        return self._changes(
            template_id=template.id,
            values=template_differences(product, template, self.extras.base) | self._description(template),
            category=product.type if product.type and product.type != template.category else None,
            tags=tags_of(product) if frozenset(tags_of(product)) != template.tags else None,
            new_values=self._values([one for one in self.extras.extra if one not in known]),
            extras=extras,
            exact=self._exact(template),
            rules={one.id: self.situation.exact[one.id] for one in template.variants if one.id in self.situation.exact},
            new_variants=tuple(self._variant(one, known) for one in product.variants if one.id in self.matched.missing),
            variants=variants,
            barcodes={one.id: one.barcode for one in template.variants if "barcode" in variants.get(one.id, ())},
        )

    def _exact(self, template: Template) -> dict[str, Decimal]:
        """A price that needs a rule, and one that has a rule of another price."""
        needed = exact_prices(self.product, self.extras)
        found: dict[str, Decimal] = {}
        for one in self.product.variants:
            known = self.matched.found.get(one.id)
            rule = self.situation.exact.get(known.fact.id) if known and template.variant(known.fact.id) else None
            price = amount(one.price) or Decimal(0)
            if rule.price != price if rule else one.id in needed:
                found[one.id] = price
        return found

    def _misshapen(self, template: Template) -> Hold | None:
        """Whether the template's attributes are not the product's options: nobody can tell which is which then."""
        names, lines = list(self.product.options), [line.attribute for line in template.lines]
        what = ""
        if sorted(names) != sorted(lines):
            what = f"its options are {names or 'none'} and those of the product in Odoo {lines or 'none'}"
        elif not names and self.matched.missing:
            what = f"{self.matched.why}, and the product in Odoo has no attributes to tell two variants apart"
        for one in self.product.variants:
            found = self.matched.found.get(one.id)
            there = template.variant(found.fact.id) if found else None
            if found and there is None:
                what = f"variant {one.sku or one.id} is a variant of another product in Odoo"
            elif there is not None and there.values and template.options_of(there) != dict(one.options):
                was = " / ".join(template.options_of(there).values())
                what = f"variant {one.sku or one.id} is {was} in Odoo and {' / '.join(v for _, v in one.options)} now"
        hint = "change the variants in Odoo by hand (orders refer to them), then retry"
        return hold_for("structure_differs", self.product, what, hint) if what else None

    def _description(self, template: Template | None) -> dict[str, Any]:
        field = next((name for name in _DESCRIPTIONS if name in self.situation.optional), "description")
        if template is not None and not part_changed(1, self.fingerprint, self.situation.synced_digest):
            return {}
        return {field: self.product.description_html}

    def _values(self, wanted: list[tuple[str, str]]) -> tuple[NewValue, ...]:
        order = {name: number for number, name in enumerate(self.product.options)}
        listed = sorted(wanted, key=lambda one: order[one[0]])
        return tuple(NewValue(o, v, self.extras.extra[o, v], self._value_id(o, v)) for o, v in listed)

    def _value_id(self, option: str, value: str) -> str:
        return f"{self.situation.module}.ptav_{self.product.id}_{digest([option, value])[:16]}"

    def _variant(self, variant: Variant, known: dict[tuple[str, str], TemplateValue] | None) -> NewVariant:
        values = [known[one].id if known and one in known else self._value_id(*one) for one in variant.options]
        external_id = f"{self.situation.module}.product_variant_{variant.id}"
        unit = self.situation.template.weight_unit if self.situation.template else self.situation.weight_unit
        cells = variant_values(variant, unit)
        return NewVariant(variant.id, external_id, tuple(values), cells)

    def _changes(self, **parts: Any) -> Changes:
        product, synced = self.product, self.situation.synced_digest
        with_images = self.images and part_changed(2, self.fingerprint, synced)
        pictures = {one.id: one.image for one in product.variants if one.image and product.options}
        return Changes(
            record_id=self.situation.record_id,
            version=product.updated_at,
            digest=self.fingerprint,
            name=product.title,
            external_id=f"{self.situation.module}.product_{product.id}",
            product=product,
            links={variant: known.fact.id for variant, known in self.matched.found.items()},
            linked=self.situation.links,
            left=left_by(self.situation, self.matched.found),
            image=product.image if with_images else None,
            variant_images=pictures if with_images else {},
            stored=any(one.requires_shipping for one in product.variants),
            **parts,
        )


def _values_by_name(template: Template) -> dict[tuple[str, str], TemplateValue]:
    return {(line.attribute, value.name): value for line in template.lines for value in line.values}
