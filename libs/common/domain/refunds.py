"""A Shopify refund as a plan sees it: what was taken back, at what figures, and what money went back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from libs.common.domain.money import Money
from libs.common.domain.transactions import Transaction

#: `restockType` of units that come back into stock after they were delivered, or that never left it.
RETURN = "return"
CANCEL = "cancel"
NO_RESTOCK = "no_restock"
LEGACY_RESTOCK = "legacy_restock"
#: What the digest of a refund ends with while its credit note is a draft in Odoo: it is looked at once that is posted.
DRAFT_SUFFIX = ":draft"


@dataclass(frozen=True, slots=True)
class RefundLine:
    """Units of one order line that were refunded. Amounts are for all of them."""

    line_id: str
    quantity: int
    subtotal: Money
    """After discounts; with tax where the order's prices include it."""
    tax: Money
    restock_type: str
    """`return`, `cancel`, `no_restock` or `legacy_restock`"""
    restocked: bool = False
    location_id: str = ""


@dataclass(frozen=True, slots=True)
class RefundShipping:
    """Shipping that was refunded, of one shipping line."""

    shipping_line_id: str
    """"" when Shopify gave none."""
    subtotal: Money
    tax: Money


@dataclass(frozen=True, slots=True)
class Adjustment:
    """A difference between what was refunded and what the lines come to (`OrderAdjustment`).

    Shopify's sign is kept: negative amounts are money that went back beyond the lines.
    """

    id: str
    amount: Money
    tax: Money
    reason: str
    """`refund_discrepancy`, `restock`, `damage`, `customer`, … or ""."""


@dataclass(frozen=True, slots=True)
class Refund:
    """One refund, complete."""

    id: str
    order_id: str
    order_name: str
    created_at: datetime
    updated_at: datetime
    currency: str
    total: Money
    """What went back to the customer in money (`totalRefundedSet`); nothing for a refund without payment."""
    lines: tuple[RefundLine, ...] = ()
    shipping: tuple[RefundShipping, ...] = ()
    adjustments: tuple[Adjustment, ...] = ()
    duties: tuple[Money, ...] = ()
    transactions: tuple[Transaction, ...] = ()
    note: str = ""
    return_id: str = ""
    """The return that it was made for, if any."""
    taxes_included: bool = False
    """Of the order: whether line subtotals contain their tax."""

    @property
    def taken_back(self) -> Money:
        """What the lines and the shipping that were taken back had cost, with tax: how much less the order is now."""
        parts = [line.subtotal for line in self.lines] + [one.subtotal for one in self.shipping] + list(self.duties)
        return Money.sum(parts, self.currency) + (Money.zero(self.currency) if self.taxes_included else self.tax)

    @property
    def tax(self) -> Money:
        """The tax in lines and shipping."""
        return Money.sum([line.tax for line in self.lines] + [one.tax for one in self.shipping], self.currency)

    @property
    def goods_total(self) -> Money:
        """What lines, shipping, duties and adjustments come to with tax: what a credit note is to be for."""
        adjusted = Money.sum((one.amount + one.tax for one in self.adjustments), self.currency)
        return self.taken_back - adjusted
