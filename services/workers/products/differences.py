"""What of a product differs in Odoo: compared field by field, so that a repeat writes nothing. Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from libs.common.domain.digests import digest
from libs.common.domain.products import ARCHIVED, OdooVariant, Product, Template, Variant
from libs.common.domain.variant_prices import Extras, decompose
from services.workers.products.checks import amount, weight_in

#: Odoo keeps two decimals of a weight, unless somebody has set more; prices have no more on either side.
HUNDREDTH = Decimal("0.005")
#: What must be equal to the cent.
PRICES = frozenset({"list_price", "compare_list_price"})


def extras_of(product: Product) -> Extras:
    return decompose([(one.options, amount(one.price) or Decimal(0)) for one in product.variants])


def exact_prices(product: Product, extras: Extras) -> dict[str, Decimal]:
    """By variant id: the prices that no sum of extras gives."""
    prices = ((one, amount(one.price) or Decimal(0)) for one in product.variants)
    return {one.id: price for one, price in prices if extras.price(one.options) != price}


def not_kept(product: Product, optional: frozenset[str]) -> str:
    """What this Odoo has no field for, or but one for all variants, in words; "" when everything has its place."""
    codes = {one.hs_code for one in product.variants} - {""}
    compared = {amount(one.compare_at) or Decimal(0) for one in product.variants}
    found = []
    if compared != {Decimal(0)} and "compare_list_price" not in optional:
        found.append("compare-at price (Odoo has a field for it with its app website_sale)")
    elif len(compared) > 1:
        found.append("compare-at prices but that of the cheapest variant (Odoo has one for all)")
    if codes and "hs_code" not in optional:
        found.append("harmonized system code (Odoo has a field for it with its app stock_delivery)")
    elif len(codes) > 1:
        found.append("harmonized system codes but the first (Odoo has one for all variants)")
    return "; ".join(found)


def tags_of(product: Product) -> tuple[str, ...]:
    """The product's tags and its vendor, each once."""
    names = dict.fromkeys(" ".join(one.split()) for one in (*product.tags, product.vendor))
    return tuple(name for name in names if name)


def template_values(product: Product, base: Decimal, optional: frozenset[str]) -> dict[str, Any]:
    """What the template is to be, by field of `product.template`."""
    cheapest = min(product.variants, key=lambda one: amount(one.price) or Decimal(0))
    values: dict[str, Any] = {
        "name": " ".join(product.title.split()),
        "list_price": base,
        "active": product.status != ARCHIVED,
    }
    if "hs_code" in optional:
        values["hs_code"] = next((one.hs_code for one in product.variants if one.hs_code), "")
    if "compare_list_price" in optional:
        values["compare_list_price"] = amount(cheapest.compare_at) or Decimal(0)
    return values


def variant_values(variant: Variant, weight_unit: str = "KILOGRAMS") -> dict[str, Any]:
    """What the variant is to be, by field of `product.product`; a cost that Shopify does not keep is left alone.

    `weight_unit` is what this Odoo weighs in.
    """
    values: dict[str, Any] = {
        "default_code": variant.sku,
        "barcode": variant.barcode,
        "weight": weight_in(weight_unit, variant),
    }
    if variant.cost:
        values["standard_price"] = amount(variant.cost)
    return values


def template_differences(product: Product, template: Template, base: Decimal) -> dict[str, Any]:
    present: dict[str, Any] = {
        "name": template.name,
        "list_price": template.list_price,
        "active": template.active,
        "hs_code": template.hs_code,
        "compare_list_price": template.compare_at,
    }
    wanted = template_values(product, base, template.optional)
    return {
        name: value
        for name, value in wanted.items()
        if (value != present[name] if name in PRICES else not same(value, present[name]))
    }


def variant_differences(variant: Variant, there: OdooVariant, weight_unit: str, *, active: bool) -> dict[str, Any]:
    present: dict[str, Any] = {
        "default_code": there.default_code,
        "barcode": there.barcode,
        "weight": there.weight,
        "standard_price": there.cost,
    }
    found = {
        name: value for name, value in variant_values(variant, weight_unit).items() if not same(value, present[name])
    }
    if active and not there.active:
        found["active"] = True
    return found


def same(wanted: Any, present: Any) -> bool:
    """Equal, or as near as Odoo's decimals come."""
    if isinstance(wanted, Decimal) and isinstance(present, Decimal):
        return abs(wanted - present) <= HUNDREDTH
    return bool(wanted == present)


def product_digest(product: Product, *, images: bool = True) -> str:
    """One part each for what is compared, the description and the images: `1f…:9a…:00…`.

    Where images are left alone that part is another one, so that they go along once they are not.
    """
    data = (
        product.title,
        product.status,
        product.type,
        sorted(tags_of(product)),
        [
            [one.id, one.options, variant_values(one), one.price, one.compare_at, one.hs_code]
            for one in product.variants
        ],
    )
    shown = {one.id: (one.image.id, one.image.url) for one in product.variants if one.image}
    pictures = [product.image and (product.image.id, product.image.url), shown] if images else "left alone"
    return ":".join(digest(part)[:16] for part in (data, product.description_html, pictures))


def part_changed(number: int, wanted: str, synced: str | None) -> bool:
    """Whether a part (1 the description, 2 the images) is another than was applied last."""
    parts = (synced or "").split(":")
    return len(parts) <= number or parts[number] != wanted.split(":")[number]
