"""What the four steps of a refund hand to one another. Ids are database ids of that store's Odoo."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from libs.common.domain.facts import CompanyFacts
from libs.common.domain.fulfillments import OrderFulfillments
from libs.common.domain.money import Money
from libs.common.domain.orders import Order, Side
from libs.common.domain.outcomes import Hold
from libs.common.domain.refunds import Refund
from libs.common.domain.sales import Invoice, Picking, SaleLine, SaleOrder
from services.workers.payments.model import Applied as PaidBack
from services.workers.payments.model import Books, PlannedPayment

#: A product: its database id, or the external id of one that is made once.
Ref = int | str


@dataclass(frozen=True, slots=True)
class Registered:
    """A transaction as the ledger knows it: the state of its record, and its account.payment."""

    state: str
    payment_id: int | None = None


@dataclass(frozen=True, slots=True)
class Situation:
    """Both sides of one refund, and what became of the records it depends on."""

    record_id: str
    refund: Refund | None
    """None when Shopify does not have it (any more)."""
    module: str
    """Module part of this store's external ids."""
    order_record_id: str = ""
    order_state: str = ""
    """Of the order's record: `due`, `running`, `synced`, `held`, `ignored`; "" when there is none."""
    order_ignored: str = ""
    """The rule that leaves the order out."""
    order_synced: bool = False
    """Whether the order was in Odoo once: it has a target and was settled."""
    sale_id: int | None = None
    sale: SaleOrder | None = None
    """None when it was not read, or somebody deleted it."""
    order: Order | None = None
    siblings: tuple[Refund, ...] = ()
    """All refunds of the order, this one among them."""
    credits: Mapping[str, Invoice] = field(default_factory=dict)
    """Tandem's credit notes of the order by refund id, whatever their state."""
    returns: Mapping[str, Picking] = field(default_factory=dict)
    """Tandem's returns of the order by refund id."""
    order_version: datetime | None = None
    """Of the order as it was last settled."""
    payments: Mapping[str, Registered] = field(default_factory=dict)
    """What became of each transaction of the order, by its id; those that nobody knows are absent."""
    open_refunds: tuple[str, ...] = ()
    """Ids of other refunds of the order that are not in Odoo yet."""
    shipping: OrderFulfillments | None = None
    """What Shopify shipped of the order and has left to ship; None where nothing hangs on it."""
    facts: CompanyFacts | None = None
    books: Books | None = None
    synced_digest: str | None = None
    target_id: int | None = None


@dataclass(frozen=True, slots=True)
class PlannedLine:
    """One line of a credit note."""

    product: Ref | None
    """None for a note."""
    name: str
    quantity: int
    price_unit: Decimal
    tax_ids: tuple[int, ...]
    sale_line_id: int | None = None
    """The order line whose invoiced units it takes back; None for money that belongs to no units."""
    discount: Decimal = Decimal(0)
    """A percentage, where prices have fewer digits than the currency."""
    key: str = ""
    """Taxes of lines with the same key are rounded together, where Odoo can be told so."""


@dataclass(frozen=True, slots=True)
class PlannedCredit:
    """A credit note as Odoo is to have it."""

    external_id: str
    invoice_id: int
    invoice_name: str
    partner_id: int
    currency_id: int | None
    date: date
    origin: str
    ref: str
    lines: tuple[PlannedLine, ...]
    total: Money
    """What it must come to, to the cent."""
    rounding_external_id: str
    """Of the line that closes what Odoo's own arithmetic misses."""
    rounding_product: Ref
    existing_id: int | None = None
    """It is there already; its lines are not planned again."""


@dataclass(frozen=True, slots=True)
class ReturnedMove:
    """Units of one delivered move that come back."""

    move_id: int
    picking_id: int
    product_id: int
    sale_line_id: int
    quantity: Decimal
    bom_line_id: int | None = None
    """Of a part of a kit: without it Odoo does not know that the kit came back."""
    line_units: int = 0
    """Units of the order line that come back with it: of a kit the whole of it, with its first part."""


@dataclass(frozen=True, slots=True)
class PlannedReturn:
    """A return of deliveries; `existing_id` when an earlier try made it."""

    external_id: str
    moves: tuple[ReturnedMove, ...]
    existing_id: int | None = None


@dataclass(frozen=True, slots=True)
class LineQuantity:
    """What is to be ordered of a line from now on."""

    line: SaleLine
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Check:
    """What must come out in the end.

    What Odoo's invoices, credit notes and payments leave open must equal Shopify's outstanding together with the
    money that moved in Shopify and is not a payment in Odoo.
    """

    outstanding: Money | None
    """Shopify's; None when it cannot be compared, for `reason`."""
    transactions: tuple[tuple[str, Money], ...] = ()
    """Money that moved and that the ledger knows no payment of: positive what came in, by transaction id."""
    open_refunds: tuple[str, ...] = ()
    """Other refunds of the order that are not in Odoo yet: it can be compared only when they are."""
    reason: str = ""
    invoice_ids: tuple[int, ...] = ()
    """Invoices and other credit notes of the order."""
    payment_ids: tuple[int, ...] = ()
    order_total: Money | None = None
    """Of an order that is not invoiced: what the order in Odoo must come to."""


@dataclass(frozen=True, slots=True)
class PlannedProduct:
    """A service product that carries rounding or adjustments, made once."""

    external_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Changes:
    """What to do for one refund, in this order: credit note, quantities, return, payments, check."""

    record_id: str
    digest: str
    version: datetime
    name: str
    refund_id: str
    order_source_id: str
    sale: SaleOrder
    side: Side
    check: Check
    credit: PlannedCredit | None = None
    post: bool = True
    paybacks: tuple[PlannedPayment, ...] = ()
    """Money that went back, as outbound payments; what they are matched with is known when it is made."""
    returned: PlannedReturn | None = None
    quantities: tuple[LineQuantity, ...] = ()
    """Before units come back: Odoo takes off what is still to be delivered only while nothing has come back."""
    quantities_after: tuple[LineQuantity, ...] = ()
    """After they came back, of an order that is not invoiced: no quantity is below what is delivered."""
    products: tuple[PlannedProduct, ...] = ()
    tolerance: Decimal = Decimal(0)
    hold_after: Hold | None = None
    """What could not follow; the rest is done first."""
    hint_order: bool = False
    """Whether the order waits for this refund: it was cancelled or is held."""


@dataclass(frozen=True, slots=True)
class CreditLine:
    """A line of a credit note as Odoo has it."""

    name: str
    quantity: Decimal
    price_unit: Decimal
    subtotal: Decimal
    total: Decimal


@dataclass(frozen=True, slots=True)
class CreditNote:
    """A credit note as Odoo has it."""

    id: int
    name: str
    state: str
    payment_state: str
    total: Decimal
    tax: Decimal
    residual: Decimal
    invoice_id: int | None
    lines: tuple[CreditLine, ...] = ()


@dataclass(frozen=True, slots=True)
class Applied:
    """One refund that Odoo has now."""

    changes: Changes
    credit: CreditNote | None = None
    return_id: int | None = None
    paid_back: tuple[PaidBack, ...] = ()
    open_amount: Decimal | None = None
    """What invoices, credit notes and payments leave open together; None when it cannot be told."""
    unregistered: Decimal = Decimal(0)
    """Money that came in (less what went back) in Shopify and is no payment in Odoo."""
    order_total: Decimal | None = None
    """Of an order that is not invoiced, as read back."""
