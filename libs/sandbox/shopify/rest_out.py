"""Write an order document as the REST-shaped body that Shopify's `orders/*` webhooks carry.

The shape is that of the documented sample of 2026-04; what the sandbox does not keep is null or left out.
"""

from __future__ import annotations

from libs.sandbox.shopify.amounts import written
from libs.sandbox.shopify.derived import DERIVED, Document, full_name, legacy_id, minus, zero
from libs.sandbox.shopify.figures import figure
from libs.sandbox.shopify.rest_out_lines import (
    application_to_rest,
    codes_to_rest,
    groups_to_rest,
    line_to_rest,
    shipping_to_rest,
)
from libs.sandbox.shopify.rest_write import both, money_set, tax_to_rest, time_text
from libs.sandbox.shopify.store import ShopStore

FULFILLMENT_WORDS = {"FULFILLED": "fulfilled", "PARTIALLY_FULFILLED": "partial", "RESTOCKED": "restocked"}


def order_to_rest(order: Document, store: ShopStore | None = None) -> Document:
    return {
        **_heading(order),
        **_totals(order),
        "billing_address": address_to_rest(order["billingAddress"]),
        "customer": _customer(order["customer"], order["currencyCode"]),
        "discount_applications": [application_to_rest(a, order["currencyCode"]) for a in order["discountApplications"]],
        "fulfillments": [],
        "line_items": [line_to_rest(line, store) for line in order["lineItems"]],
        "payment_terms": _terms(order),
        "refunds": [],
        "shipping_address": address_to_rest(order["shippingAddress"]),
        "shipping_lines": [shipping_to_rest(line) for line in order["shippingLines"]],
        "returns": [],
        "line_item_groups": groups_to_rest(order["lineItems"]),
        **_company(order.get("purchasingEntity")),
    }


def _lower(value: str | None) -> str | None:
    return value.lower() if value else None


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
        "discount_codes": codes_to_rest(order),
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
        **_charges(order),
        "total_outstanding": written(figure(order, "totalOutstandingSet")["shopMoney"]["amount"], currency),
        "total_tip_received": written(order["totalTipReceivedSet"]["shopMoney"]["amount"], currency),
        "tax_lines": [tax_to_rest(tax) for tax in order["taxLines"]],
    }


def _charges(order: Document) -> Document:
    """Duties and additional fees, of which the order has no current figures of its own; and the rounding of cash."""
    duties, fees = figure(order, "originalTotalDutiesSet"), figure(order, "originalTotalAdditionalFeesSet")
    rounding = figure(order, "totalCashRoundingAdjustment")
    return {
        "original_total_duties_set": duties and money_set(duties),
        "current_total_duties_set": duties and money_set(duties),
        "original_total_additional_fees_set": fees and money_set(fees),
        "current_total_additional_fees_set": fees and money_set(fees),
        "total_cash_rounding_payment_adjustment_set": money_set(rounding["paymentSet"]),
        "total_cash_rounding_refund_adjustment_set": money_set(rounding["refundSet"]),
    }


def _company(buyer: Document | None) -> Document:
    if buyer is None or "company" not in buyer:
        return {}
    return {"company": {"id": int(legacy_id(buyer["company"])), "location_id": int(legacy_id(buyer["location"]))}}


def _terms(order: Document) -> Document | None:
    terms = order.get("paymentTerms")
    if not terms:
        return None
    return {
        "id": int(legacy_id(terms)),
        "created_at": time_text(order["createdAt"]),
        "due_in_days": terms["dueInDays"],
        "payment_schedules": [
            {"id": int(legacy_id(one)), "due_at": time_text(one["dueAt"])} for one in terms["paymentSchedules"]
        ],
        "payment_terms_name": terms["paymentTermsName"],
        "payment_terms_type": terms["paymentTermsType"].lower(),
        "updated_at": time_text(order["createdAt"]),
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
