"""Orders that are edited: what was ordered stays on record, the current figures follow."""

from __future__ import annotations

from decimal import Decimal

import pytest

from libs.sandbox.shopify.derived import Document, plus
from libs.sandbox.shopify.drafts import Discount, Draft, Line, Place, Shipping, Tax
from libs.sandbox.shopify.figures import amount, figure, line_total
from libs.sandbox.shopify.sandbox import ShopifySandbox
from tests.unit.sandbox_shopify.conftest import PRODUCTS
from tests.unit.sandbox_shopify.receiver import receiving

MUG, CUP = PRODUCTS
DRAFT = Draft(
    lines=(Line(MUG, 2), Line(CUP, 3)),
    shipping=(Shipping("Post", Decimal("5.00")),),
    discounts=(Discount("TEN", percent=Decimal(10)),),
    taxes=(Tax("VAT", Decimal("0.15")),),
)


def of(order: Document, name: str) -> Decimal:
    return amount(figure(order, name))


def test_units_that_are_taken_off_leave_the_line_as_it_was_ordered(shop: ShopifySandbox) -> None:
    order = shop.place_order(DRAFT)
    cup = order["lineItems"][1]["id"]
    with receiving() as hooks:
        shop.webhooks_to(hooks.url)
        after = shop.edit_order(order["id"], {cup: 1})
        assert shop.wait_delivered(5)
    line = after["lineItems"][1]
    assert (line["quantity"], line["currentQuantity"], after["edited"]) == (3, 1, True)
    assert (line["taxLines"], line["discountAllocations"]) == (
        order["lineItems"][1]["taxLines"],
        order["lineItems"][1]["discountAllocations"],
    )
    # Two of three cups of 8.99 after the discount, with 1.35 of tax on all three.
    assert of(after, "currentTotalPriceSet") == of(order, "totalPriceSet") - Decimal("5.99") - Decimal("0.90")
    assert of(after, "totalPriceSet") == of(order, "totalPriceSet")
    assert shop.outstanding(order["id"]) == Decimal("-6.89")
    assert sum(amount(tax["priceSet"]) for tax in figure(after, "currentTaxLines")) == of(after, "currentTotalTaxSet")
    assert after["fulfillmentOrders"][0]["lineItems"][1]["remainingQuantity"] == 1
    assert hooks.topics == ["orders/edited", "orders/updated"]
    body = hooks.body("orders/edited")["order_edit"]
    assert body["line_items"] == {"additions": [], "removals": [{"id": int(cup.rpartition("/")[2]), "delta": 2}]}
    assert body["order_id"] == int(order["id"].rpartition("/")[2])
    assert shop.journal.count("order", "edit") == 1


def test_removed_and_refunded_units_together_are_all_of_the_line(shop: ShopifySandbox) -> None:
    order = shop.place_order(DRAFT)
    cup = order["lineItems"][1]["id"]
    first = shop.refund_order(order["id"], {cup: (1, "cancel")})
    shop.edit_order(order["id"], {cup: 1})
    last = shop.refund_order(order["id"], {cup: (1, "cancel")})
    after = shop.order(order["id"])
    refunded = sum(amount(one["refundLineItems"][0]["subtotalSet"]) for one in (first, last))
    removed = of(order, "subtotalPriceSet") - of(after, "currentSubtotalPriceSet") - refunded
    assert refunded + removed == amount(line_total(order["lineItems"][1]))


def test_a_line_that_is_added_is_to_be_paid_and_shipped(shop: ShopifySandbox) -> None:
    order = shop.place_order(DRAFT)
    after = shop.edit_order(order["id"], add=[Line(MUG, 1), Line(title="Wrapping", price=Decimal(2), taxes=())])
    added, wrapping = after["lineItems"][2:]
    assert [(tax["rate"], amount(tax["priceSet"])) for tax in added["taxLines"]] == [(Decimal("0.15"), Decimal("1.88"))]
    assert wrapping["taxLines"] == []
    assert of(after, "currentTotalPriceSet") == of(order, "totalPriceSet") + Decimal("12.50") + Decimal("1.88") + 2
    assert (after["displayFinancialStatus"], shop.outstanding(order["id"])) == ("PARTIALLY_PAID", Decimal("16.38"))
    left = [line["lineItem"]["id"] for one in after["fulfillmentOrders"] for line in one["lineItems"]]
    assert added["id"] in left
    shop.pay(order["id"])
    assert shop.order(order["id"])["displayFinancialStatus"] == "PAID"


def test_more_units_of_a_line_cost_its_price_before_discounts(shop: ShopifySandbox) -> None:
    order = shop.place_order(DRAFT)
    mug = order["lineItems"][0]["id"]
    after = shop.edit_order(order["id"], {mug: 4})
    line = after["lineItems"][0]
    assert (line["quantity"], line["currentQuantity"]) == (4, 4)
    assert shop.outstanding(order["id"]) == Decimal("25.00") + Decimal("3.75")
    assert amount(line["taxLines"][0]["priceSet"]) == Decimal("3.38") + Decimal("3.75")
    assert sum(one["lineItems"][0]["remainingQuantity"] for one in after["fulfillmentOrders"]) == 4


def test_what_was_shipped_cannot_be_taken_off(shop: ShopifySandbox) -> None:
    order = shop.place_order(DRAFT)
    mug, _ = (line["id"] for line in order["lineItems"])
    shop.fulfill_order(order["id"], {mug: 1})
    with pytest.raises(ValueError, match="1 are not shipped"):
        shop.edit_order(order["id"], {mug: 0})
    assert shop.edit_order(order["id"], {mug: 1})["lineItems"][0]["currentQuantity"] == 1


def test_an_address_is_changed_without_an_edit(shop: ShopifySandbox) -> None:
    order = shop.place_order(DRAFT, shipping_address=Place("Ada", city="Old"))
    with receiving() as hooks:
        shop.webhooks_to(hooks.url)
        after = shop.edit_order(order["id"], shipping_address=Place("Ada", city="New", country="US"))
        assert shop.wait_delivered(5)
    assert (after["shippingAddress"]["city"], after["billingAddress"]["city"], after["edited"]) == ("New", "Old", False)
    assert hooks.topics == ["orders/updated"]


def test_an_edit_can_be_on_record_as_a_refund_without_money(shop: ShopifySandbox) -> None:
    order = shop.place_order(DRAFT)
    cup = order["lineItems"][1]["id"]
    after = shop.edit_order(order["id"], {cup: 1}, as_refund=True)
    (refund,) = after["refunds"]
    assert (refund["transactions"], refund["refundLineItems"][0]["quantity"]) == ([], 2)
    assert (after["edited"], after["lineItems"][1]["currentQuantity"]) == (True, 1)
    assert shop.outstanding(order["id"]) == -amount(refund["refundLineItems"][0]["subtotalSet"]) - amount(
        refund["refundLineItems"][0]["totalTaxSet"]
    )


def test_both_moneys_of_an_edited_order_add_up(shop: ShopifySandbox) -> None:
    order = shop.place_order(DRAFT, presentment=("JPY", Decimal("151.37")))
    after = shop.edit_order(order["id"], {order["lineItems"][1]["id"]: 2}, add=[Line(CUP, 2)])
    taxed = plus(figure(after, "currentSubtotalPriceSet"), figure(after, "currentTotalTaxSet"))
    assert plus(taxed, figure(after, "currentShippingPriceSet")) == figure(after, "currentTotalPriceSet")
