"""The document of a refund and what it changes of its order: worked out here, kept and told by `refunding.py`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal

from libs.sandbox.shopify.currents import Currents
from libs.sandbox.shopify.derived import Document, map_bag, minus, plus, zero
from libs.sandbox.shopify.figures import (
    amount,
    currencies,
    figure,
    is_nothing,
    negative,
    total_of,
    units_share,
)
from libs.sandbox.shopify.parts import all_lines, with_lines
from libs.sandbox.shopify.payments import pays
from libs.sandbox.shopify.routing import location_of, not_to_ship, shipped_units, units_left

RestockType = Literal["return", "cancel", "no_restock", "legacy_restock"]
NewGid = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Taken:
    """What is to be taken back: units by line id, and how each comes back into stock."""

    lines: Mapping[str, tuple[int, RestockType]] = field(default_factory=dict)
    shipping: Decimal | Literal["full"] | None = None
    """Of what is left of all shipping lines, before tax where the order's prices are."""
    duties: bool = False
    """Whether the duties of these units come back, too."""


class TakenBack:
    """One refund in the making: `document` without its transactions, `changes` of the order without their effect."""

    def __init__(self, order: Document, taken: Taken, new_gid: NewGid, now: datetime) -> None:
        self.order = order
        self.currents = Currents(order)
        self._new_gid = new_gid
        self._now = now
        self._changed: dict[str, Document] = {}
        self._cancelled: Counter[str] = Counter()
        self.lines = [self._line(line_id, *how) for line_id, how in taken.lines.items() if how[0]]
        self.shipping = self._shipping(taken.shipping)
        self.duties = self._duties(taken.lines) if taken.duties else []

    @property
    def goods(self) -> Document:
        """What all that was taken back had cost, with tax."""
        parts = [one["subtotalSet"] for one in self.lines] + [one["subtotalAmountSet"] for one in self.shipping]
        taxes = [one["totalTaxSet"] for one in self.lines] + [one["taxAmountSet"] for one in self.shipping]
        duties = [one["amountSet"] for one in self.duties]
        return total_of(self.order, [*parts, *duties, *([] if self.order["taxesIncluded"] else taxes)])

    def changes(self) -> Document:
        """Of the order: its figures, its lines, and its fulfillment orders, from which units go that never left."""
        changes = {**self.currents.changes, **with_lines(self.order, self._changed)}
        if self._cancelled:
            orders, _ = not_to_ship(self.order.get("fulfillmentOrders", []), self._cancelled, self._now)
            changes["fulfillmentOrders"] = orders
        return changes

    def _line(self, line_id: str, count: int, restock: RestockType) -> Document:
        line = next(one for one in all_lines(self.order) if one["id"] == line_id)
        if count > line["currentQuantity"]:
            raise ValueError(f"{count} units of {line['name']} are to be refunded, {line['currentQuantity']} are left")
        if restock == "cancel" and line["requiresShipping"] and count > units_left(self.order)[line_id]:
            raise ValueError(f"{count} units of {line['name']} are to be cancelled, but not so many are unfulfilled")
        if restock == "cancel":
            self._cancelled[line_id] += count
        elif restock == "no_restock":
            self._cancelled[line_id] += max(0, count - shipped_and_kept(self.order)[line_id])
        subtotal, tax = self.currents.units_gone(line, refunded_units(self.order)[line_id], count)
        self._changed[line_id] = {**line, "currentQuantity": line["currentQuantity"] - count}
        restocked = restock in {"return", "cancel"}
        return {
            "lineItem": {"id": line_id},
            "quantity": count,
            "restockType": restock.upper(),
            "restocked": restocked,
            "location": self._location(line_id) if restocked else None,
            "subtotalSet": subtotal,
            "totalTaxSet": tax,
        }

    def _location(self, line_id: str) -> Document | None:
        for one in self.order.get("fulfillmentOrders", ()):
            if any(line["lineItem"]["id"] == line_id for line in one["lineItems"]):
                return {"id": location_of(one)}
        return None

    def _shipping(self, wanted: Decimal | Literal["full"] | None) -> list[Document]:
        done, left = [], None if wanted == "full" else wanted
        for line in self.order["shippingLines"] if wanted is not None else []:
            if not line["isRemoved"]:
                part = self._shipping_line(line, left)
                left = None if left is None else left - amount(part["subtotalAmountSet"])
                if not is_nothing(part["subtotalAmountSet"]) or not is_nothing(part["taxAmountSet"]):
                    done.append(part)
        if left:
            raise ValueError(f"{wanted} of shipping is to be refunded, {left} more than there is")
        return done

    def _shipping_line(self, line: Document, most: Decimal | None) -> Document:
        """Up to `most` of it before tax, all that is left when it is None."""
        whole, tax = line["discountedPriceSet"], [one["priceSet"] for one in line["taxLines"]]
        before = refunded_shipping(self.order, line["id"])
        subtotal_left = minus(whole, *(one["subtotalAmountSet"] for one in before))
        tax_left = minus(total_of(self.order, tax), *(one["taxAmountSet"] for one in before))
        if most is None or most >= amount(subtotal_left):
            subtotal, taken = subtotal_left, tax_left
        else:
            subtotal = currencies(self.order).bag(most)
            share = most / amount(subtotal_left)
            taken = map_bag(tax_left, lambda whole: whole * share)
        taxes = line["taxLines"]
        # Of several taxes on shipping, the first one's line in the order's sums stands for all in a part refund.
        gone = taxes if taken == total_of(self.order, tax) else [{**taxes[0], "priceSet": taken}]
        less = [{**one, "priceSet": negative(one["priceSet"])} for one in gone]
        self.currents.goods(negative(subtotal), less, "currentShippingPriceSet")
        self.currents.add(
            subtotal if self.order["taxesIncluded"] else plus(subtotal, taken), "totalRefundedShippingSet"
        )
        return {
            "id": self._new_gid("RefundShippingLine"),
            "shippingLine": {"id": line["id"]},
            "subtotalAmountSet": subtotal,
            "taxAmountSet": taken,
        }

    def _duties(self, lines: Mapping[str, tuple[int, RestockType]]) -> list[Document]:
        if self.order["dutiesIncluded"]:
            return []
        refunded = refunded_units(self.order)
        done = []
        for line in all_lines(self.order):
            count = lines.get(line["id"], (0, ""))[0]
            for duty in line.get("duties", ()):
                taxes = [] if self.order["taxesIncluded"] else [tax["priceSet"] for tax in duty["taxLines"]]
                whole = plus(duty["price"], *taxes)
                part = units_share(whole, refunded[line["id"]], count, line["quantity"])
                if not is_nothing(part):
                    self.currents.sold(negative(part))
                    done.append({"amountSet": part, "dutyId": duty["id"]})
        return done


