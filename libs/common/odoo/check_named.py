"""Whether the records that a store's rules name by their ids are there and can be used: a line for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from libs.common.errors import Failure
from libs.common.odoo.check import CheckLine
from libs.common.odoo.client import OdooClient

JOURNAL = "account.journal"
LOCATION = "stock.location"
#: What Odoo calls a place with stock of one's own; views group such places.
HOLDS_STOCK = frozenset({"internal", "view"})
#: Types of journals that take payments.
FOR_PAYMENTS = frozenset({"bank", "cash", "credit"})
#: What else is read of a model.
MORE = {JOURNAL: ("type",), LOCATION: ("usage",)}


@dataclass(frozen=True, slots=True)
class Named:
    """A key of the store's rules, and the record that it names."""

    key: str
    """`rules.tip_product_id`, `rules.journals.shopify_payments`"""
    model: str
    id: int


@dataclass(frozen=True, slots=True)
class Tagged:
    """A key of the store's rules, and the tag that it names."""

    key: str
    model: str
    """`product.tag`, `res.partner.category`"""
    name: str


def check_tags(client: OdooClient, tags: Sequence[Tagged]) -> list[CheckLine]:
    """A line for each; never raises a Failure."""
    return [_tag_line(client, one) for one in tags]


def _tag_line(client: OdooClient, one: Tagged) -> CheckLine:
    try:
        found = client.search_read(one.model, [("name", "=", one.name)], ["name"], limit=1)
    except Failure as error:
        return CheckLine(one.key, False, error.message, error.hint or "see the message")
    if not found:
        to_do = f"make the tag in Odoo, or correct {one.key} in the store's file and `tandem store add` it again"
        return CheckLine(one.key, False, f"there is no {one.model} named {one.name}: nothing would be chosen", to_do)
    return CheckLine(one.key, True, one.name)


def check_named(client: OdooClient, named: Sequence[Named]) -> list[CheckLine]:
    """One call for each model; archived records are told apart from missing ones. Never raises a Failure."""
    lines: list[CheckLine] = []
    found: dict[str, Mapping[int, Mapping[str, Any]] | Failure] = {}
    for one in named:
        if one.model not in found:
            found[one.model] = _read(client, one.model, sorted({o.id for o in named if o.model == one.model}))
        lines.append(_line(one, found[one.model]))
    return lines


def check_sales_journal(client: OdooClient) -> CheckLine:
    """Invoices go to the first sales journal of the company."""
    what = "Odoo sales journal"
    domain = [("type", "=", "sale"), ("company_id", "parent_of", [client.company_id])]
    try:
        found = client.search_read(JOURNAL, domain, ["name"], limit=1)
    except Failure as error:
        return CheckLine(what, False, error.message, error.hint or "see the message")
    if not found:
        return CheckLine(what, False, "the company has none", "set up its accounting in Odoo (the app Invoicing)")
    return CheckLine(what, True, str(found[0]["name"]))


def _read(client: OdooClient, model: str, ids: Sequence[int]) -> Mapping[int, Mapping[str, Any]] | Failure:
    fields = ["name", "active", *MORE.get(model, ())]
    try:
        rows = client.search_read(model, [("id", "in", list(ids))], fields, context={"active_test": False})
    except Failure as error:
        return error
    return {row["id"]: row for row in rows}


def _line(one: Named, found: Mapping[int, Mapping[str, Any]] | Failure) -> CheckLine:
    if isinstance(found, Failure):
        return CheckLine(one.key, False, found.message, found.hint or "see the message")
    correct = f"correct {one.key} in the store's file, then `tandem store add` it again"
    row = found.get(one.id)
    if row is None:
        return CheckLine(one.key, False, f"there is no {one.model} {one.id}, or it is another company's", correct)
    if not row["active"]:
        return CheckLine(one.key, False, f"{one.id} {row['name']} is archived", f"unarchive it in Odoo, or {correct}")
    if one.model == JOURNAL and row["type"] not in FOR_PAYMENTS:
        return CheckLine(one.key, False, f"{one.id} {row['name']} is of the type {row['type']}: no payments", correct)
    if one.model == LOCATION and row["usage"] not in HOLDS_STOCK:
        return CheckLine(one.key, False, f"{one.id} {row['name']} is of the usage {row['usage']}: no stock", correct)
    return CheckLine(one.key, True, f"{one.id} {row['name']}")
