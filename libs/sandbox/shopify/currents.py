"""The figures of an order that move after checkout, changed step by step from what they were."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from libs.sandbox.shopify.derived import Document, plus, zero
from libs.sandbox.shopify.figures import amount, figure, line_total, negative, total_of, units_share

STATED = (
    "currentTotalPriceSet",
    "currentSubtotalPriceSet",
    "currentTotalTaxSet",
    "currentTotalDiscountsSet",
    "currentShippingPriceSet",
    "currentTaxLines",
    "originalTotalPriceSet",
    "totalOutstandingSet",
    "totalReceivedSet",
    "totalRefundedSet",
    "totalRefundedShippingSet",
    "netPaymentSet",
)


class Currents:
    """`changes` holds every figure once it was touched; nothing else of the order is in it."""

    def __init__(self, order: Document) -> None:
        self._order = order
        self.changes: Document = {name: figure(order, name) for name in STATED}

    def add(self, bag: Document, *names: str) -> None:
        for name in names:
            self.changes[name] = plus(self.changes[name], bag)

    def sold(self, bag: Document) -> None:
        """The order costs this much more, and so much more is to be paid."""
        self.add(bag, "currentTotalPriceSet", "totalOutstandingSet")

    def received(self, bag: Document) -> None:
        self.add(bag, "totalReceivedSet", "netPaymentSet")
        self.add(negative(bag), "totalOutstandingSet")

    def paid_back(self, bag: Document) -> None:
        self.add(bag, "totalRefundedSet", "totalOutstandingSet")
        self.add(negative(bag), "netPaymentSet")

    def goods(self, subtotal: Document, taxes: Iterable[Document], kind: str = "currentSubtotalPriceSet") -> None:
        """`subtotal` and the tax documents come on top; negative ones go. `kind` is the sum that they are part of."""
        taxes = list(taxes)
        tax = total_of(self._order, (one["priceSet"] for one in taxes))
        if kind:
            self.add(subtotal, kind)
        self.add(tax, "currentTotalTaxSet")
        self.sold(subtotal if self._order["taxesIncluded"] else plus(subtotal, tax))
        self.changes["currentTaxLines"] = _added(self.changes["currentTaxLines"], taxes)

    def units_gone(self, line: Document, first: int, count: int) -> tuple[Document, Document]:
        """Units `first` to `first + count` of the line go; what they had cost after discounts, and their tax."""
        of = line["quantity"]
        subtotal = units_share(line_total(line), first, count, of)
        taxes = [{**tax, "priceSet": units_share(tax["priceSet"], first, count, of)} for tax in line["taxLines"]]
        allocated = total_of(self._order, (a["allocatedAmountSet"] for a in line["discountAllocations"]))
        self.add(negative(units_share(allocated, first, count, of)), "currentTotalDiscountsSet")
        gone = ({**tax, "priceSet": negative(tax["priceSet"])} for tax in taxes)
        # A tip is a line, and no part of the subtotal.
        self.goods(negative(subtotal), gone, "" if line.get("isTip") else "currentSubtotalPriceSet")
        return subtotal, total_of(self._order, (tax["priceSet"] for tax in taxes))


def _added(lines: list[Document], taxes: Iterable[Document]) -> list[Document]:
    """Tax lines added up by title and rate, in the order in which they came; those of nothing stay."""
    sums: dict[tuple[str, Decimal | None], Document] = {(one["title"], one["rate"]): one for one in lines}
    for tax in taxes:
        key = (tax["title"], tax["rate"])
        known = sums.get(key, {**tax, "priceSet": zero(tax["priceSet"])})
        sums[key] = {**known, "priceSet": plus(known["priceSet"], tax["priceSet"])}
    return list(sums.values())


def financial_status(order: Document, transactions: list[Document]) -> Any:
    """`displayFinancialStatus` as it follows from the order's figures and transactions."""
    received, refunded = amount(figure(order, "totalReceivedSet")), amount(figure(order, "totalRefundedSet"))
    if refunded:
        return "REFUNDED" if refunded >= received else "PARTIALLY_REFUNDED"
    authorized = any(one["kind"] == "AUTHORIZATION" and one["status"] == "SUCCESS" for one in transactions)
    voided = any(one["kind"] == "VOID" and one["status"] == "SUCCESS" for one in transactions)
    if received:
        return "PAID" if amount(figure(order, "totalOutstandingSet")) <= 0 else "PARTIALLY_PAID"
    if order["cancelledAt"] is not None and (voided or amount(figure(order, "currentTotalPriceSet")) <= 0):
        return "VOIDED"
    if authorized and not voided:
        return "AUTHORIZED"
    return "PAID" if amount(figure(order, "totalOutstandingSet")) <= 0 else "PENDING"
