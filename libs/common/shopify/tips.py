"""Which of an order's lines are its tip: Shopify states a tip as a sum of the order, and has it among the lines too.

Nothing marks such a line but that it has no variant, ships nothing, and is named `Tip` where the checkout spoke
English; the order's subtotal is without it.
"""

from __future__ import annotations

from collections.abc import Sequence

from libs.common.domain.money import Money
from libs.common.shopify.reading import Node

TITLE = "Tip"


def tip_lines(order: Node, lines: Sequence[Node]) -> tuple[str, ...]:
    """Global ids of the lines whose sum the order states as its tip; none where it has none, or where it is no line."""
    currency = order.text("currencyCode")
    tip = order.money("totalTipReceivedSet", currency)
    if not tip:
        return ()
    able = [line for line in lines if line.get("variant") is None and not line.boolean("requiresShipping")]
    named = [line for line in able if line.text("title") == TITLE]
    if named and _sum(named, currency) == tip:
        return tuple(line.text("id") for line in named)
    subtotal = order.money_or_none("subtotalPriceSet", currency)
    if subtotal is not None and _sum(lines, currency) == subtotal + tip:
        # The lines are more than the subtotal by the tip: it is among them, in whatever language.
        return tuple(line.text("id") for line in able if _total(line, currency) == tip)[:1]
    return ()


def _sum(lines: Sequence[Node], currency: str) -> Money:
    return Money.sum((_total(line, currency) for line in lines), currency)


def _total(line: Node, currency: str) -> Money:
    off = (a.money("allocatedAmountSet", currency) for a in line.nodes("discountAllocations"))
    gross = line.money("originalUnitPriceSet", currency) * line.integer("quantity")
    return gross - Money.sum(off, currency)
