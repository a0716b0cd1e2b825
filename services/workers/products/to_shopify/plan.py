"""What to tell Shopify about one of Odoo's products: pure, and only what differs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from libs.common.domain.digests import digest
from libs.common.domain.outcomes import Hold, Ignore, Nothing
from libs.common.domain.pricelists import NoPricelist, Priced, price_by
from libs.common.domain.products import OdooVariant, Product, Template, Variant
from libs.common.domain.rules import StoreRules
from libs.common.domain.rules_products import Lead, ProductRules
from services.workers.products.checks import amount, hold_for, weight_in
from services.workers.products.differences import part_changed
from services.workers.products.to_shopify.model import Changes, Situation

MOST_OPTIONS = 3
MOST_VARIANTS = 2048
CODE_LENGTH = 255
DRAFT, ACTIVE = "DRAFT", "ACTIVE"
_NO_OPTION = [{"optionName": "Title", "name": "Default Title"}]


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
    fingerprint = f"{wanted_digest(wanted)}:{template.image[:16]}"
    if situation.target_id and situation.synced_digest == fingerprint:
        return Nothing(fingerprint)
    refusal = _unclear(situation, wanted) or _unfit(wanted)
    if refusal:
        return refusal
    base = Changes(
        record_id=situation.record_id,
        version=template.write_date,
        digest=fingerprint,
        name=template.name,
        product_id=situation.product.id if situation.product else None,
        handle=f"odoo-{situation.template_id}",
        wanted=wanted,
        sources=sources,
        image=template.id if template.image and part_changed(3, fingerprint, situation.synced_digest) else None,
    )
    if situation.product is None:
        return replace(base, set=_product_fields(wanted) | _structure(wanted, {}))
    return _changed(base, situation.product, wanted, sources, situation)


def wanted_digest(wanted: Product) -> str:
    """One part each for the product, its status and its variants; the picture's is added to them."""
    product = (wanted.title, wanted.description_html, wanted.type, sorted(wanted.tags))
    variants = [
        (v.options, v.sku, v.barcode, v.price, v.cost, v.weight, v.weight_unit, v.hs_code, v.compare_at)
        for v in wanted.variants
    ]
    return ":".join(digest(part)[:16] for part in (product, wanted.status, variants))


