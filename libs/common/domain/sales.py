"""A sale order of Odoo's with all that hangs on it: lines, invoices, deliveries. As read, nothing decided.

Quantities and amounts are exact decimals of what Odoo's JSON says; ids are database ids.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

DONE = "done"
CANCELLED = "cancel"
OUTGOING = "outgoing"
INCOMING = "incoming"
INVOICE = "out_invoice"
CREDIT_NOTE = "out_refund"
#: Lines of these keys close what Odoo's rounding makes of an order; they stand for nothing that Shopify has.
ROUNDING_KEY = "rounding_"


@dataclass(frozen=True, slots=True)
class SaleLine:
    """One line; sections and notes are left out."""

    id: int
    name: str
    product_id: int | None
    quantity: Decimal
    price_unit: Decimal
    discount: Decimal
    """A percentage."""
    tax_ids: tuple[int, ...]
    subtotal: Decimal
    tax: Decimal
    """Of the line by itself: with taxes rounded globally the order's tax may be a cent off their sum."""
    delivered: Decimal
    invoiced: Decimal
    """Net of credit notes."""
    key: str = ""
    """What Tandem calls it: the name part of its external id (`line_123`, `shipping_45_67`), "" for others' lines."""

    @property
    def amount(self) -> Decimal:
        """Quantity times unit price less discount, unrounded; with tax where Odoo's tax is in the price."""
        return self.quantity * self.price_unit * (1 - self.discount / 100)

    @property
    def is_rounding(self) -> bool:
        return self.key.startswith(ROUNDING_KEY)


@dataclass(frozen=True, slots=True)
class Move:
    """Units of one product in a transfer."""

    id: int
    product_id: int
    sale_line_id: int | None
    demand: Decimal
    quantity: Decimal
    """Reserved or, once the transfer is done, moved."""
    state: str
    """`draft`, `waiting`, `confirmed`, `partially_available`, `assigned`, `done`, `cancel`"""
    bom_line_id: int | None = None
    """The line of the bill of materials, of a part of a kit."""


@dataclass(frozen=True, slots=True)
class Picking:
    """One transfer of the order: a delivery, or a return."""

    id: int
    name: str
    state: str
    code: str
    """`outgoing`, `incoming` or `internal`"""
    done_at: datetime | None
    warehouse_id: int | None
    location_id: int
    location_dest_id: int
    type_id: int
    backorder_id: int | None
    return_id: int | None
    """The delivery that this one brings back."""
    moves: tuple[Move, ...]
    carrier: str = ""
    tracking_number: str = ""
    tracking_url: str = ""

    @property
    def is_open(self) -> bool:
        return self.state not in {DONE, CANCELLED}


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """Units of an order line on an invoice or a credit note; one without `sale_line_ids` is of no line of the order."""

    sale_line_ids: tuple[int, ...]
    quantity: Decimal
    id: int = 0
    name: str = ""
    subtotal: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Invoice:
    """An invoice or a credit note."""

    id: int
    name: str
    kind: str
    """`out_invoice` or `out_refund`"""
    state: str
    """`draft`, `posted` or `cancel`"""
    payment_state: str
    currency: str
    total: Decimal
    tax: Decimal
    residual: Decimal
    """What is left to pay (or to pay back), never negative."""
    partner_id: int
    reversed_id: int | None
    """The invoice that a credit note is for."""
    ref: str = ""
    lines: tuple[InvoiceLine, ...] = ()
    payer_id: int = 0
    """The commercial partner, to whom its receivables are booked: a payment must name the same."""
    payer: str = ""
    term_id: int | None = None
    term: str = ""
    """Name of the payment term."""
    due_on: date | None = None

    @property
    def counts(self) -> bool:
        return self.state != CANCELLED


@dataclass(frozen=True, slots=True)
class SaleOrder:
    """The order, read in one or two calls (libs.common.odoo.sale_orders)."""

    id: int
    name: str
    state: str
    """`draft`, `sent`, `sale`, `cancel`; `done` of old"""
    currency: str
    total: Decimal
    tax: Decimal
    date_order: datetime | None
    partner_id: int
    partner_invoice_id: int
    partner_shipping_id: int
    lines: tuple[SaleLine, ...]
    invoices: tuple[Invoice, ...] = ()
    pickings: tuple[Picking, ...] = ()
    warehouse_id: int | None = None
    currency_id: int | None = None
    payment_term_id: int | None = None
    payment_term: str = ""
    client_order_ref: str = ""
    addresses: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """`delivery` and `invoice`: `name`, `street`, `street2`, `city`, `zip`"""

    @property
    def is_confirmed(self) -> bool:
        return self.state in {"sale", "done"}

    def units_invoiced(self, line_id: int) -> Decimal:
        """Units of a line on invoices, drafts among them, whatever was credited since."""
        return sum((one.quantity for one in self._invoice_lines(INVOICE, line_id)), Decimal(0))

    def units_credited(self, line_id: int) -> Decimal:
        """Units of a line on credit notes, drafts among them."""
        return sum((one.quantity for one in self._invoice_lines(CREDIT_NOTE, line_id)), Decimal(0))

    def units_shipped(self, line_id: int) -> Decimal:
        """Units of a line that left with done deliveries, whatever came back since."""
        return self._units_moved(OUTGOING, line_id)

    def units_returned(self, line_id: int) -> Decimal:
        """Units of a line that came back with done returns."""
        return self._units_moved(INCOMING, line_id)

    def units_open(self, line_id: int) -> Decimal:
        """Units of a line that deliveries have still to bring; of a quotation all of it."""
        if not self.is_confirmed:
            return sum((line.quantity for line in self.lines if line.id == line_id), Decimal(0))
        moves = (move for one in self.deliveries for move in one.moves if move.sale_line_id == line_id)
        return sum((move.demand for move in moves if move.state not in {DONE, CANCELLED}), Decimal(0))

    def _invoice_lines(self, kind: str, line_id: int) -> list[InvoiceLine]:
        found = (line for one in self.invoices if one.kind == kind and one.counts for line in one.lines)
        return [line for line in found if line_id in line.sale_line_ids]

    def _units_moved(self, code: str, line_id: int) -> Decimal:
        moves = (move for one in self.pickings if one.code == code for move in one.moves)
        found = (move.quantity for move in moves if move.sale_line_id == line_id and move.state == DONE)
        return sum(found, Decimal(0))

    @property
    def posted_invoices(self) -> tuple[Invoice, ...]:
        return tuple(one for one in self.invoices if one.kind == INVOICE and one.state == "posted")

    @property
    def deliveries(self) -> tuple[Picking, ...]:
        return tuple(one for one in self.pickings if one.code == OUTGOING)

    @property
    def rounding_lines(self) -> tuple[SaleLine, ...]:
        return tuple(line for line in self.lines if line.is_rounding)

    def lines_of(self, key: str) -> tuple[SaleLine, ...]:
        """The lines that carry one line of Shopify's: one, or two where the price had to be split."""
        return tuple(line for line in self.lines if line.key == key or line.key.startswith(f"{key}_part"))
