"""Refunds and cancellations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from libs.common.domain.money import round_half_up
from libs.sandbox.shopify.afterwards import UPDATED, Hooks, chosen, replaced
from libs.sandbox.shopify.currents import Currents, financial_status
from libs.sandbox.shopify.derived import Document, minus, plus, zero
from libs.sandbox.shopify.drafts import Payment
from libs.sandbox.shopify.figures import amount, currencies, figure, is_nothing, negative, total_of
from libs.sandbox.shopify.fulfilling import Fulfilling, line_gid, shipping_changes
from libs.sandbox.shopify.parts import all_lines
from libs.sandbox.shopify.paying import TRANSACTION, Paying
from libs.sandbox.shopify.people import gid
from libs.sandbox.shopify.refunds import RestockType, Taken, TakenBack, adjustment_document, paid_by_gateway
from libs.sandbox.shopify.routing import units_left

DISCREPANCY = "REFUND_DISCREPANCY"
CASH = "cash"
PENDING_DISCREPANCY = "PENDING_REFUND_DISCREPANCY"
REFUNDED = "refunds/create"


@dataclass(frozen=True, slots=True)
class Payback:
    """How money goes back."""

    gateway: str | None = None
    adjustment: Decimal | None = None
    owed: Decimal | None = None
    pay_back: bool = True
    status: str = "success"
    reason: str = DISCREPANCY
    round_to: Decimal = Decimal(0)
    """The smallest coin: what goes back in cash is a multiple of it; none otherwise."""
    rest: bool = False
    """Whether what the order still comes to, additional fees for example, goes back as an adjustment."""


class Refunding(Paying, Fulfilling):
    def refund_order(
        self,
        order_id: str,
        lines: Mapping[str, int | tuple[int, RestockType]] | None = None,
        *,
        shipping: Decimal | Literal["full"] | None = None,
        adjustment: Decimal | None = None,
        gateway: str | None = None,
        pay_back: bool = True,
        note: str = "",
        duties: bool = False,
        owed: Decimal | None = None,
        status: str = "success",
        reason: str = DISCREPANCY,
        return_id: str = "",
        round_to: Decimal = Decimal(0),
        topics: Sequence[str] | None = None,
    ) -> Document:
        """Takes back units of lines (`no_restock` unless said) and shipping, and pays the money back; the refund.

        `adjustment` is money that goes back beyond what is taken back, below zero what is kept of it; `owed` money
        that was owed to the customer already, as after an edit. What the customer has not paid is never paid back.
        All in the shop's money. Without a `gateway`, each pays back what it received, the first one first.
        What goes back in cash is rounded to the coin `round_to`. With status `pending` the
        money is on its way (see `settle_refund`). Raises `ValueError` for more than is left.
        """
        with self.changing:
            order = self.order(order_id)
            wanted = {line_gid(order, one): _how(how) for one, how in (lines or {}).items()}
            payback = Payback(gateway, adjustment, owed, pay_back, status, reason, round_to)
            refund, changes = self.refunded(order, Taken(wanted, shipping, duties), payback)
            refund |= {"note": note or None, "return": {"id": return_id} if return_id else None}
            order = self.with_refund(order, refund, changes)
            self.note("refund", "create", refund, order, total=amount(refund["totalRefundedSet"]))
            self.tell(order, chosen(told(refund), topics))
            return refund

    def settle_refund(self, refund_id: str, *, status: str = "success") -> Document:
        """The pending money of a refund arrives, or fails to; the refund."""
        with self.changing:
            wanted = refund_id if refund_id.startswith("gid://") else gid("Refund", refund_id)
            order = self.store.owner(wanted)
            if order is None:
                raise KeyError(refund_id)
            refund = next(one for one in order["refunds"] if one["id"] == wanted)
            moved = [
                {**one, "status": status.upper()} if one["status"] == "PENDING" else one
                for one in refund["transactions"]
            ]
            currents, pending = Currents(order), [one for one in refund["transactions"] if one["status"] == "PENDING"]
            bag = total_of(order, (one["amountSet"] for one in pending))
            changed = {**refund, "transactions": moved, "updatedAt": self.second()}
            if status == "success":
                currents.paid_back(bag)
                changed["totalRefundedSet"] = plus(refund["totalRefundedSet"], bag)
                offset = adjustment_document(negative(bag), PENDING_DISCREPANCY, self.new_gid)
                changed["orderAdjustments"] = [*refund["orderAdjustments"], offset]
            by_id = {one["id"]: one for one in moved}
            transactions = replaced(figure(order, "transactions"), by_id)
            changes = {
                **currents.changes,
                "transactions": transactions,
                "refunds": replaced(order["refunds"], {wanted: changed}),
            }
            changes["displayFinancialStatus"] = financial_status({**order, **changes}, transactions)
            order = self.keep(order, changes)
            self.note("refund", "write", changed, order, status=status)
            self.tell(order, [(UPDATED, None)])
            return changed

    def cancel_order(
        self,
        order_id: str,
        *,
        refund: bool = True,
        restock: bool = True,
        reason: str = "customer",
        round_to: Decimal = Decimal(0),
        topics: Sequence[str] | None = None,
    ) -> Document:
        """Cancels what is not shipped: its units are taken back, with shipping when nothing was; the order.

        With `refund`, what was paid for it is paid back, in cash in multiples of the coin `round_to`. Raises
        `ValueError` for an order that is cancelled already.
        """
        with self.changing:
            order = self.order(order_id)
            if order["cancelledAt"] is not None:
                raise ValueError(f"the order {order['name']} is cancelled already")
            left = units_left(order)
            shipped: list[Document] = order.get("fulfillments", [])
            untouched = all(one["status"] == "CANCELLED" for one in shipped)
            how: RestockType = "cancel" if restock else "no_restock"
            units = {
                line["id"]: (min(line["currentQuantity"], left[line["id"]]) if _ships(line) else 0, how)
                for line in all_lines(order)
            }
            if untouched:
                units |= {line["id"]: (line["currentQuantity"], how) for line in all_lines(order)}
            taken = Taken(units, "full" if untouched else None, duties=True)
            how_paid = Payback(pay_back=refund, rest=refund and untouched, round_to=round_to)
            made, changes = self.refunded(order, taken, how_paid)
            changes |= self._voided(order) if refund else {}
            order = self.with_refund(order, made, changes, self._cancelled(order, changes, reason))
            self.note("order", "cancel", order, order, reason=reason, total=amount(made["totalRefundedSet"]))
            self.note("refund", "create", made, order, total=amount(made["totalRefundedSet"]))
            self.tell(order, chosen([*told(made), ("orders/cancelled", None)], topics))
            return order

    def _voided(self, order: Document) -> Document:
        """The order with what was only reserved let go."""
        transactions: list[Document] = figure(order, "transactions")
        if order["displayFinancialStatus"] != "AUTHORIZED":
            return {}
        reserved = next(one for one in transactions if one["kind"] == "AUTHORIZATION" and one["status"] == "SUCCESS")
        void = self.transaction(order, Payment(reserved["gateway"], kind="void"), reserved["amountSet"])
        return {"transactions": [*transactions, void]}

    def _cancelled(self, order: Document, changes: Document, reason: str) -> Document:
        now = self.second()
        orders: list[Document] = (order | changes).get("fulfillmentOrders", [])
        closed = [{**one, "status": "CANCELLED"} if one["status"] in {"OPEN", "ON_HOLD"} else one for one in orders]
        emptied = [_emptied(one) if one["status"] in {"CANCELLED", "IN_PROGRESS"} else one for one in closed]
        return {
            "cancelledAt": now,
            "closedAt": now,
            "cancelReason": reason.upper(),
            "fulfillmentOrders": emptied,
        }

    def refunded(self, order: Document, taken: Taken, how: Payback) -> tuple[Document, Document]:
        """The refund's document and the changes of the order, but for the refund itself."""
        now, back = self.second(), TakenBack(order, taken, self.new_gid, self.second())
        money, adjustments = self._money(order, back, how)
        transactions = self._paid_back(order, money, how)
        success = how.status == "success"
        rounding = total_of(order, (one["amountRoundingSet"] for one in transactions if one["amountRoundingSet"]))
        if success:
            back.currents.paid_back(money)
        elif not is_nothing(money):
            adjustments.append(adjustment_document(money, DISCREPANCY, self.new_gid))
        document = {
            "id": self.new_gid("Refund"),
            "createdAt": now,
            "updatedAt": now,
            "note": None,
            "return": None,
            "orderId": order["id"],
            "refundLineItems": back.lines,
            "refundShippingLines": back.shipping,
            "duties": back.duties,
            "orderAdjustments": adjustments,
            "transactions": transactions,
            "totalRefundedSet": money if success else zero(money),
        }
        return document, {**back.changes(), **(_rounded(order, rounding) if success else {})}

    def _money(self, order: Document, back: TakenBack, how: Payback) -> tuple[Document, list[Document]]:
        """What goes back, and the order adjustments of it."""
        nothing = zero(order["totalPriceSet"])
        money, adjustments = nothing, []
        if how.pay_back:
            owing = negative(back.currents.changes["totalOutstandingSet"])
            money = back.goods if amount(owing) >= amount(back.goods) else owing if amount(owing) > 0 else nothing
        if how.owed:
            due = negative(figure(order, "totalOutstandingSet"))
            money = plus(money, due if how.owed == amount(due) else currencies(order).bag(how.owed))
        rest: Document = back.currents.changes["currentTotalPriceSet"] if how.rest and amount(money) else nothing
        if how.adjustment or not is_nothing(rest):
            beyond = currencies(order).bag(how.adjustment) if how.adjustment else rest
            money = plus(money, beyond)
            adjustments.append(adjustment_document(negative(beyond), how.reason, self.new_gid))
            # It changes what the customer has paid in the end, not what the order is for: nothing is outstanding by it.
            back.currents.add(negative(beyond), "totalOutstandingSet")
        if amount(money) < 0:
            raise ValueError(f"{how.adjustment} is more than all that is taken back")
        return money, adjustments

    def _paid_back(self, order: Document, money: Document, how: Payback) -> list[Document]:
        if is_nothing(money):
            return []
        parts, left = [], money
        paid = {how.gateway: money} if how.gateway else paid_by_gateway(order)
        for gateway, received in paid.items():
            whole = amount(received) >= amount(left)
            part = left if whole else received
            if amount(part) > 0:
                parts.append((gateway, part))
                left = minus(left, part)
        if amount(left) > 0:
            raise ValueError(f"{amount(left)} is to be paid back beyond what the order {order['name']} received")
        return [
            self.transaction(
                order, Payment(gateway, kind="refund", status=how.status), part, _coins(order, gateway, part, how)
            )
            for gateway, part in parts
        ]

    def with_refund(
        self, order: Document, refund: Document, changes: Document, more: Document | None = None
    ) -> Document:
        transactions = [*figure({**order, **changes}, "transactions"), *refund["transactions"]]
        changes = {
            **changes,
            **(more or {}),
            "refunds": [*order.get("refunds", ()), refund],
            "transactions": transactions,
        }
        after = {**order, **changes}
        shipping = shipping_changes(after)
        status: Any = order["displayFinancialStatus"]
        if refund["transactions"] or amount(figure(order, "totalReceivedSet")) or more:
            status = financial_status({**after, **shipping}, transactions)
        return self.keep(order, {**changes, **shipping, "displayFinancialStatus": status})


