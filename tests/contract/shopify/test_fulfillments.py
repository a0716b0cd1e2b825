"""Fulfillments and fulfillment orders through the client, against the sandbox shop: read, made, given tracking."""

from __future__ import annotations

import json

import pytest

from libs.common.domain.fulfillments import OrderFulfillments, Tracking
from libs.common.errors import Failure, Rejected
from libs.common.shopify.client import ShopifyClient
from libs.common.shopify.fulfillments import (
    NewFulfillment,
    create_fulfillment,
    fetch_fulfillments,
    fetch_order_fulfillments,
    update_tracking,
)
from libs.sandbox.faults import Drop, Fault, Refuse
from libs.sandbox.shopify.derived import Document
from libs.sandbox.shopify.drafts import Line
from libs.sandbox.shopify.sandbox import LOCATION, ShopifySandbox
from tests.contract.shopify.afterwards import draft, line_of, number, read

PARCEL = Tracking("1Z999", "UPS", "https://example.com/1Z999")


def of(client: ShopifyClient, order: Document) -> OrderFulfillments:
    return fetch_order_fulfillments(client, [number(order)])[number(order)]


def test_what_is_to_be_shipped_is_read(shop: ShopifySandbox, client: ShopifyClient) -> None:
    order = shop.place_order(draft(shop))
    found = of(client, order)
    (one,) = found.fulfillment_orders
    assert (found.order_name, found.cancelled, one.status, one.location_id) == (order["name"], False, "open", LOCATION)
    assert [(line.line_id, line.remaining_quantity, line.total_quantity) for line in one.lines] == [
        (line_of(order, 0), 2, 2),
        (line_of(order, 1), 3, 3),
    ]
    assert found.fulfillments == ()


def test_a_part_is_shipped_and_read_back(shop: ShopifySandbox, client: ShopifyClient) -> None:
    order = shop.place_order(draft(shop))
    (one,) = of(client, order).fulfillment_orders
    made = create_fulfillment(client, NewFulfillment({one.id: {one.lines[1].id: 2}}, PARCEL, notify=True))
    found = of(client, order)
    (fulfillment,) = found.fulfillments
    assert (fulfillment.id, fulfillment.status, fulfillment.counts) == (made, "success", True)
    assert [(line.line_id, line.quantity) for line in fulfillment.lines] == [(line_of(order, 1), 2)]
    assert (fulfillment.tracking, fulfillment.location_id) == ((PARCEL,), LOCATION)
    assert [line.remaining_quantity for line in found.fulfillment_orders[0].lines] == [2, 1]
    assert fetch_fulfillments(client, [made])[made] == fulfillment
    order_read = read(client, order)
    assert (order_read.fulfillment_ids, order_read.fulfillment_status) == ((made,), "partially_fulfilled")
    assert shop.journal.entries("fulfillment", "create")[0].summary["notify"] is True


def test_more_than_is_left_is_refused_in_shopifys_words(shop: ShopifySandbox, client: ShopifyClient) -> None:
    order = shop.place_order(draft(shop))
    (one,) = of(client, order).fulfillment_orders
    with pytest.raises(Rejected, match="Invalid fulfillment order line item quantity requested") as refused:
        create_fulfillment(client, NewFulfillment({one.id: {one.lines[0].id: 3}}, PARCEL))
    assert refused.value.code == "fulfillment_refused"
    assert shop.journal.count("fulfillment") == 0


@pytest.mark.parametrize(("fault", "made"), [(Drop(applied=True), 1), (Drop(), 0), (Refuse(503), 0)])
def test_after_a_lost_answer_the_order_tells_what_was_done(
    shop: ShopifySandbox, client: ShopifyClient, fault: Drop | Refuse, made: int
) -> None:
    order = shop.place_order(draft(shop))
    (one,) = of(client, order).fulfillment_orders
    shop.faults.add(Fault("FulfillmentCreate", fault))
    with pytest.raises(Failure):
        create_fulfillment(client, NewFulfillment({one.id: {one.lines[0].id: 2}}, PARCEL))
    assert len(of(client, order).fulfillments) == made == shop.journal.count("fulfillment", "create")


