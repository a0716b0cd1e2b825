"""Money that comes in after checkout."""

from __future__ import annotations

from decimal import Decimal

import pytest

from libs.sandbox.shopify.derived import Document
from libs.sandbox.shopify.drafts import Line, Payment
from libs.sandbox.shopify.figures import amount, figure
from libs.sandbox.shopify.sandbox import ShopifySandbox
from tests.unit.sandbox_shopify.conftest import PRODUCTS
from tests.unit.sandbox_shopify.helpers import Client, document
from tests.unit.sandbox_shopify.receiver import receiving

MUG, _ = PRODUCTS


def unpaid(shop: ShopifySandbox) -> Document:
    return shop.place_order(lines=(Line(MUG, 2),), paid=False)


def received(order: Document) -> Decimal:
    return amount(figure(order, "totalReceivedSet"))


def test_a_payment_settles_what_is_outstanding(shop: ShopifySandbox) -> None:
    order = unpaid(shop)
    assert shop.outstanding(order["id"]) == Decimal("25.00")
    done = shop.pay(order["id"], gateway="shopify_payments")
    order = shop.order(order["id"])
    assert (done["kind"], done["status"], amount(done["amountSet"])) == ("SALE", "SUCCESS", Decimal("25.00"))
    assert (order["displayFinancialStatus"], received(order)) == ("PAID", Decimal("25.00"))
    assert order["paymentGatewayNames"] == ["shopify_payments"]
    assert shop.outstanding(order["id"]) == 0
    assert shop.journal.count("transaction", "create", id=done["id"]) == 1


def test_an_authorization_is_captured_in_parts(shop: ShopifySandbox) -> None:
    order_id = unpaid(shop)["id"]
    shop.authorize(order_id)
    assert (shop.order(order_id)["displayFinancialStatus"], shop.outstanding(order_id)) == ("AUTHORIZED", Decimal(25))
    shop.capture(order_id, Decimal(10))
    assert (shop.order(order_id)["displayFinancialStatus"], shop.outstanding(order_id)) == (
        "PARTIALLY_PAID",
        Decimal(15),
    )
    shop.capture(order_id)
    assert (shop.order(order_id)["displayFinancialStatus"], shop.outstanding(order_id)) == ("PAID", Decimal(0))


@pytest.mark.parametrize("status", ["failure", "pending", "error"])
def test_a_payment_that_did_not_succeed_pays_nothing(shop: ShopifySandbox, status: str) -> None:
    order_id = unpaid(shop)["id"]
    shop.pay(order_id, status=status)
    order = shop.order(order_id)
    assert (order["displayFinancialStatus"], received(order)) == ("PENDING", Decimal(0))
    assert [one["status"] for one in order["transactions"]] == [status.upper()]


def test_a_payment_in_the_customers_currency_is_the_whole_of_both_moneys(shop: ShopifySandbox) -> None:
    order = shop.place_order(lines=(Line(MUG, 3),), paid=False, presentment=("EUR", Decimal("0.9137")))
    done = shop.pay(order["id"])
    assert done["amountSet"] == order["totalPriceSet"]
    assert amount(done["amountSet"]) == Decimal("37.50")


def test_a_payment_is_told_and_can_be_asked_for(shop: ShopifySandbox, ask: Client) -> None:
    order = unpaid(shop)
    with receiving() as hooks:
        shop.webhooks_to(hooks.url)
        done = shop.pay(order["id"])
        assert shop.wait_delivered(5)
    assert hooks.topics == ["order_transactions/create", "orders/paid", "orders/updated"]
    assert len(hooks.events) == 1
    body = hooks.body("order_transactions/create")
    assert (body["kind"], body["amount"], body["order_id"]) == ("sale", "25.00", int(order["id"].rpartition("/")[2]))
    assert hooks.body("orders/paid")["financial_status"] == "paid"
    node = ask(document("transactions_by_ids"), ids=[done["id"]])["data"]["nodes"][0]
    assert (node["kind"], node["gateway"], node["order"]["id"]) == ("SALE", "bogus", order["id"])


def test_the_payments_of_a_checkout_are_told_one_by_one(shop: ShopifySandbox) -> None:
    payments = (Payment("gift_card", Decimal(5)), Payment("paypal"))
    with receiving() as hooks:
        shop.webhooks_to(hooks.url)
        shop.place_order(lines=(Line(MUG),), payments=payments, topics=("orders/create", "order_transactions/create"))
        assert shop.wait_delivered(5)
    told = sorted(body["gateway"] for topic, body in hooks.webhooks if topic == "order_transactions/create")
    assert (told, len(hooks.webhooks), len(hooks.events)) == (["gift_card", "paypal"], 3, 1)
