"""What to tell Shopify about one of Odoo's products: pure, and only what differs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from libs.common.domain.digests import digest
from libs.common.domain.matching import normalise_code
from libs.common.domain.money import currency_digits, round_half_up
from libs.common.domain.outcomes import Hold, Ignore, Nothing
from libs.common.domain.pricelists import NoPricelist, Priced, price_by
from libs.common.domain.products import OdooVariant, Product, Template, Variant
from libs.common.domain.rules import StoreRules
from libs.common.domain.rules_products import Lead, ProductRules
from services.workers.products.checks import code_too_long, hold_for
from services.workers.products.differences import part_changed
from services.workers.products.to_shopify.inputs import differences, pair, product_fields, structure
from services.workers.products.to_shopify.model import Changes, Picture, Situation

MOST_OPTIONS = 3
MOST_VARIANTS = 2048
MOST_PICTURES = 250
DRAFT, ACTIVE = "DRAFT", "ACTIVE"
_EVER = datetime.min.replace(tzinfo=UTC)


def plan(situation: Situation, rules: StoreRules) -> Changes | Hold | Ignore | Nothing:
    """Decide about one template, where Odoo leads. What is gone, archived or not sold is a draft, never deleted."""
    chosen = rules.products
    if chosen.lead is not Lead.ODOO:
        return Ignore(f"products.lead: {chosen.lead.value}")
    template = situation.template
    if template is None:
        return _gone(situation)
    left_out = _left_out(situation, template, chosen)
    if left_out:
        return Ignore(left_out)
    shown = _shown(situation, template, chosen)
    if isinstance(shown, Hold):
        return shown
    wanted, sources = shown
    pictures = pictures_of(template, sources)
    fingerprint = f"{wanted_digest(wanted)}:{_pictures_digest(template, pictures)}"
    if situation.target_id and situation.synced_digest == fingerprint:
        return Nothing(fingerprint)
    refusal = _unclear(situation, wanted) or _unfit(wanted, len(pictures)) or _other_money(situation, wanted, chosen)
    if refusal:
        return refusal
    base = Changes(
        record_id=situation.record_id,
        version=template.write_date,
        digest=fingerprint,
        name=template.name,
        template_id=template.id,
        product_id=situation.product.id if situation.product else None,
        handle=f"odoo-{situation.template_id}",
        wanted=wanted,
        sources=sources,
        linked={one: situation.links[one] for one in sources if one in situation.links},
        others=_others(situation, template, sources),
        claim=situation.claim,
        pictures=pictures if part_changed(3, fingerprint, situation.synced_digest) else (),
    )
    if situation.product is None:
        return replace(base, set=product_fields(wanted) | structure(wanted, {}))
    return _changed(base, situation.product, wanted, sources, situation)


def wanted_digest(wanted: Product) -> str:
    """One part each for the product, its status and its variants; the picture's is added to them."""
    product = (wanted.title, wanted.description_html, wanted.type, sorted(wanted.tags))
    variants = [
        (v.options, v.sku, v.barcode, v.price, v.cost, v.weight, v.weight_unit, v.hs_code, v.compare_at)
        for v in wanted.variants
    ]
    return ":".join(digest(part)[:16] for part in (product, wanted.status, variants))


def pictures_of(template: Template, sources: Sequence[int]) -> tuple[Picture, ...]:
    """Each once, however many variants show it; empty where Odoo was not asked for pictures."""
    found = [Picture(_picture_name(template, template.image), template.id)] if template.image else []
    own: dict[str, list[int]] = {}
    for place, there in enumerate(sources):
        variant = template.variant(there)
        if variant is not None and variant.image:
            own.setdefault(variant.image, []).append(place)
    for image, places in own.items():
        found.append(Picture(_picture_name(template, image), sources[places[0]], True, tuple(places)))
    return tuple(found)


def _picture_name(template: Template, image: str) -> str:
    return f"odoo-{template.id}-{image[:8]}"


