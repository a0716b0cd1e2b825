"""What Odoo must have for a demo's orders to be synced, and the orders as the rest of the demo sees them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from libs.common.domain.money import Money
from libs.sandbox.shopify.demo_catalog import (
    CURRENCY,
    DemoTax,
    demo_catalog,
    demo_partners,
    demo_pricelists,
    demo_taxes,
)
from libs.sandbox.shopify.drafts import Product

Document = dict[str, Any]
PERCENT = Decimal(100)


@dataclass(frozen=True, slots=True)
class Needs:
    """Taxes, currencies and products; `partners` are names and e-mails of contacts that are there before."""

    taxes: tuple[DemoTax, ...]
    currencies: tuple[str, ...]
    products: tuple[Product, ...] = ()
    partners: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of_the_demo(cls) -> Needs:
        """All that its orders need, save what the held ones are held for."""
        products = tuple(product for product in demo_catalog() if product.known_to_odoo)
        currencies = (CURRENCY, *demo_pricelists())
        return cls(tuple(demo_taxes()), currencies, products, tuple(demo_partners()))

    @classmethod
    def of_orders(cls, documents: Iterable[Document]) -> Needs:
        """What these order documents name; their products are left to the store's rule."""
        taxes: dict[tuple[Decimal, bool], DemoTax] = {}
        currencies: dict[str, None] = {}
        for order in documents:
            currencies[order["currencyCode"]] = None
            for line in (*order["lineItems"], *order["shippingLines"]):
                for tax in line["taxLines"]:
                    if tax["rate"]:
                        key = (tax["rate"], order["taxesIncluded"])
                        percent = (tax["rate"] * PERCENT).normalize()
                        taxes.setdefault(key, DemoTax(tax["title"], percent, order["taxesIncluded"]))
        return cls(tuple(taxes.values()), tuple(currencies))


@dataclass(frozen=True, slots=True)
class Placed:
    """One order in the sandbox shop. `expect` is `synced` or `held:<code>`; empty when nobody can know."""

    order_id: str
    name: str
    total: Money
    label: str = ""
    expect: str = ""

    @classmethod
    def of(cls, order: Document, *, label: str = "", expect: str = "") -> Placed:
        money = order["totalPriceSet"]["shopMoney"]
        total = Money(Decimal(money["amount"]), money["currencyCode"])
        return cls(order["id"].rpartition("/")[2], order["name"], total, label, expect)


def expected(placed: Sequence[Placed]) -> bool:
    """Whether it is known how each must end."""
    return all(order.expect for order in placed)
