"""The sandbox shop's inventory: moved by orders, set by apps with comparison and idempotency, and by REST."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from libs.sandbox.shopify.bench import bench_catalog
from libs.sandbox.shopify.drafts import Line
from libs.sandbox.shopify.sandbox import LOCATION, ShopifySandbox
from libs.sandbox.shopify.stock import NotEnough

SKU = "BENCH-000"
SET = """mutation Set($input: InventorySetQuantitiesInput!, $key: String!) {
  inventorySetQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup { changes { name delta } } userErrors { code field message } } }"""
WITHOUT_KEY = SET.replace(" @idempotent(key: $key)", "").replace(", $key: String!", "")


@pytest.fixture
def shop() -> Iterator[ShopifySandbox]:
    with ShopifySandbox() as shop:
        shop.add_products(bench_catalog())
        yield shop


def ask(shop: ShopifySandbox, query: str, variables: dict[str, Any]) -> Any:
    headers = {"X-Shopify-Access-Token": shop.token}
    body = {"query": query, "variables": variables}
    return requests.post(f"{shop.url}/admin/api/2026-10/graphql.json", json=body, headers=headers, timeout=5).json()


def figures(shop: ShopifySandbox) -> tuple[int, int, int]:
    count = shop.level(SKU)
    assert count
    return count.available, count.committed, count.on_hand


def set_to(shop: ShopifySandbox, item: str, quantity: int, change_from: int | None, key: str = "k") -> list[str]:
    quantities = [
        {
            "inventoryItemId": f"gid://shopify/InventoryItem/{item}",
            "locationId": f"gid://shopify/Location/{LOCATION}",
            "quantity": quantity,
            "changeFromQuantity": change_from,
        }
    ]
    sent = {"name": "available", "reason": "correction", "quantities": quantities}
    body: Any = ask(shop, SET, {"input": sent, "key": key})
    return [error["code"] for error in body["data"]["inventorySetQuantities"]["userErrors"]]


def test_an_order_commits_what_it_sells_and_its_fulfillment_lowers_what_is_on_hand(shop: ShopifySandbox) -> None:
    shop.set_level(SKU, 5)
    order = shop.place_order(lines=(Line(shop.product(SKU), 2),))
    assert figures(shop) == (3, 2, 5)
    shop.fulfill_order(order["id"])
    assert figures(shop) == (3, 0, 3)


def test_a_cancelled_order_gives_its_units_back(shop: ShopifySandbox) -> None:
    shop.set_level(SKU, 5)
    order = shop.place_order(lines=(Line(shop.product(SKU), 2),))
    shop.cancel_order(order["id"])
    assert figures(shop) == (5, 0, 5)


def test_nobody_buys_more_than_there_is(shop: ShopifySandbox) -> None:
    shop.set_level(SKU, 1)
    with pytest.raises(NotEnough):
        shop.place_order(lines=(Line(shop.product(SKU), 2),), in_stock=True)
    assert figures(shop) == (1, 0, 1)


def test_a_quantity_is_set_only_from_what_is_expected(shop: ShopifySandbox) -> None:
    item = shop.set_level(SKU, 5)
    assert set_to(shop, item, 9, 4) == ["CHANGE_FROM_QUANTITY_STALE"]
    assert figures(shop)[0] == 5
    assert set_to(shop, item, 9, 5, "other") == []
    assert figures(shop)[0] == 9


def test_a_key_is_carried_out_once_and_is_good_for_one_request(shop: ShopifySandbox) -> None:
    item = shop.set_level(SKU, 5)
    assert set_to(shop, item, 9, 5) == []
    shop.set_level(SKU, 7)
    assert set_to(shop, item, 9, 5) == []
    assert figures(shop)[0] == 7
    assert set_to(shop, item, 8, 7) == ["IDEMPOTENCY_KEY_PARAMETER_MISMATCH"]


def test_without_a_key_or_a_comparison_it_is_refused(shop: ShopifySandbox) -> None:
    item = shop.set_level(SKU, 5)
    quantity = {
        "inventoryItemId": f"gid://shopify/InventoryItem/{item}",
        "locationId": f"gid://shopify/Location/{LOCATION}",
        "quantity": 1,
    }
    sent = {"name": "available", "reason": "correction", "quantities": [quantity]}
    assert "changeFromQuantity" in ask(shop, SET, {"input": sent, "key": "k"})["errors"][0]["message"]
    sent["quantities"] = [{**quantity, "changeFromQuantity": 5}]
    assert "@idempotent" in ask(shop, WITHOUT_KEY, {"input": sent})["errors"][0]["message"]


def test_rest_sets_without_comparison_and_asks_for_patience_when_its_bucket_is_empty(shop: ShopifySandbox) -> None:
    item = shop.set_level(SKU, 5)
    url = f"{shop.url}/admin/api/2026-10/inventory_levels/set.json"
    body = {"inventory_item_id": int(item), "location_id": int(LOCATION), "available": 8}
    headers = {"X-Shopify-Access-Token": shop.token}
    answer = requests.post(url, json=body, headers=headers, timeout=5)
    assert answer.json()["inventory_level"]["available"] == figures(shop)[0] == 8
    assert answer.headers["X-Shopify-Shop-Api-Call-Limit"] == "1/40"
    shop.rest_bucket.drain()
    refused = requests.post(url, json=body, headers=headers, timeout=5)
    assert (refused.status_code, float(refused.headers["Retry-After"])) == (429, 0.5)
