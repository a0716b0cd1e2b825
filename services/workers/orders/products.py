"""Which product of Odoo's a line has: the one sold, or one that carries money without a product of its own."""

from __future__ import annotations

from typing import NoReturn

from libs.common.domain.digests import digest
from libs.common.domain.matching import Ambiguous, archived_twin, match_product
from libs.common.domain.orders import LineItem
from libs.common.domain.outcomes import Needs
from libs.common.domain.rules import MissingProduct, StoreRules
from services.workers.orders.holding import WaitForProduct, refuse
from services.workers.orders.model import Awaited, PlannedProduct, Ref, Situation

SHIPPING = "shipping"
TIP = "tip"
DUTY = "duty"
FEE = "fee"
ROUNDING = "rounding"
CUSTOM_LINE = "custom_line"
PLACEHOLDER = "placeholder"
_CARRIERS = {
    SHIPPING: "Shipping",
    TIP: "Tip",
    DUTY: "Duty",
    FEE: "Additional fee",
    ROUNDING: "Rounding",
    CUSTOM_LINE: "Custom item",
    PLACEHOLDER: "Product not found in Odoo",
}


def product_of(situation: Situation, rules: StoreRules, line: LineItem, products: dict[str, PlannedProduct]) -> Ref:
    """The product of a line; what to make for it goes into `products`."""
    if line.gift_card and rules.gift_card_product_id:
        return rules.gift_card_product_id
    linked = situation.linked_products.get(line.variant_id) if line.variant_id else None
    found = match_product(situation.products, linked_id=linked, barcode=line.barcode, sku=line.sku)
    if isinstance(found, Ambiguous):
        refuse(
            "product_ambiguous",
            f"{line.title!r}: {len(found.candidates)} products in Odoo have the {found.by} {found.value}",
            f"give all but one of them another {found.by} in Odoo, then retry",
            line=line.title,
            candidates=[{"id": p.id, "name": p.name, "default_code": p.default_code} for p in found.candidates],
        )
    if found:
        return found.id
    if line.gift_card:
        refuse(
            "gift_card_product_missing",
            f"{line.title!r} is a gift card, and the store's rules name no product for those that are sold",
            "make a product in Odoo whose income account is a liability, and name it in gift_card_product_id",
            line=line.title,
            sku=line.sku,
        )
    if not line.variant_id and not line.sku:
        return carrier(situation, CUSTOM_LINE, rules.custom_product_id, products)
    return _missing(situation, rules, line, products)


def _missing(situation: Situation, rules: StoreRules, line: LineItem, products: dict[str, PlannedProduct]) -> Ref:
    awaited = situation.awaited.get(line.variant_id) if line.variant_id else None
    if awaited:
        _wait_for(awaited, line)
    what = (
        ", ".join(f"{label} {value}" for label, value in (("SKU", line.sku), ("barcode", line.barcode)) if value)
        or f"no SKU and no barcode (variant {line.variant_id})"
    )
    if rules.missing_product is MissingProduct.PLACEHOLDER:
        return carrier(situation, PLACEHOLDER, rules.placeholder_product_id, products)
    archived = archived_twin(situation.products, barcode=line.barcode, sku=line.sku)
    if archived:
        refuse(
            "product_archived",
            f"{line.title!r} ({what}) is archived in Odoo: {archived.name}",
            "unarchive the product in Odoo, then retry",
            line=line.title,
            product_id=archived.id,
        )
    if rules.missing_product is MissingProduct.HOLD:
        refuse(
            "product_missing",
            f"{line.title!r} ({what}) is not in Odoo",
            "create the product in Odoo with this SKU or barcode, or set missing_product to `create` or `placeholder`",
            line=line.title,
            sku=line.sku,
            barcode=line.barcode,
        )
    key = f"variant_{line.variant_id}" if line.variant_id else f"sku_{digest(line.sku)[:16]}"
    external_id = f"{situation.module}.{key}"
    values = {
        "name": f"{line.title} ({line.variant_title})" if line.variant_title else line.title,
        "default_code": line.sku.strip(),
        "barcode": line.barcode.strip(),
        "list_price": f"{line.unit_price.amount:f}",
    }
    products[external_id] = PlannedProduct(
        external_id,
        {name: value for name, value in values.items() if value},
        service=not line.requires_shipping,
        source_id=line.variant_id,
    )
    return external_id


def _wait_for(awaited: Awaited, line: LineItem) -> NoReturn:
    """By its name; when its record is held, so is the order, with its reason."""
    if not awaited.held_code:
        raise WaitForProduct(Needs(awaited.record_id))
    refuse(
        "product_held",
        f"{line.title!r} is not in Odoo, and its product is held there: {awaited.held_message}",
        f"put the product right (`tandem records show {awaited.record_id}`), then retry it and this order",
        line=line.title,
        product=awaited.record_id,
        reason=awaited.held_code,
    )


def carrier(situation: Situation, kind: str, chosen: int | None, products: dict[str, PlannedProduct]) -> Ref:
    """The product that carries lines without one of their own: the store's choice, else one that is made once."""
    if chosen:
        return chosen
    external_id = f"{situation.module}.{kind}_product"
    products[external_id] = PlannedProduct(external_id, {"name": _CARRIERS[kind]}, service=True)
    return external_id
