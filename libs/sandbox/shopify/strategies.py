"""Hypothesis strategies for orders of any kind of money. For tests only: hypothesis is no dependency of the sandbox.

@given(drafts(currency="JPY", taxes_included=True, kinds={"tip", "duties"}))
def test_…(draft: Draft) -> None: …
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from decimal import ROUND_DOWN, Decimal
from typing import Any

from hypothesis import strategies as st

from libs.common.domain.money import currency_digits
from libs.sandbox.shopify.drafts import (
    Bundle,
    Discount,
    Draft,
    Duty,
    Fee,
    Line,
    Payment,
    Person,
    Product,
    Shipping,
    Tax,
    Terms,
)
from libs.sandbox.shopify.kinds import ACME, ADA, HOME, exchange_rate, money

ALL_KINDS = frozenset({
    "line_discounts", "order_discounts", "taxes", "tax_free_lines", "tax_exempt", "shipping", "shipping_discounts",
    "removed_shipping", "tip", "duties", "fees", "gift_cards_sold", "gift_cards_redeemed", "bundles", "custom_lines",
    "deleted_products", "zero_quantity", "cash_rounding", "cash_change", "pos", "draft_order", "test", "b2b",
    "presentment",
})  # fmt: skip
CURRENCIES = ("USD", "EUR", "JPY", "KWD")
SHOWN = ("CAD", "GBP", "KRW", "BHD", "JPY")
RATES = ("0.2", "0.19", "0.08875", "0.0625", "0.01", "0.055")
MOST_UNITS = 50_000
"""The dearest unit price, in the currency's smallest unit."""


def amounts(currency: str, least: int = 0, most: int = MOST_UNITS) -> st.SearchStrategy[Decimal]:
    """Whole numbers of the currency's smallest unit."""
    return st.integers(least, most).map(lambda units: money(units, currency))


def drafts(
    *, currency: str | None = None, taxes_included: bool | None = None, kinds: Collection[str] | None = None
) -> st.SearchStrategy[Draft]:
    """Drafts that a checkout lets through, in which any of `kinds` (all of `ALL_KINDS` by default) may occur."""
    allowed = ALL_KINDS if kinds is None else frozenset(kinds)
    if unknown := allowed - ALL_KINDS:
        raise ValueError(f"no kinds of order: {', '.join(sorted(unknown))}")
    return _drafts(
        st.sampled_from(CURRENCIES) if currency is None else st.just(currency),
        st.booleans() if taxes_included is None else st.just(taxes_included),
        allowed,
    )


@st.composite
def _drafts(
    draw: st.DrawFn, currency: st.SearchStrategy[str], included: st.SearchStrategy[bool], kinds: frozenset[str]
) -> Draft:
    return _Draws(draw, draw(currency), kinds).draft(taxes_included=draw(included))


