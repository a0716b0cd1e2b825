"""Write an order document as the REST-shaped body that Shopify's `orders/*` webhooks carry.

The shape is that of the documented sample of 2026-04; what the sandbox does not keep is null or left out.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from decimal import Decimal

from libs.sandbox.shopify.amounts import written
from libs.sandbox.shopify.derived import DERIVED, Document, full_name, legacy_id, minus, zero
from libs.sandbox.shopify.drafts import Product
from libs.sandbox.shopify.figures import figure
from libs.sandbox.shopify.store import ShopStore

# Shopify writes times in the shop's time zone, which is hardly ever UTC.
SHOP_ZONE = timezone(timedelta(hours=-5))
FULFILLMENT_WORDS = {"FULFILLED": "fulfilled", "PARTIALLY_FULFILLED": "partial", "RESTOCKED": "restocked"}


def order_to_rest(order: Document, store: ShopStore | None = None) -> Document:
    return {
        **_heading(order),
        **_totals(order),
        "billing_address": address_to_rest(order["billingAddress"]),
        "customer": _customer(order["customer"], order["currencyCode"]),
        "discount_applications": [_application(a, order["currencyCode"]) for a in order["discountApplications"]],
        "fulfillments": [],
        "line_items": [line_to_rest(line, store) for line in order["lineItems"]],
        "payment_terms": None,
        "refunds": [],
        "shipping_address": address_to_rest(order["shippingAddress"]),
        "shipping_lines": [_shipping(line) for line in order["shippingLines"]],
        "returns": [],
        "line_item_groups": [],
    }


def time_text(moment: datetime | None) -> str | None:
    return moment.astimezone(SHOP_ZONE).isoformat(timespec="seconds") if moment else None


def _lower(value: str | None) -> str | None:
    return value.lower() if value else None


def money_set(bag: Document) -> Document:
    def money(of: Document) -> Document:
        return {"amount": written(of["amount"], of["currencyCode"]), "currency_code": of["currencyCode"]}

    return {"shop_money": money(bag["shopMoney"]), "presentment_money": money(bag["presentmentMoney"])}


def both(name: str, bag: Document) -> Document:
    """`name` in the shop's money and `name_set` in both."""
    moneys = money_set(bag)
    return {name: moneys["shop_money"]["amount"], f"{name}_set": moneys}


def _heading(order: Document) -> Document:
    customer, number = order["customer"], int(legacy_id(order))
    return {
        "id": number,
        "admin_graphql_api_id": order["id"],
        "app_id": 580111,
        "browser_ip": None,
        "buyer_accepts_marketing": False,
        "cancel_reason": _lower(order["cancelReason"]),
        "cancelled_at": time_text(order["cancelledAt"]),
        "cart_token": None,
        "checkout_token": None,
        "client_details": None,
        "closed_at": time_text(order["closedAt"]),
        "confirmation_number": order["confirmationNumber"],
        "confirmed": order["confirmed"],
        "contact_email": order["email"],
        "created_at": time_text(order["createdAt"]),
        "currency": order["currencyCode"],
        "customer_locale": order["customerLocale"] or (customer["locale"] if customer else None),
        "device_id": None,
        "discount_codes": _codes(order),
        "duties_included": order["dutiesIncluded"],
        "email": order["email"] or "",
        **_states(order),
    }


def _states(order: Document) -> Document:
    return {
        "estimated_taxes": order["estimatedTaxes"],
        "financial_status": _lower(order["displayFinancialStatus"]),
        "fulfillment_status": FULFILLMENT_WORDS.get(order["displayFulfillmentStatus"]),
        "landing_site": None,
        "location_id": None,
        "name": order["name"],
        "note": order["note"],
        "note_attributes": [{"name": a["key"], "value": a["value"]} for a in order["customAttributes"]],
        "number": order["number"] - 1000,
        "order_number": order["number"],
        "order_status_url": order["statusPageUrl"],
        "payment_gateway_names": order["paymentGatewayNames"],
        "phone": order["phone"],
        "po_number": order["poNumber"],
        "presentment_currency": order["presentmentCurrencyCode"],
        "processed_at": time_text(order["processedAt"]),
        "referring_site": None,
        "source_identifier": order["sourceIdentifier"],
        "source_name": order["sourceName"],
        "tags": ", ".join(order["tags"]),
        "tax_exempt": order["taxExempt"],
        "taxes_included": order["taxesIncluded"],
        "test": order["test"],
        "total_weight": order["totalWeight"],
        "updated_at": time_text(order["updatedAt"]),
        "user_id": None,
    }


