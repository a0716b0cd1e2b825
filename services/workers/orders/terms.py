"""When an order is to be paid: the payment term of Odoo's that says what was agreed in Shopify. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from libs.common.domain.facts import TermFact
from libs.common.domain.orders import Order, PaymentTerms
from libs.common.domain.rules import StoreRules
from services.workers.orders.holding import refuse
from services.workers.orders.model import PlannedTerms

#: Shopify's `paymentTermsType`.
AT_ONCE, NET, FIXED = "RECEIPT", "NET", "FIXED"


def asks_for_terms(order: Order, rules: StoreRules) -> bool:
    """Whether Odoo's payment terms must be known to plan it."""
    return order.payment_terms is not None and _mapped(order.payment_terms, rules) is None


def plan_terms(order: Order, rules: StoreRules, known: Sequence[TermFact]) -> PlannedTerms | None:
    """The store's choice by name, else a term that is due in as many days, else the date itself, for the invoice.

    None where nothing was agreed: Odoo then goes by what it knows of the customer. Refuses what nothing stands for.
    """
    terms = order.payment_terms
    if terms is None:
        return None
    mapped = _mapped(terms, rules)
    if mapped is not None:
        return PlannedTerms(terms.name, mapped, frozenset({mapped}))
    if terms.kind == FIXED and terms.due_on is not None and rules.until.invoices:
        return PlannedTerms(terms.name, None, frozenset({None}), terms.due_on)
    days = 0 if terms.kind == AT_ONCE else terms.due_in_days if terms.kind == NET else None
    fitting = [term for term in known if days is not None and term.days == days]
    # Without any term Odoo's invoice is due at once as well.
    none_needed: frozenset[int | None] = frozenset({None}) if terms.kind == AT_ONCE else frozenset()
    if not fitting and not none_needed:
        _refuse(order, terms, known)
    named = [term for term in fitting if _word(term.name) == _word(terms.name)]
    chosen = next(iter(named or fitting), None)
    return PlannedTerms(terms.name, chosen.id if chosen else None, none_needed | {term.id for term in fitting})


def _mapped(terms: PaymentTerms, rules: StoreRules) -> int | None:
    return next((one for name, one in rules.payment_terms.items() if _word(name) == _word(terms.name)), None)


def _word(name: str) -> str:
    return name.strip().casefold()


def _refuse(order: Order, terms: PaymentTerms, known: Sequence[TermFact]) -> None:
    says = {
        NET: "" if terms.due_in_days is None else f", {terms.due_in_days} days",
        FIXED: f", {terms.due_on}" if terms.due_on else "",
    }
    candidates = ", ".join(f"{term.name} ({term.id})" for term in known) or "none that Tandem can read"
    refuse(
        "payment_terms_unmapped",
        f"{order.name} is to be paid by {terms.name!r} ({terms.kind.lower()}{says.get(terms.kind, '')}),"
        " and no payment term of Odoo's says the same",
        f"name one in the store's rules (payment_terms: {terms.name!r}) or make one in Odoo, then retry;"
        f" there are: {candidates}",
        terms=terms.name,
        kind=terms.kind,
        due_in_days=terms.due_in_days,
        due_on=terms.due_on.isoformat() if terms.due_on else None,
        candidates=[{"id": term.id, "name": term.name, "days": term.days} for term in known],
    )
