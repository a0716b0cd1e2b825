"""Orders that were edited, returned or exchanged, read through the client from the sandbox shop."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from libs.common.domain.money import Money
from libs.common.shopify.client import ShopifyClient
from libs.sandbox.shopify.derived import Document
from libs.sandbox.shopify.drafts import Draft, Line, Place
from libs.sandbox.shopify.routing import shipped_units, units_left
from libs.sandbox.shopify.sandbox import ShopifySandbox
from libs.sandbox.shopify.strategies import drafts
from tests.contract.shopify.afterwards import check, draft, line_of, number, read, refunds_of, units
from tests.unit.shopify.shop import NotedBudget


def usd(amount: str) -> Money:
    return Money.of(amount, "USD")


def test_units_that_were_taken_off_are_not_sold(shop: ShopifySandbox, client: ShopifyClient) -> None:
    order = shop.place_order(draft(shop))
    shop.edit_order(order["id"], {line_of(order, 1): 1})
    found = check(client, order)
    assert [units(line) for line in found.lines] == [(2, 2, 2), (3, 1, 1)]
    assert (found.edited, found.original_total, found.total) == (True, usd("36.28"), usd("34.01"))
    assert found.lines[1].sold_total == usd("0.94")
    assert found.outstanding == usd("-2.27")
    assert (found.refund_ids, found.financial_status) == ((), "paid")


def test_units_that_were_refunded_stay_sold(shop: ShopifySandbox, client: ShopifyClient) -> None:
    order = shop.place_order(draft(shop))
    shop.refund_order(order["id"], {line_of(order, 1): (1, "cancel")})
    shop.edit_order(order["id"], {line_of(order, 1): 1})
    found = check(client, order)
    assert units(found.lines[1]) == (3, 1, 2)


def test_an_edit_that_is_on_record_as_a_refund_is_credited(shop: ShopifySandbox, client: ShopifyClient) -> None:
    order = shop.place_order(draft(shop))
    shop.edit_order(order["id"], {line_of(order, 1): 1}, as_refund=True)
    found = check(client, order)
    (refund,) = refunds_of(client, found)
    assert units(found.lines[1]) == (3, 1, 3)
    assert found.total == usd("36.28")
    assert refund.goods_total == -(found.outstanding or usd("0"))


def test_a_line_that_was_added_is_sold_with_the_others(shop: ShopifySandbox, client: ShopifyClient) -> None:
    order = shop.place_order(draft(shop))
    shop.edit_order(order["id"], {line_of(order, 0): 3}, add=[Line(shop.product("PEN"), 4, discount=Decimal("0.20"))])
    found = check(client, order)
    assert [units(line) for line in found.lines] == [(3, 3, 3), (3, 3, 3), (4, 4, 4)]
    assert found.lines[2].discounts == (usd("0.20"),)
    assert found.outstanding == usd("15.00") + usd("4.80")
    shop.pay(order["id"], gateway="paypal")
    assert check(client, order).outstanding == usd("0")


def test_a_line_that_was_taken_off_whole_is_sold_no_more(shop: ShopifySandbox, client: ShopifyClient) -> None:
    order = shop.place_order(draft(shop))
    shop.edit_order(order["id"], {line_of(order, 1): 0})
    assert units(check(client, order).lines[1]) == (3, 0, 0)


def test_an_address_that_changed_is_read(shop: ShopifySandbox, client: ShopifyClient) -> None:
    order = shop.place_order(draft(shop), shipping_address=Place("Ada", city="Old"))
    shop.edit_order(order["id"], shipping_address=Place("Ada", city="New"))
    found = read(client, order)
    assert found.shipping_address is not None
    assert (found.shipping_address.city, found.edited) == ("New", False)


def test_the_lines_of_an_exchange_are_lines_of_the_order(shop: ShopifySandbox, client: ShopifyClient) -> None:
    order = shop.place_order(draft(shop))
    shop.fulfill_order(order["id"])
    opened = shop.return_order(order["id"], {line_of(order, 0): 1}, exchange=[Line(shop.product("PEN"), 2)])
    agreed = check(client, order)
    assert (len(agreed.lines), agreed.total) == (2, usd("36.28"))
    shop.process_return(opened["id"])
    found = check(client, order)
    assert [(line.sku, line.exchange, line.sold_quantity) for line in found.lines] == [
        ("MUG", False, 2),
        ("PEN", False, 3),
        ("PEN", True, 2),
    ]
    assert found.total == usd("36.28") + usd("2.52")
    (refund,) = refunds_of(client, found)
    assert (refund.return_id, refund.goods_total) == (number(opened), usd("13.50"))
    assert refund.total == usd("13.50") - usd("2.52")
    assert found.outstanding == usd("0")


def test_a_return_that_is_only_requested_changes_nothing(shop: ShopifySandbox, client: ShopifyClient) -> None:
    order = shop.place_order(draft(shop))
    shop.fulfill_order(order["id"])
    shop.return_order(order["id"], {line_of(order, 0): 1}, requested=True)
    found = check(client, order)
    assert (found.total, found.original_total) == (usd("36.28"), usd("36.28"))


def _edit(shop: ShopifySandbox, order: Document, data: st.DataObject) -> None:
    left, quantities = units_left(order), {}
    able = [line for line in order["lineItems"] if not line.get("isTip")]
    for line in data.draw(st.lists(st.sampled_from(able), max_size=2, unique_by=lambda one: str(one["id"]))):
        least = line["currentQuantity"] - (left[line["id"]] if line["requiresShipping"] else line["currentQuantity"])
        quantities[line["id"]] = data.draw(st.integers(max(least, 0), line["currentQuantity"]))
    add = (
        [Line(title="More", price=Decimal(7), quantity=data.draw(st.integers(1, 3)))]
        if data.draw(st.booleans())
        else []
    )
    shop.edit_order(order["id"], quantities, add=add, as_refund=data.draw(st.booleans()))


def _refund(shop: ShopifySandbox, order: Document, data: st.DataObject) -> None:
    lines = [line for line in order["lineItems"] if line["currentQuantity"]]
    if lines:
        line = data.draw(st.sampled_from(lines))
        shop.refund_order(order["id"], {line["id"]: data.draw(st.integers(1, line["currentQuantity"]))})


def _ship(shop: ShopifySandbox, order: Document, data: st.DataObject) -> None:
    if units_left(order).total() and data.draw(st.booleans()):
        shop.fulfill_order(order["id"])


def _exchange(shop: ShopifySandbox, order: Document, data: st.DataObject) -> None:
    shipped = shipped_units(order)
    able = [line for line in order["lineItems"] if min(shipped[line["id"]], line["currentQuantity"])]
    if able and not order.get("returns"):
        line = data.draw(st.sampled_from(able))
        exchange = [Line(title="Other", price=Decimal(9))] if data.draw(st.booleans()) else []
        opened = shop.return_order(order["id"], {line["id"]: 1}, exchange=exchange)
        shop.process_return(opened["id"], pay_back=data.draw(st.booleans()))


def _pay(shop: ShopifySandbox, order: Document, _: st.DataObject) -> None:
    if shop.outstanding(order["id"]) > 0:
        shop.pay(order["id"])


STEPS = {"edit": _edit, "refund": _refund, "ship": _ship, "exchange": _exchange, "pay": _pay}


@pytest.fixture(scope="module")
def long_lived() -> Iterator[tuple[ShopifySandbox, ShopifyClient]]:
    with ShopifySandbox(bucket=1e9) as shop:
        client = ShopifyClient(shop.url, shop.token, budget=NotedBudget(), budget_key="acme/shopify")
        yield shop, client
        client.close()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(made_up=drafts(), steps=st.lists(st.sampled_from(sorted(STEPS)), min_size=1, max_size=5), data=st.data())
def test_whatever_happens_to_an_order_its_sums_hold(
    long_lived: tuple[ShopifySandbox, ShopifyClient], made_up: Draft, steps: list[str], data: st.DataObject
) -> None:
    shop, client = long_lived
    order = shop.place_order(made_up)
    for step in steps:
        STEPS[step](shop, shop.order(order["id"]), data)
    check(client, order)
