"""What a customer puts into the basket, before Shopify prices it: the input of `pricing.price`.

All amounts are `Decimal`, in the order's currency; rates are fractions (`Decimal("0.08875")`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Product:
    """One sellable variant. `variant_id` is Shopify's number (`40001`), without the `gid://` around it."""

    sku: str
    title: str
    price: Decimal
    variant_id: str = ""
    barcode: str = ""
    variant_title: str = ""
    vendor: str = ""
    taxable: bool = True
    requires_shipping: bool = True
    gift_card: bool = False
    known_to_odoo: bool = True
    """False for a product that only the shop has: an order of it is held."""

    @property
    def gid(self) -> str:
        return f"gid://shopify/ProductVariant/{self.variant_id}"


@dataclass(frozen=True, slots=True)
class Tax:
    title: str
    rate: Decimal


@dataclass(frozen=True, slots=True)
class Discount:
    """A fixed `amount`, or a `percent` of what is left: of the whole order, spread over its lines, or of one line.

    With a `code` the customer gave it; else staff did, or the shop by itself when it is `automatic`.
    """

    code: str = ""
    amount: Decimal | None = None
    percent: Decimal | None = None
    automatic: bool = False
    title: str = ""


@dataclass(frozen=True, slots=True)
class Duty:
    """Import duty on a line."""

    amount: Decimal
    code: str = ""
    """Of the Harmonized System (`6109.10`)."""
    taxes: tuple[Tax, ...] = ()


@dataclass(frozen=True, slots=True)
class Fee:
    """An additional fee on the order."""

    name: str
    amount: Decimal
    taxes: tuple[Tax, ...] = ()


@dataclass(frozen=True, slots=True)
class Bundle:
    """What several lines were sold as; lines of the same bundle are parts of one."""

    title: str
    quantity: int = 1


@dataclass(frozen=True, slots=True)
class Line:
    """One line: of a product, or a custom one with a `title` and no variant."""

    product: Product | None = None
    quantity: int = 1
    price: Decimal | None = None
    """The product's own when left out."""
    title: str = ""
    discount: Decimal = Decimal(0)
    """Fixed amount off the whole line, given by staff."""
    discounts: tuple[Discount, ...] = ()
    """Off this line only, one after the other."""
    taxes: tuple[Tax, ...] | None = None
    """The order's when left out; `()` for a tax-free line."""
    attributes: tuple[tuple[str, str], ...] = ()
    duties: tuple[Duty, ...] = ()
    bundle: Bundle | None = None
    deleted: bool = False
    """Whether the product is gone from the shop: the line keeps its title and its SKU, and has no variant."""


@dataclass(frozen=True, slots=True)
class Shipping:
    title: str = "Standard"
    price: Decimal = Decimal(0)
    code: str = ""
    discount: Decimal = Decimal(0)
    discounts: tuple[Discount, ...] = ()
    taxes: tuple[Tax, ...] | None = None
    removed: bool = False
    """Taken off the order before it was paid: the figures of the order as it was placed still have it."""


@dataclass(frozen=True, slots=True)
class Payment:
    """One transaction at checkout. A gift card that is redeemed is one of gateway `gift_card`, not a discount."""

    gateway: str
    amount: Decimal | None = None
    """In the order's currency, without the rounding of cash; all that is left to pay when left out."""
    kind: str = "sale"
    """`sale`, `authorization`, `capture`, …"""
    status: str = "success"
    """`success`, `pending`, `failure`, …"""
    rounding: Decimal = Decimal(0)
    """What rounding of cash adds to the amount, below zero for what it takes off."""
    round_to: Decimal = Decimal(0)
    """The smallest coin: what is paid is rounded to a multiple of it, in place of `rounding`."""
    change: Decimal = Decimal(0)
    """What came back over the counter of the cash that was handed over: a transaction of its own."""
    change_apart: bool = False
    """Whether the sale says what was to be paid; what was handed over otherwise, the change with it."""
    at: datetime | None = None
    """When it was made; together with the order when left out."""


@dataclass(frozen=True, slots=True)
class Person:
    """A customer; `id` is Shopify's number, given by the shop when left out (the same for the same e-mail)."""

    first_name: str = ""
    last_name: str = ""
    email: str = ""
    phone: str = ""
    locale: str = "en"
    id: str = ""
    tax_exempt: bool = False


@dataclass(frozen=True, slots=True)
class Company:
    """A B2B buyer and its location; the ids are Shopify's numbers, given by the shop when left out."""

    name: str
    location: str
    external_id: str = ""
    location_external_id: str = ""
    id: str = ""
    location_id: str = ""


@dataclass(frozen=True, slots=True)
class Terms:
    """Payment terms: `Net 30`, `NET`, 30."""

    name: str
    kind: str
    due_in_days: int | None = None
    due_at: datetime | None = None
    """Of `FIXED`."""


@dataclass(frozen=True, slots=True)
class Place:
    """A mailing address; `country` and `province` are codes."""

    first_name: str = ""
    last_name: str = ""
    company: str = ""
    address1: str = ""
    address2: str = ""
    city: str = ""
    zip: str = ""
    province: str = ""
    province_name: str = ""
    country: str = ""
    country_name: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """An order to be placed. `expect` says how a sync must end: `synced` or `held:<code>`."""

    lines: tuple[Line, ...]
    shipping: tuple[Shipping, ...] = ()
    discounts: tuple[Discount, ...] = ()
    taxes: tuple[Tax, ...] = ()
    taxes_included: bool = False
    currency: str = ""
    """The shop's when left out."""
    presentment: tuple[str, Decimal] | None = None
    """Currency shown to the customer and how many of it one unit of the order's currency is worth."""
    customer: Person | None = None
    shipping_address: Place | None = None
    billing_address: Place | None = None
    email: str = ""
    phone: str = ""
    note: str = ""
    tags: tuple[str, ...] = ()
    po_number: str = ""
    attributes: tuple[tuple[str, str], ...] = ()
    source_name: str = "web"
    tip: Decimal = Decimal(0)
    fees: tuple[Fee, ...] = ()
    duties_included: bool = False
    """Whether the prices of the lines have the duties in them: then the duties add nothing to the total."""
    tax_exempt: bool = False
    """No tax at all, whatever the lines say; so is every order of a customer who is exempt."""
    company: Company | None = None
    terms: Terms | None = None
    test: bool = False
    paid: bool = True
    """Whether one sale by gateway `bogus` pays all of it; counts when no `payments` are given."""
    payments: tuple[Payment, ...] | None = None
    processed_at: datetime | None = None
    label: str = field(default="", compare=False)
    """What this order is an example of, for people."""
    expect: str = field(default="synced", compare=False)