def refunded_units(order: Document) -> Counter[str]:
    """Units in refunds, by line id."""
    counts: Counter[str] = Counter()
    for refund in order.get("refunds", ()):
        for line in refund["refundLineItems"]:
            counts[line["lineItem"]["id"]] += line["quantity"]
    return counts


def shipped_and_kept(order: Document) -> Counter[str]:
    """Units that left and were not refunded, by line id: a refund takes these first, unless it cancels."""
    kept = shipped_units(order)
    for refund in order.get("refunds", ()):
        for line in refund["refundLineItems"]:
            if line["restockType"] != "CANCEL":
                kept[line["lineItem"]["id"]] -= line["quantity"]
    return +kept


def refunded_shipping(order: Document, shipping_line: str) -> list[Document]:
    parts = (part for refund in order.get("refunds", ()) for part in refund["refundShippingLines"])
    return [part for part in parts if part["shippingLine"]["id"] == shipping_line]


def adjustment_document(bag: Document, reason: str, new_gid: NewGid) -> Document:
    """Below zero: money that went back beyond what was taken back."""
    return {"id": new_gid("OrderAdjustment"), "amountSet": bag, "taxAmountSet": zero(bag), "reason": reason}


def paid_by_gateway(order: Document) -> dict[str, Document]:
    """What each gateway received and has not paid back, in the order in which they were used."""
    left: dict[str, Document] = {}
    sales = total_of(order, (one["amountSet"] for one in figure(order, "transactions") if pays(one)))
    apart = amount(sales) == amount(figure(order, "totalReceivedSet"))
    gone = {"REFUND"} if apart else {"REFUND", "CHANGE"}
    for one in figure(order, "transactions"):
        if one["status"] == "SUCCESS" and (pays(one) or one["kind"] in gone):
            known = left.setdefault(one["gateway"], zero(one["amountSet"]))
            signed = negative(one["amountSet"]) if one["kind"] in gone else one["amountSet"]
            left[one["gateway"]] = plus(known, signed)
    return left
