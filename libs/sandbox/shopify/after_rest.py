"""Write refunds, transactions, fulfillments, edits and returns as the bodies of the webhooks that tell of them."""

from __future__ import annotations

import json
from collections.abc import Callable

from libs.sandbox.shopify.derived import Document, legacy_id, zero
from libs.sandbox.shopify.parts import all_lines
from libs.sandbox.shopify.rest_out import address_to_rest, order_to_rest
from libs.sandbox.shopify.rest_out_lines import line_to_rest
from libs.sandbox.shopify.rest_write import both, money_set, time_text
from libs.sandbox.shopify.store import ShopStore


def webhook_body(order: Document, store: ShopStore | None = None) -> bytes:
    """The raw body of an `orders/*` webhook, UTF-8. `store` tells which products still exist."""
    return _written(order_to_rest(order, store) | _afterwards(order))


def part_body(document: Document, order: Document) -> bytes:
    """The raw body of a webhook that tells of a part of the order: of a refund, a fulfillment, …"""
    return _written(BODIES[document["id"].split("/")[3]](document, order))


def _written(body: Document) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _afterwards(order: Document) -> Document:
    return {
        "fulfillments": [fulfillment_to_rest(one, order) for one in order.get("fulfillments", ())],
        "refunds": [refund_to_rest(one, order) for one in order.get("refunds", ())],
        "returns": [return_to_rest(one, order) for one in order.get("returns", ())],
    }


def number(document: Document) -> int:
    return int(legacy_id(document))


def transaction_to_rest(one: Document, order: Document) -> Document:
    money = one["amountSet"]["presentmentMoney"]
    # The total_unsettled_set of the documented sample says `currency`, where all others say `currency_code`.
    unsettled = {
        name: {"amount": both["amount"], "currency": both["currency_code"]}
        for name, both in money_set(one["amountSet"]).items()
    }
    return {
        "id": number(one),
        "order_id": number(order),
        "kind": one["kind"].lower(),
        "gateway": one["gateway"],
        "status": one["status"].lower(),
        "message": None,
        "created_at": time_text(one["createdAt"]),
        "test": one["test"],
        "authorization": None,
        "location_id": None,
        "user_id": None,
        "parent_id": number(one["parentTransaction"]) if one.get("parentTransaction") else None,
        "processed_at": time_text(one["processedAt"]),
        "device_id": None,
        "error_code": None,
        "source_name": order["sourceName"],
        "receipt": {},
        "amount": money_set(one["amountSet"])["presentment_money"]["amount"],
        "currency": money["currencyCode"],
        "payment_id": f"{order['name']}.1",
        "total_unsettled_set": unsettled,
        "manual_payment_gateway": one["manualPaymentGateway"],
        "amount_rounding": None,
        "admin_graphql_api_id": one["id"],
    }


def fulfillment_to_rest(one: Document, order: Document) -> Document:
    lines = {line["id"]: line for line in all_lines(order)}
    numbers = [info["number"] for info in one["trackingInfo"] if info["number"]]
    urls = [info["url"] for info in one["trackingInfo"] if info["url"]]
    return {
        "id": number(one),
        "order_id": number(order),
        "status": one["status"].lower(),
        "created_at": time_text(one["createdAt"]),
        "service": one["service"],
        "updated_at": time_text(one["updatedAt"]),
        "tracking_company": next((info["company"] for info in one["trackingInfo"]), None),
        "shipment_status": None,
        "location_id": number(one["location"]),
        "origin_address": None,
        "email": order["email"] or "",
        "destination": address_to_rest(order["shippingAddress"]),
        "line_items": [
            {**line_to_rest(lines[part["lineItem"]["id"]]), "quantity": part["quantity"]}
            for part in one["fulfillmentLineItems"]
        ],
        "tracking_number": numbers[0] if numbers else None,
        "tracking_numbers": numbers,
        "tracking_url": urls[0] if urls else None,
        "tracking_urls": urls,
        "receipt": {},
        "name": one["name"].replace("-F", "."),
        "admin_graphql_api_id": one["id"],
    }


