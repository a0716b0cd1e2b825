"""Money of an order after checkout: bags added up, shared out by units, and figures that are stated or follow."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Any

from libs.common.domain.money import currency_digits, round_half_up
from libs.sandbox.shopify.amounts import Currencies
from libs.sandbox.shopify.derived import DERIVED, Document, minus, plus, zero

MONEYS = ("shopMoney", "presentmentMoney")


def figure(document: Document, name: str, kind: str = "Order") -> Any:
    """What the document states under the name, or else what follows from its other fields."""
    return document[name] if name in document else DERIVED[kind][name](document)


def negative(bag: Document) -> Document:
    return minus(zero(bag), bag)


def total_of(order: Document, bags: Iterable[Document]) -> Document:
    return plus(zero(order["totalPriceSet"]), *bags)


def is_nothing(bag: Document) -> bool:
    return not any(bag[money]["amount"] for money in MONEYS)


def amount(bag: Document) -> Decimal:
    """The shop's money of a bag."""
    found: Decimal = bag["shopMoney"]["amount"]
    return found


def currencies(order: Document) -> Currencies:
    """The order's two currencies at the rate of its total; a total of nothing tells none, and is taken as par."""
    shop, shown = (order["totalPriceSet"][money] for money in MONEYS)
    rate = shown["amount"] / shop["amount"] if shop["amount"] else Decimal(1)
    return Currencies(shop["currencyCode"], shown["currencyCode"], rate)


def units_share(bag: Document, first: int, count: int, of: int) -> Document:
    """The part of `bag` that falls on units `first` to `first + count` of `of`.

    Rounded as a running sum, so that the last unit takes the remainder and all units together are exactly the bag.
    """
    return {money: _share(bag[money], first, first + count, of) for money in MONEYS}


def _share(money: Document, start: int, end: int, of: int) -> Document:
    def up_to(unit: int) -> Decimal:
        whole: Decimal = money["amount"]
        if not of or unit == of:
            return whole if unit else whole - whole
        exact = Fraction(whole) * unit / of
        return round_half_up(
            Decimal(exact.numerator) / Decimal(exact.denominator), currency_digits(money["currencyCode"])
        )

    return {"amount": up_to(end) - up_to(start), "currencyCode": money["currencyCode"]}


def line_total(line: Document) -> Document:
    """What all units of the line cost after all its discounts, removed units included."""
    allocated = (a["allocatedAmountSet"] for a in line["discountAllocations"])
    return minus(figure(line, "originalTotalSet", "LineItem"), *allocated)


def line_tax(line: Document) -> Document:
    return plus(zero(line["originalUnitPriceSet"]), *(tax["priceSet"] for tax in line["taxLines"]))
