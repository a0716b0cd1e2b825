"""A Shopify order as a plan sees it: shop money only, every line, nothing of the wire left."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from libs.common.domain.money import Money


@dataclass(frozen=True, slots=True)
class Address:
    """A mailing address; every part may be empty. `country` and `province` are codes (`US`, `KY`)."""

    name: str = ""
    company: str = ""
    address1: str = ""
    address2: str = ""
    city: str = ""
    zip: str = ""
    province: str = ""
    province_name: str = ""
    country: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Customer:
    """Whoever placed the order."""

    id: str
    name: str
    email: str = ""
    phone: str = ""
    locale: str = ""


@dataclass(frozen=True, slots=True)
class TaxLine:
    """One tax on a line. `rate` is a fraction (0.2); `price` what Shopify charged for it."""

    title: str
    rate: Decimal
    price: Money


@dataclass(frozen=True, slots=True)
class LineItem:
    """One line as it was sold. `variant_id` is None for custom lines and for products deleted since."""

    id: str
    title: str
    quantity: int
    unit_price: Money
    """Before any discount; with tax where the order's `taxes_included` says so."""
    variant_title: str = ""
    sku: str = ""
    variant_id: str | None = None
    barcode: str = ""
    current_quantity: int | None = None
    discounts: tuple[Money, ...] = ()
    """What each discount, of the line or of the order, takes off the whole line."""
    taxes: tuple[TaxLine, ...] = ()
    gift_card: bool = False
    requires_shipping: bool = True
    attributes: tuple[tuple[str, str], ...] = ()

    @property
    def total(self) -> Money:
        """What the line costs after all its discounts."""
        return self.unit_price * self.quantity - Money.sum(self.discounts, self.unit_price.currency)


@dataclass(frozen=True, slots=True)
class ShippingLine:
    """One way of shipping that was paid for."""

    id: str
    title: str
    price: Money
    """Before discounts."""
    code: str = ""
    discounts: tuple[Money, ...] = ()
    taxes: tuple[TaxLine, ...] = ()
    removed: bool = False

    @property
    def total(self) -> Money:
        return self.price - Money.sum(self.discounts, self.price.currency)


@dataclass(frozen=True, slots=True)
class Order:
    """One order, complete: every page of its lines was read."""

    id: str
    name: str
    created_at: datetime
    processed_at: datetime
    updated_at: datetime
    currency: str
    total: Money
    total_tax: Money
    taxes_included: bool
    lines: tuple[LineItem, ...]
    shipping_lines: tuple[ShippingLine, ...] = ()
    tip: Money | None = None
    customer: Customer | None = None
    email: str = ""
    phone: str = ""
    shipping_address: Address | None = None
    billing_address: Address | None = None
    note: str = ""
    tags: tuple[str, ...] = field(default=())
    po_number: str = ""
    source_name: str = ""
    financial_status: str = ""
    fulfillment_status: str = ""
    cancelled_at: datetime | None = None
    test: bool = False
    edited: bool = False
