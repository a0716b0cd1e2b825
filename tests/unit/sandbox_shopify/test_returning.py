"""Returns and exchanges."""

from __future__ import annotations

from decimal import Decimal

import pytest
import requests

from libs.sandbox.shopify.derived import Document
from libs.sandbox.shopify.drafts import Line, Tax
from libs.sandbox.shopify.figures import amount, figure
from libs.sandbox.shopify.sandbox import ShopifySandbox
from tests.unit.sandbox_shopify.conftest import PRODUCTS
from tests.unit.sandbox_shopify.helpers import Client, document
from tests.unit.sandbox_shopify.receiver import receiving

MUG, CUP = PRODUCTS
VAT = Tax("VAT", Decimal("0.2"))


def shipped(shop: ShopifySandbox) -> Document:
    order = shop.place_order(lines=(Line(MUG, 2), Line(CUP, 1)), taxes=(VAT,))
    shop.fulfill_order(order["id"])
    return shop.order(order["id"])


def test_what_is_returned_is_refunded_when_it_arrives(shop: ShopifySandbox) -> None:
    order = shipped(shop)
    mug = order["lineItems"][0]["id"]
    with receiving() as hooks:
        shop.webhooks_to(hooks.url)
        opened = shop.return_order(order["id"], {mug: 1})
        assert shop.order(order["id"])["returnStatus"] == "IN_PROGRESS"
        assert shop.order(order["id"])["lineItems"][0]["currentQuantity"] == 2
        closed, refund = shop.process_return(opened["id"])
        assert shop.wait_delivered(5)
    assert (closed["status"], shop.order(order["id"])["returnStatus"]) == ("CLOSED", "RETURNED")
    assert refund["return"] == {"id": opened["id"]}
    assert (amount(refund["totalRefundedSet"]), shop.outstanding(order["id"])) == (Decimal("15.00"), Decimal(0))
    assert [line["restockType"] for line in refund["refundLineItems"]] == ["RETURN"]
    assert sorted(set(hooks.topics)) == [
        "order_transactions/create",
        "orders/updated",
        "refunds/create",
        "returns/approve",
        "returns/close",
    ]
    body = hooks.body("returns/approve")
    assert (body["order"]["admin_graphql_api_id"], body["total_return_line_items"]) == (order["id"], 1)
    assert hooks.body("refunds/create")["return"]["admin_graphql_api_id"] == opened["id"]


def test_a_return_is_processed_in_parts_and_closed_with_the_last(shop: ShopifySandbox) -> None:
    order = shipped(shop)
    mug, cup = (line["id"] for line in order["lineItems"])
    opened = shop.return_order(order["id"], {mug: 2, cup: 1}, exchange=[Line(CUP, 1)])
    with receiving() as hooks:
        shop.webhooks_to(hooks.url)
        half, first = shop.process_return(opened["id"], {mug: 1}, exchange=False)
        assert shop.wait_delivered(5)
        assert "returns/process" in hooks.topics
        assert "returns/close" not in hooks.topics
    assert (half["status"], shop.order(order["id"])["returnStatus"]) == ("OPEN", "IN_PROGRESS")
    assert [(one["lineItem"]["id"], one["quantity"]) for one in first["refundLineItems"]] == [(mug, 1)]
    assert half["exchangeLineItems"][0]["lineItems"] is None
    with pytest.raises(ValueError, match="2 units are to be processed, 1 of the return"):
        shop.process_return(opened["id"], {mug: 2})
    whole, second = shop.process_return(opened["id"])
    assert (whole["status"], shop.order(order["id"])["returnStatus"]) == ("CLOSED", "RETURNED")
    assert [(one["lineItem"]["id"], one["quantity"]) for one in second["refundLineItems"]] == [(mug, 1), (cup, 1)]
    assert whole["exchangeLineItems"][0]["lineItems"][0]["quantity"] == 1
    assert shop.outstanding(order["id"]) == 0


