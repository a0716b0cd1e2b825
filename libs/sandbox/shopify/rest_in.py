"""Read a webhook-shaped order body (`orders/create`) into an order document.

Figures are taken as they stand, from `…_set.shop_money` where it is there: an order that does not add up in its
body does not add up in the sandbox either. Ids come from `admin_graphql_api_id`, because an id that was once written
as a float has lost its last digits.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from libs.sandbox.shopify.derived import Document, legacy_id, minus, zero
from libs.sandbox.shopify.drafts import Payment
from libs.sandbox.shopify.payments import transaction_document
from libs.sandbox.shopify.people import gid
from libs.sandbox.shopify.rest_in_charges import read_charges
from libs.sandbox.shopify.rest_in_lines import read_application, read_groups, read_line, read_shipping, read_tax
from libs.sandbox.shopify.rest_out import FULFILLMENT_WORDS
from libs.sandbox.shopify.rest_read import (
    BagReader,
    BodyFault,
    each,
    read_gid,
    read_pairs,
    read_tags,
    read_text,
    read_time,
)


def order_from_rest(body: Any) -> Document:
    """The order document of a parsed body. Raises `ValueError` that says where the body is wrong."""
    if not isinstance(body, dict):
        raise BodyFault("is not an order: a JSON object is wanted")
    currency = read_text(body, "currency", required=True)
    shown = read_text(body, "presentment_currency") or currency
    money = BagReader(currency, shown)
    applications = [read_application(a, at) for at, a in each(body, "discount_applications")]
    whole = {index for index, a in enumerate(applications) if a["target_selection"] == "all"}
    groups = read_groups(body)
    lines = [read_line(line, money, whole, groups, at) for at, line in each(body, "line_items", required=True)]
    order_id = read_gid("Order", body)
    shipping = [read_shipping(line, money, whole, order_id, at) for at, line in each(body, "shipping_lines")]
    created = read_time(body, "created_at", required=True)
    total = money.read(body, "total_price")
    # What was taken off before it was paid is in the total still.
    paid = money.read(body, "current_total_price") if body.get("current_total_price") is not None else total
    customer = _customer(body.get("customer"))
    status = (read_text(body, "financial_status") or "pending").upper()
    return {
        **_heading(body, order_id, created),
        "displayFinancialStatus": status,
        "customer": customer,
        **read_charges(body, money, order_id, customer),
        "shippingAddress": _address(body.get("shipping_address"), order_id, 1),
        "billingAddress": _address(body.get("billing_address"), order_id, 2),
        "currencyCode": currency,
        "presentmentCurrencyCode": shown,
        "lineItems": lines,
        "shippingLines": shipping,
        "discountApplications": applications,
        "taxLines": [read_tax(tax, money, at) for at, tax in each(body, "tax_lines")],
        "subtotalPriceSet": money.read(body, "subtotal_price"),
        "totalShippingPriceSet": _shipping_total(body, money, shipping),
        "totalTaxSet": money.read(body, "total_tax", default="0"),
        "totalDiscountsSet": money.read(body, "total_discounts", default="0"),
        "totalTipReceivedSet": _tip(body, money, lines),
        "totalPriceSet": total,
        "totalReceivedSet": paid if status == "PAID" else zero(total),
        "transactions": _sale(body, order_id, paid, created) if status == "PAID" else [],
        **_current(body, money),
    }


def _tip(body: Document, money: BagReader, lines: list[Document]) -> Document:
    """Stated in one money only; the line of a tip has both."""
    stated = money.read(body, "total_tip_received", default="0")
    for line in lines:
        if line.get("isTip") and line["originalUnitPriceSet"]["shopMoney"] == stated["shopMoney"]:
            both: Document = line["originalUnitPriceSet"]
            return both
    return stated


def _sale(body: Document, order_id: str, total: Document, at: datetime | None) -> list[Document]:
    """A body has no transactions: one that is paid gets one sale of it all, of an id that stays."""
    if at is None or not total["shopMoney"]["amount"]:
        return []
    gateways = body.get("payment_gateway_names") or ["manual"]
    sale = transaction_document(Payment(str(gateways[0])), total, at, test=bool(body.get("test", False)))
    number = int(order_id.rsplit("/", 1)[-1]) * 100
    return [{**sale, "id": gid("OrderTransaction", str(number)), "orderId": order_id}]


def _current(body: Document, money: BagReader) -> Document:
    """Figures after edits and returns, where the body states them; else they follow from the others."""
    names = {
        "current_subtotal_price": "currentSubtotalPriceSet",
        "current_total_discounts": "currentTotalDiscountsSet",
        "current_total_price": "currentTotalPriceSet",
        "current_total_tax": "currentTotalTaxSet",
    }
    return {field: money.read(body, name) for name, field in names.items() if body.get(name) is not None}


def _heading(body: Document, order_id: str, created: datetime | None) -> Document:
    words = {word: status for status, word in FULFILLMENT_WORDS.items()}
    fulfillment = read_text(body, "fulfillment_status")
    number = body.get("order_number") or body.get("number") or 0
    cancelled = read_time(body, "cancelled_at")
    return {
        "id": order_id,
        "name": read_text(body, "name", required=True),
        "number": number,
        "createdAt": created,
        "processedAt": read_time(body, "processed_at") or created,
        "updatedAt": read_time(body, "updated_at") or created,
        "cancelledAt": cancelled,
        "cancelReason": (read_text(body, "cancel_reason").upper() or None) if cancelled else None,
        "closedAt": read_time(body, "closed_at"),
        "confirmationNumber": read_text(body, "confirmation_number") or None,
        "confirmed": bool(body.get("confirmed", True)),
        "test": bool(body.get("test", False)),
        "edited": any(line.get("is_removed") for _, line in each(body, "shipping_lines")),
        "email": read_text(body, "email") or None,
        "phone": read_text(body, "phone") or None,
        "note": read_text(body, "note") or None,
        "tags": read_tags(body),
        "poNumber": read_text(body, "po_number") or None,
        "sourceName": read_text(body, "source_name") or None,
        "sourceIdentifier": read_text(body, "source_identifier") or None,
        "displayFulfillmentStatus": words.get(fulfillment, fulfillment.upper() or "UNFULFILLED"),
        "taxesIncluded": bool(body.get("taxes_included", False)),
        "taxExempt": bool(body.get("tax_exempt", False)),
        "dutiesIncluded": bool(body.get("duties_included", False)),
        "estimatedTaxes": bool(body.get("estimated_taxes", False)),
        "customerLocale": read_text(body, "customer_locale") or None,
        "discountCodes": [read_text(d, "code", at=at) for at, d in each(body, "discount_codes")],
        "customAttributes": read_pairs(body, "note_attributes"),
        "paymentGatewayNames": [str(name) for name in body.get("payment_gateway_names") or ()],
        "totalWeight": body.get("total_weight") or 0,
        "statusPageUrl": read_text(body, "order_status_url")
        or f"https://example.com/orders/{order_id.rsplit('/', 1)[-1]}",
    }


def _shipping_total(body: Document, money: BagReader, shipping: list[Document]) -> Document:
    if body.get("total_shipping_price_set") is not None:
        return money.read(body, "total_shipping_price")
    nothing = money.bag(Decimal(0), Decimal(0))
    return minus(nothing, minus(nothing, *(line["originalPriceSet"] for line in shipping)))


def _address(address: Any, order_id: str, position: int) -> Document | None:
    if not isinstance(address, dict):
        return None
    number = int(legacy_id({"id": order_id})) * 10 + position
    names = {
        "firstName": "first_name",
        "lastName": "last_name",
        "company": "company",
        "address1": "address1",
        "address2": "address2",
        "city": "city",
        "zip": "zip",
        "province": "province",
        "provinceCode": "province_code",
        "country": "country",
        "countryCodeV2": "country_code",
        "phone": "phone",
    }
    # Without a name of its own the address goes by first and last name.
    name = read_text(address, "name")
    return {
        **({"name": name} if name else {}),
        "id": gid("MailingAddress", str(number)) + "?model_name=Address",
        **{field: read_text(address, name) or None for field, name in names.items()},
        "latitude": address.get("latitude"),
        "longitude": address.get("longitude"),
    }


def _customer(customer: Any) -> Document | None:
    if not isinstance(customer, dict):
        return None
    customer_id = read_gid("Customer", customer, "customer.")
    email, phone = read_text(customer, "email"), read_text(customer, "phone")
    read: Document = {
        "id": customer_id,
        "firstName": read_text(customer, "first_name") or None,
        "lastName": read_text(customer, "last_name") or None,
        "locale": read_text(customer, "locale") or "en",
        "defaultEmailAddress": {"emailAddress": email} if email else None,
        "defaultPhoneNumber": {"phoneNumber": phone} if phone else None,
        "note": read_text(customer, "note") or None,
        "tags": read_tags(customer),
        "state": (read_text(customer, "state") or "disabled").upper(),
        "taxExempt": bool(customer.get("tax_exempt", False)),
        "verifiedEmail": bool(customer.get("verified_email", True)),
        "defaultAddress": _address(customer.get("default_address"), customer_id, 0),
    }
    times = {"createdAt": read_time(customer, "created_at"), "updatedAt": read_time(customer, "updated_at")}
    return {**read, **{name: moment for name, moment in times.items() if moment}}
