"""Which journal a transaction is booked in: the store's rules name one for each payment gateway. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping

from libs.common.domain.facts import JournalFact
from libs.common.domain.outcomes import Hold
from libs.common.domain.rules import StoreRules
from libs.common.domain.transactions import Transaction
from services.workers.payments.model import Books

#: What a transaction without any gateway goes by in the store's rules.
NO_GATEWAY = "no gateway"


def journal_of(transaction: Transaction, rules: StoreRules, books: Books) -> int | Hold:
    """The journal that the store's rules name for the transaction's gateway; Hold when there is none that works."""
    wanted = _mapped(transaction, rules)
    if wanted is None:
        return _unmapped(transaction, books)
    journal = books.journals.get(wanted)
    named = f"the store's rules name journal {wanted} for {gateway_of(transaction)}"
    hint = f"correct rules.journals in the store's file ({_choice(books.journals)}), `tandem store add` it, then retry"
    details = {"gateway": gateway_of(transaction), "journal_id": wanted, "amount": str(transaction.amount)}
    if journal is None:
        return Hold("journal_unknown", f"{named}, which is not there, or is another company's", hint, details)
    if not journal.active:
        return Hold("journal_archived", f"{named}; {journal.name} is archived", hint, details)
    if not journal.takes_payments:
        what = f"{named}; {journal.name} is of the type {journal.type} and takes no payments"
        return Hold("journal_wrong", what, hint, details)
    return journal.id


def gateway_of(transaction: Transaction) -> str:
    return transaction.gateway or transaction.gateway_name or NO_GATEWAY


def _mapped(transaction: Transaction, rules: StoreRules) -> int | None:
    """By Shopify's word for the gateway, else by the name that people read; upper and lower case are the same."""
    names = [name for name in (transaction.gateway, transaction.gateway_name) if name] or [NO_GATEWAY]
    for name in names:
        if name in rules.journals:
            return rules.journals[name]
    folded = {key.strip().casefold(): journal for key, journal in rules.journals.items()}
    return next((folded[name.strip().casefold()] for name in names if name.strip().casefold() in folded), None)


def _unmapped(transaction: Transaction, books: Books) -> Hold:
    gateway = gateway_of(transaction)
    # JSON's quotes are YAML's as well: a name such as `Cash on Delivery (COD)` must not be taken apart.
    key = gateway if gateway.replace("_", "").isalnum() and not gateway.isdigit() else json.dumps(gateway)
    line = f"  {key}: <id of the journal in Odoo>"
    return Hold(
        "gateway_unmapped",
        f"{transaction.amount} moved by {gateway}, and the store's rules name no journal for it",
        f"add under rules.journals in the store's file:\n{line}\n"
        f"({_choice(books.journals)}), `tandem store add` it, then retry",
        {
            "gateway": transaction.gateway,
            "gateway_name": transaction.gateway_name,
            "amount": str(transaction.amount),
            "yaml": f"journals:\n{line}",
        },
    )


def _choice(journals: Mapping[int, JournalFact]) -> str:
    able = [f"{one.id} {one.name}" for one in journals.values() if one.active and one.takes_payments]
    return f"journals for payments in Odoo: {', '.join(able)}" if able else "Odoo has no bank or cash journal yet"
