"""Lines that come to an order after checkout: with an edit, or in exchange for what is returned."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from libs.sandbox.shopify.currents import Currents
from libs.sandbox.shopify.derived import Document, map_bag
from libs.sandbox.shopify.drafts import Draft, Line, Tax
from libs.sandbox.shopify.figures import currencies, line_total, total_of
from libs.sandbox.shopify.price_lines import Basket, line_document
from libs.sandbox.shopify.store import ShopStore


def added_lines(
    order: Document, lines: Sequence[Line], currents: Currents, store: ShopStore
) -> tuple[list[Document], list[Document]]:
    """The documents of new lines, and the order's discount applications with theirs; `currents` goes up by them.

    A line that says nothing of taxes gets those of the order's first line that has some.
    """
    money = currencies(order)
    draft = Draft(
        tuple(lines),
        taxes=_taxes(order),
        taxes_included=order["taxesIncluded"],
        tax_exempt=order["taxExempt"],
        currency=money.shop,
    )
    basket = Basket(draft, money, store.new_id)
    basket.applications.documents.extend(order["discountApplications"])
    documents = [line_document(line, priced, basket) for line, priced in zip(lines, basket.goods(), strict=True)]
    for one in documents:
        allocated = total_of(order, (a["allocatedAmountSet"] for a in one["discountAllocations"]))
        currents.add(allocated, "currentTotalDiscountsSet")
        currents.goods(line_total(one), one["taxLines"])
    return documents, basket.applications.documents


def more_of(order: Document, line: Document, count: int, currents: Currents) -> Document:
    """The line with `count` units more, at its price before discounts."""
    subtotal = map_bag(line["originalUnitPriceSet"], lambda unit: unit * count)
    rates = sum(tax["rate"] for tax in line["taxLines"])
    divisor = 1 + rates if order["taxesIncluded"] else 1
    more = [{**tax, "priceSet": _share(subtotal, tax["rate"] / divisor)} for tax in line["taxLines"]]
    currents.goods(subtotal, more)
    pairs = zip(line["taxLines"], more, strict=True)
    taxes = [{**tax, "priceSet": total_of(order, (tax["priceSet"], new["priceSet"]))} for tax, new in pairs]
    quantity, current = line["quantity"] + count, line["currentQuantity"] + count
    return {**line, "quantity": quantity, "currentQuantity": current, "taxLines": taxes}


def _share(bag: Document, share: Decimal) -> Document:
    return map_bag(bag, lambda amount: amount * share)


def _taxes(order: Document) -> tuple[Tax, ...]:
    taxed = (line["taxLines"] for line in order["lineItems"] if line["taxLines"])
    return tuple(Tax(tax["title"], tax["rate"]) for tax in next(taxed, ()))
