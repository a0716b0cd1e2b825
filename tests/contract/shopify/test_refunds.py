"""Refunds, read through the client from the sandbox shop."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from libs.common.domain.money import Money
from libs.common.shopify.client import ShopifyClient
from libs.common.shopify.refunds import fetch_refunds
from libs.sandbox.shopify.drafts import Draft, Line, Payment
from libs.sandbox.shopify.sandbox import ShopifySandbox
from libs.sandbox.shopify.strategies import drafts
from tests.contract.shopify.afterwards import check, draft, line_of, number, read, refunds_of, units
from tests.unit.shopify.shop import NotedBudget


def usd(amount: str) -> Money:
    return Money.of(amount, "USD")


def test_a_refund_arrives_as_it_was_made(shop: ShopifySandbox, client: ShopifyClient) -> None:
    order = shop.place_order(draft(shop))
    made = shop.refund_order(
        order["id"], {line_of(order, 0): (1, "cancel"), line_of(order, 1): (2, "no_restock")}, note="late"
    )
    (refund,) = fetch_refunds(client, [number(made)]).values()
    assert (refund.order_id, refund.order_name, refund.note) == (number(order), order["name"], "late")
    assert [(line.line_id, line.quantity, line.restock_type, line.restocked) for line in refund.lines] == [
        (line_of(order, 0), 1, "cancel", True),
        (line_of(order, 1), 2, "no_restock", False),
    ]
    assert [(line.subtotal, line.tax) for line in refund.lines] == [
        (usd("11.25"), usd("2.25")),
        (usd("1.89"), usd("0.38")),
    ]
    assert refund.total == refund.taken_back == refund.goods_total == usd("15.77")
    assert [(one.gateway, one.pays_back, one.amount) for one in refund.transactions] == [("bogus", True, usd("15.77"))]
    found = check(client, order)
    assert (found.financial_status, found.total) == ("partially_refunded", usd("36.28"))
    assert [units(line) for line in found.lines] == [(2, 1, 2), (3, 1, 3)]


def test_a_refund_is_read_in_the_customers_money(shop: ShopifySandbox, client: ShopifyClient) -> None:
    order = shop.place_order(draft(shop))
    made = shop.refund_order(order["id"], {line_of(order, 0): (1, "cancel")}, shipping="full")
    refund = fetch_refunds(client, [number(made)], {number(order): "presentment"})[number(made)]
    assert refund.currency == "JPY"
    assert refund.total == refund.taken_back
    assert refund.shipping[0].subtotal == Money.of("742", "JPY")
    check(client, order)


def test_all_of_an_order_is_refunded_line_by_line(shop: ShopifySandbox, client: ShopifyClient) -> None:
    order = shop.place_order(draft(shop))
    for place, count in ((1, 1), (1, 1), (0, 2), (1, 1)):
        shop.refund_order(order["id"], {line_of(order, place): (count, "cancel")})
    shop.refund_order(order["id"], shipping="full")
    found = check(client, order)
    refunded = Money.sum((refund.total for refund in refunds_of(client, found)), "USD")
    assert (refunded, found.financial_status, found.outstanding) == (found.total, "refunded", usd("0"))


def test_shipping_is_refunded_in_parts(shop: ShopifySandbox, client: ShopifyClient) -> None:
    order = shop.place_order(draft(shop))
    shop.refund_order(order["id"], shipping=Decimal("1.33"))
    shop.refund_order(order["id"], shipping=Decimal("2.11"))
    shop.refund_order(order["id"], shipping="full")
    parts = [refund.shipping[0] for refund in refunds_of(client, read(client, order))]
    assert [(part.subtotal, part.tax) for part in parts] == [
        (usd("1.33"), usd("0.27")),
        (usd("2.11"), usd("0.42")),
        (usd("1.46"), usd("0.29")),
    ]
    assert {part.shipping_line_id for part in parts} == {number(order["shippingLines"][0])}
    check(client, order)


def test_an_adjustment_is_credited_and_leaves_nothing_outstanding(shop: ShopifySandbox, client: ShopifyClient) -> None:
    order = shop.place_order(draft(shop))
    shop.refund_order(order["id"], adjustment=Decimal(5))
    shop.refund_order(order["id"], {line_of(order, 0): (1, "return")}, adjustment=Decimal("-2.50"), reason="RESTOCK")
    goodwill, kept = refunds_of(client, check(client, order))
    assert (goodwill.lines, goodwill.goods_total, goodwill.total) == ((), usd("5"), usd("5"))
    assert (kept.taken_back, kept.goods_total, kept.total) == (usd("13.50"), usd("11.00"), usd("11.00"))
    assert [one.reason for one in kept.adjustments] == ["restock"]


def test_an_unpaid_refund_lowers_what_is_outstanding(shop: ShopifySandbox, client: ShopifyClient) -> None:
    order = shop.place_order(draft(shop), paid=False)
    shop.refund_order(order["id"], {line_of(order, 0): (2, "cancel")})
    found = check(client, order)
    (refund,) = refunds_of(client, found)
    assert (refund.total, refund.transactions, refund.goods_total) == (usd("0"), (), usd("27.00"))
    assert found.outstanding == usd("9.28")


def test_money_on_its_way_back_is_seen_as_pending(shop: ShopifySandbox, client: ShopifyClient) -> None:
    order = shop.place_order(draft(shop))
    made = shop.refund_order(order["id"], {line_of(order, 0): (1, "cancel")}, status="pending")
    (refund,) = refunds_of(client, read(client, order))
    # Shopify states the money that did not arrive yet as a difference: nothing is to be credited by the sums.
    assert (refund.taken_back, refund.goods_total, refund.total) == (usd("13.50"), usd("0"), usd("0"))
    assert [one.status for one in refund.transactions] == ["pending"]
    shop.settle_refund(made["id"])
    (settled,) = refunds_of(client, check(client, order))
    assert settled.goods_total == settled.total == usd("13.50")
    assert [one.reason for one in settled.adjustments] == ["refund_discrepancy", "pending_refund_discrepancy"]


def test_a_cancelled_order_is_credited_whole(shop: ShopifySandbox, client: ShopifyClient) -> None:
    order = shop.place_order(draft(shop), payments=(Payment("gift_card", Decimal(10)), Payment("paypal")))
    shop.cancel_order(order["id"])
    found = check(client, order)
    assert found.cancelled_at is not None
    (refund,) = refunds_of(client, found)
    assert refund.goods_total == found.total
    assert [one.gateway for one in refund.transactions] == ["gift_card", "paypal"]


def test_every_page_of_a_long_refund_is_read(shop: ShopifySandbox, client: ShopifyClient) -> None:
    order = shop.place_order(lines=tuple(Line(shop.product("PEN")) for _ in range(130)))
    made = shop.refund_order(order["id"], {line["id"]: 1 for line in order["lineItems"]})
    (refund,) = fetch_refunds(client, [number(made)]).values()
    assert len({line.line_id for line in refund.lines}) == 130


@pytest.fixture(scope="module")
def long_lived() -> Iterator[tuple[ShopifySandbox, ShopifyClient]]:
    with ShopifySandbox(bucket=1e9) as shop:
        client = ShopifyClient(shop.url, shop.token, budget=NotedBudget(), budget_key="acme/shopify")
        yield shop, client
        client.close()


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(made_up=drafts(), data=st.data())
def test_whatever_is_refunded_leaves_what_is_outstanding(
    long_lived: tuple[ShopifySandbox, ShopifyClient], made_up: Draft, data: st.DataObject
) -> None:
    shop, client = long_lived
    order = shop.place_order(made_up)
    for _ in range(data.draw(st.integers(1, 3))):
        left = [line for line in shop.order(order["id"])["lineItems"] if line["currentQuantity"]]
        lines = (
            data.draw(st.lists(st.sampled_from(left), max_size=2, unique_by=lambda one: str(one["id"]))) if left else []
        )
        counts = {line["id"]: data.draw(st.integers(1, line["currentQuantity"])) for line in lines}
        shipping: Literal["full"] | None = "full" if data.draw(st.booleans()) else None
        shop.refund_order(order["id"], counts, shipping=shipping, pay_back=data.draw(st.booleans()))
    check(client, order)
