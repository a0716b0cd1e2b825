"""Invented bodies of `orders/create` webhooks, as Shopify writes them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def body(number: int, **changes: Any) -> dict[str, Any]:
    """Two mugs at 12.50 and 5.00 for shipping, 10 % on top of both: 33.00."""
    order_id = 7_700_000_000_000 + number
    content = {
        "id": order_id,
        "admin_graphql_api_id": f"gid://shopify/Order/{order_id}",
        "name": f"#T{number}",
        "order_number": number,
        "created_at": "2026-11-02T10:00:00+01:00",
        "processed_at": "2026-11-02T10:00:00+01:00",
        "updated_at": "2026-11-02T10:00:05+01:00",
        "currency": "USD",
        "taxes_included": False,
        "financial_status": "paid",
        "email": f"buyer{number}@example.com",
        "customer": {
            "id": 880_000 + number,
            "admin_graphql_api_id": f"gid://shopify/Customer/{880_000 + number}",
            "first_name": "Buyer",
            "last_name": f"No. {number}",
            "email": f"buyer{number}@example.com",
        },
        "shipping_address": {
            "first_name": "Buyer",
            "last_name": f"No. {number}",
            "address1": "1 Main Street",
            "city": "Louisville",
            "zip": "40202",
            "province": "Kentucky",
            "province_code": "KY",
            "country": "United States",
            "country_code": "US",
        },
        "line_items": [line(order_id, "MUG", 2, "12.50", "2.50")],
        "shipping_lines": [
            {
                "id": order_id + 1,
                "title": "Post",
                "code": "Post",
                "price": "5.00",
                "discounted_price": "5.00",
                "discount_allocations": [],
                "tax_lines": [tax("0.50")],
            }
        ],
        "tax_lines": [tax("3.00")],
        "subtotal_price": "25.00",
        "total_line_items_price": "25.00",
        "total_discounts": "0.00",
        "total_tax": "3.00",
        "total_price": "33.00",
        "discount_applications": [],
    }
    return content | changes


def line(order_id: int, sku: str, quantity: int, price: str, tax_amount: str) -> dict[str, Any]:
    return {
        "id": order_id + 100,
        "admin_graphql_api_id": f"gid://shopify/LineItem/{order_id + 100}",
        "variant_id": 990_001,
        "product_id": 990_000,
        "title": "Mug",
        "name": "Mug",
        "sku": sku,
        "quantity": quantity,
        "price": price,
        "taxable": True,
        "requires_shipping": True,
        "discount_allocations": [],
        "tax_lines": [tax(tax_amount)],
    }


def tax(amount: str) -> dict[str, Any]:
    return {"title": "Town Tax", "rate": 0.1, "price": amount}


def write(folder: Path, *bodies: dict[str, Any]) -> Path:
    for content in bodies:
        (folder / f"{content['id']}.json").write_text(json.dumps(content))
    return folder
