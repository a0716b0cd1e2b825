"""Short ways of writing a demo order down."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from libs.sandbox.shopify.demo_catalog import demo_catalog
from libs.sandbox.shopify.drafts import Draft, Line, Person, Place, Product, Shipping

_BY_NAME = {product.sku or product.title: product for product in demo_catalog()}


def line(name: str, quantity: int = 1, price: str | None = None, discount: str = "0") -> Line:
    return Line(product(name), quantity, Decimal(price) if price else None, discount=Decimal(discount))


def product(name: str) -> Product:
    return _BY_NAME[name]


def shipping(price: str, title: str = "Standard", discount: str = "0", *, taxed: bool = True) -> tuple[Shipping, ...]:
    return (Shipping(title, Decimal(price), discount=Decimal(discount), taxes=None if taxed else ()),)


def at(place: Place, person: Person) -> Place:
    return replace(place, first_name=person.first_name, last_name=person.last_name)


def sent(person: Person, place: Place, **fields: Any) -> Draft:
    """An order of this customer, sent to them at this place."""
    return Draft(customer=person, shipping_address=at(place, person), **fields)