def test_tracking_is_given_later(shop: ShopifySandbox, client: ShopifyClient) -> None:
    order = shop.place_order(draft(shop))
    made = number(shop.fulfill_order(order["id"]))
    for _ in range(2):
        update_tracking(client, made, [PARCEL])
    assert fetch_fulfillments(client, [made])[made].tracking == (PARCEL,)
    with pytest.raises(Rejected, match="does not exist"):
        update_tracking(client, "999", [PARCEL])


def test_tracking_is_taken_off_and_what_is_not_named_is_emptied(shop: ShopifySandbox, client: ShopifyClient) -> None:
    made = number(shop.fulfill_order(shop.place_order(draft(shop))["id"], tracking=PARCEL))
    update_tracking(client, made, [Tracking("1Z999")])
    assert fetch_fulfillments(client, [made])[made].tracking == (Tracking("1Z999"),)
    both = (Tracking("A", "UPS", "https://t/A"), Tracking("B", "UPS", "https://t/B"))
    update_tracking(client, made, both)
    assert fetch_fulfillments(client, [made])[made].tracking == both
    for _ in range(2):
        update_tracking(client, made, [])
    assert fetch_fulfillments(client, [made])[made].tracking == ()


def test_a_number_that_shopify_keeps_is_told(shop: ShopifySandbox, client: ShopifyClient) -> None:
    made = number(shop.fulfill_order(shop.place_order(draft(shop))["id"], tracking=PARCEL))
    kept = {"fulfillment": {"id": f"gid://shopify/Fulfillment/{made}", "updatedAt": "2026-11-20T10:00:00Z",
                            "trackingInfo": [{"company": None, "number": "1Z999", "url": None}]}, "userErrors": []}  # fmt: skip
    answer = json.dumps({"data": {"fulfillmentTrackingInfoUpdate": kept}})
    shop.faults.add(Fault("FulfillmentTrackingUpdate", Refuse(200, answer, content_type="application/json")))
    with pytest.raises(Rejected, match="still shows") as refused:
        update_tracking(client, made, [])
    assert refused.value.code == "tracking_not_removed"


def test_each_location_ships_its_own(shop: ShopifySandbox, client: ShopifyClient) -> None:
    shop.locations, shop.ships_from = ("11", "12"), {"PEN": "12"}
    order = shop.place_order(draft(shop))
    orders = of(client, order).fulfillment_orders
    assert {one.location_id: [line.line_id for line in one.lines] for one in orders} == {
        "11": [line_of(order, 0)],
        "12": [line_of(order, 1)],
    }
    for one in orders:
        create_fulfillment(
            client, NewFulfillment({one.id: {line.id: line.remaining_quantity for line in one.lines}}, PARCEL)
        )
    assert read(client, order).fulfillment_status == "fulfilled"


def test_a_cancelled_fulfillment_counts_no_more(shop: ShopifySandbox, client: ShopifyClient) -> None:
    order = shop.place_order(draft(shop))
    shop.cancel_fulfillment(shop.fulfill_order(order["id"])["id"])
    found = of(client, order)
    assert [one.counts for one in found.fulfillments] == [False]
    assert [(one.status, sum(line.remaining_quantity for line in one.lines)) for one in found.fulfillment_orders] == [
        ("closed", 0),
        ("open", 5),
    ]
    assert read(client, order).fulfillment_ids == ()


def test_units_that_were_cancelled_are_not_left_to_ship(shop: ShopifySandbox, client: ShopifyClient) -> None:
    order = shop.place_order(draft(shop))
    shop.refund_order(order["id"], {line_of(order, 0): (1, "cancel")})
    shop.edit_order(order["id"], {line_of(order, 1): 1})
    (one,) = of(client, order).fulfillment_orders
    assert [line.remaining_quantity for line in one.lines] == [1, 1]
    shop.cancel_order(order["id"])
    found = of(client, order)
    assert found.cancelled
    assert [one.status for one in found.fulfillment_orders] == ["cancelled"]


def test_every_page_of_a_long_order_is_read(shop: ShopifySandbox, client: ShopifyClient) -> None:
    order = shop.place_order(lines=tuple(Line(shop.product("PEN")) for _ in range(120)))
    (one,) = of(client, order).fulfillment_orders
    assert len({line.line_id for line in one.lines}) == 120
    shop.fulfill_order(order["id"])
    (fulfillment,) = of(client, order).fulfillments
    assert len({line.line_id for line in fulfillment.lines}) == 120
