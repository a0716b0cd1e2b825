"""What a product must be for Odoo to take it; each refusal names the variant and says what to do. Pure."""

from __future__ import annotations

from collections import Counter
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from libs.common.domain.outcomes import Hold
from libs.common.domain.products import KILOGRAMS, Product, Variant

#: Shopify's own limit; a longer one comes from an import gone wrong.
CODE_LENGTH = 255
MOST_VARIANTS = 2048


def unfit(product: Product) -> Hold | None:
    """The first thing wrong with it."""
    if not product.title.strip():
        return hold_for("product_untitled", product, "it has no title", "give it a title in Shopify, then retry")
    if not 0 < len(product.variants) <= MOST_VARIANTS:
        count = len(product.variants)
        return hold_for("variants_unfit", product, f"it has {count} variants", "look at the product in Shopify")
    for variant in product.variants:
        found = _unfit_variant(product, variant)
        if found is not None:
            return found
    return _twice(product)


def amount(text: str) -> Decimal | None:
    """None for what is no amount of money."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() and number >= 0 else None


def weight_in(unit: str, variant: Variant) -> Decimal:
    """Its weight in another unit, to a thousandth of it; a unit nobody knows is refused before anything is written."""
    if variant.weight_unit == unit:
        return variant.weight
    kilograms = variant.weight * KILOGRAMS.get(variant.weight_unit, Decimal(1))
    return (kilograms / KILOGRAMS[unit]).quantize(Decimal("0.001"), rounding=ROUND_HALF_UP)


def told(variant: Variant) -> str:
    """How a person finds the variant: its SKU, else its number."""
    return f"variant {variant.sku[:60]}" if variant.sku else f"variant {variant.id}"


def code_too_long(product: Product, variant: Variant, to_do: str) -> Hold | None:
    for label, code in (("SKU", variant.sku), ("barcode", variant.barcode)):
        if len(code) > CODE_LENGTH:
            what = f"the {label} of {told(variant)} has {len(code)} characters; {CODE_LENGTH} are the most"
            return hold_for("code_too_long", product, what, to_do, variant=variant.id)
    return None


def _unfit_variant(product: Product, variant: Variant) -> Hold | None:
    refusal = code_too_long(product, variant, "shorten it in Shopify")
    if refusal is not None:
        return refusal
    for label, text in (("price", variant.price), ("compare-at price", variant.compare_at), ("cost", variant.cost)):
        if (text or label == "price") and amount(text) is None:
            what = f"the {label} of {told(variant)} is {text[:40]!r}, which is no amount"
            return hold_for("price_unreadable", product, what, "correct it in Shopify", variant=variant.id)
    if variant.weight and variant.weight_unit not in KILOGRAMS:
        what = f"{told(variant)} weighs {variant.weight} {variant.weight_unit}, a unit Tandem does not know"
        return hold_for("unit_unknown", product, what, "give its weight in kg, g, lb or oz", variant=variant.id)
    return None


def _twice(product: Product) -> Hold | None:
    barcodes = Counter(one.barcode for one in product.variants if one.barcode)
    for barcode, count in barcodes.items():
        if count > 1:
            what = f"{count} of its variants have the barcode {barcode}"
            return hold_for("barcode_twice", product, what, "give each variant its own barcode in Shopify")
    return None


def hold_for(code: str, product: Product, what: str, to_do: str, **details: str) -> Hold:
    return Hold(code, f"{product.title[:80] or product.id!r}: {what}", to_do, {"product_id": product.id, **details})
