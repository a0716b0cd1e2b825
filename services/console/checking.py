"""What `tandem store check` looks at, on both sides: each thing with a tick, or the reason and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from libs.common.domain.rules import MissingProduct, StoreRules
from libs.common.errors import Failure
from libs.common.ledger.interface import Budgets
from libs.common.odoo.check import ORDER_MODELS, check_odoo
from libs.common.odoo.client import OdooClient
from libs.common.shopify.check import ShopFacts, check_shop
from libs.common.shopify.client import ShopifyClient
from libs.common.stores.model import OdooConnection, Store


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
    yield from odoo_lines(store.odoo, needed_rights(store.rules))


def needed_rights(rules: StoreRules) -> Mapping[str, tuple[str, ...]]:
    """Products are made only where the rules say so, or leave the product for shipping or custom lines open."""
    chosen = rules.shipping_product_id and rules.custom_product_id
    if rules.missing_product is MissingProduct.PLACEHOLDER:
        chosen = chosen and rules.placeholder_product_id
    makes_none = chosen and rules.missing_product is not MissingProduct.CREATE
    return {**ORDER_MODELS, "product.product": ("read",) if makes_none else ("read", "create")}


def odoo_lines(connection: OdooConnection, models: Mapping[str, tuple[str, ...]] = ORDER_MODELS) -> list[Line]:
    client = OdooClient(
        connection.base_url,
        connection.database,
        connection.login,
        connection.key.get_secret_value(),
        connection.company_id,
    )
    try:
        return [Line(line.what, line.ok, line.detail, line.to_do) for line in check_odoo(client, models)]
    finally:
        client.close()


def shopify_lines(store: Store, budgets: Budgets) -> Iterator[Line]:
    client = ShopifyClient(
        store.shopify.base_url,
        store.shopify.token.get_secret_value(),
        budget=budgets,
        budget_key=f"{store.slug}/shopify",
    )
    try:
        facts = check_shop(client)
    except Failure as error:
        yield Line("Shopify token", False, error.message, error.hint or "see the message")
        return
    finally:
        client.close()
    yield Line("Shopify token", True, f"{facts.name}, {facts.currency}")
    yield _domain(store, facts)
    yield _scopes(facts)
    yield _version(facts)


def _domain(store: Store, facts: ShopFacts) -> Line:
    what = "Shopify shop"
    if facts.domain.lower() == store.shopify.shop.lower():
        return Line(what, True, facts.domain)
    detail = f"the token belongs to {facts.domain}, the store is {store.shopify.shop}"
    return Line(what, False, detail, "correct shop or token in the store's file, then `tandem store add` it again")


def _scopes(facts: ShopFacts) -> Line:
    what = "Shopify scopes"
    if not facts.missing_scopes:
        return Line(what, True, ", ".join(facts.scopes))
    lacking = ", ".join(facts.missing_scopes)
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