def test_the_lines_of_an_exchange_are_in_the_return_alone(shop: ShopifySandbox, ask: Client) -> None:
    order = shipped(shop)
    mug = order["lineItems"][0]["id"]
    opened = shop.return_order(order["id"], {mug: 1}, exchange=[Line(CUP, 2)])
    _, refund = shop.process_return(opened["id"])
    after = shop.order(order["id"])
    assert len(after["lineItems"]) == 2
    # A mug of 15.00 for two cups of 4.00 each.
    assert amount(refund["totalRefundedSet"]) == Decimal("15.00") - Decimal("7.99")
    assert shop.outstanding(order["id"]) == 0
    assert amount(figure(after, "currentTotalPriceSet")) == amount(order["totalPriceSet"]) - Decimal("7.01")
    answer = ask(document("order_extras"), id=order["id"], lines=100)
    assert "errors" not in answer
    (returned,) = answer["data"]["order"]["returns"]["nodes"]
    (item,) = returned["exchangeLineItems"]["nodes"]
    (line,) = item["lineItems"]
    assert (line["sku"], line["quantity"], line["currentQuantity"]) == ("CUP", 2, 2)
    shop.fulfill_order(order["id"], {line["id"]: 2})
    assert shop.order(order["id"])["displayFulfillmentStatus"] == "FULFILLED"


def test_an_exchange_for_something_dearer_is_to_be_paid(shop: ShopifySandbox) -> None:
    order = shipped(shop)
    cup = order["lineItems"][1]["id"]
    opened = shop.return_order(order["id"], {cup: 1}, exchange=[Line(MUG, 1)])
    _, refund = shop.process_return(opened["id"])
    assert refund["transactions"] == []
    assert shop.outstanding(order["id"]) == Decimal("15.00") - Decimal("4.00")
    assert shop.order(order["id"])["displayFinancialStatus"] == "PARTIALLY_PAID"


def test_only_what_was_shipped_is_returned_and_once(shop: ShopifySandbox) -> None:
    order = shop.place_order(lines=(Line(MUG, 2),))
    mug = order["lineItems"][0]["id"]
    with pytest.raises(ValueError, match="0 were shipped"):
        shop.return_order(order["id"], {mug: 1})
    shop.fulfill_order(order["id"])
    opened = shop.return_order(order["id"], {mug: 2})
    with pytest.raises(ValueError, match="0 were shipped"):
        shop.return_order(order["id"], {mug: 1})
    shop.cancel_return(opened["id"])
    assert shop.order(order["id"])["returnStatus"] == "NO_RETURN"
    with pytest.raises(ValueError, match="is canceled"):
        shop.process_return(opened["id"])


def test_a_return_is_requested_and_approved(shop: ShopifySandbox) -> None:
    order = shipped(shop)
    asked = shop.return_order(order["id"], {order["lineItems"][0]["id"]: 1}, requested=True)
    assert shop.order(order["id"])["returnStatus"] == "RETURN_REQUESTED"
    assert shop.approve_return(asked["id"])["status"] == "OPEN"
    shop.process_return(asked["id"], pay_back=False)
    assert shop.outstanding(order["id"]) == Decimal("-15.00")
    other = shop.return_order(order["id"], {order["lineItems"][1]["id"]: 1}, requested=True)
    assert shop.decline_return(other["id"])["status"] == "DECLINED"
    assert shop.order(order["id"])["returnStatus"] == "RETURNED"


def test_returns_need_their_scope() -> None:
    with ShopifySandbox(token="t", scopes=("read_orders",)) as shop, requests.Session() as session:
        order = shop.place_order(lines=(Line(MUG, 2),))
        body = Client(shop.url, session)(document("order_extras"), id=order["id"], lines=100)
    assert body["errors"][0]["extensions"]["requiredAccess"] == "`read_returns` access scope."
