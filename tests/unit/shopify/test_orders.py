from __future__ import annotations

import copy
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from libs.common.domain.money import Money
from libs.common.domain.orders import Order
from libs.common.errors import Failure, Rejected, Transient
from libs.common.shopify.errors import QueryTooExpensive
from libs.common.shopify.orders import FIRST_LINES, fetch_orders
from libs.common.shopify.reading import Node, numeric_id
from libs.common.shopify.taxes import tax_rate
from tests.unit.http.scripted import Reply, Request, reply, scripted
from tests.unit.shopify.shop import bag, client_of, connection, data, line, order, shipping, shop_of, tax

LATER = "2026-11-21T10:00:07Z"


def eur(amount: str) -> Money:
    return Money.of(amount, "EUR")


def fetch(script: Any, ids: list[str]) -> tuple[dict[str, Order], list[dict[str, Any]]]:
    """The orders, and the variables of each request."""
    with scripted(script) as server:
        client = client_of(server)
        try:
            found = fetch_orders(client, ids)
        finally:
            client.close()
        return found, [request.json["variables"] for request in server.requests]


def fetch_one(made: dict[str, Any]) -> Order:
    return fetch(shop_of({1: made}), ["1"])[0]["1"]


def test_one_order_is_one_request_and_everything_is_there() -> None:
    found, asked = fetch(shop_of({1: order(1)}), ["1"])
    assert asked == [{"ids": ["gid://shopify/Order/1"], "lines": FIRST_LINES}]
    made = found["1"]
    assert (made.id, made.name, made.currency, made.total, made.total_tax) == ("1", "#1", "EUR", eur("23.67"), eur("2"))
    assert made.processed_at == datetime(2026, 11, 20, 10, tzinfo=UTC)
    assert (made.tip, made.cancelled_at, made.note, made.tags) == (None, None, "", ("vip", "web"))
    assert (made.financial_status, made.fulfillment_status) == ("paid", "unfulfilled")
    assert made.customer is not None
    assert (made.customer.id, made.customer.name, made.customer.email, made.customer.phone) == (
        "115310627314723954",
        "Ada",
        "ada@example.com",
        "",
    )
    assert made.shipping_address is not None
    assert (made.shipping_address.province, made.shipping_address.province_name) == ("KY", "Kentucky")
    assert (made.shipping_address.country, made.shipping_address.company) == ("US", "")
    assert made.billing_address is None
    (sold,) = made.lines
    assert (sold.id, sold.quantity, sold.unit_price, sold.sku) == ("1", 2, eur("10"), "SKU-1")
    assert (sold.variant_id, sold.barcode, sold.discounts) == ("1", "4006381333931", (eur("3.33"),))
    assert (sold.taxes[0].rate, sold.taxes[0].price) == (Decimal("0.2"), eur("2"))
    assert (sold.attributes, sold.total) == ((("engraving", "Ada"), ("gift", "")), eur("16.67"))
    assert made.shipping_lines[0].total == eur("5")


def test_twenty_orders_are_one_request_and_many_are_as_few_as_the_cost_allows() -> None:
    orders = {n: order(n) for n in range(1, 61)}
    found, asked = fetch(shop_of(orders), [str(n) for n in range(1, 21)])
    assert (len(found), len(asked)) == (20, 1)
    found, asked = fetch(shop_of(orders), [str(n) for n in range(1, 61)])
    assert list(found) == [str(n) for n in range(1, 61)]
    assert [len(a["ids"]) for a in asked] == [20, 20, 20]


def test_the_same_id_twice_is_asked_once_and_none_asks_nothing() -> None:
    assert fetch(shop_of({1: order(1)}), ["1", "1"])[1][0]["ids"] == ["gid://shopify/Order/1"]
    assert fetch(shop_of({}), []) == ({}, [])


def test_an_id_that_is_no_number_is_a_mistake() -> None:
    for bad in ("", "gid://shopify/Order/1", "1 ", "١"):
        with pytest.raises(ValueError, match="number"):
            fetch(shop_of({}), [bad])


def test_orders_that_are_gone_or_no_orders_are_absent() -> None:
    found, _ = fetch(shop_of({1: order(1), 3: {}}), ["1", "2", "3"])
    assert list(found) == ["1"]


