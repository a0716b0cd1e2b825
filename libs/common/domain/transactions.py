"""Money that moved for an order, as Shopify recorded it: one transaction each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from libs.common.domain.money import Money

#: Kinds that bring money in; an authorization only reserves it.
PAYING = frozenset({"sale", "capture"})
CHANGE = "change"
SUCCESS = "success"
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
    parent_id: str = ""
    """The transaction that it goes by: the sale of a change, the authorization of a capture; "" when none is named."""
    beside_change: bool = False
    """Whether change was given for its order; told only where it was read by its own id."""
    rounding: Money | None = None
    """What rounding of cash has in `amount`; None where nothing was rounded."""

    @property
    def pays(self) -> bool:
        """Whether money came in with it."""
        return self.kind in PAYING and self.status == SUCCESS

    @property
    def gives_change(self) -> bool:
        """Whether money went back over the counter with it, because more cash was handed over than was due."""
        return self.kind == CHANGE and self.status == SUCCESS

    @property
    def is_payment(self) -> bool:
        """Whether it is a payment of its own in Odoo; money that was refunded belongs to its refund."""
        return self.pays or self.gives_change

    @property
    def pays_back(self) -> bool:
        """Whether money went back with it."""
        return self.kind == "refund" and self.status == SUCCESS


def change_in_sales(transactions: Sequence[Transaction], net: Money | None) -> bool | None:
    """Whether the amounts of an order's sales have its change in them, so that what came in is less by it.

    Shopify does not say whether a sale of cash tells what was handed over or what was due. `net` does
    (`netPaymentSet`: all that was received less all that was refunded): of the two ways to add the transactions up,
    one comes to it. `netPaymentSet` has no rounding of cash in it, amounts here have. None where neither does.
    """
    change = [one for one in transactions if one.gives_change]
    if not change or net is None:
        return None
    came = [one for one in transactions if one.pays]
    back = [one for one in transactions if one.pays_back]
    moved = _sum(came, net.currency) - _sum(back, net.currency)
    given = _sum(change, net.currency)
    rounding = _rounding(came, net.currency) - _rounding(back, net.currency)
    for in_sales, sum_ in ((True, moved - given), (False, moved)):
        if net in {sum_ - rounding, sum_}:
            return in_sales
    return None


def sale_of(change: Transaction, transactions: Sequence[Transaction]) -> Transaction | None:
    """The sale that a change was given for: the one it names, else the last one before it by the same gateway."""
    came = [one for one in transactions if one.pays]
    named = next((one for one in came if one.id == change.parent_id), None)
    if named or change.parent_id:
        return named
    fitting = [one for one in came if one.gateway == change.gateway and one.processed_at <= change.processed_at]
    return max(fitting, key=lambda one: one.processed_at, default=None)


def _sum(transactions: Sequence[Transaction], currency: str) -> Money:
    return Money.sum((one.amount for one in transactions), currency)


def _rounding(transactions: Sequence[Transaction], currency: str) -> Money:
    return Money.sum((one.rounding for one in transactions if one.rounding), currency)
