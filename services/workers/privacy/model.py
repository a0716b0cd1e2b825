"""What the steps of a request for privacy hand to one another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

REDACT = "customers/redact"
REQUEST = "customers/data_request"
SHOP = "shop/redact"
#: What a request keeps of who has closed it.
CLOSED = ("closed_at", "closed_by")
BETWEEN_NAMES = "\n"


@dataclass(frozen=True, slots=True)
class Situation:
    """One request of Shopify's, and what the ledger knew of whom it is about."""

    record_id: str
    told: Mapping[str, str]
    """`kind`, `customer`, `orders`, and what was done: `erased_at`, `closed_by`, …"""
    received: datetime | None
    """When it was asked for last; None where a person has it looked at again."""
    names: tuple[str, ...] = ()
    """What the ledger calls the customer, and those who were merged into it."""
    contact_id: int | None = None
    sale_orders: tuple[str, ...] = ()
    """Odoo's names of the orders."""
    records: tuple[str, ...] = ()
    """The ledger's ids of the customer's and the orders' records."""


@dataclass(frozen=True, slots=True)
class CarryOut:
    """What is to be done in the ledger, and noted on the request."""

    record_id: str
    kind: str
    customer: str
    records: tuple[str, ...]
    words: tuple[str, ...]
    found: Mapping[str, str]
    """What is noted before anything is erased: where in Odoo the data is."""
    done_before: bool
    """The erasing was finished by an earlier try."""
    earlier: str = ""
    """When the same was asked for, carried out and closed before; empty for the first time."""
