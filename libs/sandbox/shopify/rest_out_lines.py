"""Write the lines of an order document, its shipping and its discounts as webhook bodies carry them."""

from __future__ import annotations

from decimal import Decimal

from libs.sandbox.shopify.amounts import written
from libs.sandbox.shopify.derived import Document, legacy_id, zero
from libs.sandbox.shopify.drafts import Product
from libs.sandbox.shopify.figures import figure
from libs.sandbox.shopify.rest_write import both, money_set, tax_to_rest
from libs.sandbox.shopify.store import ShopStore


def _value(application: Document, currency: str) -> str:
    value: Decimal = application["value"]
    fixed = application["value_type"] == "fixed_amount"
    return written(value, currency) if fixed else str(value.quantize(Decimal("0.1")))


def application_to_rest(application: Document, currency: str) -> Document:
    stated = {name: value for name, value in application.items() if value is not None}
    return {**stated, "value": _value(application, currency)}


def codes_to_rest(order: Document) -> list[Document]:
    by_code = {a["code"]: a for a in order["discountApplications"] if a["code"]}
    return [
        {
            "code": code,
            "amount": _value(by_code[code], order["currencyCode"]) if code in by_code else "0.0",
            "type": by_code[code]["value_type"] if code in by_code else "fixed_amount",
        }
        for code in order["discountCodes"]
    ]


def _allocations(line: Document) -> list[Document]:
    return [
        {**both("amount", a["allocatedAmountSet"]), "discount_application_index": a["application"]}
        for a in line["discountAllocations"]
    ]


def line_to_rest(line: Document, store: ShopStore | None = None) -> Document:
    variant = line["variant"]
    product: Product | None = store.product(variant["id"]) if store and variant else None
    exists = product is not None if store else variant is not None
    number = int(legacy_id(line))
    return {
        "id": number,
        "admin_graphql_api_id": line["id"],
        "attributed_staffs": [],
        "current_quantity": line["currentQuantity"],
        "fulfillable_quantity": figure(line, "unfulfilledQuantity", "LineItem"),
        "fulfillment_service": "manual",
        "fulfillment_status": _fulfillment_word(line),
        "gift_card": line["isGiftCard"],
        "grams": 0,
        "name": line["name"],
        **both("price", line["originalUnitPriceSet"]),
        "product_exists": exists,
        "product_id": int(legacy_id(variant)) + 1 if variant and exists else None,
        "properties": [{"name": a["key"], "value": a["value"]} for a in line["customAttributes"]],
        "quantity": line["quantity"],
        "requires_shipping": line["requiresShipping"],
        "sales_line_item_group_id": _group_id(line.get("lineItemGroup")),
        "sku": line["sku"],
        "taxable": line["taxable"],
        "title": line["title"],
        **both("total_discount", zero(line["originalUnitPriceSet"])),
        "variant_id": int(legacy_id(variant)) if variant else None,
        "variant_inventory_management": "shopify" if variant else None,
        "variant_title": line["variantTitle"],
        "vendor": line["vendor"],
        "tax_lines": [tax_to_rest(tax) for tax in line["taxLines"]],
        "duties": [_duty(duty) for duty in line.get("duties", ())],
        "discount_allocations": _allocations(line),
    }


def _group_id(group: Document | None) -> int | None:
    return int(legacy_id(group)) if group else None


def _duty(duty: Document) -> Document:
    return {
        "id": legacy_id(duty),
        "admin_graphql_api_id": duty["id"],
        "harmonized_system_code": duty["harmonizedSystemCode"],
        **money_set(duty["price"]),
        "tax_lines": [tax_to_rest(tax) for tax in duty["taxLines"]],
    }


def groups_to_rest(lines: list[Document]) -> list[Document]:
    """The bundles that the lines are parts of, each once."""
    groups = {group["id"]: group for group in (line.get("lineItemGroup") for line in lines) if group}
    return [
        {"id": int(legacy_id(group)), "title": group["title"], "quantity": group["quantity"], "variant_id": None}
        for group in groups.values()
    ]


def _fulfillment_word(line: Document) -> str | None:
    left = figure(line, "unfulfilledQuantity", "LineItem")
    if left >= line["currentQuantity"]:
        return None
    return "partial" if left else "fulfilled"


def shipping_to_rest(line: Document) -> Document:
    return {
        "id": int(legacy_id(line)),
        "carrier_identifier": line["carrierIdentifier"],
        "code": line["code"],
        "current_discounted_price_set": money_set(figure(line, "currentDiscountedPriceSet", "ShippingLine")),
        **both("discounted_price", line["discountedPriceSet"]),
        "is_removed": line["isRemoved"],
        "phone": line["phone"],
        **both("price", line["originalPriceSet"]),
        "requested_fulfillment_service_id": None,
        "source": line["source"],
        "title": line["title"],
        "tax_lines": [tax_to_rest(tax) for tax in line["taxLines"]],
        "discount_allocations": _allocations(line),
    }