def _pictures_digest(template: Template, pictures: Sequence[Picture]) -> str:
    """That of the template's picture where no variant has one of its own."""
    if not any(one.places for one in pictures):
        return template.image[:16]
    return digest([(one.name, one.places) for one in pictures])[:16]


def _gone(situation: Situation) -> Changes | Ignore:
    if situation.product is None:
        return Ignore("deleted in Odoo, and not in Shopify")
    values = {"status": DRAFT} if situation.product.status == ACTIVE else {}
    name = situation.product.title
    template, product = situation.template_id, situation.product.id
    return Changes(situation.record_id, None, "deleted", name, template, product, "", values)


def _left_out(situation: Situation, template: Template, rules: ProductRules) -> str:
    if situation.target_id:
        return ""
    if rules.tag and rules.tag not in template.tags:
        return f"products.tag: {rules.tag}"
    if not rules.tag and template.kind not in {"consu", "product"}:
        return "no goods, and products.tag is not given"
    if not template.active or not template.sale_ok:
        return "archived or not sold in Odoo, and not in Shopify"
    return ""


def _shown(situation: Situation, template: Template, rules: ProductRules) -> tuple[Product, tuple[int, ...]] | Hold:
    """The product as Shopify is to show it, with the variant of Odoo's behind each of its variants."""
    live = [one for one in template.variants if one.active == template.active]
    variants = []
    for one in live:
        try:
            price = _price(situation, template, one, rules)
        except NoPricelist as missing:
            what = f"{template.name}: pricelist {missing} is not in Odoo, or reckons from itself"
            hint = "correct products.pricelist_id in the store's file, or the pricelist's rules in Odoo, then retry"
            return Hold("pricelist_gone", what, hint, {"template_id": template.id})
        variants.append(_variant(template, one, price, _Money(situation, rules)))
    offered = template.active and template.sale_ok and (not rules.tag or rules.tag in template.tags)
    product = Product(
        id="",
        title=template.name.strip(),
        status=ACTIVE if offered else DRAFT,
        updated_at=template.write_date or _EVER,
        description_html=template.description,
        type=template.category.strip(),
        tags=_tags(template, rules.tag),
        variants=tuple(variants),
    )
    return product, tuple(one.id for one in live)


def _tags(template: Template, chosen: str | None) -> tuple[str, ...]:
    """As Shopify keeps them: a comma divides one into two, and capitals make no other one."""
    parts = sorted(part.strip() for tag in template.tags if tag != chosen for part in tag.split(","))
    return tuple({part.casefold(): part for part in reversed(parts) if part}.values())[::-1]


def _others(situation: Situation, template: Template, sources: Sequence[int]) -> frozenset[str]:
    left = {one.id for one in template.variants}.difference(sources)
    return frozenset(situation.links[there] for there in left if there in situation.links)


class _Money:
    """The shop's: what Odoo keeps in the company's currency is converted where a pricelist tells another one."""

    def __init__(self, situation: Situation, rules: ProductRules) -> None:
        self.digits = currency_digits(situation.shop_currency)
        pricelist = situation.prices.get(rules.pricelist_id or 0)
        self.rate = pricelist.currency.rate if pricelist else Decimal(1)

    def of_company(self, amount: Decimal) -> Decimal:
        return self.rounded(amount * self.rate)

    def rounded(self, amount: Decimal) -> Decimal:
        """To the currency's smallest unit, as Odoo rounds."""
        return round_half_up(amount, self.digits)


def _variant(template: Template, one: OdooVariant, price: Decimal, money: _Money) -> Variant:
    price, compare_at = money.rounded(price), money.of_company(template.compare_at)
    options = template.options_of(one)
    return Variant(
        id="",
        sku=normalise_code(one.default_code),
        barcode=normalise_code(one.barcode),
        price=f"{price:f}",
        options=tuple(
            (line.attribute, options[line.attribute]) for line in template.lines if line.attribute in options
        ),
        compare_at=f"{compare_at:f}" if compare_at > price else "",
        cost=f"{money.of_company(one.cost):f}" if one.cost else "",
        requires_shipping=template.kind != "service",
        tracked=template.stored,
        weight=one.weight,
        weight_unit=template.weight_unit,
        hs_code=template.hs_code,
    )