class _Draws:
    """One draft being drawn."""

    def __init__(self, draw: st.DrawFn, currency: str, kinds: frozenset[str]) -> None:
        self._draw, self._currency, self._kinds = draw, currency, kinds

    def draft(self, *, taxes_included: bool) -> Draft:
        lines = tuple(self._line(number) for number in range(self._draw(st.integers(1, 5))))
        draft = Draft(
            lines=lines,
            shipping=self._shipping(),
            discounts=self._order_discounts(lines),
            taxes=self._taxes("taxes"),
            taxes_included=taxes_included,
            currency=self._currency,
            presentment=self._presentment(),
            tip=self._amount(2000) if self._has("tip") else Decimal(0),
            fees=self._fees(),
            tax_exempt=self._has("tax_exempt"),
            test=self._has("test"),
            customer=replace(ADA, tax_exempt=self._has("tax_exempt")),
            shipping_address=HOME,
        )
        return replace(draft, **self._origin(), **self._payments())

    def _has(self, kind: str) -> bool:
        """Each kind that is allowed occurs in some of the orders."""
        return kind in self._kinds and self._draw(st.integers(0, 2)) == 0

    def _amount(self, most: int = MOST_UNITS, least: int = 0) -> Decimal:
        return self._draw(amounts(self._currency, least, most))

    def _taxes(self, kind: str) -> tuple[Tax, ...]:
        rates = self._draw(st.lists(st.sampled_from(RATES), max_size=3, unique=True)) if kind in self._kinds else []
        return tuple(Tax(f"Tax {Decimal(rate) * 100:f} %", Decimal(rate)) for rate in rates)

    def _line(self, number: int) -> Line:
        line = self._goods(number)
        if self._has("gift_cards_sold"):
            card = Product(f"CARD-{number}", "Gift card", self._amount(), str(60_001 + number), gift_card=True)
            line = Line(replace(card, requires_shipping=False, taxable=False), line.quantity, taxes=())
        elif self._has("custom_lines"):
            line = Line(title="Engraving", price=self._amount(), quantity=line.quantity)
        if self._has("tax_free_lines"):
            line = replace(line, taxes=())
        if self._has("bundles"):
            line = replace(line, bundle=Bundle("Kit"))
        if self._has("duties"):
            line = replace(line, duties=(Duty(self._amount(3000), "6109.10", self._taxes("taxes")),))
        if self._has("line_discounts"):
            line = replace(line, discounts=tuple(self._discount(Decimal(100)) for _ in range(self._draw(_FEW))))
        return line

    def _goods(self, number: int) -> Line:
        least = 0 if "zero_quantity" in self._kinds else 1
        return Line(
            Product(f"SKU-{number}", f"Thing {number}", self._amount(), str(50_001 + number)),
            self._draw(st.integers(least, 7)),
            deleted=self._has("deleted_products"),
        )

    def _discount(self, most_percent: Decimal) -> Discount:
        percent = self._draw(st.sampled_from(("5", "14.2857", "33.3333", "50", "100")))
        code = self._draw(st.sampled_from(("", "CODE", "OTHER")))
        return Discount(code, percent=min(Decimal(percent), most_percent), automatic=self._draw(st.booleans()))

    def _order_discounts(self, lines: tuple[Line, ...]) -> tuple[Discount, ...]:
        if not self._has("order_discounts"):
            return ()
        if self._draw(st.booleans()):
            return tuple(self._discount(Decimal(100)) for _ in range(self._draw(_FEW)))
        undiscounted = [line for line in lines if not line.discounts and line.product]
        # No more than lines of which nothing is taken off yet can bear.
        most = sum((line.product.price * line.quantity for line in undiscounted if line.product), Decimal(0))
        share = Decimal(self._draw(st.integers(0, 100))) / 100
        unit = Decimal(1).scaleb(-currency_digits(self._currency))
        return (Discount("FIXED", amount=(most * share).quantize(unit, rounding=ROUND_DOWN)),)

    def _shipping(self) -> tuple[Shipping, ...]:
        if "shipping" not in self._kinds:
            return ()
        found = []
        for number in range(self._draw(st.integers(0, 2))):
            off = (self._discount(Decimal(100)),) if self._has("shipping_discounts") else ()
            taxes = () if self._has("tax_free_lines") else None
            removed = number > 0 and self._has("removed_shipping")
            found.append(Shipping("Standard", self._amount(3000), discounts=off, taxes=taxes, removed=removed))
        return tuple(found)

    def _fees(self) -> tuple[Fee, ...]:
        if not self._has("fees"):
            return ()
        return tuple(Fee(f"Fee {n}", self._amount(1000), self._taxes("taxes")) for n in range(self._draw(_FEW)))

    def _presentment(self) -> tuple[str, Decimal] | None:
        if not self._has("presentment"):
            return None
        shown = self._draw(st.sampled_from([one for one in SHOWN if one != self._currency]))
        return shown, exchange_rate(self._currency, shown)

    def _origin(self) -> dict[str, Any]:
        if self._has("pos"):
            return {"source_name": "pos", "customer": None, "shipping_address": None}
        if self._has("draft_order"):
            return {"source_name": "shopify_draft_order"}
        if self._has("b2b"):
            buyer = Person("Bea", "Buyer", "bea.buyer@example.com")
            terms = self._draw(st.sampled_from((Terms("Net 30", "NET", 30), Terms("Due on receipt", "RECEIPT"), None)))
            return {"company": ACME, "po_number": "PO-1", "terms": terms, "customer": buyer}
        return {}

    def _payments(self) -> dict[str, Any]:
        if self._has("cash_rounding"):
            change = self._amount(5000) if self._has("cash_change") else Decimal(0)
            return {"payments": (Payment("cash", round_to=money(5, self._currency), change=change),)}
        if self._has("gift_cards_redeemed"):
            return {"payments": (Payment("gift_card", self._amount(100, least=1)), Payment("shopify_payments"))}
        return {"paid": self._draw(st.booleans())}


_FEW = st.integers(1, 2)
