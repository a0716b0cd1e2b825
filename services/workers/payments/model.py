"""What the four steps of a payment hand to one another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from libs.common.domain.facts import JournalFact
from libs.common.domain.money import Money
from libs.common.domain.sales import SaleOrder
from libs.common.domain.transactions import Transaction

#: States of an account.payment that somebody ended; `cancelled` before 18.
ENDED = frozenset({"canceled", "cancelled", "rejected"})


@dataclass(frozen=True, slots=True)
class Books:
    """What a payment must know of the store's company to be written down."""

    module: str
    """Module part of this store's external ids."""
    currency_ids: Mapping[str, int]
    """Active currencies: code to res.currency id."""
    journals: Mapping[int, JournalFact]


@dataclass(frozen=True, slots=True)
class OdooPayment:
    """An account.payment as Odoo has it."""

    id: int
    name: str
    state: str
    """`draft`, `in_process`, `paid`, `canceled`, `rejected`; `posted` before 18"""
    amount: Money
    used_up: bool
    """Whether all of it is matched with invoices (Odoo's `is_reconciled`)."""


@dataclass(frozen=True, slots=True)
class ChangeGiven:
    """What must be known of the money of an order for which change was given, beyond the transaction itself."""

    in_sales: bool | None
    """Whether the order's sales tell what was handed over (`Order.change_in_sales`)."""
    moved: Mapping[str, str] = field(default_factory=dict)
    """The order's money, for a person to look at: what moved by kind, and Shopify's net."""
    sale_id: str = ""
    """The transaction of the sale that it was given for; "" when there is none."""
    sale_record_id: str = ""
    sale_state: str = ""
    """The ledger's state of that payment's record; "" when it has none."""
    sale_rule: str = ""
    """The rule that left it out, when it is ignored."""
    at_work: str = ""
    """The record of a payment of the order that came in and is not settled yet; "" when all are."""
    set_off: Mapping[str, int] = field(default_factory=dict)
    """Payments of the order in the other direction of which something is left: transaction id to database id."""


@dataclass(frozen=True, slots=True)
class Situation:
    """One transaction, its order, and what Odoo has of both."""

    record_id: str
    source_id: str
    transaction: Transaction | None
    """None when Shopify does not show it."""
    books: Books
    order_record_id: str = ""
    order_name: str = ""
    order_state: str = ""
    """The ledger's state of the order's record; "" when it has none."""
    order_rule: str = ""
    """The rule that left the order out, when it is ignored."""
    order: SaleOrder | None = None
    """The order in Odoo; None when it is not there, or when nobody needs to know."""
    synced_digest: str | None = None
    target_id: int | None = None
    existing: OdooPayment | None = None
    """The payment of this transaction that Odoo has; with a target None means that somebody deleted it."""
    change: ChangeGiven | None = None
    """Of a transaction of an order for which change was given."""


@dataclass(frozen=True, slots=True)
class PlannedPayment:
    """One payment as Odoo is to have it, and what it pays. Everything that apply needs; no further read."""

    external_id: str
    """`tandem_acme.payment_9001`"""
    partner_id: int
    """The commercial partner of the invoices: Odoo books a payment to whomever it names."""
    amount: Money
    currency_id: int
    date: date
    journal_id: int
    memo: str
    """`#1001 / 9001`: the order's name and the transaction's id."""
    move_ids: tuple[int, ...] = ()
    """Posted invoices (credit notes of an outbound payment), in the order in which they are paid."""
    outbound: bool = False
    """Money that goes back to the customer."""
    change_of: str = ""
    """External id of the payment that brought the cash, where this is the change given for it."""
    set_off: Mapping[str, int | None] = field(default_factory=dict)
    """Payments of the order in the other direction, which are matched with what is left: external id to database id,
    None where it is made in the same batch. What cash brought too much may have paid the invoice in another's stead."""
    payment_id: int | None = None
    """The payment that is there already and needs no load."""
    posted: bool = False
    """Whether that payment is known to be posted."""
    record_id: str = ""
    """Of the ledger; empty where the orders' room takes the payment along."""
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Applied:
    """One payment that Odoo has, with what was found and done."""

    plan: PlannedPayment
    payment_id: int
    name: str = ""
    """`PBNK1/2026/00001`"""
    booked: Money | None = None
    """What Odoo has it for; None when Odoo made no journal entry of it."""
    left: Money | None = None
    """What of it is not matched."""
    owed: Money | None = None
    """What its invoices leave to pay after it."""
    matched: Mapping[int, Decimal] = field(default_factory=dict)
    """What was matched in this run: invoice id to amount."""