def differences(wanted: Product, there: Product, pairs: Mapping[int, str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Fields of the product, and by variant id those of its variants; `pairs` says which is which, by place."""
    present = _product_fields(there)
    fields = {
        name: value
        for name, value in _product_fields(wanted).items()
        if (sorted(value) != sorted(present[name]) if name == "tags" else value != present[name])
    }
    by_id = {one.id: one for one in there.variants}
    variants: dict[str, Any] = {}
    for place, one in enumerate(wanted.variants):
        other = by_id.get(pairs.get(place, ""))
        if other is not None and (changed := _variant_differences(one, other)):
            variants[other.id] = changed
    return fields, variants


def pair(wanted: Product, there: Product, known: Mapping[int, str]) -> dict[int, str]:
    """Which variant of Shopify's each is, by its place: by link, barcode, SKU, then by its options."""
    free = {one.id: one for one in there.variants}
    found = {place: variant for place, variant in known.items() if variant in free}
    for variant in found.values():
        free.pop(variant, None)
    same: list[Any] = [
        lambda a, b: bool(a.barcode) and a.barcode == b.barcode,
        lambda a, b: bool(a.sku) and a.sku == b.sku,
        lambda a, b: dict(a.options) == dict(b.options),
    ]
    for fits in same:
        for place, one in enumerate(wanted.variants):
            match = [other for other in free.values() if place not in found and fits(one, other)]
            if len(match) == 1:
                found[place] = match[0].id
                del free[match[0].id]
    return found


def _gone(situation: Situation) -> Changes | Ignore:
    if situation.product is None:
        return Ignore("deleted in Odoo, and not in Shopify")
    values = {"status": DRAFT} if situation.product.status == ACTIVE else {}
    name = situation.product.title
    return Changes(situation.record_id, None, "deleted", name, situation.product.id, "", values)


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
        variants.append(_variant(template, one, price))
    status = ACTIVE if template.active and template.sale_ok else DRAFT
    product = Product(
        id="",
        title=template.name,
        status=status,
        updated_at=template.write_date or datetime.now(UTC),
        description_html=template.description,
        type=template.category,
        tags=tuple(sorted(tag for tag in template.tags if tag != rules.tag)),
        variants=tuple(variants),
    )
    return product, tuple(one.id for one in live)


def _variant(template: Template, one: OdooVariant, price: Decimal) -> Variant:
    options = template.options_of(one)
    return Variant(
        id="",
        sku=one.default_code,
        barcode=one.barcode,
        price=f"{price:.2f}",
        options=tuple(
            (line.attribute, options[line.attribute]) for line in template.lines if line.attribute in options
        ),
        compare_at=f"{template.compare_at:.2f}" if template.compare_at > price else "",
        cost=f"{one.cost:.2f}" if one.cost else "",
        weight=one.weight,
        weight_unit=template.weight_unit,
        hs_code=template.hs_code,
    )


def _price(situation: Situation, template: Template, one: OdooVariant, rules: ProductRules) -> Decimal:
    if rules.pricelist_id is None:
        return one.price
    now = situation.now or datetime.now(UTC)
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
    return None


def _unfit(wanted: Product) -> Hold | None:
    names = wanted.options
    if len(names) > MOST_OPTIONS or not 0 < len(wanted.variants) <= MOST_VARIANTS:
        what = f"it has {len(names)} attributes and {len(wanted.variants)} variants; Shopify takes 3 and 1 to 2048"
        return hold_for("variants_unfit", wanted, what, "divide it into several products in Odoo")
    for one in wanted.variants:
        if max(len(one.sku), len(one.barcode)) > CODE_LENGTH:
            what = f"a SKU or barcode has more than {CODE_LENGTH} characters"
            return hold_for("code_too_long", wanted, what, "shorten it in Odoo")
        if len(one.options) != len(names):
            what = "its variants do not have the same attributes"
            return hold_for("structure_differs", wanted, what, "give each variant a value of every attribute in Odoo")
    return None


def _changed(
    base: Changes, there: Product, wanted: Product, sources: tuple[int, ...], situation: Situation
) -> Changes | Hold:
    known = {place: situation.links[one] for place, one in enumerate(sources) if one in situation.links}
    pairs = pair(wanted, there, known)
    fields, variants = differences(wanted, there, pairs)
    if len(pairs) < len(wanted.variants):
        if sorted(wanted.options) != sorted(there.options):
            what = f"its attributes are {list(wanted.options)} and its options in Shopify {list(there.options)}"
            return hold_for("structure_differs", wanted, what, "make them the same on both sides, then retry")
        fields |= _structure(wanted, pairs, there)
        variants = {}
    links = {sources[place]: variant for place, variant in pairs.items()}
    return replace(base, set=fields, variants=variants, links=links)


def _product_fields(product: Product) -> dict[str, Any]:
    return {
        "title": product.title,
        "descriptionHtml": product.description_html,
        "productType": product.type,
        "tags": sorted(product.tags),
        "status": product.status,
    }


def _structure(wanted: Product, pairs: Mapping[int, str], there: Product | None = None) -> dict[str, Any]:
    """Options and all variants: what `productSet` is not told of it would delete, so others stay as they are."""
    kept = [one for one in (there.variants if there else ()) if one.id not in pairs.values()]
    every = [option for one in (*wanted.variants, *kept) for option in one.options]
    values = {name: dict.fromkeys(v for n, v in every if n == name) for name in dict.fromkeys(n for n, _ in every)}
    options = [{"name": name, "values": [{"name": v} for v in found]} for name, found in values.items()]
    variants = [_named(_variant_input(one), one, pairs.get(place)) for place, one in enumerate(wanted.variants)]
    variants += [_named({}, one, one.id) for one in kept]
    return {
        "productOptions": options or [{"name": "Title", "values": [{"name": "Default Title"}]}],
        "variants": variants,
    }


def _named(values: dict[str, Any], one: Variant, variant_id: str | None) -> dict[str, Any]:
    options = [{"optionName": name, "name": value} for name, value in one.options] or _NO_OPTION
    named = {"id": f"gid://shopify/ProductVariant/{variant_id}"} if variant_id else {}
    return {**named, **values, "optionValues": options}


def _variant_input(one: Variant) -> dict[str, Any]:
    """All of a variant, as both mutations take it."""
    item: dict[str, Any] = {
        "sku": one.sku,
        "measurement": {"weight": {"value": float(one.weight), "unit": one.weight_unit}},
    }
    if one.cost:
        item["cost"] = one.cost
    if one.hs_code:
        item["harmonizedSystemCode"] = one.hs_code
    return {
        "price": one.price,
        "compareAtPrice": one.compare_at or None,
        "barcode": one.barcode or None,
        "inventoryItem": item,
    }


def _variant_differences(wanted: Variant, there: Variant) -> dict[str, Any]:
    every = _variant_input(wanted)
    differs: dict[str, Any] = {}
    if amount(wanted.price) != amount(there.price):
        differs["price"] = every["price"]
    if amount(wanted.compare_at) != amount(there.compare_at):
        differs["compareAtPrice"] = every["compareAtPrice"]
    if wanted.barcode != there.barcode:
        differs["barcode"] = every["barcode"]
    item: dict[str, Any] = {}
    if wanted.sku != there.sku:
        item["sku"] = wanted.sku
    if wanted.cost and amount(wanted.cost) != amount(there.cost):
        item["cost"] = wanted.cost
    if wanted.hs_code and wanted.hs_code != there.hs_code:
        item["harmonizedSystemCode"] = wanted.hs_code
    if wanted.weight != weight_in(wanted.weight_unit, there):
        item["measurement"] = every["inventoryItem"]["measurement"]
    return {**differs, "inventoryItem": item} if item else differs