def test_a_batch_that_costs_too_much_is_halved() -> None:
    def script(request: Request) -> Reply:
        ids = request.json["variables"]["ids"]
        if len(ids) > 3:
            extensions = {"code": "MAX_COST_EXCEEDED", "cost": 1500, "maxCost": 1000}
            return reply({"errors": [{"message": "too much", "extensions": extensions}]})
        return shop_of({n: order(n) for n in range(1, 9)})(request)

    found, asked = fetch(script, [str(n) for n in range(1, 9)])
    assert len(found) == 8
    assert [len(a["ids"]) for a in asked] == [8, 4, 2, 2, 2, 2]


def test_a_single_order_that_costs_too_much_is_refused() -> None:
    extensions = {"code": "MAX_COST_EXCEEDED", "cost": 1500, "maxCost": 1000}
    with pytest.raises(QueryTooExpensive):
        fetch([reply({"errors": [{"message": "too much", "extensions": extensions}]})], ["1"])


def paged(made: dict[str, Any], pages: dict[str, dict[str, Any]], *, updated: str | None = None) -> Any:
    """Serves an order whose further pages hang on cursors."""

    def script(request: Request) -> Reply:
        variables = request.json["variables"]
        if "ids" in variables:
            return data({"nodes": [made]})
        name = "lineItems" if "lineItems" in request.json["query"] else "shippingLines"
        page = pages[variables["after"]]
        return data({"order": {"id": made["id"], "updatedAt": updated or made["updatedAt"], name: page}})

    return script


def test_every_page_of_lines_and_shipping_lines_is_read() -> None:
    made = order(
        1,
        lineItems=connection([line(n) for n in range(12)], "c1"),
        shippingLines=connection([shipping(n) for n in range(4)], "s1"),
    )
    pages = {
        "c1": connection([line(n) for n in range(12, 62)], "c2"),
        "c2": connection([line(n) for n in range(62, 70)]),
        "s1": connection([shipping(4)]),
    }
    found, asked = fetch(paged(made, pages), ["1"])
    assert [line.id for line in found["1"].lines] == [str(n) for n in range(70)]
    assert [line.id for line in found["1"].shipping_lines] == [str(n) for n in range(5)]
    assert [(a.get("after"), a["lines"]) for a in asked] == [(None, 12), ("c1", 50), ("c2", 50), ("s1", 20)]


@pytest.mark.parametrize("cursor", [None, "", "c1"])
def test_a_page_that_cannot_be_followed_is_an_error(cursor: str | None) -> None:
    first = {"nodes": [line(1)], "pageInfo": {"hasNextPage": True, "endCursor": cursor}}
    again = {"nodes": [line(2)], "pageInfo": {"hasNextPage": True, "endCursor": cursor}}
    with pytest.raises(Transient) as caught:
        fetch(paged(order(1, lineItems=first), {"c1": again}), ["1"])
    assert caught.value.code == "page_unread"
    assert caught.value.details["order_id"] == "1"


def test_a_line_that_comes_twice_is_an_error() -> None:
    made = order(1, lineItems=connection([line(1)], "c1"))
    with pytest.raises(Transient):
        fetch(paged(made, {"c1": connection([line(1)])}), ["1"])


def test_an_order_that_changes_between_its_pages_is_read_anew() -> None:
    before = order(1, lineItems=connection([line(1)], "c1"))
    after = order(1, updatedAt=LATER, lineItems=connection([line(1), line(2)]))
    moved = {"id": after["id"], "updatedAt": LATER, "lineItems": connection([line(9)])}
    found, asked = fetch([data({"nodes": [before]}), data({"order": moved}), data({"nodes": [after]})], ["1"])
    assert [line.id for line in found["1"].lines] == ["1", "2"]
    assert len(asked) == 3


def test_an_order_deleted_between_its_pages_is_absent() -> None:
    before = order(1, lineItems=connection([line(1)], "c1"))
    found, _ = fetch([data({"nodes": [before]}), data({"order": None}), data({"nodes": [None]})], ["1"])
    assert found == {}


def test_an_order_that_never_stands_still_is_given_up_for_now() -> None:
    made = order(1, lineItems=connection([line(1)], "c1"))
    with pytest.raises(Transient) as caught:
        fetch(paged(made, {"c1": connection([line(2)])}, updated=LATER), ["1"])
    assert caught.value.code == "changing"


def test_an_answer_with_too_few_or_other_nodes_is_no_success() -> None:
    for nodes in ([order(1)], [order(2), order(1)], None):
        with pytest.raises(Transient):
            fetch([data({"nodes": nodes})], ["1", "2"])


