"""What a shop answers about stock: which setting it blames, and which location ships what is left of an order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import pytest

from libs.common.shopify.client import ShopifyClient
from libs.common.shopify.inventory import (
    QuantityRefused,
    Setting,
    fetch_order_units,
    set_quantities,
)

SETTINGS = [Setting(str(item), "61", 5, 3) for item in range(3)]
STALE = "CHANGE_FROM_QUANTITY_STALE"


class Shop:
    """Gives the same answer to everything."""

    highest_cost = 1000

    def __init__(self, answer: Mapping[str, Any]) -> None:
        self.answer = answer

    def execute(self, *_: Any, **__: Any) -> Mapping[str, Any]:
        return self.answer


def client(answer: Mapping[str, Any]) -> ShopifyClient:
    return cast("ShopifyClient", Shop(answer))


def refusal(code: str, field: list[str] | None) -> ShopifyClient:
    errors = [{"code": code, "field": field, "message": "no"}]
    return client({"inventorySetQuantities": {"inventoryAdjustmentGroup": None, "userErrors": errors}})


@pytest.mark.parametrize(
    ("field", "stale"),
    [
        (["input", "quantities", "1", "changeFromQuantity"], (1,)),
        (["input", "quantities"], (0, 1, 2)),
        (None, (0, 1, 2)),
    ],
)
def test_what_is_stale_is_the_one_that_is_named_and_all_where_none_is(
    field: list[str] | None, stale: tuple[int, ...]
) -> None:
    assert set_quantities(refusal(STALE, field), "available", SETTINGS, "key").stale == stale


@pytest.mark.parametrize(
    ("field", "record"), [(["input", "quantities", "2", "quantity"], 2), (["input", "reason"], None), (None, None)]
)
def test_a_refusal_blames_the_one_that_is_named_and_nobody_where_none_is(
    field: list[str] | None, record: int | None
) -> None:
    with pytest.raises(QuantityRefused) as refused:
        set_quantities(refusal("INVALID_REASON", field), "available", SETTINGS, "key")
    assert refused.value.record == record
    assert refused.value.details["code"] == "INVALID_REASON"


def order(*parts: tuple[str, int], current: int, unfulfilled: int) -> dict[str, Any]:
    """One line of the variant 4, and how many of it each location was to ship."""
    line = {"id": "gid://shopify/LineItem/7", "variant": {"id": "gid://shopify/ProductVariant/4"}}
    quantities = {"quantity": 2, "currentQuantity": current, "unfulfilledQuantity": unfulfilled}
    shipping = [
        {
            "assignedLocation": {"location": {"id": f"gid://shopify/Location/{location}"}},
            "lineItems": {"nodes": [{"totalQuantity": units, "lineItem": {"id": line["id"]}}]},
        }
        for location, units in parts
    ]
    return {
        "id": "gid://shopify/Order/1",
        "updatedAt": "2026-11-20T12:00:00Z",
        "cancelledAt": None,
        "lineItems": {"nodes": [line | quantities], "pageInfo": {"hasNextPage": False, "endCursor": None}},
        "fulfillmentOrders": {"nodes": shipping},
    }


@pytest.mark.parametrize(
    ("parts", "left", "units"),
    [
        ([("61", 2)], 2, {("4", "61"): 2}),
        ([("61", 1), ("62", 1)], 2, {("4", "61"): 1, ("4", "62"): 1}),
        ([("61", 1)], 2, {("4", "61"): 1, ("4", ""): 1}),
        ([("61", 1), ("62", 1)], 1, {("4", ""): 1}),
        ([("61", 2), ("62", 2)], 2, {("4", ""): 2}),
        ([("61", 2)], 1, {("4", "61"): 1}),
    ],
    ids=["one", "two", "a part is unknown", "one of two was shipped", "it was moved", "one of one was shipped"],
)
def test_units_count_where_they_are_shipped_from_and_everywhere_where_that_is_not_sure(
    parts: list[tuple[str, int]], left: int, units: dict[tuple[str, str], int]
) -> None:
    """One of two was shipped, and nobody says from where: to take it off one location would sell it at the other."""
    [found] = fetch_order_units(
        client({"nodes": [order(*parts, current=left, unfulfilled=left)]}), ["1"], places=True
    ).values()
    assert found.units == units
    assert found.unfulfilled == units
