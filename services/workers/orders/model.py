"""What the four steps of an order hand to one another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from libs.common.domain.facts import CompanyFacts, TermFact
from libs.common.domain.matching import PartnerFact, ProductFact
from libs.common.domain.money import Money
from libs.common.domain.orders import Order, Side
from libs.common.domain.outcomes import Hold
from libs.common.domain.rules import Until
from libs.common.domain.sales import SaleLine, SaleOrder
from services.workers.orders.cancel import Cancellation


@dataclass(frozen=True, slots=True)
class Awaited:
    """A product that is to come to Odoo by a record of its own."""

    record_id: str
    held_code: str = ""
    """Why it does not come before a person has acted; "" while it is on its way."""
    held_message: str = ""


@dataclass(frozen=True, slots=True)
class Situation:
    """Both sides of one order, and what the store's Odoo company knows."""

    record_id: str
    order: Order | None
    """None when Shopify does not have it (any more)."""
    module: str
    """Module part of this store's external ids."""
    facts: CompanyFacts
    linked_partner_id: int | None = None
    linked_company_id: int | None = None
    """Of the company that a business order is for."""
    partners: tuple[PartnerFact, ...] = ()
    terms: tuple[TermFact, ...] = ()
    """Odoo's payment terms, read only where an order has terms that no rule names."""
    linked_products: Mapping[str, int] = field(default_factory=dict)
    """Variant id to product.product id."""
    products: tuple[ProductFact, ...] = ()
    awaited: Mapping[str, Awaited] = field(default_factory=dict)
    """By variant id, of variants that are not in Odoo: where Shopify's products are made there."""
    synced_digest: str | None = None
    target_id: int | None = None
    existing: SaleOrder | None = None
    """The linked order, read only when the record's digest no longer fits; None then means that it was deleted."""
    done_refunds: frozenset[str] = frozenset()
    """Refunds of the order that are in Odoo."""
    waiting_refunds: tuple[str, ...] = ()
    """Refunds of the order that are still to be looked at; not those that a person must look at."""


#: A record of Odoo's: its database id, or the external id it will have.
Ref = int | str


@dataclass(frozen=True, slots=True)
class PlannedAddress:
    """A contact below the customer, made once for each different address."""

    external_id: str
    type: str
    """`delivery`, `invoice`, or `contact` for a company's buyer"""
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class PlannedCustomer:
    """Who the order is for: an existing contact (`ref` a database id), or one to make."""

    ref: Ref
    values: Mapping[str, str] = field(default_factory=dict)
    addresses: tuple[PlannedAddress, ...] = ()
    source_id: str | None = None
    """Shopify's id of the customer or the company, when this pair is worth remembering."""
    entity: str = "customer"
    """`customer` or `company`"""


@dataclass(frozen=True, slots=True)
class PlannedProduct:
    """A product to make before the order: the missing one, or one that carries shipping or custom lines."""

    external_id: str
    values: Mapping[str, str]
    service: bool = False
    source_id: str | None = None
    """Shopify's variant id, when this pair is worth remembering."""


@dataclass(frozen=True, slots=True)
class PlannedLine:
    """One line as Odoo is to have it."""

    external_id: str
    product: Ref
    name: str
    quantity: int
    unit_price: Decimal
    tax_ids: tuple[int, ...]
    amount: Money
    """Expected: with tax where the order's prices include it, else without."""
    tax: Money
    """What Shopify charged on it, all its taxes together; of a line in two parts the first has it all."""
    discount: Decimal = Decimal(0)
    """A percentage, only where no unit price that the server keeps comes to the amount."""

    @property
    def key(self) -> str:
        """The name part of the external id, as `SaleLine.key`."""
        return self.external_id.partition(".")[2]


@dataclass(frozen=True, slots=True)
class PlannedTerms:
    """When an order is to be paid."""

    name: str
    """Shopify's."""
    term_id: int | None
    """None for no term at all: due at once, or on a date of its own."""
    same: frozenset[int | None] = frozenset()
    """All terms that say the same; one that a person has put in is left."""
    due_on: date | None = None
    """The invoice says it itself."""