def _price(situation: Situation, template: Template, one: OdooVariant, rules: ProductRules) -> Decimal:
    if rules.pricelist_id is None:
        return one.price
    now = situation.now or _EVER
    priced = Priced(one.id, template.id, one.price, one.cost, template.categories)
    return price_by(situation.prices, rules.pricelist_id, priced, now)


def _unclear(situation: Situation, wanted: Product) -> Hold | None:
    """Several products of Shopify's that may be it, or one that was there and is gone."""
    owners = sorted({one.product_id for one in situation.near})
    if situation.target_id and situation.product is None:
        what = "it was deleted in Shopify, where it had been made"
        hint = "archive it in Odoo; a copy of it is made anew"
        return hold_for("template_gone", wanted, what, hint)
    if situation.target_id is None and len(owners) > 1:
        what = f"its variants are in {len(owners)} products of Shopify"
        hint = "give each code to one product in Shopify, then retry"
        return hold_for("product_ambiguous", wanted, what, hint, candidates=", ".join(owners))
    if situation.target_id is None and situation.claim.by:
        what = f"{situation.claim.by}, in Odoo"
        hint = "give each product its own SKU and barcode in Odoo, then retry"
        return hold_for("product_ambiguous", wanted, what, hint, candidates=", ".join(owners))
    return None


def _other_money(situation: Situation, wanted: Product, rules: ProductRules) -> Hold | None:
    """A number in another currency would be another price."""
    company = situation.company_currency
    if rules.pricelist_id is not None:
        company = situation.prices[rules.pricelist_id].currency.name
    if situation.shop_currency == company:
        return None
    what = f"its prices in Odoo are in {company}, and the shop's in {situation.shop_currency}"
    hint = "name a pricelist in the shop's currency under products.pricelist_id, then retry"
    return hold_for("currency_differs", wanted, what, hint)


def _unfit(wanted: Product, pictures: int) -> Hold | None:
    if pictures > MOST_PICTURES:
        what = f"it and its variants have {pictures} different pictures; Shopify takes {MOST_PICTURES} of a product"
        return hold_for("pictures_too_many", wanted, what, "take some away in Odoo, then retry")
    names = wanted.options
    if not wanted.variants:
        what = "it has attributes and no variant yet"
        return hold_for("variants_unfit", wanted, what, "make a variant of it in Odoo, or archive it, then retry")
    if len(names) > MOST_OPTIONS or len(wanted.variants) > MOST_VARIANTS:
        what = f"it has {len(names)} attributes and {len(wanted.variants)} variants; Shopify takes 3 and 1 to 2048"
        return hold_for("variants_unfit", wanted, what, "divide it into several products in Odoo")
    for one in wanted.variants:
        refusal = code_too_long(wanted, one, "shorten it in Odoo, then retry")
        if refusal is not None:
            return refusal
        if len(one.options) != len(names):
            what = "its variants do not have the same attributes"
            return hold_for("structure_differs", wanted, what, "give each variant a value of every attribute in Odoo")
    return None


def _changed(
    base: Changes, there: Product, wanted: Product, sources: tuple[int, ...], situation: Situation
) -> Changes | Hold:
    known = {place: situation.links[one] for place, one in enumerate(sources) if one in situation.links}
    pairs = pair(wanted, there, known, base.others)
    fields, variants = differences(wanted, there, pairs)
    shown = any(one.places for one in base.pictures)
    if shown or len(pairs) < len(wanted.variants):
        if sorted(wanted.options) != sorted(there.options):
            what = f"its attributes are {list(wanted.options)} and its options in Shopify {list(there.options)}"
            return hold_for("structure_differs", wanted, what, "make them the same on both sides, then retry")
        fields |= structure(wanted, pairs, there)
        variants = {}
    links = {sources[place]: variant for place, variant in pairs.items()}
    return replace(base, set=fields, variants=variants, links=links)
