"""The tax lines of anything that has them."""

from __future__ import annotations

from decimal import Decimal

from libs.common.domain.orders import Side, TaxLine
from libs.common.shopify.reading import Node, unreadable

#: A rate and its percentage that differ by less are the same rate, one of them with a float's noise.
_SAME_RATE = Decimal("1e-9")


def read_taxes(taxed: Node, currency: str, side: Side) -> tuple[TaxLine, ...]:
    return tuple(
        TaxLine(tax.text("title"), tax_rate(tax), tax.money("priceSet", currency, side))
        for tax in taxed.nodes("taxLines")
    )


def tax_rate(tax: Node) -> Decimal:
    """The fraction, exactly: `rate` 0.07250000000000001 beside `ratePercentage` 7.25 is 0.0725."""
    rate = None if tax.get("rate") is None else tax.number("rate")
    percentage = None if tax.get("ratePercentage") is None else tax.number("ratePercentage") / 100
    if rate is None and percentage is None:
        raise unreadable(tax.record, tax.at("rate"), None, "a number")
    if rate is None or percentage is None:
        found = percentage if rate is None else rate
        assert found is not None  # noqa: S101 - one of the two is there
        return _plain(found)
    if abs(rate - percentage) < _SAME_RATE:
        return min((_plain(percentage), _plain(rate)), key=lambda r: len(r.as_tuple().digits))
    return _plain(rate)  # the percentage was rounded for people


def _plain(value: Decimal) -> Decimal:
    """Without trailing zeros and without an exponent: 0.2, not 0.20 and not 2E-1."""
    return value.normalize() + Decimal(0)
