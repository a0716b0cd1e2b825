"""Which of Odoo's taxes a line has."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from libs.common.domain.facts import TaxFact
from libs.common.domain.money import Money
from libs.common.domain.orders import Order, TaxLine
from libs.common.domain.rules import StoreRules
from services.workers.orders.holding import refuse


def tax_ids(
    order: Order, taxes: Sequence[TaxLine], base: Money, known: Sequence[TaxFact], rules: StoreRules
) -> tuple[int, ...]:
    """The Odoo taxes for a line's taxes: mapped, else of the same rate and the same inclusion; else it is held.

    A rate of which nothing was charged on a `base` that is something is none of the line's: the customer is exempt,
    or the amount is so small that Shopify rounded its tax to nothing.
    """
    found: dict[int, None] = {}
    for tax in taxes:
        if tax.rate and not tax.price and base:
            continue
        tax_id = _mapped(order, tax, rules) or _by_rate(order, tax, known)
        if tax_id:
            found[tax_id] = None
    return tuple(found)


def _mapped(order: Order, tax: TaxLine, rules: StoreRules) -> int | None:
    for mapping in rules.taxes:
        same_title = mapping.title is None or mapping.title == tax.title
        same_inclusion = mapping.included is None or mapping.included == order.taxes_included
        if mapping.rate == tax.rate and same_title and same_inclusion:
            return mapping.tax_id
    return None


def _by_rate(order: Order, tax: TaxLine, known: Sequence[TaxFact]) -> int | None:
    """None for a tax of nothing that Odoo has no tax for: it changes no amount."""
    fitting = [fact for fact in known if fact.rate == tax.rate and fact.included == order.taxes_included]
    if not fitting and tax.rate == 0 and not tax.price:
        return None
    percent = f"{(tax.rate * Decimal(100)).normalize():f} %"
    inclusion = "included in the price" if order.taxes_included else "on top of the price"
    if not fitting:
        refuse(
            "tax_missing",
            f"Odoo has no sale tax of {percent} {inclusion} for {tax.title!r}",
            "create that tax in Odoo, or map it in the store's rules (taxes: rate, tax_id)",
            title=tax.title,
            rate=str(tax.rate),
            included=order.taxes_included,
        )
    named = [fact for fact in fitting if fact.name.strip().lower() == tax.title.strip().lower()]
    chosen = named if len(named) == 1 else fitting
    if len(chosen) > 1:
        refuse(
            "tax_ambiguous",
            f"Odoo has {len(chosen)} sale taxes of {percent} {inclusion} for {tax.title!r}",
            "say which one in the store's rules (taxes: rate, title, tax_id)",
            title=tax.title,
            rate=str(tax.rate),
            candidates=[{"id": fact.id, "name": fact.name} for fact in chosen],
        )
    return chosen[0].id
