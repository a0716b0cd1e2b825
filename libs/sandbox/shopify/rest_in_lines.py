"""Read the lines of a webhook-shaped order body, its shipping and its discounts."""

from __future__ import annotations

from libs.sandbox.shopify.derived import Document, minus
from libs.sandbox.shopify.drafts import Product
from libs.sandbox.shopify.people import gid
from libs.sandbox.shopify.price_lines import TIP, allocation_document, tax_document
from libs.sandbox.shopify.rest_read import (
    BagReader,
    each,
    read_decimal,
    read_gid,
    read_pairs,
    read_text,
    read_whole,
)


def read_line(line: Document, money: BagReader, whole: set[int], groups: dict[int, Document], at: str) -> Document:
    variant, quantity = line.get("variant_id"), read_whole(line, "quantity", at, least=0)
    taxes = [read_tax(tax, money, at + where) for where, tax in each(line, "tax_lines")]
    title = read_text(line, "title", at=at) or read_text(line, "name", required=True, at=at)
    return {
        "id": read_gid("LineItem", line, at),
        "title": title,
        "variantTitle": read_text(line, "variant_title", at=at) or None,
        "name": read_text(line, "name", at=at) or title,
        "sku": read_text(line, "sku", at=at) or None,
        "quantity": quantity,
        "currentQuantity": line.get("current_quantity", quantity),
        "isGiftCard": bool(line.get("gift_card", False)),
        "requiresShipping": bool(line.get("requires_shipping", True)),
        "taxable": bool(line.get("taxable", True)),
        "vendor": read_text(line, "vendor", at=at) or None,
        "customAttributes": read_pairs(line, "properties"),
        "variant": {"id": gid("ProductVariant", str(variant))} if isinstance(variant, int) else None,
        "originalUnitPriceSet": money.read(line, "price", at=at),
        "discountAllocations": _allocations(line, money, whole, at),
        "taxLines": taxes,
        "duties": [_duty(duty, money, at + where) for where, duty in each(line, "duties")],
        "lineItemGroup": groups.get(line.get("sales_line_item_group_id") or 0),
        **({"isTip": True} if _is_tip(line, title) else {}),
    }


def _is_tip(line: Document, title: str) -> bool:
    return title == TIP and line.get("variant_id") is None and not line.get("requires_shipping", True)


def read_groups(body: Document) -> dict[int, Document]:
    """The bundles of the order by their ids, as `lineItemGroup` has them."""
    return {
        group["id"]: {
            "id": gid("LineItemGroup", str(group["id"])),
            "title": read_text(group, "title", at=at),
            "quantity": group.get("quantity") or 1,
        }
        for at, group in each(body, "line_item_groups")
        if isinstance(group.get("id"), int)
    }


def _duty(duty: Document, money: BagReader, at: str) -> Document:
    price = {"price_set": {name: duty.get(name) for name in ("shop_money", "presentment_money")}}
    return {
        "id": gid("Duty", str(duty.get("id"))),
        "harmonizedSystemCode": read_text(duty, "harmonized_system_code", at=at) or None,
        "price": money.read(price, "price", at=at),
        "taxLines": [read_tax(tax, money, at + where) for where, tax in each(duty, "tax_lines")],
    }


def _allocations(line: Document, money: BagReader, whole: set[int], at: str) -> list[Document]:
    return [
        allocation_document(
            money.read(a, "amount", at=at + where),
            a.get("discount_application_index", 0),
            whole_order=a.get("discount_application_index", 0) in whole,
        )
        for where, a in each(line, "discount_allocations")
    ]


def read_shipping(line: Document, money: BagReader, whole: set[int], order_id: str, at: str) -> Document:
    position = int(at[at.index("[") + 1 : at.index("]")])
    # Old bodies have shipping lines without an id: one that stays the same however often the file is read.
    own_id = line.get("id") or int(order_id.rsplit("/", 1)[-1]) * 100 + position
    original = money.read(line, "price", at=at)
    allocations = _allocations(line, money, whole, at)
    return {
        "id": gid("ShippingLine", str(own_id)),
        "title": read_text(line, "title", at=at) or "Shipping",
        "code": read_text(line, "code", at=at) or None,
        "source": read_text(line, "source", at=at) or None,
        "phone": read_text(line, "phone", at=at) or None,
        "carrierIdentifier": read_text(line, "carrier_identifier", at=at) or None,
        "isRemoved": bool(line.get("is_removed", False)),
        "originalPriceSet": original,
        "discountedPriceSet": _discounted(line, money, original, allocations, at),
        "discountAllocations": allocations,
        "taxLines": [read_tax(tax, money, at + where) for where, tax in each(line, "tax_lines")],
    }


def _discounted(line: Document, money: BagReader, original: Document, allocations: list[Document], at: str) -> Document:
    if line.get("discounted_price") is not None or line.get("discounted_price_set") is not None:
        return money.read(line, "discounted_price", at=at)
    return minus(original, *(a["allocatedAmountSet"] for a in allocations))


def read_tax(tax: Document, money: BagReader, at: str) -> Document:
    rate = tax.get("rate")
    read = tax_document(
        read_text(tax, "title", at=at) or "Tax",
        read_decimal(rate, f"{at}rate") if rate is not None else None,
        money.read(tax, "price", at=at),
    )
    return {**read, "channelLiable": tax.get("channel_liable")}


def read_application(application: Document, at: str) -> Document:
    return {
        "type": read_text(application, "type", at=at) or "manual",
        "code": read_text(application, "code", at=at) or None,
        "value": read_decimal(application.get("value", "0"), f"{at}value"),
        "value_type": read_text(application, "value_type", at=at) or "fixed_amount",
        "allocation_method": read_text(application, "allocation_method", at=at) or "across",
        "target_selection": read_text(application, "target_selection", at=at) or "all",
        "target_type": read_text(application, "target_type", at=at) or "line_item",
    }


def products_of(body: Document) -> tuple[Product, ...]:
    """The variants that the lines of a parsed body name and that it does not say are gone."""
    return tuple(
        Product(
            sku=read_text(line, "sku"),
            title=read_text(line, "title") or read_text(line, "name"),
            price=read_decimal(line.get("price", "0"), "price"),
            variant_id=str(line["variant_id"]),
            variant_title=read_text(line, "variant_title"),
            vendor=read_text(line, "vendor"),
        )
        for _, line in each(body, "line_items")
        if isinstance(line.get("variant_id"), int) and line.get("product_exists", True)
    )
