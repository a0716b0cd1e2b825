"""A Shopify order as a plan sees it: one currency only, every line, nothing of the wire left."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from libs.common.domain.money import Money
from libs.common.domain.refunds import Refund
from libs.common.domain.transactions import Transaction, change_in_sales

Side = Literal["shop", "presentment"]
"""Which of an order's two moneys is meant: the shop's, or the one that the customer was shown."""


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
    group: str = ""
    """Title of the bundle that the line is a part of (Shopify's `lineItemGroup`)."""
    refunded_quantity: int = 0
    """Units in refunds; only told of an order that was edited or had returns, where `sold_quantity` needs it."""
    reduced: bool = False
    """Whether units may have been taken off by an edit: then `current_quantity` counts, not `quantity`."""
    exchange: bool = False
    """Whether the line came with the exchange of a return."""
    cancelled_units: int = 0
    """Units that a refund took off the order before they were shipped (see `kept.py` of the orders' room)."""
    cancelled_total: Money | None = None
    """What those units had cost after their discounts."""
    cancelled_tax: Money | None = None
    returned_units: int = 0
    """Of a line with cancelled units, those that refunds took back and that stay in the order."""

    @property
    def total(self) -> Money:
        """What the line cost after all its discounts when it was placed, units that an edit removed included."""
        return self.unit_price * self.quantity - Money.sum(self.discounts, self.unit_price.currency)

    @property
    def sold_quantity(self) -> int:
        """Units that were sold: without those that an edit removed, with those that were refunded since.

        Less `cancelled_units`, where somebody has set them.
        """
        sold = self.quantity
        if self.reduced and self.current_quantity is not None:
            sold = min(self.quantity, self.current_quantity + self.refunded_quantity)
        return max(sold - self.cancelled_units, 0)

    @property
    def sold_total(self) -> Money:
        """What the sold units cost after all their discounts, which Shopify states for all units together."""
        if self.cancelled_total is None:
            return self._share(self.total, self.sold_quantity)
        return self._share(self.total, self.sold_quantity + self.cancelled_units) - self.cancelled_total

    @property
    def sold_taxes(self) -> tuple[TaxLine, ...]:
        """The taxes of the sold units; Shopify's `taxLines` are for all units, removed ones included."""
        if self.sold_quantity == self.quantity:
            return self.taxes
        return tuple(TaxLine(tax.title, tax.rate, self._share(tax.price, self.sold_quantity)) for tax in self.taxes)

    def _share(self, amount: Money, units: int) -> Money:
        if units == self.quantity:
            return amount
        return Money(amount.amount * units / self.quantity, amount.currency).rounded()


@dataclass(frozen=True, slots=True)
class Charge:
    """A duty or an additional fee: money that is neither goods nor shipping nor tax."""

    id: str
    title: str
    price: Money
    taxes: tuple[TaxLine, ...] = ()


@dataclass(frozen=True, slots=True)
class Company:
    """Who a B2B order is for (Shopify's `PurchasingCompany`): the company and the location that buys."""

    id: str
    name: str
    location_id: str
    location_name: str
    external_id: str = ""


@dataclass(frozen=True, slots=True)
class PaymentTerms:
    """`Net 30`, `NET`, 30"""

    name: str
    kind: str
    """Shopify's `paymentTermsType`: NET, FIXED, RECEIPT, FULFILLMENT, UNKNOWN."""
    due_in_days: int | None = None
    due_on: date | None = None
    """The day, UTC; only of `FIXED`."""


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
    tip_line_ids: tuple[str, ...] = ()
    """Line items that are the tip: they are not among `lines`, but refunds name them."""
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
    side: Side = "shop"
    """Which money all amounts here are."""
    shop_currency: str = ""
    presentment_currency: str = ""
    original_total: Money | None = None
    """What was placed, where edits or returns have changed it since; None where they have not."""
    outstanding: Money | None = None
    """Shopify's `totalOutstandingSet`: what is still to be paid; negative when money is owed to the customer."""
    duties: tuple[Charge, ...] = ()
    fees: tuple[Charge, ...] = ()
    cash_rounding: Money | None = None
    """What rounding of cash added to the payments (negative: took off them)."""
    cash_rounding_back: Money | None = None
    """What it added to the money that was paid back."""
    net_payment: Money | None = None
    """Shopify's `netPaymentSet`: what was received less what was refunded, without rounding of cash."""
    company: Company | None = None
    payment_terms: PaymentTerms | None = None
    tax_exempt: bool = False
    transactions: tuple[Transaction, ...] = ()
    refund_ids: tuple[str, ...] = ()
    refunds: tuple[Refund, ...] = ()
    """Read only of an order that was edited or had returns; `refund_ids` is always complete."""
    fulfillment_ids: tuple[str, ...] = ()
    """Fulfillments that are not cancelled."""

    @property
    def change_in_sales(self) -> bool | None:
        """Whether its sales tell what was handed over, the change with it; None where that is not to be known."""
        return change_in_sales(self.transactions, self.net_payment)

    @property
    def kept_rounding(self) -> Money:
        """What rounding of cash has left in the shop: what it added to payments, less what it added to refunds."""
        nothing = Money.zero(self.currency)
        return (self.cash_rounding or nothing) - (self.cash_rounding_back or nothing)
