"""Orders for measuring: plain ones, of which thousands are made in no time."""

from __future__ import annotations

from decimal import Decimal

from libs.sandbox.shopify.drafts import Draft, Line, Person, Place, Product, Tax

BENCH_TAX = Tax("Bench Tax", Decimal("0.15"))
PRODUCTS = 40


def bench_catalog() -> list[Product]:
    """Products at multiples of 0.20: their tax of 15 % is whole cents, whichever way it is rounded."""
    return [
        Product(f"BENCH-{i:03d}", f"Bench product {i}", Decimal(4 + i) + Decimal("0.20") * (i % 5), str(70001 + i))
        for i in range(PRODUCTS)
    ]


def bench_orders(n: int, *, start: int = 0) -> list[Draft]:
    """`n` orders of two lines, each of a new customer with an address, tax of 15 % on top; counted from `start`."""
    products = bench_catalog()
    return [_bench_order(number, products) for number in range(start, start + n)]


def _bench_order(number: int, products: list[Product]) -> Draft:
    first, second = products[number % PRODUCTS], products[(number * 7 + 1) % PRODUCTS]
    name = f"Customer {number}"
    return Draft(
        lines=(Line(first, 1 + number % 3), Line(second if second != first else products[-1 - number % 5], 1)),
        taxes=(BENCH_TAX,),
        customer=Person("Bench", name, f"bench{number}@example.com"),
        shipping_address=Place(
            "Bench", name, "", f"{number} Main Street", "", "Louisville", "40202", "KY", "Kentucky", "US"
        ),
        label="bench",
    )
