"""Money that moved for an order, as Shopify recorded it: one transaction each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from libs.common.domain.money import Money

#: Kinds that bring money in; an authorization only reserves it.
PAYING = frozenset({"sale", "capture"})
GIFT_CARD = "gift_card"


@dataclass(frozen=True, slots=True)
class Transaction:
    """One `OrderTransaction`. Words are Shopify's, in lower case."""

    id: str
    order_id: str
    kind: str
    """`sale`, `capture`, `authorization`, `refund`, `void`, `change`, …"""
    status: str
    """`success`, `pending`, `failure`, `error`, …"""
    gateway: str
    """`shopify_payments`, `manual`, `gift_card`, `paypal`, …"""
    amount: Money
    """What moved, always positive, with the rounding of cash in it (`amountSet` and `amountRoundingSet` together)."""
    processed_at: datetime
    gateway_name: str = ""
    """As people read it: `Shopify Payments`."""
    manual: bool = False
    test: bool = False

    @property
    def pays(self) -> bool:
        """Whether money came in with it."""
        return self.kind in PAYING and self.status == "success"

    @property
    def pays_back(self) -> bool:
        """Whether money went back with it."""
        return self.kind == "refund" and self.status == "success"
