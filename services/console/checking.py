"""What `tandem store check` looks at, on both sides: each thing with a tick, or the reason and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from libs.common.domain.rules import StoreRules
from libs.common.errors import Failure
from libs.common.ledger.interface import Budgets
from libs.common.odoo.check import ORDER_MODELS, CheckLine, check_odoo
from libs.common.odoo.check_named import check_named, check_sales_journal, check_tags
from libs.common.odoo.check_places import check_places
from libs.common.odoo.client import OdooClient
from libs.common.shopify.check import LOCATION_SCOPES, ShopFacts, ShopLocation, check_shop, fetch_locations
from libs.common.shopify.client import ShopifyClient
from libs.common.stores.model import OdooConnection, Store
from services.console.far_sides import odoo_client
from services.console.rule_needs import (
    named_locations,
    named_records,
    named_tags,
    needed_rights,
    needed_scopes,
)


@dataclass(frozen=True, slots=True)
class Line:
    """One thing looked at."""

    what: str
    ok: bool
    detail: str
    to_do: str = ""


def check_store(store: Store, budgets: Budgets) -> Iterator[Line]:
    """Both sides, line by line as they are found out. Never raises a Failure."""
    yield from shopify_lines(store, budgets)
    yield from odoo_lines(store.odoo, needed_rights(store.rules), store.rules)


def odoo_lines(
    connection: OdooConnection,
    models: Mapping[str, tuple[str, ...]] = ORDER_MODELS,
    rules: StoreRules | None = None,
) -> list[Line]:
    """The connection and the rights; with `rules` also what they name, once there is a connection to ask."""
    client = odoo_client(connection)
    try:
        lines = check_odoo(client, models)
        if rules is not None and any(
            line.ok and line.what == f"Odoo company {connection.company_id}" for line in lines
        ):
            lines += _rule_lines(client, rules)
        return [Line(line.what, line.ok, line.detail, line.to_do) for line in lines]
    finally:
        client.close()


def _rule_lines(client: OdooClient, rules: StoreRules) -> list[CheckLine]:
    lines = check_named(client, named_records(rules)) + check_tags(client, named_tags(rules))
    if rules.inventory.to_shopify:
        lines += check_places(client, rules.inventory)
    if rules.until.invoices:
        lines.append(check_sales_journal(client))
    if rules.until.registers_payments and not rules.journals:
        to_do = "name a journal for each payment gateway of the shop; `tandem store example` shows how"
        lines.append(CheckLine("rules.journals", False, "no gateway has a journal: every payment would be held", to_do))
    return lines


def shopify_lines(store: Store, budgets: Budgets) -> Iterator[Line]:
    client = ShopifyClient(
        store.shopify.base_url,
        store.shopify.token.get_secret_value(),
        budget=budgets,
        budget_key=f"{store.slug}/shopify",
    )
    try:
        facts = check_shop(client)
        yield Line("Shopify token", True, f"{facts.name}, {facts.currency}")
        yield _domain(store, facts)
        yield _scopes(facts, store.rules)
        yield _version(facts)
        wanted = named_locations(store.rules)
        # Without the scope nothing can be said of them; that it lacks is told above.
        if wanted and not facts.lacking(LOCATION_SCOPES):
            found = fetch_locations(client, list(wanted.values()))
            yield from (_location(key, number, found.get(number)) for key, number in wanted.items())
    except Failure as error:
        yield Line("Shopify token", False, error.message, error.hint or "see the message")
    finally:
        client.close()


def _location(key: str, number: str, found: ShopLocation | None) -> Line:
    correct = f"correct {key} in the store's file, then `tandem store add` it again"
    if found is None:
        return Line(key, False, f"the shop has no location {number}", correct)
    if not found.active:
        return Line(key, False, f"{number} {found.name} is deactivated", f"activate it in Shopify, or {correct}")
    return Line(key, True, f"{number} {found.name}")


def _domain(store: Store, facts: ShopFacts) -> Line:
    what = "Shopify shop"
    if facts.domain.lower() == store.shopify.shop.lower():
        return Line(what, True, facts.domain)
    detail = f"the token belongs to {facts.domain}, the store is {store.shopify.shop}"
    return Line(what, False, detail, "correct shop or token in the store's file, then `tandem store add` it again")


def _scopes(facts: ShopFacts, rules: StoreRules) -> Line:
    what = "Shopify scopes"
    missing = facts.lacking(needed_scopes(rules))
    if not missing:
        return Line(what, True, ", ".join(facts.scopes))
    lacking = ", ".join(missing)
    return Line(what, False, f"the token lacks {lacking}", f"give the app {lacking} in Shopify and install it anew")


def _version(facts: ShopFacts) -> Line:
    what = f"Shopify API {facts.asked_version}"
    if facts.version_supported:
        return Line(what, True, "served")
    if facts.served_version not in {"", facts.asked_version}:
        detail = f"the shop answers as {facts.served_version}"
    else:
        detail = f"the shop serves {', '.join(facts.supported_versions) or 'no version that it names'}"
    return Line(what, False, detail, "update Tandem: versions of the API live for a year")
