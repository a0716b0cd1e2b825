"""What Shopify's mutations take of a product, and what of it differs from what Shopify shows. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from html import unescape
from typing import Any

from libs.common.domain.products import Product, Variant
from services.workers.products.checks import amount, weight_in

_TAG = re.compile(r"<[^>]*>")
_NO_OPTION = [{"optionName": "Title", "name": "Default Title"}]


def differences(wanted: Product, there: Product, pairs: Mapping[int, str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Fields of the product, and by variant id those of its variants; `pairs` says which is which, by place."""
    present = product_fields(there)
    fields = {
        name: value
        for name, value in product_fields(wanted).items()
        if (_folded(value) != _folded(present[name]) if name == "tags" else value != present[name])
    }
    by_id = {one.id: one for one in there.variants}
    variants: dict[str, Any] = {}
    for place, one in enumerate(wanted.variants):
        other = by_id.get(pairs.get(place, ""))
        if other is not None and (changed := _variant_differences(one, other)):
            variants[other.id] = changed
    return fields, variants


def still_differs(wanted: Product, shown: Product, pairs: Mapping[int, str]) -> list[str]:
    """What Shopify shows otherwise than it was told, in names for a person; a description by its words.

    Shopify tidies the markup of a description; that is no other description.
    """
    fields, variants = differences(wanted, shown, pairs)
    if _words(wanted.description_html) == _words(shown.description_html):
        fields.pop("descriptionHtml", None)
    found = {*fields}
    for values in variants.values():
        found |= {name for name in values if name != "inventoryItem"} | {*values.get("inventoryItem", ())}
    if len(pairs) < len(wanted.variants):
        found.add("variants")
    return sorted(found)


def _words(html: str) -> list[str]:
    return unescape(_TAG.sub(" ", html)).split()


def _folded(tags: Sequence[str]) -> list[str]:
    """Capitals make no other tag in Shopify."""
    return sorted(tag.casefold() for tag in tags)


def pair(
    wanted: Product, there: Product, known: Mapping[int, str], others: Collection[str] = frozenset()
) -> dict[int, str]:
    """Which variant of Shopify's each is, by its place: by link, barcode, SKU, then by its options.

    `others` are linked to variants of Odoo's that are not told, archived ones say: they are nobody else's.
    """
    free = {one.id: one for one in there.variants if one.id not in others}
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


def product_fields(product: Product) -> dict[str, Any]:
    return {
        "title": product.title,
        "descriptionHtml": product.description_html,
        "productType": product.type,
        "tags": sorted(product.tags),
        "status": product.status,
    }


def structure(wanted: Product, pairs: Mapping[int, str], there: Product | None = None) -> dict[str, Any]:
    """Options and all variants: what `productSet` is not told of it would delete, so others stay as they are."""
    kept = [one for one in (there.variants if there else ()) if one.id not in pairs.values()]
    every = [option for one in (*wanted.variants, *kept) for option in one.options]
    values = {name: dict.fromkeys(v for n, v in every if n == name) for name in dict.fromkeys(n for n, _ in every)}
    options = [{"name": name, "values": [{"name": v} for v in found]} for name, found in values.items()]
    variants = [
        _named(_variant_input(one, new=place not in pairs), one, pairs.get(place))
        for place, one in enumerate(wanted.variants)
    ]
    variants += [_named({}, one, one.id) for one in kept]
    return {
        "productOptions": options or [{"name": "Title", "values": [{"name": "Default Title"}]}],
        "variants": variants,
    }


def _named(values: dict[str, Any], one: Variant, variant_id: str | None) -> dict[str, Any]:
    options = [{"optionName": name, "name": value} for name, value in one.options] or _NO_OPTION
    named = {"id": f"gid://shopify/ProductVariant/{variant_id}"} if variant_id else {}
    return {**named, **values, "optionValues": options}


def _variant_input(one: Variant, *, new: bool = False) -> dict[str, Any]:
    """All of a variant, as both mutations take it; of a new one also what a person may change in Shopify afterwards."""
    item: dict[str, Any] = {
        "sku": one.sku,
        "measurement": {"weight": {"value": float(one.weight), "unit": one.weight_unit}},
    }
    if new:
        item |= {"tracked": one.tracked, "requiresShipping": one.requires_shipping}
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
