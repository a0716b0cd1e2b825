"""Refunds and cancellations: units, shipping, money, and what the order is worth then."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from libs.sandbox.shopify.derived import Document, plus
from libs.sandbox.shopify.drafts import Discount, Draft, Duty, Fee, Line, Payment, Shipping, Tax
from libs.sandbox.shopify.figures import amount, figure, is_nothing, total_of
from libs.sandbox.shopify.sandbox import ShopifySandbox
from libs.sandbox.shopify.strategies import drafts
from tests.unit.sandbox_shopify.conftest import PRODUCTS
from tests.unit.sandbox_shopify.helpers import Client, document
from tests.unit.sandbox_shopify.receiver import receiving

MUG, CUP = PRODUCTS
DRAFT = Draft(
    lines=(Line(MUG, 2), Line(CUP, 3)),
    shipping=(Shipping("Post", Decimal("5.00")),),
    discounts=(Discount("TEN", percent=Decimal(10)),),
    taxes=(Tax("VAT", Decimal("0.15")),),
)


def amounts(order: Document, *names: str) -> list[Decimal]:
    return [amount(figure(order, name)) for name in names]


def test_the_units_of_a_line_are_refunded_one_by_one_and_come_to_exactly_the_line(shop: ShopifySandbox) -> None:
    order = shop.place_order(DRAFT)
    cup = order["lineItems"][1]["id"]
    refunds = [shop.refund_order(order["id"], {cup: (1, "cancel")}) for _ in range(3)]
    parts = [refund["refundLineItems"][0] for refund in refunds]
    assert [amount(part["subtotalSet"]) for part in parts] == [Decimal("3.00"), Decimal("2.99"), Decimal("3.00")]
    assert sum(amount(part["totalTaxSet"]) for part in parts) == amount(
        order["lineItems"][1]["taxLines"][0]["priceSet"]
    )
    after = shop.order(order["id"])
    assert [line["currentQuantity"] for line in after["lineItems"]] == [2, 0]
    assert [line["quantity"] for line in after["lineItems"]] == [2, 3]
    assert after["displayFinancialStatus"] == "PARTIALLY_REFUNDED"
    assert shop.outstanding(order["id"]) == 0
    with pytest.raises(ValueError, match="0 are left"):
        shop.refund_order(order["id"], {cup: 1})


def test_a_refund_moves_the_orders_figures_and_leaves_what_was_placed(shop: ShopifySandbox) -> None:
    order = shop.place_order(DRAFT)
    mug = order["lineItems"][0]["id"]
    refund = shop.refund_order(order["id"], {mug: (2, "no_restock")}, shipping="full", note="broken")
    after = shop.order(order["id"])
    # 25.00 less 10 % and its 15 % tax, and the shipping with its own.
    assert amount(refund["totalRefundedSet"]) == Decimal("22.50") + Decimal("3.38") + Decimal("5.75")
    assert amounts(after, "totalPriceSet", "currentTotalPriceSet") == [
        amount(order["totalPriceSet"]),
        amount(order["totalPriceSet"]) - amount(refund["totalRefundedSet"]),
    ]
    assert amounts(after, "currentShippingPriceSet", "totalRefundedShippingSet") == [Decimal(0), Decimal("5.75")]
    assert amounts(after, "currentTotalDiscountsSet") == [Decimal("1.00")]
    assert amounts(after, "currentTotalTaxSet") == [amount(tax["priceSet"]) for tax in figure(after, "currentTaxLines")]
    assert refund["refundLineItems"][0]["restocked"] is False
    assert after["fulfillmentOrders"][0]["lineItems"][0]["remainingQuantity"] == 0


def test_cancelled_units_need_not_be_shipped_any_more(shop: ShopifySandbox) -> None:
    order = shop.place_order(DRAFT)
    mug, cup = (line["id"] for line in order["lineItems"])
    shop.fulfill_order(order["id"], {mug: 2})
    refund = shop.refund_order(order["id"], {cup: (3, "cancel"), mug: (1, "return")})
    after = shop.order(order["id"])
    assert after["displayFulfillmentStatus"] == "FULFILLED"
    assert [line["restocked"] for line in refund["refundLineItems"]] == [True, True]
    assert refund["refundLineItems"][0]["location"] is not None
    with pytest.raises(ValueError, match="not so many are unfulfilled"):
        shop.refund_order(order["id"], {mug: (1, "cancel")})


def test_money_beyond_or_below_the_lines_is_an_adjustment(shop: ShopifySandbox) -> None:
    order = shop.place_order(DRAFT)
    cup = order["lineItems"][1]["id"]
    goodwill = shop.refund_order(order["id"], adjustment=Decimal("2.00"))
    kept = shop.refund_order(order["id"], {cup: (1, "no_restock")}, adjustment=Decimal("-1.00"), reason="RESTOCK")
    assert [amount(one["orderAdjustments"][0]["amountSet"]) for one in (goodwill, kept)] == [Decimal(-2), Decimal(1)]
    assert amount(goodwill["totalRefundedSet"]) == Decimal(2)
    assert amount(kept["totalRefundedSet"]) == Decimal("3.00") + Decimal("0.45") - 1
    assert shop.outstanding(order["id"]) == 0


def test_money_that_is_not_paid_back_is_owed_and_can_be_paid_back_later(shop: ShopifySandbox) -> None:
    order = shop.place_order(DRAFT)
    cup = order["lineItems"][1]["id"]
    first = shop.refund_order(order["id"], {cup: (1, "cancel")}, pay_back=False)
    assert (first["transactions"], shop.outstanding(order["id"])) == ([], Decimal("-3.45"))
    assert shop.order(order["id"])["displayFinancialStatus"] == "PAID"
    later = shop.refund_order(order["id"], owed=Decimal("3.45"))
    assert (later["refundLineItems"], later["orderAdjustments"]) == ([], [])
    assert (amount(later["totalRefundedSet"]), shop.outstanding(order["id"])) == (Decimal("3.45"), Decimal(0))


def test_nobody_is_paid_back_what_they_did_not_pay(shop: ShopifySandbox) -> None:
    order = shop.place_order(DRAFT, paid=False)
    cup = order["lineItems"][1]["id"]
    refund = shop.refund_order(order["id"], {cup: (1, "cancel")})
    assert (refund["transactions"], shop.order(order["id"])["displayFinancialStatus"]) == ([], "PENDING")
    assert shop.outstanding(order["id"]) == amount(order["totalPriceSet"]) - Decimal("3.45")


def test_each_gateway_pays_back_what_it_received(shop: ShopifySandbox) -> None:
    card = Payment("gift_card", amount=Decimal(10))
    order = shop.place_order(DRAFT, payments=(card, Payment("shopify_payments")))
    mug, cup = (line["id"] for line in order["lineItems"])
    refund = shop.refund_order(order["id"], {mug: (1, "cancel")})
    assert [(one["gateway"], amount(one["amountSet"])) for one in refund["transactions"]] == [
        ("gift_card", Decimal(10)),
        ("shopify_payments", Decimal("2.94")),
    ]
    named = shop.refund_order(order["id"], {cup: (1, "cancel")}, gateway="manual")
    assert [one["gateway"] for one in named["transactions"]] == ["manual"]


def test_pending_money_is_a_discrepancy_until_it_arrives(shop: ShopifySandbox) -> None:
    order = shop.place_order(DRAFT)
    cup = order["lineItems"][1]["id"]
    refund = shop.refund_order(order["id"], {cup: (1, "cancel")}, status="pending")
    assert [(one["reason"], amount(one["amountSet"])) for one in refund["orderAdjustments"]] == [
        ("REFUND_DISCREPANCY", Decimal("3.45"))
    ]
    assert (amount(refund["totalRefundedSet"]), shop.outstanding(order["id"])) == (Decimal(0), Decimal("-3.45"))
    settled = shop.settle_refund(refund["id"])
    assert is_nothing(total_of(order, (one["amountSet"] for one in settled["orderAdjustments"])))
    assert settled["transactions"][0]["status"] == "SUCCESS"
    assert shop.order(order["id"])["transactions"][-1]["status"] == "SUCCESS"
    assert shop.outstanding(order["id"]) == 0


def test_a_cancelled_order_is_paid_back_and_to_be_shipped_no_more(shop: ShopifySandbox, ask: Client) -> None:
    order = shop.place_order(DRAFT, fees=(Fee("Eco", Decimal("1.00")),), tip=Decimal(2))
    with receiving() as hooks:
        shop.webhooks_to(hooks.url)
        after = shop.cancel_order(order["id"], reason="inventory")
        assert shop.wait_delivered(5)
    assert hooks.topics == ["order_transactions/create", "orders/cancelled", "orders/updated", "refunds/create"]
    assert hooks.body("orders/cancelled")["cancel_reason"] == "inventory"
    assert after["displayFinancialStatus"] == "REFUNDED"
    assert amounts(after, "totalRefundedSet") == amounts(order, "totalPriceSet")
    assert amounts(after, "currentSubtotalPriceSet", "currentTotalDiscountsSet") == [0, 0]
    assert shop.outstanding(order["id"]) == 0
    node = ask(document("order_fulfillments_by_ids"), ids=[order["id"]])["data"]["nodes"][0]
    assert [one["status"] for one in node["fulfillmentOrders"]["nodes"]] == ["CANCELLED"]
    with pytest.raises(ValueError, match="cancelled already"):
        shop.cancel_order(order["id"])


def test_an_unpaid_order_is_cancelled_for_nothing(shop: ShopifySandbox) -> None:
    after = shop.cancel_order(shop.place_order(DRAFT, paid=False)["id"])
    assert (after["displayFinancialStatus"], after["refunds"][0]["transactions"]) == ("VOIDED", [])
    assert shop.outstanding(after["id"]) == 0


def test_money_that_was_only_reserved_is_let_go_with_the_order(shop: ShopifySandbox) -> None:
    order = shop.place_order(DRAFT, payments=(Payment("shopify_payments", kind="authorization"),))
    after = shop.cancel_order(order["id"])
    assert [(one["kind"], one["gateway"]) for one in after["transactions"]] == [
        ("AUTHORIZATION", "shopify_payments"),
        ("VOID", "shopify_payments"),
    ]
    assert (after["displayFinancialStatus"], shop.outstanding(order["id"])) == ("VOIDED", Decimal(0))


def test_what_was_shipped_is_not_cancelled(shop: ShopifySandbox) -> None:
    order = shop.place_order(DRAFT)
    mug, _ = (line["id"] for line in order["lineItems"])
    shop.fulfill_order(order["id"], {mug: 1})
    after = shop.cancel_order(order["id"])
    assert [line["currentQuantity"] for line in after["lineItems"]] == [1, 0]
    assert after["displayFinancialStatus"] == "PARTIALLY_REFUNDED"
    assert [one["status"] for one in after["fulfillmentOrders"]] == ["CLOSED"]
    assert shop.outstanding(order["id"]) == 0


def test_duties_come_back_with_their_units(shop: ShopifySandbox) -> None:
    line = Line(MUG, 2, duties=(Duty(Decimal("3.01"), "6109"),))
    order = shop.place_order(lines=(line,))
    refund = shop.refund_order(order["id"], {order["lineItems"][0]["id"]: (1, "cancel")}, duties=True)
    assert [amount(one["amountSet"]) for one in refund["duties"]] == [Decimal("1.51")]
    assert amount(refund["totalRefundedSet"]) == Decimal("12.50") + Decimal("1.51")


def test_a_refund_is_told_and_can_be_asked_for(shop: ShopifySandbox, ask: Client) -> None:
    order = shop.place_order(DRAFT)
    mug, cup = (line["id"] for line in order["lineItems"])
    with receiving() as hooks:
        shop.webhooks_to(hooks.url)
        refund = shop.refund_order(order["id"], {mug: (1, "return"), cup: (2, "cancel")}, shipping=Decimal(2))
        assert shop.wait_delivered(5)
    assert hooks.topics == ["order_transactions/create", "orders/updated", "refunds/create"]
    body = hooks.body("refunds/create")
    assert body["restock"] is True
    assert [line["restock_type"] for line in body["refund_line_items"]] == ["return", "cancel"]
    assert body["refund_line_items"][0]["subtotal"] == "11.25"
    assert hooks.body("orders/updated")["refunds"] == [body]
    answer = ask(document("refunds_by_ids"), ids=[refund["id"]])
    assert "errors" not in answer
    (node,) = answer["data"]["nodes"]
    assert [line["lineItem"]["id"] for line in node["refundLineItems"]["nodes"]] == [mug, cup]
    assert node["refundShippingLines"]["nodes"][0]["subtotalAmountSet"]["shopMoney"]["amount"] == "2.0"
    assert node["refundShippingLines"]["nodes"][0]["taxAmountSet"]["shopMoney"]["amount"] == "0.3"
    assert node["transactions"]["nodes"][0]["kind"] == "REFUND"
    assert shop.journal.count("refund", "create") == 1


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(draft=drafts(), data=st.data())
def test_whatever_is_refunded_adds_up_in_both_moneys(draft: Draft, data: st.DataObject) -> None:
    shop = ShopifySandbox()
    order = shop.place_order(draft)
    steps = data.draw(st.lists(st.integers(1, 3), max_size=4))
    for count in steps:
        left = [line for line in shop.order(order["id"])["lineItems"] if line["currentQuantity"]]
        if left:
            line = data.draw(st.sampled_from(left))
            shop.refund_order(order["id"], {line["id"]: min(count, line["currentQuantity"])})
    if data.draw(st.booleans()):
        shop.refund_order(order["id"], shipping="full")
    after = shop.order(order["id"])
    refunds: list[dict[str, Any]] = after.get("refunds", [])
    taken = total_of(order, (one for refund in refunds for one in _parts(refund, included=order["taxesIncluded"])))
    placed = figure(order, "currentTotalPriceSet")
    assert plus(figure(after, "currentTotalPriceSet"), taken) == placed
    everything = {line["id"]: line["currentQuantity"] for line in after["lineItems"]}
    shop.refund_order(order["id"], everything, shipping="full", duties=True)
    last = shop.order(order["id"])
    assert is_nothing(figure(last, "currentSubtotalPriceSet"))
    assert is_nothing(figure(last, "currentShippingPriceSet"))
    assert all(amount["amount"] >= 0 for amount in figure(last, "currentTotalPriceSet").values())


def _parts(refund: Document, *, included: bool) -> list[Document]:
    parts = [one["subtotalSet"] for one in refund["refundLineItems"]]
    parts += [one["subtotalAmountSet"] for one in refund["refundShippingLines"]]
    taxes = [one["totalTaxSet"] for one in refund["refundLineItems"]]
    taxes += [one["taxAmountSet"] for one in refund["refundShippingLines"]]
    return parts if included else [*parts, *taxes]
