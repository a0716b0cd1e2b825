"""Made-up answers of a shop, and a budget that notes what is asked of it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from libs.common.shopify.client import ShopifyClient
from tests.unit.http.scripted import Reply, Request, Scripted, reply

TOKEN = "shpat_made_up"


@dataclass
class NotedBudget:
    """Grants everything, or first answers with the waits it was given."""

    waits: list[float] = field(default_factory=list)
    reserved: list[tuple[str, float, float, float]] = field(default_factory=list)
    learnt: list[dict[str, float]] = field(default_factory=list)

    def reserve(self, key: str, cost: float, *, maximum: float, rate: float) -> float:
        self.reserved.append((key, cost, maximum, rate))
        return self.waits.pop(0) if self.waits else 0.0

    def learn(self, key: str, *, available: float, maximum: float, rate: float, refund: float = 0.0) -> None:
        self.learnt.append({"available": available, "maximum": maximum, "rate": rate, "refund": refund})


def client_of(server: Scripted | str, budget: NotedBudget | None = None, **options: Any) -> ShopifyClient:
    url = server if isinstance(server, str) else server.url
    return ShopifyClient(url, TOKEN, budget=budget or NotedBudget(), budget_key="acme/shopify", **options)


def cost(
    requested: float = 36, actual: float | None = 20, available: float = 1900, maximum: float = 2000
) -> dict[str, Any]:
    status = {"maximumAvailable": maximum, "currentlyAvailable": available, "restoreRate": 100}
    return {"cost": {"requestedQueryCost": requested, "actualQueryCost": actual, "throttleStatus": status}}


def data(value: Any, **more: Any) -> Reply:
    return reply({"data": value, "extensions": cost(**more)})


def bag(amount: str, currency: str = "EUR") -> dict[str, Any]:
    return {"shopMoney": {"amount": amount, "currencyCode": currency}}


def tax(rate: Any = 0.2, price: str = "2.00", percentage: Any = 20.0) -> dict[str, Any]:
    return {"title": "VAT", "rate": rate, "ratePercentage": percentage, "priceSet": bag(price)}


def connection(nodes: list[dict[str, Any]], cursor: str | None = None) -> dict[str, Any]:
    return {"nodes": nodes, "pageInfo": {"hasNextPage": cursor is not None, "endCursor": cursor}}


def line(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "id": f"gid://shopify/LineItem/{number}",
        "title": f"Thing {number}",
        "variantTitle": "red",
        "name": f"Thing {number} - red",
        "sku": f"SKU-{number}",
        "quantity": 2,
        "currentQuantity": 2,
        "isGiftCard": False,
        "requiresShipping": True,
        "lineItemGroup": None,
        "customAttributes": [{"key": "engraving", "value": "Ada"}, {"key": "gift", "value": None}],
        "variant": {"id": f"gid://shopify/ProductVariant/{number}", "barcode": "4006381333931", "sku": "now"},
        "originalUnitPriceSet": bag("10.00"),
        "discountAllocations": [{"allocatedAmountSet": bag("3.33")}, {"allocatedAmountSet": bag("0.0")}],
        "taxLines": [tax()],
        **changes,
    }


def shipping(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "id": f"gid://shopify/ShippingLine/{number}",
        "title": "Post",
        "code": "post",
        "isRemoved": False,
        "originalPriceSet": bag("5.00"),
        "discountedPriceSet": bag("5.00"),
        "discountAllocations": [],
        "taxLines": [],
        **changes,
    }


ADDRESS = {
    "firstName": "Ada",
    "lastName": "Lovelace",
    "name": "Ada Lovelace",
    "company": None,
    "address1": "1 Main Street",
    "address2": None,
    "city": "Louisville",
    "zip": "40202",
    "province": "Kentucky",
    "provinceCode": "KY",
    "country": "United States",
    "countryCodeV2": "US",
    "phone": None,
}
CUSTOMER = {
    "id": "gid://shopify/Customer/115310627314723954",
    "firstName": "Ada",
    "lastName": None,
    "displayName": "Ada",
    "locale": "en",
    "defaultEmailAddress": {"emailAddress": "ada@example.com"},
    "defaultPhoneNumber": None,
}


def order(number: int, **changes: Any) -> dict[str, Any]:
    made = {
        "id": f"gid://shopify/Order/{number}",
        "name": f"#{number}",
        "createdAt": "2026-11-20T10:00:00Z",
        "processedAt": "2026-11-20T12:00:00+02:00",
        "updatedAt": "2026-11-21T10:00:00Z",
        "cancelledAt": None,
        "test": False,
        "edited": False,
        "email": "ada@example.com",
        "phone": None,
        "note": None,
        "tags": ["vip", "web"],
        "poNumber": None,
        "sourceName": "web",
        "displayFinancialStatus": "PAID",
        "displayFulfillmentStatus": "UNFULFILLED",
        "taxesIncluded": False,
        "dutiesIncluded": False,
        "taxExempt": False,
        "currencyCode": "EUR",
        "presentmentCurrencyCode": "USD",
        "totalPriceSet": bag("23.67"),
        "subtotalPriceSet": bag("16.67"),
        "totalTaxSet": bag("2.0"),
        "totalDiscountsSet": bag("3.33"),
        "totalShippingPriceSet": bag("5.0"),
        "totalTipReceivedSet": bag("0.0"),
        "currentTotalPriceSet": bag("23.67"),
        "currentTotalTaxSet": bag("2.0"),
        "originalTotalDutiesSet": None,
        "originalTotalAdditionalFeesSet": None,
        "totalOutstandingSet": bag("0.0"),
        "netPaymentSet": bag("23.67"),
        "totalCashRoundingAdjustment": {"paymentSet": bag("0.0"), "refundSet": bag("0.0")},
        "returnStatus": "NO_RETURN",
        "transactions": [],
        "refunds": [],
        "fulfillments": [],
        "purchasingEntity": None,
        "paymentTerms": None,
        "customer": CUSTOMER,
        "shippingAddress": ADDRESS,
        "billingAddress": None,
        "lineItems": connection([line(1)]),
        "shippingLines": connection([shipping(1)]),
        **changes,
    }
    return copy.deepcopy(made)


def shop_of(orders: dict[int, dict[str, Any]], **more: Any) -> Callable[[Request], Reply]:
    """Answers `nodes(ids:)` from these orders."""

    def script(request: Request) -> Reply:
        ids = request.json["variables"]["ids"]
        nodes = [orders.get(int(gid.rpartition("/")[2])) for gid in ids]
        return data({"nodes": nodes}, **more)

    return script