def refund_to_rest(one: Document, order: Document) -> Document:
    lines = {line["id"]: line for line in all_lines(order)}
    return {
        "id": number(one),
        "order_id": number(order),
        "created_at": time_text(one["createdAt"]),
        "note": one["note"],
        "user_id": None,
        "processed_at": time_text(one["createdAt"]),
        "restock": any(part["restocked"] for part in one["refundLineItems"]),
        "duties": [],
        "total_duties_set": money_set(zero(order["totalPriceSet"])),
        "return": {"id": number(one["return"]), "admin_graphql_api_id": one["return"]["id"]} if one["return"] else None,
        "refund_shipping_lines": [_refund_shipping(part) for part in one["refundShippingLines"]],
        "admin_graphql_api_id": one["id"],
        "refund_line_items": [
            {
                "id": index,
                "quantity": part["quantity"],
                "line_item_id": number(part["lineItem"]),
                "location_id": number(part["location"]) if part["location"] else None,
                "restock_type": part["restockType"].lower(),
                **both("subtotal", part["subtotalSet"]),
                **both("total_tax", part["totalTaxSet"]),
                "line_item": line_to_rest(lines[part["lineItem"]["id"]]),
            }
            for index, part in enumerate(one["refundLineItems"], number(one) * 10)
        ],
        "transactions": [transaction_to_rest(part, order) for part in one["transactions"]],
        "order_adjustments": [_adjustment(part, one, order) for part in one["orderAdjustments"]],
    }


def _nothing(order: Document) -> Document:
    return {name: {**money, "amount": money["amount"] * 0} for name, money in order["totalPriceSet"].items()}


def _refund_shipping(part: Document) -> Document:
    return {
        "id": number(part),
        "shipping_line_id": number(part["shippingLine"]),
        "subtotal_amount_set": money_set(part["subtotalAmountSet"]),
        "tax_amount_set": money_set(part["taxAmountSet"]),
    }


def _adjustment(part: Document, refund: Document, order: Document) -> Document:
    return {
        "id": number(part),
        "order_id": number(order),
        "refund_id": number(refund),
        **both("amount", part["amountSet"]),
        **both("tax_amount", part["taxAmountSet"]),
        "kind": "refund_discrepancy",
        "reason": (part["reason"] or "").replace("_", " ").capitalize(),
    }


def edit_to_rest(one: Document, order: Document) -> Document:
    """`one` is the edit: `{id, createdAt, note, additions, removals}`, the last two being line ids to units."""

    def changes(units: dict[str, int]) -> list[Document]:
        return [{"id": number({"id": line}), "delta": delta} for line, delta in units.items()]

    moment = time_text(one["createdAt"])
    return {
        "order_edit": {
            "id": number(one),
            "app_id": None,
            "created_at": moment,
            "committed_at": moment,
            "notify_customer": False,
            "order_id": number(order),
            "staff_note": one["note"],
            "user_id": None,
            "line_items": {"additions": changes(one["additions"]), "removals": changes(one["removals"])},
            "discounts": {"line_item": {"additions": [], "removals": []}},
            "shipping_lines": {"additions": [], "removals": []},
        }
    }


def return_to_rest(one: Document, order: Document) -> Document:
    return {
        "id": number(one),
        "admin_graphql_api_id": one["id"],
        "name": one["name"],
        "status": one["status"].lower(),
        "order": {"id": number(order), "admin_graphql_api_id": order["id"]},
        "total_return_line_items": sum(part["quantity"] for part in one["returnLineItems"]),
        "return_line_items": [
            {
                "id": number(part),
                "admin_graphql_api_id": part["id"],
                "fulfillment_line_item": {
                    "line_item": {"id": number(part["lineItem"]), "admin_graphql_api_id": part["lineItem"]["id"]}
                },
                "quantity": part["quantity"],
                "return_reason": "unknown",
                "return_reason_note": "",
                "customer_note": None,
            }
            for part in one["returnLineItems"]
        ],
        "exchange_line_items": [
            {"id": number(part), "admin_graphql_api_id": part["id"], "quantity": part["quantity"]}
            for part in one["exchangeLineItems"]
        ],
    }


BODIES: dict[str, Callable[[Document, Document], Document]] = {
    "OrderTransaction": transaction_to_rest,
    "Fulfillment": fulfillment_to_rest,
    "Refund": refund_to_rest,
    "OrderEdit": edit_to_rest,
    "Return": return_to_rest,
}
"""By the kind in the document's global id."""