def test_lines_without_variant_discounts_of_shipping_and_a_tip() -> None:
    made = fetch_one(
        order(
            1,
            customer=None,
            email=None,
            shippingAddress=None,
            totalTaxSet=None,
            totalTipReceivedSet=bag("4.5"),
            lineItems=connection([line(1, variant=None, sku=None), line(2, sku="")]),
            shippingLines=connection(
                [
                    shipping(
                        1, discountAllocations=[{"allocatedAmountSet": bag("2.0")}], discountedPriceSet=bag("3.0")
                    ),
                    shipping(2, id=None, discountedPriceSet=bag("0.0")),
                ]
            ),
        )
    )
    assert (made.customer, made.email, made.shipping_address) == (None, "", None)
    assert (made.total_tax, made.tip) == (eur("0"), eur("4.5"))
    assert [(x.variant_id, x.sku, x.barcode) for x in made.lines] == [(None, "", ""), ("2", "now", "4006381333931")]
    assert [(x.id, x.total) for x in made.shipping_lines] == [("1", eur("3")), ("shipping-1", eur("0"))]


@pytest.mark.parametrize(
    ("rate", "percentage", "expected"),
    [
        (0.2, 20.0, "0.2"),
        (0.08875, 8.875, "0.08875"),
        (Decimal("0.07250000000000001"), Decimal("7.25"), "0.0725"),
        (0.08875, 8.88, "0.08875"),
        (None, 5, "0.05"),
        (0.1, None, "0.1"),
        (0, 0, "0"),
        (1, 100, "1"),
    ],
)
def test_a_tax_rate_is_exact(rate: Any, percentage: Any, expected: str) -> None:
    assert str(tax_rate(Node(tax(rate, percentage=percentage), "order 1"))) == expected


def without(path: list[Any]) -> dict[str, Any]:
    made: Any = order(1)
    inner = made
    for step in path[:-1]:
        inner = inner[step]
    del inner[path[-1]]
    return dict(made)


def changed(path: list[Any], value: Any) -> dict[str, Any]:
    made: Any = copy.deepcopy(order(1))
    inner = made
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return dict(made)


@pytest.mark.parametrize(
    ("made", "field"),
    [
        (without(["totalPriceSet"]), "totalPriceSet"),
        (without(["customer", "locale"]), "customer.locale"),
        (without(["lineItems", "pageInfo"]), "lineItems.pageInfo"),
        (changed(["totalPriceSet", "shopMoney", "amount"], 23.67), "totalPriceSet.shopMoney.amount"),
        (changed(["totalPriceSet", "shopMoney", "amount"], "NaN"), "totalPriceSet.shopMoney.amount"),
        (changed(["totalPriceSet", "shopMoney", "amount"], "x"), "totalPriceSet.shopMoney.amount"),
        (changed(["totalPriceSet", "shopMoney", "currencyCode"], "USD"), "totalPriceSet.shopMoney.currencyCode"),
        (changed(["lineItems", "nodes", 0, "quantity"], "2"), "lineItems.nodes.0.quantity"),
        (changed(["lineItems", "nodes", 0, "quantity"], True), "lineItems.nodes.0.quantity"),
        (changed(["lineItems", "nodes", 0, "taxLines"], None), "lineItems.nodes.0.taxLines"),
        (changed(["lineItems", "nodes", 0, "taxLines", 0, "rate"], "0.2"), "lineItems.nodes.0.taxLines.0.rate"),
        (changed(["lineItems", "nodes", 0], None), "lineItems.nodes.0"),
        (changed(["createdAt"], "yesterday"), "createdAt"),
        (changed(["createdAt"], "2026-11-20T10:00:00"), "createdAt"),
        (changed(["taxesIncluded"], None), "taxesIncluded"),
        (changed(["email"], 5), "email"),
        (changed(["shippingAddress"], "somewhere"), "shippingAddress"),
        (changed(["tags"], None), "tags"),
    ],
)
def test_what_cannot_be_read_is_refused_naming_order_and_field(made: dict[str, Any], field: str) -> None:
    with pytest.raises(Rejected) as caught:
        fetch_one(made)
    assert caught.value.code == "unreadable"
    assert "order 1" in caught.value.message
    assert caught.value.details == {"field": field, "order_id": "1"}


def test_a_failure_of_a_page_fails_the_whole() -> None:
    made = order(1, lineItems=connection([line(1)], "c1"))
    with pytest.raises(Failure):
        fetch([data({"nodes": [made]}), reply(b"", status=500)], ["1"])


def test_ids_are_the_numbers_of_gids() -> None:
    assert numeric_id("gid://shopify/Order/450789469") == "450789469"
    assert numeric_id("gid://shopify/LineItem/1?key=2") == "1"