@dataclass(frozen=True, slots=True)
class PlannedOrder:
    """The order as Odoo is to have it."""

    external_id: str
    customer: PlannedCustomer
    shipping: Ref
    """The customer's own ref when the order carries no such address."""
    invoice: Ref
    client_order_ref: str
    origin: str
    date_order: datetime
    lines: tuple[PlannedLine, ...]
    pricelist_id: int | None = None
    terms: PlannedTerms | None = None
    """None where nothing was agreed."""
    customer_name: str = ""
    payer_id: int | None = None
    """To whom invoices are booked; None for a contact that is yet to be made."""
    reference_without_buyer: str = ""
    note: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rounding:
    """What may close a difference that is nothing but rounding."""

    tolerance: Money
    """The most it may come to."""
    product: Ref
    price_digits: int | None = None
    """Decimals that Odoo keeps of a unit price; None when it keeps all."""
    products: tuple[PlannedProduct, ...] = ()
    """To make before it is used for the first time."""


@dataclass(frozen=True, slots=True)
class LineWrite:
    """One line of an order that Odoo has, to change; what is None stays as it is.

    A quantity is written only where it must change: on a confirmed order Odoo compares even the same number with
    what is delivered and still to be, and may ship again. Its price goes with it: with a quantity alone Odoo takes
    the product's own price anew, while no unit is invoiced.
    """

    line: SaleLine
    quantity: Decimal | None = None
    priced: PlannedLine | None = None
    """Unit price and taxes are to be those of this line."""


@dataclass(frozen=True, slots=True)
class Edit:
    """What to write to an order that Odoo has, and what could not follow."""

    order: SaleOrder
    writes: tuple[LineWrite, ...] = ()
    new_lines: tuple[PlannedLine, ...] = ()
    addresses: Mapping[str, PlannedAddress] = field(default_factory=dict)
    """`delivery` and `invoice`, where the order is to go to another one."""
    picking_ids: tuple[int, ...] = ()
    """Open deliveries that are to go to the new delivery address."""
    heading: frozenset[str] = frozenset()
    """What of whose order it is, its reference and its terms is to change (`heading.py`)."""
    blocked: tuple[Mapping[str, Any], ...] = ()
    """What stays different: the line or address, both sides' figures, why, and what to do."""

    @property
    def writes_nothing(self) -> bool:
        return not (self.writes or self.new_lines or self.addresses or self.heading)


@dataclass(frozen=True, slots=True)
class Changes:
    """What to do for one order, and what must come out."""

    record_id: str
    digest: str
    version: datetime
    name: str
    source: Order
    """As Shopify has it, less what refunds took off before it was shipped."""
    order: PlannedOrder
    total: Money
    tax: Money
    taxes_included: bool
    rounding: Rounding
    side: Side = "shop"
    """Which of the order's moneys it is; frozen on the record from now on."""
    products: tuple[PlannedProduct, ...] = ()
    links: tuple[tuple[str, str, int, str], ...] = ()
    """Variants matched on the way: (entity, source id, product.product id, name)."""
    edit: Edit | None = None
    """For an order that Odoo has already: what is to follow there."""
    until: Until = Until.CONFIRMED
    """How far it is to go."""


@dataclass(frozen=True, slots=True)
class Cancelling:
    """An order that was cancelled in Shopify and is in Odoo."""

    record_id: str
    digest: str
    order: Order
    steps: Cancellation
    waiting_refunds: tuple[str, ...] = ()
    """Refunds of it (Shopify's ids) that are not in Odoo yet."""


@dataclass(frozen=True, slots=True)
class Applied:
    """One order that Odoo has now."""

    changes: Changes
    order_id: int
    order: SaleOrder
    """As read back after the last write."""
    customer_id: int | None = None
    difference: Mapping[str, Any] | None = None
    """Set when the quotation did not equal the order and so was not confirmed."""
    product_ids: Mapping[str, int] = field(default_factory=dict)
    """External id to database id of the products that this order's lines name so."""
    invoice_hold: Hold | None = None
    """Why the order's invoice is not posted."""
    posted: frozenset[int] = frozenset()
    """Invoices that were posted after the order was read."""