def _totals(order: Document) -> Document:
    lines = zero(order["subtotalPriceSet"])
    for line in order["lineItems"]:
        lines = minus(lines, minus(zero(lines), DERIVED["LineItem"]["originalTotalSet"](line)))
    currency = order["currencyCode"]
    return {
        **both("current_subtotal_price", figure(order, "currentSubtotalPriceSet")),
        **both("current_total_discounts", figure(order, "currentTotalDiscountsSet")),
        **both("current_total_price", figure(order, "currentTotalPriceSet")),
        **both("current_total_tax", figure(order, "currentTotalTaxSet")),
        "current_shipping_price_set": money_set(figure(order, "currentShippingPriceSet")),
        **both("subtotal_price", order["subtotalPriceSet"]),
        **both("total_discounts", order["totalDiscountsSet"]),
        **both("total_line_items_price", lines),
        **both("total_price", order["totalPriceSet"]),
        **both("total_tax", order["totalTaxSet"]),
        "total_shipping_price_set": money_set(order["totalShippingPriceSet"]),
        "total_outstanding": written(figure(order, "totalOutstandingSet")["shopMoney"]["amount"], currency),
        "total_tip_received": written(order["totalTipReceivedSet"]["shopMoney"]["amount"], currency),
        "tax_lines": [_tax(tax) for tax in order["taxLines"]],
    }


def _tax(tax: Document) -> Document:
    rate = tax["rate"]
    return {
        **both("price", tax["priceSet"]),
        # JSON has no decimals: this is the shortest number that reads back as the same rate.
        "rate": float(rate) if rate is not None else None,
        "title": tax["title"],
        "channel_liable": tax["channelLiable"],
    }


def _value(application: Document, currency: str) -> str:
    value: Decimal = application["value"]
    fixed = application["value_type"] == "fixed_amount"
    return written(value, currency) if fixed else str(value.quantize(Decimal("0.1")))


def _application(application: Document, currency: str) -> Document:
    stated = {name: value for name, value in application.items() if value is not None}
    return {**stated, "value": _value(application, currency)}


def _codes(order: Document) -> list[Document]:
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
        "sku": line["sku"],
        "taxable": line["taxable"],
        "title": line["title"],
        **both("total_discount", zero(line["originalUnitPriceSet"])),
        "variant_id": int(legacy_id(variant)) if variant else None,
        "variant_inventory_management": "shopify" if variant else None,
        "variant_title": line["variantTitle"],
        "vendor": line["vendor"],
        "tax_lines": [_tax(tax) for tax in line["taxLines"]],
        "duties": [],
        "discount_allocations": _allocations(line),
    }


def _fulfillment_word(line: Document) -> str | None:
    left = figure(line, "unfulfilledQuantity", "LineItem")
    if left >= line["currentQuantity"]:
        return None
    return "partial" if left else "fulfilled"


def _shipping(line: Document) -> Document:
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
        "tax_lines": [_tax(tax) for tax in line["taxLines"]],
        "discount_allocations": _allocations(line),
    }


def address_to_rest(address: Document | None) -> Document | None:
    if address is None:
        return None
    return {
        "first_name": address["firstName"],
        "address1": address["address1"],
        "phone": address["phone"],
        "city": address["city"],
        "zip": address["zip"],
        "province": address["province"],
        "country": address["country"],
        "last_name": address["lastName"],
        "address2": address["address2"],
        "company": address["company"],
        "latitude": address["latitude"],
        "longitude": address["longitude"],
        "name": address.get("name") or full_name(address),
        "country_code": address["countryCodeV2"],
        "province_code": address["provinceCode"],
    }


def _customer(customer: Document | None, currency: str) -> Document | None:
    if customer is None:
        return None
    email, phone = customer["defaultEmailAddress"], customer["defaultPhoneNumber"]
    return {
        "id": int(legacy_id(customer)),
        "created_at": time_text(customer.get("createdAt")),
        "updated_at": time_text(customer.get("updatedAt")),
        "first_name": customer["firstName"],
        "last_name": customer["lastName"],
        "state": _lower(customer["state"]),
        "note": customer["note"],
        "verified_email": customer["verifiedEmail"],
        "multipass_identifier": None,
        "tax_exempt": customer["taxExempt"],
        "email": email["emailAddress"] if email else None,
        "phone": phone["phoneNumber"] if phone else None,
        "currency": currency,
        "tags": ", ".join(customer["tags"]),
        "tax_exemptions": [],
        "admin_graphql_api_id": customer["id"],
        "default_address": customer["defaultAddress"] and address_to_rest(customer["defaultAddress"]),
    }
