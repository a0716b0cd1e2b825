"""Query costs by Shopify's rules, and what the documents declare."""

from __future__ import annotations

import re
from typing import Any

import pytest
from graphql import parse

from libs.common.shopify.documents import document_names
from libs.sandbox.shopify.cost import compile_cost, connection_factor, query_cost
from libs.sandbox.shopify.schema import load_schema
from tests.unit.sandbox_shopify.helpers import document

SCHEMA = load_schema()
VARIABLES: dict[str, dict[str, Any]] = {
    "customer_addresses": {"lines": 50},
    "company_locations": {"lines": 50},
    "company_contacts": {"lines": 50},
    "companies_like": {"first": 20},
    "customer_keys": {"first": 250},
    "orders_by_ids": {"lines": 12},
    "variant_codes": {"first": 250},
    "variants_by_codes": {"query": "sku:A"},
    "product_set": {"input": {}},
    "staged_uploads_create": {"input": []},
    "product_variants_bulk_update": {"productId": "gid://shopify/Product/1", "variants": []},
    "products_by_ids": {"variants": 10},
    "product_variants": {"id": "gid://shopify/Product/1", "variants": 100},
    "product_media": {"id": "gid://shopify/Product/1", "first": 250},
    "order_line_items": {"id": "gid://shopify/Order/1", "lines": 50},
    "order_shipping_lines": {"id": "gid://shopify/Order/1", "lines": 20},
    "order_units": {"lines": 50},
    "order_units_lines": {"id": "gid://shopify/Order/1", "lines": 50},
    "order_units_placed": {"lines": 50},
    "newest_orders": {"first": 50},
    "order_extras": {"id": "gid://shopify/Order/1", "lines": 100},
    "refund_line_items": {"id": "gid://shopify/Refund/1", "lines": 100},
    "fulfillment_lines": {"id": "gid://shopify/Fulfillment/1", "lines": 100},
    "fulfillment_order_lines": {"id": "gid://shopify/FulfillmentOrder/1", "lines": 100},
}


@pytest.mark.parametrize("name", document_names())
@pytest.mark.parametrize("ids", [1, 7, 20])
def test_a_document_declares_what_it_costs(name: str, ids: int) -> None:
    text = document(name)
    declared = re.fullmatch(r"# cost: (\d+) \+ (\d+) \* ids", text.splitlines()[0])
    assert declared, "the first line is machine-readable"
    variables = {**VARIABLES.get(name, {}), "ids": [f"gid://shopify/Order/{i}" for i in range(ids)]}
    assert query_cost(SCHEMA, text, variables) == int(declared[1]) + int(declared[2]) * ids


def test_twenty_orders_fit_into_one_query() -> None:
    assert query_cost(SCHEMA, document("orders_by_ids"), {"ids": ["x"] * 20, "lines": 12}) <= 1000


@pytest.mark.parametrize(
    ("query", "cost"),
    [
        ("{ shop { name } }", 1),
        ("{ shop { id } currentAppInstallation { accessScopes { handle } } }", 3),
        ('{ order(id: "x") { name totalPriceSet { shopMoney { amount } } } }', 1),
        ('{ order(id: "x") { lineItems(first: 1) { nodes { id } } } }', 1 + 2 + 1),
        ('{ order(id: "x") { lineItems(first: 10) { nodes { id variant { id } } pageInfo { hasNextPage } } } }', 11),
        ('{ order(id: "x") { lineItems(first: 10) { edges { cursor node { id variant { id } } } } } }', 11),
        ("{ orders(first: 50) { nodes { id lineItems(last: 3) { nodes { id } } } } }", 2 + 7 * (1 + 2 + 2)),
        ('{ nodes(ids: ["a", "b", "c"]) { id ... on Order { customer { id } } } }', 6),
        ('{ nodes(ids: ["a"]) { ... on Order { customer { id } } ... on LineItem { id } } }', 2),
        ('{ shop { id } order(id: "x") @include(if: false) { id } }', 1),
        ("query($n: Int = 10) { orders(first: $n) { nodes { id } } }", 2 + 4),
        ('{ a: order(id: "1") { id } b: order(id: "2") { id } __typename }', 2),
    ],
)
def test_rules(query: str, cost: int) -> None:
    assert query_cost(SCHEMA, query, {}) == cost


def test_a_page_weighs_by_the_logarithm_of_its_size() -> None:
    assert [connection_factor(size) for size in (0, 1, 2, 3, 10, 12, 13, 50, 100, 250)] == [
        0,
        1,
        1,
        2,
        4,
        4,
        5,
        7,
        9,
        11,
    ]


def test_actual_cost_counts_what_came_back() -> None:
    query = (
        'query($n: Int!) { order(id: "x") { customer { id } lineItems(first: $n) { nodes { id variant { id } } } } }'
    )
    tree = compile_cost(SCHEMA, parse(query))
    assert tree.requested({"n": 100}) == 1 + 1 + 2 + 9 * 2
    one = {"id": "1", "variant": {"id": "v"}}
    assert tree.actual({"order": {"customer": None, "lineItems": {"nodes": [one, one, one]}}}) == 1 + 2 + 2 * 2
    assert tree.actual({"order": None}) == 0
    assert tree.actual(None) == 0