def _coins(order: Document, gateway: str, part: Document, how: Payback) -> Document | None:
    """What rounding adds to money that goes back in cash; None where nothing is rounded."""
    if gateway != CASH or not how.round_to:
        return None
    return currencies(order).bag(round_half_up(amount(part) / how.round_to, 0) * how.round_to - amount(part))


def _rounded(order: Document, rounding: Document) -> Document:
    if is_nothing(rounding):
        return {}
    known = figure(order, "totalCashRoundingAdjustment")
    return {"totalCashRoundingAdjustment": {**known, "refundSet": plus(known["refundSet"], rounding)}}


def _how(how: int | tuple[int, RestockType]) -> tuple[int, RestockType]:
    return how if isinstance(how, tuple) else (how, "no_restock")


def told(refund: Document) -> Hooks:
    paid: Hooks = [(TRANSACTION, one) for one in refund["transactions"]]
    return [(REFUNDED, refund), *paid, (UPDATED, None)]


def _ships(line: Document) -> bool:
    return bool(line["requiresShipping"])


def _emptied(fulfillment_order: Document) -> Document:
    """Nothing is left to ship of a cancelled order."""
    lines = [{**line, "remainingQuantity": 0} for line in fulfillment_order["lineItems"]]
    status = "CLOSED" if fulfillment_order["status"] == "IN_PROGRESS" else fulfillment_order["status"]
    return {**fulfillment_order, "lineItems": lines, "status": status}
