"""Fulfillment orders, fulfillments and the mutations of apps that ship."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests

from libs.common.domain.fulfillments import Tracking
from libs.sandbox.faults import Drop, Fault
from libs.sandbox.shopify.derived import Document
from libs.sandbox.shopify.drafts import Line, Product
from libs.sandbox.shopify.fulfilling import FulfillmentRefused
from libs.sandbox.shopify.sandbox import LOCATION, ShopifySandbox
from tests.unit.sandbox_shopify.conftest import PRODUCTS
from tests.unit.sandbox_shopify.helpers import Client, document
from tests.unit.sandbox_shopify.receiver import receiving

MUG, CUP = PRODUCTS
VOUCHER = Product("VOUCHER", "Voucher", Decimal(20), "3", requires_shipping=False)


def placed(shop: ShopifySandbox) -> Document:
    return shop.place_order(lines=(Line(MUG, 2), Line(CUP, 3), Line(VOUCHER, 1)))


def state_of(ask: Client, order: Document) -> dict[str, Any]:
    body = ask(document("order_fulfillments_by_ids"), ids=[order["id"]])
    assert "errors" not in body
    node: dict[str, Any] = body["data"]["nodes"][0]
    return node


def created(ask: Client, *groups: dict[str, Any], **more: Any) -> dict[str, Any]:
    body = ask(document("fulfillment_create"), fulfillment={"lineItemsByFulfillmentOrder": list(groups), **more})
    payload: dict[str, Any] = body["data"]["fulfillmentCreate"]
    return payload


def test_a_checkout_makes_one_fulfillment_order_of_what_needs_shipping(shop: ShopifySandbox, ask: Client) -> None:
    order = placed(shop)
    (found,) = state_of(ask, order)["fulfillmentOrders"]["nodes"]
    assert found["status"] == "OPEN"
    assert found["assignedLocation"]["location"]["id"].endswith(LOCATION)
    lines = [(line["lineItem"]["id"], line["remainingQuantity"]) for line in found["lineItems"]["nodes"]]
    assert lines == [(order["lineItems"][0]["id"], 2), (order["lineItems"][1]["id"], 3)]


def test_each_location_has_its_own_fulfillment_order(ask: Client, shop: ShopifySandbox) -> None:
    shop.locations, shop.ships_from = ("1", "2"), {"CUP": "2"}
    orders = state_of(ask, placed(shop))["fulfillmentOrders"]["nodes"]
    assert [one["assignedLocation"]["location"]["id"][-1] for one in orders] == ["1", "2"]
    refused = created(ask, *({"fulfillmentOrderId": one["id"]} for one in orders))
    assert refused["userErrors"][0]["message"] == "All fulfillment orders must be assigned to the same location."


def test_an_app_ships_a_part_and_then_the_rest(shop: ShopifySandbox, ask: Client) -> None:
    order = placed(shop)
    (open_one,) = state_of(ask, order)["fulfillmentOrders"]["nodes"]
    cups = open_one["lineItems"]["nodes"][1]["id"]
    with receiving() as hooks:
        shop.webhooks_to(hooks.url)
        first = created(
            ask,
            {"fulfillmentOrderId": open_one["id"], "fulfillmentOrderLineItems": [{"id": cups, "quantity": 2}]},
            notifyCustomer=True,
            trackingInfo={"number": "1Z", "company": "UPS", "url": "https://example.com/1Z"},
        )
        assert shop.wait_delivered(5)
    assert (first["userErrors"], first["fulfillment"]["name"]) == ([], f"{order['name']}-F1")
    assert hooks.topics == ["fulfillments/create", "orders/partially_fulfilled", "orders/updated"]
    body = hooks.body("fulfillments/create")
    assert (body["tracking_number"], body["line_items"][0]["quantity"]) == ("1Z", 2)
    assert hooks.body("orders/updated")["fulfillment_status"] == "partial"
    node = state_of(ask, order)
    (left,) = node["fulfillmentOrders"]["nodes"]
    assert (left["status"], [line["remainingQuantity"] for line in left["lineItems"]["nodes"]]) == (
        "IN_PROGRESS",
        [2, 1],
    )
    assert node["fulfillments"][0]["trackingInfo"] == [
        {"company": "UPS", "number": "1Z", "url": "https://example.com/1Z"}
    ]
    assert shop.journal.entries("fulfillment", "create")[0].summary["notify"] is True
    assert created(ask, {"fulfillmentOrderId": left["id"]})["userErrors"] == []
    assert shop.order(order["id"])["displayFulfillmentStatus"] == "FULFILLED"
    assert state_of(ask, order)["fulfillmentOrders"]["nodes"][0]["status"] == "CLOSED"


def test_what_cannot_be_shipped_is_refused_in_shopifys_words(shop: ShopifySandbox, ask: Client) -> None:
    order = placed(shop)
    (one,) = state_of(ask, order)["fulfillmentOrders"]["nodes"]
    line = one["lineItems"]["nodes"][0]["id"]

    def message(quantity: int) -> str:
        group = {"fulfillmentOrderId": one["id"], "fulfillmentOrderLineItems": [{"id": line, "quantity": quantity}]}
        (error,) = created(ask, group)["userErrors"]
        assert error["field"] == ["fulfillment"]
        return str(error["message"])

    assert message(3) == message(0) == "Invalid fulfillment order line item quantity requested."
    shop.hold_fulfillment_orders(order["id"])
    number = one["id"].rpartition("/")[2]
    assert message(1) == f"Fulfillment order {number} has an unfulfillable status= on_hold."
    shop.hold_fulfillment_orders(order["id"], release=True)
    shop.fulfill_order(order["id"])
    assert message(1) == f"Fulfillment order {number} has an unfulfillable status= closed."
    assert shop.journal.count("fulfillment", "create") == 1


def test_an_unknown_fulfillment_order_is_refused_as_recorded(ask: Client, reference: Path) -> None:
    recorded = json.loads((reference / "graphql-responses" / "bc_Logs_FulfillmentFailedResult.json").read_text("utf-8"))
    group = {"fulfillmentOrderId": "gid://shopify/FulfillmentOrder/1"}
    assert created(ask, group) == recorded["data"]["fulfillmentCreate"]


def test_a_lost_answer_leaves_the_fulfillment_made(shop: ShopifySandbox, ask: Client) -> None:
    order = placed(shop)
    (one,) = state_of(ask, order)["fulfillmentOrders"]["nodes"]
    shop.faults.add(Fault("FulfillmentCreate", Drop(applied=True)))
    with pytest.raises(requests.RequestException):
        created(ask, {"fulfillmentOrderId": one["id"]})
    assert shop.journal.count("fulfillment", "create") == 1
    assert len(state_of(ask, order)["fulfillments"]) == 1


def test_tracking_is_given_later_and_told(shop: ShopifySandbox, ask: Client) -> None:
    done = shop.fulfill_order(placed(shop)["id"], tracking=Tracking("OLD"))
    with receiving() as hooks:
        shop.webhooks_to(hooks.url)
        body = ask(
            document("fulfillment_tracking_update"),
            id=done["id"],
            tracking={"numbers": ["A", "B"], "company": "DHL"},
            notify=True,
        )
        assert shop.wait_delivered(5)
    assert body["data"]["fulfillmentTrackingInfoUpdate"]["userErrors"] == []
    assert hooks.body("fulfillments/update")["tracking_numbers"] == ["A", "B"]
    node = ask(document("fulfillments_by_ids"), ids=[done["id"]])["data"]["nodes"][0]
    assert [one["number"] for one in node["trackingInfo"]] == ["A", "B"]


def test_a_cancelled_fulfillment_is_to_be_shipped_anew(shop: ShopifySandbox, ask: Client) -> None:
    order = placed(shop)
    done = shop.fulfill_order(order["id"])
    shop.cancel_fulfillment(done["id"])
    node = state_of(ask, order)
    assert [one["status"] for one in node["fulfillments"]] == ["CANCELLED"]
    assert [one["status"] for one in node["fulfillmentOrders"]["nodes"]] == ["CLOSED", "OPEN"]
    assert shop.order(order["id"])["displayFulfillmentStatus"] == "UNFULFILLED"
    shop.fulfill_order(order["id"])
    assert shop.order(order["id"])["displayFulfillmentStatus"] == "FULFILLED"
    with pytest.raises(FulfillmentRefused):
        shop.cancel_fulfillment(done["id"])


def test_units_of_lines_are_shipped_from_elsewhere(shop: ShopifySandbox, ask: Client) -> None:
    order = placed(shop)
    cup = order["lineItems"][1]["id"]
    done = shop.fulfill_order(order["id"], {cup.rpartition("/")[2]: 1})
    node = ask(document("fulfillments_by_ids"), ids=[done["id"]])["data"]["nodes"][0]
    units = [(one["lineItem"]["id"], one["quantity"]) for one in node["fulfillmentLineItems"]["nodes"]]
    assert (units, node["order"]["id"]) == ([(cup, 1)], order["id"])
    with pytest.raises(FulfillmentRefused):
        shop.fulfill_order(order["id"], {cup: 3})


@pytest.fixture
def narrow() -> Iterator[ShopifySandbox]:
    with ShopifySandbox(token="t", scopes=("read_orders",)) as sandbox:
        yield sandbox


def test_shipping_needs_its_scopes(narrow: ShopifySandbox) -> None:
    order = narrow.place_order(lines=(Line(MUG),))
    (one,) = narrow.order(order["id"])["fulfillmentOrders"]
    with requests.Session() as session:
        ask = Client(narrow.url, session)
        read = ask(document("order_fulfillments_by_ids"), ids=[order["id"]])
        group = {"lineItemsByFulfillmentOrder": [{"fulfillmentOrderId": one["id"]}]}
        write = ask(document("fulfillment_create"), fulfillment=group)
    for body in (read, write):
        assert body["errors"][0]["extensions"]["code"] == "ACCESS_DENIED"
    assert narrow.journal.count("fulfillment") == 0
