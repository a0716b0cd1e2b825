"""Transactions, of an order and by their ids, read through the client from the sandbox shop."""

from __future__ import annotations

from decimal import Decimal

from libs.common.domain.money import Money
from libs.common.shopify.client import ShopifyClient
from libs.common.shopify.transactions import fetch_transactions
from libs.sandbox.shopify.sandbox import ShopifySandbox
from tests.contract.shopify.afterwards import check, draft, line_of, number, read


def test_a_payment_is_read_by_its_id_and_with_its_order(shop: ShopifySandbox, client: ShopifyClient) -> None:
    order = shop.place_order(draft(shop), paid=False)
    done = shop.pay(order["id"], gateway="shopify_payments")
    found = fetch_transactions(client, [number(done), "999"])
    assert list(found) == [number(done)]
    payment = found[number(done)]
    assert (payment.order_id, payment.kind, payment.status) == (number(order), "sale", "success")
    assert (payment.gateway, payment.gateway_name, payment.manual) == ("shopify_payments", "Shopify Payments", False)
    assert payment.amount == Money.of("36.28", "USD")
    assert read(client, order).transactions == (payment,)


def test_a_payment_is_read_in_the_money_of_its_order(shop: ShopifySandbox, client: ShopifyClient) -> None:
    order = shop.place_order(draft(shop), paid=False)
    done = shop.pay(order["id"])
    shown = fetch_transactions(client, [number(done)], {number(order): "presentment"})[number(done)]
    assert shown.amount == read(client, order, "presentment").total
    assert shown.amount.currency == "JPY"


def test_only_what_was_captured_pays(shop: ShopifySandbox, client: ShopifyClient) -> None:
    order = shop.place_order(draft(shop), paid=False)
    shop.authorize(order["id"])
    shop.capture(order["id"], Decimal(10))
    shop.pay(order["id"], status="failure")
    shop.pay(order["id"], Decimal("6.29"), gateway="manual", status="pending")
    found = check(client, order)
    assert [(one.kind, one.status, one.pays) for one in found.transactions] == [
        ("authorization", "success", False),
        ("capture", "success", True),
        ("sale", "failure", False),
        ("sale", "pending", False),
    ]
    assert (found.financial_status, found.outstanding) == ("partially_paid", Money.of("26.28", "USD"))


def test_money_that_went_back_is_a_transaction_of_the_order(shop: ShopifySandbox, client: ShopifyClient) -> None:
    order = shop.place_order(draft(shop))
    shop.refund_order(order["id"], {line_of(order, 0): (1, "cancel")}, gateway="manual")
    back = check(client, order).transactions[-1]
    assert (back.pays, back.pays_back, back.gateway, back.manual) == (False, True, "manual", True)
    assert back.amount == Money.of("13.50", "USD")
